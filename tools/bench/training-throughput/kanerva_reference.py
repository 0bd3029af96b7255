"""Kanerva++ with the heap writer and dereferenced keys in plain Python PyTorch: Bernoulli pixels and a latent vector,
or a discretised mixture of logistics and a latent map.

The same network, loss and optimiser as in the Java trainer (io.kanerva.trainer.model, io.kanerva.trainer.train), in
idiomatic Python: torch.nn modules, torch.optim's Adam with its fused kernel, clip_grad_norm_, eager mode.

Symbols: B episodes of T samples, images [Cx, Hx, Wx], memory [C, H, W], block [C, h, w], K keys per sample, latent of D
values. A key is (scale, x, y); x runs along W, y along H.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from logistic_mixture import STEP_SCALE, LinearPath, LogisticMixture

PRIOR_WIDTH = 32
"""Channels of the latent prior's features."""

EDGE = 1e-6
"""Keeps positions within a cell away from its ends: the last cell's quantile is infinite there."""


@dataclass(frozen=True)
class Settings:
    """The model's shape."""

    image_channels: int
    image_height: int
    image_width: int
    memory_channels: int
    memory_height: int
    memory_width: int
    block_height: int
    block_width: int
    keys: int
    latent: int
    slot_rows: int
    slot_columns: int
    width: int
    depth: int
    likelihood: str
    latent_layout: str
    decoder: dict
    """width, depth, refineWidth, refineDepth, neighbours, banks."""

    @staticmethod
    def of(json: dict) -> "Settings":
        if json["writer"] != "heap" or json["addressing"] != "dereferenced":
            raise ValueError(
                "expected the heap writer with dereferenced keys, found {writer} and {addressing}".format(**json)
            )
        image, memory, block, slots, encoder = (json[n] for n in ("image", "memory", "block", "slots", "encoder"))
        return Settings(
            *(image[n] for n in ("channels", "height", "width")),
            *(memory[n] for n in ("channels", "height", "width")),
            *(block[n] for n in ("rows", "columns")),
            json["keys"],
            json["latent"],
            *(slots[n] for n in ("rows", "columns")),
            *(encoder[n] for n in ("width", "depth")),
            json["likelihood"],
            json["latentLayout"],
            json["decoder"],
        )

    @property
    def patch(self) -> int:
        """Side of the image patch of one cell of a block, in pixels."""
        return self.image_height // self.block_height

    @property
    def slots(self) -> int:
        return self.slot_rows * self.slot_columns

    @property
    def map(self) -> bool:
        """Whether the latent is a map at the block's resolution rather than a vector."""
        return self.latent_layout == "map"

    @property
    def banks(self) -> int:
        """Number of banks of neighbour coefficients; 0 without the linear path."""
        return self.decoder.get("banks", 0)

    def latent_head(self, width: int) -> nn.Module:
        """From feature maps [N, width, h, w] if the latent is a map, else from features [N, width]."""
        return (
            nn.Conv2d(width, self.latent // (self.block_height * self.block_width), 1)
            if self.map
            else nn.Linear(width, self.latent)
        )

    @property
    def mixture(self) -> "LogisticMixture | None":
        """The likelihood of 8-bit images; None for Bernoulli pixels."""
        return (
            None if self.likelihood == "bernoulli" else LogisticMixture(self.image_channels, self.decoder["neighbours"])
        )


class ResidualStack(nn.Module):
    """[N, width, h, w] to the same: x + conv(relu(conv(relu(x)))), depth times, then one relu."""

    def __init__(self, width: int, depth: int):
        super().__init__()
        self.first = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))
        self.second = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.first, self.second):
            x = x + second(F.relu(first(F.relu(x))))
        return F.relu(x)


