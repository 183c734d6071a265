"""Hints: read off the derivation, more specific after wrong answers, and never the key in any form."""

import re
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import pytest

from exercises.codes import code_of
from exercises.exercise import LANGUAGES
from exercises.library import Library, available, search_path
from grader.hints import about_slip, ladder, reached
from grader.judge import Marker
from grader.verdict import Slip
from reports.hints import hint
from reports.words import words
from solver.derivation import Derived, nodes
from solver.notation.printing import plain
from solver.notation.tree import Relation
from solver.values import as_formula
from tirgul.desk import Asked, OwnDesk

SHELF = Library(search_path())
INSTANCES = [SHELF.instance(exercise.id) for exercise in available(SHELF.path)]
INSTANCES += [SHELF.instance(name, code_of(SHELF.exercise(name), "123")) for name in ("11.1", "conv1d")]
NAMES = [f"{one.exercise.id} {one.variant}".strip() for one in INSTANCES]


@cache
def rungs(name):
    """The ladder of each part of an exercise."""
    instance = INSTANCES[NAMES.index(name)]
    marker = Marker(instance)
    return {part.id: ladder(marker, part.id) for part in instance.exercise.parts}


@pytest.mark.parametrize("name", NAMES)
def test_no_hint_is_an_answer_to_any_part(name):
    """Neither a formula, nor a side of one, nor a number in one is what some part asks for."""
    marker = Marker(INSTANCES[NAMES.index(name)])
    shown = {formula for found in rungs(name).values() for rung in found for formula in rung.shows}
    sides = {plain(side) for formula in shown for side in (getattr(formula, "sides", ()) or (formula,))}
    for part in marker.instance.exercise.parts:
        if not part.options:
            assert [side for side in sides if marker.part(part.id).says_key(side)] == [], part.id


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_derived_is_in_a_hint(name):
    keys = INSTANCES[NAMES.index(name)].keys
    for part, found in rungs(name).items():
        given = {as_formula(node.result) for node in nodes(keys[part]) if not isinstance(node, Derived)}
        for rung in found:
            if rung.sort == "numbers":
                assert {one.sides[1] for one in rung.shows if isinstance(one, Relation)} <= given


def test_the_ladder_of_a_part():
    marker = Marker(SHELF.instance("11.1"))
    assert [(rung.sort, [plain(one) for one in rung.shows]) for rung in ladder(marker, "2")] == [
        ("rule", []),
        ("formula", ["N = C_in·C_out·K_h·K_w"]),
        ("numbers", ["C_in = 1", "C_out = 3", "K_h = 4", "K_w = 4"]),
    ]


def test_a_formula_that_another_part_asks_for_is_left_out_until_it_is_answered():
    marker = Marker(SHELF.instance("conv1d"))
    assert "formula" not in {rung.sort for rung in ladder(marker, "weights")}
    assert "formula" in {rung.sort for rung in ladder(marker, "weights", answered=["channels"])}


def test_wrong_answers_earn_more_specific_hints():
    assert [reached(1, wrong, 9) for wrong in (0, 1, 2, 20)] == [1, 2, 3, 9]
    assert reached(0, 5, 9) == 0


def test_a_desk_reads_numbers_with_the_declared_decimal_mark():
    exercise = SHELF.exercise("11.1")
    parts = tuple(replace(part, decimal=",") for part in exercise.parts)
    declared = replace(exercise, parts=parts).canonical()
    desk = OwnDesk(SimpleNamespace(instance=lambda *place: declared))  # type: ignore[arg-type]  # a shelf of one
    assert desk.read(("11.1", ""), "2", "4,800*10") == "4.800·10"
    assert OwnDesk(SHELF).read(("11.1", ""), "2", "4,800*10") == "4800·10"


def test_a_slip_has_a_hint_of_its_own():
    desk, slip = OwnDesk(SHELF), Slip("convolution.weights", "biases_counted")
    hints = desk.hints(("11.1", ""), "2", Asked(hints=1, wrong=1, slips=(slip,)))
    assert [rung.sort for rung in hints.rungs] == ["slip", "rule", "formula"] and hints.more
    assert hints.rungs[0] == about_slip(Marker(SHELF.instance("11.1")), "2", slip)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_hint_has_words(name, language):
    say = words(language).say
    for found in rungs(name).values():
        for rung in found:
            said = hint(say, plain, rung)
            assert "%(" not in said and (language == "en") != bool(re.search("[\u05d0-\u05ea]", said))
