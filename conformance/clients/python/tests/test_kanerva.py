import hashlib
import tempfile
import unittest
from pathlib import Path

import numpy as np
from kanerva import Memory, NormalSampler
from kanerva.likelihood import means
from kanerva.sampler import philox


class SamplerTest(unittest.TestCase):
    def test_philox_gives_the_known_answers_of_its_authors(self):
        full = 0xFFFFFFFF
        for counter, key, expected in (
                ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
                ((full,) * 4, (full,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
                ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1))):
            words = philox(np.array(counter, np.uint64)[:, None], key)
            self.assertEqual(tuple(int(word) for word in words[:, 0]), expected)

    def test_the_sequence_does_not_depend_on_how_it_is_taken(self):
        whole = NormalSampler(-7).next(9000)
        sampler = NormalSampler(-7)
        parts = np.concatenate([sampler.next(1), sampler.next(4100), sampler.next(4899)])
        np.testing.assert_array_equal(whole, parts)
        self.assertAlmostEqual(whole.std(), 1, delta=0.03)


class MemoryTest(unittest.TestCase):
    def test_a_memory_comes_back_from_its_file_and_a_damaged_one_is_refused(self):
        memory = Memory(np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4), np.ones((1, 5, 1, 3), np.float32),
                        np.empty((1, 0), np.float32), hashlib.sha256(b"x").hexdigest())
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "memory"
            memory.save(file)
            back = Memory.load(file)
            np.testing.assert_array_equal(back.memory, memory.memory)
            np.testing.assert_array_equal(back.pointers, memory.pointers)
            self.assertEqual(back.model_id, memory.model_id)
            data = bytearray(file.read_bytes())
            data[80] ^= 1
            file.write_bytes(data)
            with self.assertRaisesRegex(ValueError, "damaged"):
                Memory.load(file)


class LikelihoodTest(unittest.TestCase):
    def test_a_bernoulli_pixel_has_its_probability_for_a_mean(self):
        self.assertAlmostEqual(means({"likelihood": "bernoulli"}, np.full((1, 1, 1, 1, 1), np.log(3), np.float32)).item(), 0.75, places=6)

    def test_a_mixture_weighs_its_components_and_follows_the_channels_before(self):
        # Two components of weight 3/4 and 1/4, the others next to nothing; then the same around a reconstruction.
        parameters = np.zeros((1, 1, 103 + 36, 1, 1), np.float32)
        numbers = parameters[0, 0, :, 0, 0]
        numbers[2:10] = -100
        numbers[0] = np.log(3)
        numbers[10:12] = 0.5, -2
        numbers[20] = 0.1
        numbers[70] = 0.3
        settings = {"likelihood": "discretized_logistic_mixture", "imageShape": [3, 1, 1]}
        green = 0.75 * (0.1 + np.tanh(0.3) * 0.5)
        np.testing.assert_allclose(means(settings, parameters[:, :, :100]).ravel(), [(0.75 * 0.5 - 0.25 + 1) / 2, (green + 1) / 2, 0.5], atol=1e-6)
        numbers[100:103] = 0.2, 0.4, -0.6
        found = means({**settings, "neighbours": 4}, parameters).ravel()
        np.testing.assert_allclose(found, [(0.75 * 0.7 - 0.25 + 1) / 2, (0.4 + green + 1) / 2, 0.2], atol=1e-6)

    def test_another_likelihood_is_refused(self):
        with self.assertRaisesRegex(ValueError, "found poisson"):
            means({"likelihood": "poisson"}, np.zeros((1, 1, 1, 1, 1), np.float32))


if __name__ == "__main__":
    unittest.main()
