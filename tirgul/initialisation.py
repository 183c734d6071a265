"""What `tirgul init` says of a network: the moments of its layers as a table and as data.

The command imports this module when it runs, as it loads SymPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias, final

from exercises.exercise import Language
from reports.words import words
from solver.frozen import frozen
from solver.moments.activations import NoMoments as NoMoments
from solver.moments.propagation import SCHEMES, Edge, Row, Table, edge_of_chaos, moments_of_layer, propagate, scheme
from solver.moments.propagation.schemes import keeping
from solver.moments.propagation.telling import is_short, number, shown, whole_gain
from solver.notation.printing import ascii_text, plain
from solver.tabled import table_lines
from solver.values import Shape, as_formula
from tirgul.options import sentence

COLUMNS = (
    "name",
    "kind",
    "output",
    "fan_in",
    "fan_out",
    "forward",
    "backward",
    "keeps_forward",
    "keeps_backward",
    "draw",
    "torch",
    "label",
)
WAYS = ("forward", "backward")
Say: TypeAlias = Callable[..., str]
BIASES = ("0", "0.05", "0.2")
"""The Var(b) at which the edge of chaos is told."""


@final
@frozen
class Report:
    """The moments of a network with weights of any variance, drawn by a scheme, and drawn as torch does."""

    shape: Shape
    weights: str
    table: Table
    drawn: Table
    torch: Table

    @staticmethod
    def of(network: Any, shape: Shape, weights: str = "recommended") -> Report:
        """Of a layer or a torch module."""
        table = propagate(network, shape)
        drawn, torch = (propagate(table.network, shape, scheme) for scheme in (weights, "torch"))
        return Report(shape, weights, table, drawn, torch)

    @cached_property
    def rows(self) -> tuple[tuple[Row, Row], ...]:
        """Each row in symbols, and the same row with the weights that are recommended."""
        return tuple(
            (inner, other)
            for row, drawn in zip(self.table.rows, self.drawn.rows, strict=True)
            for inner, other in ((row, drawn), *zip(row.inside, drawn.inside, strict=False))
        )

    @property
    def is_followed(self) -> bool:
        """Whether what can be followed with given variances can be followed with any."""
        return all(row.step.reason is None or drawn.step.reason is not None for row, drawn in self.rows)

    @cached_property
    def edges(self) -> dict[str, list[Edge]]:
        """The edges of chaos of the network's activations, for several variances of the biases."""
        found: dict[str, list[Edge]] = {}
        for row, _ in self.rows:
            name = getattr(row.operation, "function", "")
            if name and name not in found:
                found[name] = [edge for biases in BIASES if (edge := _edge(row.operation, biases)) is not None]
        return {name: edges for name, edges in found.items() if edges}

    # --- for readers

    def lines(self, language: Language) -> Iterator[str]:
        """The table, the schemes, the whole network, what it rests on."""
        say = words(language).say
        heads = [say(f"init.{column}") for column in COLUMNS]
        yield from _aligned([heads, *(self._cells(*rows, language) for rows in self.rows)], left=2)
        if any(_is_drawn(getattr(row, way), getattr(drawn, way)) for row, drawn in self.rows for way in WAYS):
            yield say("init.drawn", weights=say(f"init.scheme.{self.weights}"))
        yield ""
        yield from self._whole(say)
        yield ""
        if self.table.weighted:
            yield say("init.schemes")
            names = [say(f"init.scheme.{name}") for name in SCHEMES]
            yield from _aligned([[say("init.name"), *names], *map(self._schemes_of, self.table.weighted)], left=1)
        if self.table.fixup is not None:
            blocks, layers, factor = self.table.fixup
            yield say("init.fixup", blocks=blocks, layers=layers, factor=shown(factor))
        yield from self._edges_said(say)
        yield ""
        for row, drawn in self.rows:
            if row.step.reason is not None and drawn.step.reason is not None:
                yield f"{row.name}: {reason(row.step.reason, language)}"
        yield say("init.assumes")
        yield from (f"  - {sentence(f'propagation.{name}', language)}" for name in self.table.assumptions)

    def _cells(self, row: Row, drawn: Row, language: Language) -> list[str]:
        label = sentence(_label(row.label), language)
        gains = [_gain(getattr(row, name), getattr(drawn, name)) for name in WAYS]
        fans, kept = (row.fan_in, row.fan_out), (row.keeps_forward, row.keeps_backward)
        draw = ""
        if row.recommended is not None:
            draw = f"{sentence(f'init.scheme.{row.recommended.name}', language)} {shown(row.recommended.variance)}"
        output = plain(as_formula(row.shape))
        facts = [*map(_or_nothing, fans), *gains, *map(_or_nothing, kept)]
        named = row.name if row.operation.name else ""
        return [named, row.kind, output, *facts, draw, _or_nothing(row.default_gain), label]

    def _whole(self, say: Say) -> Iterator[str]:
        table, drawn, torch = self.table, self.drawn, self.torch
        yield say("init.whole")
        followed = [row for row in table.rows if row.step.state is table.output]
        if not followed:
            yield "  " + say("init.not_followed")
            return
        if followed[-1] is not table.rows[-1]:
            yield "  " + say("init.up_to", layer=followed[-1].name)
        for direction in WAYS if self.is_followed else ():
            gain = whole_gain(getattr(table, direction))
            if gain is not None:
                label = say(_label(table.label if direction == "forward" else table.backward_label))
                yield f"  {say(f'init.{direction}')}: {shown(gain)} ({label})"
        for name, one in {self.weights: drawn, "torch": torch}.items():
            forward, backward = (_or_nothing(getattr(one, direction)) or "?" for direction in WAYS)
            yield "  " + say("init.with", weights=say(f"init.scheme.{name}"), forward=forward, backward=backward)
        gains = [(row.default_gain, row.name) for row in table.weighted]
        lost = [(gain, name) for gain, name in gains if gain is not None and gain.is_number and 0 < gain < 1]
        if lost:
            worst, layer = min(lost, key=lambda one: one[0])
            factor = shown(1 / worst if worst.is_Rational else 1 / float(worst))
            yield "  " + say("init.torch_costs", layer=layer, factor=factor)

    def _schemes_of(self, row: Row) -> list[str]:
        return [row.name, *(_or_nothing(variance) for variance in _schemes(row).values())]

    def _edges_said(self, say: Say) -> Iterator[str]:
        if self.edges:
            yield ""
            yield say("init.edge")
        for name, edges in self.edges.items():
            for edge in edges:
                stays = say("init.edge_any") if edge.variance is None else shown(edge.variance)
                said = {"weights": shown(edge.weights), "biases": shown(edge.biases), "variance": stays}
                yield f"  {name}: {say('init.edge_at', **said)} ({say(_label(edge.label))})"

    # --- for programs

    def data(self, language: Language) -> dict[str, Any]:
        """The same as data: each quantity with its formula and, where it is a number, its value."""
        tables = {"symbols": self.table, self.weights: self.drawn, "torch": self.torch}
        whole = {name: _both_ways(one) for name, one in tables.items()}
        labels = {"label": self.table.label, "backward_label": self.table.backward_label}
        fixed = self.table.fixup
        return {
            "input": [size if isinstance(size, int) else ascii_text(as_formula(size)) for size in self.shape],
            "layers": [self._row_data(row, drawn, language) for row, drawn in self.rows],
            "total": {**labels, **whole},
            "fixup": fixed and {"blocks": fixed[0], "layers": fixed[1], "factor": _quantity(fixed[2])},
            "edge_of_chaos": {name: list(map(_edge_data, edges)) for name, edges in self.edges.items()},
            "assumptions": {name: sentence(f"propagation.{name}", language) for name in self.table.assumptions},
        }

    def _row_data(self, row: Row, drawn: Row, language: Language) -> dict[str, Any]:
        quantities = "forward backward fan_in fan_out keeps_forward keeps_backward".split()
        default = {"variance": _quantity(row.default), "gain": _quantity(row.default_gain)}
        return {
            "name": row.name,
            "kind": row.kind,
            "output": [size if isinstance(size, int) else ascii_text(as_formula(size)) for size in row.shape],
            **{name: _quantity(getattr(row, name)) for name in quantities},
            "drawn": _both_ways(drawn),
            "recommended": _scheme_data(row),
            "schemes": {name: _quantity(variance) for name, variance in _schemes(row).items()},
            "torch": default if row.default is not None else None,
            "label": row.label,
            "backward_label": row.backward_label,
            "width": row.width,
            "assumptions": list(row.assumptions),
            "reason": reason(drawn.step.reason, language) if drawn.step.reason is not None else "",
        }


