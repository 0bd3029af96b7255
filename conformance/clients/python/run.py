"""Runs complete pipelines on bundles. The protocol is that of conformance/runtimes, with a bundle's folder as model.

Inputs: episodes, queries, keys and an int64 seed. Outputs: memory, pointers, images read at the keys, those after three
iterations of recall, generated images and keys, and the first 1,000 values of the seed's sequence. Or, for the inputs
episodes and seed, the terms of the bound.
"""

import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper

from kanerva import Kanerva, NormalSampler


def run(bundle: str, inputs: Path, outputs: Path) -> None:
    given = [
        numpy_helper.to_array(onnx.TensorProto.FromString(file.read_bytes()))
        for file in sorted(inputs.glob("input_*.pb"))
    ]
    kanerva = Kanerva.load(bundle)
    results = score(kanerva, *given) if len(given) == 2 else pipeline(kanerva, outputs, *given)
    for i, (name, values) in enumerate(results.items()):
        (outputs / f"output_{i}.pb").write_bytes(numpy_helper.from_array(values, name).SerializeToString())


def pipeline(
    kanerva: Kanerva,
    scratch: Path,
    episodes: numpy.ndarray,
    queries: numpy.ndarray,
    keys: numpy.ndarray,
    seed: numpy.ndarray,
) -> dict:
    memory = kanerva.write(episodes)
    file = scratch / "memory.kanerva"
    memory.save(file)
    memory = kanerva.load_memory(file)
    dream = kanerva.generate(memory, 8, seed.item())
    return {
        "memory": memory.memory,
        "pointers": memory.pointers,
        "read": kanerva.read(memory, keys),
        "recalled": kanerva.recall(memory, queries, 3).images,
        "generated": dream.images,
        "generated_keys": dream.keys,
        "normals": NormalSampler(seed.item()).tensor(1000),
    }


def score(kanerva: Kanerva, episodes: numpy.ndarray, seed: numpy.ndarray) -> dict:
    terms = kanerva.bound(episodes, seed.item())
    return {"reconstruction": terms.reconstruction, "kl_keys": terms.kl_keys, "kl_latent": terms.kl_latent}


def main(jobs: str) -> None:
    print(
        f"about\tonnxruntime {onnxruntime.__version__}, Python {sys.version.split()[0]}, numpy {numpy.__version__}",
        flush=True,
    )
    for number, line in enumerate(Path(jobs).read_text(encoding="utf-8").splitlines()):
        bundle, inputs, outputs, _ = line.split("\t")
        try:
            run(bundle, Path(inputs), Path(outputs))
            print(f"done\t{number}", flush=True)
        except Exception as problem:  # any exception is the result of the case
            print(f"failed\t{number}\t{' '.join(f'{type(problem).__name__}: {problem}'.split())}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
