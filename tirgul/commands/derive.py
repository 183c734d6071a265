"""States formulas of layers and networks, and solves them for what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

import click

from exercises.exercise import Language
from reports.lines import Sayer
from reports.steps import checked
from reports.words import words
from solver.analysis import NotAShape, analyze
from solver.derivation import Derived, DoesNotFit, Given
from solver.deriving import FACTS, closed_forms, same_output, solutions, symbols_in, usual, value
from solver.inverse import (
    BOUNDS,
    LEAST,
    MOST_KERNEL,
    NAMES,
    Between,
    between,
    bounds,
    is_empty,
    left_over,
    windows_with,
)
from solver.layers.base import Layer
from solver.layers.window import OUTPUT_SIZE
from solver.notation.printing import ascii_text, plain
from solver.notation.tree import Formula, Name, Number, substitute
from solver.rows import listed, plain_number, written
from solver.values import Shape, Size, as_formula
from solver.verify.steps import verify_step
from tirgul.language import language_option
from tirgul.networks import fitting, input_option, network_typed, shapes_typed
from tirgul.options import Command, Refused, document, json_option, printable, sentence

ALIASES: Final = {
    "output": "output_size", "size": "output_size", "field": "receptive_field", "conditions": "valid",
    "inputs": "same_output", "params": "parameters",
}  # fmt: skip
WANTED: Final = (*FACTS, "valid", "same_output")
LAYER: Final = "Conv2d(C_out, K)"
"""What is meant where no network is named."""

DEFAULTS: Final = {"s": 1, "p": 0, "d": 1}
"""torch's, for what is not said of a window."""

SHOWN: Final = 20
MOST_RANGE: Final = 5000
_GIVEN = re.compile(r"([A-Za-z]\w*)=([-\w.,]+)")


@click.command("derive", cls=Command)
@click.argument("wanted", metavar="FACT")
@click.argument("typed", metavar="[NETWORK] [NAME=VALUE…]", nargs=-1)
@click.option("--for", "unknown", metavar="NAMES", help="cli.option.for")
@input_option
@click.option("--output", "target", metavar="VALUE", help="cli.option.output")
@language_option
@json_option
def command(
    wanted: str,
    typed: tuple[str, ...],
    unknown: str | None,
    given: tuple[str, ...],
    target: str | None,
    lang: Language,
    as_json: bool,
) -> None:
    """Prints a formula, and with --for what solves it; FACT is output_size, parameters, …, valid or same_output."""
    fact = ALIASES.get(wanted, wanted)
    if fact not in WANTED:
        raise Refused(sentence("cli.no_fact", lang, fact=printable(wanted), facts=", ".join(WANTED)))
    networks, numbers = _sorted(typed, lang)
    if target is not None:
        numbers["out"] = _numbers(target, lang)
    asked = tuple(name for name in re.split(r"[,\s]+", unknown or "") if name)
    with fitting(lang):
        if fact == "output_size" and not networks:
            said = _window(numbers, asked, given, lang)
        else:
            said = _network(fact, networks[0] if networks else LAYER, numbers, asked, given, lang)
    if as_json:
        click.echo(document("derive", {"fact": fact, **said.data}), nl=False)
    else:
        click.echo("\n".join(said.lines))


@final
@dataclass
class _Said:
    """What is printed, and the same as data."""

    lines: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


# --- what is typed


def _sorted(typed: Sequence[str], language: Language) -> tuple[list[str], dict[str, list[int]]]:
    """The network, and the numbers that names have: one, a range or several."""
    networks, numbers = [], dict[str, list[int]]()
    for word in typed:
        match = _GIVEN.fullmatch(word)
        if match:
            numbers[match[1]] = _numbers(match[2], language)
        else:
            networks.append(word)
    if len(networks) > 1:
        raise Refused(sentence("cli.one_network", language, words=printable(" ".join(networks[1:]))))
    return networks, numbers


