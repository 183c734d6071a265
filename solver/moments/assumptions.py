"""What is assumed of random variables: facts that are premises, and what follows from them is read off the tree.

    Independent(w, x)   all the w_i together are independent of all the x_j
    Centred(w)          E[w_i] = 0
    Uncorrelated(w)     Cov(w_i, w_j) = 0 for i != j
    Symmetric(w)        (-w_1, -w_2, …) has the law of (w_1, w_2, …)
    Alike(w)            E[w_i] is the same for every i, and so is Var(w_i)
    Varies(w)           w_i is not always 0
    Normal(y)           the y_i are jointly normal with mean 0
    Eq(v, …)            what v is short for; with an index, what every x_i is

Nothing else is assumed: the w_i may depend on each other and have different laws where no fact says otherwise.
Independence is mutual: groups of families between which every pair is declared independent are independent as groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias, final

from sympy import Eq, Function, Indexed, Symbol

from solver.derivation import Derivation, Given, everything
from solver.frozen import frozen
from solver.notation.bridge import from_sympy
from solver.notation.printing import ascii_text
from solver.symbols import Variable

Expr: TypeAlias = Any
Fact: TypeAlias = Any
"""A SymPy object: one of the classes below, or an equation that says what a name is short for."""


class Assumed(Function):
    """What is assumed of the random variables with these names."""

    @property
    def kind(self) -> str:
        """The name of the assumption in catalogs."""
        return type(self).__name__.lower()

    @property
    def names(self) -> tuple[str, ...]:
        """The families that it is about."""
        return tuple(symbol.name for symbol in self.args)


class Independent(Assumed):
    """All the w_i together are independent of all the x_j."""

    nargs = 2


class Centred(Assumed):
    """E[w_i] = 0"""

    nargs = 1


class Uncorrelated(Assumed):
    """E[w_i w_j] = E[w_i] E[w_j] for i != j"""

    nargs = 1


class Symmetric(Assumed):
    """(-w_1, -w_2, …) has the same law as (w_1, w_2, …)"""

    nargs = 1


class Alike(Assumed):
    """E[w_i] and Var(w_i) do not depend on i."""

    nargs = 1


class Varies(Assumed):
    """P(w_i = 0) < 1"""

    nargs = 1


class Normal(Assumed):
    """The y_i are jointly normal with mean 0."""

    nargs = 1


KINDS: Mapping[str, type[Assumed]] = {
    kind.__name__.lower(): kind for kind in (Varies, Symmetric, Alike, Centred, Uncorrelated, Independent)
}
"""The kinds by name, those that finite models can have; of two for the same purpose the stronger comes first."""
NORMAL = "normal"
DEFINITION = "definition"


def independent(first: str, second: str) -> Fact:
    """The assumption that two families are independent of each other."""
    return Independent(*(Symbol(name) for name in sorted((first, second))))


def about(kind: type[Assumed], *names: str) -> tuple[Fact, ...]:
    """The same assumption about each of several families."""
    return tuple(kind(Symbol(name)) for name in names)


def definition(left: Expr, right: Expr) -> Fact:
    """left = right, as what left is short for."""
    return Eq(left, right, evaluate=False)


def is_fact(value: Any) -> bool:
    """Whether a value is an assumption rather than an expression."""
    return isinstance(value, Assumed | Eq)


def kind_of(fact: Fact) -> str:
    """The name of a fact's kind."""
    return fact.kind if isinstance(fact, Assumed) else DEFINITION


def families(expr: Expr) -> tuple[str, ...]:
    """The names of the random variables in an expression, w for w_1 and w_i."""
    named = {str(one.base.label) for one in expr.atoms(Indexed)} | {one.name for one in expr.atoms(Variable)}
    return tuple(sorted(named))


def assume(*facts: Fact) -> tuple[Given, ...]:
    """Assumptions as premises."""
    return tuple(Given(ascii_text(from_sympy(fact)), fact) for fact in facts)


def assumed(derivation: Derivation) -> tuple[Fact, ...]:
    """The assumptions that a result rests on: those that are given, each once, in reading order."""
    given = (node.result for node in everything(derivation) if isinstance(node, Given))
    return tuple(dict.fromkeys(fact for fact in given if is_fact(fact)))


@final
@frozen
class Facts:
    """What a law may rest on."""

    known: frozenset[Fact]

    @staticmethod
    def among(values: Iterable[Any]) -> Facts:
        """The facts among some values."""
        return Facts(frozenset(value for value in values if is_fact(value)))

    @cached_property
    def _about(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        return frozenset((fact.kind, fact.names) for fact in self.known if isinstance(fact, Assumed))

    def __iter__(self) -> Iterator[Fact]:
        """The facts, those that ask for more before those that ask for less."""
        ranks = [DEFINITION, NORMAL, *KINDS]
        return iter(sorted(self.known, key=lambda fact: (ranks.index(kind_of(fact)), str(fact))))

    def without(self, fact: Fact) -> Facts:
        """All but one."""
        return Facts(self.known - {fact})

    def independent(self, first: Iterable[str], second: Iterable[str]) -> bool:
        """Whether each of some families is independent of each of others."""
        pairs = [tuple(sorted((one, other))) for one in first for other in second]
        return all(("independent", pair) in self._about for pair in pairs)

    def apart(self, one: Expr, other: Expr) -> bool:
        """Whether two expressions are independent, as their families are."""
        return self.independent(families(one), families(other))

    def symmetric(self, name: str) -> bool:
        return ("symmetric", (name,)) in self._about

    def centred(self, name: str) -> bool:
        """Mean 0, as is assumed or follows from symmetry."""
        return ("centred", (name,)) in self._about or self.symmetric(name)

    def uncorrelated(self, name: str) -> bool:
        return ("uncorrelated", (name,)) in self._about

    def alike(self, name: str) -> bool:
        return ("alike", (name,)) in self._about

    def varies(self, name: str) -> bool:
        return ("varies", (name,)) in self._about

    def normal(self, name: str) -> bool:
        return (NORMAL, (name,)) in self._about

    def definitions(self) -> Mapping[Expr, Expr]:
        """What names are short for: left sides to right sides."""
        return {fact.lhs: fact.rhs for fact in self if isinstance(fact, Eq)}
