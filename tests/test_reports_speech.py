"""Spoken mathematics and Typst: every kind of node, every function, every rule of the bank, in both languages."""

import re
from functools import cache
from typing import get_args

import pytest
import typst as compiler
from hypothesis import given, settings

from exercises.exercise import LANGUAGES
from reports.mathematics.speech import _Speaker, speech
from reports.mathematics.symbols import symbol
from reports.mathematics.typst import typst
from reports.pdf.data import FONTS
from reports.words import Words, words
from solver.notation.reading import formula
from solver.notation.tree import Call, Formula, Group, Name, Number, Relation, subformulas
from solver.notation.vocabulary import ARITY, GREEK_COMMANDS
from solver.values import as_formula
from tests.test_reports_mathematics import FORMULAS, RULES, TABLE
from tests.test_reports_words import keys_of_the_bank

SAMPLES = [
    *(formula(typed) for typed, _ in TABLE),
    *(
        Call(function, tuple(Name(name) for name in ("x", "y")[: max(1, least)]))
        for function, (least, _) in ARITY.items()
    ),
    Call("log", (Name("x"), Number(2))),
    *(Name(letter) for letter in sorted(GREEK_COMMANDS)),
    *(Name(name) for name in ("x'", "y_hat", "y_bar", "y_tilde", "infinity", "w_2,k")),
    *(Relation((Name("a"), Name("b")), (sign,)) for sign in ("=", "!=", "<", ">", "<=", ">=")),
    *map(formula, ("x^2", "x^3", "x^k", "x^(k + 1)", "1/2", "(a + 1)/b", "a - b", "-a*(b + c)", "3 x 10 x 10")),
    *map(formula, ("3@10x10", "(1, 2)", "[1, 2]", "{1, 2}", "sum(i, 1, n, i)", "prod(i, 1, n, i)")),
    *(Group((Number(0), Name("x")), bracket) for bracket in (",", "[)", "(]")),
    *map(formula, ("x ± y", "root(x, 3)", "matrix([1, 2], [3, 4])")),
    *map(formula, ("x < 1 or x > 2", "x > 1 and x < 2", "not (x > 1)")),
    formula("int(x, 0, 1, x)"),
    formula("diff(C, x)"),
]


@cache
def keys_spoken() -> frozenset[str]:
    """The keys of the catalogs that speaking the samples needs."""
    heard: set[str] = set()

    class Heard(dict[str, tuple[str, ...]]):
        def __getitem__(self, key: str) -> tuple[str, ...]:
            heard.add(key)
            return super().__getitem__(key)

    english = words("en")
    speaker = _Speaker(Words("en", Heard(english.messages), english.form))
    for sample in SAMPLES:
        speaker.say(sample)
    return frozenset(heard | {"speech.equals"})


def test_every_kind_of_formula_is_among_the_samples():
    kinds = {type(part) for sample in SAMPLES for part in subformulas(sample)}
    assert kinds == set(get_args(Formula))


@pytest.mark.parametrize("language", LANGUAGES)
def test_samples_are_spoken(language):
    for sample in SAMPLES:
        said = speech(sample, language)
        assert said.strip() and "%(" not in said and "  " not in said
        assert not re.search(r"[\\{}_^∑√⌊]", said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("taught", RULES.values(), ids=RULES)
def test_rules_are_spoken(taught, language):
    heard = set(re.findall(r"\w+", speech(taught, language)))
    letters = {symbol(part.text).letter for part in subformulas(taught) if isinstance(part, Name)}
    assert letters - GREEK_COMMANDS <= heard


def test_what_is_said_tells_formulas_apart():
    """Brackets, fractions and powers say where they end."""
    pairs = [("(a + b)/c", "a + b/c"), ("2^(n + 1)", "2^n + 1"), ("a*(b + c)", "a*b + c"), ("sqrt(a) + b", "sqrt(a+b)")]
    for language in LANGUAGES:
        for one, other in pairs:
            assert speech(formula(one), language) != speech(formula(other), language)
    said = {speech(sample, "en") for sample in SAMPLES}
    assert len(said) == len(set(SAMPLES))


def test_speech_as_it_sounds():
    assert speech(formula("floor((n - k)/s) + 1"), "en") == (
        "the floor of the fraction n minus k over s, end of fraction, end of floor plus 1"
    )
    assert speech(formula("E[x]^2"), "he") == "התוחלת של x, סוף התוחלת, בריבוע"


# --- Typst


def _compiled(said: list[str]) -> None:
    """Typst sets the formulas; it raises where one cannot be read, and where the font lacks a letter."""
    body = "\n".join(f'#math.equation(alt: "x", block: true, ${one}$)' for one in said)
    head = '#set document(title: "x")\n#set text(font: "STIX Two Math", fallback: false)\n'
    page = f'{head}#show math.equation: set text(font: "STIX Two Math")\n{body}'
    fonts = compiler.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    compiler.compile(page.encode(), font_paths=fonts, format="pdf", pdf_standards=["ua-1"])


def test_samples_rules_and_keys_are_set():
    keys = [as_formula(key.result) for key in keys_of_the_bank()]
    _compiled([typst(said) for said in (*SAMPLES, *RULES.values(), *keys)])


@settings(max_examples=30)
@given(FORMULAS)
def test_any_formula_is_set(tree):
    _compiled([typst(tree), typst(tree, equals=True)])


def test_names_are_no_commands():
    """A name is a letter or a string, whatever Typst's own words are."""
    for name in ("sum", "panic", "x", "pi", "eval", "arrow", 'a"b'):
        said = typst(Name(name))
        assert said in ("x", "π") or re.fullmatch(r'upright\("(?:[^"\\]|\\.)*"\)', said)
