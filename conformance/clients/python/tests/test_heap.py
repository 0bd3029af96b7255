import random
import tempfile
import unittest
from pathlib import Path

import numpy as np
from kanerva import Kanerva

BUNDLE = Path(__file__).parents[4] / "models" / "bundles" / "fashion-mnist"


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
        self.assertEqual(heap.list(), [1, 2])

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


if __name__ == "__main__":
    unittest.main()
