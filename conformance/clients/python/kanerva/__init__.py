"""Exported Kanerva++ models in Python: write, look up, read, recall, generate and score."""

from .bound import BoundTerms
from .memory import Memory
from .model import Generation, Kanerva, Lookup, Reading, Recall
from .sampler import NormalSampler

__all__ = ["BoundTerms", "Generation", "Kanerva", "Lookup", "Memory", "NormalSampler", "Reading", "Recall"]
