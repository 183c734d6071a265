"""What an exercise lacks: texts in both languages that say the same, keys for whatever numbers are drawn, fair marks.

Each complaint is a `BadExercise`, a value with a key of the catalogs and what it is about. Whether a rule or a slip
has words is asked of the caller, for words are the business of reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import islice, permutations
from random import Random
from string import Formatter
from typing import TypeAlias

from exercises.exercise import (
    LANGUAGES,
    BadExercise,
    Exercise,
    Instance,
    Language,
    Later,
    Numbers,
    Part,
    Range,
    Row,
    Text,
)
from exercises.library import derived, located
from solver.derivation import Derived, Given, everything, walk
from solver.notation.forms import form
from solver.notation.reading import read
from solver.notation.unreadable import Unreadable

DRAWS = 20
MOST_TRIES = 5_000
UNFILLED = "TODO"
MODEL = " model"

Said: TypeAlias = Callable[[str], bool]
Complaints: TypeAlias = Iterator[BadExercise]

_CROSS = re.compile(r"(?<=\w) x (?=\w)")


def lint(exercise: Exercise, said: Said = lambda _: True) -> Complaints:
    """Everything that the exercise lacks; `said` tells whether all catalogs have words under a key."""
    yield from _ids(exercise)
    yield from _numbers(exercise)
    for where, text in _texts(exercise):
        yield from _text(exercise, where, text)
    for part in exercise.parts:
        yield from _marks(exercise, part)
    if any(said.low > said.high for said in exercise.numbers.values()):
        return  # nothing can be drawn
    keys = list(_keys(exercise))
    yield from keys
    if not keys:
        yield from _typed(exercise)
        yield from _apart(exercise)
        yield from _words(exercise, said)


def draws(exercise: Exercise, seed: object = 0) -> Iterator[Numbers]:
    """Numbers drawn for the exercise that meet its needs, as many as are asked for or can be found."""
    random = Random(f"{exercise.id} {seed}")
    for _ in range(MOST_TRIES):
        numbers = {name: _drawn(said, random) for name, said in exercise.numbers.items()}
        if exercise.needs(**numbers):
            yield numbers


def _drawn(said: Range | Row, random: Random) -> int | tuple[int, ...]:
    match said:
        case Range(low, high):
            return random.randint(low, high)
        case Row(low, high, canonical):
            return tuple(random.randint(low, high) for _ in canonical)


# --- ids, numbers, marks


def _ids(exercise: Exercise) -> Complaints:
    ids = [part.id for part in exercise.parts]
    if not ids:
        yield BadExercise(exercise.id, "no-parts")
    for name in (exercise.id, *ids):
        if not name or re.search(r"[\s/]|^-", name):
            yield BadExercise(exercise.id, "bad-id", id=name)
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        yield BadExercise(exercise.id, "id-twice", id=twice)
    for part in exercise.parts:
        options = [name.casefold() for option in part.options for name in {option.id, *option.also}]
        for twice in sorted({name for name in options if options.count(name) > 1}):
            yield BadExercise(exercise.id, "id-twice", id=f"{part.id}: {twice}")


def _numbers(exercise: Exercise) -> Complaints:
    for name, said in exercise.numbers.items():
        canonical = said.canonical if isinstance(said, Row) else (said.canonical,)
        if said.low > said.high:
            yield BadExercise(exercise.id, "range-inverted", name=name, low=said.low, high=said.high)
        elif not all(said.low <= number <= said.high for number in canonical):
            yield BadExercise(exercise.id, "number-outside", name=name, low=said.low, high=said.high)


def _marks(exercise: Exercise, part: Part) -> Complaints:
    if not _is_number(part.marks):
        yield BadExercise(exercise.id, "marks-not-number", part=part.id, marks=repr(part.marks))
    elif part.marks <= 0:
        yield BadExercise(exercise.id, "marks-not-positive", part=part.id)
    if part.form and form(part.form) is None:
        yield BadExercise(exercise.id, "form-unknown", part=part.id, form=part.form)
    for share in (part.slip, part.follows, part.formless):
        if not _is_number(share) or not 0 <= share <= 1:
            yield BadExercise(exercise.id, "share-outside", part=part.id, share=str(share))
    if part.within is not None and not (_is_number(part.within) and part.within > 0):
        yield BadExercise(exercise.id, "within-not-positive", part=part.id, within=repr(part.within))


def _is_number(value: object) -> bool:
    """Whether marks can be counted with it: exact, no word and no truth."""
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


# --- texts


def _texts(exercise: Exercise) -> Iterator[tuple[str, Text]]:
    """Every text, and the name of its place."""
    yield "title", exercise.title
    yield "statement", exercise.statement
    for part in exercise.parts:
        yield part.id, part.ask
        for option in part.options:
            yield f"{part.id} {option.id}", option.text
        if part.model:
            yield f"{part.id}{MODEL}", part.model


def _text(exercise: Exercise, where: str, text: Text) -> Complaints:
    """Both languages are there, and name the same numbers."""
    for language in LANGUAGES:
        said: str = getattr(text, language)
        if UNFILLED in said:
            yield BadExercise(exercise.id, "text-todo", where=where, language=language)
        elif not said.strip():
            yield BadExercise(exercise.id, "text-missing", where=where, language=language)
        elif language == "en" and re.search("[\u05d0-\u05ea]", said):
            yield BadExercise(exercise.id, "text-in-other-language", where=where, language=language)
        yield from _mathematics(exercise, where, said, language)
    named = {language: _placeholders(getattr(text, language)) for language in LANGUAGES}
    known = {*exercise.numbers, *({"key"} if where.endswith(MODEL) else ())}
    for unknown in sorted((named["he"] | named["en"]) - known):
        yield BadExercise(exercise.id, "unknown-placeholder", where=where, name=unknown)
    for missing in sorted(named["he"] ^ named["en"]):
        yield BadExercise(exercise.id, "placeholders-differ", where=where, name=missing)


def _placeholders(said: str) -> set[str]:
    """The names in braces; what cannot be taken apart stands for itself."""
    try:
        return {name for _, name, _, _ in Formatter().parse(said) if name is not None}
    except ValueError:
        return {said}


def _mathematics(exercise: Exercise, where: str, said: str, language: Language) -> Complaints:
    """What stands between dollar signs can be read, with the course's own numbers put in."""
    try:
        text = Text(said, said).said(language, exercise.canonical().numbers)
    except (KeyError, ValueError, IndexError, AttributeError):
        return  # a placeholder that is wrong is complained about by name
    pieces = text.split("$")
    if len(pieces) % 2 == 0:
        yield BadExercise(exercise.id, "dollar-missing", where=where, language=language)
        return
    for piece in pieces[1::2]:
        if isinstance(read(_CROSS.sub(" × ", piece)), Unreadable):
            yield BadExercise(exercise.id, "text-unreadable", where=where, text=piece)


