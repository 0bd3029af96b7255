import hashlib
import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
from kanerva import Kanerva, Memory

BUNDLE = Path(__file__).resolve().parents[4] / "models" / "bundles" / "fashion-mnist"


def field(number: int, content: bytes) -> bytes:
    """A protobuf field of fewer than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


class BundleTest(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self._temporary.cleanup)
        self.folder = Path(self._temporary.name) / "bundle"
        self.folder.mkdir()
        for file in ("bundle.json", "write.onnx", "index.onnx", "recall.onnx", "generate.onnx", "score.onnx"):
            shutil.copy(BUNDLE / file, self.folder / file)

    def refused(self, why: str) -> None:
        with self.assertRaisesRegex(ValueError, why):
            Kanerva.load(self.folder)

    def graph(self, name: str, data: bytes) -> None:
        """Replaces a graph by other bytes with their own digest."""
        bundle = json.loads((BUNDLE / "bundle.json").read_text(encoding="utf-8"))
        (self.folder / f"{name}.onnx").write_bytes(data)
        bundle["graphs"][name]["sha256"] = hashlib.sha256(data).hexdigest()
        self.describe(bundle)

    def describe(self, bundle: object) -> None:
        (self.folder / "bundle.json").write_text(json.dumps(bundle), encoding="utf-8")

    def test_what_is_no_regular_file_is_not_waited_for(self):
        (self.folder / "index.onnx").unlink()
        os.mkfifo(self.folder / "index.onnx")
        self.refused("index.onnx: expected a regular file, found a folder, a pipe or a device")
        bundle = json.loads((BUNDLE / "bundle.json").read_text(encoding="utf-8"))
        bundle["graphs"]["index"]["file"] = ".."
        self.describe(bundle)
        self.refused("expected a regular file, found a folder")
        (self.folder / "bundle.json").unlink()
        (self.folder / "bundle.json").symlink_to("/dev/zero")
        self.refused("bundle.json: expected a regular file")

    def test_a_malformed_description_is_rejected_with_one_sentence(self):
        (self.folder / "bundle.json").write_bytes(b"{\xff")
        self.refused("bundle.json: expected JSON")
        (self.folder / "bundle.json").write_text("[" * 100_000)
        self.refused("bundle.json: expected JSON")
        self.describe([])
        self.refused("expected a kanerva-bundle of format version 2, found list")
        bundle = json.loads((BUNDLE / "bundle.json").read_text(encoding="utf-8"))
        self.describe({**bundle, "formatVersion": 9})
        self.refused("expected a kanerva-bundle of format version 2, found kanerva-bundle 9")
        self.describe(
            {**bundle, "settings": {key: value for key, value in bundle["settings"].items() if key != "latent"}}
        )
        self.refused("expected the settings latent, found none")
        for wrong in ({"keys": "1"}, {"keys": True}, {"slotColumns": 0}, {"latent": 16.0}, {"blockShape": [1, 7]}):
            (name,) = wrong
            self.describe({**bundle, "settings": {**bundle["settings"], **wrong}})
            self.refused(f"settings.{name}: expected a name, three sizes or a whole number, each of its kind, found")
        swapped = {"slotRows": 8, "slotColumns": 4}
        for other, why in (
            ({"latent": 8}, "'generate.onnx': input '.*': expected .*, as bundle.json's settings say, found"),
            ({"imageShape": [1, 9, 9]}, "'write.onnx': input '.*': expected .*, as bundle.json's settings say, found"),
            ({"keys": 2}, "'index.onnx': input '.*': expected .*, as bundle.json's settings say, found"),
            (swapped, r"settings.memoryShape: expected \[56, 28\], as its slots take, found \[10, 28, 56\]"),
            ({**swapped, "blockShape": [10, 3, 14], "memoryShape": [10, 24, 56]}, "slots: expected memories of 1 to "),
            ({"slotColumns": 7, "blockShape": [10, 7, 8]}, "slots: expected memories of 1 to "),
            ({"capacity": 32}, "settings.capacity: expected 0, as its slots say, found 32"),
            ({"addressing": "continuous"}, "settings.capacity: expected 32, as its slots say, found 0"),
            ({"addressing": "continuous", "capacity": 32}, "slots: expected memories of 1 to "),
            ({"scaleCells": 2}, "slots: expected the pointers' scale that settings.scaleCells says, found another"),
        ):
            settings = {**bundle["settings"], **other}
            canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
            self.describe(
                {**bundle, "settings": settings, "settingsSha256": hashlib.sha256(canonical.encode()).hexdigest()}
            )
            self.refused(why)
        changed = {**bundle["settings"], "slotRows": 8, "slotColumns": 4}
        self.describe({**bundle, "settings": changed})
        self.refused("bundle.json: expected settings that fit their settingsSha256, found others: they were changed")
        self.describe({key: value for key, value in bundle.items() if key != "settingsSha256"})
        self.refused("expected settings that fit their settingsSha256")
        self.describe({**bundle, "graphs": {**bundle["graphs"], "index": {"file": 5}}})
        self.refused("graph 'index' with its file and sha256, found none; kpp renew adds it to an older bundle")
        self.describe({**bundle, "graphs": {**bundle["graphs"], "index": {"file": "../index.onnx", "sha256": ""}}})
        self.refused("expected a file inside the bundle")

    def test_an_invalid_graph_is_rejected_with_one_sentence(self):
        (self.folder / "index.onnx").write_bytes(b"x")
        self.refused("'index.onnx': expected the SHA-256 in bundle.json, found another: the file was changed")
        self.graph("index", b"\x0f")
        self.refused("'index.onnx': expected an ONNX model, found another or a corrupt file")
        self.graph("index", (BUNDLE / "index.onnx").read_bytes()[:-7])
        self.refused("'index.onnx': expected an ONNX model, found another or a corrupt file")
        self.graph("index", b"")
        self.refused("'index.onnx': expected a graph that ONNX Runtime loads")
        self.graph("index", (BUNDLE / "write.onnx").read_bytes())
        self.refused("'index.onnx': expected the index, from memory, pointers to contents, .*found a graph from images")

    def test_numbers_of_a_graph_that_are_not_finite_are_refused(self):
        data = bytearray((BUNDLE / "write.onnx").read_bytes())
        middle = len(data) // 2
        data[middle : middle + 8] = b"\xff" * 8  # a weight becomes NaN, wherever it begins
        self.graph("write", bytes(data))
        self.refused("'write.onnx': output 'memory': expected finite values, found nan at")

    def test_external_weights_are_not_read(self):
        location = field(1, b"location") + field(2, b"secret.bin")
        for tensor in (field(13, location), b"\x70\x01"):  # external_data; data_location = EXTERNAL
            for graph in (
                field(5, tensor),
                field(15, field(1, tensor)),
                field(1, field(5, field(5, tensor))),
                field(1, field(5, field(6, field(5, tensor)))),
            ):
                self.graph("write", (BUNDLE / "write.onnx").read_bytes() + field(7, graph))
                self.refused("'write.onnx': expected a self-contained graph, found a tensor with external data")


class CallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kanerva = Kanerva.load(BUNDLE)
        cls.memory = cls.kanerva.write(np.zeros((1, 4, 1, 28, 28)))

    def test_keys_are_checked_before_use(self):
        for keys, why in (
            (np.zeros((1, 3, 3)), r"keys: expected shape \[1, any, 1, 3\], found \[1, 3, 3\]"),
            (np.zeros((2, 3, 1, 3)), r"keys: expected shape"),
            (np.zeros((1, 0, 1, 3)), r"keys: expected shape"),
            (np.full((1, 3, 1, 3), np.nan), "keys: expected finite values"),
            (np.full((1, 3, 1, 3), 9), "keys: expected slots of 1 rows and 8 columns"),
        ):
            with self.assertRaisesRegex(ValueError, why):
                self.kanerva.read(self.memory, keys)

    def test_threads_are_counted(self):
        for threads in (0, 5000, 1.5, None):
            with self.assertRaisesRegex(ValueError, f"^threads: expected 1 to 256, found {threads}$"):
                Kanerva.load(BUNDLE, threads)

    def test_images_are_real_numbers(self):
        for images in (np.zeros((1, 1, 1, 28, 28), complex), np.full((1, 1, 1, 28, 28), "0.5")):
            with self.assertRaisesRegex(ValueError, "episodes: expected real numbers, found"):
                self.kanerva.write(images)

    def test_an_index_serves_several_recalls_and_its_images_are_those_read_at_the_pointers(self):
        index = self.kanerva.index(self.memory)
        np.testing.assert_array_equal(index.contents, self.kanerva.read(self.memory, self.memory.pointers))
        queries = index.contents[:, [2, 0]]
        recall = self.kanerva.recall(index, queries)
        np.testing.assert_array_equal(recall.images, self.kanerva.recall(self.memory, queries).images)

    def test_a_memory_of_another_model_is_rejected(self):
        other = Memory(self.memory.memory, self.memory.pointers, "00" * 32)
        with self.assertRaisesRegex(ValueError, "memory: expected one of model"):
            self.kanerva.generate(other, 1, 1)


if __name__ == "__main__":
    unittest.main()
