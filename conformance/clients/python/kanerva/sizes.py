"""What a model's settings say of memories: how many samples they take, and what their files must hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .memory import Memory

_MAX_VALUES = 1 << 28
VERBATIM = 0.6744897501960817  # the quantile of 3/4, the scale of a pointer that reads verbatim
_MAX_ROWS = 1 << 24  # float32 holds all smaller whole numbers, which name the rows of slots


def grows(settings: dict) -> bool:
    """Whether memories grow with their samples, row by row of slots."""
    return settings["writer"] == "heap" and settings["addressing"] == "dereferenced"


def capacity(settings: dict) -> int:
    """The samples that one memory takes; of one that grows, as many as whole rows of 2^28 values hold."""
    if not grows(settings):
        return settings["capacity"]
    columns = settings["slotColumns"]
    rows = min(_MAX_ROWS, _MAX_VALUES // (int(np.prod(settings["blockShape"])) * columns))
    return rows * columns // settings["keys"]


def check_settings(place: str, settings: dict) -> None:
    """Raises ValueError unless capacity and memory are those of the slots; a pooled memory also has a margin."""
    slots, block = (settings["slotRows"], settings["slotColumns"]), settings["blockShape"]
    most = 0 if grows(settings) else slots[0] * slots[1] // settings["keys"]
    if settings["capacity"] != most:
        raise ValueError(f"{place}: settings.capacity: expected {most}, as its slots say, found {settings['capacity']}")
    taken = [count * side for count, side in zip(slots, block[1:])]
    margins = [side - least for side, least in zip(settings["memoryShape"][1:], taken)]
    is_pooled = settings["writer"] == "pooled"
    fits = all(2 <= margin <= side for margin, side in zip(margins, block[1:])) if is_pooled else margins == [0, 0]
    if not fits and (is_pooled or grows(settings)):  # continuous keys of a heap read anywhere
        more = ", and a margin of 2 to a block" if is_pooled else ""
        raise ValueError(
            f"{place}: settings.memoryShape: expected {taken}, as its slots take{more}, found {settings['memoryShape']}"
        )


def check_file(settings: dict, file: str | os.PathLike, memory: Memory) -> None:
    """Raises ValueError unless a file's memory has the model's sizes, finite values and, if it grows, its slots."""
    samples, keys = memory.pointers.shape[1:3]
    (channels, height, width), columns = settings["memoryShape"], settings["slotColumns"]
    if grows(settings):
        channels, rows, cells = settings["blockShape"]
        height, width = -(-samples * settings["keys"] // columns) * rows, columns * cells
    found, wanted = [*memory.memory.shape[1:], keys], [channels, height, width, settings["keys"]]
    if found != wanted or not 1 <= samples <= capacity(settings) or len(memory.memory) < 1:
        raise ValueError(
            f"{file}: expected memories of 1 to {capacity(settings)} samples, here [C, H, W, K] {wanted}, "
            f"found {found} of {samples}"
        )
    for name, values in (("memory", memory.memory), ("pointers", memory.pointers)):
        if not np.isfinite(values).all():
            raise ValueError(f"{file}: {name}: expected finite values, found others")
    if grows(settings):
        slots = np.arange(samples * keys).reshape(samples, keys)
        names = np.stack([slots % columns, slots // columns], axis=-1)
        wrong = np.argwhere((memory.pointers[..., 1:] != names).any(axis=-1))
        if len(wrong):
            at = tuple(wrong[0])
            (column, row), (found_column, found_row) = names[at[1:]], memory.pointers[at][1:]
            raise ValueError(
                f"{file}: pointers: expected the slot of column {column}, row {row} at {[int(i) for i in at]}, "
                f"found column {found_column}, row {found_row}"
            )


def blocks(settings: dict, memory: Memory) -> np.ndarray:
    """The blocks [T, K, C, h, w] of one memory that grows, slot by slot."""
    channels, height, width = settings["blockShape"]
    samples, keys = memory.pointers.shape[1:3]
    cells = memory.memory[0].reshape(channels, -1, height, settings["slotColumns"], width)
    slots = cells.transpose(1, 3, 0, 2, 4).reshape(-1, channels, height, width)
    return slots[: samples * keys].reshape(samples, keys, channels, height, width).copy()


def placed(settings: dict, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One memory of blocks [T, K, C, h, w], sample by sample in its slots, and its pointers: the inverse of blocks."""
    channels, height, width = settings["blockShape"]
    columns, (samples, keys) = settings["slotColumns"], blocks.shape[:2]
    rows = -(-samples * keys // columns)
    cells = np.zeros((rows * columns, channels, height, width), np.float32)
    cells[: samples * keys] = blocks.reshape(-1, channels, height, width)
    planes = cells.reshape(rows, columns, channels, height, width).transpose(2, 0, 3, 1, 4)
    slots = np.arange(samples * keys)
    scale = np.full(len(slots), VERBATIM if settings.get("scaleCells", 1) == 2 else 0)
    pointers = np.stack([scale, slots % columns, slots // columns], axis=1)
    return (
        planes.reshape(1, channels, rows * height, columns * width),
        pointers.astype(np.float32).reshape(1, samples, keys, 3),
    )
