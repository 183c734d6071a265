"""Which hyper-parameters of a window lead to an output size: the output formula solved for each of its names.

    floor(x) = m exactly where m <= x < m + 1; so of a window's size, kernel, padding and dilation, those that give an
    output are all the whole numbers between two bounds, and of its stride too, but for an output of 1, which every
    stride gives from some on.

n, o  size before and after the window      k, s, p, d  kernel, stride, padding, dilation
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, final

from solver.derivation import DoesNotFit
from solver.frozen import frozen
from solver.layers.window import OUTPUT_SIZE
from solver.notation.evaluation import evaluate
from solver.notation.reading import formula
from solver.notation.tree import Formula, Name, Number, substitute

NAMES: Final = ("n", "k", "s", "p", "d")
LEAST: Final = {"n": 1, "k": 1, "s": 1, "p": 0, "d": 1}
MOST_KERNEL: Final = 64

BOUNDS: Final[Mapping[str, tuple[Formula, Formula]]] = {
    name: (formula(least), formula(most))
    for name, least, most in (
        ("n", "s*(o - 1) + d*(k - 1) + 1 - 2*p", "s*o + d*(k - 1) - 2*p"),
        ("k", "ceil((n + 2*p - s*o)/d) + 1", "floor((n + 2*p - s*(o - 1) - 1)/d) + 1"),
        ("p", "ceil((s*(o - 1) + d*(k - 1) + 1 - n)/2)", "floor((s*o + d*(k - 1) - n)/2)"),
        ("d", "ceil((n + 2*p - s*o)/(k - 1))", "floor((n + 2*p - s*(o - 1) - 1)/(k - 1))"),
        ("s", "floor((n + 2*p - d*(k - 1) - 1)/o) + 1", "floor((n + 2*p - d*(k - 1) - 1)/(o - 1))"),
    )
}
"""The smallest and the largest number with which a window gives o outputs."""


@final
@frozen(slots=True)
class Between:
    """All whole numbers from the least to the most; without a most, all from the least on."""

    name: str
    least: int
    most: int | None

    def __contains__(self, number: int) -> bool:
        return self.least <= number and (self.most is None or number <= self.most)

    def __bool__(self) -> bool:
        return self.most is None or self.least <= self.most

    def __str__(self) -> str:
        if self.most is None:
            return f"{self.name} >= {self.least}"
        return f"{self.name} = {self.least}" + (f"..{self.most}" if self.most > self.least else "")


def between(name: str, output: int, known: Mapping[str, int]) -> Between:
    """All numbers for one name with which a window gives an output; the other names are known.

    >>> print(between("p", 112, {"n": 224, "k": 7, "s": 2, "d": 1}))
    p = 3
    >>> print(between("n", 7, {"k": 3, "s": 2, "p": 1, "d": 1}))
    n = 13..14
    """
    if output < 1:
        raise DoesNotFit("window.output_size", {"o": output})
    values = {**known, "o": output}
    least, most = BOUNDS[name]
    if name == "d" and known["k"] == 1:  # one cell is never pulled apart
        fits = OUTPUT_SIZE(**known, d=1) == output if _fits({**known, "d": 1}) else False
        return Between("d", 1, None if fits else 0)
    first = max(LEAST[name], evaluate(least, values))
    if name == "s":
        if not _fits({**known, "s": 1}):
            return Between("s", 1, 0)
        return Between("s", first, evaluate(most, values) if output > 1 else None)
    return Between(name, first, evaluate(most, values))


def _fits(values: Mapping[str, int]) -> bool:
    return values["n"] + 2 * values["p"] >= values["d"] * (values["k"] - 1) + 1


def left_over(values: Mapping[str, int]) -> int:
    """How many cells at the end no window covers.

    >>> left_over({"n": 224, "k": 32, "s": 32, "p": 0, "d": 1}), left_over({"n": 9, "k": 2, "s": 2, "p": 0, "d": 1})
    (0, 1)
    """
    return (values["n"] + 2 * values["p"] - values["d"] * (values["k"] - 1) - 1) % values["s"]


def windows_with(
    output: int, known: Mapping[str, int], ranges: Mapping[str, Iterable[int]] | None = None
) -> Iterator[dict[str, int]]:
    """All ways to choose the names that are not known, within ranges; the last of them is solved for, not tried.

    Where no range is given: kernels up to 64 that the input holds, paddings up to half a kernel, dilation 1.

    >>> next(windows_with(7, {"n": 224, "d": 1, "p": 0}, {"k": [32]}))
    {'n': 224, 'k': 32, 's': 28, 'p': 0, 'd': 1}
    """
    given = {name: list(values) for name, values in (ranges or {}).items() if name not in known}
    free = [name for name in NAMES if name not in known]
    solved = next((name for name in ("s", "n", "k", "p", "d") if name in free and name not in given), None)
    tried: list[str] = [name for name in ("n", "d", "k", "s", "p") if name in free and name != solved]
    for chosen in _tried(tried, dict(known), given):
        if solved is None:
            if _fits(chosen) and OUTPUT_SIZE(**chosen) == output:
                yield {name: chosen[name] for name in NAMES}
            continue
        here = between(solved, output, chosen)
        last = here.most if here.most is not None else here.least
        for number in range(here.least, last + 1):
            made = {**chosen, solved: number}
            yield {name: made[name] for name in NAMES}


def _tried(names: list[str], chosen: dict[str, int], given: Mapping[str, list[int]]) -> Iterator[dict[str, int]]:
    if not names:
        yield chosen
        return
    name, *rest = names
    for number in given.get(name, _usual(name, chosen)):
        yield from _tried(rest, {**chosen, name: number}, given)


def _usual(name: str, chosen: Mapping[str, int]) -> Iterable[int]:
    match name:
        case "k":
            return range(1, min(MOST_KERNEL, chosen.get("n", MOST_KERNEL) + 2 * chosen.get("p", 0)) + 1)
        case "p":
            return range(chosen.get("k", 2 * MOST_KERNEL) // 2 + 1)
        case "s":
            return range(1, MOST_KERNEL + 1)
        case "n":
            return range(1, 1025)
        case _:
            return (1,)


def bounds(name: str, values: Mapping[str, Any], output: Formula | int) -> tuple[Any, Any]:
    """The least and the most of a name as SymPy expressions, with numbers and formulas put in for the others."""
    from solver.notation.bridge import to_sympy  # SymPy, only where a bound is asked for
    from solver.symbols import size_symbol  # SymPy, only where a bound is asked for

    put = {key: value if isinstance(value, Formula) else Number(value) for key, value in values.items()}
    put["o"] = output if isinstance(output, Formula) else Number(output)
    symbols = {letter: size_symbol(letter) for letter in (*NAMES, "o")}
    least, most = (to_sympy(substitute(bound, put), symbols) for bound in BOUNDS[name])
    return _expanded(least), _expanded(most)


def is_empty(least: Any, most: Any) -> bool:
    """Whether no number lies between two bounds, whatever their symbols are."""
    from sympy import true  # loaded: `bounds` has made them

    return (least > most) is true


def _expanded(expression: Any) -> Any:
    """The expression with what is rounded multiplied out, and then written as simply as it factors."""
    from sympy import ceiling, expand, factor, floor  # loaded by now

    put = {rounded: rounded.func(factor(expand(rounded.args[0]))) for rounded in expression.atoms(floor, ceiling)}
    return expression.xreplace(put)


def keeping(name: str = "p", **values: int) -> tuple[Any, Any]:
    """The bounds of a name between which a window keeps the size: p = d(k - 1)/2 at stride 1.

    >>> keeping("p", s=1)
    (ceiling(d*(k - 1)/2), floor(d*(k - 1)/2))
    """
    return bounds(name, values, Name("n"))

