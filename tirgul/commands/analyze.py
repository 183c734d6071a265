"""Says of a network, layer by layer, what comes out, what it learns, what it costs and what its units see."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Language
from reports.words import words
from solver.analysis import NetworkAnalysis
from solver.conventions import CONVENTIONS, counted
from solver.layers.base import Row
from solver.notation.printing import plain
from solver.rows import COLUMNS, cells, written
from solver.tabled import table_lines
from solver.values import Value, as_formula
from tirgul.files import write
from tirgul.language import language_option
from tirgul.networks import analysed, fitting, input_option, network_typed, shapes_typed
from tirgul.options import Command, Refused, document, json_option, printable, sentence, writing


@click.command("analyze", cls=Command)
@click.argument("network")
@input_option
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="cli.option.depth")
@click.option("--explain", metavar="LAYER", help="cli.option.explain")
@click.option("--explain-count", "convention", type=click.Choice(list(CONVENTIONS)), help="cli.option.explain_count")
@click.option("--bytes", "bytes_each", type=click.IntRange(1, 16), default=4, metavar="N", help="cli.option.bytes")
@click.option("--csv", "as_csv", is_flag=True, help="cli.option.csv")
@click.option("--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="cli.option.html")
@language_option
@json_option
def command(
    network: str,
    given: tuple[str, ...],
    depth: int | None,
    explain: str | None,
    convention: str | None,
    bytes_each: int,
    as_csv: bool,
    page: Path | None,
    lang: Language,
    as_json: bool,
) -> None:
    """Prints a row a layer and totals; NETWORK is short text, a file, package.module:factory or file.py:factory."""
    shapes = shapes_typed(given, lang)
    said = analysed(network_typed(network, lang), shapes, lang, bytes_each=bytes_each)
    with fitting(lang):
        if page is not None:
            _write_page(said, depth, page, lang)
        elif explain is not None:
            _explain(said, explain, lang, as_json)
        elif convention is not None:
            click.echo("\n".join(_counted(said, convention, lang)))
        elif as_json:
            click.echo(document("analyze", said.data(depth)), nl=False)
        elif as_csv:
            click.echo(_table_csv(said, depth), nl=False)
        else:
            click.echo("\n".join([*_table(said, depth, lang), "", *totals(said, lang)]))


def _rows(said: NetworkAnalysis, depth: int | None) -> Sequence[Any]:
    return said.rows if depth is None else said.grouped(depth)


def shown(value: Value) -> str:
    """A value as it is printed."""
    return plain(as_formula(value))


# --- the table and what is below it


def _table(said: NetworkAnalysis, depth: int | None, language: Language) -> Iterator[str]:
    """Columns of text, numbers to the right."""
    heads = [sentence(f"analysis.{column}", language) for column in COLUMNS]
    whole = sentence("analysis.whole", language)
    rows = [cells(row, shown, whole) for row in _rows(said, depth)]
    yield from map(printable, table_lines(heads, rows, ruled=True))


def totals(said: NetworkAnalysis, language: Language) -> Iterator[str]:
    """What all layers come to, what the network holds, and what its input has to satisfy."""
    for name, value in said.totals(shown, sentence("analysis.whole", language)):
        yield f"{sentence(f'analysis.{name}', language)}: {value}"
    memory, each = said.memory, said.bytes_each
    parts = (("activations", memory.activations), ("parameters", memory.parameters), ("buffers", memory.buffers))
    held = ", ".join(f"{sentence(f'analysis.{part}', language)} {shown(value)}" for part, value in parts)
    yield sentence("analysis.memory", language, each=each, held=held)
    if said.conditions:
        yield sentence("analysis.conditions", language, conditions=", ".join(said.conditions))
    if said.smallest:
        smallest = ", ".join(f"{name} = {value}" for name, value in said.smallest.items())
        yield sentence("analysis.smallest", language, smallest=smallest)
    for one in said.unused:
        yield sentence("analysis.unused", language, name=printable(one.name), parameters=one.parameters)
    for unknown in said.without_formula:
        where = printable(f"{unknown.name} ({unknown.place})")
        yield sentence("analysis.without_formula", language, operation=unknown.operation, where=where)


def _table_csv(said: NetworkAnalysis, depth: int | None) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(cells, _rows(said, depth)))
    return text.getvalue()


def _write_page(said: NetworkAnalysis, depth: int | None, path: Path, language: Language) -> None:
    from reports.html.network import network_html  # pages are only needed where one is written

    with writing(path, language):
        write(path, network_html(said, _rows(said, depth), first=language).encode())
    click.echo(sentence("cli.written", language, path=printable(str(path))))


# --- explanations


def _counted(said: NetworkAnalysis, name: str, language: Language) -> list[str]:
    """What a counter prints, from multiply-accumulates by what it adds."""
    result = counted(said.rows, CONVENTIONS[name])
    items = [f"  + {shown(value)}  {sentence(f'count.item.{item}', language)}" for item, value in result.items.items()]
    twice = [f"  × {result.convention.factor}"] if result.convention.factor != 1 else []
    macs = f"  {shown(result.macs)}  {sentence('analysis.macs', language)}"
    return [f"{name}: {shown(result.total)}", macs, *items, *twice, f"  ({result.convention.source})"]


def _explain(said: NetworkAnalysis, name: str, language: Language, as_json: bool) -> None:
    """The derivation of each fact of one layer, with what checked it."""
    from reports.lines import Sayer  # words, only where steps are asked for
    from reports.solution import equation, steps
    from solver.derivation import Derived, walk
    from tirgul.steps import reason, step_lines

    try:
        row = said.explained(name)
    except KeyError:
        names = ", ".join(row.name for row in said.rows[:40])
        raise Refused(
            sentence("cli.no_layer", language, layer=printable(name)), sentence("cli.layers", language, names=names)
        ) from None
    say = Sayer(words(language))
    derived = {fact: node for fact, node in _facts(row) if isinstance(node, Derived)}
    solved = {fact: steps(list(walk(node))) for fact, node in derived.items()}
    if as_json:
        facts = {
            fact: {
                "value": written(derived[fact].result),
                "steps": [
                    {"rule": step.rule, "said": reason(step, say), "equation": equation(step)} for step in found
                ],
            }
            for fact, found in solved.items()
        }
        click.echo(document("explain", {"name": row.name, "kind": row.kind, "facts": facts}), nl=False)
        return
    click.echo(printable(f"{row.name}  {row.kind}"))
    for fact, found in solved.items():
        click.echo(f"{_fact_said(fact, language)}: {shown(derived[fact].result)}")
        click.echo("\n".join(step_lines(found, say)))
    for fact, node in _facts(row):
        if fact not in derived:
            click.echo(f"{_fact_said(fact, language)}: {shown(getattr(node, 'result', node))}")
    if not row.field:
        click.echo(f"{sentence('analysis.field', language)}: {sentence('analysis.whole', language)}")


def _facts(row: Row) -> Iterator[tuple[str, Any]]:
    yield from ((fact, getattr(row, fact)) for fact in ("output", "parameters", "multiplications", "macs"))
    for place, axis in enumerate(row.field, start=1):
        yield from ((f"field.{fact}.{place}", getattr(axis, fact)) for fact in ("size", "stride", "start"))


def _fact_said(fact: str, language: Language) -> str:
    """The words of a fact; of a field, which axis it is along."""
    if fact.startswith("field."):
        _, what, axis = fact.split(".")
        return sentence("analysis.field_axis", language, what=sentence(f"axis.{what}", language), axis=axis)
    key = f"analysis.{fact}"
    return sentence(key, language) if key in words(language) else fact
