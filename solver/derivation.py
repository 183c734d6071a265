"""A derivation is a tree of rules applied to premises; everything else is a reading of that tree.

    Given    a value nobody derived              Derived    a rule and the derivations it rests on

    node.result              the answer
    walk(node)               the applications in reading order: the steps of a solution
    replay(node, exchange)   the answer with a rule or a value exchanged: what a mistake leads to, what follows from it
    mistakes(node)           the replays with one slip, one slip made once, and two slips
    fingerprint(node)        a hash of what the derivation says, under which its checks are recorded
    opened(node)             the smaller steps of one step, for a rule that is a lemma

A rule called on values gives a value; called on derivations it gives a `Derived`. So what is written once with rules
computes fast and explains itself. Readings are loops, never recursive, and visit a shared node once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import chain, combinations, islice, product
from typing import Final, TypeAlias, cast, final

from solver.frozen import frozen
from solver.notation.code import function
from solver.notation.printing import ascii_text
from solver.notation.reading import formula as read_formula
from solver.notation.tree import Formula, names
from solver.values import Polynomial, Shape, Size, Value, as_formula, closed_form

Conclusion: TypeAlias = Callable[[Mapping[str, Value]], Value]

FAST: Final = (int, Fraction, Size, Polynomial, tuple)
"""What is in its simplest form already; the rest are SymPy expressions."""

MOST_REPLAYS = 200
MOST_TERMS = 40
MOST_SINGLE = 140


class DoesNotFit(Exception):
    """A rule that does not apply to its premises, as a window larger than its input. Carries data, not prose."""

    def __init__(self, rule: str, premises: Mapping[str, object], needs: Formula | None = None) -> None:
        super().__init__(rule, dict(premises))
        self.rule = rule
        self.premises = dict(premises)
        self.needs = needs
        self.about = ""

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.premises.items())
        needs = f", which needs {ascii_text(self.needs)}" if self.needs is not None else ""
        return f"{self.about + ': ' if self.about else ''}{self.rule} does not apply to {shown}{needs}"


@final
@frozen(eq=False)
class Rule:
    """How a value follows from the values of named premises: a formula over them, or a law.

    name       the key of its words in every catalog
    text       the formula in the order in which it is taught; empty for a law, whose conclusion is its own statement
    law        the function of the premises that a law is
    symbol     the name of what is concluded, as written left of the equality sign
    source     where the formula is from
    slips      the same rule, wrong: slip name -> rule
    condition  what must hold of the premises
    hidden     true for bookkeeping that no reader is shown, as taking one size out of a shape
    assumes    for a law of moments: the kinds of assumptions that it may rest on; None for every other rule
    opens      for a lemma: from its premises, the derivation by smaller rules that ends in the same conclusion

    Texts are read when they are first needed: most rules are never used in one run.
    """

    name: str
    text: str = ""
    law: Conclusion | None = None
    symbol: str = ""
    source: str = ""
    slips: Mapping[str, Rule] = field(default_factory=dict)
    condition: str = ""
    hidden: bool = False
    assumes: tuple[str, ...] | None = None
    opens: Callable[[Mapping[str, Value]], Derivation] | None = None

    @cached_property
    def taught(self) -> Formula | None:
        """The formula; None for a law."""
        return read_formula(self.text) if self.text else None

    @cached_property
    def needs(self) -> Formula | None:
        """The condition as a formula; None where there is none."""
        return read_formula(self.condition) if self.condition else None

    @cached_property
    def conclude(self) -> Conclusion:
        """The value that follows from values; raises DoesNotFit where there is none."""
        return self.law or self._computed()

    def _computed(self) -> Conclusion:
        name, taught, needs = self.name, cast("Formula", self.taught), self.needs
        compute = function(taught)
        holds = function(needs) if needs is not None else None

        def conclude(premises: Mapping[str, Value]) -> Value:
            try:
                if holds is not None and holds(premises) is False:
                    raise DoesNotFit(name, premises, needs)
                value = compute(premises)
                return value if isinstance(value, FAST) else closed_form(value)
            except ZeroDivisionError:
                raise DoesNotFit(name, premises, taught) from None

        return conclude

    @cached_property
    def uses(self) -> tuple[str, ...] | None:
        """The premises in its formula; others are there for its slips. None where it has no formula."""
        return None if self.taught is None else names(self.taught)

    def __call__(self, about: str = "", /, **premises: Quantity) -> Quantity:
        """The value that follows from values, or the derivation that follows from derivations."""
        for premise in premises.values():
            if type(premise) in (Given, Derived):
                return Derived.of(self, premises, about)
        try:
            return self.conclude(cast("Mapping[str, Value]", premises))
        except DoesNotFit as misfit:
            misfit.about = misfit.about or about
            raise


@final
@frozen(eq=False, slots=True)
class Given:
    """A value nobody derived, and the name it goes by."""

    name: str
    result: Value


@final
@frozen(eq=False, slots=True)
class Derived:
    """A rule, the derivations it was applied to, what followed, and what it is about ("C1")."""

    rule: Rule
    premises: Mapping[str, Derivation]
    result: Value
    about: str = ""

    @staticmethod
    def of(rule: Rule, premises: Mapping[str, Quantity], about: str = "") -> Derived:
        """Applies a rule; values among the premises become given under the premise's name."""
        nodes = {
            name: premise if isinstance(premise, Given | Derived) else Given(name, premise)
            for name, premise in premises.items()
        }
        try:
            result = rule.conclude({name: node.result for name, node in nodes.items()})
        except DoesNotFit as misfit:
            misfit.about = misfit.about or about
            raise
        return Derived(rule, nodes, result, about)


