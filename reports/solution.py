"""A derivation as a printed solution: what each step says, ready for any format and any language.

    solution(instance, "4")            every step that ends in the answer
    solution(instance, "4", known=…)   without the steps that earlier parts of the same sheet have shown
    equation(step)                     n_out = ⌊(n + 2·p − …)/s⌋ + 1 = ⌊(13 + 2·0 − …)/1⌋ + 1 = 10

Steps that say the same to the letter, as for height and width of a square image, are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias, final

from exercises.exercise import Instance, Option, Part
from solver.derivation import Derivation, Derived, Given, nodes, walk
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.notation.tree import Add, Formula, Group, Name, Number, substitute
from solver.values import Value, as_formula
from solver.verify.check import Check
from solver.verify.steps import verify_step

Verify: TypeAlias = Callable[[Derived], Check]


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One application of a rule.

    rule, about    the key of its words, and the layer or sum it is about
    sides          what stands between the equality signs: symbol, formula, the same with numbers, result
    result, truth  what follows; `truth` where it is no number but true or false
    labels         the names of the parts that are put together, where the rule has no formula
    check, source  what checked the step, where the formula is from
    times          how often the step occurs to the letter
    """

    rule: str
    about: str
    sides: tuple[Formula, ...]
    result: Value
    truth: bool | None
    labels: tuple[str, ...]
    check: Check
    source: str
    times: int = 1


@final
@dataclass(frozen=True, slots=True)
class Solution:
    """The answer to a part, the steps to it, and the answers to other parts that the steps begin from."""

    part: Part
    answer: Value
    steps: tuple[Step, ...]
    rests_on: tuple[tuple[str, Value], ...] = ()


def solution(
    instance: Instance, part_id: str, *, known: Collection[str] = (), verify: Verify = verify_step
) -> Solution:
    """The solution of a part; steps that the solutions of the parts in `known` show are left out."""
    keys = instance.keys
    key = keys[part_id]
    earlier = {part: keys[part] for part in known if part != part_id}
    shown = {id(node) for derivation in earlier.values() for node in nodes(derivation)}
    new = [node for node in walk(key) if id(node) not in shown or node is key]
    rests_on = _rests_on(key, earlier, shown)
    return Solution(instance.part(part_id), key.result, steps(new, verify), rests_on)


def steps(applications: Collection[Derived], verify: Verify = verify_step) -> tuple[Step, ...]:
    """A step for each application, those that say the same put together where the first of them stands."""
    said: dict[tuple[object, ...], Step] = {}
    for node in applications:
        values = tuple((name, premise.result) for name, premise in node.premises.items())
        same = (node.rule.name, node.about, values, node.result)
        step = said.get(same)
        said[same] = replace(step, times=step.times + 1) if step else _step(node, verify(node))
    return tuple(said.values())


def _rests_on(
    key: Derivation, earlier: Mapping[str, Derivation], shown: Collection[int]
) -> tuple[tuple[str, Value], ...]:
    """The earlier parts whose keys are premises of what is new."""
    premises = {
        id(premise)
        for node in nodes(key)
        if isinstance(node, Derived) and (id(node) not in shown or node is key)
        for premise in node.premises.values()
    }
    return tuple((part, node.result) for part, node in earlier.items() if id(node) in premises)


def _step(node: Derived, check: Check) -> Step:
    rule = node.rule
    truth = node.result if isinstance(node.result, bool) else None
    return Step(
        rule=rule.name,
        about=node.about,
        sides=_different(_sides(node)),
        result=node.result,
        truth=truth,
        labels=tuple(node.premises) if rule.taught is None and rule.name != "shape" else (),
        check=check,
        source=rule.source,
    )


def _sides(node: Derived) -> Iterator[Formula]:
    """What the step's equation says, from left to right."""
    rule = node.rule
    values = {name: as_formula(premise.result) for name, premise in node.premises.items()}
    if rule.symbol:
        yield formula(rule.symbol)
    if rule.taught is not None:
        yield rule.taught
        yield substitute(rule.taught, values)
    elif rule.name == "total":
        yield Add(tuple(values.values()))
    elif rule.name == "shape" and all(name.isidentifier() for name in values):
        yield Group(tuple(map(Name, values)), "x")
    if not isinstance(node.result, bool):
        yield as_formula(node.result)


def _different(sides: Iterator[Formula]) -> tuple[Formula, ...]:
    """The sides without those that only repeat the side before."""
    kept: list[Formula] = []
    for side in sides:
        if not kept or kept[-1] != side:
            kept.append(side)
    return tuple(kept)


def equation(step: Step) -> str:
    """The step on one line of plain text; sides of a claim that is true or false are parted by an arrow."""
    return (" = " if step.truth is None else " ⟺ ").join(map(plain, step.sides))


# --- answers


def chosen(part: Part, key: Value) -> tuple[Option, ...]:
    """The options that a key calls right."""
    truths = (key, not key) if isinstance(key, bool) else key if isinstance(key, tuple) else ()
    return tuple(option for option, truth in zip(part.options, truths, strict=False) if truth is True)


def approximation(value: Value) -> Number | None:
    """A fraction to six significant digits, as readers like to see it; None for what is whole.

    >>> approximation(Fraction(1, 3))
    Number(value=Fraction(1, 3), written='0.333333')
    """
    if not isinstance(value, Fraction) or value.denominator == 1 or value < 0:
        return None
    return Number(value, f"{float(value):.6g}")


def is_given(derivation: Derivation) -> bool:
    """Whether a key has nothing to derive."""
    return isinstance(derivation, Given)