def _numbers(said: str, language: Language) -> list[int]:
    """7, 1..11, or 1,3,5."""
    found: list[int] = []
    for piece in said.split(","):
        span = re.fullmatch(r"(\d{1,9})(?:\.\.(\d{1,9}))?", piece.strip())
        if span is None or int(span[2] or span[1]) - int(span[1]) not in range(MOST_RANGE):
            raise Refused(sentence("cli.bad_number", language, value=printable(said)))
        found += range(int(span[1]), int(span[2] or span[1]) + 1)
    return found


# --- one window


def _window(
    numbers: Mapping[str, list[int]], asked: Sequence[str], given: Sequence[str], language: Language
) -> _Said:
    """The output size of one window, along one axis."""
    letters = {"h": "n", "w": "n", "n_out": "o", "out": "o", "output": "o", "kernel_size": "k", "stride": "s",
               "padding": "p", "dilation": "d", "input": "n", "kernel": "k"}  # fmt: skip
    own = {letters.get(name.lower(), name.lower()): values for name, values in numbers.items()}
    names = tuple(letters.get(name.lower(), name.lower()) for name in asked)
    if given:
        size = shapes_typed(given[:1], language)[0][-1]
        if isinstance(size, int):
            own.setdefault("n", [size])
    strange = [name for name in (*own, *names) if name not in (*NAMES, "o")]
    if strange:
        raise Refused(sentence("cli.no_name", language, name=printable(strange[0]), names="n, k, s, p, d, out"))
    for name, values in own.items():
        if min(values) < LEAST.get(name, 1):
            raise Refused(sentence("cli.too_small", language, name=name, least=LEAST.get(name, 1), value=min(values)))
    known = {name: values[0] for name, values in own.items() if len(values) == 1 and name not in names}
    ranges = {name: values for name, values in own.items() if name not in known and name != "o"}
    output = known.pop("o", None)
    if output is None and not names and not ranges and {"n", "k"} <= known.keys():
        known = DEFAULTS | known
    said = _Said()
    taught: Formula = OUTPUT_SIZE.taught  # type: ignore[assignment]  # it is no law
    put = substitute(taught, {name: Number(number) for name, number in known.items()})
    said.lines.append(" = ".join(dict.fromkeys(("n_out", plain(taught), plain(put)))))
    said.data |= {"formula": ascii_text(taught), "given": known, "source": OUTPUT_SIZE.source}
    if not names and not ranges:
        _computed(said, known, output, language)
        return said
    free = {name for name in (*names, *ranges) if name != "o"}
    left = [name for name in NAMES if name not in known and name not in free]
    if output is None and "n" not in known:
        _kept(said, free, known, language)
        return said
    if output is None:
        output = known["n"]
        said.lines.append(sentence("derive.kept", language))
    known |= {name: DEFAULTS[name] for name in left if name in DEFAULTS}
    if missing := [name for name in NAMES if name not in known and name not in free]:
        raise Refused(sentence("cli.needs_number", language, name=missing[0]))
    _chosen(said, output, known, ranges, free, language)
    return said


def _computed(said: _Said, known: Mapping[str, int], output: int | None, language: Language) -> None:
    """The output where all is known, and what the letters mean where it is not."""
    if set(known) != set(NAMES):
        said.lines.append("  " + sentence("derive.letters", language))
        if output is not None and len(left := [name for name in NAMES if name not in known]) == 1:
            found = between(left[0], output, known)
            said.lines.append(_span(found, language))
            said.data["solutions"] = _data(found)
        return
    node = OUTPUT_SIZE(**{name: Given(name, number) for name, number in known.items()})
    assert isinstance(node, Derived)
    said.lines.append(f"  = {node.result}  ({checked(verify_step(node), Sayer(words(language)))})")
    said.data["value"] = node.result


