"""Runs the graphs of the blocks from outside with OpenVINO on the inputs that OutsideTest left, and compares the outputs with the blocks'.

Usage: run_openvino.py MODELS VECTORS TABLE, after OutsideTest with -Doutside=full -Doutside.vectors=true. Writes one line per graph into
TABLE, its name and "agrees" or what happened, and prints counts; needs the Python packages openvino, onnx and numpy.
"""
import collections
import pathlib
import sys

import numpy
import onnx
import onnx.numpy_helper
import openvino


def tensors(folder, prefix):
    files = sorted(folder.glob(f"{prefix}_*.pb"), key=lambda f: int(f.stem.split("_")[-1]))
    return [onnx.numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]


def differs(expected, found, tolerance):
    if expected.shape != found.shape:
        return f"shape {list(found.shape)} instead of {list(expected.shape)}"
    wanted, got = expected.astype(numpy.float64), found.astype(numpy.float64)
    same = (wanted == got) | (numpy.isnan(wanted) & numpy.isnan(got))
    with numpy.errstate(invalid="ignore"):
        apart = numpy.where(same, 0, numpy.abs(wanted - got))
        close = apart <= tolerance * numpy.maximum(1, numpy.abs(wanted))
    return "" if bool(numpy.all(close)) else f"differs by {numpy.nanmax(apart):.0e}"


def outcome(model, folder):
    tolerance = 10 * float((folder / "tolerance.txt").read_text())
    try:
        compiled = core.compile_model(str(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    except Exception as problem:  # whatever it is, it is what the table says
        return "fails: " + " ".join(str(problem).split())[-120:].replace("|", "/")
    for data in sorted(folder.glob("test_data_set_*")):
        try:
            found = compiled(tensors(data, "input"))
        except Exception as problem:
            return "fails: " + " ".join(str(problem).split())[-120:].replace("|", "/")
        for index, expected in enumerate(tensors(data, "output")):
            text = differs(expected, numpy.asarray(found[index]), tolerance)
            if text:
                return text
    return "agrees"


core = openvino.Core()
models, vectors, table = (pathlib.Path(argument) for argument in sys.argv[1:4])
outcomes = {}
for folder in sorted(vectors.iterdir()):
    outcomes[(folder / "name.txt").read_text()] = outcome(models / f"{folder.name}.onnx", folder)
table.parent.mkdir(parents=True, exist_ok=True)
table.write_text("".join(f"{name}\t{text}\n" for name, text in sorted(outcomes.items())))
counts = collections.Counter(text.split(":")[0].split(" by")[0].split(" [")[0] for text in outcomes.values())
print(f"OpenVINO {openvino.__version__}: {len(outcomes)} graphs, {dict(counts)}")
