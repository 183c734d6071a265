"""Steps that somebody else wrote: whether one follows from the other, by which laws, resting on what, by which slip.

    ground.holds(before, after)     whether both are equal in models of what is assumed
    ground.laws(before, after)      the laws that lead from one to the other, fewest first; () for mere rearranging
    ground.slips(before, after)     the slips of laws that do

Equality is asked of finite models that satisfy nothing but the assumptions, so no law is needed to decide it; a law is
named where its result, terms collected and sums opened, is what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Final, TypeAlias, final

from sympy import Add, Expr, Max, Mul, Rational, Sum, Symbol, expand, preorder_traversal, simplify, sqrt

from solver.derivation import DoesNotFit, Rule
from solver.frozen import frozen
from solver.moments.assumptions import KINDS, Centred, Fact, Facts, definition, families
from solver.moments.derive import facts_needed
from solver.moments.laws import (
    CENTRED,
    DEFINED,
    EQUAL,
    EXPANDED,
    HALF,
    INDEPENDENCE,
    IS_ZERO,
    LAWS,
    LINEAR,
    PRODUCT,
    SECOND_SPLIT,
    SOLVED,
    SUM,
    SYMMETRIC_SUM,
)
from solver.notation.bridge import to_sympy
from solver.notation.reading import formula
from solver.notation.tree import Call, Fold, Formula, Name, subformulas
from solver.symbols import Var, family, relu, sigmoid, size_symbol, variable
from solver.verify.finite_models import Model, NotComputable, families_in

Values: TypeAlias = "tuple[int | Fraction, ...]"

TO_MOMENTS: Final = (
    *(DEFINED, LINEAR, SUM, PRODUCT, INDEPENDENCE, CENTRED, HALF, SECOND_SPLIT, CENTRED, SUM, PRODUCT, CENTRED),
    *(DEFINED, HALF, EQUAL),
)
SIZES: Final = (1, 2, 3)
"""How many weights and inputs there are in the models that are asked."""
MOST_LAWS: Final = 3
MOST_STATES: Final = 60
REWRITING: Final = tuple(law for law in LAWS if law not in (EXPANDED, IS_ZERO, SOLVED, SYMMETRIC_SUM))


def facts_of(assumes: Sequence[str], stands_for: Mapping[str, str]) -> tuple[Fact, ...]:
    """Facts as an author writes them: "independent(w, x)", and {"v": "sum(i, 1, n, w_i*x_i)"}.

    >>> facts_of(["centred(w)"], {})
    (Centred(w),)
    """
    said = (formula(text, tuple(KINDS)) for text in assumes)
    assumed = tuple(KINDS[one.function](*_families(one)) for one in said if isinstance(one, Call))
    meant = ((formula(left), formula(right)) for left, right in stands_for.items())
    return (*assumed, *(definition(expression(left), expression(right)) for left, right in meant))


def _families(said: Call) -> tuple[Symbol, ...]:
    return tuple(Symbol(name) for name in sorted(one.text for one in said.arguments if isinstance(one, Name)))


def expression(said: Formula, random: Sequence[str] = ("v",), also: Mapping[str, Any] | None = None) -> Expr:
    """A formula as SymPy knows it: w_i is a member of the family w, a name among `random` a variable of its own."""
    symbols: dict[str, Any] = {}
    bound = {part.variable for part in subformulas(said) if isinstance(part, Fold)}
    for text in {part.text for part in subformulas(said) if isinstance(part, Name)}:
        head, _, below = text.partition("_")
        if text in random:
            symbols[text] = variable(text)
        elif below and len(head) == 1:
            symbols[text] = family(head)[tuple(_index(one) for one in below.split(","))]
        elif text in bound:
            symbols[text] = _index(text)
    return to_sympy(said, symbols | dict(also or {}), _FUNCTIONS)


def _largest(*values: Expr) -> Expr:
    """max(0, y) is relu(y)."""
    others = [value for value in values if value != 0]
    return relu(*others) if len(others) == 1 < len(values) else Max(*values)


_FUNCTIONS: Final = {"relu": relu, "sigmoid": sigmoid, "max": _largest, "std": lambda body: sqrt(Var(body))}


def _index(text: str) -> Any:
    return int(text) if text.isdigit() else size_symbol(text) if text in ("n", "m") else Symbol(text, integer=True)


@final
@frozen
class Ground:
    """What steps may rest on."""

    facts: Facts
    alone: tuple[str, ...] = ()
    """The names of variables that are no members of families."""

    @staticmethod
    def of(facts: Sequence[Fact], alone: tuple[str, ...] = ()) -> Ground:
        """The ground that these facts are."""
        return Ground(Facts.among(facts), alone)

    def holds(self, before: Expr, after: Expr) -> bool | None:
        """Whether both are equal in every model that is asked; None where one has no exact value there."""
        first, second = self.values(before), self.values(after)
        return None if first is None or second is None else first == second

    def laws(self, before: Expr, after: Expr) -> tuple[Rule, ...] | None:
        """The laws that lead from one to the other; None where none of those tried do."""
        wanted = arranged(after)
        for state, path in self._reached(before):
            if arranged(state) == wanted:
                return path
            if state.has(Sum) and arranged(state.replace(Sum, _counted)) == wanted and self.holds(before, after):
                return (*path, EQUAL)
        return None

    def rests_on(self, before: Expr, laws: Sequence[Rule]) -> tuple[Fact, ...]:
        """What laws, one after the other, need of what is assumed."""
        found: dict[Fact, None] = {}
        for law in laws:
            found |= dict.fromkeys(facts_needed(law, before, self.facts))
            before = self.concluded(law, before)
        return tuple(found)

    def slips(self, before: Expr, after: Expr) -> tuple[tuple[Rule, str], ...]:
        """Laws and slips of theirs that lead from one to the other, perhaps behind other laws; the nearest."""
        wanted = self.values(after)
        found: dict[tuple[Rule, str], None] = {}
        steps = None
        for state, path in self._reached(before):
            if steps is not None and len(path) > steps:
                break
            for law in REWRITING:
                for name, slip in law.slips.items():
                    said = self.concluded(slip, state)
                    if said is not None and said != state and self._is(said, after, wanted):
                        found[law, name] = None
                        steps = len(path)
        return tuple(found)

    def would_need(self, before: Expr, after: Expr) -> tuple[tuple[str, str], ...]:
        """What is not assumed and under which both are equal: a slip of resting on it, and the name it is about."""
        found = []
        for name in families(before):
            fact = Centred(Symbol(name))
            if not self.facts.centred(name) and self._with(fact).holds(before, after):
                found.append(("mean_taken_for_zero", name))
        return tuple(found)

    def _with(self, fact: Fact) -> Ground:
        if fact not in self._grounds:
            self._grounds[fact] = Ground(Facts(self.facts.known | {fact}), self.alone)
        return self._grounds[fact]

    def _is(self, said: Expr, after: Expr, wanted: Values | None) -> bool:
        if wanted is None:
            return bool(arranged(said) == arranged(after))
        return self.values(said) == wanted

    # --- what laws lead to

    def _reached(self, start: Expr) -> Iterator[tuple[Expr, tuple[Rule, ...]]]:
        """What laws lead to from an expression, each once, by the fewest laws first."""
        if start in self._trees:
            yield from self._trees[start]
            return
        seen = {arranged(start)}
        states: list[tuple[Expr, tuple[Rule, ...]]] = [(start, ())]
        for state, path in states:
            yield state, path
            for law, said in self._next(state) if len(path) < MOST_LAWS else ():
                if said is None or len(states) >= MOST_STATES or (form := arranged(said)) in seen:
                    continue
                seen.add(form)
                states.append((said, (*path, law)))
        self._trees[start] = tuple(states)

    def _next(self, expr: Expr) -> Iterator[tuple[Rule, Any]]:
        """What each law gives; what names are short for is put in one by one, too."""
        definitions = self.facts.definitions()
        for left, right in definitions.items() if len(definitions) > 1 else ():
            yield DEFINED, DEFINED.conclude({"expression": expr, "meant": definition(left, right)})
        for law in REWRITING:
            yield law, self.concluded(law, expr)

    def concluded(self, law: Rule, expr: Expr) -> Any:
        """What a law gives; None where it does not apply."""
        try:
            return law.conclude({"expression": expr, **self._premises})
        except DoesNotFit:
            return None

    # --- models

    def values(self, expr: Expr) -> Values | None:
        """What an expression is worth in each model; None where that has no exact value."""
        if expr not in self._known:
            self._known[expr] = self._computed(expr)
        return self._known[expr]

    def _computed(self, expr: Expr) -> Values | None:
        try:
            return tuple(model.value(expr) for model in self._models)
        except (NotComputable, KeyError, ZeroDivisionError, OverflowError):
            return None

    @cached_property
    def _known(self) -> dict[Expr, Values | None]:
        return {}

    @cached_property
    def _premises(self) -> dict[str, Fact]:
        return {str(fact): fact for fact in self.facts}

    @cached_property
    def _trees(self) -> dict[Expr, tuple[tuple[Expr, tuple[Rule, ...]], ...]]:
        return {}

    @cached_property
    def _grounds(self) -> dict[Fact, Ground]:
        return {}

    @cached_property
    def _models(self) -> tuple[Model, ...]:
        """A model for each number of terms; one that would have too many outcomes is left out."""
        members = families_in(self.facts) | dict.fromkeys(self.alone, 0)
        found = []
        for size in SIZES:
            try:
                found.append(Model(self.facts, members, size, "working", 2))
            except NotComputable:
                continue
        return tuple(found)


# --- equations for one unknown moment


def reduced(expr: Expr, ground: Ground) -> Expr:
    """An expression in moments of single names, as far as laws lead there."""
    for law in TO_MOMENTS:
        said = ground.concluded(law, expr)
        expr = expr if said is None else said
    return arranged(expr)


def vanishes(expr: Expr, unknown: Expr, value: Expr) -> bool:
    """Whether an expression is 0 where the unknown has a value, and not everywhere."""
    return bool(simplify(expr.xreplace({unknown: value})) == 0 and (expr.has(unknown) or expr == 0))


def root(expr: Expr, unknown: Expr) -> Expr | None:
    """The value of the unknown where an expression is 0, if there is one: of a line, or of a root of the unknown."""
    for power in (1, Rational(1, 2), -1, Rational(-1, 2)):
        part = expr.coeff(unknown**power)
        rest = expand(expr - part * unknown**power)
        if part != 0 and not rest.has(unknown):
            return simplify((-rest / part) ** (1 / Rational(power)))
    return None


# --- one form for what is only rearranged


def _counted(body: Expr, *limits: Any) -> Expr:
    """n times the first term, for a sum from 1 to n of terms that are all alike."""
    (index, low, high), *more = limits
    return Sum(body, *limits) if more or low != 1 else high * body.xreplace({index: low})


@lru_cache(maxsize=4096)
def arranged(expr: Expr) -> Expr:
    """Brackets multiplied out, sums of sums and constants before them, indices with letters of ours.

    >>> from sympy import symbols
    >>> i, j = symbols("i j", integer=True)
    >>> w, n = family("w"), size_symbol("n")
    >>> arranged(Sum(2*w[j], (j, 1, n))) == arranged(Sum(w[i] + w[i], (i, 1, n)))
    True
    """
    opened = expand(expr.replace(lambda one: isinstance(one, Sum), _opened) if expr.has(Sum) else expr)
    return opened.replace(lambda one: isinstance(one, Sum), _lettered) if opened.has(Sum) else opened


def _opened(total: Sum) -> Expr:
    body = expand(total.function)
    variables = [limit[0] for limit in total.limits]
    terms = []
    for term in Add.make_args(body):
        outer = [factor for factor in Mul.make_args(term) if not factor.has(*variables)]
        inner = [factor for factor in Mul.make_args(term) if factor not in outer]
        terms.append(Mul(*outer) * Sum(Mul(*inner), *total.limits))
    return Add(*terms)


def _lettered(total: Sum) -> Expr:
    depth = sum(isinstance(inner, Sum) for inner in preorder_traversal(total.function))
    for number, limit in enumerate(total.limits):
        letter = Symbol(f"i_{depth + number}", integer=True)
        total = Sum(
            total.function.xreplace({limit[0]: letter}),
            *(tuple(part.xreplace({limit[0]: letter}) for part in one) for one in total.limits),
        )
    return total

