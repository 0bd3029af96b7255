"""Exported Kanerva++ models in Python: write, look up, read, recall and generate."""

from .memory import Memory
from .model import Generation, Kanerva, Lookup, Reading, Recall
from .sampler import NormalSampler

__all__ = ["Generation", "Kanerva", "Lookup", "Memory", "NormalSampler", "Reading", "Recall"]
