"""Writes images into a memory, mends damaged ones, draws sixteen new ones: example.py BUNDLE IMAGES DAMAGED OUT, where
images are files of bytes, and OUT gets the recalled and the new images as float32."""

import sys

import numpy as np
from kanerva import Kanerva

kanerva = Kanerva.load(sys.argv[1])
shape = [1, -1, *kanerva.settings["imageShape"]]
images, damaged = (np.fromfile(file, np.uint8).reshape(shape) / np.float32(255) for file in sys.argv[2:4])

memory = kanerva.write(images)
recall = kanerva.recall(memory, damaged, iterations=3)
dream = kanerva.generate(memory, count=16, seed=7)

with open(sys.argv[4], "wb") as out:
    out.write(recall.images.tobytes() + dream.images.tobytes())
