"""Starts the benchmark's sides, checks that their losses match, and times them alternately.

All sides stay alive and wait while another works, so that start-up is not timed and no two run at the same time.
Prints a report; the exit code is 1 if the losses differ.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TOLERANCE = 1e-4
"""Maximum relative difference of the losses in the first steps: float32 sums in another order round differently."""


class Side:
    """A process that trains on request."""

    def __init__(self, name: str, command: "list[str]"):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = self.answer()
        if answer != "ready":
            raise RuntimeError(f"{name}: expected 'ready', found '{answer}'")

    def train(self, steps: int) -> "tuple[float, float, list[float]]":
        """Trains; returns wall-clock seconds, CPU seconds of all threads (NaN if unknown) and each loss in nats."""
        cpu = self.cpu_seconds()
        self.process.stdin.write(f"steps {steps}\n")
        self.process.stdin.flush()
        seconds, *losses = (float(word) for word in self.answer().split())
        return seconds, self.cpu_seconds() - cpu, losses

    def answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"{self.name}: expected an answer, found exit code {self.process.wait()}; see its messages above"
            )
        return line.strip()

    def cpu_seconds(self) -> float:
        """User and system time so far, in steps of 10 ms; Linux only."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            return float("nan")
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / 100

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def agree(java: Side, others: "list[Side]", steps: int) -> bool:
    """Whether the same weights and batches give the same losses, which covers loss, gradients and updates."""
    print(f"\nThe first {steps} steps from the same weights on the same batches: loss (negative bound) in nats")
    print(f"{'step':>6}{java.name:>14}" + "".join(f"{side.name:>14}{'relative difference':>22}" for side in others))
    losses = [java.train(steps)[2], *(side.train(steps)[2] for side in others)]
    worst = 0.0
    for step, (a, *rest) in enumerate(zip(*losses), 1):
        row = f"{step:>6}{a:>14.5f}"
        for b in rest:
            difference = abs(a - b) / abs(b)
            # max() would ignore a NaN.
            worst = difference if not difference <= worst else worst
            row += f"{b:>14.5f}{difference:>22.1e}"
        print(row)
    ok = worst <= TOLERANCE
    verdict = "the same network, loss and optimiser" if ok else "NOT THE SAME"
    print(f"maximum relative difference {worst:.1e}, allowed {TOLERANCE:.0e}: {verdict}")
    return ok


def race(java: Side, others: "list[Side]", warm_up: int, rounds: int, steps: int) -> None:
    sides = [java, *others]
    for side in sides:
        side.train(warm_up)
    print(f"\n{rounds} alternating rounds of {steps} steps each, after {warm_up} steps of warm-up")
    print(
        f"{'round':>6}  "
        + "".join(f"{side.name + ' steps/s':>18}{'CPU ms/step':>13}" for side in sides)
        + "".join(f"{'ratio to ' + side.name:>20}" for side in others)
    )
    rows = []
    for number in range(1, rounds + 1):
        # Alternates the order too, so that a growing or shrinking load favours neither.
        order = sides if number % 2 else sides[::-1]
        measured = {side.name: side.train(steps) for side in order}
        row = [
            figure
            for side in sides
            for figure in (steps / measured[side.name][0], measured[side.name][1] / steps * 1000)
        ]
        row += [measured[side.name][0] / measured[java.name][0] for side in others]
        rows.append(row)
        print_row(str(number), row, sides)
    medians = [statistics.median(column) for column in zip(*rows)]
    print_row("median", medians, sides)
    for index, side in enumerate(others):
        at = 2 * (index + 1)
        print(
            f"\n{java.name} / {side.name}: ratio of the median throughputs {medians[0] / medians[at]:.3f}, "
            f"median of the rounds' ratios {medians[2 * len(sides) + index]:.3f}, "
            f"by CPU time {medians[at + 1] / medians[1]:.3f}"
        )


def print_row(name: str, row: "list[float]", sides: "list[Side]") -> None:
    figures = "".join(f"{row[2 * i]:>18.2f}{row[2 * i + 1]:>13.1f}" for i in range(len(sides)))
    print(f"{name:>6}  {figures}" + "".join(f"{ratio:>20.3f}" for ratio in row[2 * len(sides) :]), flush=True)


def print_setting(folder: Path) -> None:
    import numpy
    import torch

    setting = json.loads((folder / "setting.json").read_text())
    plan = setting["plan"]
    print(
        f"preset {setting['preset']}: {plan['episodes']} episodes of T = {plan['episodeLength']} per step, "
        f"{setting['parameters']:,} parameters, "
        f"binarisation {plan['binarisation'].lower()}, Adam at {plan['learningRate']}"
    )
    print(
        f"every side: {setting['threads']} threads, OMP_WAIT_POLICY {os.environ.get('OMP_WAIT_POLICY', 'not set')}, "
        f"{os.cpu_count()} cores, {processor()}\n"
        f"DJL {setting['djl']} on PyTorch {setting['torch']}, Java {setting['java']}\n"
        f"Python {platform.python_version()}, PyTorch {torch.__version__}, NumPy {numpy.__version__}"
    )


def processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder", type=Path, required=True, help="new folder for the files that both sides share")
    options.add_argument("--java", default="java", help="the Java command (default: %(default)s)")
    options.add_argument("--class-path", required=True, help="the Java side's class path")
    options.add_argument("--preset", default="mnist", help="a preset with the heap writer (default: %(default)s)")
    options.add_argument("--data", help="data folder (default: the data that ship, for the preset fashion-mnist)")
    options.add_argument("--threads", type=int, default=2, help="threads of each side (default: %(default)s)")
    options.add_argument("--gate", type=int, default=10, help="steps whose losses must match (default: %(default)s)")
    options.add_argument(
        "--warm-up",
        type=int,
        default=150,
        help="steps before the first round, for Java's JIT compiler (default: %(default)s)",
    )
    options.add_argument("--rounds", type=int, default=11, help="default: %(default)s")
    options.add_argument("--steps", type=int, default=40, help="steps per round (default: %(default)s)")
    options.add_argument("--compile", action="store_true", help="time torch.compile too; needs a C++ compiler")
    options.add_argument("--torch", metavar="VERSION", help="PyTorch's version (default: that of requirements.txt)")
    options.add_argument(
        "--java-option", action="append", default=[], help="option of the Java virtual machine; repeatable"
    )
    o = options.parse_args()
    if o.torch and o.torch != version("torch").partition("+")[0]:
        sys.exit(f"error: expected PyTorch {o.torch}, found {version('torch')} in {sys.executable}")
    java = Side(
        "DJL",
        [
            o.java,
            "--enable-native-access=ALL-UNNAMED",
            f"-Dai.djl.pytorch.num_threads={o.threads}",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            *o.java_option,
            "-cp",
            o.class_path,
            "io.kanerva.tools.bench.TrainingThroughput",
            "--folder",
            str(o.folder),
            "--preset",
            o.preset,
            "--batches",
            str(o.gate),
            *(["--data", o.data] if o.data else []),
        ],
    )
    python = [
        sys.executable,
        "-B",
        str(Path(__file__).with_name("python_side.py")),
        "--folder",
        str(o.folder),
        "--threads",
        str(o.threads),
    ]
    others = [Side("Python", python)]
    if o.compile:
        others.append(Side("compiled", [*python, "--compile"]))
    print_setting(o.folder)
    ok = agree(java, others, o.gate)
    if ok:
        race(java, others, o.warm_up, o.rounds, o.steps)
    for side in (java, *others):
        side.close()
    return 0 if ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"error: {error}")
