"""A bundle, open for inference. Its graphs compute everything but the normal numbers of a seed."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# ONNX Runtime 1.29 reports its use from Linux and macOS otherwise.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime  # noqa: E402

from .bundle import GRAPHS, check_inputs, read_description, read_graph  # noqa: E402
from .heap import MemoryHeap  # noqa: E402
from .memory import Index, Memory  # noqa: E402
from .sampler import NormalSampler  # noqa: E402
from .sizes import blocks, capacity, check_file, check_settings, grows, placed  # noqa: E402


@dataclass(frozen=True)
class Lookup:
    """Results: sample indices [B, Q], scores of all samples [B, Q, T], keys [B, Q, K, 3]."""

    samples: np.ndarray
    scores: np.ndarray
    keys: np.ndarray


@dataclass(frozen=True)
class Recall:
    """Images of the last iteration, [B, Q, Cx, Hx, Wx] in [0, 1], and the look-up of each iteration."""

    images: np.ndarray
    lookups: list[Lookup]


@dataclass(frozen=True)
class Generation:
    """Images [B, N, Cx, Hx, Wx] in [0, 1] and their keys [B, N, K, 3]."""

    images: np.ndarray
    keys: np.ndarray


@dataclass(frozen=True)
class BoundTerms:
    """The terms of the bound in nats, [B, T] each. Their sum is the negative bound; lower is better."""

    reconstruction: np.ndarray
    kl_keys: np.ndarray
    kl_latent: np.ndarray

    @property
    def negative_bound(self) -> np.ndarray:
        return self.reconstruction + self.kl_keys + self.kl_latent


class Kanerva:
    """An exported Kanerva++ model. Arrays are float32; images are in [0, 1]; B, T, Q and N may differ between calls."""

    def __init__(self, bundle: dict, sessions: dict[str, onnxruntime.InferenceSession]):
        self.bundle = bundle
        self.settings = bundle["settings"]
        graphs = bundle["graphs"]
        digests = "".join(graphs[name]["sha256"] for name in ("encoder", "memory-writer", "reader"))
        self.model_id = hashlib.sha256(digests.encode("ascii")).hexdigest()
        self._sessions = sessions
        self.capacity = capacity(self.settings)

    @staticmethod
    def load(folder: str | os.PathLike, threads: int = 1) -> "Kanerva":
        """Opens a bundle's folder, with `threads` threads per call; raises ValueError if the bundle is invalid."""
        if not isinstance(threads, int) or not 1 <= threads <= 256:  # ONNX Runtime starts thousands for each graph
            raise ValueError(f"threads: expected 1 to 256, found {threads!r}")
        folder = Path(folder)
        bundle = read_description(folder)
        check_settings(f"{folder}: bundle.json", bundle["settings"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        sessions = {}
        for name, (inputs, outputs) in GRAPHS.items():
            graph = bundle["graphs"][name]
            data = read_graph(folder, graph)
            try:
                session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            except Exception as e:  # ONNX Runtime has one class per status code and no common one
                raise ValueError(
                    f"{folder}: '{graph['file']}': expected a graph that ONNX Runtime loads, found another ({e})"
                ) from e
            found = [[value.name for value in values] for values in (session.get_inputs(), session.get_outputs())]
            if not set(found[0]) <= set(inputs) or not set(outputs) <= set(found[1]):
                raise ValueError(
                    f"{folder}: '{graph['file']}': expected the {name}, "
                    f"from {', '.join(inputs)} to {', '.join(outputs)}; "
                    f"found a graph from {', '.join(found[0])} to {', '.join(found[1])}"
                )
            check_inputs(f"{folder}: '{graph['file']}'", bundle["settings"], session.get_inputs())
            sessions[name] = session
        kanerva = Kanerva(bundle, sessions)
        kanerva._check_slots(f"{folder}: bundle.json's slots")
        return kanerva

    def _check_slots(self, place: str) -> None:
        """Raises ValueError unless the graph writes to the settings' slots, shown by more samples than a row takes."""
        samples = min(self.capacity, self.settings["slotColumns"] // self.settings["keys"] + 1)
        memory = self.write(np.zeros((1, samples, *self.settings["imageShape"])))
        check_file(self.settings, place, memory)
        if grows(self.settings):
            _, pointers = placed(self.settings, blocks(self.settings, memory))
            if not np.array_equal(memory.pointers, pointers):
                raise ValueError(f"{place}: expected the pointers' scale that settings.scaleCells says, found another")

    def write(self, episodes: np.ndarray) -> Memory:
        """Writes B episodes of T samples, [B, T, Cx, Hx, Wx], into one memory each."""
        return Memory(*self._run("write", images=self._episodes(episodes)), self.model_id)

    def load_memory(self, file: str | os.PathLike) -> Memory:
        """Reads a memory file of this model."""
        memory = Memory.load(file)
        self.check_file(file, memory)
        return memory

    def check_file(self, file: str | os.PathLike, memory: Memory) -> None:
        """Raises ValueError unless what a file holds is a memory of this model."""
        self._check_model(memory, file)
        check_file(self.settings, file, memory)

    def heap(self) -> MemoryHeap:
        """An empty memory in which samples have ids, and can be freed and replaced."""
        if not grows(self.settings):
            raise ValueError("heap: expected a heap writer with dereferenced keys, found another")
        return MemoryHeap(self)

    def load_heap(self, file: str | os.PathLike) -> MemoryHeap:
        """Reads a heap's file, or that of a single memory, whose samples then have their numbers as ids."""
        return self.heap()._load(file)

    def index(self, memory: Memory) -> Index:
        """What a look-up needs of a memory, for several recalls from it."""
        self._check_model(memory)
        return Index(*self._run("index", memory=memory.memory, pointers=memory.pointers), memory.pointers)

    def look_up(self, index: Memory | Index, queries: np.ndarray) -> Lookup:
        """Looks up queries [B, Q, Cx, Hx, Wx] by the correlation of images."""
        return self.recall(index, queries).lookups[0]

    def recall(self, index: Memory | Index, queries: np.ndarray, iterations: int = 1) -> Recall:
        """Looks up queries [B, Q, Cx, Hx, Wx] and reads what is found: the images are the next iteration's queries."""
        if iterations < 1:
            raise ValueError(f"iterations: expected at least 1, found {iterations}")
        index = self.index(index) if isinstance(index, Memory) else index
        images = self.images("queries", queries)
        if len(images) != len(index.contents):
            raise ValueError(
                f"queries: expected {len(index.contents)} rows, one per memory, found shape {list(images.shape)}"
            )
        lookups = []
        for _ in range(iterations):
            images, samples, _, scores, keys = self._run("recall", **vars(index), queries=images)
            lookups.append(Lookup(samples, scores, keys))
        return Recall(images, lookups)

    def read(self, memory: Memory, keys: np.ndarray) -> np.ndarray:
        """Reads images [B, Q, Cx, Hx, Wx] at keys [B, Q, K, 3]: (scale, x, y), or (scale, column, row) of a slot."""
        self._check_model(memory)
        keys = self._keys(memory, keys)
        return self._run("index", memory=memory.memory, pointers=keys)[0]

    def generate(self, memory: Memory, count: int, seed: int) -> Generation:
        """Draws `count` images from each memory, of the samples that its pointers name.

        The same seed gives the same images in every language.
        """
        self._check_model(memory)
        if count < 1:
            raise ValueError(f"count: expected at least 1, found {count}")
        noise = self._noise(seed, len(memory.memory), count)
        return Generation(*self._run("generate", memory=memory.memory, pointers=memory.pointers, **noise))

    def bound(self, episodes: np.ndarray, seed: int) -> BoundTerms:
        """Scores B episodes of T samples, [B, T, Cx, Hx, Wx], on the memory into which each is written.

        Latents are sampled from their posterior; the same seed gives the same terms in every language. Holds all B T
        images and their decoded distributions in memory.
        """
        images = self._episodes(episodes)
        return BoundTerms(*self._run("score", images=images, **self._noise(seed, *images.shape[:2])))

    def _noise(self, seed: int, batch: int, count: int) -> dict[str, np.ndarray]:
        sampler = NormalSampler(seed)
        return {
            "key_noise": sampler.tensor(batch, count, self.settings["keys"], 3),
            "noise": sampler.tensor(batch, count, self.settings["latent"]),
        }

    def _run(self, graph: str, **tensors: np.ndarray) -> list[np.ndarray]:
        """Runs a graph on those of the tensors that it takes."""
        session = self._sessions[graph]
        feeds = {entry.name: tensors[entry.name] for entry in session.get_inputs()}
        results = session.run(list(GRAPHS[graph][1]), feeds)
        for name, values in zip(GRAPHS[graph][1], results):
            finite = np.isfinite(values)
            if not finite.all():
                at = int(finite.argmin())
                raise ValueError(
                    f"'{self.bundle['graphs'][graph]['file']}': output '{name}': expected finite values, "
                    f"found {values.flat[at]} at index {at}"
                )
        return results

    def images(self, name: str, images: np.ndarray) -> np.ndarray:
        """Checks images [B, N, Cx, Hx, Wx]."""
        images = np.asarray(images)
        if images.dtype.kind not in "biuf":  # NumPy would drop the imaginary parts of complex numbers, and parse text
            raise ValueError(f"{name}: expected real numbers, found {images.dtype}")
        images = images.astype(np.float32, copy=False)
        if images.ndim != 5 or list(images.shape[2:]) != self.settings["imageShape"] or 0 in images.shape:
            wanted = ", ".join(map(str, self.settings["imageShape"]))
            raise ValueError(f"{name}: expected shape [B, T, {wanted}], found {list(images.shape)}")
        if not ((images >= 0) & (images <= 1)).all():
            raise ValueError(f"{name}: expected values in [0, 1], found others")
        return images

    def _keys(self, memory: Memory, keys: np.ndarray) -> np.ndarray:
        keys = np.asarray(keys, np.float32)
        episodes, k = len(memory.memory), self.settings["keys"]
        if keys.ndim != 4 or keys.shape != (episodes, keys.shape[1], k, 3) or keys.size == 0:
            raise ValueError(f"keys: expected shape [{episodes}, any, {k}, 3], found {list(keys.shape)}")
        if not np.isfinite(keys).all():
            raise ValueError("keys: expected finite values, found others")
        columns, rows = self.settings["slotColumns"], memory.memory.shape[2] // self.settings["blockShape"][1]
        dereferenced = self.settings["addressing"] == "dereferenced"
        if dereferenced and not ((keys[..., 1:] >= 0) & (keys[..., 1:] < (columns, rows))).all():
            raise ValueError(f"keys: expected slots of {rows} rows and {columns} columns, found others")
        return keys

    def _episodes(self, episodes: np.ndarray) -> np.ndarray:
        images = self.images("episodes", episodes)
        if images.shape[1] > self.capacity:
            raise ValueError(
                f"out of memory: expected at most {self.capacity} samples in one memory, found {images.shape[1]}"
            )
        return images

    def _check_model(self, memory: Memory, place: str | os.PathLike = "memory") -> None:
        if memory.model_id != self.model_id:
            raise ValueError(f"{place}: expected one of model {self.model_id}, found one of model {memory.model_id}")
