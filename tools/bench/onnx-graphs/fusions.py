"""Counts the patterns that ONNX Runtime recognises in transformers exported from DJL and by PyTorch.

Example: PYTHON fusions.py FOLDER, where FOLDER holds what the exporter's test class FusionNetworks wrote.
"""

import collections
import logging
import sys
import warnings
from pathlib import Path

import onnx
import onnxruntime
import torch
from onnxruntime.transformers import optimizer

from encoders import HEADS, LENGTH, WIDTH, WORDS, Bert, Gpt

FUSED = [
    "Attention",
    "MultiHeadAttention",
    "LayerNormalization",
    "SkipLayerNormalization",
    "EmbedLayerNormalization",
    "Gelu",
    "BiasGelu",
    "FastGelu",
    "FusedMatMul",
]


def exported_by_pytorch(folder: Path) -> None:
    torch.manual_seed(1)
    tokens, mask = torch.randint(0, WORDS, (2, LENGTH)), torch.ones(2, LENGTH)
    common = {"opset_version": 17, "output_names": ["y"], "dynamo": False}
    torch.onnx.export(
        Bert().eval(),
        (tokens, mask),
        str(folder / "bert-pytorch.onnx"),
        input_names=["tokens", "mask"],
        dynamic_axes={name: {0: "N", 1: "T"} for name in ["tokens", "mask", "y"]},
        **common,
    )
    torch.onnx.export(
        Gpt().eval(),
        (tokens,),
        str(folder / "gpt-pytorch.onnx"),
        input_names=["tokens"],
        dynamic_axes={name: {0: "N"} for name in ["tokens", "y"]},
        **common,
    )


def counts(model: onnx.ModelProto) -> str:
    operators = collections.Counter(node.op_type for node in model.graph.node)
    found = ", ".join(f"{operators[name]} {name}" for name in FUSED if operators[name])
    return f"{sum(operators.values())} nodes, {found or 'nothing fused'}"


def by_session(file: Path) -> str:
    optimised = file.with_suffix(".optimised")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.optimized_model_filepath = str(optimised)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return counts(onnx.load(str(optimised)))


def by_transformers(file: Path) -> str:
    kind = "gpt2" if file.name.startswith("gpt") else "bert"
    optimised = optimizer.optimize_model(str(file), kind, num_heads=HEADS, hidden_size=WIDTH, opt_level=0)
    return counts(optimised.model)


def main() -> None:
    folder = Path(sys.argv[1])
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    exported_by_pytorch(folder)
    print(f"ONNX Runtime {onnxruntime.__version__}, PyTorch {torch.__version__}, CPU")
    for file in sorted(folder.glob("*.onnx")):
        print(f"{file.stem}: {len(onnx.load(str(file)).graph.node)} nodes")
        print(f"  session, all optimisations: {by_session(file)}")
        print(f"  onnxruntime.transformers:   {by_transformers(file)}")


if __name__ == "__main__":
    main()
