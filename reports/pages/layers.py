"""A network as a table: for each layer its output, its learned parameters and its multiplications, as derived."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from exercises.exercise import Instance
from reports.document import Cell, Table
from reports.lines import NOTHING, Line, Math, Sayer, token
from solver.derivation import SHAPE, TOTAL, Derivation, Derived, everything, rank
from solver.values import as_formula

COLUMNS: Final = {  # a column, and the last words of the names of the rules that it holds
    "parameters": ("parameters", "weights"),
    "multiplications": ("multiplications",),
}


def layer_table(instance: Instance, say: Sayer) -> Table | None:
    """The layers that the keys speak of, in the order of the network; None for fewer than two, or several networks."""
    rows: dict[str, dict[str, Derived]] = {}
    for node in _applications(instance):
        column = _column(node)
        if column and node.about:
            known = rows.setdefault(node.about, {}).setdefault(column, node)
            if known.result != node.result:
                return None  # the keys speak of several networks, and layers of these have the same name
    drawn = {about: found["output"] for about, found in rows.items() if "output" in found}
    if len(drawn) < 2 or not _is_one_network(drawn.values()):
        return None
    names = dict.fromkeys([*drawn, *_counted_with(instance, drawn)])
    layers = {about: rows[about] for about in names if about in rows}
    columns = ["output", *(name for name in COLUMNS if any(name in found for found in layers.values()))]
    head = [Cell(say("layers.layer")), *(Cell(say(f"layers.{name}"), "number") for name in columns)]
    body = (
        (Cell(token(about)), *(Cell(_value(found.get(name) or _counted(name, found)), "number") for name in columns))
        for about, found in layers.items()
    )
    return Table(tuple(head), tuple(body))


def _is_one_network(outputs: Collection[Derived]) -> bool:
    """Whether one of the outputs rests on all the others, as that of the last layer does."""
    wanted = set(map(id, outputs))
    return any(wanted <= set(map(id, everything(last))) for last in outputs)


def _applications(instance: Instance) -> Iterator[Derived]:
    seen: set[int] = set()
    for key in instance.keys.values():
        for node in everything(key):
            if isinstance(node, Derived) and id(node) not in seen:
                seen.add(id(node))
                yield node


def _counted_with(instance: Instance, layers: Collection[str]) -> Iterator[str]:
    """The layers that are counted in one sum with these, as a last layer of which only the weights are asked."""
    for node in _applications(instance):
        if node.rule is TOTAL and not node.premises.keys().isdisjoint(layers):
            yield from node.premises


def _column(node: Derived) -> str | None:
    if node.rule is SHAPE:
        return "output"
    last = node.rule.name.split(".")[-1]
    return next((name for name, words in COLUMNS.items() if last in words), None)


def _counted(column: str, found: Mapping[str, Derived]) -> Derivation | None:
    """The output of a fully connected layer of which only the weights are asked: these are counted with its length."""
    if column != "output":
        return None
    return next((node.premises["D_out"] for node in found.values() if _is_on_a_row(node)), None)


def _is_on_a_row(node: Derived) -> bool:
    """Whether a fully connected layer, which takes the last size of any shape, was put on one of a single size."""
    match node.premises.get("D_in"):
        case Derived(premises={"whole": whole}) if "D_out" in node.premises:
            return rank(whole) == 1
        case _:
            return False


def _value(node: Derivation | None) -> Line:
    return NOTHING if node is None else Line(Math(as_formula(node.result)))