def _kept(said: _Said, free: set[str], known: Mapping[str, int], language: Language) -> None:
    """What keeps a size that is not known: formulas for the bounds of each name."""
    said.lines.append(sentence("derive.kept", language))
    usual = {"s": 1, "d": 1}
    for name in sorted(free):
        values = {**{key: number for key, number in usual.items() if key != name}, **known}
        least, most = bounds(name, values, Name("n"))
        inside = getattr(least, "args", (least,))[:1] == getattr(most, "args", (most,))[:1]
        whole = inside and type(least).__name__ == "ceiling"
        exact = least.args[0] if whole else least
        one = whole or least == most
        shown = plain(as_formula(exact)) if one else f"{plain(as_formula(least))} … {plain(as_formula(most))}"
        conditions = ", ".join(f"{key} = {number}" for key, number in values.items())
        never = is_empty(least, most)
        line = f"  {sentence('derive.none', language, name=name)}" if never else f"  {name} = {shown}"
        line += f"  ({conditions})" if conditions else ""
        said.lines.append(line + (f"  {sentence('derive.where_whole', language)}" if whole else ""))
        found = {"name": name, "given": values, "least": written(least), "most": written(most), "any": not never}
        said.data.setdefault("solutions", []).append({**found, "formula": written(exact) if one else None})


def _chosen(
    said: _Said,
    output: int,
    known: Mapping[str, int],
    ranges: Mapping[str, list[int]],
    free: Iterable[str],
    language: Language,
) -> None:
    """All choices of numbers that lead to an output."""
    unknown = [name for name in NAMES if name in free]
    said.data |= {"output": output, "for": unknown}
    if len(unknown) == 1 and not ranges:
        (name,) = unknown
        found = between(name, output, known)
        least, most = (substitute(bound, {"o": Name("n_out")}) for bound in BOUNDS[name])
        said.lines.append(f"  {plain(least)} ≤ {name}" + (f" ≤ {plain(most)}" if output > 1 or name != "s" else ""))
        said.lines.append(_span(found, language))
        said.data["solutions"] = _data(found)
        return
    every = sorted(windows_with(output, known, ranges), key=_niceness)
    said.data |= {"count": len(every), "solutions": [{name: one[name] for name in unknown} for one in every[:1000]]}
    said.lines.append(sentence("derive.found", language, count=len(every), shown=min(SHOWN, len(every))))
    if len(unknown) > len(ranges):
        said.lines.append("  " + sentence("derive.searched", language, most=MOST_KERNEL))
    for one in every[:SHOWN]:
        choice = ", ".join(f"{name.upper() if name != 'n' else name} = {one[name]}" for name in unknown)
        node = OUTPUT_SIZE(**{name: Given(name, number) for name, number in one.items()})
        assert isinstance(node, Derived)
        note = f"  {sentence('derive.left', language, cells=left_over(one))}" if left_over(one) else ""
        said.lines.append(f"  {choice}  ({checked(verify_step(node), Sayer(words(language)))}){note}")


def _niceness(one: Mapping[str, int]) -> tuple[int, ...]:
    """Windows that see every cell, leave none over and pad little come first."""
    skipped = max(0, one["s"] - one["d"] * (one["k"] - 1) - 1)
    return (skipped > 0, left_over(one), one["p"], one["d"], one["k"], one["s"], one["n"])


# --- a network


