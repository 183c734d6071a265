"""Practice at the terminal: asks, reads, answers, gives hints, and goes on where the last time ended."""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, final

import click

from exercises.codes import fresh_code
from exercises.exercise import Instance, Language, Part
from exercises.library import Library, available
from grader.verdict import Review, Right, Unreadable
from reports.feedback import feedback, requirement_said
from reports.hints import hint
from reports.text import options_said, text_plain
from reports.words import words
from solver.notation.printing import plain
from tirgul.commands.check import pointed
from tirgul.language import language_option
from tirgul.options import (
    Command,
    exercise_ids,
    exercises_option,
    instance_of,
    library,
    parts_of,
    place_only,
    printable,
    sentence,
)
from tirgul.places import opened_store, store_option
from tirgul.terminal import Bidi, bidi_option, is_visual, shown
from tirgul.variants import Wanted, variant_options, variant_said

if TYPE_CHECKING:
    from tirgul.service import Progress

HINT = ("?", "hint", "רמז")
NEXT = (">", "next", "הבא")
BACK = ("<", "back", "הקודם")
QUIT = ("q", "quit", "exit", "סיום")
WIDTH = 96
ME = "me"


@click.command("practice", cls=Command)
@click.argument("typed", metavar="[EXERCISE [PART]]", nargs=-1, shell_complete=exercise_ids)
@click.option("--fresh", is_flag=True, help="cli.option.fresh")
@bidi_option
@store_option
@variant_options
@language_option
@exercises_option
def command(
    typed: tuple[str, ...],
    fresh: bool,
    bidi: Bidi,
    store: str,
    wanted: Wanted,
    lang: Language,
    folders: tuple[Path, ...],
) -> None:
    """Asks one part after the other until all are right or the student stops."""
    shelf = library(folders)
    if not typed:
        _choose(shelf, lang)
        return
    exercise_id, part_id = place_only(typed, lang)
    if fresh:
        exercise = instance_of(exercise_id, shelf, lang).exercise
        wanted = Wanted(code=fresh_code(exercise, secrets.token_hex(8)))
    instance = wanted.instance(exercise_id, shelf, lang)
    first = parts_of(instance.exercise, part_id, lang)[0].id if part_id else ""
    _Practice(shelf, instance, store, wanted.student or ME, lang, is_visual(bidi)).run(first)


def _choose(shelf: Library, language: Language) -> None:
    click.echo(sentence("practice.choose", language))
    for exercise in available(shelf.path):
        click.echo(f"  {exercise.id}  {exercise.title.said(language)}")


