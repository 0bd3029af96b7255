"""Exports the same networks from DJL and PyTorch, checks their parameter counts, and times ONNX Runtime on both.

Prints a report. The exit code is 1 if a graph of ours is slower than the required fraction of PyTorch's speed.
"""

import argparse
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

import numpy as np
import onnx
import onnxruntime
import torch

from networks import NETWORKS


def exported_by_java(arguments: argparse.Namespace, name: str, file: Path) -> str:
    """Runs the exporter in a new JVM; returns its report of time, memory and size."""
    command = [
        arguments.java,
        "--enable-native-access=ALL-UNNAMED",
        f"-Xmx{arguments.heap}",
        "-Dai.djl.offline=true",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        arguments.class_path,
        "io.kanerva.exporter.zoo.ExportOnce",
        name,
        str(file),
    ]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def exported_by_pytorch(name: str, file: Path) -> None:
    torch.manual_seed(1)
    network = NETWORKS[name]().eval()
    torch.onnx.export(
        network,
        (torch.zeros(2, 3, 224, 224),),
        str(file),
        opset_version=17,
        input_names=["images"],
        output_names=["y"],
        dynamic_axes={"images": {0: "N"}, "y": {0: "N"}},
        dynamo=False,
    )


def weights(file: Path) -> int:
    """Counts the elements of all weights with at least two axes: convolutions and matrices, unaffected by folding."""
    return sum(int(np.prod(tensor.dims)) for tensor in onnx.load(str(file)).graph.initializer if len(tensor.dims) > 1)


def session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def seconds(run: onnxruntime.InferenceSession, images: np.ndarray, clock: "Callable[[], float]") -> float:
    start = clock()
    run.run(None, {"images": images})
    return clock() - start


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--java", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--class-path", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS), help="default: all")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each graph, alternately; default: 15")
    parser.add_argument("--batch", type=int, default=1, help="images per run; default: 1")
    parser.add_argument("--threads", type=int, default=1, help="ONNX Runtime's threads; default: 1")
    parser.add_argument("--heap", default="3g", help="maximum heap of the exporting JVM; default: 3g")
    parser.add_argument(
        "--goal", type=float, default=0.95, help="required fraction of the speed on PyTorch's graph; default: 0.95"
    )
    arguments = parser.parse_args()

    # CPU time of one thread is stable even on a busy machine; with several threads only wall-clock time shows speed.
    clock, unit = (time.process_time, "CPU time") if arguments.threads == 1 else (time.perf_counter, "wall-clock time")
    print(
        f"ONNX Runtime {onnxruntime.__version__} on the CPU ({platform.machine()}), {arguments.threads} thread(s), "
        "images "
        f"[{arguments.batch}, 3, 224, 224], PyTorch {torch.__version__}; medians of {unit} over {arguments.rounds} "
        "alternating runs"
    )
    print(f"{'network':<14}{'PyTorch graph, ms':>19}{'our graph, ms':>15}{'speed':>8}")
    reports, slow = [], False
    for name in arguments.networks:
        ours, theirs = arguments.folder / f"{name}-djl.onnx", arguments.folder / f"{name}-pytorch.onnx"
        reports.append(exported_by_java(arguments, name, ours))
        exported_by_pytorch(name, theirs)
        if weights(ours) != weights(theirs):
            print(
                f"{name}: expected the same network, found {weights(ours):,} weights in DJL's and "
                f"{weights(theirs):,} in PyTorch's"
            )
            return 1
        images = np.random.default_rng(1).standard_normal((arguments.batch, 3, 224, 224), dtype=np.float32)
        pair = [session(theirs, arguments.threads), session(ours, arguments.threads)]
        times: "list[list[float]]" = [[], []]
        for current in range(arguments.rounds + 2):  # the first two are warm-up
            for side in (0, 1) if current % 2 else (1, 0):
                times[side].append(seconds(pair[side], images, clock))
        medians = [statistics.median(side[2:]) for side in times]
        slow |= medians[0] / medians[1] < arguments.goal
        print(
            f"{name:<14}{1e3 * medians[0]:>19.1f}{1e3 * medians[1]:>15.1f}{medians[0] / medians[1]:>7.2f}x", flush=True
        )
        for file in (ours, theirs):
            file.unlink()
    print("\nExports, each in a new JVM:")
    print("\n".join(reports))
    print(
        f"\n{'A graph of ours is slower than' if slow else 'All graphs of ours reach'} {arguments.goal} x "
        "the speed on PyTorch's"
    )
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