Derivation: TypeAlias = Given | Derived
Quantity: TypeAlias = "Value | Derivation"
Exchange: TypeAlias = "Callable[[Derivation], Rule | Value | None]"


def value_of(quantity: Quantity) -> Value:
    """The value of a quantity, derived or not."""
    return quantity.result if isinstance(quantity, Given | Derived) else quantity


# --- making rules


def derived(quantity: Quantity) -> Derived:
    """A quantity that a rule was applied to."""
    assert isinstance(quantity, Derived)
    return quantity


def formula(name: str, text: str, *, symbol: str = "", source: str = "", needs: str = "", **slips: str) -> Rule:
    """A rule that is a formula: one string, in the order in which it is taught. Its slips are formulas too.

    >>> area = formula("area", "h*w", forgot_width="h")
    >>> area(h=3, w=5), area.slips["forgot_width"](h=3, w=5)
    (15, 3)
    """
    wrong = {slip: Rule(slip, said, symbol=symbol, condition=needs) for slip, said in slips.items()}
    return Rule(name, text, symbol=symbol, source=source, slips=wrong, condition=needs)


def law(name: str, conclude: Conclusion, *, source: str = "", hidden: bool = False, **slips: Conclusion) -> Rule:
    """A rule that is a function of its premises and has no formula over them."""
    wrong = {slip: Rule(slip, law=said, source=source) for slip, said in slips.items()}
    return Rule(name, law=conclude, source=source, slips=wrong, hidden=hidden)


# --- a tuple or a shape is one node with projections


def _items(premises: Mapping[str, Value]) -> tuple[Value, ...]:
    return tuple(premises.values())


def _shape(premises: Mapping[str, Value]) -> Shape:
    if any(isinstance(size, int) and size < 1 for size in premises.values()):
        raise DoesNotFit("shape", premises)
    return Shape(premises.values())


def _component(premises: Mapping[str, Value]) -> Value:
    whole, index = premises["whole"], premises["index"]
    if not isinstance(whole, tuple) or not isinstance(index, int) or index >= len(whole):
        raise DoesNotFit("component", premises)
    return whole[index]


TUPLE = law("tuple", _items)
SHAPE = law("shape", _shape)
COMPONENT = law("component", _component, hidden=True)


