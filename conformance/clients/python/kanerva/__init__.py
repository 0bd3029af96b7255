"""Exported Kanerva++ models in Python: write, look up, read, recall, generate and score."""

from .bound import BoundTerms
from .heap import MemoryHeap
from .memory import Memory
from .model import Generation, Kanerva, Lookup, Reading, Recall
from .sampler import NormalSampler

__all__ = ["BoundTerms", "Generation", "Kanerva", "Lookup", "Memory", "MemoryHeap", "NormalSampler", "Reading", "Recall"]
