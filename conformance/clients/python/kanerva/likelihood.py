"""The image distribution of a decoder's output."""

import numpy as np

_COMPONENTS = 10
_LEVELS = 255


def means(settings: dict, logits: np.ndarray) -> np.ndarray:
    """Returns the pixels' means [B, Q, Cx, Hx, Wx] in [0, 1], float32, for the decoder's output [B, Q, P, Hx, Wx]."""
    likelihood = settings["likelihood"]
    values = logits.astype(np.float64)
    if likelihood == "bernoulli":
        return (1 / (1 + np.exp(-values))).astype(np.float32)
    if likelihood == "discretized_logistic_mixture":
        return _mixture_means(values, settings["imageShape"][0], settings.get("neighbours", 0)).astype(np.float32)
    raise _unknown(likelihood)


def negative_log_likelihood(settings: dict, images: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Returns -ln p of images [B, Q, Cx, Hx, Wx] under the decoder's output [B, Q, P, Hx, Wx]: nats, float64 [B, Q]."""
    likelihood = settings["likelihood"]
    values, pixels = logits.astype(np.float64), images.astype(np.float64)
    if likelihood == "bernoulli":
        return (_softplus(values) - pixels * values).sum(axis=(2, 3, 4))
    if likelihood == "discretized_logistic_mixture":
        return _mixture_nats(
            values, np.floor(pixels * _LEVELS + 0.5), settings["imageShape"][0], settings.get("neighbours", 0)
        )
    raise _unknown(likelihood)


def _unknown(likelihood: str) -> ValueError:
    return ValueError(f"likelihood: expected bernoulli or discretized_logistic_mixture, found {likelihood}")


def _mixture_means(values: np.ndarray, channels: int, neighbours: int) -> np.ndarray:
    """Averages the components' means, clamped to [-1, 1], by the mixture's weights.

    Each channel depends on those before it; neighbours' errors count as 0.
    """
    groups, end = _groups(values, channels)
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


def _groups(values: np.ndarray, channels: int) -> tuple[np.ndarray, int]:
    """The mixture's parameters [B, Q, groups, components, Hx, Wx], and the start of the others."""
    end = _COMPONENTS * (1 + 2 * channels + channels * (channels - 1) // 2)
    return values[:, :, :end].reshape(*values.shape[:2], -1, _COMPONENTS, *values.shape[3:]), end


def _mixture_nats(values: np.ndarray, levels: np.ndarray, channels: int, neighbours: int) -> np.ndarray:
    groups, end = _groups(values, channels)
    pixels = 2 * levels / _LEVELS - 1
    reconstruction = values[:, :, end : end + channels] if neighbours else 0
    errors = pixels - reconstruction
    base = reconstruction + _from_neighbours(values[:, :, end + channels :], errors, neighbours)
    joint = groups[:, :, 0]
    for c in range(channels):
        mean = base[:, :, c, None] + groups[:, :, 1 + c]
        for d in range(c):
            mean = mean + np.tanh(groups[:, :, 1 + 2 * channels + c * (c - 1) // 2 + d]) * errors[:, :, d, None]
        log_scale = np.clip(groups[:, :, 1 + channels + c], -7, 7)
        joint = joint + _log_mass(levels[:, :, c, None], pixels[:, :, c, None], mean, log_scale)
    return (np.logaddexp.reduce(groups[:, :, 0], axis=2) - np.logaddexp.reduce(joint, axis=2)).sum(axis=(2, 3))


def _from_neighbours(coefficients: np.ndarray, errors: np.ndarray, neighbours: int) -> np.ndarray:
    """The effect of earlier pixels' errors on each channel's means, [B, Q, C, Hx, Wx]; errors outside are 0."""
    *_, channels, height, width = errors.shape
    coefficients = (
        coefficients.reshape(*errors.shape[:2], channels, neighbours, channels, height, width)
        if neighbours
        else coefficients
    )
    reach = 3
    padded = np.pad(errors, ((0, 0),) * 3 + ((reach, 0), (reach, reach)))
    added = np.zeros_like(errors)
    for n, (row, column) in enumerate(neighbour_places(neighbours)):
        there = padded[..., reach + row : reach + row + height, reach + column : reach + column + width]
        added += (coefficients[:, :, :, n] * there[:, :, None]).sum(axis=3)
    return added


def neighbour_places(neighbours: int) -> list[tuple[int, int]]:
    """Offsets (rows, columns), by distance; within one, both sides row by row upwards, then the top row."""
    places = []
    for far in (1, 2, 3):
        places.append((0, -far))
        places += [(-row, column) for row in range(1, far) for column in (-far, far)]
        places += [(-far, column) for column in range(-far, far + 1)]
    return places[:neighbours]


def _log_mass(level: np.ndarray, value: np.ndarray, mean: np.ndarray, log_scale: np.ndarray) -> np.ndarray:
    """Returns ln of a logistic distribution's mass at a level, without cancellation."""
    inverse = np.exp(-log_scale)
    middle = (value - mean) * inverse
    half = inverse / _LEVELS
    inside = middle - _softplus(middle + half) - _softplus(middle - half) + np.log(2 * np.sinh(half))
    return np.where(
        level == 0, -_softplus(-middle - half), np.where(level == _LEVELS, -_softplus(middle - half), inside)
    )


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)
