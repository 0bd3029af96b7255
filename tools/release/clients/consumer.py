"""Writes seven patterns with a bundle, and finds each of them again."""

import sys

import numpy as np
from kanerva import Kanerva

stripes = np.zeros((1, 7, 784), np.float32)
for sample in range(7):
    stripes[0, sample, np.arange(784) // 112 == sample] = 1
stripes = stripes.reshape(1, 7, 1, 28, 28)
kanerva = Kanerva.load(sys.argv[1])
found = kanerva.look_up(kanerva.write(stripes), stripes)
print(found.samples.reshape(-1).tolist())
