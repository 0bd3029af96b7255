"""Exported Kanerva++ models in Python: write, look up, read, recall, generate and score."""

from .heap import MemoryHeap
from .memory import Index, Memory
from .model import BoundTerms, Generation, Kanerva, Lookup, Recall
from .sampler import NormalSampler

__all__ = ["BoundTerms", "Generation", "Index", "Kanerva", "Lookup", "Memory", "MemoryHeap", "NormalSampler", "Recall"]
