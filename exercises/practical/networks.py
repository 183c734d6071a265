"""The chapters' networks as torch modules of our own writing, beside the `solver` networks that derive the same facts.

    LeNet5                                             tutorial 11, on 28 x 28 images with padding 2
    ResBlockMLP, ResBlockConv, ResBlockDownSamp        the chapter on residual networks
    resnet(18 | 34 | 50 | 101 | 152)                   He et al. 2016, as torchvision publishes them
    AlexNet                                            Krizhevsky 2014, as torchvision publishes it
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import nn


class LeNet5(nn.Module):
    """LeNet-5 of tutorial 11: (N, 1, 28, 28) -> (N, 10) logits, 61,706 parameters."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)  # 28 x 28 with padding is the 32 x 32 of the paper
        self.conv3 = nn.Conv2d(6, 16, 5)
        self.conv5 = nn.Conv2d(16, 120, 5)
        self.fc6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, classes)
        self.pool = nn.MaxPool2d(2)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv3(x)))
        x = self.relu(self.conv5(x)).flatten(1)
        return self.output(self.relu(self.fc6(x)))


class ResBlockMLP(nn.Module):
    """ReLU(x + Z2 ReLU(BN(Z1 x))) on (N, D)."""

    def __init__(self, in_features: int) -> None:
        super().__init__()
        self.Z1 = nn.Linear(in_features, in_features)
        self.bn = nn.BatchNorm1d(in_features)
        self.Z2 = nn.Linear(in_features, in_features)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        inner = self.Z2(self.relu(self.bn(self.Z1(x))))
        return self.relu(inner + x)


class ResBlockConv(nn.Module):
    """ReLU(x + BN(conv(ReLU(BN(conv x))))) on (N, C, H, W), which keeps its shape."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, in_channels, 3, padding="same", bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv2 = nn.Conv2d(in_channels, in_channels, 3, padding="same", bias=False)
        self.bn2 = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        inner = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(inner + x)


class ResBlockDownSamp(nn.Module):
    """The block that doubles the channels and halves height and width, its skip a 1 x 1 convolution with stride 2."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        out_channels = 2 * in_channels
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsampX = nn.Conv2d(in_channels, out_channels, 1, stride=2, bias=False)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        inner = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(inner + self.downsampX(x))


# --- ResNet


def _conv(before: int, after: int, size: int, stride: int = 1) -> nn.Module:
    return nn.Conv2d(before, after, size, stride=stride, padding=size // 2, bias=False)


class Block(nn.Module):
    """A residual block with a plain or a bottleneck path; its skip is the identity, or a 1 x 1 convolution."""

    def __init__(self, before: int, width: int, stride: int, bottleneck: bool, shortcut_norm: bool) -> None:
        super().__init__()
        after = 4 * width if bottleneck else width
        plain, narrow = ((width, 3, stride), (width, 3, 1)), ((width, 1, 1), (width, 3, stride), (after, 1, 1))
        layers: list[nn.Module] = []
        channels = before
        for out, size, step in narrow if bottleneck else plain:
            layers += [_conv(channels, out, size, step), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
            channels = out
        self.path = nn.Sequential(*layers[:-1])
        skip: list[nn.Module] = []
        if stride != 1 or before != after:
            skip = [_conv(before, after, 1, stride), *([nn.BatchNorm2d(after)] if shortcut_norm else [])]
        self.skip = nn.Sequential(*skip)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Any) -> Any:
        return self.relu(self.path(x) + self.skip(x))


DEPTHS: Final = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Layers with weights -> blocks in each of the four stages; from 50 on blocks are bottlenecks."""


class ResNet(nn.Module):
    """He et al. 2016, table 1: a stem, four stages of residual blocks, the mean of each channel, a dense layer."""

    def __init__(self, depth: int = 18, classes: int = 1000, shortcut_norm: bool = True) -> None:
        super().__init__()
        bottleneck = depth >= 50
        self.stem = nn.Sequential(_conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        blocks: list[nn.Module] = []
        channels = 64
        for stage, count in enumerate(DEPTHS[depth]):
            for place in range(count):
                width, stride = 64 << stage, 2 if stage and not place else 1
                blocks.append(Block(channels, width, stride, bottleneck, shortcut_norm))
                channels = 4 * width if bottleneck else width
        self.blocks = nn.Sequential(*blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Any) -> Any:
        return self.fc(torch.flatten(self.avgpool(self.blocks(self.stem(x))), 1))


def resnet(depth: int = 18, *, classes: int = 1000, shortcut_norm: bool = True) -> nn.Module:
    """ResNet of this depth; the chapter's own downsampling has no norm in its shortcut: `shortcut_norm=False`."""
    return ResNet(depth, classes, shortcut_norm)


class AlexNet(nn.Module):
    """Krizhevsky 2014, one column: (N, 3, 224, 224) -> (N, 1000), 61,100,840 parameters."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for after, size, stride, padding, pooled in (
            (64, 11, 4, 2, True), (192, 5, 1, 2, True), (384, 3, 1, 1, False), (256, 3, 1, 1, False),
            (256, 3, 1, 1, True),
        ):  # fmt: skip
            layers += [nn.Conv2d(before, after, size, stride, padding), nn.ReLU(inplace=True)]
            layers += [nn.MaxPool2d(3, 2)] if pooled else []
            before = after
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 36, 4096), nn.ReLU(inplace=True),
            nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
