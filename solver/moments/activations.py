"""Moments of activations: E[s(y)], E[s(y)^2], E[s'(y)^2] for y ~ N(0, q).

An activation is one entry of ACTIVATIONS: its definition, from which the rest follows. Four families of definitions:

    Pieces   polynomials times exponentials between break points    integration by parts, the square completed
    Normal   polynomials in y, Phi(y) and phi(y)                    Stein's lemma; the orthant law for E[Phi^2]
    Ratio    polynomials in 1/(1 + |y|) on each side of 0           integration by parts
    Smooth   whatever else                                          no closed form is known: integrated numerically

    y  the argument      q  its variance      Phi, phi  distribution function and density of N(0, 1)      a = |y|
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import Any, Literal, TypeAlias, final

import mpmath
import sympy
from mpmath import mp
from sympy import Abs, Ei, Expr, Rational, Symbol, asin, erf, erfc, erfi, exp, log, oo, pi, sin, sqrt, tanh

from solver.symbols import E

Fact: TypeAlias = Literal["mean", "second", "derivative_second"]
Label: TypeAlias = Literal["exact", "numeric"]
Triple: TypeAlias = "tuple[Any, Any, Any]"

FACTS: tuple[Fact, ...] = ("mean", "second", "derivative_second")

q = Symbol("q", positive=True)
y = Symbol("y", real=True)
a = Symbol("a", positive=True)
P, p = sympy.symbols("Phi phi", real=True)
r = Symbol("r", positive=True)


class NoMoments(Exception):
    """No moments are known: of what, and what there is instead.

    `why` is the key of its words in catalogs, and `data` what is put into them.
    """

    def __init__(self, of: str, known: tuple[str, ...] = (), why: str = "", **data: object) -> None:
        super().__init__(of, known)
        self.of, self.known, self.why, self.data = of, known, why or "other", data or {"of": of}

    def __str__(self) -> str:
        return f"no moments of {self.of}" + (f"; there are those of {', '.join(self.known)}" if self.known else "")


# --- integrals against the normal density


def _mass(b: Expr, low: Expr, high: Expr, v: Expr) -> Expr:
    """E[e^(b y); low < y < high] = e^(b^2 v/2) P(low < y + b v < high) for y ~ N(0, v)."""
    ends = [end if end in (oo, -oo) else (end - b * v) / sqrt(2 * v) for end in (low, high)]
    match ends:
        case [sympy.S.NegativeInfinity, sympy.S.Infinity]:
            inside = sympy.Integer(1)
        case [sympy.S.NegativeInfinity, end]:
            inside = erfc(-end) / 2
        case [end, sympy.S.Infinity]:
            inside = erfc(end) / 2
        case [start, end]:
            inside = (erf(end) - erf(start)) / 2
    return exp(b**2 * v / 2) * inside


def _edge(k: int, b: Expr, end: Expr, v: Expr) -> Expr:
    """y^k e^(b y) times the density of N(0, v), at y = end."""
    if end in (oo, -oo):
        return sympy.Integer(0)
    return end**k * exp(b * end - end**2 / (2 * v)) / sqrt(2 * pi * v)


def truncated(k: int, b: Expr = sympy.S.Zero, low: Expr = -oo, high: Expr = oo, v: Expr = q) -> Expr:
    """E[y^k e^(b y); low < y < high] = M_k for y ~ N(0, v), where M_k = b v M_(k-1) + (k - 1) v M_(k-2) - v [edges].

    >>> truncated(2, low=sympy.S.Zero), truncated(1, low=sympy.S.Zero)
    (q/2, sqrt(2)*sqrt(q)/(2*sqrt(pi)))
    """
    moments = [_mass(b, low, high, v)]
    for j in range(1, k + 1):
        before = (j - 1) * v * moments[j - 2] if j > 1 else sympy.S.Zero
        moments.append(b * v * moments[j - 1] + before - v * (_edge(j - 1, b, high, v) - _edge(j - 1, b, low, v)))
    return moments[k]


def normal_moment(k: int, m: int, n: int = 0, v: Expr = q, *, positive: bool = False) -> Expr | None:
    """E[y^k Phi(y)^m phi(y)^n] for y ~ N(0, v), over y > 0 alone if `positive`; None where no closed form is known.

    phi^n makes the law narrower: v' = v/(1 + n v). Stein: E[y g(y)] = v E[g'(y)], and v g(0) f(0) more over y > 0.

    >>> normal_moment(0, 2), normal_moment(2, 0, 1, v=sympy.Integer(1))
    (asin(q/(q + 1))/(2*pi) + 1/4, 1/(4*sqrt(pi)))
    """
    if n:
        top, bottom = sympy.fraction(sympy.together(1 + n * v))
        inner = normal_moment(k, m, 0, sympy.cancel(v * bottom / top), positive=positive)
        return None if inner is None else inner * sqrt(bottom) / (sqrt(2 * pi) ** n * sqrt(top))
    if k:
        down = normal_moment(k - 2, m, 0, v, positive=positive) if k > 1 else sympy.S.Zero
        across = normal_moment(k - 1, m - 1, 1, v, positive=positive) if m else sympy.S.Zero
        edge = sqrt(v / (2 * pi)) / 2**m if positive and k == 1 else sympy.S.Zero
        return None if down is None or across is None else (k - 1) * v * down + m * v * across + edge
    return _orthant(m, v, positive)


def _orthant(m: int, v: Expr, positive: bool) -> Expr | None:
    """E[Phi(y)^m]: the chance that m standard normal numbers lie below y; with y > 0 if `positive`."""
    if v == 1:
        return Rational(1, m + 1) * (1 - Rational(1, 2 ** (m + 1)) if positive else 1)
    near, apart = asin(sqrt(v) / sqrt(1 + v)), asin(sympy.cancel(v / (1 + v)))
    if positive:
        half = (Rational(1, 2), Rational(1, 4) + near / (2 * pi), Rational(1, 8) + (2 * near + apart) / (4 * pi))
        return half[m] if m < len(half) else None
    square = Rational(1, 4) + apart / (2 * pi)
    known = (sympy.S.One, Rational(1, 2), square, (3 * square - Rational(1, 2)) / 2)
    return known[m] if m < len(known) else None


def largest_moment(k: int, power: int, *, positive: bool = False) -> Expr | None:
    """E[max^power] of k independent standard normal numbers: k E[y^power Phi(y)^(k - 1)]; of max(max, 0) if `positive`.

    >>> largest_moment(4, 2), largest_moment(2, 2, positive=True), largest_moment(9, 2)
    (sqrt(3)/pi + 1, 1/(2*pi) + 3/4, None)
    """
    found = normal_moment(power, k - 1, v=sympy.S.One, positive=positive)
    return None if found is None else sympy.expand(k * found)


def reciprocal_moment(k: int, v: Expr = q) -> Expr:
    """E[(1 + |y|)^-k] = 2/sqrt(pi) x^k K_k(x), x = 1/sqrt(2 v), K_k(x) the integral of e^(-t^2) (t + x)^-k over t > 0.

    By parts K_(k+1) = (x^-k - 2 K_(k-1) + 2 x K_k)/k.
    """
    x = 1 / sqrt(2 * v)
    held = [sqrt(pi) / 2, exp(-(x**2)) * (pi * erfi(x) - Ei(x**2)) / 2]
    for j in range(1, k):
        held.append((x**-j - 2 * held[j - 1] + 2 * x * held[j]) / j)
    return sympy.expand(2 / sqrt(pi) * x**k * held[k])


# --- definitions


class Definition(ABC):
    """What an activation is: a function of y, and what its family knows of the moments."""

    @property
    @abstractmethod
    def expression(self) -> Expr:
        """s(y)"""

    @property
    @abstractmethod
    def derivative(self) -> Expr:
        """s'(y), wherever there is one."""

    @abstractmethod
    def moment(self, fact: Fact) -> Expr | None:
        """A moment in closed form, or None."""

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        """(g(a) + g(-a))/2 for a > 0 and g = s, s^2 or s'^2, from one break point to the next; None if not known."""
        return None

    @property
    def breaks(self) -> tuple[Expr, ...]:
        """Where the derivative or the function jumps."""
        return ()


