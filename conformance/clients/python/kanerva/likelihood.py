"""What the decoder's output says about an image."""

import numpy as np

_COMPONENTS = 10


def means(settings: dict, logits: np.ndarray) -> np.ndarray:
    """The images that the decoder's output [B, Q, P, Hx, Wx] stands for, [B, Q, Cx, Hx, Wx] in [0, 1]: the pixels' means, float32."""
    likelihood = settings["likelihood"]
    values = logits.astype(np.float64)
    if likelihood == "bernoulli":
        return (1 / (1 + np.exp(-values))).astype(np.float32)
    if likelihood == "discretized_logistic_mixture":
        return _mixture_means(values, settings["imageShape"][0], settings.get("neighbours", 0)).astype(np.float32)
    raise ValueError(f"likelihood: expected bernoulli or discretized_logistic_mixture, found {likelihood}")


def _mixture_means(values: np.ndarray, channels: int, neighbours: int) -> np.ndarray:
    """Each component's means limited to [-1, 1], a channel's given those before it, weighted by the mixture; neighbours' errors count as 0."""
    pairs = channels * (channels - 1) // 2
    end = _COMPONENTS * (1 + 2 * channels + pairs)
    groups = values[:, :, :end].reshape(*values.shape[:2], -1, _COMPONENTS, *values.shape[3:])
    weights = np.exp(groups[:, :, 0] - groups[:, :, 0].max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    images = []
    before = []
    for c in range(channels):
        base = values[:, :, end + c, None] if neighbours else 0
        mean = base + groups[:, :, 1 + c]
        for d, moved in enumerate(before):
            mean = mean + np.tanh(groups[:, :, 1 + 2 * channels + c * (c - 1) // 2 + d]) * moved
        mean = np.clip(mean, -1, 1)
        before.append(mean - base)
        images.append((weights * (mean + 1) / 2).sum(axis=2))
    return np.stack(images, axis=2)
