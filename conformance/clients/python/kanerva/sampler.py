"""Standard normal values from a seed: Philox4x32-10 and Box-Muller, as specified in conformance/SAMPLER.md."""

import operator

import numpy as np

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_BLOCKS_AT_ONCE = 1024


def philox(counters: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Runs ten rounds of Philox4x32.

    counters: uint64 [4, N] of 32-bit words, lowest first; key: its two words. Returns uint64 [4, N] of 32-bit words.
    """
    c0, c1, c2, c3 = counters
    k0, k1 = key
    for _ in range(10):
        first = c0 * _MULTIPLIERS[0]
        second = c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (second >> _SHIFT) ^ c1 ^ np.uint64(k0),
            second & _MASK,
            (first >> _SHIFT) ^ c3 ^ np.uint64(k1),
            first & _MASK,
        )
        k0 = (k0 + _WEYL[0]) & 0xFFFFFFFF
        k1 = (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3])


class NormalSampler:
    """The sequence of a seed, a 64-bit integer, signed or unsigned."""

    def __init__(self, seed: int):
        try:
            whole = operator.index(seed)
        except TypeError:
            raise ValueError(f"seed: expected a whole number, found {seed!r}") from None
        if not -(2**63) <= whole < 2**64:
            raise ValueError(f"seed: expected 64 bits, found {whole}")
        seed = whole & 0xFFFFFFFFFFFFFFFF
        self._key = (seed & 0xFFFFFFFF, seed >> 32)
        self._block = 0
        self._ready = np.empty(0)

    def next(self, count: int) -> np.ndarray:
        """Returns the next values, float64 [count]."""
        while self._ready.size < count:
            blocks = max(_BLOCKS_AT_ONCE, (count + 3) // 4)
            self._ready = np.concatenate([self._ready, self._normals(blocks)])
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken

    def tensor(self, *shape: int) -> np.ndarray:
        """Returns the next values, row-major, as float32 of this shape."""
        return self.next(int(np.prod(shape))).astype(np.float32).reshape(shape)

    def _normals(self, blocks: int) -> np.ndarray:
        index = np.arange(self._block, self._block + blocks, dtype=np.uint64)
        self._block += blocks
        zeros = np.zeros_like(index)
        words = philox(np.stack([index & _MASK, index >> _SHIFT, zeros, zeros]), self._key)
        u = (words.astype(np.float64) + 0.5) * 2.0**-32
        numbers = np.empty((blocks, 4))
        for radius, angle, at in ((u[0], u[1], 0), (u[2], u[3], 2)):
            length = np.sqrt(-2 * np.log(radius))
            numbers[:, at] = length * np.cos(2 * np.pi * angle)
            numbers[:, at + 1] = length * np.sin(2 * np.pi * angle)
        return numbers.reshape(-1)