def _fact(f: Expr, derivative: Expr, fact: Fact) -> Expr:
    match fact:
        case "mean":
            return f
        case "second":
            return f**2
        case _:
            return derivative**2


@final
@dataclass(frozen=True)
class Pieces(Definition):
    """Polynomials times exponentials: (low, high, f(y)) from left to right; values for the symbols in them."""

    pieces: tuple[tuple[Expr, Expr, Expr], ...]
    constants: tuple[tuple[Symbol, Expr], ...] = ()

    @property
    def expression(self) -> Expr:
        return self._piecewise([f for _, _, f in self.pieces])

    @property
    def derivative(self) -> Expr:
        return self._piecewise([sympy.diff(f, y) for _, _, f in self.pieces])

    def _piecewise(self, values: list[Expr]) -> Expr:
        upper = [(value, y < high) for value, (_, high, _) in zip(values[:-1], self.pieces, strict=False)]
        return (sympy.Piecewise(*upper, (values[-1], True)) if upper else values[0]).subs(self.constants)

    def moment(self, fact: Fact) -> Expr:
        return sympy.Add(
            *(
                coefficient * truncated(k, b, low, high)
                for low, high, f in self.pieces
                for coefficient, k, b in exponential_terms(_fact(f, sympy.diff(f, y), fact))
            )
        ).subs(self.constants)

    @property
    def breaks(self) -> tuple[Expr, ...]:
        return tuple(high for _, high, _ in self.pieces[:-1])

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        ends = sorted({Abs(end) for end in self.breaks} - {sympy.S.Zero}, key=sympy.default_sort_key)
        if not all(end.is_number for end in ends) and len(ends) > 1:
            return None
        starts = [sympy.S.Zero, *(sorted(ends) if len(ends) > 1 else ends)]
        parts = []
        for start, end in pairwise([*starts, oo]):
            middle = (start + end) / 2 if end != oo else start + 1
            sides = [_fact(f, sympy.diff(f, y), fact) for f in (self._at(middle), self._at(-middle))]
            parts.append(sympy.expand((sides[0].subs(y, a) + sides[1].subs(y, -a)) / 2))
        return parts

    def _at(self, point: Expr) -> Expr:
        return next(f for _, high, f in self.pieces if high == oo or point < high)


