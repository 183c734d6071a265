"""Which values names take where nobody says: what the mathematics of a textbook means.

A name in an exponent is a positive whole number, and then what is raised is positive. A name that stands alone under a
root or a logarithm, or as a factor there, is positive. One that is conjugated, or whose real part is taken, is complex.
Other names are real, or sizes where something is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from solver.notation.evaluation import exact
from solver.notation.sampling import COMPLEX_FUNCTIONS, Domain, default_domains, is_rounding
from solver.notation.tree import Call, Div, Formula, Mul, Name, Neg, Pow, names, subformulas

_LOGARITHMS = frozenset({"ln", "log", "lg"})


def domains(formulas: Sequence[Formula], assume: Mapping[str, Domain]) -> dict[str, Domain]:
    """The declared domains, and those that the formulas suggest for other names.

    >>> from solver.notation.reading import formula
    >>> domains([formula("sqrt(x) + y")], {}), domains([formula("a^n")], {})["n"]
    ({'x': 'positive'}, 'size')
    """
    parts = [part for formula in formulas for part in subformulas(formula)]
    powers = [part for part in parts if isinstance(part, Pow) and part.base != Name("e") and names(part.exponent)]
    raised = {name for power in powers for name in names(power.exponent)}
    free = {name for formula in formulas for name in names(formula)}
    suggested: dict[str, Domain] = {}
    if any(isinstance(part, Pow) and names(part.exponent) for power in powers for part in _bases(power)):
        suggested = dict.fromkeys(free, "real")
    elif raised:
        rounded = {name for part in parts if is_rounding(part) for name in names(part)}
        sizes = {name for name, domain in default_domains(free, formulas).items() if domain == "size"}
        sizes |= raised - rounded
        suggested = {name: "size" if name in sizes else "positive" for name in free}
    else:
        suggested = {name: "positive" for part in parts for name in _positive(part)}
    turned = (part for part in parts if isinstance(part, Call) and part.function in COMPLEX_FUNCTIONS)
    return {**suggested, **{name: "complex" for part in turned for name in names(part)}, **assume}


def _bases(power: Pow) -> Iterator[Formula]:
    yield from subformulas(power.base)


def _positive(part: Formula) -> Iterator[str]:
    """The names that a root or a logarithm makes positive."""
    match part:
        case Call("sqrt", (body,)):
            yield from _odd_factors(body)
        case Call(function, (body, *_)) if function in _LOGARITHMS:
            yield from _odd_factors(body)
        case Pow(base, exponent) if not names(exponent):
            value = exact(exponent)
            if not isinstance(value, int) and getattr(value, "denominator", 1) % 2 == 0:
                yield from _odd_factors(base)


def _odd_factors(body: Formula) -> Iterator[str]:
    match body:
        case Name(text):
            yield text
        case Mul(factors):
            for factor in factors:
                yield from _odd_factors(factor)
        case Div(top, bottom):
            yield from _odd_factors(top)
            yield from _odd_factors(bottom)
        case Neg(Div() | Mul() as inner):
            yield from _odd_factors(inner)
        case Pow(Name(text), exponent) if not names(exponent):
            value = exact(exponent)
            if isinstance(value, int) and value % 2:
                yield text