class Encoder(nn.Module):
    """images [B, T, Cx, Hx, Wx] to content [B, T, K, C, h, w], key mean and log-variance [B, T, K, 3], latent mean and
    log-variance [B, T, D]."""

    def __init__(self, s: Settings):
        super().__init__()
        self.s = s
        self.patches = nn.Conv2d(s.image_channels * s.patch**2, s.width, 3, padding=1)
        self.features = ResidualStack(s.width, s.depth)
        self.content = nn.Conv2d(s.width, s.keys * s.memory_channels, 1)
        self.key_mean = nn.Linear(s.width, s.keys * 3)
        self.key_log_variance = nn.Linear(s.width, s.keys * 3)
        self.latent_mean = s.latent_head(s.width)
        self.latent_log_variance = s.latent_head(s.width)
        self.code = nn.Conv2d(s.image_channels * s.patch**2, s.keys * s.memory_channels, 1) if s.banks else None

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        s = self.s
        b, t = images.shape[:2]
        seen = images.flatten(0, 1) if s.mixture is None else 2 * images.flatten(0, 1) - 1
        patches = F.pixel_unshuffle(seen, s.patch)  # [B T, Cx p p, h, w]
        maps = self.features(self.patches(patches))  # [B T, width, h, w]
        pooled = maps.mean((2, 3))  # [B T, width]
        latent_features = maps if s.map else pooled
        content = self.content(maps) if self.code is None else STEP_SCALE * (self.content(maps) + self.code(patches))
        return (
            content.view(b, t, s.keys, s.memory_channels, s.block_height, s.block_width),
            self.key_mean(pooled).view(b, t, s.keys, 3),
            self.key_log_variance(pooled).view(b, t, s.keys, 3),
            self.latent_mean(latent_features).view(b, t, s.latent),
            self.latent_log_variance(latent_features).view(b, t, s.latent),
        )


