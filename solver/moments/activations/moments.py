"""E[s(y)], E[s(y)^2], E[s'(y)^2] of an activation s for y ~ N(0, q), and what holds for every symmetric law of y."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from math import isfinite
from typing import Any, Literal, TypeAlias, final

import mpmath
import sympy
from mpmath import mp
from sympy import Abs, Expr, Rational, Symbol

from solver.frozen import frozen
from solver.moments.activations.definitions import FACTS, Definition, Fact, Pieces, Smooth
from solver.moments.activations.entries import ACTIVATIONS, OTHER_NAMES
from solver.moments.activations.integrals import a, y
from solver.moments.activations.numbers import evaluated, integrated
from solver.symbols import E

Label: TypeAlias = Literal["exact", "numeric"]
Triple: TypeAlias = "tuple[Any, Any, Any]"


class NoMoments(Exception):
    """No moments are known: of what, and what there is instead.

    `why` is the key of its words in catalogs, and `data` what is put into them.
    """

    def __init__(self, of: str, known: tuple[str, ...] = (), why: str = "", **data: object) -> None:
        super().__init__(of, known)
        self.of, self.known, self.why, self.data = of, known, why or "other", data or {"of": of}

    def __str__(self) -> str:
        return f"no moments of {self.of}" + (f"; there are those of {', '.join(self.known)}" if self.known else "")


@final
@frozen(eq=False)
class ActivationMoments:
    """E[s(y)], E[s(y)^2], E[s'(y)^2] for y ~ N(0, q): expressions in q, or None where no closed form is known."""

    name: str
    parameters: Mapping[str, Expr]
    definition: Definition
    source: str
    spread: tuple[str, str, str] | None = None

    @cached_property
    def mean(self) -> Expr | None:
        """E[s(y)]"""
        return self._closed("mean")

    @cached_property
    def second(self) -> Expr | None:
        """E[s(y)^2]"""
        return self._closed("second")

    @cached_property
    def derivative_second(self) -> Expr | None:
        """E[s'(y)^2]"""
        return self._closed("derivative_second")

    @property
    def label(self) -> Label:
        """Whether all three have a closed form."""
        return "numeric" if isinstance(self.definition, Smooth) else "exact"

    @property
    def expression(self) -> Expr:
        """s(y)"""
        return self.definition.expression

    def _closed(self, fact: Fact) -> Expr | None:
        always = self.any_symmetric.get(fact)
        if always is not None and not always.has(E):
            return always
        found = self.definition.moment(fact)
        return found if found is None or self.spread is None else self._averaged(found)

    def _averaged(self, found: Expr) -> Expr:
        """The average over a slope that is uniform between u and v: E[a^k] = (u^k + u^(k-1) v + ... + v^k)/(k + 1)."""
        assert self.spread is not None
        slope, low, high = Symbol(self.spread[0]), *(self.parameters[end] for end in self.spread[1:])
        terms = sympy.Poly(found, slope).terms()
        powers = {k: sympy.Add(*(low ** (k - i) * high**i for i in range(k + 1))) / (k + 1) for (k,), _ in terms}
        return sympy.Add(*(c * powers[k] for (k,), c in terms))

    def numeric(self, variance: Any, digits: int = 15) -> Triple:
        """(E[s], E[s^2], E[s'^2]) at q = variance, to so many digits, as mpmath numbers.

        >>> [mpmath.nstr(value, 15) for value in activation_moments("tanh").numeric(1)]
        ['0.0', '0.394294490397841', '0.464402902448268']
        """
        exact = exactly(variance)
        if not exact.is_number or not exact > 0:
            said = f"{self.name} at variance {variance}"
            raise NoMoments(said, why="variance", activation=self.name, variance=variance)
        if not all(value.is_number for value in self.parameters.values()):
            raise NoMoments(f"{self.name} as numbers, with {dict(self.parameters)}")
        return _numeric(self.name, tuple(self.parameters.items()), exact, digits)

    @cached_property
    def slopes(self) -> tuple[Expr, Expr] | None:
        """(s_-, s_+) where s(y) = s_- y below 0 and s_+ y above: then s(t y) = t s(y) for t > 0."""
        if not isinstance(self.definition, Pieces) or any(end != 0 for end in self.definition.breaks):
            return None
        functions = [f for _, _, f in self.definition.pieces]
        slopes = [sympy.cancel(f / y) for f in (functions[0], functions[-1])]
        return None if any(slope.has(y) for slope in slopes) else (slopes[0], slopes[1])

    @cached_property
    def any_symmetric(self) -> dict[Fact, Expr]:
        """What holds for every symmetric law of y, by the even part: E[g(y)] = E[(g(a) + g(-a))/2], a = |y|.

        >>> activation_moments("relu").any_symmetric
        {'mean': E(Abs(y))/2, 'second': E(y**2)/2, 'derivative_second': 1/2}
        """
        found = {fact: self._for_any(fact) for fact in FACTS}
        return {fact: statement for fact, statement in found.items() if statement is not None}

    def _for_any(self, fact: Fact) -> Expr | None:
        parts = self.definition.even_parts(fact)
        if parts is None or len(set(parts)) != 1 or not parts[0].is_polynomial(a):
            return None
        terms = sympy.Poly(parts[0], a).terms()
        averaged = sympy.Add(*(c * (E(Abs(y) ** k) if k % 2 else E(y**k)) if k else c for (k,), c in terms))
        return averaged if self.spread is None else self._averaged(averaged)


def activation_moments(name: str, **parameters: Any) -> ActivationMoments:
    """The moments of an activation, by its name in torch.nn.functional; parameters by keyword.

    >>> activation_moments("leaky_relu", a=Symbol("a")).second
    a**2*q/2 + q/2
    >>> activation_moments("gelu").mean
    sqrt(2)*q/(2*sqrt(pi)*sqrt(q + 1))
    """
    name = OTHER_NAMES.get(name, name)
    if name not in ACTIVATIONS:
        raise NoMoments(f"the activation {name!r}", tuple(ACTIVATIONS), why="activation", activation=name)
    entry = ACTIVATIONS[name]
    given = {entry.torch.get(key, key): exactly(value) for key, value in parameters.items()}
    if unknown := given.keys() - entry.parameters.keys():
        raise NoMoments(f"{name} with {', '.join(sorted(unknown))}", tuple(entry.parameters))
    values = {key: given.get(key, sympy.sympify(default)) for key, default in entry.parameters.items()}
    return made(name, tuple(values.items()))


@cache
def made(name: str, parameters: tuple[tuple[str, Expr], ...]) -> ActivationMoments:
    """The moments of an activation with these parameters, made once."""
    entry = ACTIVATIONS[name]
    drawn = {entry.spread[0]: Symbol(entry.spread[0])} if entry.spread else {}
    definition = entry.define(**dict(parameters), **drawn)
    return ActivationMoments(name, dict(parameters), definition, entry.source, entry.spread)


def exactly(value: Any) -> Any:
    """A number as it was written, exactly: 0.01 is 1/100; expressions and mpmath numbers as they are."""
    match value:
        case bool():
            raise NoMoments(f"parameter {value}")
        case float() if not isfinite(value):
            raise NoMoments(f"parameter {value}")
        case float():
            return Rational(str(value))
        case Fraction():
            return Rational(value.numerator, value.denominator)
        case mpmath.mpf():
            return sympy.Float(value, mp.dps)
        case _:
            try:
                return sympy.sympify(value, strict=True)
            except sympy.SympifyError:
                raise NoMoments(f"parameter {value!r}") from None


@lru_cache(maxsize=4096)
def _numeric(name: str, parameters: tuple[tuple[str, Expr], ...], variance: Expr, digits: int) -> Triple:
    held = made(name, parameters)

    def value(fact: Fact) -> Any:
        closed = getattr(held, fact)
        if closed is None:
            return integrated(held.definition, fact, variance, digits)
        return evaluated(closed, variance, digits)

    values = [value(fact) for fact in FACTS]
    with mp.workdps(digits):
        return +values[0], +values[1], +values[2]
