"""Small networks that do what people do in `forward`: share, slice, merge, loop, compute with parameters alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations


class Shared(nn.Module):
    """One convolution used twice, and its weights a third time by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x: Any) -> Any:
        x = self.act(self.conv(x))
        x = self.act(self.conv(x))
        return F.conv2d(x, self.conv.weight, bias=self.conv.bias, padding=1)


class Tied(nn.Module):
    """Words in and words out by the same matrix, with biases of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.inner = nn.Linear(8, 8)
        self.decode = nn.Linear(8, 50)
        self.decode.weight = self.embed.weight

    def forward(self, words: Any) -> Any:
        return self.decode(torch.tanh(self.inner(self.embed(words))))


class TwoInputs(nn.Module):
    """An image and a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, stride=2)
        self.fc = nn.Linear(5, 6)
        self.head = nn.Linear(12, 2)

    def forward(self, image: Any, vector: Any = None) -> Any:
        seen = self.conv(image).mean(dim=(2, 3))
        return self.head(torch.cat([seen, F.relu(self.fc(vector))], dim=-1))


class Functional(nn.Module):
    """No layers, parameters alone."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(6, 3, 3, 3))
        self.bias = nn.Parameter(torch.ones(6))
        self.scale = nn.Parameter(torch.ones(6, 1, 1))
        self.out = nn.Parameter(torch.ones(6, 10))
        self.frozen = nn.Parameter(torch.ones(10), requires_grad=False)

    def forward(self, x: Any) -> Any:
        x = F.conv2d(input=x, weight=self.weight, bias=self.bias, stride=(2, 1), padding="valid")
        x = F.max_pool2d(F.relu(x * self.scale, inplace=True), 2)
        x = F.adaptive_avg_pool2d(F.batch_norm(x, None, None, training=True), 1).flatten(1)
        return F.log_softmax(x @ self.out + self.frozen, dim=1)


class Standardised(nn.Conv2d):
    """A convolution whose weights are standardised each time."""

    def forward(self, x: Any) -> Any:
        flat = self.weight.reshape(self.out_channels, -1)
        weight = (flat - flat.mean(1, keepdim=True)) / (flat.std(1, keepdim=True) + 1e-5)
        return F.conv2d(x, weight.view_as(self.weight), self.bias, self.stride, self.padding)


class LowRank(nn.Module):
    """A dense layer whose matrix is a product of two."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Parameter(torch.ones(20, 2)), nn.Parameter(torch.ones(2, 12))

    def forward(self, x: Any) -> Any:
        return F.linear(x, self.left @ self.right)


class Positions(nn.Module):
    """Attention with a bias that a small network computes from positions alone."""

    def __init__(self, side: int = 4, width: int = 8, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.register_buffer("places", torch.zeros(side * side, side * side, 2))
        self.bias = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, heads, bias=False))
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        count, length, width = x.shape
        q, k, v = self.qkv(x).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        bias = 16 * torch.sigmoid(self.bias(self.places)).permute(2, 0, 1)
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads) + bias.unsqueeze(0)
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Windows(nn.Module):
    """Shifted windows: what a Swin transformer does to shapes."""

    def __init__(self, width: int = 8, window: int = 4) -> None:
        super().__init__()
        self.window = window
        self.table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, 2))
        places = torch.arange(window**4) % (2 * window - 1) ** 2
        self.register_buffer("index", places)
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Any) -> Any:
        count, height, wide, width = x.shape
        size = self.window
        x = torch.roll(self.norm(x), shifts=(-2, -2), dims=(1, 2))
        x = x.view(count, height // size, size, wide // size, size, width)
        x = x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size * size, width)
        q, k, v = self.qkv(x).reshape(x.size(0), size * size, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        bias = self.table[self.index].view(size * size, size * size, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        x = F.softmax(q @ k.transpose(-2, -1) + bias, dim=-1) @ v
        x = x.transpose(1, 2).reshape(-1, size, size, width)
        x = x.view(count, height // size, wide // size, size, size, width).permute(0, 1, 3, 2, 4, 5)
        x = x.reshape(count, height, wide, width).roll((2, 2), (1, 2))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2, :], x[:, 1::2, 1::2]], -1)
        return self.merge(x)