@final
class _Practice:
    """One student at one exercise."""

    def __init__(
        self, shelf: Library, instance: Instance, store: str, student: str, language: Language, visual: bool
    ) -> None:
        from tirgul.desk import OwnDesk  # the store brings SQLAlchemy, which `--help` has no need of
        from tirgul.service import Service, Who

        self.instance, self.language, self.visual = instance, language, visual
        kept = opened_store(store, language)
        self.service = Service(OwnDesk(shelf), kept)
        self.who = Who(kept.pseudonym(student), kept.signed("terminal", student)[:32])
        self.place = (instance.exercise.id, instance.variant)
        self.say = words(language).say

    def run(self, first: str) -> None:
        """Asks until all is right or the student stops."""
        parts = self.instance.exercise.parts
        states = self.service.progress(self.who, self.place)
        exercise = self.instance.exercise
        self.tell(f"{exercise.id}  {self._said(exercise.title.said)}{variant_said(self.instance, self.language)}")
        self.tell(self._said(exercise.statement.said))
        self.tell(self.say("practice.how"))
        open_parts = (index for index, part in enumerate(parts) if not states[part.id].done)
        named = (index for index, part in enumerate(parts) if part.id == first)
        at: int | None = next(named, next(open_parts, 0))
        while at is not None:
            at = self.ask(at)
        states = self.service.progress(self.who, self.place)
        done = sum(state.done for state in states.values())
        if done == len(parts):
            self.tell(self.say("practice.all_done", exercise=self.instance.exercise.id))
        else:
            self.tell(self.say("practice.stopped", done=done, parts=len(parts)))

    def ask(self, at: int) -> int | None:
        """Asks one part until it is right; gives which one comes next, or none."""
        parts = self.instance.exercise.parts
        part = parts[at]
        click.echo()
        self.tell(f"{self.instance.exercise.id}/{part.id}  {self._said(part.ask.said)}")
        for number, option in enumerate(part.options, start=1):
            self.tell(f"  {number}. {self._said(option.text.said)}")
        state = self.service.progress(self.who, self.place)[part.id]
        if state.last is not None:
            self.tell(f"  {self.say('verdict.' + state.last.verdict)}: {printable(state.last.text)}")
        while True:
            answer = self.read()
            if answer is None or answer.casefold() in QUIT:
                return None
            if answer.casefold() in (*NEXT, *BACK):
                return (at + (1 if answer.casefold() in NEXT else -1)) % len(parts)
            if answer.casefold() in HINT:
                self.hint(part)
            elif answer and self.answer(part, answer):
                states = self.service.progress(self.who, self.place)
                left = [index for index, one in enumerate(parts) if not states[one.id].done]
                return next((index for index in left if index > at), left[0] if left else None)

    def read(self) -> str | None:
        """What is typed; None at the end of the input."""
        prompt = shown(f"{self.say('practice.prompt')}> ", self.language, visual=self.visual)
        try:
            return input(prompt).strip()
        except EOFError:
            click.echo()
            return None

    def answer(self, part: Part, text: str) -> bool:
        """Says what is said of an answer, and whether the part is done."""
        from tirgul.service import TooLong, TooOften  # loaded by now; `--help` does without

        try:
            state = self.service.check(self.who, self.place, part.id, text, secrets.token_hex(16))[part.id]
        except (TooLong, TooOften) as refused:
            self.tell(self.say("web.error.too_long" if isinstance(refused, TooLong) else "web.error.guessed"))
            return False
        for line in self._outcome(part, state):
            self.tell(line)
        return isinstance(state.verdict, Right | Review)

    def hint(self, part: Part) -> None:
        """Gives one hint more: those that are new."""
        before = self.service.progress(self.who, self.place)
        known = set(self.service.hints(self.place, before, part.id).rungs)
        self.service.hint(self.who, self.place, part.id, secrets.token_hex(16))
        states = self.service.progress(self.who, self.place)
        new = [rung for rung in self.service.hints(self.place, states, part.id).rungs if rung not in known]
        if not new:
            self.tell(f"  {self.say('notebook.no_more')}")
        for rung in new:
            self.tell(f"  {hint(self.say, plain, rung)}")

    def tell(self, text: str) -> None:
        """Prints a paragraph, as this terminal wants it."""
        for line in textwrap.wrap(text, WIDTH, drop_whitespace=False) or [""]:
            click.echo(shown(line, self.language, visual=self.visual))

    def _outcome(self, part: Part, state: Progress) -> Iterator[str]:
        judgement = state.judgement
        if judgement is None:
            return
        yield f"  {printable(feedback(self.say, judgement.verdict, judgement.answer, self.instance.kind(part)))}"
        for each in judgement.requirements:
            yield f"    {'✓' if each.met else '✗'} {printable(requirement_said(self.say, each))}"
        if isinstance(judgement.verdict, Unreadable):
            yield from pointed(judgement.answer, judgement.verdict.at)
        elif judgement.read_as:
            read = judgement.read_as
            if part.options:
                read = ", ".join(text_plain(text, self.language) for text in options_said(part, read, self.language))
            yield f"  {self.say('cli.read_as', formula=printable(read))}"

    def _said(self, said: Callable[..., str]) -> str:
        return text_plain(said(self.language, self.instance.numbers), self.language)
