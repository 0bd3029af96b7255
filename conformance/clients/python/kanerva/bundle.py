"""Validates a bundle's files before use: a bundle may come from an untrusted source."""

import hashlib
import json
from pathlib import Path

from .memory import read_file

# Each graph's inputs, of which a model's may take fewer, and outputs.
GRAPHS = {
    "write": (("images",), ("memory", "pointers")),
    "index": (("memory", "pointers"), ("contents", "features")),
    "recall": (("contents", "features", "pointers", "queries"), ("recalled", "sample", "score", "scores", "keys")),
    "generate": (("memory", "pointers", "key_noise", "noise"), ("generated", "keys")),
    "score": (("images", "key_noise", "noise"), ("reconstruction", "kl_keys", "kl_latent")),
}
_NAMES = ("writer", "addressing", "likelihood")
_SHAPES = ("imageShape", "memoryShape", "blockShape")
_NUMBERS = ("keys", "latent", "slotRows", "slotColumns")
_SETTINGS = (*_NAMES, *_SHAPES, *_NUMBERS, "capacity")

# The messages of onnx.proto that can contain tensors: for each, the fields to search and their messages.
_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _TENSOR, _SPARSE_TENSOR, _FUNCTION, _TRAINING = range(8)
_FIELDS = (
    {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    {1: _NODE, 5: _TENSOR, 15: _SPARSE_TENSOR},
    {5: _ATTRIBUTE},
    {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE_TENSOR, 23: _SPARSE_TENSOR},
    {},
    {1: _TENSOR, 2: _TENSOR},
    {7: _NODE, 11: _ATTRIBUTE},
    {1: _GRAPH, 2: _GRAPH},
)
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_MAX_DEPTH = 100


def _is_right(name: str, value: object) -> bool:
    """Whether a setting is of its kind: a name, three sizes, or a whole number."""
    if name in _NAMES:
        return isinstance(value, str)
    if name in _SHAPES:
        return isinstance(value, list) and len(value) == 3 and all(_is_right("", size) for size in value)
    return type(value) is int and (0 if name == "capacity" else 1) <= value < 2**31


def check_inputs(place: str, settings: dict, inputs: list) -> None:
    """Raises ValueError unless a graph's inputs have the sizes that the settings say; names of sizes fit any."""
    image, (channels, height, width), keys = settings["imageShape"], settings["memoryShape"], settings["keys"]
    shapes = {
        "images": ["B", "T", *image],
        "queries": ["B", "Q", *image],
        "memory": ["B", channels, height, width],
        "pointers": ["B", "T", keys, 3],
        "key_noise": ["B", "N", keys, 3],
        "noise": ["B", "N", settings["latent"]],
    }
    for entry in inputs:
        wanted = shapes.get(entry.name, entry.shape)
        named = [w if isinstance(f, str) or f is None else f for f, w in zip(entry.shape, wanted)]
        if len(entry.shape) != len(wanted) or named != wanted:
            raise ValueError(
                f"{place}: input '{entry.name}': expected {wanted}, as bundle.json's settings say, found {entry.shape}"
            )


def read_description(folder: Path) -> dict:
    """Reads and validates bundle.json; raises ValueError if it is malformed."""
    data = read_file(folder / "bundle.json")
    try:
        bundle = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as e:  # not UTF-8, not JSON, or nested too deeply
        raise ValueError(f"{folder}: bundle.json: expected JSON, found other text ({e})") from e
    found = (
        (bundle.get("format"), bundle.get("formatVersion")) if isinstance(bundle, dict) else (type(bundle).__name__, "")
    )
    if found != ("kanerva-bundle", 2):
        raise ValueError(
            f"{folder}: bundle.json: expected a kanerva-bundle of format version 2, found {found[0]} {found[1]}"
        )
    settings, graphs = bundle.get("settings"), bundle.get("graphs")
    missing = [name for name in _SETTINGS if not isinstance(settings, dict) or name not in settings]
    if missing:
        raise ValueError(f"{folder}: bundle.json: expected the settings {', '.join(missing)}, found none")
    wrong = [name for name in _SETTINGS if not _is_right(name, settings[name])]
    if wrong:
        raise ValueError(
            f"{folder}: bundle.json: settings.{wrong[0]}: expected a name, three sizes or a whole number, "
            f"each of its kind, found {settings[wrong[0]]!r}"
        )
    for name in (*GRAPHS, "encoder", "memory-writer", "reader"):  # the latter make up the model's id
        graph = graphs.get(name) if isinstance(graphs, dict) else None
        if (
            not isinstance(graph, dict)
            or not isinstance(graph.get("file"), str)
            or not isinstance(graph.get("sha256"), str)
        ):
            # Bundles of earlier versions have no graphs of whole calls.
            raise ValueError(
                f"{folder}: bundle.json: expected the graph '{name}' with its file and sha256, found none; "
                "kpp renew adds it to an older bundle"
            )
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(canonical.encode()).hexdigest() != bundle.get("settingsSha256"):
        raise ValueError(
            f"{folder}: bundle.json: expected settings that fit their settingsSha256, found others: they were changed"
        )
    return bundle


def read_graph(folder: Path, graph: dict) -> bytes:
    """Reads a graph; raises ValueError if its SHA-256 differs from bundle.json's or it refers to other files."""
    file = graph["file"]
    if Path(file).name != file:
        raise ValueError(f"{folder}: bundle.json: expected a file inside the bundle, found '{file}'")
    data = read_file(folder / file)
    if hashlib.sha256(data).hexdigest() != graph["sha256"]:
        raise ValueError(
            f"{folder}: '{file}': expected the SHA-256 in bundle.json, found another: the file was changed"
        )
    try:
        elsewhere = _has_external_data(memoryview(data), _MODEL, 0)
    except (IndexError, ValueError) as e:
        raise ValueError(f"{folder}: '{file}': expected an ONNX model, found another or a corrupt file") from e
    if elsewhere:
        raise ValueError(f"{folder}: '{file}': expected a self-contained graph, found a tensor with external data")
    return data


def _has_external_data(data: memoryview, message: int, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        field, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(data, at)
            if message == _TENSOR and field == _DATA_LOCATION and value != 0:
                return True
        elif kind in (1, 2, 5):
            length, at = _varint(data, at) if kind == 2 else (8 if kind == 1 else 4, at)
            if length > len(data) - at:
                raise ValueError("truncated")
            content, at = data[at : at + length], at + length
            if kind == 2 and message == _TENSOR and field == _EXTERNAL_DATA:
                return True
            if (
                kind == 2
                and field in _FIELDS[message]
                and _has_external_data(content, _FIELDS[message][field], depth + 1)
            ):
                return True
        else:
            raise ValueError("not protobuf")
    return False


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a varint of more than 10 bytes")