class ChannelsLast(nn.Module):
    """Dense layers along the channels: what a ConvNeXt block does."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Any) -> Any:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.down(F.gelu(self.up(y)))
        return x + y.permute(0, 3, 1, 2)


class Shuffled(nn.Module):
    """Halves of the channels, shuffled by a view: what a ShuffleNet does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1, groups=4)

    def forward(self, x: Any) -> Any:
        left, right = x.chunk(2, dim=1)
        x = torch.cat((left, self.conv(right)), dim=1)
        count, channels, height, width = x.size()
        x = x.view(count, 2, channels // 2, height, width).transpose(1, 2).contiguous()
        return x.view(count, -1, height, width)


class Frames(nn.Module):
    """Frames of a film put into the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.norm = nn.BatchNorm2d(5)
        self.fc = nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        count, frames = x.shape[:2]
        x = self.norm(self.conv(x.flatten(0, 1))).mean((-2, -1)).view(count, frames, -1)
        return self.fc(x.mean(dim=1))


class InPlace(nn.Module):
    """Operators that change their argument, and assignment to a part."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Any) -> Any:
        y = self.conv(x)
        y.mul_(2).add_(x)
        y += 1
        z = torch.zeros_like(y)
        z[:, :, 1:] = y[:, :, :-1]
        z[..., 0].copy_(y[..., 0])
        return z.clamp_(0, 6) - x.new_ones(1, 3, 1, 1)


class Asked(nn.Module):
    """Code that asks about shapes and types, and goes on accordingly."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Conv2d(2, 2, 3), nn.Conv2d(2, 2, 5)

    def forward(self, x: Any) -> Any:
        assert isinstance(x, torch.Tensor) and x.is_floating_point() and x.dtype == torch.float32
        if x.dim() != 4 or x.device.type == "cuda" or len(x) != 1:
            raise ValueError("a batch of images is expected")
        for _ in range(x.shape[1]):
            x = self.large(x) if min(x.shape[-2:]) > 20 else self.small(x)
        mask = torch.arange(x.size(-1), device=x.device) >= 1
        zeros = torch.zeros(x.shape, dtype=x.dtype, device=x.device)
        return torch.where(mask, x, zeros).reshape(x.shape[0], -1)[:, : x.numel() // 2]


class Sums(nn.Module):
    """Products written with einsum, bmm and attention."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k = nn.Linear(8, 8), nn.Linear(8, 8)
        self.core = nn.Parameter(torch.ones(8, 6))
        self.register_buffer("mask", torch.tril(torch.ones(7, 7)))

    def forward(self, x: Any) -> Any:
        q, k = self.q(x), self.k(x)
        scores = torch.einsum("bqd,bkd->bqk", q, k).masked_fill(self.mask == 0, float("-inf"))
        y = torch.bmm(torch.softmax(scores, -1), x)
        y = y + F.scaled_dot_product_attention(q, k, x, is_causal=True)
        return torch.einsum("bld,de->ble", y, self.core).max(dim=1).values


class Heads(nn.Module):
    """torch's own attention in each of its forms."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        self.cross = nn.MultiheadAttention(8, 2, kdim=6, vdim=6, batch_first=batch_first)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first)
        self.memory = nn.Linear(8, 6)
        self.batch_first = batch_first

    def forward(self, x: Any) -> Any:
        x = x if self.batch_first else x.transpose(0, 1)
        y, weights = self.attend(x, x, x)
        memory = self.memory(x)
        y = y + self.cross(x, memory, memory, need_weights=False)[0]
        y = self.layer(y)
        return (y if self.batch_first else y.transpose(0, 1)), weights


class Pyramid(nn.Module):
    """Maps of several sizes, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(3 if i == 0 else 4, 4, 3, 2, 1) for i in range(3))
        self.lateral = nn.ModuleDict({str(i): nn.Conv2d(4, 4, 1) for i in range(3)})

    def forward(self, x: Any) -> Any:
        maps = []
        for stage in self.stages:
            x = torch.relu(stage(x))
            maps.append(x)
        top = self.lateral["2"](maps[2])
        found = {"2": top}
        for level in (1, 0):
            top = self.lateral[str(level)](maps[level]) + F.interpolate(top, size=maps[level].shape[-2:])
            found[str(level)] = top
        return found


