"""Arithmetic of matrices whose entries are formulas: sums, products, multiples and powers, entry by entry."""

from __future__ import annotations

from functools import reduce

from solver.notation import limits
from solver.notation.evaluation import exact
from solver.notation.tree import Add, Call, Div, Formula, Group, Mul, Neg, Number, Pow, names, rebuild, subformulas
from solver.notation.unreadable import Refused

Rows = tuple[tuple[Formula, ...], ...]


def with_matrices(formula: Formula) -> Formula:
    """The formula with what is computed with matrices carried out.

    >>> from solver.notation.printing import ascii_text
    >>> from solver.notation.reading import formula
    >>> ascii_text(with_matrices(formula("2*matrix([1, x]) + matrix([y, 3])")))
    'matrix([2*1 + y, 2*x + 3])'
    """
    if not any(isinstance(part, Call) and part.function == "matrix" for part in subformulas(formula)):
        return formula
    if isinstance(formula, Call) and formula.function == "matrix":
        return formula
    formula = rebuild(formula, with_matrices)
    match formula:
        case Add(terms) if any(map(rows_of, terms)):
            return reduce(_plus, terms)
        case Neg(body) if (rows := rows_of(body)) is not None:
            return _matrix(tuple(tuple(map(Neg, row)) for row in rows))
        case Mul(factors) if any(map(rows_of, factors)):
            return reduce(_times, factors)
        case Div(top, bottom) if (rows := rows_of(top)) is not None:
            return _matrix(tuple(tuple(Div(entry, bottom) for entry in row) for row in rows))
        case Pow(base, exponent) if rows_of(base) is not None:
            value = None if names(exponent) else exact(exponent)
            if not isinstance(value, int) or not 0 < value <= 8:
                raise Refused("wrong_type")
            return reduce(_times, [base] * value)
        case _:
            return formula


def rows_of(formula: Formula) -> Rows | None:
    """The rows of a matrix; a list of lists of one length is one too."""
    match formula:
        case Call("matrix", rows) | Group(rows, "[" | "(") if rows:
            found = tuple(row.items for row in rows if isinstance(row, Group) and row.bracket in ("[", "("))
            if len(found) == len(rows) and len({len(row) for row in found}) == 1:
                return found
    return None


def _matrix(rows: Rows) -> Formula:
    if len(rows) * len(rows[0]) > limits.EXPONENT:
        raise Refused("too_long")
    return Call("matrix", tuple(Group(row, "[") for row in rows))


def _plus(left: Formula, right: Formula) -> Formula:
    mine, other = rows_of(left), rows_of(right)
    if mine is None or other is None or (len(mine), len(mine[0])) != (len(other), len(other[0])):
        raise Refused("wrong_type")
    pairs = zip(mine, other, strict=True)
    return _matrix(tuple(tuple(Add(both) for both in zip(*rows, strict=True)) for rows in pairs))


def _times(left: Formula, right: Formula) -> Formula:
    mine, other = rows_of(left), rows_of(right)
    if mine is None and other is None:
        return Mul((left, right))
    if mine is None or other is None:
        rows, factor = (other, left) if mine is None else (mine, right)
        assert rows is not None, "one of the two is a matrix"
        return _matrix(tuple(tuple(Mul((factor, entry)) for entry in row) for row in rows))
    if len(mine[0]) != len(other):
        raise Refused("wrong_type")
    columns = tuple(zip(*other, strict=True))
    return _matrix(tuple(tuple(_dot(row, column) for column in columns) for row in mine))


def _dot(row: tuple[Formula, ...], column: tuple[Formula, ...]) -> Formula:
    products = tuple(Mul(pair) for pair in zip(row, column, strict=True))
    return products[0] if len(products) == 1 else Add((*products, Number(0)))
