"""Runs ONNX test cases on OpenVINO's CPU plugin; the protocol is in ../README.md."""

import sys
from pathlib import Path

import ml_dtypes
import numpy
import onnx
import openvino

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tensor_files  # noqa: E402 (a file that runtimes share)
from tensor_files import Limit  # noqa: E402

# Where a processor has bfloat16, the plugin would compute in it, and in accuracy mode it keeps the model's precision.
SETTINGS = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY"}

# Types that NumPy has from ml_dtypes, and OpenVINO's binding as integers or as float16.
SMALL = {
    "bf16": ml_dtypes.bfloat16,
    "f8e4m3": ml_dtypes.float8_e4m3fn,
    "f8e5m2": ml_dtypes.float8_e5m2,
    "f8e8m0": ml_dtypes.float8_e8m0fnu,
}

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
        self.ports = ports(self.compiled.inputs, [entry.name for entry in self.inputs])


def ports(found: list, names: list[str]) -> dict:
    """The port of each input. One that is an output, too, may have lost its name; one that no node uses may lack."""
    known = {name: port for port in found for name in [*port.get_names(), port.node.friendly_name] if name in names}
    unnamed = [port for port in found if port not in known.values()]
    rest = [name for name in names if name not in known]
    if unnamed and len(unnamed) != len(rest):
        raise Limit(f"the OpenVINO adapter cannot tell which of the inputs {rest} the model still has")
    return known | dict(zip(rest, unnamed))


def run(loaded: Loaded, inputs: Path, outputs: Path) -> None:
    request = loaded.compiled.create_infer_request()
    for i, entry in enumerate(loaded.inputs):
        file = inputs / f"input_{i}.pb"
        if file.exists() and entry.name in loaded.ports:
            values = numpy.array(tensor_files.read(file, "tensor"), order="C")
            request.set_tensor(loaded.ports[entry.name], tensor(values, entry.name))
    tensor_files.timed(request.infer)
    outputs.mkdir(parents=True, exist_ok=True)
    for i, (entry, port) in enumerate(zip(loaded.outputs, loaded.compiled.outputs, strict=True)):
        result = request.get_tensor(port)
        if result.element_type.bitwidth < 8:
            raise Limit(f"the OpenVINO adapter passes no outputs of type {result.element_type.get_type_name()}")
        small = SMALL.get(result.element_type.get_type_name())
        tensor_files.write(outputs / f"output_{i}.pb", entry.name, result.data.view(small) if small else result.data)


def tensor(values: numpy.ndarray, name: str) -> openvino.Tensor:
    try:
        for kind, small in SMALL.items():
            if values.dtype == small:
                result = openvino.Tensor(getattr(openvino.Type, kind), list(values.shape))
                result.data[...] = values.view(result.data.dtype)
                return result
        return openvino.Tensor(values)
    except (RuntimeError, TypeError, ValueError) as problem:
        raise Limit(f"the OpenVINO adapter passes no inputs of type {values.dtype}: '{name}'") from problem


if __name__ == "__main__":
    core = openvino.Core()
    about = f"openvino {openvino.__version__}, {tensor_files.PYTHON}"
    tensor_files.serve(sys.argv[1], about, lambda model, _: Loaded(core, model), run)