def exponential_terms(f: Expr) -> Iterator[tuple[Expr, int, Expr]]:
    """c y^k e^(b y) for each term of f, as (c, k, b).

    >>> sorted(exponential_terms((y + exp(y))**2), key=str)
    [(1, 0, 2), (1, 2, 0), (2, 1, 1)]
    """
    for term in sympy.Add.make_args(sympy.expand(f.rewrite(exp))):
        coefficient, k, b = sympy.S.One, 0, sympy.S.Zero
        for factor in sympy.Mul.make_args(term):
            base, power = factor.as_base_exp()
            if not factor.has(y):
                coefficient *= factor
            elif base == y:
                k += int(power)
            else:
                slope, start = power.coeff(y, 1), power.coeff(y, 0)
                coefficient, b = coefficient * exp(start), b + slope
        yield coefficient, k, b


@final
@dataclass(frozen=True)
class Normal(Definition):
    """A polynomial in u, Phi(u) and phi(u), u = scale y."""

    f: Expr
    scale: Expr = sympy.S.One

    @property
    def expression(self) -> Expr:
        return self._spelled(self.f)

    @property
    def derivative(self) -> Expr:
        return self._spelled(self.slope)

    @property
    def slope(self) -> Expr:
        """s'(y): dPhi/du = phi, dphi/du = -u phi."""
        along = sympy.diff(self.f, y) + sympy.diff(self.f, P) * p - sympy.diff(self.f, p) * y * p
        return self.scale * along

    def moment(self, fact: Fact) -> Expr | None:
        polynomial = sympy.Poly(_fact(self.f, self.slope, fact), y, P, p)
        variance = self.scale**2 * q
        parts = [(c, normal_moment(k, m, n, variance)) for (k, m, n), c in polynomial.terms()]
        return sympy.Add(*(c * part for c, part in parts)) if all(part is not None for _, part in parts) else None

    def _spelled(self, f: Expr) -> Expr:
        u = self.scale * y
        return f.subs({y: u, P: (1 + erf(u / sqrt(2))) / 2, p: exp(-(u**2) / 2) / sqrt(2 * pi)}, simultaneous=True)


