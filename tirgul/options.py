"""What commands have in common: words, folders of exercises, `--json`, and how they name what they cannot find."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, final

import click

from exercises.exercise import BadExercise, Exercise, Instance, Language, Part
from exercises.library import (
    Library,
    UnknownExercise,
    UnknownPart,
    available,
    part_named,
    parts_named,
    placed,
    search_path,
)
from reports.words import words
from tirgul.helping import HELP
from tirgul.language import language_in

if TYPE_CHECKING:
    from reports.formats import Format

USAGE = 2
ERRORS = (  # what an author's file may raise that the catalogs have words for
    "AttributeError",
    "ImportError",
    "IndexError",
    "KeyError",
    "ModuleNotFoundError",
    "NameError",
    "SyntaxError",
    "TypeError",
    "ValueError",
    "ZeroDivisionError",
)

Function = TypeVar("Function", bound=Callable[..., Any])


# --- words


def sentence(key: str, language: Language, /, **values: object) -> str:
    """A message of the catalogs."""
    return words(language).say(key, **values)


def unreadable(path: Path, problem: OSError | UnicodeDecodeError | None, language: Language) -> Refused:
    """The refusal of a file: why it cannot be read; too large where Python has no complaint."""
    match problem:
        case None:
            why = sentence("cli.why.too_large", language)
        case FileNotFoundError():
            why = sentence("cli.why.missing", language)
        case IsADirectoryError():
            why = sentence("cli.why.folder", language)
        case UnicodeDecodeError():
            why = sentence("cli.why.not_utf8", language)
        case _:
            why = problem.strerror or type(problem).__name__
    return Refused(sentence("cli.cannot_read", language, path=printable(str(path)), reason=why))


def printable(text: str) -> str:
    """A text that moves no cursor and turns no line around: what would is written as its code.

    >>> printable("a\\x1b[2J\\u202eb\\n")
    'a\\\\x1b[2J\\\\u202eb\\\\n'
    """
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") else one
        for one in text
    )


# --- options


def json_option(function: Function) -> Function:
    """`--json`: one document on the standard output."""
    return click.option("--json", "as_json", is_flag=True, help="cli.option.json")(function)


@final
class Folder(click.ParamType):  # type: ignore[type-arg]  # older clicks do not let it be said
    """A folder that is there. (`click.Path` looks for a translation of its own name, 2 ms of each check.)"""

    name = "folder"

    def convert(self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The folder; refuses what is none."""
        folder = Path(value)
        if not folder.is_dir():
            self.fail(f"'{value}'", param, ctx)
        return folder


def exercises_option(function: Function) -> Function:
    """`--exercises DIR`, as often as there are folders."""
    return click.option(
        "--exercises", "folders", type=Folder(), multiple=True, metavar="DIR", help="cli.option.exercises"
    )(function)


def formats_option(*choices: Format) -> Callable[[Function], Function]:
    """`--format html,pdf`: one or more of the formats, with commas between them; None where nothing is said."""

    metavar = ",".join(choices)
    return click.option("--format", "formats", type=_Formats(choices), metavar=metavar, help="cli.option.format")


@final
class _Formats(click.Choice):  # type: ignore[type-arg]  # older clicks do not let it be said
    """One or more of the choices, with commas between them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The words, each once."""
        words = [word.strip() for word in value.split(",") if word.strip()]
        convert = super().convert
        return tuple(dict.fromkeys(convert(word, param, ctx) for word in words or [value]))


