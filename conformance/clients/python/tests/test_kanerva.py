import hashlib
import tempfile
import unittest
from pathlib import Path

import numpy as np
from kanerva import Memory, NormalSampler
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

    def test_seeds_are_64_bit_integers(self):
        self.assertEqual(NormalSampler(np.int64(-1)).next(1), NormalSampler(2**64 - 1).next(1))
        for seed, sentence in ((2**64, "64 bits"), (-(2**63) - 1, "64 bits"), (7.0, "whole number"), ("7", "whole")):
            with self.assertRaisesRegex(ValueError, f"seed: expected a? ?{sentence}"):
                NormalSampler(seed)


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


if __name__ == "__main__":
    unittest.main()
