"""A derivation as a printed solution: what each step says, ready for any format and any language.

    solution(instance, "4")            every step that ends in the answer
    solution(instance, "4", known=…)   without the steps that earlier parts of the same sheet have shown
    equation(step)                     n_out = ⌊(n + 2·p − …)/s⌋ + 1 = ⌊(13 + 2·0 − …)/1⌋ + 1 = 10

Steps that say the same to the letter, as for height and width of a square image, are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast, final

from exercises.exercise import Instance, Option, Part
from solver.derivation import Derivation, Derived, Rule, nodes, walk
from solver.frozen import frozen
from solver.notation.printing import plain
from solver.notation.reading import formula
from solver.notation.tree import (
    Add,
    Comparison,
    Formula,
    Group,
    Name,
    Number,
    Relation,
    subformulas,
    substitute,
)
from solver.values import Rounded, Shape, Size, Value, as_formula
from solver.verify.check import Check
from solver.verify.records import checks

Verify: TypeAlias = Callable[[Derived], tuple[Check, ...]]

NOT: Final[Mapping[Comparison, Comparison]] = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}


@final
@frozen(slots=True)
class Assumption:
    """What is assumed of random variables: the kind, a key of the catalogs, and their names, or what a name is."""

    kind: str
    about: tuple[Formula, ...]

    @property
    def text(self) -> str:
        """The assumption in data: independent(w, x), or what a name is."""
        if self.kind == "definition":
            return plain(self.about[0])
        return f"{self.kind}({', '.join(map(plain, self.about))})"


@final
@frozen(slots=True)
class Step:
    """One application of a rule.

    rule, about    the key of its words, and the layer or sum it is about
    sides          what stands between the equality signs: symbol, formula, the same with numbers, result
    truth          what follows, where it is not a number but true or false: then the sides are two claims,
                   the rule's and the one with numbers, which is written so that it holds
    labels         the names of the parts that are put together, where the rule has no formula
    checks, source what checked the step, where the formula is from
    times          how often the step occurs to the letter
    assumes        the assumptions that the step rests on
    node           the application itself, whose lemma opens into smaller steps
    """

    rule: str
    about: str
    sides: tuple[Formula, ...]
    truth: bool | None
    labels: tuple[str, ...]
    checks: tuple[Check, ...]
    source: str
    times: int = 1
    assumes: tuple[Assumption, ...] = ()
    node: Derived | None = None

    @property
    def inner(self) -> tuple[Step, ...]:
        """The smaller steps that a lemma opens into, each with its check."""
        return () if self.node is None else _inner(self.node)


@final
@frozen(slots=True)
class Solution:
    """The answer to a part, the steps to it, the answers to other parts that they begin from, and what all assumes."""

    part: Part
    key: Value
    answer: Formula
    steps: tuple[Step, ...]
    rests_on: tuple[tuple[str, Formula], ...] = ()
    assumes: tuple[Assumption, ...] = ()

    @property
    def refuted(self) -> tuple[Step, ...]:
        """The steps that some check contradicts."""
        return tuple(step for step in self.steps if any(check.verdict == "refuted" for check in step.checks))


def solution(instance: Instance, part_id: str, *, known: Collection[str] = (), verify: Verify = checks) -> Solution:
    """The solution of a part; steps that the solutions of the parts in `known` show are left out."""
    keys = instance.keys
    key = keys[part_id]
    earlier = {part: keys[part] for part in known if part != part_id}
    shown = {id(node) for derivation in earlier.values() for node in nodes(derivation)}
    new = [node for node in walk(key) if id(node) not in shown or node is key]
    if isinstance(key, Derived) and key.rule.name == "tuple":
        new.remove(key)  # the answer itself is what its items are together
    rests_on = _rests_on(key, earlier, shown)
    shown_steps = steps(new, verify)
    return Solution(instance.part(part_id), key.result, conclusion(key), shown_steps, rests_on, assumptions(key))


def steps(applications: Collection[Derived], verify: Verify = checks) -> tuple[Step, ...]:
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
) -> tuple[tuple[str, Formula], ...]:
    """The earlier parts whose keys are premises of what is new."""
    premises = {
        id(premise)
        for node in nodes(key)
        if isinstance(node, Derived) and (id(node) not in shown or node is key)
        for premise in node.premises.values()
    }
    return tuple((part, conclusion(node)) for part, node in earlier.items() if id(node) in premises)


def _step(node: Derived, said: tuple[Check, ...]) -> Step:
    rule = node.rule
    truth = node.result if isinstance(node.result, bool) else None if _is_said(node) else True
    labels = tuple(name for name in node.premises if not name.isdecimal())
    return Step(
        rule=rule.name,
        about=node.about,
        sides=_different(_claims(node) if truth is not None else _sides(node)),
        truth=truth,
        labels=labels if rule.taught is None and rule.name != "shape" and rule.assumes is None else (),
        checks=said,
        source=rule.source,
        assumes=_assumptions(premise.result for premise in node.premises.values()) if rule.assumes else (),
        node=node,
    )


def _is_said(node: Derived) -> bool:
    """Whether a step ends in something that has a formula, and not in an assumption that holds."""
    if node.rule.assumes is None:
        return True
    from solver.moments.assumptions import is_fact  # SymPy, which a law of moments has loaded

    return not is_fact(node.result)


def assumptions(derivation: Derivation) -> tuple[Assumption, ...]:
    """What a result rests on, where laws of moments led to it."""
    if not any(isinstance(node, Derived) and node.rule.assumes for node in nodes(derivation)):
        return ()
    from solver.moments.assumptions import assumed  # SymPy, which a law of moments has loaded

    return _assumptions(assumed(derivation))


def _assumptions(values: Iterable[Any]) -> tuple[Assumption, ...]:
    from solver.moments.assumptions import DEFINITION, is_fact, kind_of  # SymPy, which a law of moments has loaded

    facts = [(kind_of(value), value) for value in values if is_fact(value)]
    return tuple(
        Assumption(kind, (as_formula(fact),) if kind == DEFINITION else tuple(map(Name, fact.names)))
        for kind, fact in facts
    )


@lru_cache(maxsize=512)  # asked again for each language and for the glossary
def _inner(node: Derived) -> tuple[Step, ...]:
    """The steps that a lemma opens into, each with its check."""
    if node.rule.opens is None:
        return ()
    from solver.verify.law_checks import inner_checks  # SymPy, which a law of moments has loaded

    return tuple(_step(step, (check,)) for step, check in inner_checks(node))


def _sides(node: Derived) -> Iterator[Formula]:
    """What the step's equation says, from left to right."""
    rule = node.rule
    values = _values(node)
    if rule.symbol:
        yield formula(rule.symbol)
    if rule.taught is not None:
        yield rule.taught
        yield substitute(rule.taught, values)
    elif rule.name == "total":
        yield Add(tuple(values.values()))
    elif rule.assumes is not None:
        yield values["expression" if "expression" in values else "unknown"]
    elif rule.name == "shape" and all(name.isidentifier() for name in values):
        yield Group(tuple(map(Name, values)), "x")
    yield conclusion(node)


