"""MobileNetV2 and EfficientNet-B0: convolutions channel by channel, squeeze and excite."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


def normed(before: int, after: int, kernel: int, stride: int, groups: int, active: Any) -> list[nn.Module]:
    """A convolution that keeps the size, its norm, and an activation."""
    made = [nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(after)]
    return made if active is None else [*made, active(inplace=True)]


class Inverted(nn.Module):
    """Wide inside, narrow outside (Sandler et al. 2018)."""

    def __init__(self, before: int, after: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = before * expand
        layers = [] if expand == 1 else normed(before, wide, 1, 1, 1, nn.ReLU6)
        layers += normed(wide, wide, 3, stride, wide, nn.ReLU6) + normed(wide, after, 1, 1, 1, None)
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and before == after

    def forward(self, x: Any) -> Any:
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    """Sandler et al. 2018, width 1."""

    def __init__(self) -> None:
        super().__init__()
        layers, before = normed(3, 32, 3, 2, 1, nn.ReLU6), 32
        for expand, width, count, stride in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ):  # fmt: skip
            for index in range(count):
                layers.append(Inverted(before, width, stride if index == 0 else 1, expand))
                before = width
        self.features = nn.Sequential(*layers, *normed(before, 1280, 1, 1, 1, nn.ReLU6))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Any) -> Any:
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


class Excite(nn.Module):
    """Channels weighted by what the whole input says (Hu et al. 2017)."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.SiLU(inplace=True)
        self.scale = nn.Sigmoid()

    def forward(self, x: Any) -> Any:
        return self.scale(self.fc2(self.activation(self.fc1(self.avgpool(x))))) * x


class Drop(nn.Module):
    """In training, whole residuals are dropped at random."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, x: Any) -> Any:
        if not self.training or self.probability == 0.0:
            return x
        kept = torch.empty((x.shape[0], 1, 1, 1), dtype=x.dtype, device=x.device).bernoulli_(1 - self.probability)
        return x * kept.div_(1 - self.probability)


class MBConv(nn.Module):
    """An inverted residual with squeeze and excite."""

    def __init__(self, expand: int, kernel: int, stride: int, before: int, after: int, drop: float) -> None:
        super().__init__()
        wide = before * expand
        layers = [] if expand == 1 else [nn.Sequential(*normed(before, wide, 1, 1, 1, nn.SiLU))]
        layers.append(nn.Sequential(*normed(wide, wide, kernel, stride, wide, nn.SiLU)))
        layers.append(Excite(wide, max(1, before // 4)))
        layers.append(nn.Sequential(*normed(wide, after, 1, 1, 1, None)))
        self.block = nn.Sequential(*layers)
        self.drop = Drop(drop)
        self.residual = stride == 1 and before == after

    def forward(self, x: Any) -> Any:
        made = self.block(x)
        if self.residual:
            made = self.drop(made)
            made += x
        return made


class EfficientNetB0(nn.Module):
    """Tan & Le 2019."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Sequential(*normed(3, 32, 3, 2, 1, nn.SiLU))]
        made = 0
        for expand, kernel, stride, before, after, count in (
            (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
            (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
        ):  # fmt: skip
            stage = []
            for index in range(count):
                here = (before, stride) if index == 0 else (after, 1)
                stage.append(MBConv(expand, kernel, here[1], here[0], after, 0.2 * made / 16))
                made += 1
            layers.append(nn.Sequential(*stage))
        layers.append(nn.Sequential(*normed(320, 1280, 1, 1, 1, nn.SiLU)))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 1000))

    def forward(self, x: Any) -> Any:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
