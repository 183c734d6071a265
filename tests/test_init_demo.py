"""init-demo: the chapter's tables out of the derivation, its slips, and what scales with what."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction

import pytest

from exercises.bank.init_demo import EXERCISE
from exercises.exercise import LANGUAGES, Language
from exercises.exhibit import Table
from grader.judge import judge
from grader.verdict import Right, Slipped
from reports.document import Table as Printed
from reports.html import sheet_html
from reports.pages.exhibits import exhibited
from reports.solution import equation, solution
from solver.derivation import Derived, mistakes, walk
from solver.moments.seed import seed_example
from solver.values import Rounded, as_formula
from solver.verify.steps import verify_step
from tirgul import cli

INSTANCE = EXERCISE.canonical()


def key(part: str) -> Derived:
    found = INSTANCE.keys[part]
    assert isinstance(found, Derived)
    return found


@pytest.mark.parametrize(("part", "scale", "places"), [("large", 10, 2), ("small", Fraction(1, 10), 5)])
def test_the_steps_print_the_chapters_tables(part: str, scale: Fraction, places: int) -> None:
    *layers, output = [equation(step) for step in solution(INSTANCE, part).steps]
    *printed, y = seed_example(scale).printed(places)
    assert [line.partition(" = ")[2] for line in layers] == [row.replace("[", "(").replace("]", ")") for row in printed]
    assert output == f"y = {y}"
    assert key(part).result == seed_example(scale).output


def test_a_rounded_number_is_exact_and_printed_to_its_places() -> None:
    third = Rounded(Fraction(-1, 3), 2)
    assert third * 3 == -1 and str(as_formula(third).body.written) == "0.33"  # type: ignore[union-attr]  # a Neg
    again = pickle.loads(pickle.dumps(third))
    assert (again, again.places) == (third, 2)


ANSWERS = [
    ("large", "155078.15", Right),
    ("large", "155000", Right),
    ("small", "0.00155", Right),
    ("scale", "s^l", Right),
    ("scale", "s", Slipped),
    ("scale", "l*s", Slipped),
    ("scale.output", "s^4", Right),
    ("scale.output", "s^5", Slipped),
    ("gradients", "y", Right),
    ("gradients", "4y", Slipped),
]


@pytest.mark.parametrize(("part", "text", "verdict"), ANSWERS)
def test_answers_are_judged(part: str, text: str, verdict: type) -> None:
    assert isinstance(judge(INSTANCE, part, text).verdict, verdict)


def test_slips_of_a_layer_are_recognised_by_what_they_lead_to() -> None:
    slips = {slip for mistake in mistakes(key("large")) for slip, _ in mistake.slips}
    assert slips == {"relu_forgotten", "weights_from_the_left"}
    for mistake in mistakes(key("large")):
        verdict = judge(INSTANCE, "large", f"{float(mistake.value):.6f}").verdict  # type: ignore[arg-type]  # a number
        assert isinstance(verdict, Slipped | Right)


def test_every_slip_of_a_layer_is_refuted() -> None:
    step = next(node for node in walk(key("large")) if node.rule.name == "network.layer")
    assert verify_step(step).verdict == "verified"
    for slip in step.rule.slips.values():
        wrong = slip.conclude({name: node.result for name, node in step.premises.items()})
        assert verify_step(replace(step, result=wrong)).verdict == "refuted"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_shows_tables_and_a_chart(language: Language) -> None:
    page = sheet_html([INSTANCE], [language])
    assert page.count("<table") == 5 and page.count("<svg") == 2
    for number in ("21495.2", "11837.7", "23250.3", "11623.6", "100000000", "47.0"):
        assert number in page


def test_columns_of_numbers_are_columns_of_numbers_throughout() -> None:
    shown = [one for exhibits in INSTANCE.exhibits.values() for one in exhibits if isinstance(one, Table)]
    tables = [block for one in shown for block in exhibited(one, "en") if isinstance(block, Printed)]
    assert [cell.kind for cell in tables[0].head] == ["", "", "number"]
    for table in tables:
        assert all([cell.kind for cell in row] == [cell.kind for cell in table.head] for row in table.rows)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.run(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terminal_shows_tables_and_says_the_chart(language: Language, capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys, "solve", "init-demo", "--lang", language)
    assert "|  21495.2" in said and "1.42e+05" in said


def test_lemmas_open_where_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    closed = printed(capsys, "solve", "11.3", "2.3", "--lang", "en")
    opened = printed(capsys, "solve", "11.3", "2.3", "--open", "--lang", "en")
    assert "the definition of covariance" not in closed
    assert "the definition of covariance" in opened
    assert opened.count("(verified: exact") > closed.count("(verified: exact") + 8
