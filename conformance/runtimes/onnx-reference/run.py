"""Runs ONNX test cases on the ONNX project's reference evaluator; the protocol is in ../README.md."""

import sys
from pathlib import Path

import numpy
import onnx
from onnx.reference import ReferenceEvaluator
from onnx.reference.ops.op_dequantize_linear import DequantizeLinear_19
from onnx.reference.ops.op_grid_sample import GridSample as GridSample20

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tensor_files  # noqa: E402 (a file that runtimes share)


class GridSample(GridSample20):
    """The evaluator knows only opset 20's names of modes; opset 16 calls linear bilinear and cubic bicubic."""

    def _run(self, X, grid, mode=None, **attributes):
        return super()._run(X, grid, mode={"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode), **attributes)


class DequantizeLinear(DequantizeLinear_19):
    """The evaluator lacks the operator before opset 19; opsets 10 and 13 are a subset of 19."""

    def _run(self, x, x_scale, x_zero_point=None, axis=None, **later):  # attributes of later opsets have their defaults
        return super()._run(x, x_scale, x_zero_point, axis=1 if axis is None else axis)


def load(file: str) -> ReferenceEvaluator:
    model = onnx.load(file)
    # The graph's inputs are those that no initialiser gives a value; the evaluator counts all.
    inputs, _ = tensor_files.entries(model.graph)
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    opset = max((entry.version for entry in model.opset_import if entry.domain == ""), default=0)
    return ReferenceEvaluator(model, new_ops=[GridSample] + ([DequantizeLinear] if opset < 19 else []))


def kind(entry: onnx.ValueInfoProto) -> str:
    return (entry.type.WhichOneof("value") or "tensor_type").removesuffix("_type")


def run(graph: ReferenceEvaluator, inputs: Path, outputs: Path) -> None:
    feeds = {}
    proto = graph.proto_.graph
    for i, entry in enumerate(proto.input):
        file = inputs / f"input_{i}.pb"
        if file.exists():
            feeds[entry.name] = tensor_files.read(file, kind(entry))
    results = tensor_files.timed(lambda: graph.run(None, feeds))
    outputs.mkdir(parents=True, exist_ok=True)
    for i, (name, values) in enumerate(zip(graph.output_names, results)):
        tensor_files.write(outputs / f"output_{i}.pb", name, values, kind(proto.output[i]) == "optional")


if __name__ == "__main__":
    numpy.seterr(all="ignore")
    about = f"onnx {onnx.__version__}, {tensor_files.PYTHON}, numpy {numpy.__version__}"
    tensor_files.serve(sys.argv[1], about, lambda model, _: load(model), run)
