"""Runs ONNX test cases on MNN, after its own converter; the protocol is in ../README.md."""

import subprocess
import sys
import tempfile
from pathlib import Path

import MNN
import numpy
import onnx
from MNN import expr, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tensor_files  # noqa: E402 (a file that runtimes share)
from tensor_files import Limit  # noqa: E402

SETTINGS = {"backend": "CPU", "numThread": 1, "precision": "high"}
# The converter's library in a process of its own, which a fault ends. The program mnnconvert calls it, too, but also
# reports each conversion to its makers, and waits for them.
CONVERTER = [sys.executable, "-c", "import sys, _tools; _tools.mnnconvert(['mnnconvert', *sys.argv[1:]])"]

# What MNN's variables hold; it has int32 for int64 and booleans.
TYPES = {
    onnx.TensorProto.FLOAT: (expr.float, numpy.float32),
    onnx.TensorProto.INT32: (expr.int, numpy.int32),
    onnx.TensorProto.INT64: (expr.int, numpy.int32),
    onnx.TensorProto.BOOL: (expr.int, numpy.int32),
    onnx.TensorProto.UINT8: (expr.uint8, numpy.uint8),
    onnx.TensorProto.INT8: (expr.int8, numpy.int8),
}


class Loaded:
    def __init__(self, file: str):
        self.inputs, self.outputs = tensor_files.tensors(file, "MNN")
        for entry in [*self.inputs, *self.outputs]:
            if entry.type.tensor_type.elem_type not in TYPES:
                name = onnx.TensorProto.DataType.Name(entry.type.tensor_type.elem_type)
                raise ValueError(f"MNN has no inputs or outputs of type {name}, which '{entry.name}' has")
        with tempfile.TemporaryDirectory() as folder:
            converted = Path(folder) / "model.mnn"
            done = subprocess.run(
                [*CONVERTER, "-f", "ONNX", "--modelFile", file, "--MNNModel", converted, "--keepInputFormat", "1"],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if not converted.exists():
                said = (done.stdout + done.stderr).strip().splitlines()
                reason = f"signal {-done.returncode}" if done.returncode < 0 else said[-1] if said else done.returncode
                raise ValueError(f"MNN's converter cannot convert the model: {reason}")
            self.module = nn.load_module_from_file(
                str(converted),
                [entry.name for entry in self.inputs],
                [entry.name for entry in self.outputs],
                runtime_manager=nn.create_runtime_manager((SETTINGS,)),
            )


def run(loaded: Loaded, inputs: Path, outputs: Path) -> None:
    feeds = []
    for i, entry in enumerate(loaded.inputs):
        kind, held = TYPES[entry.type.tensor_type.elem_type]
        values = tensor_files.read(inputs / f"input_{i}.pb", "tensor")
        narrowed = numpy.ascontiguousarray(values.astype(held))
        if not numpy.array_equal(narrowed.astype(values.dtype), values, equal_nan=values.dtype.kind == "f"):
            raise ValueError(f"MNN has int32 for int64, which does not hold all of '{entry.name}'")
        if values.size == 0:
            raise Limit(f"the MNN adapter passes no empty inputs, and '{entry.name}' is empty")
        feed = expr.placeholder(list(values.shape), expr.NCHW, kind)
        feed.write(narrowed)
        feeds.append(feed)
    results = tensor_files.timed(lambda: forward(loaded.module, feeds))
    outputs.mkdir(parents=True, exist_ok=True)
    for i, (entry, values) in enumerate(zip(loaded.outputs, results, strict=True)):
        declared = onnx.helper.tensor_dtype_to_np_dtype(entry.type.tensor_type.elem_type)
        if numpy.dtype(declared).kind == "f" and values.dtype.kind != "f":
            raise ValueError(f"MNN gives {values.dtype} for '{entry.name}', which is declared as {declared}")
        tensor_files.write(outputs / f"output_{i}.pb", entry.name, values.astype(declared))


def forward(module, feeds: list) -> list[numpy.ndarray]:
    """All outputs; MNN computes a value when it is read."""
    results = module.forward(feeds)
    results = results if isinstance(results, (list, tuple)) else [results]
    values = []
    for result in results:
        read = expr.convert(result, expr.NCHW).read() if result.shape else result.read()
        if read is None:
            raise ValueError("MNN gives an output without a value")
        values.append(numpy.array(read).reshape(result.shape))
    return values


if __name__ == "__main__":
    about = f"MNN {MNN.version()}, {tensor_files.PYTHON}"
    tensor_files.serve(sys.argv[1], about, lambda model, _: Loaded(model), run)
