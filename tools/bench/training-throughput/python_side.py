"""The Python side of the benchmark: the counterpart of TrainingThroughput.java, with the same line protocol.

It starts from the weights that the Java side wrote to a folder. The first steps use the batches that the Java side
wrote; later ones are drawn here. It answers each line `steps N` on standard input with `SECONDS LOSS ... LOSS` on
standard output. The program ends with its input.
"""

import argparse
import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch

from kanerva_reference import KanervaPlusPlus, Settings, Training


class Episodes:
    """Draws each step's inputs: random images, binarised on the host each time, and noise."""

    def __init__(self, folder: Path, plan: dict, settings: Settings):
        self.images = np.load(folder / "images.npy")  # uint8 [count, Cx, Hx, Wx]
        self.binarisation = plan["binarisation"]
        self.given = folder / "batches"
        self.random = np.random.default_rng(plan["seed"])
        self.samples = (plan["episodes"], plan["episodeLength"])  # B, T
        self.settings = settings

    def draw(self, step: int) -> tuple[torch.Tensor, ...]:
        """Images [B, T, Cx, Hx, Wx], key noise [B, T, K, 3], latent noise [B, T, D]: the Java side's if they exist."""
        names = [self.given / f"{step}.{part}.npy" for part in ("images", "key-noise", "latent-noise")]
        if names[0].exists():
            arrays = [np.load(name) for name in names]
        else:
            normal = self.random.standard_normal
            arrays = [
                self.binary(self.images[self.random.integers(len(self.images), size=self.samples)]),
                normal((*self.samples, self.settings.keys, 3), dtype=np.float32),
                normal((*self.samples, self.settings.latent), dtype=np.float32),
            ]
        return tuple(torch.from_numpy(array) for array in arrays)

    def binary(self, grey: np.ndarray) -> np.ndarray:
        """dynamic: 1 with probability equal to the intensity; none: the intensity; otherwise thresholded at 0.5."""
        if self.binarisation == "none":
            return grey.astype(np.float32) / np.float32(255)
        if self.binarisation == "dynamic":
            return (self.random.integers(255, size=grey.shape, dtype=np.uint8) < grey).astype(np.float32)
        return (grey >= 128).astype(np.float32)


def load_parameters(folder: Path, model: KanervaPlusPlus) -> None:
    """Loads all of a model's parameters; a missing, extra or differently shaped one is an error."""
    state = {python_name(file.stem): torch.from_numpy(np.load(file)) for file in folder.glob("*.npy")}
    parameters = dict(model.named_parameters())
    if state.keys() != parameters.keys():
        different = sorted(state.keys() ^ parameters.keys())
        raise ValueError(f"{folder}: expected the same parameters on both sides, found differences in {different}")
    for name, parameter in parameters.items():
        if parameter.shape != state[name].shape:
            raise ValueError(f"{name}: expected {tuple(parameter.shape)}, found {tuple(state[name].shape)}")
        parameter.data.copy_(state[name])


def python_name(java_name: str) -> str:
    """Maps encoder.02features_03block2a_weight to encoder.features.first.1.weight: DJL numbers a block's children."""
    path, kind = java_name.rsplit("_", 1)
    parts = [re.sub(r"block(\d+)([ab])", residual, part) for part in re.split(r"[._]\d\d", path)]
    return ".".join([*parts, kind]).replace("reader.prior_", "reader.")


def residual(block: "re.Match[str]") -> str:
    return f"{'first' if block[2] == 'a' else 'second'}.{int(block[1]) - 1}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--folder", type=Path, required=True, help="the folder that the Java side wrote")
    options.add_argument("--threads", type=int, required=True)
    options.add_argument("--compile", action="store_true", help="run the model through torch.compile")
    options = options.parse_args()
    torch.set_num_threads(options.threads)
    plan = json.loads((options.folder / "setting.json").read_text())["plan"]
    settings = Settings.of(plan["model"])
    model = KanervaPlusPlus(settings)
    load_parameters(options.folder / "parameters", model)
    episodes = Episodes(options.folder, plan, settings)
    training = Training(plan, model, options.compile)
    print("ready", flush=True)
    for line in sys.stdin:
        steps = int(line.removeprefix("steps "))
        began = time.perf_counter()
        losses = [training.update(*episodes.draw(training.step)) for _ in range(steps)]
        print(time.perf_counter() - began, *losses, flush=True)


if __name__ == "__main__":
    main()
