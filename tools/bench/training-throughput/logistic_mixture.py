"""The likelihood of 8-bit images and the linear output path of a decoder, as in the Java trainer."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STEP_SCALE = 1 / 16
"""Parameters that move a pixel's means are stored divided by this, so that an optimiser step moves them less."""


@dataclass(frozen=True)
class LogisticMixture:
    """PixelCNN++'s discretised mixture of logistics, with the parameter layout of the Java trainer."""

    channels: int
    neighbours: int

    COMPONENTS = 10

    @property
    def reach(self) -> int:
        """Maximum distance r of a neighbour: 2 r (r + 1) earlier pixels are within r rows and columns."""
        return round((math.sqrt(1 + 2 * self.neighbours) - 1) / 2)

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The neighbours' offsets (rows, columns), nearest first."""
        found = []
        for r in range(1, self.reach + 1):
            found += [(0, -r), *((-y, x) for y in range(1, r) for x in (-r, r)), *((-r, x) for x in range(-r, r + 1))]
        return found

    @property
    def own_parameters(self) -> int:
        return self.COMPONENTS * (1 + 2 * self.channels + self.channels * (self.channels - 1) // 2)

    @property
    def neighbour_parameters(self) -> int:
        return self.channels + self.channels**2 * self.neighbours if self.neighbours else 0

    def log_probability(self, parameters: Tensor, images: Tensor) -> Tensor:
        """ln p of images [N, C, H, W] = k / 255 under parameters [N, P, H, W]: [N], in nats."""
        c = self.channels
        if not self.neighbours:
            return self.given_base(parameters, images)
        own, reconstruction, coefficients = parameters.split((self.own_parameters, c, c * c * self.neighbours), 1)
        errors = (images * 255).round() * (2 / 255) - 1 - reconstruction
        around = self.around(errors).unsqueeze(1)  # [N, 1, neighbours C, H, W]
        predicted = (coefficients.unflatten(1, (c, c * self.neighbours)) * around).sum(2)
        return self.given_base(own, images, reconstruction, reconstruction + predicted)

    def given_base(
        self, own: Tensor, images: Tensor, reconstruction: Tensor | None = None, base: Tensor | None = None
    ) -> Tensor:
        """The same, given the mixture's own parameters, the reconstruction and the components' common mean."""
        c = self.channels
        levels = (images * 255).round()
        values = levels * (2 / 255) - 1
        moving = values if reconstruction is None else values - reconstruction
        weights, *groups = own.split(self.COMPONENTS, 1)  # [N, components, H, W] each
        total = weights.log_softmax(1)
        for channel in range(c):
            mean = groups[channel]
            for other in range(channel):
                coefficient = groups[2 * c + channel * (channel - 1) // 2 + other].tanh()
                mean = mean + coefficient * moving[:, other : other + 1]
            if base is not None:
                mean = mean + base[:, channel : channel + 1]
            one = slice(channel, channel + 1)
            total = total + self.log_mass(levels[:, one], values[:, one], mean, groups[c + channel].clamp(-7, 7))
        return total.logsumexp(1).sum((1, 2))

    def around(self, maps: Tensor) -> Tensor:
        """The values of each pixel's neighbours, zero outside: [N, C, H, W] to [N, neighbours C, H, W]."""
        height, width = maps.shape[2:]
        r = self.reach
        padded = F.pad(maps, (r, r, r, 0))
        return torch.cat([padded[:, :, r + y : r + y + height, r + x : r + x + width] for y, x in self.offsets], 1)

    @staticmethod
    def log_mass(level: Tensor, value: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
        inverse = (-log_scale).exp()
        middle, half = (value - mean) * inverse, inverse / 255
        below = F.softplus(middle + half) - middle
        above = F.softplus(middle - half)
        inside = (2 * half.sinh()).log() - below - above
        return torch.where(level < 0.5, half - below, torch.where(level > 254.5, -above, inside))


class LinearPath(nn.Module):
    """A reconstruction linear in the traces, plus a prediction from the neighbours' errors.

    Its coefficients depend on the position in the patch; the network mixes banks of them per patch. The network's other
    contributions start at zero.
    """

    def __init__(self, s: "Settings"):
        super().__init__()
        self.s = s
        width, places = s.decoder["width"], s.patch**2
        channels, neighbours = s.image_channels, s.decoder["neighbours"]
        self.reconstruction = nn.Conv2d(s.keys * s.memory_channels, channels * places, 3, padding=1)
        self.numbers = nn.Conv2d(width, (s.mixture.own_parameters + channels) * places, 1)
        self.mixing = nn.Conv2d(width, s.banks, 1)
        self.coefficients = nn.Conv2d(s.banks, channels * neighbours * channels * places, 1, bias=False)
        self.register_buffer("kernel_index", self.index(), persistent=False)
        m = s.mixture.COMPONENTS
        scale = torch.ones(s.mixture.own_parameters + channels, places)
        scale[m : m * (1 + channels)] = STEP_SCALE
        scale[-channels:] = STEP_SCALE
        self.register_buffer("scale", scale.flatten(), persistent=False)

    def index(self) -> Tensor:
        """The index of the coefficient at each position of a convolution of stride p that predicts a whole patch:
        [Cx p p, Cx, p + reach, p + 2 reach]; positions without one have an index past the last."""
        s = self.s
        p, c, n, reach = s.patch, s.image_channels, s.decoder["neighbours"], s.mixture.reach
        index = torch.full((c, p, p, c, p + reach, p + 2 * reach), c * n * c * p * p)
        for number, (dy, dx) in enumerate(s.mixture.offsets):
            for y in range(p):
                for x in range(p):
                    for a in range(c):
                        for b in range(c):
                            index[a, y, x, b, reach + y + dy, reach + x + dx] = (
                                ((a * n + number) * c + b) * p + y
                            ) * p + x
        return index.flatten(0, 2)

    def forward(self, found: Tensor, maps: Tensor, images: Tensor) -> Tensor:
        """ln p of images [N, Cx, Hx, Wx] given features [N, width, h, w] and traces [N, K C, h, w]: [N], in nats."""
        s = self.s
        weight = self.numbers.weight * self.scale.view(-1, 1, 1, 1)
        numbers = F.conv2d(found, weight, self.numbers.bias * self.scale)
        own, correction = numbers.split((s.mixture.own_parameters * s.patch**2, s.image_channels * s.patch**2), 1)
        linear = F.conv2d(
            maps, self.reconstruction.weight * STEP_SCALE, self.reconstruction.bias * STEP_SCALE, padding=1
        )
        reconstruction = F.pixel_shuffle(linear + correction, s.patch)
        errors = images * 255
        errors = errors.round() * (2 / 255) - 1 - reconstruction
        coefficients = F.pad(STEP_SCALE * self.coefficients.weight.flatten(1).T, (0, 1))  # [banks, all + 1]
        kernel = coefficients[:, self.kernel_index].flatten(0, 1)
        reach = s.mixture.reach
        predicted = F.conv2d(F.pad(errors, (reach, reach, reach, 0)), kernel, stride=s.patch).unflatten(
            1, (s.banks, -1)
        )
        predicted = (predicted * self.mixing(found).unsqueeze(2)).sum(1)
        return s.mixture.given_base(
            F.pixel_shuffle(own, s.patch), images, reconstruction, reconstruction + F.pixel_shuffle(predicted, s.patch)
        )
