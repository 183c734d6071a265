"""Moments against the normal density in closed form: truncated ones, those with Phi and phi, those of 1/(1 + |y|).

    y  the argument, N(0, v)      q  its variance      Phi, phi  distribution function and density of N(0, 1)
    a  |y|      r  1/(1 + |y|)
"""

from __future__ import annotations

import sympy
from sympy import Ei, Expr, Rational, Symbol, asin, erf, erfc, erfi, exp, oo, pi, sqrt

q = Symbol("q", positive=True)
y = Symbol("y", real=True)
a = Symbol("a", positive=True)
P, p = sympy.symbols("Phi phi", real=True)
r = Symbol("r", positive=True)


def mass(b: Expr, low: Expr, high: Expr, v: Expr) -> Expr:
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


def edge(k: int, b: Expr, end: Expr, v: Expr) -> Expr:
    """y^k e^(b y) times the density of N(0, v), at y = end."""
    if end in (oo, -oo):
        return sympy.Integer(0)
    return end**k * exp(b * end - end**2 / (2 * v)) / sqrt(2 * pi * v)


def truncated(k: int, b: Expr = sympy.S.Zero, low: Expr = -oo, high: Expr = oo, v: Expr = q) -> Expr:
    """E[y^k e^(b y); low < y < high] = M_k for y ~ N(0, v), where M_k = b v M_(k-1) + (k - 1) v M_(k-2) - v [edges].

    >>> truncated(2, low=sympy.S.Zero), truncated(1, low=sympy.S.Zero)
    (q/2, sqrt(2)*sqrt(q)/(2*sqrt(pi)))
    """
    moments = [mass(b, low, high, v)]
    for j in range(1, k + 1):
        before = (j - 1) * v * moments[j - 2] if j > 1 else sympy.S.Zero
        moments.append(b * v * moments[j - 1] + before - v * (edge(j - 1, b, high, v) - edge(j - 1, b, low, v)))
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
    return orthant(m, v, positive)


def orthant(m: int, v: Expr, positive: bool) -> Expr | None:
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
