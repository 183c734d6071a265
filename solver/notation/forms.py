"""The forms that may be demanded of an answer with the right value, and what an answer lacks of one.

    simplified      no arithmetic left to do, no like terms, no factor twice        expanded    no product with a sum
    factored        a product of what cannot be factored further                    exact       no decimals
    lowest          a whole number, or a fraction without common factors
    decimals N      N places behind the point                                       significant N [strict]    N figures

Significant figures of 1500 may be two, three or four, unless they are counted strictly: then they are two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt
from typing import Final, Literal, TypeAlias, cast, final, get_args

from solver.frozen import frozen
from solver.notation.printing import ascii_text
from solver.notation.tree import Add, Call, Div, Formula, Mul, Name, Neg, Number, Pow, names, subformulas
from solver.patterns import pattern

FormName: TypeAlias = Literal["simplified", "factored", "expanded", "lowest", "exact", "decimals", "significant"]
FORM_NAMES: Final[tuple[FormName, ...]] = get_args(FormName)
LACKS: Final = {name: f"not_{name}" for name in FORM_NAMES}
ROUNDED_WRONGLY: Final = "rounded_wrongly"
MOST_NODES: Final = 200
_FORM: Final = pattern(r"(decimals|significant) (\d{1,2})( strict)?|(simplified|factored|expanded|lowest|exact)")


@final
@frozen(slots=True)
class Form:
    """A form that is demanded; `digits` of decimals and significant figures."""

    name: FormName
    digits: int = 0
    strict: bool = False

    @property
    def rounds(self) -> bool:
        """Whether it asks for a rounded number."""
        return self.name in ("decimals", "significant")


@lru_cache(maxsize=64)
def form(text: str) -> Form | None:
    """The form that an author wrote; None where it is none.

    >>> form("significant 3 strict"), form("pretty")
    (Form(name='significant', digits=3, strict=True), None)
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    if match[4]:
        return Form(cast("FormName", match[4]))
    return Form(cast("FormName", match[1]), int(match[2]), bool(match[3]))


def unit(wanted: Form, key: Fraction) -> Fraction:
    """One in the last place of a key that is rounded as a form demands."""
    if wanted.name == "decimals" or key == 0:
        return Fraction(1, 10**wanted.digits)
    size, magnitude = abs(key), 0
    while size >= 10:
        size, magnitude = size / 10, magnitude + 1
    while size < 1:
        size, magnitude = size * 10, magnitude - 1
    return Fraction(10) ** (magnitude - wanted.digits + 1)


def lacks(wanted: Form, said: Formula) -> str:
    """The slip by which a formula is not in a form; "" where it is.

    >>> from solver.notation.reading import formula
    >>> lacks(Form("factored"), formula("x^2 - 1")), lacks(Form("factored"), formula("(x-1)(x+1)"))
    ('not_factored', '')
    """
    if sum(1 for _ in subformulas(said)) > MOST_NODES:
        return LACKS[wanted.name]
    holds = {
        "simplified": _is_simplified,
        "factored": _is_factored,
        "expanded": _is_expanded,
        "lowest": _is_lowest,
        "exact": _is_exact,
    }
    fits = _has_digits(wanted, said) if wanted.rounds else holds[wanted.name](said)
    return "" if fits else LACKS[wanted.name]


# --- digits


def _has_digits(wanted: Form, said: Formula) -> bool:
    match said:
        case Neg(body):
            return _has_digits(wanted, body)
        case Number(value, written):
            typed = re.sub(r"[\s,_'\u2009\u202f]", "", written or str(value))
        case _:
            return False
    mantissa, _, exponent = typed.lower().partition("e")
    whole, _, behind = mantissa.partition(".")
    if not (whole + behind).isdigit():
        return False
    if wanted.name == "decimals":
        return not exponent and len(behind) == wanted.digits
    figures = len((whole + behind).lstrip("0")) or 1
    fewest = figures if behind or "." in mantissa else len(whole.strip("0")) or 1
    return fewest == wanted.digits if wanted.strict else fewest <= wanted.digits <= figures


def _is_exact(said: Formula) -> bool:
    return not any(isinstance(part, Number) and re.search(r"[.eE%]", part.written) for part in subformulas(said))


def _is_lowest(said: Formula) -> bool:
    match said:
        case Neg(body):
            return _is_lowest(body)
        case Number(value, written):
            return isinstance(value, int) and not written.count(".")
        case Div(Number(int() as top), Number(int() as bottom)):
            return bottom > 1 and gcd(top, bottom) == 1
        case Div(top, bottom) if names(said):
            return _common_factor(top, bottom) is False
        case _:
            return bool(names(said)) and not any(isinstance(part, Div) for part in subformulas(said))