@final
@dataclass(frozen=True)
class Ratio(Definition):
    """Polynomials in r = 1/(1 + |y|) for y > 0 and for y < 0."""

    above: Expr
    below: Expr

    @property
    def expression(self) -> Expr:
        return self._spelled(self.above, self.below)

    @property
    def derivative(self) -> Expr:
        return self._spelled(*self._slopes())

    def moment(self, fact: Fact) -> Expr:
        slopes = self._slopes()
        sides = [_fact(f, slope, fact) for f, slope in zip((self.above, self.below), slopes, strict=True)]
        polynomial = sympy.Poly((sides[0] + sides[1]) / 2, r)
        return sympy.expand(sympy.Add(*(c * reciprocal_moment(k) if k else c for (k,), c in polynomial.terms())))

    def _slopes(self) -> tuple[Expr, Expr]:
        """dr/da = -r^2 for a = |y|."""
        return -(r**2) * sympy.diff(self.above, r), r**2 * sympy.diff(self.below, r)

    def _spelled(self, above: Expr, below: Expr) -> Expr:
        near = 1 / (1 + Abs(y))
        return sympy.Piecewise((below.subs(r, near), y < 0), (above.subs(r, near), True))

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        return [sympy.cancel((self.above + self.below) / 2)] if fact == "mean" else None


@final
@dataclass(frozen=True)
class Smooth(Definition):
    """Any smooth function; `centre` is c where s(y) + s(-y) = 2 c, as 0 for an odd one."""

    f: Expr
    centre: Expr | None = None

    @property
    def expression(self) -> Expr:
        return self.f

    @property
    def derivative(self) -> Expr:
        return sympy.diff(self.f, y)

    def moment(self, fact: Fact) -> Expr | None:
        return self.centre if fact == "mean" else None

    def even_parts(self, fact: Fact) -> list[Expr] | None:
        return [self.centre] if fact == "mean" and self.centre is not None else None


def pieces(first: object, *rest: tuple[object, object]) -> Pieces:
    """The function `first` up to the first break point, and after each break point the function beside it."""
    ends = [-oo, *(sympy.sympify(end) for end, _ in rest), oo]
    functions = [sympy.sympify(f) for f in (first, *(f for _, f in rest))]
    kept = [piece for piece in zip(ends, ends[1:], functions, strict=False) if piece[0] != piece[1]]
    return Pieces(tuple(kept))


# --- the activations


@final
@dataclass(frozen=True)
class Entry:
    """An activation: its definition from its parameters, their values where none are given, torch's names for them.

    `spread` names a parameter that is drawn at random, uniformly between two others, for each number by itself.
    """

    define: Callable[..., Definition]
    source: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    torch: Mapping[str, str] = field(default_factory=dict)
    spread: tuple[str, str, str] | None = None


PARTS = "integrated by parts between its break points"
STEIN = "Stein's lemma and the orthant law"
HE = "He et al. 2015, Delving deep into rectifiers, section 2.2"
NUMERIC = "no closed form is known; integrated numerically"


def _leaky(a: Expr) -> Pieces:
    return pieces(a * y, (0, y))


def _elu(a: Expr) -> Pieces:
    return pieces(a * (exp(y) - 1), (0, y))


def _hardtanh(low: Expr, high: Expr) -> Pieces:
    return pieces(low, (low, y), (high, high))