def shape(sizes: Mapping[str, Quantity], about: str = "") -> Quantity:
    """The shape with these sizes, as one node; keys are the names of the axes: C, H, W."""
    return SHAPE(about, **sizes)


def component(whole: Quantity, index: int) -> Quantity:
    """One size of a shape, one item of a tuple: whole[index]."""
    if isinstance(whole, Shape):
        return whole[index]
    if isinstance(whole, Given | Derived):
        return COMPONENT(whole=whole, index=index)
    return COMPONENT.conclude({"whole": whole, "index": index})


def rank(whole: Quantity) -> int:
    """How many sizes a shape has."""
    value = value_of(whole)
    if not isinstance(value, tuple):
        raise DoesNotFit("rank", {"shape": value})
    return len(value)


def total(terms: Mapping[str, Quantity], about: str = "") -> Quantity:
    """The sum of named terms; the names are those of the parts ("C1", "FC"). A single term is itself, none is 0."""
    if not terms:
        return 0
    if len(terms) == 1:
        return next(iter(terms.values()))
    return TOTAL(about, **terms)


def _sum(premises: Mapping[str, Value]) -> Value:
    result: Value = 0
    for term in premises.values():
        result = result + term  # type: ignore[operator]  # numbers, sizes and expressions add
    return result


TOTAL = law("total", _sum)

TERM_FORGOTTEN = "term_forgotten"
"""The slip of leaving one of the terms out of a sum."""


# --- readings


def rests_on(node: Derivation) -> tuple[Derivation, ...]:
    """What a node rests on: its premises; for one size of a shape, that size alone."""
    match node:
        case Given():
            return ()
        case Derived(_, premises):
            item = _item(node)
            return tuple(premises.values()) if item is None else (item,)


def explained_by(node: Derivation) -> tuple[Derivation, ...]:
    """What a reader has to know to follow a node: of its premises those that its formula uses."""
    if isinstance(node, Given) or node.rule.uses is None:
        return rests_on(node)
    return tuple(node.premises[name] for name in node.rule.uses if name in node.premises)


def _item(node: Derived) -> Derivation | None:
    """The premise of a shape or tuple that a component takes out, where they were put together by a rule."""
    if node.rule is not COMPONENT:
        return None
    whole, index = node.premises["whole"], node.premises["index"].result
    if isinstance(whole, Derived) and whole.rule in (SHAPE, TUPLE) and isinstance(index, int):
        return tuple(whole.premises.values())[index]
    return None


def nodes(
    derivation: Derivation, below: Callable[[Derivation], Iterable[Derivation]] = rests_on
) -> tuple[Derivation, ...]:
    """Every node once, what a node rests on before the node."""
    done: dict[int, Derivation] = {}
    stack: list[tuple[Derivation, bool]] = [(derivation, False)]
    while stack:
        node, expanded = stack.pop()
        if id(node) in done:
            continue
        premises = () if expanded else tuple(below(node))
        if premises:
            stack.append((node, True))
            stack += [(premise, False) for premise in reversed(premises)]
        else:
            done[id(node)] = node
    return tuple(done.values())


def everything(derivation: Derivation) -> tuple[Derivation, ...]:
    """Every node, also the shapes that only one size was taken from."""
    return nodes(derivation, lambda node: node.premises.values() if isinstance(node, Derived) else ())


def walk(derivation: Derivation) -> Iterator[Derived]:
    """The applications that a reader is shown, each once, in the order in which they are read."""
    return (
        node for node in nodes(derivation, explained_by) if isinstance(node, Derived) and not node.rule.hidden
    )


def opened(node: Derived) -> Derivation | None:
    """The derivation that a lemma stands for, from the same premises to the same result; None for other rules."""
    if node.rule.opens is None:
        return None
    return node.rule.opens({name: premise.result for name, premise in node.premises.items()})


def replay(derivation: Derivation, exchange: Exchange) -> Value | None:
    """The result with `exchange(node)` in place of a node: another rule, a value, or nothing (leave it).

    None where a rule no longer applies.
    """
    return _values(derivation, exchange, lambda node: _reached(node, exchange), {}).get(id(derivation))


