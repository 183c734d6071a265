"""Words around the mathematics of an answer."""

from __future__ import annotations

import re

import pytest

from grader import prose
from grader.prose import STEPS, without_words

WORDS = sorted({word for step in STEPS for word in re.findall(r"[א-ת]{2,}|[A-Za-z]{2,}", step.found.pattern)})
AROUND = (
    *("{}", "{} 48", "48 {}", "48 {}!", "{}: 48", "48 ({})", "48, {} x", "a {}", "one {}", "{} אחד", "3 {}", "3 {}s"),
    *("3{}4", "3 {} 4", "4x4, {} 3", "4x4, and {} 3", "4x4 with {} 3", "4x4{}of 3", "4x4, 3 {}", "3 4x4 {}"),
    *("3 {} of 4x4", "x {} y", "3 weights {} 2", "1 {} 2", "{} חלקי 2", "two {}", "{} maps", "{} מטריצות", "3 in {}"),
    *("3 on {} side", "3 for {} layers", "3 on each {}", "3 {} צד", "3 {} ביאס", "3 (no {})"),
    *("3 no {}", "3 ({})", "3 ({} ו3)", "ו{} 3"),
)


@pytest.mark.parametrize("around", AROUND)
def test_steps_that_are_left_out_would_find_nothing(around: str) -> None:
    for word in WORDS:
        for text in (around.format(word), around.format(word).upper(), around.format(word).replace("i", "ı")):
            left = text
            for step in STEPS:
                left = step.found.sub(step.instead, left)
            assert prose._words_off(text) == left, text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("3 feature maps of 10x10", "3@ 10x10"),
        ("10x10, 3 channels", "10x10x 3"),
        ("10x10 DEPTH 3", "10x10 x 3"),
        ("3 על 3", "3 x 3"),
        ("48 weıghts", "48"),
        ("fıve maps", "5 maps"),
        ("zero, because x", "0"),
        ("סה״כ: 456 פרמטרים ועוד ביאס אחד", "456 + 1"),
        ("n בריבוע חלקי 2", "n ^2 / 2"),
        ("(3) X [4]", "(3) × [4]"),
    ],
)
def test_words_are_taken_off(said: str, left: str) -> None:
    assert without_words(said).split() == left.split()