@cache
def selu_constants() -> tuple[Expr, Expr]:
    """(alpha, lambda) for which lambda ELU_alpha(y) has mean 0 and second moment 1 when y ~ N(0, 1).

    The mean is linear in alpha, which solves mean = 0; lambda^2 is then one over the second moment.

    >>> [constant.evalf(20) for constant in selu_constants()]
    [1.6732632423543772848, 1.0507009873554804934]
    """
    al = Symbol("alpha", positive=True)
    mean, second = (_elu(al).moment(fact).subs(q, 1) for fact in ("mean", "second"))
    alpha = sympy.cancel(-mean.subs(al, 0) / sympy.diff(mean, al))
    return alpha, 1 / sqrt(second.subs(al, alpha))


def _selu() -> Pieces:
    symbols = sympy.symbols("alpha lambda", positive=True)
    curve, scale = symbols
    shape = pieces(scale * curve * (exp(y) - 1), (0, scale * y))
    return Pieces(shape.pieces, tuple(zip(symbols, selu_constants(), strict=True)))


_SIGMOID = 1 / (1 + exp(-y))
_TANH_OF_GELU = tanh(sqrt(2 / pi) * (y + Rational(44715, 1000000) * y**3))

ACTIVATIONS: dict[str, Entry] = {
    "linear": Entry(lambda: pieces(y), "definition of the variance"),
    "relu": Entry(lambda: pieces(0, (0, y)), HE),
    "leaky_relu": Entry(_leaky, f"{HE}, equation 12", {"a": Rational(1, 100)}, {"negative_slope": "a"}),
    "prelu": Entry(_leaky, f"{HE}, equation 12", {"a": Rational(1, 4)}, {"init": "a"}),
    "rrelu": Entry(
        lambda a, lower, upper: _leaky(a),
        HE,
        {"lower": Rational(1, 8), "upper": Rational(1, 3)},
        {},
        ("a", "lower", "upper"),
    ),
    "abs": Entry(lambda: pieces(-y, (0, y)), PARTS),
    "relu6": Entry(lambda: pieces(0, (0, y), (6, 6)), PARTS),
    "hardtanh": Entry(_hardtanh, PARTS, {"low": -1, "high": 1}, {"min_val": "low", "max_val": "high"}),
    "hardsigmoid": Entry(lambda: pieces(0, (-3, y / 6 + Rational(1, 2)), (3, 1)), PARTS),
    "hardswish": Entry(lambda: pieces(0, (-3, y * (y + 3) / 6), (3, y)), PARTS),
    "hardshrink": Entry(lambda c: pieces(y, (-c, 0), (c, y)), PARTS, {"c": Rational(1, 2)}, {"lambd": "c"}),
    "softshrink": Entry(lambda c: pieces(y + c, (-c, 0), (c, y - c)), PARTS, {"c": Rational(1, 2)}, {"lambd": "c"}),
    "threshold": Entry(lambda c, value: pieces(value, (c, y)), PARTS, {"c": 0, "value": 0}, {"threshold": "c"}),
    "step": Entry(lambda: pieces(0, (0, 1)), PARTS),
    "squared_relu": Entry(lambda: pieces(0, (0, y**2)), PARTS),
    "exp": Entry(lambda: pieces(exp(y)), "the moment generating function of N(0, q)"),
    "sin": Entry(lambda: pieces(sin(y)), "the characteristic function of N(0, q)"),
    "elu": Entry(_elu, PARTS, {"a": 1}, {"alpha": "a"}),
    "celu": Entry(lambda a: pieces(a * (exp(y / a) - 1), (0, y)), PARTS, {"a": 1}, {"alpha": "a"}),
    "selu": Entry(_selu, "Klambauer et al. 2017, Self-normalizing neural networks: the fixed point (0, 1)"),
    "gelu": Entry(lambda: Normal(y * P), STEIN),
    "erf": Entry(lambda: Normal(2 * P - 1, sqrt(2)), f"{STEIN}; Williams 1997, Computing with infinite networks"),
    "softsign": Entry(lambda: Ratio(1 - r, r - 1), "integrated by parts; exponential integral"),
    "sigmoid": Entry(lambda: Smooth(_SIGMOID, Rational(1, 2)), NUMERIC),
    "tanh": Entry(lambda: Smooth(tanh(y), sympy.S.Zero), NUMERIC),
    "tanhshrink": Entry(lambda: Smooth(y - tanh(y), sympy.S.Zero), NUMERIC),
    "softplus": Entry(lambda beta: Smooth(log(1 + exp(beta * y)) / beta), NUMERIC, {"beta": 1}, {"beta": "beta"}),
    "logsigmoid": Entry(lambda: Smooth(-log(1 + exp(-y))), NUMERIC),
    "silu": Entry(lambda: Smooth(y * _SIGMOID), NUMERIC),
    "mish": Entry(lambda: Smooth(y * (1 - 2 / (1 + (1 + exp(y)) ** 2))), NUMERIC),
    "gelu_tanh": Entry(lambda: Smooth(y * (1 + _TANH_OF_GELU) / 2), NUMERIC),
}

