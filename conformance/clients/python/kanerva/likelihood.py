"""What the decoder's output says about an image."""

import numpy as np

_COMPONENTS = 10
_LEVELS = 255


def means(settings: dict, logits: np.ndarray) -> np.ndarray:
    """The images that the decoder's output [B, Q, P, Hx, Wx] stands for, [B, Q, Cx, Hx, Wx] in [0, 1]: the pixels' means, float32."""
    likelihood = settings["likelihood"]
    values = logits.astype(np.float64)
    if likelihood == "bernoulli":
        return (1 / (1 + np.exp(-values))).astype(np.float32)
    if likelihood == "discretized_logistic_mixture":
        return _mixture_means(values, settings["imageShape"][0], settings.get("neighbours", 0)).astype(np.float32)
    raise _unknown(likelihood)


def negative_log_likelihood(settings: dict, images: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """-ln p of images [B, Q, Cx, Hx, Wx] under the decoder's output [B, Q, P, Hx, Wx], in nats, float64 [B, Q]."""
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
    """Each component's means limited to [-1, 1], a channel's given those before it, weighted by the mixture; neighbours' errors count as 0."""
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
    """The mixture's numbers, [B, Q, groups, components, Hx, Wx], and where those of reconstruction and neighbours begin."""
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
    """What the errors of pixels that come before in reading order add to each channel's means, [B, Q, C, Hx, Wx]; outside they are 0."""
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
    """Rows and columns from the pixel: by distance; of the same, to both sides row by row upwards, then the farthest row."""
    places = []
    for far in (1, 2, 3):
        places.append((0, -far))
        places += [(-row, column) for row in range(1, far) for column in (-far, far)]
        places += [(-far, column) for column in range(-far, far + 1)]
    return places[:neighbours]


def _log_mass(level: np.ndarray, value: np.ndarray, mean: np.ndarray, log_scale: np.ndarray) -> np.ndarray:
    """ln of the mass that a logistic distribution puts on a level, in forms in which nothing cancels."""
    inverse = np.exp(-log_scale)
    middle = (value - mean) * inverse
    half = inverse / _LEVELS
    inside = middle - _softplus(middle + half) - _softplus(middle - half) + np.log(2 * np.sinh(half))
    return np.where(
        level == 0, -_softplus(-middle - half), np.where(level == _LEVELS, -_softplus(middle - half), inside)
    )


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)
