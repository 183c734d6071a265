"""Answers kept small: a million of them in some sixty megabytes, every different word once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import cast, final

from grader.results import Answer, State

NUMBERS = 7  # that an answer is kept as


@final
class Pile:
    """The answers of each student in each group, in the order in which they came; exercises are the usual groups."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._known: dict[str, int] = {}
        self._answers: dict[str, dict[str, array[int]]] = {}
        self.size = 0

    def add(self, answer: Answer, group: str) -> None:
        """Puts an answer behind those of the same student in the same group."""
        number = self._number
        students = self._answers.setdefault(group, {})
        mine = students.get(answer.student)
        if mine is None:
            mine = students[answer.student] = array("i")
        mine.extend(
            (
                number(answer.exercise),
                number(answer.part),
                number(answer.text),
                number(answer.source),
                answer.line,
                number(answer.state),
                number(answer.variant),
            )
        )
        self.size += 1

    def students(self, group: str) -> tuple[str, ...]:
        """Who has answers in a group."""
        return tuple(self._answers.get(group, ()))

    def count(self, group: str) -> int:
        """How many answers there are in a group."""
        return sum(map(len, self._answers.get(group, {}).values())) // NUMBERS

    def answers(self, group: str, student: str) -> Iterator[Answer]:
        """The answers of a student in a group."""
        words, numbers = self._words, iter(self._answers.get(group, {}).get(student, ()))
        for exercise, part, text, source, line, state, variant in zip(*[numbers] * NUMBERS, strict=True):
            read = cast("State", words[state])
            yield Answer(student, words[exercise], words[part], words[text], words[source], line, read, words[variant])

    def _number(self, word: str) -> int:
        number = self._known.get(word)
        if number is None:
            number = self._known[word] = len(self._words)
            self._words.append(word)
        return number
