"""The clean bound: the cost of an image given the memory into which it was written (see conformance/SAMPLER.md)."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_CELL_MARGIN = 1e-6
_quantile = np.vectorize(NormalDist().inv_cdf, otypes=[np.float64])
_cdf = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), otypes=[np.float64])


@dataclass(frozen=True)
class BoundTerms:
    """The terms of the bound in nats, float64 [B, T] each. Their sum is the negative bound; lower is better."""

    reconstruction: np.ndarray
    kl_keys: np.ndarray
    kl_latent: np.ndarray

    @property
    def negative_bound(self) -> np.ndarray:
        return self.reconstruction + self.kl_keys + self.kl_latent


def gaussian(mean: np.ndarray, log_variance: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Returns mean + exp(log_variance / 2) noise in float64."""
    return mean + np.exp(0.5 * log_variance.astype(np.float64)) * noise


def posterior_keys(
    settings: dict, mean: np.ndarray, log_variance: np.ndarray, pointers: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Samples keys [B, T, K, 3], float32, from the posterior; dereferenced ones are in their pointers' slots."""
    keys = gaussian(mean, log_variance, noise)
    if settings["addressing"] == "continuous":
        return (pointers + keys).astype(np.float32)
    if settings.get("scaleCells", 1) == 2:
        share = np.clip(_cdf(keys[..., 0]), _CELL_MARGIN, 1 - _CELL_MARGIN)
        keys[..., 0] = _quantile(((pointers[..., 0] > 0) + share) / 2)
    keys[..., 1:] = pointers[..., 1:]
    return keys.astype(np.float32)


def kl_keys(
    settings: dict, mean: np.ndarray, log_variance: np.ndarray, pointers: np.ndarray, slot_rows: int
) -> np.ndarray:
    """Returns KL(q(Y|X) || p(Y)), [B, T], in memories of slot_rows rows of slots."""
    dereferenced = settings["addressing"] == "dereferenced"
    v = log_variance.astype(np.float64)
    centre = mean.astype(np.float64) + (0 if dereferenced else pointers)
    choice = (
        settings["keys"] * math.log(slot_rows * settings["slotColumns"] * settings.get("scaleCells", 1))
        if dereferenced
        else 0
    )
    return choice + 0.5 * (centre**2 + np.exp(v) - 1 - v).sum(axis=(2, 3))


def kl_latent(
    mean: np.ndarray, log_variance: np.ndarray, prior_mean: np.ndarray, prior_log_variance: np.ndarray
) -> np.ndarray:
    """Returns KL(q(Z|X) || p(Z|M,Y)), [B, T]."""
    v, prior_v = log_variance.astype(np.float64), prior_log_variance.astype(np.float64)
    difference = mean.astype(np.float64) - prior_mean
    return 0.5 * (np.exp(v - prior_v) + difference**2 * np.exp(-prior_v) - 1 + prior_v - v).sum(axis=2)
