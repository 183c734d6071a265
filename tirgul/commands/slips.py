"""Lists the wrong answers to an exercise that are recognised, for those who write exercises and mark them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Instance, Language, Part
from grader.gradebooks.marks_json import explained as explained_json
from grader.judge import Marker
from grader.slips import Recognised, recognised
from reports.feedback import explained
from reports.words import words
from solver.notation.printing import plain
from solver.values import as_formula
from tirgul.language import language_option
from tirgul.options import (
    Command,
    document,
    exercise_ids,
    exercises_option,
    instance_of,
    json_option,
    library,
    parts_of,
    place_only,
)


@click.command("slips", cls=Command)
@click.argument("typed", metavar="EXERCISE [PART]", nargs=-1, required=True, shell_complete=exercise_ids)
@click.option("--pairs", is_flag=True, help="cli.option.pairs")
@language_option
@json_option
@exercises_option
def command(typed: tuple[str, ...], pairs: bool, lang: Language, as_json: bool, folders: tuple[Path, ...]) -> None:
    """Prints each answer that a mistake leads to, and warns where two mistakes lead to one, or one to the key."""
    exercise_id, part_id = place_only(typed, lang)
    instance = instance_of(exercise_id, library(folders), lang)
    marker = Marker(instance)
    found = [
        (part, recognised(marker, part.id, 2 if pairs else 1)) for part in parts_of(instance.exercise, part_id, lang)
    ]
    if as_json:
        data = {"exercise": instance.exercise.id, "parts": [_data(instance, part, ones, lang) for part, ones in found]}
        click.echo(document("slips", data), nl=False)
    else:
        click.echo("\n\n".join("\n".join(_lines(instance, part, ones, lang)) for part, ones in found))


def _lines(instance: Instance, part: Part, found: tuple[Recognised, ...], language: Language) -> Iterator[str]:
    """The key, and a line for each answer that a mistake leads to."""
    say = words(language).say
    yield say("slips.part", part=f"{instance.exercise.id}/{part.id}", key=_shown(instance.key(part.id)))
    if not found:
        yield f"  {say('slips.none')}"
    width = min(28, max((len(_shown(one.value)) for one in found), default=0))
    for one in found:
        yield f"  {_shown(one.value):<{width}}  {explained(say, one.explanations)}"
        for warning in _warnings(one):
            said = say(f"slips.{warning}")
            yield f"  {'':<{width}}  ! {said}"


def _warnings(one: Recognised) -> Iterator[str]:
    if one.is_key:
        yield "is_key"
    if one.collides:
        yield "collide"


def _shown(value: Any) -> str:
    return plain(as_formula(value))


def _data(instance: Instance, part: Part, found: tuple[Recognised, ...], language: Language) -> dict[str, Any]:
    say = words(language).say
    return {
        "part": part.id,
        "key": _shown(instance.key(part.id)),
        "slips": [
            {
                "answer": _shown(one.value),
                "slips": explained_json(one.explanations),
                "said": explained(say, one.explanations),
                "warnings": list(_warnings(one)),
            }
            for one in found
        ],
    }