def _values(
    derivation: Derivation,
    exchange: Exchange,
    below: Callable[[Derivation], Iterable[Derivation]],
    known: Mapping[int, Value],
) -> dict[int, Value]:
    """The values of the nodes with which a replay ends; as far as the first rule that no longer applies."""
    values: dict[int, Value] = {}
    with suppress(DoesNotFit):
        for node in nodes(derivation, below):
            at = id(node)
            values[at] = known[at] if at in known else _replayed(node, exchange(node), values)
    return values


def _reached(node: Derivation, exchange: Exchange) -> Iterable[Derivation]:
    """What the value of a node rests on in a replay."""
    if isinstance(node, Given) or not isinstance(exchange(node), Rule | None):
        return ()
    if _item(node) is not None and exchange(node.premises["whole"]) is not None:
        return (node.premises["whole"], node.premises["index"])
    return rests_on(node)


def _replayed(node: Derivation, instead: Rule | Value | None, values: Mapping[int, Value]) -> Value:
    match instead, node:
        case None, Given():
            return node.result
        case None, Derived():
            item = _item(node)
            if item is not None and id(node.premises["whole"]) not in values:
                return values[id(item)]
            return node.rule.conclude({name: values[id(premise)] for name, premise in node.premises.items()})
        case Rule(), Derived():
            return instead.conclude({name: values[id(premise)] for name, premise in node.premises.items()})
        case _:
            return cast("Value", instead)


@final
@frozen(slots=True)
class Mistake:
    """Slips, where they were made ("" for everywhere), and the value that they lead to."""

    slips: tuple[tuple[str, str], ...]
    value: Value
    steps: tuple[Derived, ...]


@final
@frozen(slots=True)
class _Made:
    """Slips that are made together: what stands in place of which nodes, their names, and the steps."""

    instead: Mapping[int, Rule | int]
    slips: frozenset[tuple[str, str]]
    steps: tuple[Derived, ...]

    def and_also(self, other: _Made) -> _Made | None:
        """Both at once; None where both are about the same step."""
        if self.instead.keys() & other.instead.keys():
            return None
        return _Made({**self.instead, **other.instead}, self.slips | other.slips, (*self.steps, *other.steps))


def mistakes(derivation: Derivation, given: Exchange = lambda _: None) -> Iterator[Mistake]:
    """What slips lead to: a term forgotten, one made everywhere, or in one layer only, two at once; 200 at most.

    `given` exchanges premises beforehand, as for an answer that rests on an earlier answer. A slip that changes nothing
    or leaves no answer is passed over, alone and in pairs.
    """
    replays = _Replays(derivation, given)
    single, once = _single(derivation)
    effective = []
    for made in single:
        value = replays.result(made.instead)
        if value not in (None, replays.right):
            effective.append(made)
            yield Mistake(tuple(sorted(made.slips)), value, made.steps)
    pairs = (both for one, other in _paired(effective, once) if (both := one.and_also(other)) is not None)
    for made in islice(pairs, MOST_REPLAYS - len(single)):
        value = replays.result(made.instead)
        if value not in (None, replays.right):
            yield Mistake(tuple(sorted(made.slips)), value, made.steps)


def _paired(effective: Sequence[_Made], once: Sequence[_Made]) -> Iterator[tuple[_Made, _Made]]:
    """Pairs of slips: one slip of two rules first, others made everywhere next, last those with one made once."""
    local = {id(made) for made in once}
    wide = [made for made in effective if id(made) not in local]
    yield from sorted(combinations(wide, 2), key=lambda pair: pair[0].slips != pair[1].slips)
    yield from product(wide, (made for made in effective if id(made) in local))


