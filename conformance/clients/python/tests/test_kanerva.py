import hashlib
import tempfile
import unittest
from pathlib import Path

import numpy as np
from kanerva import Memory, NormalSampler
from kanerva.bound import kl_keys, posterior_keys
from kanerva.likelihood import means, negative_log_likelihood
from kanerva.sampler import philox


class SamplerTest(unittest.TestCase):
    def test_philox_matches_its_authors_test_vectors(self):
        full = 0xFFFFFFFF
        for counter, key, expected in (
            ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
            ((full,) * 4, (full,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
            (
                (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
                (0xA4093822, 0x299F31D0),
                (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
            ),
        ):
            words = philox(np.array(counter, np.uint64)[:, None], key)
            self.assertEqual(tuple(int(word) for word in words[:, 0]), expected)

    def test_the_sequence_does_not_depend_on_the_size_of_requests(self):
        whole = NormalSampler(-7).next(9000)
        sampler = NormalSampler(-7)
        parts = np.concatenate([sampler.next(1), sampler.next(4100), sampler.next(4899)])
        np.testing.assert_array_equal(whole, parts)
        self.assertAlmostEqual(whole.std(), 1, delta=0.03)


class MemoryTest(unittest.TestCase):
    def test_a_memory_survives_a_round_trip_and_a_damaged_file_is_rejected(self):
        memory = Memory(
            np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4),
            np.ones((1, 5, 1, 3), np.float32),
            hashlib.sha256(b"x").hexdigest(),
        )
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
    def test_the_mean_of_a_bernoulli_pixel_is_its_probability(self):
        self.assertAlmostEqual(
            means({"likelihood": "bernoulli"}, np.full((1, 1, 1, 1, 1), np.log(3), np.float32)).item(), 0.75, places=6
        )

    def test_a_mixture_mean_weighs_components_and_depends_on_earlier_channels(self):
        # Two components of weights 3/4 and 1/4, the others negligible; then the same around a reconstruction.
        parameters = np.zeros((1, 1, 103 + 36, 1, 1), np.float32)
        numbers = parameters[0, 0, :, 0, 0]
        numbers[2:10] = -100
        numbers[0] = np.log(3)
        numbers[10:12] = 0.5, -2
        numbers[20] = 0.1
        numbers[70] = 0.3
        settings = {"likelihood": "discretized_logistic_mixture", "imageShape": [3, 1, 1]}
        green = 0.75 * (0.1 + np.tanh(0.3) * 0.5)
        np.testing.assert_allclose(
            means(settings, parameters[:, :, :100]).ravel(),
            [(0.75 * 0.5 - 0.25 + 1) / 2, (green + 1) / 2, 0.5],
            atol=1e-6,
        )
        numbers[100:103] = 0.2, 0.4, -0.6
        found = means({**settings, "neighbours": 4}, parameters).ravel()
        np.testing.assert_allclose(found, [(0.75 * 0.7 - 0.25 + 1) / 2, (0.4 + green + 1) / 2, 0.2], atol=1e-6)

    def test_an_unknown_likelihood_is_rejected(self):
        nothing = np.zeros((1, 1, 1, 1, 1), np.float32)
        for of in (
            lambda settings: means(settings, nothing),
            lambda settings: negative_log_likelihood(settings, nothing, nothing),
        ):
            with self.assertRaisesRegex(ValueError, "found poisson"):
                of({"likelihood": "poisson"})

    def test_a_bernoulli_image_costs_its_negative_log_probability(self):
        logits = np.full((1, 1, 1, 1, 2), np.log(3), np.float32)
        nats = negative_log_likelihood(
            {"likelihood": "bernoulli"}, np.array([1, 0], np.float32).reshape(1, 1, 1, 1, 2), logits
        )
        self.assertAlmostEqual(nats.item(), -np.log(0.75 * 0.25), places=6)

    def test_the_probabilities_of_a_pixels_levels_sum_to_one(self):
        settings = {"likelihood": "discretized_logistic_mixture", "imageShape": [1, 1, 1]}
        parameters = np.random.default_rng(1).normal(size=(1, 1, 30, 1, 1)).astype(np.float32).repeat(256, axis=1)
        levels = (np.arange(256) / 255).astype(np.float32).reshape(1, 256, 1, 1, 1)
        self.assertAlmostEqual(np.exp(-negative_log_likelihood(settings, levels, parameters)).sum(), 1, places=12)

    def test_the_error_at_a_neighbour_moves_the_mean(self):
        settings = {"likelihood": "discretized_logistic_mixture", "imageShape": [1, 1, 2], "neighbours": 4}
        images = np.array([153, 102], np.float32).reshape(1, 1, 1, 1, 2) / 255  # 0.2 and -0.2 in [-1, 1]
        parameters = np.zeros((1, 1, 35, 1, 2), np.float32)
        parameters[0, 0, 30, 0] = 0.7, 0.1
        moved = parameters.copy()
        parameters[0, 0, 31, 0, 1] = 0.5  # the neighbour to the left
        moved[0, 0, 30, 0, 1] += 0.5 * (0.2 - 0.7)
        moved[0, 0, 31, 0, 0] = 9  # errors outside the image are 0
        np.testing.assert_allclose(
            negative_log_likelihood(settings, images, parameters),
            negative_log_likelihood(settings, images, moved),
            rtol=1e-6,
        )


class BoundTest(unittest.TestCase):
    def test_a_dereferenced_key_stays_in_its_pointers_slot_and_naming_it_costs_the_slots_that_there_are(self):
        settings = {"addressing": "dereferenced", "keys": 1, "slotRows": 2, "slotColumns": 4}
        pointers = np.array([[0, 3, 0], [0, 2, 124_999]], np.float32).reshape(1, 2, 1, 3)
        zeros = np.zeros_like(pointers)
        for noise in (-9, 0, 9):
            keys = posterior_keys(settings, zeros, zeros, pointers, zeros + noise)
            np.testing.assert_array_equal(keys.reshape(2, 3), [[noise, 3, 0], [noise, 2, 124_999]])
        for rows in (2, 125_000):
            np.testing.assert_allclose(
                kl_keys(settings, zeros, zeros, pointers, rows), np.full((1, 2), np.log(4 * rows))
            )
        sided = posterior_keys({**settings, "scaleCells": 2}, zeros, zeros, pointers + [0.6, 0, 0], zeros)
        np.testing.assert_allclose(sided[..., 0], 0.67448975, rtol=1e-6)

    def test_a_continuous_key_is_relative_to_its_pointer_and_costs_its_divergence(self):
        settings = {"addressing": "continuous", "keys": 1}
        pointers = np.array([0, 1, -1], np.float32).reshape(1, 1, 1, 3)
        mean, log_variance, noise = pointers * 0 + 0.5, pointers * 0 + np.float32(np.log(4)), pointers * 0 + 1
        np.testing.assert_allclose(
            posterior_keys(settings, mean, log_variance, pointers, noise).ravel(), [2.5, 3.5, 1.5], rtol=1e-6
        )
        self.assertAlmostEqual(
            kl_keys(settings, mean, log_variance, pointers, 0).item(),
            0.5 * (0.25 + 2.25 + 0.25 + 3 * (4 - 1 - np.log(4))),
            places=6,
        )


if __name__ == "__main__":
    unittest.main()
