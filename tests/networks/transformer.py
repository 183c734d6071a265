"""A vision transformer (Dosovitskiy et al. 2020): patches, a class token, attention."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

Norm = partial(nn.LayerNorm, eps=1e-6)


class Encoder(nn.Module):
    """Self-attention and a small dense network, each beside the identity."""

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.ln_1 = Norm(width)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = Norm(width)
        self.mlp = nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Dropout(0.0), nn.Linear(inner, width))

    def forward(self, tokens: Any) -> Any:
        x = self.ln_1(tokens)
        x, _ = self.self_attention(x, x, x, need_weights=False)
        x = x + tokens
        return x + self.mlp(self.ln_2(x))


class ViT(nn.Module):
    """Square images in square patches."""

    def __init__(self, side: int = 224, patch: int = 16, width: int = 768, layers: int = 12, heads: int = 12) -> None:
        super().__init__()
        self.side, self.patch = side, patch
        self.conv_proj = nn.Conv2d(3, width, patch, patch)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embedding = nn.Parameter(torch.zeros(1, (side // patch) ** 2 + 1, width))
        self.layers = nn.Sequential(*(Encoder(width, heads, 4 * width) for _ in range(layers)))
        self.ln = Norm(width)
        self.head = nn.Linear(width, 1000)

    def forward(self, x: Any) -> Any:
        count, _, height, wide = x.shape
        torch._assert(height == self.side, f"the height is {height}, and not {self.side}")
        x = self.conv_proj(x).reshape(count, -1, (height // self.patch) * (wide // self.patch)).permute(0, 2, 1)
        x = torch.cat([self.class_token.expand(count, -1, -1), x], dim=1)
        x = self.ln(self.layers(x + self.pos_embedding))
        return self.head(x[:, 0])


class Written(nn.Module):
    """Attention written out: one projection for queries, keys and values."""

    def __init__(self, width: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Any) -> Any:
        count, length, width = x.shape
        q, k, v = self.qkv(x).reshape(count, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)) * (width // self.heads) ** -0.5
        return x + self.gamma * self.proj((scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(count, length, width))
