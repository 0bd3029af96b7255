"""The transformers of the exporter's test class FusionNetworks in PyTorch."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, LAYERS, WORDS, LENGTH = 64, 4, 2, 50, 16


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.expand, self.contract = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        return self.contract(functional.gelu(self.expand(x)))


def heads(x: Tensor) -> Tensor:
    return x.view(x.size(0), x.size(1), HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)


def merged(x: Tensor) -> Tensor:
    x = x.permute(0, 2, 1, 3).contiguous()
    return x.view(x.size(0), x.size(1), WIDTH)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.result = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        query, key, value = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        scores = query @ key.transpose(-1, -2) / math.sqrt(WIDTH / HEADS) + mask
        return self.result(merged(scores.softmax(-1) @ value))


class EncoderLayer(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.attention, self.feed_forward = Attention(), FeedForward()
        self.attention_norm, self.norm = norm(), norm()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        y = self.attention_norm(self.attention(x, mask) + x)
        return self.norm(self.feed_forward(y) + y)


def layer_norm() -> nn.Module:
    return nn.LayerNorm(WIDTH)


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(4 * LENGTH, WIDTH)
        self.norm = layer_norm()
        self.layers = nn.ModuleList(EncoderLayer(layer_norm) for _ in range(LAYERS))

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        places = torch.arange(tokens.size(1)).unsqueeze(0)
        x = self.norm(self.words(tokens) + self.places(places))
        added = (1.0 - mask[:, None, None, :]) * -10000.0
        for layer in self.layers:
            x = layer(x, added)
        return x


class DecoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.norm = layer_norm(), layer_norm()
        self.projections, self.result = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.feed_forward = FeedForward()

    def forward(self, x: Tensor, past: Tensor) -> Tensor:
        query, key, value = (heads(part) for part in self.projections(self.attention_norm(x)).split(WIDTH, 2))
        scores = query @ key.transpose(-1, -2) / math.sqrt(WIDTH / HEADS)
        scores = past * scores + (1.0 - past) * -10000.0
        y = x + self.result(merged(scores.softmax(-1) @ value))
        return y + self.feed_forward(self.norm(y))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(4 * LENGTH, WIDTH)
        self.layers = nn.ModuleList(DecoderLayer() for _ in range(LAYERS))
        self.norm = layer_norm()

    def forward(self, tokens: Tensor) -> Tensor:
        row = torch.arange(tokens.size(1))
        x = self.words(tokens) + self.places(row.unsqueeze(0))
        past = (row[:, None] >= row[None, :]).float()
        for layer in self.layers:
            x = layer(x, past)
        return self.norm(x)
