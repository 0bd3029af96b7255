"""Runs ONNX test cases on ONNX Runtime; the protocol is in ../README.md."""

import os
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tensor_files  # noqa: E402 (a file that runtimes share)
from tensor_files import Limit  # noqa: E402

# Element types that numpy lacks must be passed with their ONNX element type.
NUMPY_TYPES = {
    numpy.dtype(name)
    for name in (
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "bool",
        "object",
    )
}

# The names that ONNX Runtime has for them; as outputs, other types come back as integers.
OUTPUT_TYPES = {"float", "double", "string"} | {str(dtype) for dtype in NUMPY_TYPES}


def session(model: str, optimisations: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = (
        onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        if optimisations == "on"
        else onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    )
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    passes = [name for name in os.environ.get("KPP_WITHOUT_PASSES", "").split(";") if name]
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], **({"disabled_optimizers": passes} if passes else {})
    )


# Types of less than a byte, which numpy packs in another way than ONNX Runtime.
PACKED = {
    getattr(onnx.TensorProto, name)
    for name in ("UINT4", "INT4", "FLOAT4E2M1", "UINT2", "INT2")
    if hasattr(onnx.TensorProto, name)
}


def read(file: Path, kind: str):
    """An input, whose kind is ONNX Runtime's, for example seq(tensor(float))."""
    if not kind.startswith("tensor("):
        return tensor_files.read(file, {"seq": "sequence", "opt": "optional", "map": "map"}.get(kind[:3], kind))
    tensor = onnx.TensorProto.FromString(file.read_bytes())
    if tensor.data_type in PACKED:
        name = onnx.TensorProto.DataType.Name(tensor.data_type)
        raise Limit(f"the Python adapter passes no tensors of type {name}")
    values = numpy_helper.to_array(tensor)
    if values.dtype in NUMPY_TYPES:
        return onnxruntime.OrtValue.ortvalue_from_numpy(values) if values.dtype != object else values
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(values, tensor.data_type)


def run(graph: onnxruntime.InferenceSession, inputs: Path, outputs: Path) -> None:
    feeds = {}
    for i, tensor in enumerate(graph.get_inputs()):
        file = inputs / f"input_{i}.pb"
        if file.exists():
            feeds[tensor.name] = read(file, tensor.type)
    results = tensor_files.timed(lambda: graph.run(None, feeds))
    outputs.mkdir(parents=True, exist_ok=True)
    for i, (tensor, values) in enumerate(zip(graph.get_outputs(), results)):
        if tensor.type.startswith("tensor(") and tensor.type[7:-1] not in OUTPUT_TYPES:
            raise Limit(f"the Python adapter passes no outputs of type {tensor.type}")
        optional = tensor.type.startswith("optional(")
        tensor_files.write(outputs / f"output_{i}.pb", tensor.name, values, optional)


if __name__ == "__main__":
    about = f"onnxruntime {onnxruntime.__version__}, {tensor_files.PYTHON}, numpy {numpy.__version__}"
    tensor_files.serve(sys.argv[1], about, session, run)
