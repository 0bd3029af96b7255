"""Runs ONNX test cases on OpenCV's DNN module; the protocol is in ../README.md."""

import sys
from pathlib import Path

import cv2
import ml_dtypes
import numpy
import onnx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tensor_files  # noqa: E402 (a file that runtimes share)
from tensor_files import Limit  # noqa: E402


class Loaded:
    def __init__(self, file: str):
        self.inputs, self.outputs = tensor_files.tensors(file, "OpenCV")
        # The new engine only: the classic one, to which it falls back otherwise, is another implementation.
        self.net = cv2.dnn.readNetFromONNX(file, cv2.dnn.ENGINE_NEW)
        if self.net.empty():
            raise ValueError("OpenCV's new engine does not read the model, and does not say why")


def run(loaded: Loaded, inputs: Path, outputs: Path) -> None:
    for i, entry in enumerate(loaded.inputs):
        file = inputs / f"input_{i}.pb"
        if file.exists():
            feed(loaded.net, entry.name, numpy.array(tensor_files.read(file, "tensor"), order="C"))
    results = tensor_files.timed(lambda: loaded.net.forward([entry.name for entry in loaded.outputs]))
    outputs.mkdir(parents=True, exist_ok=True)
    for i, (entry, values) in enumerate(zip(loaded.outputs, results, strict=True)):
        if values is None:
            raise Limit(f"OpenCV's Python binding gives no value for '{entry.name}', which may be empty")
        # It makes models in half precision float32, and their outputs too.
        if entry.type.tensor_type.elem_type == onnx.TensorProto.FLOAT16 and values.dtype == numpy.float32:
            values = values.astype(numpy.float16)
        # Its binding has no type for bfloat16.
        if entry.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16 and values.dtype == numpy.uint16:
            values = values.view(ml_dtypes.bfloat16)
        tensor_files.write(outputs / f"output_{i}.pb", entry.name, values)


def feed(net: cv2.dnn.Net, name: str, values: numpy.ndarray) -> None:
    try:
        net.setInput(values, name)
    except cv2.error as problem:
        if "Expected Ptr" in str(problem) or "not a numpy array" in str(problem) or "data type" in str(problem):
            raise Limit(f"the OpenCV adapter passes no inputs of type {values.dtype}: '{name}'") from problem
        raise


if __name__ == "__main__":
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    about = f"opencv {cv2.__version__}, {tensor_files.PYTHON}"
    tensor_files.serve(sys.argv[1], about, lambda model, _: Loaded(model), run)
