"""What reading gives for a text that it cannot or must not read: a value with a reason and a place, no exception."""

from __future__ import annotations

from typing import Final, final

from solver.frozen import frozen

REASONS: Final = (
    "ambiguous",
    "bad_argument",
    "bad_character",
    "bad_word",
    "bidi_control",
    "control_character",
    "division_by_zero",
    "empty",
    "exponent_not_constant",
    "exponent_too_big",
    "false_link",
    "invisible_character",
    "missing_argument",
    "not_a_number",
    "number_too_big",
    "surrogate",
    "syntax",
    "too_deep",
    "too_long",
    "too_many_digits",
    "undefined",
    "unknown_argument",
    "unknown_command",
    "unknown_function",
    "unknown_name",
    "wrong_type",
)
"""Every reason code that reading, exact evaluation and comparison give; each catalog has words for all of them."""


@final
@frozen(slots=True)
class Unreadable:
    """Why a text cannot be read, an index into it as it was typed, and the word or formula in question if one is."""

    reason: str
    at: int = 0
    word: str = ""


class Refused(Exception):
    """How the readers' inner functions give up; it never leaves `solver.notation`."""

    def __init__(self, reason: str, at: int = 0, word: str = "") -> None:
        super().__init__(reason, at, word)
        self.unreadable = Unreadable(reason, at, word)
