"""What every layer that slides a window obeys, whatever it computes under the window.

n  length of one axis      k, s, p, d  kernel, stride, padding (on each side), dilation
r, j, a  size, jump and start of a field
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import final

from solver.derivation import DoesNotFit, Quantity, formula
from solver.layers.base import AxisField, Field, Hyper

GUIDE = "Dumoulin & Visin 2016, A guide to convolution arithmetic for deep learning"
FIELDS = "Araujo, Norris & Sim 2019, Computing receptive fields of convolutional neural networks"

OUTPUT_SIZE = formula(
    "window.output_size",
    "floor((n + 2*p - d*(k - 1) - 1)/s) + 1",
    symbol="n_out",
    source=f"{GUIDE}, relationship 15",
    needs="n + 2*p >= d*(k - 1) + 1",
    no_plus_one="floor((n + 2*p - d*(k - 1) - 1)/s)",
    padded_once="floor((n + p - d*(k - 1) - 1)/s) + 1",
    dilation_ignored="floor((n + 2*p - (k - 1) - 1)/s) + 1",
    stride_ignored="n + 2*p - d*(k - 1)",
    rounded_up="ceil((n + 2*p - d*(k - 1) - 1)/s) + 1",
    edges_kept="ceil(n/s)",
)

FIELD_SIZE = formula(
    "field.size",
    "r + (k - 1)*d*j",
    symbol="r_out",
    source=f"{FIELDS}, equation 2",
    stride_ignored_in_field="r + (k - 1)*d",
    whole_kernel_added="r + k*d*j",
    kernels_added_up="r - 1 + min(r - 1, 1) + k*d*j",
    dilation_ignored_in_field="r + (k - 1)*j",
)

FIELD_JUMP = formula("field.jump", "j*s", symbol="j_out", source=f"{FIELDS}, equation 2")

FIELD_START = formula("field.start", "a - p*j", symbol="a_out", source=f"{FIELDS}, equation 3")


@final
@dataclass(frozen=True)
class Window:
    """How a window slides, a value for each axis."""

    kernel: tuple[Hyper, ...]
    stride: tuple[Hyper, ...]
    padding: tuple[Hyper, ...]
    dilation: tuple[Hyper, ...]

    @cached_property
    def axes(self) -> list[tuple[Hyper, Hyper, Hyper, Hyper]]:
        """k, s, p and d of each axis."""
        return list(zip(self.kernel, self.stride, self.padding, self.dilation, strict=True))


def output_sizes(sizes: Sequence[Quantity], window: Window, about: str) -> list[Quantity]:
    """floor((n + 2 p - d (k - 1) - 1)/s) + 1 along each axis; equal axes are computed once."""
    made: list[Quantity] = []
    for index, (n, (k, s, p, d)) in enumerate(zip(sizes, window.axes, strict=True)):
        if index and n == sizes[index - 1] and window.axes[index] == window.axes[index - 1]:
            made.append(made[-1])
        else:
            made.append(OUTPUT_SIZE(about, n=n, p=p, d=d, k=k, s=s))
    return made


def reached(field: Field, window: Window, about: str) -> Field:
    """The field behind a window: r + (k - 1) d j, j s and a - p j along each axis; equal axes are computed once."""
    if len(field) != len(window.axes):
        raise DoesNotFit("field", {"axes": len(field), "kernel": len(window.axes)})
    made: list[AxisField] = []
    for index, (axis, (k, s, p, d)) in enumerate(zip(field, window.axes, strict=True)):
        if index and axis is field[index - 1] and window.axes[index] == window.axes[index - 1]:
            made.append(made[-1])
            continue
        size = FIELD_SIZE(about, r=axis.size, k=k, d=d, j=axis.jump)
        jump = FIELD_JUMP(about, j=axis.jump, s=s)
        made.append(AxisField(size, jump, FIELD_START(about, a=axis.start, p=p, j=axis.jump)))
    return tuple(made)


def taps(kernel: Sequence[int], dilation: Sequence[int]) -> list[tuple[int, ...]]:
    """The offsets of a kernel's cells from the window's first one, in reading order."""
    axes = (range(0, k * d, d) for k, d in zip(kernel, dilation, strict=True))
    return list(product(*axes))
