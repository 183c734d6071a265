"""Codes of variants: six letters and digits that say which numbers an exercise is drawn with.

    code_of(exercise, student, course)    the student's own code
    fresh_code(exercise, seed)            a code to practise on

A code is all that is needed to make a variant again, so it is printed wherever the variant is. Everything is read off
hashes, not off Python's random state, which versions of Python may change. A course has at most SLOTS variants of an
exercise: enough that neighbours differ, and few enough that a class of thousands is graded with keys derived once each.
"""

from __future__ import annotations

import unicodedata

from exercises.exercise import Exercise
from exercises.library import EDGES

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"  # nothing that looks like something else, and no words
LENGTH = 6
SLOTS = 256


class BadCode(ValueError):
    """What was given as the code of a variant is none."""


def code_of(exercise: Exercise, student: str, course: str = "") -> str:
    """The code of a student's variant; "" where the exercise has no numbers to draw."""
    if not has_variants(exercise):
        return ""
    slot = hashed("slot", course, exercise.id, plain_id(student)) % SLOTS
    return _spelled(hashed("code", course, exercise.id, str(slot)))


def fresh_code(exercise: Exercise, seed: str) -> str:
    """A code to practise on, from anything that is not the same twice."""
    return _spelled(hashed("fresh", exercise.id, seed)) if has_variants(exercise) else ""


def has_variants(exercise: Exercise) -> bool:
    """Whether there is a number that may be another one."""
    return any(said.low < said.high for said in exercise.numbers.values())


def plain_id(student: str) -> str:
    """A student's id without what keyboards and spreadsheets put around it, accents composed."""
    return unicodedata.normalize("NFC", student).strip(EDGES)


def plain_code(code: str) -> str:
    """A code however it was typed; raises BadCode.

    >>> plain_code(" k7q-2m9 ")
    'K7Q2M9'
    """
    if not is_code(code):
        raise BadCode(code)
    return _tidy(code)


def is_code(code: str) -> bool:
    """Whether a text is spelled as codes are."""
    return len(_tidy(code)) == LENGTH and set(_tidy(code)) <= set(ALPHABET)


def _tidy(code: str) -> str:
    return code.strip(EDGES).replace("-", "").upper()


def hashed(*words: str) -> int:
    """A whole number of 256 bits: what is left of it by any range is as good as even."""
    from hashlib import sha256  # brings OpenSSL, without which the course's own numbers are found

    return int.from_bytes(sha256("\0".join(words).encode("utf-8", "surrogatepass")).digest(), "big")


def _spelled(number: int) -> str:
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)
