"""Whose variant a command is about: `--student ID` for a student's own, `--variant CODE` for any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, final

import click

from exercises.codes import BadCode, code_of
from exercises.exercise import Instance, Language
from exercises.library import Library
from solver.frozen import frozen
from tirgul.options import Refused, instance_of, printable, sentence

COURSE = "TIRGUL_COURSE"

Function = TypeVar("Function", bound=Callable[..., Any])


@final
@frozen(slots=True)
class Wanted:
    """Which numbers an exercise is to have: a student's, those of a code, or where neither is said the course's own."""

    student: str = ""
    code: str = ""
    course: str = ""

    def instance(self, exercise_id: str, shelf: Library, language: Language) -> Instance:
        """The exercise with these numbers; refuses what is no code and what has no variants."""
        canonical = instance_of(exercise_id, shelf, language)
        if not (self.code or self.student):
            return canonical
        code = self.code or code_of(canonical.exercise, self.student, self.course)
        try:
            return shelf.instance(exercise_id, code)
        except BadCode:
            said = {"code": printable(code), "exercise": canonical.exercise.id}
            raise Refused(sentence("cli.bad_code", language, **said)) from None


def course_option(function: Function) -> Function:
    """`--course NAME`: what the draws of a course begin from, so that next year's are others."""
    return click.option("--course", envvar=COURSE, default="", metavar="NAME", help="cli.option.course")(function)


def variant_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--student`, `--variant` and `--course`, handed to the command as one `wanted`."""

    @wraps(function)
    def with_wanted(*args: Any, student: str, variant: str, course: str, **values: Any) -> Any:
        return function(*args, wanted=Wanted(student, variant, course), **values)

    options = (
        click.option("--student", default="", metavar="ID", help="cli.option.student"),
        click.option("--variant", default="", metavar="CODE", help="cli.option.variant"),
        course_option,
    )
    for option in reversed(options):
        with_wanted = option(with_wanted)
    return with_wanted


def variant_said(instance: Instance, language: Language) -> str:
    """The variant's code, to stand behind a title; nothing for the course's own numbers."""
    return f" · {sentence('page.variant', language, variant=instance.variant)}" if instance.variant else ""