def _network(
    fact: str,
    text: str,
    numbers: Mapping[str, list[int]],
    asked: Sequence[str],
    given: Sequence[str],
    language: Language,
) -> _Said:
    """A fact of a network, and what solves it."""
    wanted = numbers.get("out", [])
    known = {name: values[0] for name, values in numbers.items() if len(values) == 1 and name != "out"}
    ranges = {name: values for name, values in numbers.items() if len(values) > 1 and name != "out"}
    network = network_typed(_put(text, known), language)
    inputs = [_put(one, known) for one in given] or ([_put("C_in,H,W", known)] if text == LAYER else [])
    shapes = shapes_typed(inputs, language) if inputs or fact != "receptive_field" else ()
    said = _Said(data={"network": printable(text), "given": known, "input": [listed(shape) for shape in shapes]})
    if fact == "same_output":
        if any(not isinstance(size, int) for size in shapes[0]):
            raise Refused(sentence("cli.needs_numbers", language))
        _same(said, network, shapes[0], language)
        return said
    if fact == "valid":
        _valid(said, network, shapes, language)
        return said
    if not isinstance(network, Layer):
        analysis = analyze(network, *shapes)
        whole = Shape(analysis.input[1:])
        seen = Shape(axis.size for axis in analysis.field) or whole
        known_facts = {"output_size": analysis.output, "receptive_field": seen}
        found: Any = known_facts.get(fact) or getattr(analysis, fact)
    else:
        found = value(network, fact, shapes)
    shown = Shape(found) if isinstance(found, tuple) else found
    said.lines.append(f"{sentence(f'derive.{fact}', language)}: {plain(as_formula(shown))}")
    said.data["value"] = listed(found) if isinstance(found, tuple) else plain_number(found)
    unknown = list(asked or ranges)
    if unknown or wanted:
        _solved(said, found, unknown, wanted[0] if wanted else None, ranges, shapes, language)
    if fact == "output_size" and wanted:
        _tried(said, network, shapes, wanted[0], language)
    return said


def _tried(said: _Said, network: Any, shapes: Sequence[Shape], wanted: int, language: Language) -> None:
    """Puts the ends of a span, and what is just outside, into the network."""
    for found in said.data.get("solutions", []):
        if not found.get("any") or found["most"] is None:
            continue
        spans = range(found["least"], found["most"] + 1)
        for number in {found["least"] - 1, found["least"], found["most"], found["most"] + 1}:
            given = (Shape(size if isinstance(size, int) else number for size in shape) for shape in shapes)
            try:
                gives = analyze(network, *given).output[-1] == wanted
            except (DoesNotFit, NotAShape):
                gives = False
            if gives != (number in spans):
                said.lines.append(f"  {sentence('check.refuted', language)}: {found['name']} = {number}")
                return
    if said.data.get("solutions"):
        check = {"verdict": sentence("check.verified", language), "method": sentence("method.range", language)}
        said.lines.append(f"  ({sentence('check.by', language, **check)})")


def _put(text: str, known: Mapping[str, int]) -> str:
    """The text with numbers for names; the name of an argument, as in padding=P, is no such name."""
    if not known or text.endswith(".py") or Path(text).is_file():
        return text
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return re.sub(rf"\b({names})\b(?!\s*[=:])", lambda match: str(known[match[1]]), text)


def _solved(
    said: _Said,
    found: Any,
    unknown: list[str],
    wanted: int | None,
    ranges: Mapping[str, list[int]],
    shapes: Sequence[Shape],
    language: Language,
) -> None:
    """For which numbers, or formulas, of the unknown a value is the one that is wanted; of a shape, its last size."""
    sizes = list(found[1:] or found) if isinstance(found, tuple) else [found]
    targets: list[Any] = [wanted] * len(sizes)
    if wanted is None:
        if not (isinstance(found, Shape) and shapes and len(found) == len(shapes[0])):
            raise Refused(sentence("cli.needs_output", language))
        targets = list(shapes[0][1:])
        said.lines.append(sentence("derive.kept", language))
    unknown = unknown or list(dict.fromkeys(name for size in sizes for name in symbols_in(size)))
    strange = [name for name in unknown if not any(name in symbols_in(size) for size in sizes)]
    if strange:
        known = ", ".join(dict.fromkeys(name for size in sizes for name in symbols_in(size))) or "-"
        raise Refused(sentence("cli.no_name", language, name=printable(strange[0]), names=known))
    done = set()
    for size, target in zip(sizes, targets, strict=True):
        here = [name for name in unknown if name in symbols_in(size)]
        if not here or (tuple(here), str(size)) in done:
            continue
        done.add((tuple(here), str(size)))
        others = {*symbols_in(size), *(symbols_in(target) if not isinstance(target, int) else ())} - set(here)
        for line, data in _answers(size, target, here, others, ranges, language):
            if line not in said.lines:
                said.lines.append(line)
                said.data.setdefault("solutions", []).append(data)


