"""Asks every oracle about one network: sizes, parameters, counts and fields, and its formulas at many sizes.

    sizes       a real execution in torch        parameters, buffers   numel
    macs        torch's own counter              multiplications       counted one by one where they are no macs
    fields      gradients, and pixels marked     formulas              the numeric analysis, over all residues

Without torch, what can be counted is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from math import lcm
from time import perf_counter
from typing import Any, Final, TypeAlias

from solver.analysis import NetworkAnalysis, analyze
from solver.derivation import Derived, DoesNotFit, value_of, walk
from solver.layers.base import AxisField, Row
from solver.rows import written
from solver.values import Polynomial, Shape, Size
from solver.verify.check import Check, Verdict
from solver.verify.steps import BOOKKEEPING, at, verify_step

Claim: TypeAlias = "tuple[str, ...]"
"""A key of the catalogs, and what it names."""

MOST_FIELDS: Final = 4
MOST_SIZES: Final = 64
MOST_SECONDS: Final = 20.0
COUNTED: Final = {
    "output": "sizes",
    "parameters": "counted_parameters",
    "multiplications": "counted_multiplications",
}
"""What is counted one by one -> the key of the claim."""
CLAIMS: Final = ("output", "parameters", "buffers", "macs", "sees", "formulas", *COUNTED.values())
"""The keys of claims, for which catalogs have words."""
LETTERS: Final = {2: ("L",), 3: ("H", "W"), 4: ("D", "H", "W")}


def network_checks(network: Any, said: NetworkAnalysis) -> Iterator[Check]:
    """A check for each claim of an analysis with numbers; `network` is what was analysed, a layer or a module."""
    twin: Any = None
    if find_spec("torch"):
        from solver.verify.torch_networks import Twin  # where there is torch

        shapes: Any = tuple(map(tuple, said.inputs))
        macs = said.macs if isinstance(said.macs, int) else 0
        try:
            twin = Twin.of(network if said.layers is None else said.network, shapes, macs)
        except DoesNotFit as misfit:  # a layer that torch has no module for
            claim = ("output", written(said.output))
            yield Check(_formal(claim), "torch", "inconclusive", scope=str(misfit), words=claim)
    if twin is not None:
        yield _timed(("output", written(said.output)), "torch", lambda: _output(twin, said))
        for fact in ("parameters", "buffers"):
            claimed = getattr(said, fact)
            found = getattr(twin, fact)
            yield _timed((fact, written(claimed)), "numel", lambda pair=(found, claimed): (*pair, ""))  # type: ignore[misc]  # a pair
        yield _timed(("macs", written(said.macs)), "flop_counter", lambda: (twin.counted(), said.macs, ""))
    yield from _counted(said)
    if twin is not None and len({shape[1:] for shape in said.inputs}) == 1:
        for row in fields_to_check(said, twin.modules):
            yield from _fields(twin, row, said)
    yield from _formulas(network, said)


def _formal(claim: Claim) -> str:
    """A claim for programs: its key, and what it names."""
    return " = ".join(claim[:2]) if len(claim) < 3 else f"{claim[0]}({', '.join(claim[1:])})"


def _timed(words: Claim, method: str, ask: Callable[[], tuple[Any, Any, str]]) -> Check:
    """Asks an oracle: what it says, what is claimed, and how far it went."""
    started, claim = perf_counter(), _formal(words)
    try:
        found, claimed, scope = ask()
    except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError) as error:
        return Check(claim, method, "inconclusive", None, perf_counter() - started, type(error).__name__, words=words)
    verdict: Verdict = "inconclusive" if found is None else "verified" if found == claimed else "refuted"
    return Check(claim, method, verdict, found, perf_counter() - started, scope, words=words)


def _output(twin: Any, said: NetworkAnalysis) -> tuple[Any, Any, str]:
    shape, real = twin.output()
    return Shape(shape), said.output, "" if real else "meta"


# --- counted one by one


def _counted(said: NetworkAnalysis) -> Iterator[Check]:
    """The steps to each count, one by one; multiplications that are macs are torch's counter's to check."""
    try:
        rows = said.derived().rows
    except DoesNotFit:
        return
    for fact in ("output", "parameters", "multiplications"):
        started = perf_counter()
        known: dict[int, Check] = {}
        for row in rows:
            if fact == "multiplications" and value_of(row.macs) == value_of(row.multiplications) != 0:
                continue
            node = getattr(row, fact)
            for step in walk(node) if isinstance(node, Derived) else ():
                if id(step) in known or step.rule.name in BOOKKEEPING:
                    continue
                late = perf_counter() - started > MOST_SECONDS
                known[id(step)] = Check(step.rule.name, "loops", "inconclusive") if late else verify_step(step)
        refuted = [check for check in known.values() if check.verdict == "refuted"]
        done = sum(check.verdict == "verified" for check in known.values())
        verdict: Verdict = "refuted" if refuted else "verified" if done == len(known) else "inconclusive"
        claim = (COUNTED[fact],)
        if known:
            value = refuted[0].value if refuted else None
            seconds, scope = perf_counter() - started, f"{done}/{len(known)}"
            yield Check(_formal(claim), "loops", verdict, value, seconds, scope, words=claim)


# --- fields


def fields_to_check(said: NetworkAnalysis, modules: Mapping[str, Any]) -> list[Row]:
    """Some rows of these modules with different fields, the last of them among these."""
    known = (row for row in said.rows if row.field and row.name.partition("#")[0] in modules)
    rows = list({row.field: row for row in known if len(_sizes(row)) == len(row.field) + 1}.values())
    apart = max(1, -(-len(rows) // MOST_FIELDS))
    return rows[::-1][::apart][::-1]


def _fields(twin: Any, row: Row, said: NetworkAnalysis) -> Iterator[Check]:
    """The box of the middle unit of a layer, by gradients and by marked lines of pixels."""
    after: Any = value_of(row.output)
    unit = tuple(size // 2 for size in after[1:])
    sizes: Any = said.input[1:]
    box = tuple(seen_by(axis, i, n) for axis, i, n in zip(row.field, unit, sizes, strict=True))
    if not all(box):
        return
    text = "x".join(f"[{axis.start}..{axis.stop - 1}]" for axis in box)
    claim = ("sees", row.name, row.kind, "x".join(map(str, unit)), text)

    def gradient() -> tuple[Any, Any, str]:
        found = twin.gradient(row.name, unit)
        return (None if found is None else _ends(found)), _ends(box), ""

    def marked() -> tuple[Any, Any, str]:
        lines = [
            (number, place)
            for number, (axis, size) in enumerate(zip(box, sizes, strict=True))
            for place in sorted({axis.start - 1, axis.start, axis.stop - 1, axis.stop} & set(range(size)))
        ]
        found = twin.marks(row.name, unit, lines)
        claimed = tuple(place in box[number] for number, place in lines)
        return (None if found is None else tuple(found)), claimed, ", ".join(str(place) for _, place in lines)

    yield _timed(claim, "gradient", gradient)
    yield _timed(claim, "marked", marked)


def _ends(box: tuple[range, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((axis.start, axis.stop - 1) for axis in box)


def seen_by(axis: AxisField, i: int, n: int) -> range:
    """The pixels that unit i sees along an axis of n, from the first to the last."""
    phases: Any = axis.phases
    start: Any = axis.start
    size: Any = axis.size
    jump: Any = axis.jump
    turn, phase = divmod(i, len(phases)) if phases else (i, 0)
    if phases:
        start, size = phases[phase]
        jump = len(phases) * jump
    first = start + turn * jump
    return range(max(0, int(first)), min(n, int(first + size)))


# --- formulas


def _formulas(network: Any, said: NetworkAnalysis) -> Iterator[Check]:
    """The formulas in symbols, at each residue of their divisors, against the analysis with numbers."""
    letters = LETTERS.get(len(said.input))
    if letters is None or len(said.inputs) > 1:
        return
    started = perf_counter()
    claim = ("formulas", ", ".join(letters))
    check = partial(Check, _formal(claim), "range", words=claim)
    try:
        symbolic = analyze(network, (said.input[0], *letters))
    except Exception as error:  # a network whose code asks for numbers has no formulas
        yield check("inconclusive", None, perf_counter() - started, type(error).__name__)
        return
    facts = (symbolic.output, symbolic.parameters, symbolic.multiplications, symbolic.macs)
    least = max((symbolic.smallest or {"": 1}).values())
    tried = 0
    for size in range(least, least + min(MOST_SIZES, 2 * _period(symbolic))):
        point = {letter: size + place % 2 for place, letter in enumerate(letters)}
        domains = symbolic.imported.domains if symbolic.imported is not None else {}
        if any(number not in domains[name] for name, number in point.items() if name in domains):
            point = dict.fromkeys(letters, size)
            if any(size not in domain for domain in domains.values()):
                continue
        try:
            numeric = analyze(network, (said.input[0], *point.values()))
        except DoesNotFit as misfit:  # a layer that asks for one size in particular, of which a formula knows nothing
            yield check("inconclusive", None, perf_counter() - started, str(misfit))
            return
        found = (numeric.output, numeric.parameters, numeric.multiplications, numeric.macs)
        if tuple(at(fact, point) for fact in facts) != found:
            where = ", ".join(f"{name} = {number}" for name, number in point.items())
            yield check("refuted", found, perf_counter() - started, where)
            return
        tried += 1
        if perf_counter() - started > MOST_SECONDS:
            break
    verdict: Verdict = "verified" if tried else "inconclusive"
    yield check(verdict, None, perf_counter() - started, f"{letters[0]} = {least}..{size}, {tried}")


def _period(said: NetworkAnalysis) -> int:
    """The number over which all sizes repeat themselves."""
    divisors = [size.divisor for row in said.rows for size in _sizes(row) if isinstance(size, Size)]
    polynomials = [fact for fact in (said.macs, said.multiplications) if isinstance(fact, Polynomial)]
    inside = [size.divisor for fact in polynomials for monomial, _ in fact.terms for size in monomial]
    return lcm(1, *divisors, *inside)


def _sizes(row: Row) -> tuple[Any, ...]:
    sizes: Any = value_of(row.output)
    return tuple(sizes)
