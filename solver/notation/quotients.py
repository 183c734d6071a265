"""A formula as one fraction: its numerator and its denominator, nothing cancelled."""

from __future__ import annotations

from solver.notation.evaluation import exact
from solver.notation.tree import Add, Div, Formula, Mul, Neg, Number, Pow, names

_ONE = Number(1)


def over_one(formula: Formula) -> tuple[Formula, Formula]:
    """Numerator and denominator.

    >>> from solver.notation.printing import ascii_text
    >>> from solver.notation.reading import formula
    >>> [ascii_text(part) for part in over_one(formula("1/x - 2"))]
    ['1 + (-2)*x', 'x']
    """
    match formula:
        case Neg(body):
            top, bottom = over_one(body)
            return Neg(top), bottom
        case Add(terms):
            return _summed([over_one(term) for term in terms])
        case Mul(factors):
            tops, bottoms = zip(*map(over_one, factors), strict=True)
            return _times(tops), _times(bottoms)
        case Div(top, bottom):
            (over, under), (below, above) = over_one(top), over_one(bottom)
            return _times((over, above)), _times((under, below))
        case Pow(base, exponent) if not names(exponent):
            value = exact(exponent)
            if isinstance(value, int):
                top, bottom = over_one(base)
                if value < 0:
                    top, bottom, value = bottom, top, -value
                return Pow(top, Number(value)), Pow(bottom, Number(value)) if bottom != _ONE else _ONE
    return formula, _ONE


def _summed(parts: list[tuple[Formula, Formula]]) -> tuple[Formula, Formula]:
    if all(bottom == _ONE for _, bottom in parts):
        return Add(tuple(top for top, _ in parts)), _ONE
    top, bottom = parts[0]
    for over, under in parts[1:]:
        top, bottom = Add((_times((top, under)), _times((over, bottom)))), _times((bottom, under))
    return top, bottom


def _times(factors: tuple[Formula, ...]) -> Formula:
    kept = tuple(factor for factor in factors if factor != _ONE)
    return _ONE if not kept else kept[0] if len(kept) == 1 else Mul(kept)
