"""Runs ONNX test cases on OpenVINO's CPU plugin; the protocol is in ../README.md."""

import sys
from pathlib import Path

import numpy
import onnx
import openvino

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tensor_files  # noqa: E402 (a file that runtimes share)
from tensor_files import Limit  # noqa: E402

# Where a processor has bfloat16, the plugin would compute in it, and in accuracy mode it keeps the model's precision.
SETTINGS = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY"}

NARROWED = {onnx.TensorProto.DOUBLE: "float64 in float32"}


class Loaded:
    def __init__(self, core: openvino.Core, file: str):
        self.inputs, self.outputs = tensor_files.tensors(file, "OpenVINO")
        for entry in [*self.inputs, *self.outputs]:
            if entry.type.tensor_type.elem_type == onnx.TensorProto.STRING:
                raise Limit(f"the OpenVINO adapter passes no strings, and '{entry.name}' has some")
            narrowed = NARROWED.get(entry.type.tensor_type.elem_type)
            if narrowed:
                raise ValueError(f"OpenVINO's CPU plugin computes {narrowed}, which '{entry.name}' is declared as")
        self.compiled = core.compile_model(core.read_model(file), "CPU", SETTINGS)


def run(loaded: Loaded, inputs: Path, outputs: Path) -> None:
    request = loaded.compiled.create_infer_request()
    ports = {name: port for port in loaded.compiled.inputs for name in port.get_names()}
    for i, entry in enumerate(loaded.inputs):
        file = inputs / f"input_{i}.pb"
        if file.exists() and entry.name in ports:  # it leaves out inputs that no node uses
            values = numpy.array(tensor_files.read(file, "tensor"), order="C")
            request.set_tensor(ports[entry.name], tensor(values, entry.name))
    tensor_files.timed(request.infer)
    outputs.mkdir(parents=True, exist_ok=True)
    for i, (entry, port) in enumerate(zip(loaded.outputs, loaded.compiled.outputs, strict=True)):
        result = request.get_tensor(port)
        if result.element_type.bitwidth < 8:
            raise Limit(f"the OpenVINO adapter passes no outputs of type {result.element_type.get_type_name()}")
        tensor_files.write(outputs / f"output_{i}.pb", entry.name, result.data)


def tensor(values: numpy.ndarray, name: str) -> openvino.Tensor:
    try:
        return openvino.Tensor(values)
    except (RuntimeError, TypeError, ValueError) as problem:
        raise Limit(f"the OpenVINO adapter passes no inputs of type {values.dtype}: '{name}'") from problem


if __name__ == "__main__":
    core = openvino.Core()
    about = f"openvino {openvino.__version__}, {tensor_files.PYTHON}"
    tensor_files.serve(sys.argv[1], about, lambda model, _: Loaded(core, model), run)
