"""Whatever commands and readers of files say is in both catalogs, and the catalogs hold nothing for them in vain."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from exercises.exercise import LANGUAGES
from grader.submissions.signatures import BEGINNINGS
from reports.words import words
from tests.sources import ROOT, files
from tirgul.language import CODES

COMMANDS = [path.stem for path in files("tirgul/commands") if not path.stem.startswith("_")]
BUILT = {f"cli.help.{command}" for command in COMMANDS} | {"cli.option.version", "cli.option.help", "cli.option.lang"}
CHOSEN = {"quote_not_closed", "bad_row", "field_too_big", "unknown_heading", "second_label"}  # put into a variable
CHOSEN |= {"archive_inside", "broken_member", "locked", "member_twice", "unsafe_name"}  # of members of archives
CHOSEN |= {"bad_notebook", *BEGINNINGS.values()}
# what is called with the reason why something cannot be read, or was not filled in
SAYING = {"Problem", "Broken", "Unopened", "_refuse", "_tell"}


def strings(*folders: str) -> Iterator[str]:
    """Every string in the files below these folders."""
    for path in files(*folders):
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def reasons() -> Iterator[str]:
    """Every word that stands as it is among the arguments of a call that tells of a problem."""
    telling = [*files("grader/submissions"), Path("grader/gradebooks/worksheets.py"), Path("grader/workbook.py")]
    for path in [*telling, Path("grader/batch.py"), Path("grader/lateness.py")]:
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                inside = (part for argument in node.args for part in ast.walk(argument)) if name in SAYING else ()
                for part in inside:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isidentifier():
                        yield part.value


def test_the_languages_are_those_of_exercises():
    assert tuple(CODES) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_say_what_the_catalogs_hold(language):
    said = {text for text in strings("tirgul") if text.startswith("cli.") and " " not in text} | BUILT
    held = {key for key in words(language).messages if key.startswith("cli.")}
    assert said - {"cli.help.", "cli.option."} == held


@pytest.mark.parametrize("language", LANGUAGES)
def test_problems_say_what_the_catalogs_hold(language):
    held = {key.removeprefix("problem.") for key in words(language).messages if key.startswith("problem.")}
    assert set(reasons()) | CHOSEN == held


@pytest.mark.parametrize("language", LANGUAGES)
def test_lint_says_what_the_catalogs_hold(language):
    said = set(strings("exercises"))
    held = {key.removeprefix("bad_exercise.") for key in words(language).messages if key.startswith("bad_exercise.")}
    assert held <= said
