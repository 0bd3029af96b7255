"""A bundle, open for inference."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from .bound import BoundTerms, gaussian, kl_keys, kl_latent, posterior_keys
from .bundle import GRAPHS, read_description, read_graph
from .heap import MemoryHeap
from .likelihood import means, negative_log_likelihood
from .memory import Memory
from .sampler import NormalSampler
from .sizes import blocks, capacity, check_file, grows

_MEAN_WEIGHT = 0.1


@dataclass(frozen=True)
class Reading:
    """Traces [B, Q, K, C, h, w] and the latent prior's mean and log-variance [B, Q, D]."""

    traces: np.ndarray
    prior_mean: np.ndarray
    prior_log_variance: np.ndarray


@dataclass(frozen=True)
class Lookup:
    """Results: sample indices [B, Q] and scores [B, Q, T], keys [B, Q, K, 3]."""

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
        folder = Path(folder)
        bundle = read_description(folder)
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
            if not set(inputs) <= set(found[0]) or not set(outputs) <= set(found[1]):
                raise ValueError(
                    f"{folder}: '{graph['file']}': expected the {name}, "
                    f"from {', '.join(inputs)} to {', '.join(outputs)}; "
                    f"found a graph from {', '.join(found[0])} to {', '.join(found[1])}"
                )
            sessions[name] = session
        return Kanerva(bundle, sessions)

    def write(self, episodes: np.ndarray) -> Memory:
        """Writes B episodes of T samples, [B, T, Cx, Hx, Wx], into one memory each."""
        images = self._episodes(episodes)
        (content,) = self._run("encoder", {"images": images}, "content")
        memory, pointers = self._run("memory-writer", {"content": content}, "memory", "pointers")
        return Memory(memory, pointers, self.model_id)

    def load_memory(self, file: str | os.PathLike) -> Memory:
        """Reads a memory file of this model."""
        memory = Memory.load(file)
        self.check_file(file, memory)
        return memory

    def check_file(self, file: str | os.PathLike, memory: Memory) -> None:
        """Raises ValueError unless what a file holds is a memory of this model."""
        self.check_model(memory)
        check_file(self.settings, file, memory)

    def heap(self) -> MemoryHeap:
        """An empty memory in which samples have ids, and can be freed and replaced."""
        if not grows(self.settings):
            raise ValueError("heap: expected a heap writer with dereferenced keys, found another")
        return MemoryHeap(self)

    def load_heap(self, file: str | os.PathLike) -> MemoryHeap:
        """Reads a heap's file, or that of a single memory, whose samples then have their numbers as ids."""
        return self.heap()._load(file)

    def look_up(self, memory: Memory, queries: np.ndarray) -> Lookup:
        """Looks up queries [B, Q, Cx, Hx, Wx] by the correlation of images."""
        self.check_model(memory)
        images = self.images("queries", queries)
        if len(images) != len(memory.memory):
            raise ValueError(
                f"queries: expected {len(memory.memory)} rows, one per memory, found shape {list(images.shape)}"
            )
        contents = self._decode_at_mean(memory, memory.pointers)
        scores = np.clip(_standardised(images) @ _standardised(contents).transpose(0, 2, 1), -1, 1)
        samples = scores.argmax(axis=2)
        return Lookup(
            samples, scores.astype(np.float32), np.take_along_axis(memory.pointers, samples[:, :, None, None], axis=1)
        )

    def read(self, memory: Memory, keys: np.ndarray) -> Reading:
        """Reads memories at keys [B, Q, K, 3], each (scale, x, y), or (scale, column, row) of a slot."""
        self.check_model(memory)
        keys = self._finite("keys", keys, len(memory.memory), None, self.settings["keys"], 3)
        self._check_names(memory, keys)
        return Reading(
            *self._run("reader", {"memory": memory.memory, "keys": keys}, "traces", "prior_mean", "prior_log_variance")
        )

    def decode(self, latent: np.ndarray, traces: np.ndarray) -> np.ndarray:
        """Decodes latents [B, Q, D] and traces to the pixels' means [B, Q, Cx, Hx, Wx]."""
        latent = self._finite("latent", latent, None, None, self.settings["latent"])
        traces = self._finite("traces", traces, *latent.shape[:2], self.settings["keys"], *self.settings["blockShape"])
        (logits,) = self._run("decoder", {"latent": latent, "traces": traces}, "logits")
        return means(self.settings, logits)

    def recall(self, memory: Memory, queries: np.ndarray, iterations: int = 1) -> Recall:
        """Looks up, reads and decodes queries [B, Q, Cx, Hx, Wx]; the images are the next iteration's queries."""
        if iterations < 1:
            raise ValueError(f"iterations: expected at least 1, found {iterations}")
        lookups = []
        images = queries
        for _ in range(iterations):
            lookups.append(self.look_up(memory, images))
            images = self._decode_at_mean(memory, lookups[-1].keys)
        return Recall(images, lookups)

    def generate(self, memory: Memory, count: int, seed: int) -> Generation:
        """Draws `count` images from each memory, of the samples that its pointers name.

        The same seed gives the same images in every language.
        """
        self.check_model(memory)
        if count < 1:
            raise ValueError(f"count: expected at least 1, found {count}")
        sampler = NormalSampler(seed)
        tensors = {
            "memory": memory.memory,
            "pointers": memory.pointers,
            "key_noise": sampler.tensor(len(memory.memory), count, self.settings["keys"], 3),
            "noise": sampler.tensor(len(memory.memory), count, self.settings["latent"]),
        }
        wanted = [entry.name for entry in self._sessions["generate"].get_inputs()]
        return Generation(*self._run("generate", {name: tensors[name] for name in wanted}, "generated", "keys"))

    def bound(self, episodes: np.ndarray, seed: int) -> BoundTerms:
        """Scores B episodes of T samples, [B, T, Cx, Hx, Wx], on the memory into which each is written.

        Latents are sampled from their posterior; the same seed gives the same terms in every language. Holds all B T
        images and their decoded distributions in memory.
        """
        images = self._episodes(episodes)
        sampler = NormalSampler(seed)
        key_noise = sampler.tensor(*images.shape[:2], self.settings["keys"], 3)
        latent_noise = sampler.tensor(*images.shape[:2], self.settings["latent"])
        content, key_mean, key_log_variance, mean, log_variance = self._run(
            "encoder", {"images": images}, *GRAPHS["encoder"][1]
        )
        memory, pointers = self._run("memory-writer", {"content": content}, "memory", "pointers")
        keys = posterior_keys(self.settings, key_mean, key_log_variance, pointers, key_noise)
        traces, prior_mean, prior_log_variance = self._run(
            "reader", {"memory": memory, "keys": keys}, "traces", "prior_mean", "prior_log_variance"
        )
        latent = gaussian(mean, log_variance, latent_noise).astype(np.float32)
        (logits,) = self._run("decoder", {"latent": latent, "traces": traces}, "logits")
        return BoundTerms(
            negative_log_likelihood(self.settings, images, logits),
            kl_keys(self.settings, key_mean, key_log_variance, pointers, self._slot_rows(memory)),
            kl_latent(mean, log_variance, prior_mean, prior_log_variance),
        )

    def content(self, images: np.ndarray) -> np.ndarray:
        """The blocks of checked images [B, T, Cx, Hx, Wx], [B, T, K, C, h, w]."""
        return self._run("encoder", {"images": images}, "content")[0]

    def placed(self, blocks: np.ndarray) -> Memory:
        """A memory of blocks [T, K, C, h, w], sample by sample in its slots."""
        memory, pointers = self._run("memory-writer", {"content": blocks[None]}, "memory", "pointers")
        return Memory(memory, pointers, self.model_id)

    def blocks(self, memory: Memory) -> np.ndarray:
        """The blocks of one memory, [T, K, C, h, w]."""
        return blocks(self.settings, memory)

    def decode_written(self, memory: Memory) -> np.ndarray:
        """The images that a memory's samples read back."""
        return self._decode_at_mean(memory, memory.pointers)

    @staticmethod
    def standardised(images: np.ndarray) -> np.ndarray:
        """The features of a look-up, float64 unit vectors [B, N, L + 1]."""
        return _standardised(images)

    def _slot_rows(self, memory: np.ndarray) -> int:
        """The rows of slots of memories [B, C, H, W] with dereferenced keys."""
        return memory.shape[2] // self.settings["blockShape"][1]

    def _check_names(self, memory: Memory, keys: np.ndarray) -> None:
        if self.settings["addressing"] == "continuous":
            return
        columns, rows = self.settings["slotColumns"], self._slot_rows(memory.memory)
        if not ((keys[..., 1:] >= 0) & (keys[..., 1:] < (columns, rows))).all():
            raise ValueError(f"keys: expected slots of {rows} rows and {columns} columns, found others")

    def _decode_at_mean(self, memory: Memory, keys: np.ndarray) -> np.ndarray:
        reading = self.read(memory, keys)
        return self.decode(reading.prior_mean, reading.traces)

    def _run(self, graph: str, feeds: dict[str, np.ndarray], *wanted: str) -> list[np.ndarray]:
        return self._sessions[graph].run(list(wanted), feeds)

    def images(self, name: str, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images, np.float32)
        if images.ndim != 5 or list(images.shape[2:]) != self.settings["imageShape"] or 0 in images.shape:
            wanted = ", ".join(map(str, self.settings["imageShape"]))
            raise ValueError(f"{name}: expected shape [B, T, {wanted}], found {list(images.shape)}")
        if not ((images >= 0) & (images <= 1)).all():
            raise ValueError(f"{name}: expected values in [0, 1], found others")
        return images

    def _finite(self, name: str, values: np.ndarray, *shape: int | None) -> np.ndarray:
        """Converts to float32 and checks that values are finite and have this shape; None is any size of at least 1."""
        values = np.asarray(values, np.float32)
        if values.ndim != len(shape) or any(
            size == 0 or wanted not in (None, size) for size, wanted in zip(values.shape, shape)
        ):
            expected = ", ".join("any" if size is None else str(size) for size in shape)
            raise ValueError(f"{name}: expected shape [{expected}], found {list(values.shape)}")
        if not np.isfinite(values).all():
            raise ValueError(f"{name}: expected finite values, found others")
        return values

    def _episodes(self, episodes: np.ndarray) -> np.ndarray:
        images = self.images("episodes", episodes)
        if images.shape[1] > self.capacity:
            raise ValueError(
                f"out of memory: expected at most {self.capacity} samples in one memory, found {images.shape[1]}"
            )
        return images

    def check_model(self, memory: Memory) -> None:
        if memory.model_id != self.model_id:
            raise ValueError(f"memory: expected one of model {self.model_id}, found one of model {memory.model_id}")


def _standardised(images: np.ndarray) -> np.ndarray:
    """Pixels minus their mean, then a fraction of the mean, as float64 unit vectors [B, N, L + 1]."""
    pixels = images.reshape(*images.shape[:2], -1).astype(np.float64)
    mean = pixels.mean(axis=2, keepdims=True)
    level = _MEAN_WEIGHT * np.sqrt(pixels.shape[2]) * (mean - 0.5)
    features = np.concatenate([pixels - mean, level], axis=2)
    length = np.sqrt((features**2).sum(axis=2, keepdims=True))
    return np.divide(features, length, out=np.zeros_like(features), where=length > 0)
