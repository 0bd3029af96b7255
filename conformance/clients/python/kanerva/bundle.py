"""What a bundle's files must be before anything is run: one may come from anywhere."""

import hashlib
import json
from pathlib import Path

GRAPHS = {
    "encoder": (("images",), ("content", "key_mean", "key_log_variance", "latent_mean", "latent_log_variance")),
    "memory-writer": (("content",), ("memory", "pointers")),
    "reader": (("memory", "keys"), ("traces", "prior_mean", "prior_log_variance")),
    "decoder": (("latent", "traces"), ("logits",)),
}
_SETTINGS = (
    "writer",
    "addressing",
    "likelihood",
    "imageShape",
    "memoryShape",
    "blockShape",
    "keys",
    "latent",
    "slotRows",
    "slotColumns",
    "capacity",
)

# The messages of onnx.proto that can hold tensors: for each, which fields to look into, and which message those hold.
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
_DEEPEST = 100


def read_description(folder: Path) -> dict:
    """bundle.json; ValueError says what is wrong with one that is none."""
    try:
        bundle = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    except ValueError as e:  # bytes that are no text, or text that is no JSON
        raise ValueError(f"{folder}: bundle.json: expected JSON, found that it cannot be understood: {e}") from e
    found = (
        (bundle.get("format"), bundle.get("formatVersion")) if isinstance(bundle, dict) else (type(bundle).__name__, "")
    )
    if found != ("kanerva-bundle", 1):
        raise ValueError(
            f"{folder}: bundle.json: expected a kanerva-bundle of format version 1, found {found[0]} {found[1]}"
        )
    settings, graphs = bundle.get("settings"), bundle.get("graphs")
    missing = [name for name in _SETTINGS if not isinstance(settings, dict) or name not in settings]
    if missing:
        raise ValueError(f"{folder}: bundle.json: expected the settings {', '.join(missing)}, found none")
    for name in GRAPHS:
        graph = graphs.get(name) if isinstance(graphs, dict) else None
        if (
            not isinstance(graph, dict)
            or not isinstance(graph.get("file"), str)
            or not isinstance(graph.get("sha256"), str)
        ):
            raise ValueError(f"{folder}: bundle.json: expected the graph '{name}' with its file and sha256, found none")
    return bundle


def read_graph(folder: Path, graph: dict) -> bytes:
    """A graph's file; ValueError if it is not the one that bundle.json means, or wants further files, which could be any."""
    file = graph["file"]
    if Path(file).name != file:
        raise ValueError(f"{folder}: bundle.json names the file '{file}'; expected one inside the bundle")
    data = (folder / file).read_bytes()
    if hashlib.sha256(data).hexdigest() != graph["sha256"]:
        raise ValueError(f"{folder}: '{file}' was changed: its SHA-256 is not what bundle.json states")
    try:
        elsewhere = _has_external_data(memoryview(data), _MODEL, 0)
    except (IndexError, ValueError) as e:
        raise ValueError(f"{folder}: '{file}': expected an ONNX model, found other or damaged bytes") from e
    if elsewhere:
        raise ValueError(
            f"{folder}: '{file}': expected a graph that carries its data, found a tensor whose data lie in another file"
        )
    return data


def _has_external_data(data: memoryview, message: int, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
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
                raise ValueError("cut short")
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
            raise ValueError("no protobuf")
    return False


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number of more than 10 bytes")