class Residual1d(nn.Module):
    """Sound: dilated one-dimensional convolutions, cut where they are shorter."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv1d(4, 4, 2, dilation=2**i) for i in range(3))
        self.norm = nn.GroupNorm(2, 4)
        self.up = nn.ConvTranspose1d(4, 2, 4, 2, 1)

    def forward(self, x: Any) -> Any:
        for conv in self.convs:
            y = F.glu(torch.cat([conv(x), conv(x)], 1), dim=1)
            x = x[:, :, -y.size(2) :] + y
            x = F.pad(x, (1, 0))
        return self.up(F.instance_norm(self.norm(x)))


class Recurrent(nn.Module):
    """An operation that has no formula here."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 5, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(10, 3)

    def forward(self, x: Any) -> Any:
        y, (h, _) = self.lstm(x)
        return self.fc(y[:, -1]) + self.fc(torch.cat([h[-2], h[-1]], -1))


class Spectral(nn.Module):
    """A transform that has no formula here, inside a named part."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = Fourier()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Any) -> Any:
        return self.conv(self.mix(x))


class Fourier(nn.Module):
    """Low frequencies, weighted."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3, 8, 5))

    def forward(self, x: Any) -> Any:
        return torch.fft.irfft2(torch.fft.rfft2(x) * self.weight, s=x.shape[-2:])


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class ByValue(nn.Module):
    """What happens depends on numbers."""

    def __init__(self, ask: Callable[[Any], Any]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.ask = ask

    def forward(self, x: Any) -> Any:
        y = self.conv(x)
        if self.ask(y):
            y = y + 1
        return y


class Hooked(nn.Module):
    """Modules with hooks, and weights made anew by them."""

    def __init__(self) -> None:
        super().__init__()
        self.normed = parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
        self.spectral = parametrizations.spectral_norm(nn.Linear(4, 5))
        self.plain = nn.Conv2d(4, 4, 1)
        self.plain.register_forward_hook(lambda module, args, made: made * 2)
        self.seen: list[Any] = []
        self.plain.register_forward_pre_hook(lambda module, args: self.seen.append(args[0].shape))

    def forward(self, x: Any) -> Any:
        return self.spectral(self.plain(self.normed(x)).amax((2, 3)))


class Checkpointed(nn.Module):
    """A part that would be computed twice in training, and a function with a gradient of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU())

    def forward(self, x: Any) -> Any:
        return torch.utils.checkpoint.checkpoint(self.part, x, use_reentrant=False) + x


class Rounded(torch.autograd.Function):
    """Rounding that lets gradients through."""

    @staticmethod
    def forward(context: Any, x: Any) -> Any:
        return x.round()

    @staticmethod
    def backward(context: Any, gradient: Any) -> Any:
        return gradient


class Quantised(nn.Module):
    """A function with a gradient of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x: Any) -> Any:
        return Rounded.apply(self.conv(x))


class Dynamic(nn.Module):
    """Weights that another part of the network computes."""

    def __init__(self) -> None:
        super().__init__()
        self.make = nn.Linear(3, 3 * 4 * 9)

    def forward(self, x: Any) -> Any:
        weight = self.make(x.mean((2, 3))).view(4, 3, 3, 3)
        return F.conv2d(x, weight, padding=1)


class Compared(nn.Module):
    """Functions of torch's that are written in Python."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Bilinear(4, 4, 3), nn.PReLU(3)
        self.fc = nn.Linear(3, 3)

    def forward(self, x: Any, y: Any) -> Any:
        z = self.two(self.one(F.normalize(x, dim=-1), F.normalize(y, dim=-1)))
        return F.gumbel_softmax(self.fc(z)) if self.training else F.cosine_similarity(z, self.fc(z), dim=-1)