class Command(click.Command):
    """A command whose help is in the catalogs: of the command under its name, of an option under its help's key."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs it; an exercise file that turns out to be bad, at once or when a key is asked for, is named."""
        try:
            return super().invoke(ctx)
        except BadExercise as bad:
            raise Refused(bad_exercise(bad, language_in(ctx))) from bad

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`."""
        return HELP

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help in the reader's language."""
        self.help = sentence(f"cli.help.{self.name}", language_in(ctx))
        super().format_help(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each option with what it does."""
        language = language_in(ctx)
        with formatter.section(sentence("cli.options", language)):
            formatter.write_dl(
                (record[0], sentence(option.help or "", language))
                for option in self.get_params(ctx)
                if isinstance(option, click.Option) and (record := option.get_help_record(ctx))
            )


class Refused(click.ClickException):
    """What was typed cannot be done; said in the reader's language, exit code 2."""

    exit_code = USAGE

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))

    def show(self, file: Any = None) -> None:
        """The message on the standard error, as it stands in the catalogs."""
        click.echo(self.message, err=True)


@contextmanager
def writing(path: Path, language: Language) -> Iterator[None]:
    """Files are written below a path; refuses where that cannot be done."""
    try:
        yield
    except OSError as problem:
        said = {"path": printable(str(path)), "reason": problem.strerror or type(problem).__name__}
        raise Refused(sentence("cli.cannot_write", language, **said)) from None


# --- finding exercises


def library(folders: tuple[Path, ...]) -> Library:
    """The library of the bank, of TIRGUL_EXERCISES and of these folders."""
    return Library(search_path(folders))


def instance_of(exercise_id: str, shelf: Library, language: Language) -> Instance:
    """The exercise that was named; refuses what there is none of, naming the nearest."""
    try:
        return shelf.instance(exercise_id)
    except UnknownExercise as unknown:
        raise Refused(*unknown_exercise(unknown, language)) from None


def exercise_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The exercises that what is being typed may be, for a shell that completes it."""
    return [exercise.id for exercise in available(search_path()) if exercise.id.startswith(incomplete)]


def unknown_exercise(unknown: UnknownExercise, language: Language) -> list[str]:
    """That there is no such exercise, and which ones are near, or where all are."""
    said = sentence("cli.unknown_exercise", language, exercise=printable(unknown.exercise))
    return [said, *(_nearest(unknown.near, language) or [sentence("cli.see_list", language)])]


def part_of(exercise: Exercise, part_id: str, language: Language) -> Part:
    """The part that was named; refuses what there is none of, naming the nearest."""
    return _named(lambda: part_named(exercise, part_id), language)


def parts_of(exercise: Exercise, part_id: str, language: Language) -> tuple[Part, ...]:
    """The part that was named, or the sub-parts it is the first word of, or all."""
    return _named(lambda: parts_named(exercise, part_id), language)


Found = TypeVar("Found")


def _named(find: Callable[[], Found], language: Language) -> Found:
    try:
        return find()
    except UnknownPart as unknown:
        said = {"exercise": unknown.exercise, "part": printable(unknown.part)}
        raise Refused(sentence("cli.unknown_part", language, **said), *_nearest(unknown.near, language)) from None


def place(typed: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """The exercise, the part and the rest of what was typed: `11.1 2 48` or `11.1/2 48`.

    >>> place(("11.1", "2", "48")), place(("11.1/2", "48"))
    (('11.1', '2', ('48',)), ('11.1', '2', ('48',)))
    """
    exercise, part = placed(typed[0] if typed else "")
    if part:
        return exercise, part, typed[1:]
    return exercise, typed[1] if len(typed) > 1 else "", typed[2:]


def place_only(typed: tuple[str, ...], language: Language) -> tuple[str, str]:
    """The exercise and the part that were typed; refuses anything more."""
    exercise, part, rest = place(typed)
    if rest:
        raise Refused(sentence("cli.too_many", language, words=printable(" ".join(rest))))
    return exercise, part


def bad_exercise(bad: BadExercise, language: Language) -> str:
    """What is wrong with an exercise file, with its file and line where they are known."""
    data = {name: printable(str(value)) for name, value in bad.data.items()}
    kind = data.get("kind", "")
    if kind in ERRORS:
        said = sentence(f"error.{kind}", language)
        data["detail"] = f"{said} ({data.get('detail', '')})"
    where = f"{data['file']}:{data.get('line', '1')}: " if "file" in data else ""
    return f"{where}{printable(bad.exercise)}: {sentence(f'bad_exercise.{bad.problem}', language, **data)}"


def _nearest(near: tuple[str, ...], language: Language) -> list[str]:
    return [sentence("cli.near", language, names=", ".join(near))] if near else []


# --- documents


def document(schema: str, data: dict[str, Any]) -> str:
    """A document for programs, its schema first."""
    from grader.gradebooks.marks_json import dumped  # only programs ask for it

    return dumped({"schema": f"tirgul/{schema}/1", **data})
