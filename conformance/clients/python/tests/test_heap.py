import copy
import hashlib
import os
import random
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
from kanerva import Kanerva

BUNDLES = Path(__file__).parents[4] / "models" / "bundles"
BUNDLE = BUNDLES / "fashion-mnist"


def signed(data):
    return data[:-32] + hashlib.sha256(data[:-32]).digest()


class HeapTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kanerva = Kanerva.load(BUNDLE)
        cls.images = (np.random.default_rng(1).random((40, 1, 28, 28)) > 0.5).astype(np.float32)

    def heap(self, *ids):
        heap = self.kanerva.heap()
        heap.write(list(ids), self.images[: len(ids)])
        return heap

    def test_samples_are_read_found_and_listed_by_their_ids(self):
        heap = self.heap(-(2**63), 7, 2**63 - 1)
        self.assertEqual(heap.list(), [-(2**63), 7, 2**63 - 1])
        ids, scores = heap.look_up(self.images[[2, 0]])
        self.assertEqual(ids, [2**63 - 1, -(2**63)])
        memory = self.kanerva.write(self.images[None, :3])
        np.testing.assert_array_equal(heap.snapshot().memory, memory.memory)
        lookup = self.kanerva.look_up(memory, self.images[None, [2, 0]])
        np.testing.assert_allclose(scores, lookup.scores[0].max(axis=1), rtol=1e-6)
        np.testing.assert_allclose(
            heap.recall(self.images[1:2]), self.kanerva.recall(memory, self.images[None, 1:2]).images[0], atol=1e-6
        )
        np.testing.assert_allclose(heap.generate(5, 3), self.kanerva.generate(memory, 5, 3).images[0], atol=1e-6)

    def test_a_freed_sample_is_gone_and_leaves_its_place_to_the_next(self):
        heap = self.heap(1, 2, 3)
        heap.free([2])
        self.assertEqual(heap.list(), [1, 3])
        self.assertNotIn(2, heap.look_up(self.images[1:2])[0])
        with self.assertRaisesRegex(ValueError, "expected an id in use, found 2"):
            heap.read([2])
        own = heap.read([1, 3])
        for image in heap.generate(30, 5):
            self.assertLess(min(np.abs(image - one).max() for one in own), 0.5)
        heap.write([9], self.images[3:4])
        self.assertEqual(heap.list(), [1, 9, 3])
        heap.replace(9, self.images[4])
        self.assertEqual(heap.look_up(self.images[4:5])[0], [9])
        heap.free([1, 9, 3])
        with self.assertRaisesRegex(ValueError, "at least 1 sample"):
            heap.look_up(self.images[:1])

    def test_what_is_refused_changes_nothing(self):
        heap = self.heap(1, 2)
        for ids, sentence in (([3, 2], "not in use, found 2"), ([3, 3], "different ids"), ([3], "as many samples")):
            with self.assertRaisesRegex(ValueError, sentence):
                heap.write(ids, self.images[:2])
        with self.assertRaisesRegex(ValueError, "in use, found 5"):
            heap.free([1, 5])
        with self.assertRaisesRegex(ValueError, "64 bits"):
            heap.write([2**63], self.images[:1])
        for id in (3.5, "3", None):
            with self.assertRaisesRegex(ValueError, "whole numbers as ids"):
                heap.write([id], self.images[:1])
        self.assertEqual(heap.list(), [1, 2])

    def test_saving_follows_links_keeps_the_mode_and_writes_through_a_pipe(self):
        heap = self.heap(1, np.int64(2))
        with tempfile.TemporaryDirectory() as name:
            file, link, pipe = (Path(name) / part for part in ("file", "link", "pipe"))
            file.write_bytes(b"old")
            file.chmod(0o640)
            link.symlink_to("file")
            heap.save(link)
            self.assertTrue(link.is_symlink())
            self.assertEqual(file.stat().st_mode & 0o777, 0o640)
            os.mkfifo(pipe)
            with self.assertRaisesRegex(ValueError, "expected a regular file"):
                self.kanerva.load_heap(pipe)
            with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
                heap.save(pipe)
                self.assertEqual(reader.stdout.read(), file.read_bytes())
            self.assertTrue(pipe.is_fifo())
            self.assertEqual(len(list(Path(name).iterdir())), 3)
        if Path("/dev/full").exists():
            with self.assertRaises(OSError):
                heap.save("/dev/full")

    def test_it_is_a_map_from_ids_to_samples_whatever_the_order_and_a_file_keeps_it(self):
        heap, expected, draw = self.kanerva.heap(), {}, random.Random(2)
        for _ in range(120):
            id, sample = draw.randrange(30), draw.randrange(40)
            if id in expected and draw.random() < 0.3:
                heap.free([id])
                del expected[id]
                continue
            if id in expected:
                heap.replace(id, self.images[sample])
            else:
                heap.write([id], self.images[sample : sample + 1])
            expected[id] = sample
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "heap"
            heap.save(file)
            loaded = self.kanerva.load_heap(file)
            again = Path(folder) / "again"
            loaded.save(again)
            self.assertEqual(file.read_bytes(), again.read_bytes())
            with self.assertRaisesRegex(ValueError, "load it as a heap"):
                self.kanerva.load_memory(file)
            memory = self.kanerva.write(self.images[None, :2])
            memory.save(file)
            self.assertEqual(self.kanerva.load_heap(file).list(), [0, 1])
        for same in (heap, loaded):
            self.assertEqual(sorted(same.list()), sorted(expected))
            wanted = self.kanerva.write(self.images[None, [expected[id] for id in same.list()]])
            np.testing.assert_allclose(same.snapshot().memory, wanted.memory, atol=1e-5)

    def test_more_samples_than_one_memory_holds_are_refused_and_change_nothing(self):
        self.assertEqual(self.kanerva.capacity, 8 * (2**28 // (490 * 8)))
        small = copy.copy(self.kanerva)
        small.capacity = 3
        heap = small.heap()
        heap.write([1, 2], self.images[:2])
        with self.assertRaisesRegex(ValueError, "heap: expected at most 3 samples, found 4"):
            heap.write([3, 4], self.images[2:4])
        self.assertEqual(heap.list(), [1, 2])
        heap.free([1])
        heap.write([3, 4], self.images[2:4])
        self.assertEqual(heap.list(), [3, 2, 4])
        with self.assertRaisesRegex(ValueError, "out of memory: expected at most 3 samples in one memory, found 4"):
            small.write(self.images[None, :4])

    def test_a_file_that_names_other_slots_or_has_other_sizes_or_values_is_refused(self):
        heap = self.heap(1, 2, 3)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "memory"
            heap.save(file)
            clean = file.read_bytes()
            heap.snapshot().save(file)
            of_memory = file.read_bytes()
            pointers = 76 + 4 * 10 * 7 * 56
            for at, packed, sentence in (
                (pointers + 4 * 4, struct.pack("<f", 2), r"slot of column 1, row 0 at \[0, 1, 0\], found column 2.0"),
                (pointers + 4 * 8, struct.pack("<f", 0.5), r"slot of column 2, row 0 at \[0, 2, 0\].*row 0.5"),
                (pointers, struct.pack("<f", np.nan), "pointers: expected finite values"),
                (pointers - 4, struct.pack("<f", np.inf), "memory: expected finite values"),
                (24, struct.pack("<2I", 14, 28), "expected memories of 1 to"),
                (32, struct.pack("<I", 2**32 - 1), r"expected (51539|90194)\d+ bytes, as its sizes say"),
                (12, struct.pack("<I", 80), "expected floats at byte 76, and 0 or 1 for ids, found 80 and"),
                (72, struct.pack("<I", 2), "expected floats at byte 76, and 0 or 1 for ids, found 76 and 2"),
            ):
                for data, load in ((clean, self.kanerva.load_heap), (of_memory, self.kanerva.load_memory)):
                    file.write_bytes(signed(data[:at] + packed + data[at + len(packed) :]))
                    with self.assertRaisesRegex(ValueError, sentence):
                        load(file)

    def test_what_a_file_holds_in_a_free_place_counts_for_nothing(self):
        heap = self.heap(1, 2, 3)
        heap.free([2])
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "heap"
            heap.save(file)
            clean = file.read_bytes()
            data = bytearray(clean)
            data[76 + 4 * 7 : 76 + 4 * 8] = struct.pack("<f", 5)  # slot 1 begins at column 7
            file.write_bytes(signed(bytes(data)))
            self.kanerva.load_heap(file).save(file)
            self.assertEqual(file.read_bytes(), clean)

    def test_the_file_that_every_language_reads_is_saved_again_to_the_byte(self):
        file = Path(__file__).parents[2] / "heap.memory"
        heap = Kanerva.load(BUNDLES / "fashion-mnist-gist-fp16").load_heap(file)
        self.assertEqual(heap.list(), [-(2**63), 7, 2**63 - 1])
        with tempfile.TemporaryDirectory() as folder:
            heap.save(Path(folder) / "again")
            self.assertEqual((Path(folder) / "again").read_bytes(), file.read_bytes())
        heap.write([9], self.images[:1])
        self.assertEqual(heap.list(), [-(2**63), 9, 7, 2**63 - 1])


if __name__ == "__main__":
    unittest.main()
