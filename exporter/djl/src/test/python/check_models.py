"""Runs the onnx project's checker, with full shape inference, over all .onnx files of a folder.

Usage: check_models.py FOLDER. Prints a line for each file that fails and a count; the exit code is 1 if any fails.
"""
import pathlib
import sys

import onnx

files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
failed = 0
for file in files:
    try:
        onnx.checker.check_model(str(file), full_check=True)
    except Exception as problem:  # whatever it is, the other files are to be checked, too
        failed += 1
        print(f"{file.name}: {type(problem).__name__}: {problem}")
print(f"{len(files) - failed} of {len(files)} models pass onnx {onnx.__version__}'s checker with full shape inference")
sys.exit(1 if failed or not files else 0)