class Addresses(nn.Module):
    """Dereferences keys: each axis is divided into cells of equal mass under N(0, 1); a key's cells select a slot."""

    def __init__(self, s: Settings):
        super().__init__()
        self.s = s
        quantile = NormalDist().inv_cdf
        slots = [
            (
                0.0,
                quantile((slot % s.slot_columns + 0.5) / s.slot_columns),
                quantile((slot // s.slot_columns + 0.5) / s.slot_rows),
            )
            for slot in range(s.slots)
        ]
        self.register_buffer("slot_keys", torch.tensor(slots))  # [slots, 3]
        self.register_buffer(
            "column_bounds", torch.tensor([quantile(m / s.slot_columns) for m in range(1, s.slot_columns)])
        )
        self.register_buffer("row_bounds", torch.tensor([quantile(m / s.slot_rows) for m in range(1, s.slot_rows)]))

    def cells(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Keys [..., 3] to the columns and rows of their slots, as floats [...]."""
        column = (keys[..., 1, None] > self.column_bounds).sum(-1, dtype=torch.float32)
        row = (keys[..., 2, None] > self.row_bounds).sum(-1, dtype=torch.float32)
        return column, row

    def sample(self, pointers: Tensor, mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
        """Samples q(Y | X): mean and log-variance of the position within the pointer's cell; all [B, T, K, 3]."""
        place = mean + (0.5 * log_variance).exp() * noise
        column, row = self.cells(pointers)
        x = self.into_cell(column, place[..., 1], self.s.slot_columns)
        y = self.into_cell(row, place[..., 2], self.s.slot_rows)
        return torch.stack((place[..., 0], x, y), -1)

    @staticmethod
    def into_cell(cell: Tensor, place: Tensor, cells: int) -> Tensor:
        """quantile((cell + Phi(position)) / cells)"""
        within = (0.5 * (1 + torch.erf(place * math.sqrt(0.5)))).clamp(EDGE, 1 - EDGE)
        return math.sqrt(2) * torch.erfinv((cell + within) * (2 / cells) - 1)

    def divergence(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """KL(q(Y | X) || p(Y)) of each sample, [B, T], in nats: ln(slots) per key for the cell, plus the position's."""
        place = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum((2, 3))
        return place + self.s.keys * math.log(self.s.slots)

    def tents(self, keys: Tensor) -> tuple[Tensor, Tensor]:
        """The windows of keys [B, N, 3] as tent weights: rows [B, N, h, H] and columns [B, N, w, W]."""
        s = self.s
        column, row = self.cells(keys)
        return (
            tent_weights(
                self.centre(row, s.slot_rows, s.block_height / s.memory_height), s.block_height, s.memory_height
            ),
            tent_weights(
                self.centre(column, s.slot_columns, s.block_width / s.memory_width), s.block_width, s.memory_width
            ),
        )

    @staticmethod
    def centre(cell: Tensor, cells: int, half: float) -> Tensor:
        """The centre of the cell's slot, in [-1, 1]; half is half of a window's extent."""
        return cell if cells == 1 else cell * (2 * (1 - half) / (cells - 1)) + (half - 1)


def tent_weights(centre: Tensor, samples: int, size: int) -> Tensor:
    """max(0, 1 - |u_j - i|) for a window's samples j at pixel coordinates u_j: [B, N] to [B, N, samples, size]."""
    offsets = (2 * torch.arange(samples) + 1 - samples) / samples
    positions = centre[..., None] + samples / size * offsets
    coordinates = positions * (size / 2) + (size - 1) / 2  # GridSample's, align_corners = 0
    return (1 - (coordinates[..., None] - torch.arange(size)).abs()).clamp_min(0)


def place(blocks: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Writes: adds blocks [B, N, C, h, w] to an empty memory, [B, C, H, W], by the adjoint of the read."""
    b, n, c, h, w = blocks.shape
    height, width = rows.shape[-1], columns.shape[-1]
    strips = blocks.transpose(2, 3).reshape(b, n, h * c, w) @ columns  # [B, N, h C, W]
    spread = rows.reshape(-1, n * h, height).transpose(1, 2) @ strips.view(b, n * h, c * width)  # [B, H, C W]
    return spread.view(b, height, c, width).transpose(1, 2)


def read(memory: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Reads windows of a memory [B, C, H, W], [B, N, C, h, w]: a spatial transformer as two matrix products."""
    b, c, height, width = memory.shape
    n, h, w = rows.shape[1], rows.shape[2], columns.shape[2]
    strips = rows.view(b, n * h, height) @ memory.transpose(1, 2).reshape(b, height, c * width)  # [B, N h, C W]
    return (strips.view(b, n, h * c, width) @ columns.transpose(2, 3)).view(b, n, h, c, w).transpose(2, 3)


class Reader(nn.Module):
    """Traces [B, Q, K, C, h, w] to the latent prior's mean and log-variance, [B, Q, D]."""

    def __init__(self, s: Settings):
        super().__init__()
        width = s.width if s.map else PRIOR_WIDTH
        self.features = nn.Conv2d(s.keys * s.memory_channels, width, 3, padding=1)
        self.refined = ResidualStack(width, s.depth) if s.map else None
        self.mean = s.latent_head(width)
        self.log_variance = s.latent_head(width)

    def forward(self, traces: Tensor) -> tuple[Tensor, Tensor]:
        b, q = traces.shape[:2]
        seen = self.features(traces.flatten(0, 1).flatten(1, 2))
        known = F.relu(seen).mean((2, 3)) if self.refined is None else self.refined(seen)
        return self.mean(known).view(b, q, -1), self.log_variance(known).view(b, q, -1)


class Decoder(nn.Module):
    """Latent [B, Q, D] and traces [B, Q, K, C, h, w] to the likelihood's parameters."""

    def __init__(self, s: Settings):
        super().__init__()
        self.s = s
        d = s.decoder
        width, refine = d["width"], d["refineWidth"]
        places = s.patch**2
        own = s.image_channels if s.mixture is None else s.mixture.own_parameters
        extra = 0 if s.mixture is None else s.mixture.neighbour_parameters
        self.traces = nn.Conv2d(s.keys * s.memory_channels, width, 3, padding=1)
        latent_maps = s.latent // (s.block_height * s.block_width)
        self.latent = nn.Conv2d(latent_maps, width, 3, padding=1) if s.map else nn.Linear(s.latent, width)
        self.features = ResidualStack(width, d["depth"])
        self.linear = LinearPath(s) if s.banks else None
        self.pixels = None if s.banks else nn.Conv2d(width, (refine or own) * places, 3, padding=1)
        self.refined = ResidualStack(refine, d["refineDepth"]) if refine else None
        self.refined_pixels = nn.Conv2d(refine, own, 1) if refine else None
        self.neighbours = None
        if extra and not s.banks:
            self.neighbours = nn.Conv2d(refine, extra, 1) if refine else nn.Conv2d(width, extra * places, 3, padding=1)

    def forward(self, latent: Tensor, traces: Tensor) -> Tensor:
        """The distribution's parameters [B, Q, P, Hx, Wx]."""
        s = self.s
        b, q = latent.shape[:2]
        found, _ = self.trunk(latent, traces)
        image = F.pixel_shuffle(self.pixels(found), s.patch)
        if self.refined is not None:
            found = self.refined(image)
            image = self.refined_pixels(found)
        if self.neighbours is not None:
            more = self.neighbours(found)
            image = torch.cat((image, more if self.refined is not None else F.pixel_shuffle(more, s.patch)), 1)
        return image.view(b, q, -1, s.image_height, s.image_width)

    def trunk(self, latent: Tensor, traces: Tensor) -> tuple[Tensor, Tensor]:
        """Features [B Q, width, h, w], and the traces as maps [B Q, K C, h, w]."""
        s = self.s
        flat = latent.flatten(0, 1)
        maps = traces.flatten(0, 1).flatten(1, 2)
        spread = (
            self.latent(flat.view(len(flat), -1, s.block_height, s.block_width))
            if s.map
            else self.latent(flat)[..., None, None]
        )
        return self.features(self.traces(maps) + spread), maps

    def negative_log_likelihood(self, latent: Tensor, traces: Tensor, images: Tensor) -> Tensor:
        """-ln p of images [B, Q, Cx, Hx, Wx]: [B, Q], in nats."""
        s = self.s
        if s.mixture is None:
            logits = self(latent, traces)
            return (F.softplus(logits) - images * logits).sum((2, 3, 4))
        if self.linear is None:
            parameters = self(latent, traces).flatten(0, 1)
            logarithms = s.mixture.log_probability(parameters, images.flatten(0, 1))
        else:
            logarithms = self.linear(*self.trunk(latent, traces), images.flatten(0, 1))
        return -logarithms.view(images.shape[:2])


class KanervaPlusPlus(nn.Module):
    """The complete model: writes episodes and reads each sample back at keys and latents drawn from its posterior."""

    def __init__(self, s: Settings):
        super().__init__()
        self.s = s
        self.encoder = Encoder(s)
        self.addresses = Addresses(s)
        self.reader = Reader(s)
        self.decoder = Decoder(s)

    def forward(self, images: Tensor, key_noise: Tensor, latent_noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The negative bound's terms of each sample, [B, T] each, in nats: reconstruction, KL(Y), KL(Z).

        images [B, T, Cx, Hx, Wx], zeros and ones, or k / 255; key_noise [B, T, K, 3] and latent_noise [B, T, D] are
        standard normal.
        """
        s = self.s
        b, t = images.shape[:2]
        content, key_mean, key_log_variance, mean, log_variance = self.encoder(images)
        slots = self.addresses.slot_keys[: t * s.keys]  # sample t's key k has slot t K + k
        memory = place(content.flatten(1, 2), *self.addresses.tents(slots[None]))
        pointers = slots.view(1, t, s.keys, 3)
        keys = self.addresses.sample(pointers, key_mean, key_log_variance, key_noise)
        traces = read(memory, *self.addresses.tents(keys.flatten(1, 2)))
        traces = traces.reshape(b, t, s.keys, s.memory_channels, s.block_height, s.block_width)
        prior_mean, prior_log_variance = self.reader(traces)
        latent = mean + (0.5 * log_variance).exp() * latent_noise
        reconstruction = self.decoder.negative_log_likelihood(latent, traces, images)
        ratio = (log_variance - prior_log_variance).exp() + (mean - prior_mean).square() * (-prior_log_variance).exp()
        latent_divergence = 0.5 * (ratio - 1 + prior_log_variance - log_variance).sum(2)
        return reconstruction, self.addresses.divergence(key_mean, key_log_variance), latent_divergence


class Training:
    """The optimiser and its schedules, as in the "plan" of setting.json."""

    def __init__(self, plan: dict, model: KanervaPlusPlus, compiled: bool = False):
        self.plan = plan
        self.model = model
        self.forward = torch.compile(model) if compiled else model
        self.step = 0
        self.optimiser = torch.optim.Adam(
            model.parameters(), lr=plan["learningRate"], betas=(0.9, 0.999), eps=1e-8, fused=True
        )

    def update(self, images: Tensor, key_noise: Tensor, latent_noise: Tensor) -> float:
        """Takes one step on a batch for KanervaPlusPlus.forward; returns the negative bound in nats."""
        plan = self.plan
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        self.optimiser.zero_grad()
        reconstruction, keys, latent = (term.mean() for term in self.forward(images, key_noise, latent_noise))
        done = self.step / plan["steps"]
        (reconstruction + ramp(plan["keyWeight"], done) * keys + ramp(plan["latentWeight"], done) * latent).backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), plan["gradientNorm"])
        self.optimiser.step()
        self.step += 1
        bound = float(reconstruction) + float(keys) + float(latent)
        if not (math.isfinite(bound) and math.isfinite(norm)):
            raise ArithmeticError(f"training diverged in step {self.step}: bound {bound}, gradient norm {float(norm)}")
        return bound

    def learning_rate(self) -> float:
        """Linear warm-up, then cosine decay to almost 0."""
        plan = self.plan
        warm = min(1.0, (self.step + 1) / plan["warmup"]) if plan["warmup"] else 1.0
        return plan["learningRate"] * warm * 0.5 * (1 + math.cos(math.pi * self.step / plan["steps"]))


def ramp(schedule: dict, done: float) -> float:
    """A weight that rises linearly to 1 between two fractions of the run."""
    start, begin, end = schedule["start"], schedule["from"], schedule["to"]
    if done >= end:
        return 1.0
    return start if done <= begin else start + (1 - start) * (done - begin) / (end - begin)