OTHER_NAMES = {
    "identity": "linear",
    "clip": "hardtanh",
    "relu2": "squared_relu",
    "swish": "silu",
    "sign_step": "step",
    "heaviside": "step",
    "gelu_exact": "gelu",
}


@final
@dataclass(frozen=True, eq=False)
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
        """The average over a slope that is uniform between two others: E[a^k] = (v^(k+1) - u^(k+1))/((k+1) (v - u))."""
        assert self.spread is not None
        slope, low, high = Symbol(self.spread[0]), *(self.parameters[end] for end in self.spread[1:])
        terms = sympy.Poly(found, slope).terms()
        return sympy.Add(*(c * (high ** (k + 1) - low ** (k + 1)) / ((k + 1) * (high - low)) for (k,), c in terms))

    def numeric(self, variance: Any, digits: int = 15) -> Triple:
        """(E[s], E[s^2], E[s'^2]) at q = variance, to so many digits, as mpmath numbers.

        >>> [mpmath.nstr(value, 15) for value in activation_moments("tanh").numeric(1)]
        ['0.0', '0.394294490397841', '0.464402902448268']
        """
        exact = _exactly(variance)
        if not exact.is_number or not exact > 0:
            said = f"{self.name} at variance {variance}"
            raise NoMoments(said, why="variance", activation=self.name, variance=variance)
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

    @cached_property
    def needs_no_atom(self) -> dict[Fact, tuple[Expr, ...]]:
        """Where a law must have no atom for the statements to hold: s' jumps at a kink, s itself at a step."""
        jumps = tuple(end for end in self.definition.breaks if self._jumps(end))
        kept: dict[Fact, tuple[Expr, ...]] = {
            "mean": jumps,
            "second": jumps,
            "derivative_second": self.definition.breaks,
        }
        return {fact: kept[fact] for fact in self.any_symmetric}

    def _jumps(self, end: Expr) -> bool:
        assert isinstance(self.definition, Pieces)
        before = next(f for _, high, f in self.definition.pieces if high == end)
        after = next(f for low, _, f in self.definition.pieces if low == end)
        return bool(sympy.simplify((before - after).subs(y, end)) != 0)

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
    given = {entry.torch.get(key, key): _exactly(value) for key, value in parameters.items()}
    if unknown := given.keys() - entry.parameters.keys():
        raise NoMoments(f"{name} with {', '.join(sorted(unknown))}", tuple(entry.parameters))
    values = {key: given.get(key, sympy.sympify(default)) for key, default in entry.parameters.items()}
    return _made(name, tuple(values.items()))


@cache
def _made(name: str, parameters: tuple[tuple[str, Expr], ...]) -> ActivationMoments:
    entry = ACTIVATIONS[name]
    drawn = {entry.spread[0]: Symbol(entry.spread[0])} if entry.spread else {}
    definition = entry.define(**dict(parameters), **drawn)
    return ActivationMoments(name, dict(parameters), definition, entry.source, entry.spread)


def _exactly(value: Any) -> Any:
    """A number as it was written, exactly: 0.01 is 1/100; expressions and mpmath numbers as they are."""
    match value:
        case bool():
            raise NoMoments(f"parameter {value}")
        case float():
            return Rational(str(value))
        case Fraction():
            return Rational(value.numerator, value.denominator)
        case mpmath.mpf():
            return sympy.Float(value, mp.dps)
        case _:
            return sympy.sympify(value, strict=True)


