"""What every layer that slides a window obeys, whatever it computes under the window.

n  length of one axis      k, s, p, d  kernel, stride, padding (on each side), dilation
p_1, p_2  padding before and behind where they differ      r, j, a  size, jump and start of a field
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import final

from solver.derivation import Derived, DoesNotFit, Given, Quantity, formula
from solver.frozen import frozen
from solver.layers.base import WHOLE, AxisField, Field, Hyper, Reads, whole
from solver.layers.grid import repeated
from solver.layers.phases import counted, tapped

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
    padding_forgotten="floor((n - d*(k - 1) - 1)/s) + 1",
    floor_forgotten="(n + 2*p - d*(k - 1) - 1)/s + 1",
    divided_by_stride="min(s - 1, 1)*n/s + (1 - min(s - 1, 1))*(n + 2*p - d*(k - 1))",
    rounded_down="min(s - 1, 1)*floor(n/s) + (1 - min(s - 1, 1))*(n + 2*p - d*(k - 1))",
)

OUTPUT_SIZE_CEIL = formula(
    "window.output_size_ceil",
    "floor((n + min(2*p - d*(k - 1) + s - 2, p - 1))/s) + 1",
    symbol="n_out",
    source="torch, pooling with ceil_mode: the last window has to start inside the input or the padding before it",
    needs="n + 2*p + s >= d*(k - 1) + 2",
    last_window_dropped="floor((n + 2*p - d*(k - 1) - 1)/s) + 1",
    last_window_outside="floor((n + 2*p - d*(k - 1) + s - 2)/s) + 1",
    no_plus_one="floor((n + min(2*p - d*(k - 1) + s - 2, p - 1))/s)",
    padded_once="floor((n + min(p - d*(k - 1) + s - 2, p - 1))/s) + 1",
    dilation_ignored="floor((n + min(2*p - (k - 1) + s - 2, p - 1))/s) + 1",
)

OUTPUT_SIZE_UNEVEN = formula(
    "window.output_size_uneven",
    "floor((n + p_1 + p_2 - d*(k - 1) - 1)/s) + 1",
    symbol="n_out",
    source=f"{GUIDE}, relationship 15, with a padding for each side",
    needs="n + p_1 + p_2 >= d*(k - 1) + 1",
    no_plus_one="floor((n + p_1 + p_2 - d*(k - 1) - 1)/s)",
    padded_once="floor((n + p_1 - d*(k - 1) - 1)/s) + 1",
    dilation_ignored="floor((n + p_1 + p_2 - (k - 1) - 1)/s) + 1",
    stride_ignored="n + p_1 + p_2 - d*(k - 1)",
)

SAME_BEFORE = formula(
    "padding.same_before",
    "floor(d*(k - 1)/2)",
    symbol="p_1",
    source="torch, padding='same'",
    dilation_ignored="floor((k - 1)/2)",
    whole_kernel_padded="floor(d*k/2)",
)

SAME_BEHIND = formula(
    "padding.same_behind",
    "ceil(d*(k - 1)/2)",
    symbol="p_2",
    source="torch, padding='same': an odd number of cells leaves one more behind",
    dilation_ignored="ceil((k - 1)/2)",
    whole_kernel_padded="ceil(d*k/2)",
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
    layer_ignored="r",
)

FIELD_JUMP = formula(
    "field.jump",
    "j*s",
    symbol="j_out",
    source=f"{FIELDS}, equation 2",
    strides_added="j + s",
    layer_ignored="j",
)

FIELD_START = formula(
    "field.start",
    "a - p*j",
    symbol="a_out",
    source=f"{FIELDS}, equation 3",
    padding_forgotten="a",
    stride_ignored_in_field="a - p",
)


@final
@frozen
class Window:
    """How a window slides, a value for each axis.

    `same` pads so that the size is kept, perhaps one cell more behind than before; `ceil` keeps a last window though it
    is not full.
    """

    kernel: tuple[Hyper, ...]
    stride: tuple[Hyper, ...]
    padding: tuple[Hyper, ...]
    dilation: tuple[Hyper, ...]
    same: bool = False
    ceil: bool = False

    @cached_property
    def axes(self) -> list[tuple[Hyper, Hyper, Hyper, Hyper]]:
        """k, s, p (before the first cell) and d of each axis."""
        return list(zip(self.kernel, self.stride, self.padding, self.dilation, strict=True))


def output_sizes(sizes: Sequence[Quantity], window: Window, about: str) -> list[Quantity]:
    """floor((n + 2 p - d (k - 1) - 1)/s) + 1 along each axis; equal axes are computed once."""
    rule = OUTPUT_SIZE_CEIL if window.ceil else OUTPUT_SIZE
    made: list[Quantity] = []
    for index, (n, (k, s, p, d)) in enumerate(zip(sizes, window.axes, strict=True)):
        if index and n == sizes[index - 1] and window.axes[index] == window.axes[index - 1]:
            made.append(made[-1])
        elif window.same:
            before, behind = (side(about, d=known(d, n), k=k) for side in (SAME_BEFORE, SAME_BEHIND))
            made.append(OUTPUT_SIZE_UNEVEN(about, n=n, p_1=before, p_2=behind, d=d, k=k, s=s))
        else:
            made.append(rule(about, n=n, p=p, d=d, k=k, s=s))
    return made


def reached(field: Field, window: Window, about: str) -> Field:
    """The field behind a window: r + (k - 1) d j, j s and a - p j along each axis; equal axes are computed once."""
    if field == WHOLE:
        return WHOLE
    if len(field) != len(window.axes):
        raise DoesNotFit("field", {"axes": len(field), "kernel": len(window.axes)})
    made: list[AxisField] = []
    for index, (axis, values) in enumerate(zip(field, window.axes, strict=True)):
        if index and axis is field[index - 1] and values == window.axes[index - 1]:
            made.append(made[-1])
        else:
            made.append(_reached(axis, values, window.same, about))
    return tuple(made)


def _reached(axis: AxisField, window: tuple[Hyper, Hyper, Hyper, Hyper], same: bool, about: str) -> AxisField:
    k, s, p, d = window
    jump = FIELD_JUMP(about, j=axis.jump, s=s)
    if axis.phases != ():
        cells, stride, padding, dilation = counted(k, s, p, d)
        return tapped(axis, (tuple(m * dilation - padding for m in range(cells)),), stride, jump, about)
    size = FIELD_SIZE(about, r=axis.size, k=k, d=d, j=axis.jump)
    before = SAME_BEFORE(about, d=known(d, axis.start), k=k) if same else p
    return AxisField(size, jump, FIELD_START(about, a=axis.start, p=before, j=axis.jump))


def cells_read(before: Sequence[int], after: Sequence[int], window: Window, mode: str = "zeros") -> Reads:
    """The cells i s - p + m d, 0 <= m < k, that each window i takes along each axis, those in the padding repeated."""
    made = []
    for n, outputs, axis in zip(before, after, window.axes, strict=True):
        k, s, p, d = map(whole, axis)
        made.append(tuple(repeated(range(i * s - p, i * s - p + k * d, d), n, mode) for i in range(outputs)))
    return tuple(made)


def known(value: Hyper, beside: Quantity) -> Quantity:
    """A hyper-parameter as a premise: given where what it is used beside is derived, so that its step is shown."""
    return Given("d", value) if isinstance(beside, Given | Derived) else value


def taps(kernel: Sequence[int], dilation: Sequence[int]) -> list[tuple[int, ...]]:
    """The offsets of a kernel's cells from the window's first one, in reading order."""
    axes = (range(0, k * d, d) for k, d in zip(kernel, dilation, strict=True))
    return list(product(*axes))
