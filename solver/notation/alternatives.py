"""Both values of what is written with ±: the upper signs together, then the lower ones."""

from __future__ import annotations

from solver.notation.tree import Add, Call, Formula, Group, Neg, rebuild, subformulas

_DOUBLE = ("pm", "mp")


def has_alternatives(formula: Formula) -> bool:
    """Whether ± or ∓ stands anywhere in a formula."""
    return any(isinstance(part, Call) and part.function in _DOUBLE for part in subformulas(formula))


def alternatives(formula: Formula) -> tuple[Formula, ...]:
    """The formula with the upper and with the lower signs.

    >>> from solver.notation.printing import ascii_text
    >>> from solver.notation.reading import formula
    >>> [ascii_text(each) for each in alternatives(formula("1 ± sqrt(5)"))]
    ['1 + sqrt(5)', '1 - sqrt(5)']
    """
    return (_signed(formula, "pm"), _signed(formula, "mp")) if has_alternatives(formula) else (formula,)


def spread(group: Group) -> Group:
    """A list or set with every ± in its items written out."""
    return Group(tuple(each for item in group.items for each in alternatives(item)), group.bracket)


def _signed(formula: Formula, plus: str) -> Formula:
    formula = rebuild(formula, lambda child: _signed(child, plus))
    match formula:
        case Call("pm" | "mp" as function, (*left, right)):
            term = right if function == plus else Neg(right)
            return Add((*left, term)) if left else term
        case _:
            return formula
