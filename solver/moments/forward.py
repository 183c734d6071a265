"""Rules of a network without biases, on exact numbers: what a layer makes of its input, how all of it scales.

    z_l = relu(z_(l-1) W_l)      y = z_L w      W_l -> s W_l: z_l -> s^l z_l      sum of w dy/dw over a layer = y
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias, cast

from solver.derivation import Conclusion, Rule, formula
from solver.values import Rounded, Value

Row: TypeAlias = "tuple[Fraction, ...]"
Matrix: TypeAlias = "tuple[Row, ...]"

HOMOGENEITY = "Euler's theorem on homogeneous functions"


def _times(z: Row, matrix: Matrix) -> Row:
    columns = zip(*matrix, strict=True)
    return tuple(sum((a * b for a, b in zip(z, column, strict=True)), Fraction(0)) for column in columns)


def _layer(product: Callable[[Row, Matrix], Row], least: Fraction | None = Fraction(0)) -> Conclusion:
    """The values of a layer, written to as many places as those of the layer before."""

    def conclude(premises: Mapping[str, Value]) -> Value:
        z, matrix = cast("tuple[Any, Any]", tuple(premises.values()))
        sums = product(z, matrix)
        kept = sums if least is None else tuple(max(value, least) for value in sums)
        return tuple(Rounded(value, z[0].places) for value in kept)

    return conclude


@cache
def layer(number: int) -> Rule:
    """z_l = relu(z_(l-1) W_l) for a layer; premises are z and W, in this order."""
    slips = {
        "relu_forgotten": _layer(_times, least=None),
        "weights_from_the_left": _layer(lambda z, matrix: _times(z, tuple(zip(*matrix, strict=True)))),
    }
    return Rule(
        "network.layer",
        law=_layer(_times),
        symbol=f"z_{number}",
        slips={name: Rule(name, law=law) for name, law in slips.items()},
    )


def _read_out(premises: Mapping[str, Value]) -> Value:
    """z w, the read-out as a matrix of one column."""
    return cast("tuple[Value, ...]", _layer(_times, least=None)(premises))[0]


READ_OUT = Rule("network.read_out", law=_read_out, symbol="y")

LAYER_SCALE = formula("network.layer_scale", "s^l", one_layer_only="s", layers_added="l*s")
OUTPUT_SCALE = formula(
    "network.output_scale", "s^L", read_out_scaled="s^(L + 1)", one_layer_only="s", layers_added="L*s"
)
EULER = formula("network.homogeneous", "k*y", source=HOMOGENEITY, layers_counted="L*y")
