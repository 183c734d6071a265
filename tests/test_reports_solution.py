"""Printed solutions: the steps are the derivation's, each once, in order, and each with its checks."""

from fractions import Fraction

import pytest

from exercises.library import BANK, files, load_file
from reports.document import Step, every_block
from reports.lines import Sayer
from reports.pages.layers import layer_table
from reports.pages.sheet import Page, sheet, solved
from reports.solution import approximation, chosen, equation, solution
from reports.steps import badge
from reports.words import words
from solver.derivation import walk
from solver.notation.printing import plain
from solver.values import as_formula
from solver.verify.check import Check

INSTANCES = {path.stem: load_file(path).canonical() for path in files(BANK)}
PARTS = [(name, part.id) for name, instance in INSTANCES.items() for part in instance.exercise.parts]


def unchecked(_: object) -> tuple[Check, ...]:
    return (Check("", "loops", "inconclusive"),)


@pytest.mark.parametrize("name, part", PARTS)
def test_steps_end_in_the_answer(name, part):
    solved = solution(INSTANCES[name], part, verify=unchecked)
    derivation = INSTANCES[name].keys[part]
    assert solved.key == derivation.result
    taken = sum(step.times for step in solved.steps)
    assert taken in (len(list(walk(derivation))), len(list(walk(derivation))) - 1)  # a row of values is the answer
    last = [step for step in solved.steps if step.truth is None][-1:]
    if last and not solved.part.options and not isinstance(solved.key, tuple):
        assert last[0].sides[-1] == solved.answer


@pytest.mark.parametrize("name, part", PARTS)
def test_no_step_is_said_twice(name, part):
    said = [
        (step.rule, step.about, equation(step), step.labels)
        for step in solution(INSTANCES[name], part, verify=unchecked).steps
    ]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("name, part", PARTS)
def test_no_side_repeats_the_one_before(name, part):
    for step in solution(INSTANCES[name], part, verify=unchecked).steps:
        assert all(left != right for left, right in zip(step.sides, step.sides[1:], strict=False))


@pytest.mark.parametrize("name", INSTANCES)
def test_no_step_of_the_bank_is_refuted(name):
    for part in INSTANCES[name].exercise.parts:
        assert solution(INSTANCES[name], part.id).refuted == ()


def test_a_sum_says_what_it_adds():
    (total,) = [step for step in solution(INSTANCES["ex11_1"], "3", verify=unchecked).steps if step.rule == "total"]
    assert (equation(total), total.labels) == ("48 + 300 = 348", ("conv", "fc"))


def test_height_and_width_of_a_square_are_one_step():
    (size,) = [
        step
        for step in solution(INSTANCES["ex11_1"], "1a", verify=unchecked).steps
        if step.rule == "window.output_size"
    ]
    assert size.times == 2
    assert equation(size) == "n_out = ⌊(n + 2·p − d·(k − 1) − 1)/s⌋ + 1 = ⌊(13 + 2·0 − 1·(4 − 1) − 1)/1⌋ + 1 = 10"


def test_a_part_begins_from_what_earlier_parts_have_shown():
    whole = solution(INSTANCES["ex11_1"], "3", verify=unchecked)
    rest = solution(INSTANCES["ex11_1"], "3", known=("1a", "1b", "2"), verify=unchecked)
    assert {part: plain(value) for part, value in rest.rests_on} == {"1b": "3×5×5", "2": "48"}
    assert {step.rule for step in rest.steps} == {"flatten.features", "dense.weights", "total"}
    assert len(rest.steps) < len(whole.steps)
    assert rest.answer == whole.answer


def test_a_false_claim_is_written_so_that_it_holds():
    said = {
        (step.about, step.truth): equation(step)
        for step in solution(INSTANCES["conv1d"], "order", verify=unchecked).steps
    }
    assert said["fc", True] == "c = n: 6 = 6"
    assert said["conv", False] == "c = n: 3 ≠ 6"


def test_the_taught_formula_is_the_answer_where_nothing_is_simpler():
    assert plain(solution(INSTANCES["conv1d"], "general", verify=unchecked).answer) == (
        "⌊(D_in + 2·P − D·(K − 1) − 1)/S⌋ + 1"
    )


def test_options_that_are_right():
    instance = INSTANCES["conv1d"]
    assert [option.id for option in chosen(instance.part("order"), instance.key("order"))] == ["fc"]
    yes = INSTANCES["ex11_1"]
    assert [option.id for option in chosen(yes.part("5"), yes.key("5"))] == ["yes"]


def test_approximations_are_for_fractions():
    assert approximation(12) is None
    near = approximation(Fraction(7328893, 64125))
    assert near is not None
    assert near.written == "114.291"


def test_an_exact_decimal_is_equal_and_another_is_near():
    def said(name: str, part: str) -> str:
        return str(Page(INSTANCES[name], solution(INSTANCES[name], part, verify=unchecked), "en").answer())

    assert said("lenet5", "softmax") == "1/4 = 0.25"
    assert said("resnet", "alexnet.ratio") == "7328893/64125 ≈ 114.291"


@pytest.mark.parametrize("name", INSTANCES)
def test_no_entry_of_the_glossary_says_that_a_thing_is_itself(name):
    blocks = every_block(sheet(solved([INSTANCES[name]]), "en").blocks)
    steps = [block for block in blocks if isinstance(block, Step)]
    assert not [step.rule for step in steps for left, right in step.rows if left == right]


def test_a_refuted_step_is_told():
    def refuting(_: object) -> tuple[Check, ...]:
        return (Check("", "loops", "refuted", 47),)

    solved = solution(INSTANCES["ex11_1"], "2", verify=refuting)
    assert [step.rule for step in solved.refuted] == ["convolution.weights"]
    assert solved.answer == as_formula(48)


def test_a_last_layer_of_which_only_weights_are_asked_has_its_output():
    table = layer_table(INSTANCES["ex11_1"], Sayer(words("en")))
    assert table is not None
    outputs = {str(row[0].content): str(row[1].content) for row in table.rows}
    assert outputs["fc"] == "4" and all(outputs.values())


def test_what_was_tried_stays_on_one_line():
    said = badge(Check("", "derivatives", "verified", scope="n = 0, 1, 2"), Sayer(words("he")))
    assert "n\u00a0=\u00a00,\u00a01,\u00a02" in str(said.line)
