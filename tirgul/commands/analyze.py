"""Says of a network, layer by layer, what comes out, what it learns, what it costs and what its units see."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import sys
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Language
from solver.conventions import CONVENTIONS, counted
from solver.derivation import DoesNotFit, Given, value_of
from solver.layers.base import WHOLE, Field, Layer, Row
from solver.networks.text import read_network
from solver.notation.printing import plain
from solver.notation.unreadable import Unreadable
from solver.questions import Analysis, analyze
from solver.values import Shape, Size, Value, as_formula
from tirgul.language import language_option
from tirgul.options import Command, Refused, document, json_option, sentence

COLUMNS = ("name", "kind", "output", "parameters", "multiplications", "macs", "field")


@click.command("analyze", cls=Command)
@click.argument("network")
@click.option("--input", "given", metavar="C,H,W", required=True, help="cli.option.input")
@click.option("--explain", metavar="LAYER", help="cli.option.explain")
@click.option("--explain-count", "convention", type=click.Choice(list(CONVENTIONS)), help="cli.option.explain_count")
@click.option("--csv", "as_csv", is_flag=True, help="cli.option.csv")
@language_option
@json_option
def command(
    network: str,
    given: str,
    explain: str | None,
    convention: str | None,
    as_csv: bool,
    lang: Language,
    as_json: bool,
) -> None:
    """Prints a row a layer and totals; NETWORK is short text, package.module:factory or file.py:factory."""
    shape = _shape(given, lang)
    try:
        if explain is not None:
            click.echo("\n".join(_explained(network, shape, explain, lang)))
            return
        said = _analysed(network, shape, lang)
        if convention is not None:
            click.echo("\n".join(_counted(said, convention, lang)))
        elif as_json:
            click.echo(document("analyze", _data(said)), nl=False)
        elif as_csv:
            click.echo(_table_csv(said), nl=False)
        else:
            click.echo("\n".join(_table(said, lang)))
    except DoesNotFit as misfit:
        raise Refused(sentence("cli.does_not_fit", lang, problem=str(misfit))) from None


def _shape(given: str, language: Language) -> Shape:
    """3,224,224 or 3,H,W: a name is a symbol."""
    sizes: list[Value] = []
    for piece in given.lower().replace("x", ",").split(",") if given[:1].isdigit() else given.split(","):
        original = piece.strip()
        if original.isdecimal() and 0 < int(original) < 10**9:
            sizes.append(int(original))
        elif original.isidentifier():
            sizes.append(Size.symbol(original.upper()))
        else:
            raise Refused(sentence("cli.bad_input", language, input=given))
    return Shape(sizes)


def _analysed(network: str, shape: Shape, language: Language) -> Analysis:
    made = _network(network, language)
    if isinstance(made, Layer):
        return analyze(made, shape)
    from solver.networks.torch_module import read_module

    imported = read_module(made, tuple(size.name if isinstance(size, Size) else size for size in shape))
    return imported.analysis


def _network(said: str, language: Language) -> Any:
    """A layer from text, or a torch module from a factory."""
    place, colon, factory = said.rpartition(":")
    if colon and factory.isidentifier() and (place.endswith(".py") or place.replace(".", "").isidentifier()):
        return _made(place, factory, language)
    read = read_network(said)
    if isinstance(read, Unreadable):
        key = "cli.unknown_kind" if read.reason == "unknown_name" else f"unreadable.{read.reason}"
        why = sentence(key, language, word=read.word)
        raise Refused(why, f"  {said}", "  " + " " * read.at + "^")
    return read


def _made(place: str, factory: str, language: Language) -> Any:
    """What a factory of a module or file makes; it is code of the user's own, and it is run."""
    try:
        if place.endswith(".py"):
            spec = importlib.util.spec_from_file_location(Path(place).stem, place)
            if spec is None or spec.loader is None:
                raise FileNotFoundError(place)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        else:
            sys.path.insert(0, str(Path.cwd()))
            module = importlib.import_module(place)
        return getattr(module, factory)()
    except (ImportError, AttributeError, FileNotFoundError, SyntaxError, TypeError) as problem:
        said = sentence("cli.no_network", language, network=f"{place}:{factory}", problem=str(problem))
        raise Refused(said) from None


# --- what is printed


def _shown(value: Value) -> str:
    return plain(as_formula(value))


