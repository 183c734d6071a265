"""Answers kept small: a million of them in some sixty megabytes, every different word once."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import TypeVar, final

from grader.results import Answer, State

NUMBERS = 3  # that an answer is kept as: where it belongs and how it came, its text, its line

Word = TypeVar("Word", bound=Hashable)


@final
class Pile:
    """The answers of each student in each group, in the order in which they came; exercises are the usual groups."""

    def __init__(self) -> None:
        self._heads: _Numbered[tuple[str, str, str, State, str]] = _Numbered()
        self._texts: _Numbered[str] = _Numbered()
        self._answers: dict[str, dict[str, array[int]]] = defaultdict(_by_student)
        self.size = 0

    def add(self, answer: Answer, group: str) -> None:
        """Puts an answer behind those of the same student in the same group."""
        student, exercise, part, text, source, line, state, variant = answer
        head = self._heads[exercise, part, source, state, variant]
        self._answers[group][student].extend((head, self._texts[text], line))
        self.size += 1

    def students(self, group: str) -> tuple[str, ...]:
        """Who has answers in a group."""
        return tuple(self._answers.get(group, ()))

    def count(self, group: str) -> int:
        """How many answers there are in a group."""
        return sum(map(len, self._answers.get(group, {}).values())) // NUMBERS

    def answers(self, group: str, student: str) -> Iterator[Answer]:
        """The answers of a student in a group."""
        heads, texts = self._heads.words, self._texts.words
        numbers = iter(self._answers.get(group, {}).get(student, ()))
        for head, text, line in zip(numbers, numbers, numbers, strict=True):
            exercise, part, source, state, variant = heads[head]
            yield Answer(student, exercise, part, texts[text], source, line, state, variant)


def _by_student() -> dict[str, array[int]]:
    return defaultdict(lambda: array("i"))


@final
class _Numbered(dict[Word, int]):
    """Different words, each with a number, which it gets when it is first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[Word] = []

    def __missing__(self, word: Word) -> int:
        number = self[word] = len(self.words)
        self.words.append(word)
        return number
