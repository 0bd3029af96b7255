"""Written memories and their files."""

import hashlib
import os
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_MAGIC = b"KANMEMRY"
_VERSION = 2
_FLOATS_AT = 76


@dataclass(frozen=True)
class Memory:
    """B memories of one model.

    memory: float32 [B, C, H, W]; pointers: float32 [B, T, K, 3], the keys, (scale, x, y) or (scale, column, row), at
    which each sample was written; model_id: hexadecimal.
    """

    memory: np.ndarray
    pointers: np.ndarray
    model_id: str

    def save(self, file: str | os.PathLike) -> None:
        """Writes the file in the format of the Java runtime's Memory.save, replacing an existing one atomically."""
        b, c, h, w = self.memory.shape
        head = _MAGIC + struct.pack("<8I", _VERSION, _FLOATS_AT, b, c, h, w, *self.pointers.shape[1:3])
        head += bytes.fromhex(self.model_id) + struct.pack("<I", 0)
        body = head + b"".join(
            np.ascontiguousarray(part, "<f4").tobytes() for part in (self.memory, self.pointers)
        )
        target = Path(file).absolute()
        part = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            part.write_bytes(body + hashlib.sha256(body).digest())
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)

    @staticmethod
    def load(file: str | os.PathLike) -> "Memory":
        """Reads a memory file; raises ValueError if it is corrupt or of another kind."""
        data = Path(file).read_bytes()
        if data[:8] != _MAGIC:
            raise ValueError(f"{file}: expected a memory file, which starts with KANMEMRY, found another kind of file")
        if len(data) < _FLOATS_AT + 32 or hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise ValueError(f"{file}: expected its SHA-256 to match, found a truncated or damaged file")
        version, floats_at, b, c, h, w, t, k = struct.unpack_from("<8I", data, 8)
        if version != _VERSION or floats_at != _FLOATS_AT:
            raise ValueError(f"{file}: expected memory format version {_VERSION}, found {version}")
        floats = np.frombuffer(data[_FLOATS_AT:-32], "<f4")
        sizes = (b * c * h * w, b * t * k * 3)
        if floats.size != sum(sizes):
            raise ValueError(f"{file}: expected {sum(sizes)} floats, found {floats.size}")
        memory, pointers = np.split(floats, sizes[:1])
        return Memory(memory.reshape(b, c, h, w), pointers.reshape(b, t, k, 3), data[40:72].hex())
