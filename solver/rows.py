"""What is known of the steps of a network, as rows of a table: sums, text and data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final, cast, final

from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, Field, Row
from solver.notation.printing import ascii_text
from solver.values import Polynomial, Shape, Size, Value, as_formula

COLUMNS: Final = ("name", "kind", "output", "parameters", "multiplications", "macs", "field")
COUNTS: Final = ("parameters", "multiplications", "macs")


@final
@frozen
class Group:
    """Several steps as one, as all of a module: what comes out of the last one, and sums."""

    name: str
    kind: str
    rows: tuple[Row, ...]

    @property
    def output(self) -> Value:
        """The shape after the last step."""
        return value_of(self.rows[-1].output)

    @property
    def field(self) -> Field:
        """What a unit of the last step sees."""
        return self.rows[-1].field

    @property
    def parameters(self) -> Value:
        """What is learned in all of them."""
        return sum_of(self.rows, "parameters")

    @property
    def multiplications(self) -> Value:
        """The multiplications of all of them."""
        return sum_of(self.rows, "multiplications")

    @property
    def macs(self) -> Value:
        """The multiply-accumulates of all of them."""
        return sum_of(self.rows, "macs")

    @property
    def activations(self) -> Value:
        """The numbers that all of them put out."""
        return sum_of(self.rows, "activations")


# --- counts


def sizes_in(shape: Any) -> tuple[Any, ...]:
    """The sizes of a shape, derived or not."""
    return cast("tuple[Any, ...]", value_of(shape))


def plus(values: Iterable[Any]) -> Any:
    """A sum of counts: the numbers by themselves, then the polynomials, equal ones together."""
    known, unknown = 0, dict[Any, int]()
    for value in values:
        if type(value) is int:
            known += value
        else:
            unknown[value] = unknown.get(value, 0) + 1
    return sum((times * value for value, times in unknown.items()), known)


def sum_of(rows: Iterable[Row], fact: str) -> Any:
    """The sum of one count over rows."""
    return plus(map(value_of, map(attrgetter(fact), rows)))


# --- as text and as data


def written(value: Any) -> str:
    """A value as text of ASCII characters: 9408*ceil(H/2)*ceil(W/2)."""
    return ascii_text(as_formula(value_of(value)))


def is_bound(seen: Field) -> bool:
    """Whether its sizes are bounds, as behind a transposed window of symbols: what units see are whole pixels."""
    sizes: list[Any] = [value_of(axis.size) for axis in seen]
    return not all(isinstance(size, int | Size | Polynomial) or getattr(size, "is_integer", False) for size in sizes)


def field_text(seen: Field, say: Callable[[Any], str] = written, whole: str = "whole input") -> str:
    """The sizes of a field: 5x5."""
    if seen == WHOLE:
        return whole
    return ("<= " if is_bound(seen) else "") + say(Shape(value_of(axis.size) for axis in seen))


def cells(row: Row | Group, say: Callable[[Any], str] = written, whole: str = "whole input") -> tuple[str, ...]:
    """A row of the table."""
    shown = (say(value_of(getattr(row, fact))) for fact in ("output", *COUNTS))
    return (row.name, row.kind, *shown, field_text(row.field, say, whole))


def plain_number(value: Any) -> int | str:
    """A number, or a formula as text."""
    known = value_of(value)
    return known if isinstance(known, int) else written(known)


def listed(shape: Any) -> list[int | str]:
    """The sizes of a shape."""
    return [plain_number(size) for size in sizes_in(shape)]


def field_data(seen: Field, given: Shape) -> dict[str, Any]:
    """Size, stride and start of a field, one for each axis; what sees the whole input sees all of it from each unit."""
    if seen == WHOLE:
        sizes = listed(given)[1:] or listed(given)
        none = [0] * len(sizes)
        return {"size": sizes, "stride": none, "start": none, "whole_input": True}
    said: dict[str, Any] = {
        fact: [plain_number(getattr(axis, fact)) for axis in seen] for fact in ("size", "stride", "start")
    }
    return said | {"at_most": True} if is_bound(seen) else said


def row_data(row: Row | Group, given: Shape) -> dict[str, Any]:
    """A row as data."""
    return {
        "name": row.name,
        "kind": row.kind,
        "output": listed(row.output),
        **{count: plain_number(getattr(row, count)) for count in COUNTS},
        "field": field_data(row.field, given),
        "activations": plain_number(row.activations),
    }