def _common_factor(top: Formula, bottom: Formula) -> bool | None:
    from sympy import gcd as common  # SymPy is loaded where a form asks for it

    from solver.notation.bridge import to_sympy

    return bool(common(to_sympy(top), to_sympy(bottom)) != 1)


# --- sums and products


def _is_expanded(said: Formula) -> bool:
    """No product and no power with a sum in it, and no fraction of one."""
    for part in subformulas(said):
        match part:
            case Mul(factors) if any(isinstance(factor, Add) for factor in factors):
                return False
            case Pow(Add(), Number(int() as power)) if power > 1:
                return False
            case Neg(Add()):
                return False
    return True


def _is_factored(said: Formula) -> bool:
    match said:
        case Neg(body):
            return _is_factored(body)
        case Mul(factors):
            return all(map(_is_factored, factors))
        case Div(top, bottom):
            return _is_factored(top) and _is_factored(bottom)
        case Pow(base, _):
            return _is_factored(base)
        case Add():
            return _is_irreducible(said)
        case _:
            return True


def _is_irreducible(said: Formula) -> bool:
    from sympy import Integer, PolynomialError, factor_list  # SymPy is loaded where a form asks for it

    from solver.notation.bridge import to_sympy

    try:
        content, found = factor_list(to_sympy(said))
    except (PolynomialError, NotImplementedError):
        return True
    return abs(content) == Integer(1) and len(found) == 1 and found[0][1] == 1


def _is_simplified(said: Formula) -> bool:
    return all(map(_is_simple, subformulas(said)))


def _is_simple(part: Formula) -> bool:
    """Whether nothing is left to do at the top of a formula."""
    match part:
        case Neg(Neg() | Number(0)):
            return False
        case Add(terms):
            return not _repeats(_without_number(term) for term in terms) and Number(0) not in terms
        case Mul(factors):
            numbers = sum(isinstance(factor, Number) for factor in factors)
            bases = [_base(factor) for factor in factors if not isinstance(factor, Number)]
            plain = not any(factor in (Number(0), Number(1)) for factor in factors)
            nested = any(isinstance(factor, Div | Neg) for factor in factors)
            return numbers <= 1 and plain and not nested and not _repeats(bases)
        case Div(top, bottom):
            return _is_simple_fraction(top, bottom)
        case Pow(base, exponent):
            return exponent not in (Number(0), Number(1)) and not isinstance(base, Pow) and not _is_number(part)
        case Call("sqrt", (Number(int() as value),)):
            return value > 1 and all(value % (root * root) for root in range(2, isqrt(min(value, 10**6)) + 1))
        case _:
            return True


def _is_simple_fraction(top: Formula, bottom: Formula) -> bool:
    if bottom == Number(1) or isinstance(top, Div) or isinstance(bottom, Div | Neg) or top == Number(0):
        return False
    above, below = (_factors(side) for side in (top, bottom))
    first, second = ([one.value for one in side if isinstance(one, Number)] for side in (above, below))
    whole = second and all(isinstance(value, int) for value in (*first, *second))
    if whole and gcd(int((first or [1])[0]), int(second[0])) != 1:
        return False
    shared = {_base(one) for one in above if not isinstance(one, Number)} & {
        _base(one) for one in below if not isinstance(one, Number)
    }
    return not shared


def _factors(said: Formula) -> tuple[Formula, ...]:
    match said:
        case Neg(body):
            return _factors(body)
        case Mul(factors):
            return factors
        case _:
            return (said,)


def _base(factor: Formula) -> str:
    return ascii_text(factor.base if isinstance(factor, Pow) else factor)


def _without_number(term: Formula) -> str:
    """What like terms have in common: a term without its number and its sign."""
    match term:
        case Neg(body):
            return _without_number(body)
        case Number():
            return ""
        case Div(top, bottom):
            kept = [_without_number(top), _without_number(bottom)]
            return f"{kept[0]}/{kept[1]}" if kept[1] else kept[0]
        case Mul(factors):
            return "*".join(sorted(ascii_text(factor) for factor in factors if not isinstance(factor, Number)))
        case _:
            return ascii_text(term)


def _is_number(part: Formula) -> bool:
    return not any(isinstance(one, Name) for one in subformulas(part))


def _repeats(texts: Iterable[str]) -> bool:
    found = list(texts)
    return len(found) != len(set(found))
