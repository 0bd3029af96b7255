"""Runs the graphs of the blocks from outside with OpenVINO and with the onnx package's reference evaluator on the inputs that OutsideTest
left, and compares the outputs with the blocks'.

Usage: run_engines.py MODELS VECTORS TABLE, after OutsideTest with -Doutside=full -Doutside.vectors=true. Writes one line per graph into
TABLE: its name, and for each engine "agrees" or what happened. Prints counts; needs the Python packages openvino, onnx and numpy.
"""
import collections
import pathlib
import sys

import numpy
import onnx
import onnx.numpy_helper
import onnx.reference
import openvino


def tensors(folder, prefix):
    files = sorted(folder.glob(f"{prefix}_*.pb"), key=lambda f: int(f.stem.split("_")[-1]))
    # Copies: an engine may want to write into a scalar.
    return [numpy.array(onnx.numpy_helper.to_array(onnx.load_tensor(str(file)))) for file in files]


def differs(expected, found, tolerance):
    if expected.shape != found.shape:
        return f"shape {list(found.shape)} instead of {list(expected.shape)}"
    wanted, got = expected.astype(numpy.float64), found.astype(numpy.float64)
    same = (wanted == got) | (numpy.isnan(wanted) & numpy.isnan(got))
    with numpy.errstate(invalid="ignore"):
        apart = numpy.where(same, 0, numpy.abs(wanted - got))
        close = apart <= tolerance * numpy.maximum(1, numpy.abs(wanted))
    return "" if bool(numpy.all(close)) else f"differs by {numpy.nanmax(apart):.0e}"


def by_openvino(file):
    compiled = core.compile_model(str(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    count = len(compiled.outputs)

    def run(inputs):
        found = compiled(inputs)
        return [numpy.asarray(found[index]) for index in range(count)]

    return run


def by_reference(file):
    evaluator = onnx.reference.ReferenceEvaluator(str(file))
    return lambda inputs: [numpy.asarray(found)
                           for found in evaluator.run(None, dict(zip(evaluator.input_names, inputs)))]


def outcome(load, file, folder):
    tolerance = 10 * float((folder / "tolerance.txt").read_text())
    try:
        run = load(file)
        for data in sorted(folder.glob("test_data_set_*")):
            for expected, found in zip(tensors(data, "output"), run(tensors(data, "input")), strict=True):
                text = differs(expected, found, tolerance)
                if text:
                    return text
    except Exception as problem:  # whatever it is, it is what the table says
        return "fails: " + " ".join(str(problem).split())[-120:].replace("|", "/")
    return "agrees"


core = openvino.Core()
models, vectors, table = (pathlib.Path(argument) for argument in sys.argv[1:4])
engines = {f"OpenVINO {openvino.__version__.split('-')[0]}": by_openvino, f"onnx {onnx.__version__}": by_reference}
outcomes = {}
for folder in sorted(vectors.iterdir()):
    file = models / f"{folder.name}.onnx"
    outcomes[(folder / "name.txt").read_text()] = [outcome(load, file, folder) for load in engines.values()]
table.parent.mkdir(parents=True, exist_ok=True)
table.write_text("".join("\t".join([name, *texts]) + "\n" for name, texts in sorted(outcomes.items())))
for index, engine in enumerate(engines):
    counts = collections.Counter(texts[index].split(":")[0].split(" by")[0].split(" [")[0] for texts in outcomes.values())
    print(f"{engine}: {len(outcomes)} graphs, {dict(counts)}")
