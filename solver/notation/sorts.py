"""What sort of thing a formula is: a number, a condition, a set, an interval, the title of an equation."""

from __future__ import annotations

from typing import Final

from solver.notation.tree import Call, Formula, Group, Name, Neg, Partial, Relation, names
from solver.notation.vocabulary import ARITY

SETS: Final = frozenset({"union", "intersection", "without"})
NAMED_SETS: Final = frozenset({"reals", "emptyset"})


def is_condition(formula: Formula) -> bool:
    """Whether a formula is true or false: x < 3, x in A, a = b and c = d."""
    match formula:
        case Relation() | Call("and" | "or" | "not" | "element", _) | Name("true" | "false"):
            return True
        case _:
            return False


def is_set(formula: Formula) -> bool:
    """Whether a formula surely is a set: {1, 2}, [0, 1), (-infinity, 0), a union; [0, 1] may be a list."""
    match formula:
        case Group(_, bracket):
            return bracket in ("{", "[)", "(]") or _has_infinite_end(formula)
        case Call(function, _):
            return function in SETS
        case Name(text):
            return text in NAMED_SETS
        case _:
            return False


def _has_infinite_end(group: Group) -> bool:
    return len(group.items) == 2 and any("infinity" in names(item) for item in group.items)


def are_interval_and_condition(said: Formula, wanted: Formula) -> bool:
    """Whether one is a pair that may be an interval and the other an inequality: (0, 1) and 0 < x < 1."""
    for one, other in ((said, wanted), (wanted, said)):
        if looks_like_interval(one) and is_condition(other):
            return not (isinstance(other, Relation) and "=" in other.operators)
    return False


def looks_like_interval(formula: Formula) -> bool:
    """Whether a formula is a pair in brackets, which may be an interval: (0, 1), [0, 1]."""
    return isinstance(formula, Group) and formula.bracket in ("(", "[") and len(formula.items) == 2


def is_list_of(said: Group, wanted: Group) -> bool:
    """Whether pairs surely are lists: of more than numbers."""
    return any(not is_expression(item) for item in (*said.items, *wanted.items))


def is_title(formula: Formula) -> bool:
    """Whether a side of an equation only says what the other one is: y, Var(w), f(x), dL/dx, (x, y)."""
    match formula:
        case Name() | Partial() | Group() | Call("E" | "Var" | "Cov" | "std", _):
            return True
        case Call(function, _):
            return function not in ARITY
        case _:
            return False


def is_expression(formula: Formula) -> bool:
    """Whether a formula has a value: it is no list, no set, and nothing that is true or false."""
    return not (isinstance(formula, Group | Relation) or is_set(formula) or is_condition(formula))


def is_equation(formula: Formula) -> bool:
    """Whether every sign between the sides is =."""
    return isinstance(formula, Relation) and set(formula.operators) == {"="}


def is_infinite(formula: Formula) -> bool:
    """Whether it is one of the two infinities."""
    return formula in (Name("infinity"), Neg(Name("infinity")))


def about_several(items: tuple[Formula, ...]) -> bool:
    """Whether items are equations for different names, as x = 0, y = 0."""
    return len({item.sides[0] for item in items if isinstance(item, Relation) and is_equation(item)}) > 1


def is_point(group: Group) -> bool:
    """Whether equations say what (x, y) is, in this order."""
    titles = [item.sides[0] for item in group.items if isinstance(item, Relation) and is_equation(item)]
    spelled = [title.text for title in titles if isinstance(title, Name)]
    return len(spelled) == len(group.items) and spelled == sorted(spelled)
