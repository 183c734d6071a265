"""A U-Net and a fully convolutional head: maps of the input's size."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


def double(before: int, after: int) -> nn.Module:
    """Two convolutions that keep the size."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True),
        nn.Conv2d(after, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True),
    )  # fmt: skip


class UNet(nn.Module):
    """Ronneberger et al. 2015, with padded convolutions; fits where each halving leaves no remainder."""

    def __init__(self, depth: int = 4, width: int = 16) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList(double(before, after) for before, after in zip([3, *widths], widths, strict=False))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(double(2 * w, w) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, x: Any) -> Any:
        skips = []
        for level, block in enumerate(self.down):
            x = block(self.pool(x) if level else x)
            skips.append(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skips[:-1]), strict=True):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.head(x)


class FCN(nn.Module):
    """A head that is scaled up to the input's size, whatever it is (Long et al. 2015)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU())
        self.atrous = nn.Conv2d(32, 32, 3, padding=4, dilation=4)
        self.head = nn.Sequential(nn.Conv2d(32, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
                                  nn.Dropout(0.1), nn.Conv2d(16, 5, 1))  # fmt: skip

    def forward(self, x: Any) -> Any:
        size = x.shape[-2:]
        x = F.relu(self.atrous(self.stem(x)))
        return {"out": F.interpolate(self.head(x), size=size, mode="bilinear", align_corners=False)}