def _both_ways(said: Row | Table) -> dict[str, Any]:
    return {"forward": _quantity(said.forward), "backward": _quantity(said.backward)}


def _edge_data(edge: Edge) -> dict[str, Any]:
    facts = {name: _quantity(getattr(edge, name)) for name in ("weights", "biases", "variance")}
    return {**facts, "label": edge.label}


def _scheme_data(row: Row) -> dict[str, Any] | None:
    said = row.recommended
    if said is None:
        return None
    facts = {"scheme": said.name, "variance": _quantity(said.variance), "std": _quantity(said.std)}
    return {**facts, "equation": ascii_text(as_formula(said.equation)), "source": said.source}


def _schemes(row: Row) -> dict[str, Any]:
    """The variance of each scheme for a layer: He's looks at the activation that follows it."""
    if row.fan_in is None or row.fan_out is None or row.activated is None:
        return {}
    found = {name: scheme(name, row.fan_in, row.fan_out).variance for name in ("lecun", "xavier")}
    forward, backward = row.activated
    he = {"he": keeping(row.fan_in, forward), "he_fan_out": keeping(row.fan_out, backward)}
    return {**found, **he, "torch": row.default}


def _edge(layer: Any, biases: str) -> Edge | None:
    try:
        held = moments_of_layer(layer)
        return edge_of_chaos(held.name, Fraction(biases), **held.parameters)
    except NoMoments:
        return None


def _label(label: str) -> str:
    """The key of the words for how far a result holds."""
    return f"init.label.{label.replace(' ', '_')}"


def reason(none: NoMoments, language: Language) -> str:
    return sentence(f"no_moments.{none.why}", language, **none.data)


# --- numbers


def _is_drawn(gain: Any, drawn: Any) -> bool:
    """Whether a gain in symbols is not known or too long to tell, and that with the drawn weights is known."""
    return drawn is not None and (gain is None or not is_short(gain))


def _gain(symbols: Any, drawn: Any) -> str:
    """A gain in symbols where that is short, otherwise, with a star, what it is with the weights recommended."""
    return f"*{_or_nothing(drawn)}" if _is_drawn(symbols, drawn) else _or_nothing(symbols)


def _or_nothing(value: Any) -> str:
    return "" if value is None else shown(value)


def _quantity(value: Any) -> dict[str, Any] | None:
    return None if value is None else {"formula": ascii_text(as_formula(value)), "value": number(value)}


def _aligned(rows: list[list[str]], left: int) -> Iterator[str]:
    """Columns with a line below their heads, the first `left` to the left, the others to the right; none empty."""
    kept = [index for index in range(len(rows[0])) if any(row[index] for row in rows[1:])]
    heads, *table = ([row[index] for index in kept] for row in rows)
    yield from table_lines(heads, table, left, ruled=True)