# --- numbers


@lru_cache(maxsize=4096)
def _numeric(name: str, parameters: tuple[tuple[str, Expr], ...], variance: Expr, digits: int) -> Triple:
    held = _made(name, parameters)
    closed = [getattr(held, fact) for fact in FACTS]
    values = tuple(
        _integrated(held, fact, variance, digits) if expression is None else _evaluated(expression, variance, digits)
        for fact, expression in zip(FACTS, closed, strict=True)
    )
    with mp.workdps(digits):
        return +values[0], +values[1], +values[2]


def _number(value: Expr) -> Any:
    """A SymPy number as an mpmath number of the current precision."""
    return mpmath.mpf(value.p) / value.q if isinstance(value, Rational) else mpmath.mpf(value.evalf(mp.dps))


@cache
def _called(expression: Expr, argument: Symbol) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = sympy.lambdify(argument, expression, "mpmath", cse=True)
    return function


def _settled(compute: Callable[[], Any], digits: int) -> Any:
    """A value whose digits no longer change with the working precision, or of which nothing is left at 400 digits."""
    precision, before = digits + 10, None
    while True:
        with mp.workdps(precision):
            value = mpmath.re(compute())
            if before is not None and abs(value - before) <= abs(value) * mpmath.mpf(10) ** -(digits + 2):
                return value
            if precision > 400:
                return value if abs(value) > mpmath.mpf(10) ** -350 else mpmath.mpf(0)
        precision, before = 2 * precision, value


def _evaluated(expression: Expr, variance: Expr, digits: int) -> Any:
    return _settled(lambda: _called(expression, q)(_number(variance)), digits)


def _integrated(held: ActivationMoments, fact: Fact, variance: Expr, digits: int) -> Any:
    """The integral of (g(y) + g(-y)) times the density over y > 0, panel by panel; once more where digits cancel."""
    precision = digits + 10
    while True:
        with mp.workdps(precision):
            s = sqrt_of(variance)
            g = _even_part(held, fact)
            weight = 1 / (s * mpmath.sqrt(2 * mpmath.pi))
            value, error = mpmath.quad(
                lambda at: g(at) * mpmath.exp(-((at / s) ** 2) / 2) * weight,  # noqa: B023  # called at once
                panels(s),
                method="gauss-legendre",
                error=True,
            )
            lost = error + mpmath.mpf(10) ** -(precision - 2) * _size(held, fact, s)
            if lost <= abs(value) * mpmath.mpf(10) ** -(digits + 1):
                return value
        precision *= 2


def _even_part(held: ActivationMoments, fact: Fact) -> Callable[[Any], Any]:
    """y -> g(y) + g(-y)"""
    if fact == "derivative_second":
        slope = _called(held.definition.derivative, y)
        return lambda at: slope(at) ** 2 + slope(-at) ** 2
    function = _called(held.definition.expression, y)
    if fact == "second":
        return lambda at: function(at) ** 2 + function(-at) ** 2
    return lambda at: function(at) + function(-at)


def _size(held: ActivationMoments, fact: Fact, s: Any) -> Any:
    """How large g is where the density is: what digits can cancel from."""
    function = _called(held.definition.derivative if fact == "derivative_second" else held.definition.expression, y)
    values = [abs(function(at)) ** (1 if fact == "mean" else 2) for at in (-s, s)]
    return max(values)


def sqrt_of(variance: Expr) -> Any:
    """The standard deviation, in the current precision."""
    return mpmath.sqrt(_number(variance))


def panels(s: Any) -> list[Any]:
    """Ends of panels over y > 0 that are fine at the scale of the function, 1, and at that of the density, s."""
    last = s * mpmath.sqrt(2 * mpmath.log(10) * (mp.dps + 5))
    ends, step = [mpmath.mpf(0)], min(s, mpmath.mpf(1))
    while ends[-1] < last:
        ends.append(ends[-1] + step)
        step = min(2 * max(ends[-1], step), 2 * s) if ends[-1] > 0 else step
    return ends
