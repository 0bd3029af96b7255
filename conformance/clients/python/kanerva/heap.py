"""One memory that is written to sample by sample, in which samples have ids and can be freed and replaced."""

from __future__ import annotations

import hashlib
import operator
import os

import numpy as np

from .memory import Memory, read_file, write_file


class MemoryHeap:
    """Samples by their ids, signed 64-bit integers; made by Kanerva.heap, for models whose memories grow.

    A sample takes the place that was freed last, else a new one. Images are float32 [N, Cx, Hx, Wx] in [0, 1]. Ids that
    are not in use, or are already when writing, raise ValueError and change nothing. Not for several threads at once.
    """

    def __init__(self, kanerva):
        self._kanerva = kanerva
        self._blocks = np.empty((0, kanerva.settings["keys"], *kanerva.settings["blockShape"]), np.float32)
        self._features = np.empty((0, int(np.prod(kanerva.settings["imageShape"])) + 1))
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
        for id, block, features in zip(ids, *encoded):
            place = self._holes.pop() if self._holes else self._new_place()
            self._put(place, id, block, features)

    def replace(self, id: int, image: np.ndarray) -> None:
        """Replaces a sample, which keeps its id and its place."""
        place = self._place(id)
        ((block,), (features,)) = self._encode([id], image)
        self._put(place, self._ids[place], block, features)

    def free(self, ids: list[int]) -> None:
        """Frees samples, all or none: their blocks become zeros and are neither found nor drawn from."""
        self._require_different(ids)
        for place in [self._place(id) for id in ids]:
            del self._places[self._ids[place]]
            self._ids[place] = None
            self._blocks[place] = 0
            self._features[place] = 0
            self._holes.append(place)

    def list(self) -> list[int]:
        """Returns the ids in use, by the places of their samples."""
        return [id for id in self._ids if id is not None]

    def read(self, ids: list[int]) -> np.ndarray:
        """Returns samples as they read back, [N, Cx, Hx, Wx]."""
        return self._images(self._blocks[[self._place(id) for id in ids]])

    def look_up(self, queries: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Returns the id that matches each query [Q, Cx, Hx, Wx] best, and the scores, as Kanerva.look_up."""
        self._require_samples()
        written = [place for place, id in enumerate(self._ids) if id is not None]
        scores = np.clip(
            self._kanerva.standardised(self._checked("queries", queries))[0] @ self._features[written].T, -1, 1
        )
        best = scores.argmax(axis=1)
        return [self._ids[written[at]] for at in best], scores[np.arange(len(best)), best]

    def recall(self, queries: np.ndarray) -> np.ndarray:
        """Finds queries and reads what was found, [Q, Cx, Hx, Wx]."""
        return self.read(self.look_up(queries)[0])

    def generate(self, count: int, seed: int) -> np.ndarray:
        """Draws images of the samples, [N, Cx, Hx, Wx]."""
        self._require_samples()
        return self._kanerva.generate(self.snapshot(), count, seed).images[0]

    def snapshot(self) -> Memory:
        """Returns the samples as a memory without gaps; its sample i is entry i of list()."""
        self._require_samples()
        return self._kanerva.placed(self._blocks[[place for place, id in enumerate(self._ids) if id is not None]])

    def save(self, file: str | os.PathLike) -> None:
        """Writes the file of the Java runtime's MemoryHeap.save, replacing an existing one atomically."""
        self._require_samples()
        length = self._length()
        memory = self._kanerva.placed(self._blocks[:length])
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
        blocks = self._kanerva.blocks(memory)
        blocks[[state == 0 for state in written]] = 0
        features = self._kanerva.standardised(self._images(blocks)[None])[0]
        for place, (id, state) in enumerate(zip(ids, written)):
            self._put(self._new_place(), id, blocks[place], features[place])
        self._places = {id: place for place, (id, state) in enumerate(zip(ids, written)) if state == 1}
        for place in reversed([place for place, state in enumerate(written) if state == 0]):
            self._ids[place] = None
            self._features[place] = 0
            self._holes.append(place)
        return self

    def _encode(self, ids: list[int], images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        episode = self._checked("samples", images)
        if episode.shape[1] != len(ids):
            raise ValueError(f"heap: expected as many samples as ids, found {episode.shape[1]} and {len(ids)}")
        for id in ids:
            if not -(2**63) <= id < 2**63:
                raise ValueError(f"heap: expected ids of 64 bits, found {id}")
        blocks = self._kanerva.content(episode)[0]
        return blocks, self._kanerva.standardised(self._images(blocks)[None])[0]

    def _checked(self, name: str, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images, np.float32)
        return self._kanerva.images(name, images[None] if images.ndim == 4 else images[None, None])

    def _images(self, blocks: np.ndarray) -> np.ndarray:
        return self._kanerva.decode_written(self._kanerva.placed(blocks))[0]

    def _new_place(self) -> int:
        place = len(self._ids)
        self._ids.append(None)
        if place == len(self._blocks):
            more = max(16, place)  # doubled, so that growing costs the same for each sample on average
            self._blocks = np.concatenate([self._blocks, np.zeros((more, *self._blocks.shape[1:]), np.float32)])
            self._features = np.concatenate([self._features, np.zeros((more, self._features.shape[1]))])
        return place

    def _put(self, place: int, id: int, block: np.ndarray, features: np.ndarray) -> None:
        self._blocks[place], self._features[place] = block, features
        self._ids[place] = id
        self._places[id] = place

    def _place(self, id: int) -> int:
        if id not in self._places:
            raise ValueError(f"heap: expected an id in use, found {id}")
        return self._places[id]

    def _is_written(self, place: int) -> bool:
        return place < len(self._ids) and self._ids[place] is not None

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
