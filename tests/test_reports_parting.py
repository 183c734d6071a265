"""Feedback that goes on: the mistaken step, steps from a student's own answers, hints; and no key before its time."""

import re
from fractions import Fraction

import pytest

from exercises.exercise import LANGUAGES
from grader.judge import judge
from grader.results import Result, Student
from grader.verdict import marks
from reports.document import Answer, Document, Section, Step, every_block
from reports.html.page import document_html
from reports.lines import Line
from reports.pages.student import feedback_page
from solver.notation.printing import plain
from tests.test_reports_solution import INSTANCES

INSTANCE = INSTANCES["ex11_1"]


def page(given, reveal="nothing", language="en", exercise=INSTANCE) -> Document:
    results = []
    for part in exercise.exercise.parts:
        judged = judge(exercise, part.id, given[part.id], given) if part.id in given else None
        earned = marks(judged.verdict, part) if judged else Fraction(0)
        results.append(Result(exercise.exercise.id, part.id, Fraction(part.marks), earned, judged))
    by_id = {exercise.exercise.id: exercise}
    return feedback_page(Student("1", tuple(results)), by_id, language, reveal)


def steps(document: Document, kind: str) -> list[Step]:
    return [
        step
        for section in every_block(document.blocks)
        if isinstance(section, Section) and section.kind == f"steps {kind}"
        for step in section.blocks
        if isinstance(step, Step)
    ]


def said(step: Step) -> list[str]:
    return [plain(side) for row in step.rows for side in row if side is not None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_step_with_the_mistake_is_shown(language):
    (step,) = steps(page({"2": "51"}, language=language), "parting")
    assert step.apart
    assert said(step)[-1] == "51"
    assert "1·3·4·4 + 3" in said(step)


def test_a_follow_through_goes_on_with_the_students_numbers():
    shown = steps(page({"1a": "10x10x3", "1b": "6x6x3", "2": "48", "3": "480"}), "parting")
    told = [said(step) for step in shown if not step.apart]
    assert [one[-1] for one in told] == ["108", "432", "480"]
    assert "3·6·6" in told[0]


def test_a_step_that_shows_a_key_that_was_not_found_is_left_out():
    shown = steps(page({"1b": "6x6x3", "2": "47", "3": "480"}), "parting")
    assert all("48 + 432" not in " ".join(said(step)) for step in shown)


@pytest.mark.parametrize("reveal", ["nothing", "hints"])
@pytest.mark.parametrize(
    "given", [{}, {"1a": "9x9x3", "1b": "4x4x3", "2": "51", "3": "351", "4": "1", "5": "no"}, {"2": "16", "3": "316"}]
)
def test_no_key_is_told_before_its_time(given, reveal):
    read = re.sub(r"<style>.*?</style>", "", document_html([page(given, reveal)]), flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "", read)
    for part in ("2", "3", "4", "6"):
        assert not re.search(rf"\b{INSTANCE.key(part)}\b", text), f"the key of {part} is on the page"


def test_hints_name_rules_and_formulas_without_numbers():
    shown = steps(page({"2": "47"}, "hints"), "hints")
    assert "convolution.weights" in {step.rule for step in shown}
    assert not [side for step in shown for side in said(step) if re.search(r"\d{2}", side)]
    assert steps(page({"2": "48"}), "hints") == []


def test_a_rule_of_several_layers_is_hinted_at_without_one_of_them():
    hinted = steps(page({}, "hints", exercise=INSTANCES["lenet5"]), "hints")
    names = {str(step.reason) for step in hinted if step.rule == "window.output_size"}
    assert names == {"output size of a sliding window, C1", "output size of a sliding window"}


def test_answers_are_revealed_where_the_teacher_says_so():
    told = [block.line for block in every_block(page({"2": "51"}, "answers").blocks) if isinstance(block, Answer)]
    assert Line("48") in told and "5175" in told
    assert not [block for block in every_block(page({"2": "51"}, "hints").blocks) if isinstance(block, Answer)]


@pytest.mark.parametrize("name", INSTANCES)
def test_every_exercise_has_hints_without_answers(name):
    """A hint never is the key, for any part of the bank."""
    instance = INSTANCES[name]
    shown = page({}, "hints", exercise=instance)
    assert shown.blocks


def test_a_right_answer_has_nothing_to_add():
    assert steps(page({"2": "48"}), "parting") == []
