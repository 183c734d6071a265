"""Reading and judging answers against Math-Verify and SymPy, all in one run: speed, accuracy, false accepts, memory.

    python -m benchmarks.answers              a minute or two
    python -m benchmarks.answers --million    memory over a million answers behind a bounded cache as well

Math-Verify is no dependency of tirgul and is left out unless it is there: pip install --target FOLDER math-verify,
and PYTHONPATH=FOLDER.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from statistics import median

from grader.prose import without_words
from solver.notation.equality import compare

ROOT = Path(__file__).parents[1]

Judge = Callable[[str, str], "bool | None"]
"""Whether an answer is the key; None where that is not decided."""


def ours(answer: str, key: str) -> bool | None:
    verdict = compare(without_words(answer), key).verdict
    return {"equal": True, "different": False}.get(verdict)


def with_simplify(answer: str, key: str) -> bool | None:
    import sympy
    from sympy.parsing.sympy_parser import parse_expr

    said, wanted = (parse_expr(text.replace("^", "**"), transformations=_transformations()) for text in (answer, key))
    return bool(sympy.simplify(said - wanted) == 0)


def with_parse_expr(answer: str, key: str) -> bool | None:
    from sympy.parsing.sympy_parser import parse_expr

    said, wanted = (parse_expr(text.replace("^", "**"), transformations=_transformations()) for text in (answer, key))
    return bool(said == wanted or (said - wanted).equals(0))


@lru_cache(maxsize=1)
def _transformations() -> tuple[object, ...]:
    from sympy.parsing.sympy_parser import implicit_multiplication_application, standard_transformations

    return (*standard_transformations, implicit_multiplication_application)


def with_math_verify(answer: str, key: str) -> bool | None:
    from math_verify import parse, verify

    wanted, said = (parse(f"${text}$", parsing_timeout=None) for text in (key, answer))
    return bool(verify(wanted, said, timeout_seconds=None)) if said and wanted else None


# --- a realistic mix


def mix(count: int, seed: int = 5) -> list[tuple[str, str]]:
    """Distinct answers, each to a question of its own: numbers, formulas, moments, shapes, words; half are wrong."""
    chosen = random.Random(seed)
    makers = (number, number, number, formula, formula, moment, shape, shape, hebrew, hebrew)
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        found[chosen.choice(makers)(chosen)] = None
    return list(found)


def number(chosen: random.Random) -> tuple[str, str]:
    out, into, kernel = (chosen.randint(2, 600) for _ in range(3))
    value = out * (into * kernel**2 + 1) + chosen.choice((0, 0, 1, out))
    written = chosen.choice((f"{value}", f"{value:,}", f"{out}*({into}*{kernel}^2+1)", f"{value}.0", f"{value}/2*2"))
    return written, str(out * (into * kernel**2 + 1))


def formula(chosen: random.Random) -> tuple[str, str]:
    a, b, c = (chosen.randint(2, 99) for _ in range(3))
    return chosen.choice(
        (
            (f"{a}*(C_in*K^2+{b})*C_out", f"{a}*C_in*C_out*K^2+{a * b}*C_out"),
            (f"(W-F+{a}P)/S+{b}", f"(W+{a}*P-F+{b}*S)/S"),
            (f"W-F+{a}P/S+{b}", f"(W+{a}*P-F+{b}*S)/S"),
            (f"(x+{a})(x-{b})/(x+{c})", f"(x^2+{a - b}*x-{a * b})/(x+{c})"),
            (f"{a}/(n+{b})-{c}/n", f"({a}*n-{c}*(n+{b}))/(n*(n+{b}))"),
            (f"\\frac{{{a}}}{{n}}+\\frac{{{b}}}{{m}}", f"({a}*m+{b}*n)/(n*m)"),
            (f"1+L({a}K-{b})", f"{a}*L*K-{b}*L"),
        )
    )


def moment(chosen: random.Random) -> tuple[str, str]:
    a, b = chosen.randint(2, 99), chosen.randint(2, 9)
    return chosen.choice(
        (
            (f"{a}nVar(w)E[x^2]", f"{a}*n*Var(w)*(Var(x)+E[x]^2)"),
            (f"{a}*n*Var(w)*E[x]^2", f"{a}*n*Var(w)*E[x^2]"),
            (f"(n/{a})Var(w)Var(y)/{b}", f"n*Var(w)*Var(y)/{a * b}"),
            (f"Var(w)={a}/(n+{b})", f"{a}/(n+{b})"),
        )
    )


def shape(chosen: random.Random) -> tuple[str, str]:
    a, b, c = (chosen.randint(1, 300) for _ in range(3))
    return chosen.choice((f"{a}x{b}x{c}", f"({a},{b},{c})", f"{a}@{b}x{c}")), f"({a},{b},{c + chosen.randint(0, 1)})"


def hebrew(chosen: random.Random) -> tuple[str, str]:
    value = chosen.randint(10, 10**7)
    words = chosen.choice(("התשובה היא {}", "{} פרמטרים", "סה״כ: {} משקולות", "יש {} מכפלות"))
    return words.format(f"{value:,}"), str(value + chosen.choice((0, 0, 1)))


def plain_formulas(count: int) -> list[tuple[str, str]]:
    """Formulas that every judge reads."""
    chosen = random.Random(7)
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        a, b, c = (chosen.randint(2, 99) for _ in range(3))
        wrong = chosen.randint(0, 1)
        found[
            chosen.choice(
                (
                    (f"{a}*(x*y**2+{b})*z", f"{a}*x*z*y**2+{a * b + wrong}*z"),
                    (f"(x+{a})*(x-{b})/(x+{c})", f"(x**2+{a - b}*x-{a * b + wrong})/(x+{c})"),
                    (f"{a}/(x+{b})-{c}/x", f"({a}*x-{c + wrong}*(x+{b}))/(x*(x+{b}))"),
                    (f"(x-y+{a}*z)/w+{b}", f"(x+{a}*z-y+{b + wrong}*w)/w"),
                )
            )
        ] = None
    return list(found)


# --- measuring


def seconds(judge: Judge, pairs: list[tuple[str, str]]) -> list[float]:
    found = []
    for answer, key in pairs:
        start = time.process_time()
        with suppress(Exception):  # another's reader may raise anything; its time counts
            judge(answer, key)
        found.append(time.process_time() - start)
    return found


def speed(judges: dict[str, Judge]) -> Iterator[str]:
    answers = mix(6_000)
    for pair in answers[:200]:
        ours(*pair)
    start, busy = time.perf_counter(), time.process_time()
    for pair in answers[200:]:
        ours(*pair)
    busy, passed = time.process_time() - busy, time.perf_counter() - start
    done = len(answers) - 200
    yield f"{done / busy:8,.0f} distinct answers a second of one core ({done / passed:,.0f} by the clock), no cache"
    pairs = plain_formulas(120)
    times: dict[str, list[float]] = {name: [] for name in judges}
    for start in range(0, len(pairs), 20):  # in turns, so that whatever else the machine does slows all of them
        for name, judge in judges.items():
            times[name] += seconds(judge, pairs[start : start + 20])
    for name, each in times.items():
        ratio = median(other / mine for other, mine in zip(each, times["tirgul"], strict=True))
        yield f"{1000 * median(each):8.3f} ms  {ratio:6.0f}x  {name}"


def accuracy(judges: dict[str, Judge]) -> Iterator[str]:
    rows = json.loads((ROOT / "tests" / "tables" / "judgements.json").read_text(encoding="utf-8"))
    rows = [row for row in rows if len(row) == 4 and row[2] in ("equal", "different") and row[3] != "symbolic"]
    for name, judge in judges.items():
        right = accepted = failures = 0
        start = time.process_time()
        for answer, key, verdict, *_ in rows:
            try:
                found = judge(answer, key)
            except Exception:  # another's reader may raise anything
                found = None
            failures += found is None
            right += found is (verdict == "equal")
            accepted += found is True and verdict == "different"
        each = 1000 * (time.process_time() - start) / len(rows)
        judged = f"{right:4} of {len(rows)} right, {accepted:3} false accepts, {failures:3} failures"
        yield f"{judged}, {each:7.2f} ms  {name}"


def memory() -> Iterator[str]:
    remembered = lru_cache(maxsize=10_000)(ours)
    chosen = random.Random(11)
    for done in range(1, 1_000_001):
        remembered(*chosen.choice((number, hebrew, shape))(chosen))
        if done in (100_000, 500_000, 1_000_000):
            size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            yield f"{done:9,} answers: {size:6.0f} MB at most"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="also the memory over a million answers")
    wanted = parser.parse_args()
    judges: dict[str, Judge] = {"tirgul": ours, "simplify(a - b) == 0": with_simplify, "parse_expr": with_parse_expr}
    try:
        import math_verify  # noqa: F401  # whether it is there
    except ImportError:
        print("Math-Verify is not installed and is left out")
    else:
        judges["Math-Verify"] = with_math_verify
    parts = [speed(judges), accuracy(judges), *([memory()] if wanted.million else [])]
    for part in parts:
        for line in part:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