@final
class _Replays:
    """Replays of one derivation, each with a few nodes exchanged: what they do not reach is worked out once."""

    def __init__(self, derivation: Derivation, given: Exchange) -> None:
        self._derivation, self._given, self._below = derivation, given, _below(derivation)
        self._known = _values(derivation, given, lambda node: _reached(node, given), {})
        self.right = self._known.get(id(derivation))

    def result(self, instead: Mapping[int, Rule | int]) -> Value | None:
        """The result with these in place of nodes; None where a rule no longer applies."""
        known = {at: value for at, value in self._known.items() if self._below[at].isdisjoint(instead)}

        def exchange(node: Derivation) -> Rule | Value | None:
            given = self._given(node)
            return instead.get(id(node)) if given is None else given

        def below(node: Derivation) -> Iterable[Derivation]:
            return () if id(node) in known else _reached(node, exchange)

        return _values(self._derivation, exchange, below, known).get(id(self._derivation))


@lru_cache(256)
def _below(derivation: Derivation) -> Mapping[int, frozenset[int]]:
    """For each node, by number, the numbers of all nodes that it may rest on, and its own."""
    found: dict[int, frozenset[int]] = {}
    for node in everything(derivation):
        premises = node.premises.values() if isinstance(node, Derived) else ()
        found[id(node)] = frozenset((id(node),)).union(*(found[id(premise)] for premise in premises))
    return found


@lru_cache(256)
def _single(derivation: Derivation) -> tuple[tuple[_Made, ...], tuple[_Made, ...]]:
    """What is made by itself: terms forgotten, slips made everywhere and once; and of these the ones made once."""
    everywhere, once = _slips_of(derivation)
    return tuple([*islice(_terms_of(derivation), MOST_TERMS), *everywhere, *once][:MOST_SINGLE]), tuple(once)


def _slips_of(derivation: Derivation) -> tuple[list[_Made], list[_Made]]:
    """The slips of the rules of a derivation, made everywhere, and made in one place of several."""
    places: dict[tuple[str, str], dict[str, list[Derived]]] = {}
    for node in nodes(derivation, explained_by):
        if isinstance(node, Derived):
            for slip in node.rule.slips:
                places.setdefault((node.rule.name, slip), {}).setdefault(node.about, []).append(node)

    def made(slip: str, about: str, steps: Iterable[Derived]) -> _Made:
        where = tuple(steps)
        return _Made({id(step): step.rule.slips[slip] for step in where}, frozenset({(slip, about)}), where)

    everywhere = [made(slip, "", chain(*layers.values())) for (_, slip), layers in places.items()]
    once = [
        made(slip, about, where)
        for (_, slip), layers in places.items()
        if len(layers) > 1
        for about, where in layers.items()
    ]
    return everywhere, once


def _terms_of(derivation: Derivation) -> Iterator[_Made]:
    """Leaving out one term of a sum."""
    for node in nodes(derivation, explained_by):
        if isinstance(node, Derived) and node.rule is TOTAL:
            for name, term in node.premises.items():
                yield _Made({id(term): 0}, frozenset({(TERM_FORGOTTEN, name)}), (node,))


def fingerprint(derivation: Derivation) -> str:
    """A hash of the derivation and of its rules' formulas: equal for equal derivations in any process."""
    from hashlib import sha256  # brings OpenSSL, 5 ms of a command that judges one answer

    number = {id(node): index for index, node in enumerate(nodes(derivation))}
    lines = []
    for node in nodes(derivation):
        match node:
            case Given(name, value):
                lines.append(f"given {name} {ascii_text(as_formula(value))}")
            case Derived(rule, premises, value):
                taught = ascii_text(rule.taught) if rule.taught is not None else ""
                rests = " ".join(str(number[id(premise)]) for premise in rests_on(node)) + " " + " ".join(premises)
                lines.append(f"{rule.name} [{taught}] {rests} -> {ascii_text(as_formula(value))}")
    return sha256("\n".join(lines).encode()).hexdigest()[:24]


def exact(value: Value) -> int | Fraction:
    """A value that has to be a number."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise DoesNotFit("number", {"value": value})
    return value