def _claims(node: Derived) -> Iterator[Formula]:
    """What the rule claims, and what holds of the numbers: 3 = 6 where that is true, otherwise 3 ≠ 6."""
    if node.rule.assumes is not None and "expression" in node.premises:
        yield Relation((_values(node)["expression"], Number(0)), ("=",) if node.result else ("!=",))
    if node.rule.taught is None:
        return
    yield node.rule.taught
    match substitute(node.rule.taught, _values(node)):
        case Relation(sides, (operator,)) if node.result is False:
            yield Relation(sides, (NOT[operator],))
        case claim:
            yield claim


def _values(node: Derived) -> dict[str, Formula]:
    return {name: as_formula(premise.result) for name, premise in node.premises.items()}


def _different(sides: Iterator[Formula]) -> tuple[Formula, ...]:
    """The sides without those that only repeat the side before."""
    kept: list[Formula] = []
    for side in sides:
        if not kept or kept[-1] != side:
            kept.append(side)
    return tuple(kept)


def equation(step: Step) -> str:
    """The step on one line of plain text; a colon parts a rule's claim from the claim with numbers."""
    return (" = " if step.truth is None else ": ").join(map(plain, step.sides))


# --- answers


def conclusion(derivation: Derivation) -> Formula:
    """What a derivation ends in, as it is printed: in symbols, the shorter of the value and the taught formula.

    SymPy's order is nobody's own; where it does not simplify, the formula as it is taught is the better answer.
    """
    value = as_formula(derivation.result)
    match derivation:
        case Derived(Rule(name="component"), {"whole": Derived(Rule(name="shape" | "tuple"), items), "index": at}):
            return conclusion(list(items.values())[cast("int", at.result)])
        case Derived(Rule(taught=taught), _, result) if taught is not None and _is_expression(result):
            said = substitute(taught, _values(derivation))
            return said if _length(said) <= _length(value) else value
        case _:
            return value


def _is_expression(value: Value) -> bool:
    return not isinstance(value, int | Fraction | Size | Shape | tuple)


def _length(formula: Formula) -> int:
    return sum(1 for _ in subformulas(formula))


def chosen(part: Part, key: Value) -> tuple[Option, ...]:
    """The options that a key calls right."""
    truths = (key, not key) if isinstance(key, bool) else key if isinstance(key, tuple) else ()
    return tuple(option for option, truth in zip(part.options, truths, strict=False) if truth is True)


def approximation(value: Value) -> Number | None:
    """A fraction to six significant digits, as readers like to see it; None for what is whole.

    >>> approximation(Fraction(1, 3))
    Number(value=Fraction(1, 3), written='0.333333')
    """
    if not isinstance(value, Fraction) or isinstance(value, Rounded) or value.denominator == 1 or value < 0:
        return None
    return Number(value, f"{float(value):.6g}")
