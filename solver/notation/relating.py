"""Relations rewritten for comparing: as what vanishes, as what is below 0, as an indicator, at another point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from solver.notation.arithmetic import UNIT
from solver.notation.quotients import over_one
from solver.notation.sorts import is_expression
from solver.notation.tree import Add, Call, Div, Formula, Mul, Name, Neg, Number, Pow, Relation, names, substitute

CONSTANTS: Final = frozenset({"pi", "e", "infinity", "reals", "emptyset", "true", "false"})


def about_one_name(formula: Formula) -> Formula:
    """0 < f(x) < 1 as 0 < t < 1: a condition on one quantity, whatever that is."""
    if isinstance(formula, Relation) and "=" not in formula.operators:
        with_names = [side for side in dict.fromkeys(formula.sides) if set(names(side)) - CONSTANTS]
        if len(with_names) == 1 and len({*names(with_names[0])} - CONSTANTS) > 1:
            sides = tuple(Name("t") if side == with_names[0] else side for side in formula.sides)
            return Relation(sides, formula.operators)
    return formula


def quotient_of(formula: Formula) -> Formula:
    """A ratio of two numbers is their quotient."""
    match formula:
        case Call("ratio", (top, bottom)):
            return Div(top, bottom)
        case _:
            return formula


def either_of(parts: tuple[Formula, ...]) -> Formula:
    """That one of several conditions holds; of a single one, that itself."""
    return parts[0] if len(parts) == 1 else Call("or", parts)


def elsewhere(formula: Formula) -> Formula:
    """The formula at another point: every name another name."""
    free = [name for name in names(formula) if name not in CONSTANTS and name != UNIT]
    return substitute(formula, {name: Name(f"{name}_other") for name in free})


def vanishing(formula: Formula) -> Formula | None:
    """What is 0 where an equation holds, and where one of several does: a numerator, or a product of them."""
    match formula:
        case Relation((left, right), ("=",)):
            if not (is_expression(left) and is_expression(right)):
                return None
            match left, right:
                case Call("abs", (mine,)), Call("abs", (other,)):
                    return Add((Pow(mine, Number(2)), Neg(Pow(other, Number(2)))))
            return over_one(Add((left, Neg(right))))[0]
        case Call("or", parts):
            factors = tuple(factor for part in parts if (factor := vanishing(part)) is not None)
            return Mul(factors) if len(factors) == len(parts) else None
        case _:
            return None


def below(formula: Formula) -> tuple[Formula, bool] | None:
    """An inequality as a formula that is below 0, and whether strictly."""
    match formula:
        case Relation((left, right), ("<" | "<=" as operator,)):
            return Add((left, Neg(right))), operator == "<"
        case Relation((left, right), (">" | ">=" as operator,)):
            return Add((right, Neg(left))), operator == ">"
        case _:
            return None


def indicator(formula: Formula) -> Formula | None:
    """1 where a condition holds and 0 elsewhere, as a formula; None where it is about more than numbers."""
    match formula:
        case Relation(sides, _) if all(map(is_expression, sides)):
            return Call("indicator", (formula,))
        case Call("and", parts):
            return _joined(parts, lambda found: Mul(found))
        case Call("not", (body,)):
            return None if (inner := indicator(body)) is None else Add((Number(1), Neg(inner)))
        case Call("or", parts):
            return _joined(parts, lambda found: Call("max", found))
        case _:
            return None


def _joined(parts: tuple[Formula, ...], join: Callable[[tuple[Formula, ...]], Formula]) -> Formula | None:
    found = tuple(inner for part in parts if (inner := indicator(part)) is not None)
    return join(found) if len(found) == len(parts) else None