def _answers(
    size: Any, target: Any, here: list[str], others: set[str], ranges: Mapping[str, list[int]], language: Language
) -> Iterator[tuple[str, Any]]:
    if others or not isinstance(target, int):
        (name, *more) = here
        if more:
            raise Refused(sentence("cli.one_unknown", language, names=", ".join(sorted(others))))
        try:
            forms = [*closed_forms(size, target, name)]
        except NotImplementedError:
            forms = []
        for form in forms:
            yield f"  {name} = {plain(as_formula(form))}", {"name": name, "formula": written(form)}
        if not forms:
            yield sentence("derive.no_closed_form", language, names=", ".join(sorted(others))), {"name": name}
        return
    found = solutions(size, target, here, ranges)
    if isinstance(found, Between):
        yield _span(found, language), _data(found)
        return
    tried = {name: usual(name, len(here)) for name in here if name not in ranges}
    searched = ", ".join(f"{name} = {span[0]} … {span[-1]}" for name, span in tried.items())
    count = sentence("derive.found", language, count=len(found), shown=min(SHOWN, len(found)))
    within = f"  {sentence('derive.within', language, ranges=searched)}" if tried else ""
    yield count + within, {"count": len(found), "searched": {name: [span[0], span[-1]] for name, span in tried.items()}}
    for point in found[:SHOWN]:
        yield "  " + ", ".join(f"{name} = {number}" for name, number in point.items()), point


def _valid(said: _Said, network: Any, shapes: Sequence[Shape], language: Language) -> None:
    """Which inputs a network takes."""
    analysis = analyze(network, *shapes)
    if all(isinstance(size, int) for shape in shapes for size in shape):
        raise Refused(sentence("cli.needs_symbol", language))
    said.lines.append(sentence("analysis.conditions", language, conditions=", ".join(analysis.conditions)))
    if analysis.smallest:
        smallest = ", ".join(f"{name} = {number}" for name, number in analysis.smallest.items())
        said.lines.append(sentence("analysis.smallest", language, smallest=smallest))
        try:
            analyze(network, *(Shape(_at(size, analysis.smallest) for size in shape) for shape in shapes))
            said.lines.append(sentence("derive.smallest_runs", language))
        except DoesNotFit:  # pragma: no cover  # conditions are those of the rules
            said.lines.append(sentence("check.refuted", language))
    said.data |= {"conditions": analysis.conditions, "smallest_input": dict(analysis.smallest or {})}


def _at(size: Any, point: Mapping[str, int]) -> Any:
    return size.at(point[size.name]) if isinstance(size, Size) else size


def _same(said: _Said, network: Any, shape: Shape, language: Language) -> None:
    """All input sizes with the output of this one."""
    analysis, found = same_output(network, shape)
    said.lines.append(f"{sentence('derive.output_size', language)}: {plain(as_formula(analysis.output))}")
    said.lines += [_span(one, language) for one in found]
    if any("|" in one or "mod" in one for one in analysis.conditions):
        conditions = ", ".join(analysis.conditions)
        said.lines.append(sentence("analysis.conditions", language, conditions=conditions))
    said.data |= {"value": listed(analysis.output), "solutions": list(map(_data, found))}


# --- between two bounds


def _span(found: Between, language: Language) -> str:
    if not found:
        return "  " + sentence("derive.none", language, name=found.name)
    if found.most is None:
        return f"  {found.name} ≥ {found.least}"
    if found.most == found.least:
        return f"  {found.name} = {found.least}"
    return "  " + sentence("derive.between", language, name=found.name, least=found.least, most=found.most,
                           count=found.most - found.least + 1)  # fmt: skip


def _data(found: Between) -> dict[str, Any]:
    return {"name": found.name, "least": found.least, "most": found.most, "any": bool(found)}
