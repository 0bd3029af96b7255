"""The networks of DJL 0.36.0's model zoo in plain PyTorch, layer by layer."""

import torch
from torch import Tensor, nn


def conv(
    channels: int, filters: int, kernel: int, stride: int = 1, padding: int = 0, bias: bool = True, groups: int = 1
) -> nn.Conv2d:
    return nn.Conv2d(channels, filters, kernel, stride, padding, groups=groups, bias=bias)


class Residual(nn.Module):
    """y = body(x) + skip(x), then the activation."""

    def __init__(self, body: nn.Module, skip: nn.Module, activation: nn.Module):
        super().__init__()
        self.body, self.skip, self.activation = body, skip, activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + self.skip(x))


class Fire(nn.Module):
    """SqueezeNet's module: squeezes x, expands it twice and concatenates the results along the channels."""

    def __init__(self, channels: int, squeeze: int, expand: int):
        super().__init__()
        self.squeeze, self.one, self.three = (
            conv(channels, squeeze, 1),
            conv(squeeze, expand, 1),
            conv(squeeze, expand, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        squeezed = torch.relu(self.squeeze(x))
        return torch.cat([torch.relu(self.one(squeezed)), torch.relu(self.three(squeezed))], 1)


def resnet(units: "list[int]") -> nn.Module:
    """ResNetV1 for images larger than 32 pixels; DJL's uses bottlenecks at every depth."""
    filters = [64, 256, 512, 1024, 2048] if sum(units) >= 16 else [64, 64, 128, 256, 512]
    layers: "list[nn.Module]" = [
        conv(3, filters[0], 7, 2, 3, bias=False),
        nn.BatchNorm2d(filters[0], 2e-5),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    channels = filters[0]
    for stage, count in enumerate(units):
        for unit in range(count):
            width, stride = filters[stage + 1], 2 if stage > 0 and unit == 0 else 1
            body = nn.Sequential(
                conv(channels, width // 4, 1, stride),
                nn.BatchNorm2d(width // 4),
                nn.ReLU(),
                conv(width // 4, width // 4, 3, 1, 1, bias=False),
                nn.BatchNorm2d(width // 4, 2e-5),
                nn.ReLU(),
                conv(width // 4, width, 1),
                nn.BatchNorm2d(width),
            )
            skip = (
                nn.Identity()
                if unit
                else nn.Sequential(conv(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))
            )
            layers.append(Residual(body, skip, nn.ReLU()))
            channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def vgg() -> nn.Module:
    """VGG-11."""
    layers: "list[nn.Module]" = []
    channels = 3
    for count, filters in [(1, 64), (1, 128), (2, 256), (2, 512), (2, 512)]:
        for _ in range(count):
            layers += [conv(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Linear(512 * 7 * 7, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 10),
    )


def mobilenet_v2() -> nn.Module:
    filters, repeats, strides, factors = (
        [32, 16, 24, 32, 64, 96, 160, 320],
        [1, 2, 3, 4, 3, 3, 1],
        [1, 2, 2, 2, 1, 2, 1],
        [1] + [6] * 6,
    )
    layers: "list[nn.Module]" = [conv(3, 32, 1, 2, bias=False), nn.BatchNorm2d(32, 2e-5), nn.ReLU6()]
    for i, (repeat, stride, factor) in enumerate(zip(repeats, strides, factors)):
        for j in range(repeat):
            channels, width, step = filters[i] if j == 0 else filters[i + 1], filters[i + 1], stride if j == 0 else 1
            inner = channels * factor
            body = nn.Sequential(
                conv(channels, inner, 1, bias=False),
                nn.BatchNorm2d(inner, 2e-5),
                nn.ReLU6(),
                conv(inner, inner, 3, step, 1, bias=False, groups=inner),
                nn.BatchNorm2d(inner, 2e-5),
                nn.ReLU6(),
                conv(inner, width, 1, bias=False),
                nn.BatchNorm2d(width, 2e-5),
            )
            layers.append(Residual(body, nn.Identity(), nn.Identity()) if step == 1 and channels == width else body)
    return nn.Sequential(
        *layers,
        conv(320, 1280, 1, bias=False),
        nn.BatchNorm2d(1280, 2e-5),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        conv(1280, 1000, 1),
        nn.Flatten(),
    )


def squeezenet() -> nn.Module:
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(
        conv(3, 64, 3, 2),
        nn.ReLU(),
        pool,
        Fire(64, 16, 64),
        Fire(128, 16, 64),
        pool,
        Fire(128, 32, 128),
        Fire(256, 32, 128),
        pool,
        Fire(256, 48, 192),
        Fire(384, 48, 192),
        Fire(384, 64, 256),
        Fire(512, 64, 256),
        nn.Dropout(),
        conv(512, 1000, 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


NETWORKS = {
    "ResNetV1-18": lambda: resnet([2, 2, 2, 2]),
    "ResNetV1-50": lambda: resnet([3, 4, 6, 3]),
    "VGG-11": vgg,
    "MobileNetV2": mobilenet_v2,
    "SqueezeNet": squeezenet,
}
