"""Runs the onnx project's checker, with full shape inference, over all .onnx files of a folder, and compares the exporter's table of
operators with the package's schemas.

Usage: check_models.py FOLDER. Prints a line for each file that fails, for each operator that differs, and counts; the exit code is 1 if
there are any.
"""
import pathlib
import sys

import onnx

TABLE = pathlib.Path(__file__).parents[2] / "main/resources/io/kanerva/exporter/onnx/operators.txt"
OPSETS = range(13, 27)
UNBOUNDED = 2**31 - 1


def count(least, most):
    return str(least) if least == most else f"{least}..{'*' if most == UNBOUNDED else most}"


def form(schema):
    """An operator's form as a line of the table, without its name and opset."""
    attributes = [f"{name}{'!' if attribute.required else ''}:{attribute.type.name.lower()}"
                  for name, attribute in sorted(schema.attributes.items())]
    return [count(schema.min_input, schema.max_input), count(schema.min_output, schema.max_output), *attributes]


def differences():
    """A sentence for each operator of the table and opset in which the package has another form."""
    lines = [line.split() for line in TABLE.read_text().splitlines() if not line.startswith("#")]
    for name in sorted({line[0] for line in lines}):
        for opset in OPSETS:
            known = [line[2:] for line in lines if line[0] == name and int(line[1]) <= opset]
            try:
                expected = form(onnx.defs.get_schema(name, opset))
            except onnx.defs.SchemaError:
                expected = None
            if expected != (known[-1] if known else None):
                yield f"{TABLE.name}: {name} of opset {opset}: expected {expected}, found {known[-1:]}"


files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
failed = 0
for file in files:
    try:
        onnx.checker.check_model(str(file), full_check=True)
    except Exception as problem:  # whatever it is, the other files are to be checked, too
        failed += 1
        print(f"{file.name}: {type(problem).__name__}: {problem}")
wrong = list(differences())
print(*wrong, sep="\n", end="\n" if wrong else "")
print(f"{len(files) - failed} of {len(files)} models pass onnx {onnx.__version__}'s checker with full shape inference; "
      f"{len(wrong)} differences between {TABLE.name} and its schemas")
sys.exit(1 if failed or wrong or not files else 0)
