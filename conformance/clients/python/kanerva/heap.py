"""One memory that is written to sample by sample, in which samples have ids and can be freed and replaced."""

from __future__ import annotations

import hashlib
import operator
import os
from collections.abc import Sequence

import numpy as np

from .memory import Index, Memory, read_file, write_file
from .sizes import blocks as blocks_of
from .sizes import placed


class MemoryHeap:
    """Samples by their ids, signed 64-bit integers; made by Kanerva.heap, for models whose memories grow.

    A sample takes the place that was freed last, else a new one. Images are float32 [N, Cx, Hx, Wx] in [0, 1]. Ids that
    are not in use, or are already when writing, raise ValueError and change nothing. Not for several threads at once.
    """

    def __init__(self, kanerva):
        self._kanerva = kanerva
        self._blocks = np.empty((0, kanerva.settings["keys"], *kanerva.settings["blockShape"]), np.float32)
        shape = kanerva.settings["imageShape"]
        self._contents = np.empty((0, *shape), np.float32)
        self._features = np.empty((0, int(np.prod(shape)) + 1), np.float32)
        self._ids: list[int | None] = []
        self._places: dict[int, int] = {}
        self._holes: list[int] = []

    def write(self, ids: list[int], images: np.ndarray) -> None:
        """Writes samples under new ids, all or none."""
        ids = self._whole(ids)
        encoded = self._encode(ids, images)
        self._require_different(ids)
        for id in ids:
            if id in self._places:
                raise ValueError(f"heap: expected ids that are not in use, found {id}")
        places = len(self._ids) + max(0, len(ids) - len(self._holes))
        if places > self._kanerva.capacity:
            raise ValueError(f"heap: expected at most {self._kanerva.capacity} samples, found {places}")
        for id, *sample in zip(ids, *encoded):
            self._put(self._holes.pop() if self._holes else self._new_place(), id, sample)

    def replace(self, id: int, image: np.ndarray) -> None:
        """Replaces a sample, which keeps its id and its place."""
        place = self._place(id)
        self._put(place, self._ids[place], [part[0] for part in self._encode([id], image)])

    def free(self, ids: list[int]) -> None:
        """Frees samples, all or none: their blocks become zeros and are neither found nor drawn from."""
        self._require_different(ids)
        for place in [self._place(id) for id in ids]:
            del self._places[self._ids[place]]
            self._ids[place] = None
            self._blocks[place] = 0
            self._holes.append(place)

    def list(self) -> list[int]:
        """Returns the ids in use, by the places of their samples."""
        return [id for id in self._ids if id is not None]

    def read(self, ids: list[int]) -> np.ndarray:
        """Returns samples as they read back, [N, Cx, Hx, Wx]."""
        return self._contents[[self._place(id) for id in ids]]

    def look_up(self, queries: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Returns the id that matches each query [Q, Cx, Hx, Wx] best, and the scores, as Kanerva.look_up."""
        ids = self.list()
        (lookup,) = self._recall(queries).lookups
        best = lookup.samples[0]
        return [ids[at] for at in best], lookup.scores[0, np.arange(len(best)), best]

    def recall(self, queries: np.ndarray) -> np.ndarray:
        """Finds queries and reads what was found, [Q, Cx, Hx, Wx]."""
        return self._recall(queries).images[0]

    def _recall(self, queries: np.ndarray):
        self._require_samples()
        written = self._written()
        pointers = np.zeros((1, len(written), self._kanerva.settings["keys"], 3), np.float32)  # nobody reads there
        index = Index(self._contents[None, written], self._features[None, written], pointers)
        return self._kanerva.recall(index, self._checked("queries", queries))

    def generate(self, count: int, seed: int) -> np.ndarray:
        """Draws images of the samples, [N, Cx, Hx, Wx]."""
        self._require_samples()
        return self._kanerva.generate(self.snapshot(), count, seed).images[0]

    def snapshot(self) -> Memory:
        """Returns the samples as a memory without gaps; its sample i is entry i of list()."""
        self._require_samples()
        return self._placed(self._blocks[self._written()])

    def save(self, file: str | os.PathLike) -> None:
        """Writes the file of the Java runtime's MemoryHeap.save, replacing an existing one atomically."""
        self._require_samples()
        length = self._length()
        memory = self._placed(self._blocks[:length])
        data = memory.head(1) + memory.body()
        data += np.array([id or 0 for id in self._ids[:length]], "<i8").tobytes()
        data += bytes(id is not None for id in self._ids[:length])
        write_file(file, data + hashlib.sha256(data).digest())

    def _load(self, file: str | os.PathLike) -> "MemoryHeap":
        data = read_file(file)
        memory, rest = Memory.parse(file, data)
        self._kanerva.check_file(file, memory)
        (episodes, length) = memory.pointers.shape[:2]
        if episodes != 1:
            raise ValueError(f"{file}: expected one memory to make a heap of, found {episodes}")
        ids, written = list(range(length)), bytes([1]) * length
        if rest:
            ids = np.frombuffer(rest[: 8 * length], "<i8").tolist()
            written = rest[8 * length :]
        used = [id for id, state in zip(ids, written) if state == 1]
        if not set(written) <= {0, 1} or len(set(used)) != len(used):
            raise ValueError(f"{file}: expected different ids, each written (1) or free (0), found others")
        blocks = blocks_of(self._kanerva.settings, memory)
        blocks[[state == 0 for state in written]] = 0
        index = self._kanerva.index(self._placed(blocks))
        for place, (id, state) in enumerate(zip(ids, written)):
            self._put(self._new_place(), id, (blocks[place], index.contents[0, place], index.features[0, place]))
        self._places = {id: place for place, (id, state) in enumerate(zip(ids, written)) if state == 1}
        for place in reversed([place for place, state in enumerate(written) if state == 0]):
            self._ids[place] = None
            self._holes.append(place)
        return self

    def _encode(self, ids: list[int], images: np.ndarray) -> tuple[np.ndarray, ...]:
        episode = self._checked("samples", images)
        if episode.shape[1] != len(ids):
            raise ValueError(f"heap: expected as many samples as ids, found {episode.shape[1]} and {len(ids)}")
        for id in ids:
            if not -(2**63) <= id < 2**63:
                raise ValueError(f"heap: expected ids of 64 bits, found {id}")
        memory = self._kanerva.write(episode)
        index = self._kanerva.index(memory)
        return blocks_of(self._kanerva.settings, memory), index.contents[0], index.features[0]

    def _checked(self, name: str, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        return self._kanerva.images(name, images[None] if images.ndim == 4 else images[None, None])

    def _placed(self, blocks: np.ndarray) -> Memory:
        return Memory(*placed(self._kanerva.settings, blocks), self._kanerva.model_id)

    def _new_place(self) -> int:
        place = len(self._ids)
        self._ids.append(None)
        if place == len(self._blocks):
            more = max(16, place)  # doubled, so that growing costs the same for each sample on average
            self._blocks, self._contents, self._features = (
                np.concatenate([part, np.zeros((more, *part.shape[1:]), np.float32)])
                for part in (self._blocks, self._contents, self._features)
            )
        return place

    def _put(self, place: int, id: int, sample: Sequence[np.ndarray]) -> None:
        self._blocks[place], self._contents[place], self._features[place] = sample
        self._ids[place] = id
        self._places[id] = place

    def _place(self, id: int) -> int:
        if id not in self._places:
            raise ValueError(f"heap: expected an id in use, found {id}")
        return self._places[id]

    def _written(self) -> list[int]:
        return [place for place, id in enumerate(self._ids) if id is not None]

    def _length(self) -> int:
        return 1 + max(self._places.values())

    def _require_samples(self) -> None:
        if not self._places:
            raise ValueError("heap: expected at least 1 sample, found 0")

    @staticmethod
    def _whole(ids: list[int]) -> list[int]:
        try:
            return [operator.index(id) for id in ids]  # a fraction would be cut off in a file
        except TypeError:
            raise ValueError(f"heap: expected whole numbers as ids, found {ids}") from None

    @staticmethod
    def _require_different(ids: list[int]) -> None:
        if len(set(ids)) != len(ids):
            raise ValueError("heap: expected different ids, found one twice")