# --- keys


def _keys(exercise: Exercise) -> Complaints:
    """Keys derive for the course's own numbers and for numbers drawn, and are of the same kind."""
    canonical = exercise.canonical()
    kinds: Mapping[str, str] | None = None
    tried = 0
    try:
        if not exercise.needs(**canonical.numbers):
            yield BadExercise(exercise.id, "needs-refuse", numbers=_shown(canonical.numbers))
        for numbers in (canonical.numbers, *islice(draws(exercise), DRAWS)):
            found = _kinds(Instance(exercise, numbers))
            if kinds is not None and found != kinds:
                yield BadExercise(exercise.id, "kinds-differ", numbers=_shown(numbers))
                return
            kinds, tried = found, tried + 1
    except BadExercise as problem:
        yield problem
    except Exception as problem:  # an author's `needs` may fail in any way
        detail = f"{type(problem).__name__}: {problem}"
        yield located(
            BadExercise(exercise.id, "needs-fail", detail=detail, kind=type(problem).__name__), exercise, problem
        )
    else:
        if tried < 2:
            yield BadExercise(exercise.id, "no-draws")


def _typed(exercise: Exercise) -> Complaints:
    """No key is a plain value: without a derivation there are no steps to show and no mistakes to recognise."""
    for part_id, said in exercise.derive(**exercise.canonical().numbers).items():
        key = said.derive()[part_id] if isinstance(said, Later) else said
        if not isinstance(key, Given | Derived):
            yield BadExercise(exercise.id, "key-typed", part=part_id)


def _apart(exercise: Exercise) -> Complaints:
    """Keys derived at different times do not stand in each other: what follows from an answer would not be seen."""
    keys = exercise.canonical().keys
    inside = {part: {id(node) for node in everything(key)} for part, key in keys.items()}
    for part, other in permutations(keys, 2):
        if keys.later(part) is not keys.later(other) and id(keys[part]) in inside[other]:
            yield BadExercise(exercise.id, "key-later", part=other, other=part)


def _kinds(instance: Instance) -> dict[str, str]:
    try:
        derived(instance)
        return {part.id: instance.kind(part) for part in instance.exercise.parts}
    except BadExercise as problem:
        data = dict(problem.data)
        if "detail" in data:
            data["detail"] = f"{data['detail']} ({_shown(instance.numbers)})"
        raise BadExercise(problem.exercise, problem.problem, **data) from problem.__cause__


def _shown(numbers: Numbers) -> str:
    return ", ".join(f"{name} = {value}" for name, value in numbers.items())


# --- words


def _words(exercise: Exercise, said: Said) -> Complaints:
    """Every rule that the keys use, and every slip of these rules, has words."""
    keys = exercise.canonical()
    rules = {node.rule.name: node.rule for part in exercise.parts for node in walk(keys.keys[part.id])}
    wanted = {f"rule.{name}" for name in rules} | {f"slip.{slip}" for rule in rules.values() for slip in rule.slips}
    for key in sorted(wanted):
        if not said(key):
            yield BadExercise(exercise.id, "no-words", key=key)
