"""What the Python runtimes share: the list of jobs, and values in the .pb files of the ONNX project's test layout."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper

PYTHON = f"Python {sys.version.split()[0]}"


class Limit(Exception):
    """What an adapter cannot pass between files and the engine, whatever the engine could do."""


_milliseconds: float | None = None


def timed(call: Callable):
    """What a call returns; how long it took is reported with the case."""
    global _milliseconds
    start = time.perf_counter()
    result = call()
    _milliseconds = (time.perf_counter() - start) * 1000
    return result


def serve(jobs: str, about: str, load: Callable, run: Callable) -> None:
    """Does the jobs of a file as ../README.md says.

    about: the versions of the engine and of what it runs on
    load: from a model's file and 'on' or 'off' for optimisations to what run takes; called once for equal ones in a row
    run: with what load gave and the folders of inputs and outputs; it may call the engine through timed
    """
    global _milliseconds
    print(f"about\t{about}", flush=True)
    loaded = None
    for number, line in enumerate(Path(jobs).read_text(encoding="utf-8").splitlines()):
        model, inputs, outputs, optimisations = line.split("\t")
        try:
            if loaded is None or loaded[0] != (model, optimisations):
                loaded = ((model, optimisations), load(model, optimisations))
            _milliseconds = None
            run(loaded[1], Path(inputs), Path(outputs))
            print(f"done\t{number}" + ("" if _milliseconds is None else f"\t{_milliseconds:.6f}"), flush=True)
        except Limit as problem:
            print(f"cannot\t{number}\t{problem}", flush=True)
        except Exception as problem:  # any exception is the result of the case
            print(f"failed\t{number}\t{' '.join(f'{type(problem).__name__}: {problem}'.split())}", flush=True)


def entries(graph) -> tuple[list, list]:
    """A graph's inputs, which are those that no initialiser gives a value, and its outputs."""
    given = {weight.name for weight in graph.initializer} | {weight.values.name for weight in graph.sparse_initializer}
    return [entry for entry in graph.input if entry.name not in given], list(graph.output)


def tensors(file: str, adapter: str) -> tuple[list, list]:
    """A graph's inputs and outputs, all of which must be tensors."""
    inputs, outputs = entries(onnx.load(file, load_external_data=False).graph)
    for entry in [*inputs, *outputs]:
        if entry.type.WhichOneof("value") not in (None, "tensor_type"):
            raise Limit(f"the {adapter} adapter passes tensors, and '{entry.name}' is none")
    return inputs, outputs


def read(file: Path, kind: str):
    """A value of a kind: 'tensor', 'sequence', 'map', 'optional'."""
    content = file.read_bytes()
    if kind == "sequence":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(content))
    if kind == "optional":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(content))
    if kind == "map":
        return mapping(onnx.MapProto.FromString(content))
    if kind != "tensor":
        raise Limit(f"the Python adapter passes no inputs of kind {kind}")
    return numpy_helper.to_array(onnx.TensorProto.FromString(content))


def mapping(proto: onnx.MapProto) -> dict:
    """A map whose values are of one element each, as the engines take it."""
    keys = [key.decode() for key in proto.string_keys] or list(proto.keys)
    values = [numpy_helper.to_array(value).item() for value in proto.values.tensor_values]
    return dict(zip(keys, values, strict=True))


def write(file: Path, name: str, value, optional: bool = False) -> None:
    """Writes a tensor, or a sequence of tensors, sequences or maps; an optional one has another form."""
    message = proto(name, value) if value is not None else None
    if optional:
        kind = onnx.OptionalProto
        if value is None:
            message = kind(name=name, elem_type=kind.UNDEFINED)
        elif isinstance(message, onnx.SequenceProto):
            message = kind(name=name, elem_type=kind.SEQUENCE, sequence_value=message)
        else:
            message = kind(name=name, elem_type=kind.TENSOR, tensor_value=message)
    if message is None:
        raise Limit(f"the Python adapter passes no output without a value, and '{name}' has none")
    file.write_bytes(message.SerializeToString())


def proto(name: str, value):
    if isinstance(value, list):
        sequence = onnx.SequenceProto(name=name, elem_type=onnx.SequenceProto.TENSOR)
        for element in value:
            part = proto("", element)
            if isinstance(part, onnx.SequenceProto):
                sequence.elem_type = onnx.SequenceProto.SEQUENCE
                sequence.sequence_values.append(part)
            elif isinstance(part, onnx.MapProto):
                sequence.elem_type = onnx.SequenceProto.MAP
                sequence.map_values.append(part)
            else:
                sequence.tensor_values.append(part)
        return sequence
    if isinstance(value, dict):
        strings = any(isinstance(key, str) for key in value)
        mapping = onnx.MapProto(name=name, key_type=onnx.TensorProto.STRING if strings else onnx.TensorProto.INT64)
        for key in value:
            if strings:
                mapping.string_keys.append(key.encode())
            else:
                mapping.keys.append(int(key))
        # ONNX Runtime gives Python's floats for a map's float32.
        values = [
            numpy.asarray(entry, numpy.float32 if isinstance(entry, float) else None) for entry in value.values()
        ]
        mapping.values.CopyFrom(proto("", values))
        return mapping
    if not isinstance(value, (numpy.ndarray, numpy.generic)):
        raise Limit(f"the Python adapter passes tensors, sequences and maps, and '{name}' is a {type(value).__name__}")
    return numpy_helper.from_array(numpy.asarray(value), name)