def _field_shown(field: Field, language: Language) -> str:
    if field == WHOLE:
        return sentence("analysis.whole", language)
    return "×".join(_shown(value_of(axis.size)) for axis in field)


def _cells(row: Row, language: Language) -> tuple[str, ...]:
    facts = (row.output, row.parameters, row.multiplications, row.macs)
    shown = (_shown(value_of(fact)) for fact in facts)
    return (row.layer.name, row.layer.kind, *shown, _field_shown(row.field, language))


def _table(said: Analysis, language: Language) -> list[str]:
    """Columns of text, numbers to the right; the totals below."""
    heads = [sentence(f"analysis.{column}", language) for column in COLUMNS]
    rows = [_cells(row, language) for row in said.rows]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]

    def line(cells: tuple[str, ...] | list[str]) -> str:
        sides = zip(cells, widths, strict=True)
        return "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(sides)).rstrip()

    totals = {"output": said.output, "parameters": said.parameters, "multiplications": said.multiplications}
    totals["macs"] = said.macs
    named = [f"{sentence(f'analysis.{name}', language)}: {_shown(value_of(value))}" for name, value in totals.items()]
    field = f"{sentence('analysis.field', language)}: {_field_shown(said.field, language)}"
    return [line(heads), "  ".join("-" * width for width in widths), *map(line, rows), "", *named, field]


def _table_csv(said: Analysis) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row, "en") for row in said.rows)
    return text.getvalue()


def _counted(said: Analysis, name: str, language: Language) -> list[str]:
    """What a counter prints, from multiply-accumulates by what it adds."""
    result = counted(said.rows, CONVENTIONS[name])
    items = [f"  + {_shown(value)}  {sentence(f'count.item.{item}', language)}" for item, value in result.items.items()]
    twice = [f"  × {result.convention.factor}"] if result.convention.factor != 1 else []
    macs = f"  {_shown(result.macs)}  {sentence('analysis.macs', language)}"
    return [f"{name}: {_shown(result.total)}", macs, *items, *twice, f"  ({result.convention.source})"]


def _explained(network: str, shape: Shape, name: str, language: Language) -> list[str]:
    """The derivations of one layer's facts."""
    from reports.solution import equation, steps
    from solver.derivation import Derived, walk
    from solver.derivation import shape as shape_of

    made = _network(network, language)
    if not isinstance(made, Layer):
        made = _analysed(network, shape, language).network
    axes = {1: ("D",), 2: ("C", "D"), 3: ("C", "H", "W")}.get(len(shape), tuple(map(str, range(len(shape)))))
    given = shape_of({axis: Given(axis, size) for axis, size in zip(axes, shape, strict=True)})
    rows = [row for row in analyze(made, given).rows if name in (row.layer.name, row.layer.kind)]
    if not rows:
        raise Refused(sentence("cli.no_layer", language, layer=name))
    lines: list[str] = []
    for row in rows[:1]:
        for fact in ("output", "parameters", "multiplications", "macs"):
            derivation = getattr(row, fact)
            if isinstance(derivation, Derived):
                lines.append(f"{sentence(f'analysis.{fact}', language)}: {_shown(derivation.result)}")
                lines += [f"    {equation(step)}" for step in steps(list(walk(derivation)))]
    return lines


# --- data


def _axes(field: Field) -> dict[str, Any]:
    if field == WHOLE:
        return {"whole_input": True}
    read = {"size": "size", "stride": "jump", "start": "start"}
    return {name: [_number(value_of(getattr(axis, fact))) for axis in field] for name, fact in read.items()}


def _number(value: Value) -> int | str:
    return value if isinstance(value, int) else _shown(value)


def _listed(value: Value) -> list[int | str]:
    return [_number(size) for size in value] if isinstance(value, tuple) else [_number(value)]


def _data(said: Analysis) -> dict[str, Any]:
    facts = ("parameters", "multiplications", "macs")
    layers = [
        {
            "name": row.layer.name,
            "kind": row.layer.kind,
            "output": _listed(value_of(row.output)),
            **{fact: _number(value_of(getattr(row, fact))) for fact in facts},
            "field": _axes(row.field),
        }
        for row in said.rows
    ]
    total: dict[str, Any] = {fact: _number(value_of(getattr(said, fact))) for fact in facts}
    total |= {"trainable": total["parameters"], "output": _listed(value_of(said.output)), "field": _axes(said.field)}
    return {"input": _listed(value_of(said.input)), "layers": layers, "total": total}
