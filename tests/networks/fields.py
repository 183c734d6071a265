"""Networks as TensorFlow's slim models have them, as terms of ours with one channel: only their windows matter here."""

from __future__ import annotations

from collections.abc import Sequence

from solver.layers.base import Layer
from solver.layers.composite import Chain, Concat, Sum
from solver.layers.convolution import Conv2d
from solver.layers.pooling import AvgPool2d, MaxPool2d


def conv(kernel: int | tuple[int, int], stride: int = 1, padding: str = "same") -> Layer:
    """A convolution that keeps the size but for its stride, or without padding."""
    sizes = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return Conv2d(1, sizes, stride, 0 if padding == "valid" else tuple(k // 2 for k in sizes))


def path(*kernels: int | tuple[int, int], stride: int = 1, padding: str = "same") -> Layer:
    """Convolutions one after the other, the last one with a stride."""
    *first, last = kernels
    return Chain((*(conv(kernel) for kernel in first), conv(last, stride, padding)))


def alexnet_v2() -> Layer:
    pool = MaxPool2d(3, 2)
    return Chain((conv(11, 4, "valid"), pool, conv(5), pool, conv(3), conv(3), conv(3), pool))


def vgg_16() -> Layer:
    return Chain(tuple(Chain((*(conv(3),) * count, MaxPool2d(2))) for count in (2, 2, 3, 3, 3)))


def resnet_v1(blocks: Sequence[int]) -> Layer:
    """He et al. 2015; the last unit of a block has the stride, and a shortcut that leaves every second one out."""
    made: list[Layer] = [conv(7, 2), MaxPool2d(3, 2, 1)]
    for number, units in enumerate(blocks):
        for unit in range(units):
            stride = 2 if unit == units - 1 and number < len(blocks) - 1 else 1
            inner = Chain((conv(1), conv(3, stride), conv(1)))
            made.append(Sum((inner, Chain() if stride == 1 else MaxPool2d(1, stride)), name=f"block{number}_{unit}"))
    return Chain(tuple(made))


def mobilenet_v1() -> Layer:
    """Howard et al. 2017: convolutions channel by channel and 1 x 1 in turn."""
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    return Chain((conv(3, 2), *(layer for stride in strides for layer in (conv(3, stride), conv(1)))))


def inception_v2() -> Layer:
    """Ioffe & Szegedy 2015."""
    mixed = Concat((conv(1), path(1, 3), path(1, 3, 3), Chain((AvgPool2d(3, 1, 1), conv(1)))))
    smaller = Concat((path(1, 3, stride=2), path(1, 3, 3, stride=2), MaxPool2d(3, 2, 1)))
    stem = (conv(7, 2), MaxPool2d(3, 2, 1), conv(1), conv(3), MaxPool2d(3, 2, 1))
    return Chain((*stem, mixed, mixed, smaller, *(mixed,) * 4, smaller, mixed, mixed))


def inception_v3() -> Layer:
    """Szegedy et al. 2015."""
    pooled = Chain((AvgPool2d(3, 1, 1), conv(1)))
    mixed_5 = Concat((conv(1), path(1, 5), path(1, 3, 3), pooled))
    mixed_6a = Concat((conv(3, 2, "valid"), path(1, 3, 3, stride=2, padding="valid"), MaxPool2d(3, 2)))
    seven = path(1, (7, 1), (1, 7), (7, 1), (1, 7))
    mixed_6 = Concat((conv(1), path(1, (1, 7), (7, 1)), seven, pooled))
    seven_3 = path(1, (1, 7), (7, 1), 3, stride=2, padding="valid")
    mixed_7a = Concat((path(1, 3, stride=2, padding="valid"), seven_3, MaxPool2d(3, 2)))
    crossed = Concat((conv((1, 3)), conv((3, 1))))
    mixed_7 = Concat((conv(1), Chain((conv(1), crossed)), Chain((conv(1), conv(3), crossed)), pooled))
    first = (conv(3, 2, "valid"), conv(3, padding="valid"), conv(3), MaxPool2d(3, 2))
    then = (conv(1), conv(3, padding="valid"), MaxPool2d(3, 2))
    return Chain((*first, *then, *(mixed_5,) * 3, mixed_6a, *(mixed_6,) * 4, mixed_7a, mixed_7, mixed_7))


def inception_v4() -> Layer:
    """Szegedy et al. 2016: a stem of its own, then modules as those of the third with more of the same."""
    pooled = Chain((AvgPool2d(3, 1, 1), conv(1)))
    halved = Concat((conv(3, 2, "valid"), MaxPool2d(3, 2)))
    crossed = Concat((conv((1, 3)), conv((3, 1))))
    stem = (
        conv(3, 2, "valid"), conv(3, padding="valid"), conv(3), halved,
        Concat((path(1, 3, padding="valid"), path(1, (1, 7), (7, 1), 3, padding="valid"))), halved,
    )  # fmt: skip
    mixed_a = Concat((conv(1), path(1, 3), path(1, 3, 3), pooled))
    reduced_a = Concat((conv(3, 2, "valid"), path(1, 3, 3, stride=2, padding="valid"), MaxPool2d(3, 2)))
    mixed_b = Concat((conv(1), path(1, (1, 7), (7, 1)), path(1, (7, 1), (1, 7), (7, 1), (1, 7)), pooled))
    seven = path(1, (1, 7), (7, 1), 3, stride=2, padding="valid")
    reduced_b = Concat((path(1, 3, stride=2, padding="valid"), seven, MaxPool2d(3, 2)))
    mixed_c = Concat((conv(1), Chain((conv(1), crossed)), Chain((path(1, (3, 1), (1, 3)), crossed)), pooled))
    return Chain((*stem, *(mixed_a,) * 4, reduced_a, *(mixed_b,) * 7, reduced_b, *(mixed_c,) * 3))


def inception_resnet_v2() -> Layer:
    """Szegedy et al. 2016: the stem of the third, then Inception's paths beside the identity."""

    def residual(*paths: Layer) -> Layer:
        return Sum((Chain(), Chain((Concat((conv(1), *paths)), conv(1)))))

    pooled = Chain((AvgPool2d(3, 1, 1), conv(1)))
    first = (conv(3, 2, "valid"), conv(3, padding="valid"), conv(3), MaxPool2d(3, 2))
    then = (conv(1), conv(3, padding="valid"), MaxPool2d(3, 2))
    mixed_5 = Concat((conv(1), path(1, 5), path(1, 3, 3), pooled))
    block35, block17 = residual(path(1, 3), path(1, 3, 3)), residual(path(1, (1, 7), (7, 1)))
    mixed_6 = Concat((conv(3, 2, "valid"), path(1, 3, 3, stride=2, padding="valid"), MaxPool2d(3, 2)))
    short, long = path(1, 3, stride=2, padding="valid"), path(1, 3, 3, stride=2, padding="valid")
    mixed_7 = Concat((short, short, long, MaxPool2d(3, 2)))
    block8 = residual(path(1, (1, 3), (3, 1)))
    blocks = (*(block35,) * 10, mixed_6, *(block17,) * 20, mixed_7, *(block8,) * 10)
    return Chain((*first, *then, mixed_5, *blocks, conv(1)))
