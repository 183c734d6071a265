"""What a symmetric law gives: even parts of activations, and half the variance behind ReLU."""

from __future__ import annotations

from typing import Final

from sympy import Abs, Add, Indexed, Rational, tanh

from solver.derivation import DoesNotFit
from solver.moments.assumptions import Expr, Facts, families
from solver.moments.laws.expectation import CENTRED
from solver.moments.laws.rewriting import HE, ONE, Rewrite, is_atom, is_random, rewriting
from solver.moments.laws.variance import SECOND_SPLIT
from solver.symbols import E, Var, Variable, relu, sigmoid


def _even_part(expr: Expr, facts: Facts) -> Expr:
    """E[f(y_i)] -> E[f(y_i) + f(-y_i)]/2, the law of y symmetric"""

    def each(body: Expr) -> Expr:
        inside = body.atoms(Indexed, Variable)
        if len(inside) != 1 or is_atom(body) or not activations(body) or not facts.symmetric(*families(body)):
            return E(body)
        (y,) = inside
        both = body + body.xreplace({y: -y})
        return (E(both) if is_random(both) else both) / 2

    return expr.replace(E, each)


def activations(expr: Expr) -> frozenset[Expr]:
    """The activations in an expression, each with its argument."""
    return frozenset(expr.atoms(relu, sigmoid, tanh, Abs))


EVEN: Final = rewriting("moments.even_part", _even_part, assumes=("symmetric",))


def _reflected(expr: Expr, facts: Facts) -> Expr:
    """relu(y) + relu(-y) -> |y|, relu(y)^2 + relu(-y)^2 -> y^2, sigmoid(y) + sigmoid(-y) -> 1, and E[c] -> c"""

    def each(total: Expr) -> Expr:
        for y in total.atoms(Indexed, Variable):
            for pair, whole in (
                (relu(y) + relu(-y), Abs(y)),
                (relu(y) ** 2 + relu(-y) ** 2, y**2),
                (sigmoid(y) + sigmoid(-y), ONE),
            ):
                if set(pair.args) <= set(total.args):
                    total = total - pair + whole
        return total

    paired = expr.replace(lambda one: isinstance(one, Add), each)
    return paired.replace(E, lambda body: E(body) if is_random(body) else body)


REFLECTED: Final = rewriting("moments.reflected", _reflected, source="")


def _half(factor: Expr) -> Rewrite:
    """E[relu(y_i)^2] -> factor Var(y_i), the law of y symmetric; it applies where no other moment of relu is left"""

    def rewrite(expr: Expr, facts: Facts) -> Expr:
        def each(body: Expr) -> Expr:
            base, exponent = body.as_base_exp()
            if exponent == 2 and isinstance(base, relu) and is_atom(base.args[0]) and facts.symmetric(*families(base)):
                return factor * Var(base.args[0])
            return E(body)

        halved = expr.replace(E, each)
        if activations(halved):
            raise DoesNotFit("moments.half", {"expression": expr})
        return halved

    return rewrite


HALF: Final = rewriting(
    "moments.half",
    _half(Rational(1, 2)),
    assumes=("symmetric",),
    source=HE,
    lemma=lambda: (EVEN, REFLECTED, SECOND_SPLIT, CENTRED),
    half_forgotten=_half(ONE),
)
