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
        body = self.head(0) + self.body()
        write_file(file, body + hashlib.sha256(body).digest())

    def head(self, has_ids: int) -> bytes:
        """The file's first bytes; has_ids is 1 for a heap's."""
        sizes = (*self.memory.shape, *self.pointers.shape[1:3])
        head = _MAGIC + struct.pack("<8I", _VERSION, _FLOATS_AT, *sizes)
        return head + bytes.fromhex(self.model_id) + struct.pack("<I", has_ids)

    def body(self) -> bytes:
        """The file's floats."""
        return b"".join(np.ascontiguousarray(part, "<f4").tobytes() for part in (self.memory, self.pointers))

    @staticmethod
    def load(file: str | os.PathLike) -> "Memory":
        """Reads a memory file; raises ValueError if it is corrupt or of another kind."""
        memory, places = Memory.parse(file, read_file(file))
        if places:
            raise ValueError(f"{file}: expected the file of a memory, found that of a heap: load it as a heap")
        return memory

    @staticmethod
    def parse(file: str | os.PathLike, data: bytes) -> tuple["Memory", bytes]:
        """Returns the memory of a file's bytes and, of a heap's, its ids and which places have a sample."""
        if data[:8] != _MAGIC:
            raise ValueError(f"{file}: expected a memory file, which starts with KANMEMRY, found another kind of file")
        if len(data) < _FLOATS_AT + 32 or hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise ValueError(f"{file}: expected its SHA-256 to match, found a truncated or damaged file")
        version, floats_at, b, c, h, w, t, k = struct.unpack_from("<8I", data, 8)
        if version != _VERSION:
            raise ValueError(f"{file}: expected memory format version {_VERSION}, found {version}")
        (has_ids,) = struct.unpack_from("<I", data, 72)
        if floats_at != _FLOATS_AT or has_ids > 1:
            raise ValueError(
                f"{file}: expected floats at byte {_FLOATS_AT}, and 0 or 1 for ids, found {floats_at} and {has_ids}"
            )
        sizes = (b * c * h * w, b * t * k * 3)
        end = _FLOATS_AT + 4 * sum(sizes)
        expected = end + has_ids * 9 * t + 32
        if len(data) != expected:
            raise ValueError(f"{file}: expected {expected} bytes, as its sizes say, found {len(data)}")
        memory, pointers = np.split(np.frombuffer(data[_FLOATS_AT:end], "<f4"), sizes[:1])
        whole = Memory(memory.reshape(b, c, h, w), pointers.reshape(b, t, k, 3), data[40:72].hex())
        return whole, data[end:-32]


def read_file(file: str | os.PathLike) -> bytes:
    """Returns a regular file's bytes: reading a pipe or a device could wait, or go on, for ever."""
    if Path(file).exists() and not Path(file).is_file():
        raise ValueError(f"{file}: expected a regular file, found a folder, a pipe or a device")
    return Path(file).read_bytes()


@dataclass(frozen=True)
class Index:
    """What a look-up needs of memories: the images [B, T, Cx, Hx, Wx] that their samples read back, these images'
    features [B, T, Cx Hx Wx + 1] and the pointers."""

    contents: np.ndarray
    features: np.ndarray
    pointers: np.ndarray


def write_file(file: str | os.PathLike, data: bytes) -> None:
    """Writes a file, replacing an existing one atomically, whose mode it keeps. Follows links, and writes through to
    what is no regular file.
    """
    target = Path(os.path.realpath(file))
    if target.exists() and not target.is_file():
        with open(target, "ab") as out:
            out.write(data)
        return
    part = target.with_name(f".kanerva-{secrets.token_hex(8)}.tmp")
    try:
        part.write_bytes(data)
        if target.exists():
            part.chmod(target.stat().st_mode & 0o7777)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
