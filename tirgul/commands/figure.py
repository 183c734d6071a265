"""Writes figures as SVG files: those of exercises, by exercise or by their own names, and of any network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import final

import click

from exercises.diagram import Block, Volumes, sized
from exercises.exercise import Exercise, Language, Text
from exercises.exhibit import Figure, Table
from exercises.library import search_path, survey
from reports.figures.drawing import drawing
from reports.figures.svg import file_of
from solver.frozen import frozen
from solver.layers.base import Layer
from solver.layers.composite import Branches, Chain
from tirgul.files import names, write
from tirgul.language import languages_of, languages_option, spoken
from tirgul.networks import analysed, input_option, layers_read, shapes_typed
from tirgul.options import Command, Refused, document, exercises_option, json_option, printable, sentence, writing

LIST = "list"


@final
@frozen(slots=True)
class Named:
    """A figure with its name, and the exercise and the part that it goes with; the statement has no part."""

    name: str
    exercise: str
    part: str
    figure: Figure


@click.command("figure", cls=Command)
@click.argument("typed", metavar="NAME|EXERCISE|NETWORK…", nargs=-1)
@input_option
@languages_option
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=None, metavar="DIR", help="cli.option.out"
)
@json_option
@exercises_option
def command(
    typed: tuple[str, ...],
    given: tuple[str, ...],
    lang: str,
    out: Path | None,
    as_json: bool,
    folders: tuple[Path, ...],
) -> None:
    """Writes a file for each figure and language, or prints one; without names, or with `list`, says what there is.

    With --input, what is typed is a network in short text: drawn as volumes, or, where it branches, as boxes.
    """
    language = spoken(lang)
    if given and typed:
        _write([_network_named(" ".join(typed), given, language)], languages_of(lang), out, language)
        return
    exercises, _ = survey(search_path(folders))
    known = [named for exercise in exercises for named in figures_of(exercise)]
    if not typed or typed == (LIST,):
        click.echo(_listed(known, language, as_json), nl=False)
        return
    _write(_chosen(typed, known, language), languages_of(lang), out, language)


def _network_named(said: str, given: Sequence[str], language: Language) -> Named:
    """A network of short text as a figure; refuses what cannot be read, does not fit or has no sizes."""
    network, shapes = layers_read(said, language), shapes_typed(given, language)
    if len(shapes) > 1 or not all(isinstance(size, int) for size in shapes[0]):
        raise Refused(sentence("cli.bad_input", language, input=printable(" ".join(given))))
    output = sized(analysed(network, shapes, language).outputs[0])
    text = Text(he=f"רשת מ־{sized(shapes[0])} ל־{output}", en=f"A network from {sized(shapes[0])} to {output}")
    kind = Block if _branches(network) else Volumes
    return Named("network", "", "", kind(text, text, network, tuple(map(int, map(str, shapes[0])))))


def _branches(network: Layer) -> bool:
    match network:
        case Branches():
            return True
        case Chain(layers):
            return any(map(_branches, layers))
        case _:
            return False


def _write(chosen: Sequence[Named], languages: Sequence[Language], out: Path | None, language: Language) -> None:
    """A file for each figure and language; one alone is printed where there is no folder."""
    if out is None:
        if len(chosen) * len(languages) > 1:
            raise Refused(sentence("cli.several_figures", language))
        click.echo(file_of(drawing(chosen[0].figure, languages[0])).decode(), nl=False)
        return
    stems = names(named.name for named in chosen)
    for named in chosen:
        for one in languages:
            path = out / f"{stems[named.name]}.{one}.svg"
            with writing(out, language):
                write(path, file_of(drawing(named.figure, one)))
            click.echo(sentence("cli.written", language, path=path))


def figures_of(exercise: Exercise) -> Iterator[Named]:
    """The figures of an exercise; one without a name is called after its part."""
    for part, exhibits in exercise.canonical().exhibits.items():
        figures = [exhibit for exhibit in exhibits if not isinstance(exhibit, Table)]
        for number, figure in enumerate(figures, 1):
            yield Named(figure.name or f"{exercise.id}-{part or 0}-{number}", exercise.id, part, figure)


def _chosen(typed: Sequence[str], known: Sequence[Named], language: Language) -> list[Named]:
    """What was asked for, each once; an exercise stands for all its figures."""
    chosen: dict[str, Named] = {}
    for name in typed:
        found = [named for named in known if name.casefold() in (named.name.casefold(), named.exercise.casefold())]
        if not found:
            near = get_close_matches(name, [named.name for named in known], n=3, cutoff=0.4)
            raise Refused(sentence("cli.no_figure", language, name=name, near=", ".join(near) or LIST))
        chosen |= {named.name: named for named in found}
    return list(chosen.values())


def _listed(known: Sequence[Named], language: Language, as_json: bool) -> str:
    if as_json:
        return document("figure", {"figures": [_data(named, language) for named in known]})
    width = max((len(named.name) for named in known), default=0)
    places = [f"{named.exercise}/{named.part}" if named.part else named.exercise for named in known]
    wide = max(map(len, places), default=0)
    return "".join(
        f"{named.name:<{width}}  {place:<{wide}}  {named.figure.title.said(language)}\n"
        for named, place in zip(known, places, strict=True)
    )


def _data(named: Named, language: Language) -> dict[str, str]:
    figure = named.figure
    said = {"title": figure.title.said(language), "description": figure.description.said(language)}
    return {"name": named.name, "exercise": named.exercise, "part": named.part, **said}
