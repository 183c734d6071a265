"""The same layer again and again; how many times may be a symbol, and then its facts have closed forms.

    L  how many times      n, c  a size, and by how much one layer changes it      N  how many of something a layer has
    r, j, a  size, jump and start of a field      k, d  kernel and dilation
    w, s, b  of one layer: by how much it widens a field of one pixel, its stride, where that field starts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from solver.derivation import DoesNotFit, Quantity, component, formula, rank, total, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import (
    WHOLE,
    AxisField,
    Field,
    Hyper,
    Layer,
    NotFollowed,
    Row,
    Signal,
    channels_first,
    input_field,
    named,
    sizes_of,
)
from solver.layers.composite import Chain, Composite, summed
from solver.layers.window import FIELDS, Window
from solver.values import Shape, Value

if TYPE_CHECKING:
    from sympy import Expr

EQUAL = f"{FIELDS}, equation 2, summed over equal layers"

FIELD_REPEATED = formula(
    "field.repeated",
    "r + L*(k - 1)*d*j",
    symbol="r_out",
    source="Araujo, Norris & Sim 2019, equation 2, summed over equal layers of stride 1",
    whole_kernel_added="r + L*k*d*j",
    kernels_added_up="r - 1 + L*k*d*j",
    one_layer_too_few="r + (L - 1)*(k - 1)*d*j",
    pixel_itself_forgotten="r - 1 + L*(k - 1)*d*j",
)

WIDER = formula(
    "field.repeated_wider",
    "r + L*w*j",
    symbol="r_out",
    source=EQUAL,
    one_layer_too_few="r + (L - 1)*w*j",
    stride_ignored_in_field="r + L*w",
)

START = formula(
    "field.repeated_start",
    "a + L*b*j",
    symbol="a_out",
    source=EQUAL,
    one_layer_too_few="a + (L - 1)*b*j",
    stride_ignored_in_field="a + L*b",
)

STRIDED = formula(
    "field.repeated_strides",
    "r + w*j*(s**L - 1)/(s - 1)",
    symbol="r_out",
    source=EQUAL,
    stride_ignored_in_field="r + L*w*j",
)

STRIDED_JUMP = formula("field.repeated_jump", "j*s**L", symbol="j_out", source=EQUAL, strides_added="j + L*s")

STRIDED_START = formula(
    "field.repeated_strides_start",
    "a + b*j*(s**L - 1)/(s - 1)",
    symbol="a_out",
    source=EQUAL,
    stride_ignored_in_field="a + L*b*j",
)

SIZE = formula("repeated.size", "n + L*c", symbol="n_out", one_layer_too_few="n + (L - 1)*c", one_layer_only="n + c")

COUNT = formula("repeated.count", "L*N", symbol="N_all", one_layer_too_few="(L - 1)*N", one_layer_only="N")


@final
@frozen
class Repeat(Composite):
    """The same kind of layer L times in a row, each with weights of its own; L may be a symbol.

    With a symbolic L there are closed forms where a layer behind the first keeps the channels and changes each size by
    as much again.
    """

    layer: Layer
    times: Hyper

    def in_a_row(self) -> tuple[Layer, ...]:
        """Raises DoesNotFit where their number is not known."""
        if not isinstance(self.times, int):
            raise self._refused()
        return (self.layer,) * self.times

    def pass_through(self, signal: Signal) -> Signal:
        if isinstance(self.times, int):
            return Chain(self.in_a_row()).pass_through(signal)
        return Layer.pass_through(self, signal)

    def output(self, shape: Quantity) -> Quantity:
        if isinstance(self.times, int):
            return super().output(shape)
        if self._others(shape) is not None:
            first = self.layer.output(shape)
            channels, sizes = component(first, 0), sizes_of(shape)[1:]
            changes = self._changes(first)[1:]
        else:
            channels, *sizes = sizes_of(shape)
            changes = self._changes(shape)[1:]
        if not sizes:
            return shape_of(named([channels]), self.name)
        grown = zip(sizes, changes, strict=True)
        after = [n if c == 0 else SIZE(self.name, n=n, L=self.times, c=c) for n, c in grown]
        return channels_first(channels, after, self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        return self._all("parameters", shape)

    def buffers(self, shape: Quantity) -> Quantity:
        return self._all("buffers", shape)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return self._all("multiplications", shape)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self._all("macs", shape)

    def activations(self, shape: Quantity, output: Quantity) -> Value:
        return value_of(self._all("activations", shape))

    def seen(self, field: Field, shape: Quantity) -> Field:
        return super().seen(field, shape) if isinstance(self.times, int) else self.reach(field)

    def reach(self, field: Field) -> Field:
        if isinstance(self.times, int):
            return Chain(self.in_a_row()).reach(field)
        one = self.layer.reach(input_field(len(field)))
        if field == WHOLE or one == WHOLE:
            return WHOLE
        return tuple(self._repeated(*each) for each in zip(field, one, range(len(field)), strict=True))

    def _repeated(self, axis: AxisField, one: AxisField, index: int) -> AxisField:
        """What is seen along an axis, from what one layer sees on pixels."""
        size, stride, start = (value_of(fact) for fact in (one.size, one.jump, one.start))
        if one.phases != () or axis.phases != () or not isinstance(stride, int):
            raise NotFollowed("field.phases", {"L": self.times, "j": stride})
        wider: Any = size - 1  # type: ignore[operator]  # a number or an expression
        times: dict[str, Quantity] = {"L": self.times, "j": axis.jump}
        before: dict[str, Quantity] = {"a": axis.start, "b": start}
        if stride != 1:
            strides = times | {"s": stride}
            return AxisField(
                STRIDED(self.name, r=axis.size, w=wider, **strides),
                STRIDED_JUMP(self.name, **strides),
                axis.start if start == 0 else STRIDED_START(self.name, **before, **strides),
            )
        window = getattr(self.layer, "window", None)
        if isinstance(window, Window):
            k, _, _, d = window.axes[index]
            seen = FIELD_REPEATED(self.name, r=axis.size, k=k, d=d, **times)
        else:
            seen = WIDER(self.name, r=axis.size, w=wider, **times)
        return AxisField(seen, axis.jump, axis.start if start == 0 else START(self.name, **before, **times))

    def _changes(self, shape: Quantity) -> list[Any]:
        """By how much one layer changes each size; raises DoesNotFit where the next one changes them otherwise."""
        before: Any = value_of(shape)
        after: Any = value_of(self.layer.output(before))
        if len(before) != len(after):
            raise self._refused()
        changes = [later - n for n, later in zip(before, after, strict=True)]
        if any(change != 0 for change in changes) and (changes[0] != 0 or not self._steps_by_one(len(before) - 1)):
            raise self._refused()
        return changes

    def _steps_by_one(self, axes: int) -> bool:
        """Whether the next output looks one input further, so that every size changes by as much."""
        one = self.layer.reach(input_field(axes))
        return one != WHOLE and all(value_of(axis.jump) == 1 for axis in one)

    def _others(self, shape: Quantity) -> Repeat | None:
        """The layers behind the first, where that one alone changes the channels; else None."""
        before: Any = value_of(shape)
        after: Any = value_of(self.layer.output(before))
        if len(before) != len(after) or before[0] == after[0]:
            return None
        return Repeat(self.layer, self.times - 1, name=self.name)

    def _all(self, fact: str, shape: Quantity) -> Quantity:
        """What all layers have of something."""
        if isinstance(self.times, int):
            return summed(self.rows(shape), fact, self.name)
        if (others := self._others(shape)) is not None:
            first = summed(self._one(shape), fact, self.name)
            behind = others._all(fact, self.layer.output(shape))
            return total({"first": first, "others": behind}, self.name)
        changes = self._changes(shape)
        if fact in ("parameters", "buffers") or all(change == 0 for change in changes):
            return COUNT(self.name, L=self.times, N=summed(self._one(shape), fact, self.name))
        return self._summed(fact, shape, changes)

    def _one(self, shape: Quantity) -> tuple[Row, ...]:
        return self.layer.pass_through(Signal(shape, input_field(rank(shape) - 1))).rows

    def _summed(self, fact: str, shape: Quantity, changes: list[Any]) -> Value:
        """The sum over layers whose inputs become larger or smaller."""
        from solver.symbols import counter, expression, sum_over  # SymPy, only where sizes change on the way

        place = counter(str(self.times))
        sizes = (expression(value_of(component(shape, axis))) + place * c for axis, c in enumerate(changes))
        here: Expr = expression(value_of(summed(self._one(Shape(sizes)), fact)))
        return sum_over(here, place, self.times)

    def _refused(self) -> DoesNotFit:
        return self.misfit(times=self.times, layer=self.layer.kind)
