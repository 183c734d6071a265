"""A student's working: a table of derivations with the verdict on each step, and laws over the model solutions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from exercises.exercise import Exercise, Instance
from grader.judge import Marker, judge
from grader.verdict import Judgement, Right, Slip, Slipped, Unreadable, Wrong, marks
from grader.working import is_working, lines
from solver.derivation import Derived, walk
from solver.notation.printing import ascii_text
from solver.values import as_formula
from tests.rules import bank

BANK = {exercise.id: exercise.canonical() for exercise in bank()}
MARKERS = {name: Marker(instance) for name, instance in BANK.items()}


def judged(exercise: str, part: str, text: str) -> Judgement:
    return MARKERS[exercise].judge(part, text, {})


def letters(judgement: Judgement) -> str:
    """A letter for each step: r right, c consistent, s slipped, w wrong, ? unsure, u unread."""
    return "".join("?" if step.verdict == "unsure" else step.verdict[0] for step in judgement.steps)


TABLE = [  # exercise, part, working, verdicts of the steps, slip or note, marks
    (
        "11.3",
        "2.2",
        "Var(v) = Var(sum w_i x_i) = sum Var(w_i x_i) = n Var(w_1 x_1) = n E[w^2]E[x^2] = n Var(w)E[x^2]",
        "rrrrr",
        "",
        "2",
    ),
    (
        "11.3",
        "2.2",
        r"\begin{align*} \mathrm{Var}(v) &= \mathrm{Var}\left(\sum_{i=1}^n w_i x_i\right) \\"
        r" &\overset{(a)}{=} \sum_{i=1}^n \mathrm{Var}(w_i x_i) && \text{since independent} \\"
        r" &= n\,\mathrm{Var}(w_1)\mathrm{Var}(x_1) \end{align*}",
        "rrs",
        "mean_taken_for_zero",
        "5/3",
    ),
    ("11.3", "2.2", "Var(v) = n Var(w x)\n= n Var(w_1) Var(x_1)\n= n Var(w) Var(x)", "rsc", "mean_taken_for_zero", ""),
    ("11.3", "2.2", "Var(v) = n Var(w) E[x^2]\n= n Var(w) E[x]^2", "rs", "square_of_mean", "3/2"),
    ("11.3", "2.2", "Var(v) = Var(sum w_i x_i)\n= sum Var(w_i x_i)", "rr", "unfinished", "2/3"),
    ("11.3", "2.2", "Var(v) = n Var(w) E[x^2]\n= 3 n Var(w) + Cov(w, x)", "rw", "step_wrong", "1"),
    (
        "11.3",
        "1.3",
        "Var(v) = Var(Σ w_i x_i)\n= Σ Var(w_i x_i)   כי בלתי תלויים\n= Σ Var(w_i) Var(x_i)\n= n^2 Var(w) Var(x)",
        "rrrs",
        "terms_squared",
        "7/4",
    ),
    ("11.3", "1.3", "Var(v) = n std(w)^2 Var(x)\n= n σ_w^2 Var(x) = n Var(w) Var(x)", "rrr", "", "2"),
    ("11.3", "1.1", "E[v] = E[sum w_i x_i]\n= sum E[w_i x_i]\n= sum E[w_i] E[x_i]\n= 0", "rrrr", "", "1"),
    ("11.3", "1.1", "לפי לינאריות E[v] = ∑ E[w_i x_i]\nמאי תלות = n E[w] E[x] = 0", "rrr", "", "1"),
    ("11.3", "1.2", "Var(xy) = E[(xy)^2] - E[xy]^2\n= E[x^2]E[y^2] - E[x]^2E[y]^2", "rr", "", "2"),
    ("11.3", "1.2", "Var(xy) = E[x^2 y^2] - E[xy]^2\n= E[x^2]E[y^2]", "rs", "mean_taken_for_zero", ""),
    ("11.3", "1.4", "Var(v) = n Var(w) Var(x)\nn Var(w) Var(x) = Var(x)\nn Var(w) = 1\nVar(w) = 1/n", "rrrr", "", "1"),
    ("11.3", "1.4", "Var(v) = Var(x)\nn^2 Var(w) = 1\nVar(w) = 1/n^2", "rsc", "terms_squared", ""),
    ("11.3", "1.4", "n Var(w) = 1 ⇒ Var(w) = 1/n ⇒ std(w) = 1/sqrt(n)", "rrr", "", "1"),
    (
        "11.3",
        "2.3",
        "Var(v) = n Var(w) E[x^2]\nE[x^2] = E[max(0,y)^2] = E[y^2]/2 = Var(y)/2\nVar(v) = n Var(w) Var(y)/2",
        "rrrrr",
        "",
        "2",
    ),
    ("11.3", "2.3", "Var(v) = n Var(w) E[relu(y)^2]\n= n Var(w) Var(y)", "rs", "half_forgotten", "3/2"),
    ("11.3", "2.4", "Var(v) = n/2 Var(w) Var(y) = Var(y)\nVar(w) = 2/n", "rrr", "", "1"),
    ("11.1", "1a", "(13-4)/1+1 = 10\n10x10x3", "rr", "", "1"),
    ("11.1", "1a", "(13-4)/1 = 9\n9x9x3", "sc", "no_plus_one", "3/4"),
    ("11.1", "2", "4*4 = 16\n16*3 = 48", "rr", "", "1"),
    ("11.1", "3", "conv: 4*4*3 = 48\nfc: 5*5*3*4 = 300\ntotal = 48 + 300 = 347", "rrrw", "step_wrong", "3/2"),
    ("11.1", "4", "10*10*3*16 = 4800\n5*5*3 = 75\n75*4 = 300\n4800 + 75 + 300 = 5175", "rrrrrr", "", "2"),
    ("11.1", "4", "10*10*3*16 = 4800\n5*5*3*4 = 300\n4800 + 300 = 5100", "rrr", "divisions_forgotten", "1"),
    ("11.2", "2", "r_1 = K\nr_2 = K + (K-1)\nr_L = K + (L-1)(K-1) = 1 + L(K-1)", "rr", "", "2"),
]


@pytest.mark.parametrize(("exercise", "part", "text", "steps", "said", "earned"), TABLE)
def test_the_table(exercise: str, part: str, text: str, steps: str, said: str, earned: str) -> None:
    found = judged(exercise, part, text)
    assert letters(found) == steps, found
    match found.verdict:
        case Slipped(explanations):
            assert said in {slip.name for explanation in explanations for slip in explanation}
        case Wrong(note):
            assert said == note
        case verdict:
            assert (verdict, said) == (Right(), "")
    if earned:
        assert marks(found.verdict, BANK[exercise].part(part)) == Fraction(earned)


@pytest.mark.parametrize("part", ["1.1", "1.2", "1.3", "2.2", "2.3"])
def test_a_model_solution_is_right_in_each_step_and_its_laws_are_named(part: str) -> None:
    """The steps of the key's own derivation, as somebody would write them."""
    steps = [step for step in walk(BANK["11.3"].keys[part]) if step.rule.name.startswith("moments.")]
    sides = [ascii_text(as_formula(step.result)) for step in steps if step.rule.name != "moments.symmetric_sum"]
    begins = next(step for step in steps if "expression" in step.premises).premises["expression"]
    first = ascii_text(as_formula(begins.result))
    if len(sides) < 2:
        pytest.skip("one step is no working")
    found = judged("11.3", part, "\n= ".join([first, *sides]))
    assert found.verdict == Right()
    assert {step.verdict for step in found.steps} == {"right"}
    assert all(step.rules for step in found.steps)


def test_what_a_step_silently_rests_on_is_pointed_out() -> None:
    silent = judged("11.3", "1.1", "E[v] = n E[w_1 x_1]\n= n E[w] E[x]\n= 0")
    assert ("independent", ("w", "x")) in silent.steps[1].unsaid
    assert silent.steps[2].unsaid == (("centred", ("w",)),)
    told = judged("11.3", "1.1", "E[v] = n E[w_1 x_1]\n= n E[w] E[x]   (w and x are independent)\n= 0   since E[w] = 0")
    assert (told.steps[1].unsaid, told.steps[2].unsaid) == ((), ())
    before = judged("11.3", "1.1", "E[w] = 0\nE[v] = n E[w x]\n= n E[w] E[x] = 0")
    assert ("centred", ("w",)) not in before.steps[-1].unsaid


def test_a_line_that_cannot_be_read_costs_nothing() -> None:
    right = judged("11.3", "2.2", "Var(v) = Var(sum w_i x_i)\n= sum Var(@)\n= n Var(w) E[x^2]")
    assert right.verdict == Right()
    assert [step.verdict for step in right.steps] == ["right", "unread"]
    other = judged("11.3", "2.2", "Var(v) = Var(sum w_i x_i)\n= sum Var(@)\n= n Var(w) Var(x)")
    assert marks(other.verdict, BANK["11.3"].part("2.2")) is None
    assert isinstance(other.verdict, Unreadable)
    assert other.answer[other.verdict.at] == "@"


def test_padding_earns_nothing() -> None:
    padded = "Var(v) = " + " = ".join(["n Var(w) E[x^2]", "E[x^2] n Var(w)"] * 20) + " = n Var(w) E[x]^2"
    part = BANK["11.3"].part("2.2")
    earned = marks(judged("11.3", "2.2", padded).verdict, part)
    assert earned == marks(judged("11.3", "2.2", "Var(v) = n Var(w) E[x^2]\n= n Var(w) E[x]^2").verdict, part)


@pytest.mark.parametrize(
    "text",
    [
        "Var(v) = ((n+1)^99)^99\n= n Var(w) E[x^2]",
        "Var(v) = sum(i,1,1000,sum(j,1,1000,sum(k,1,1000,w_i x_j)))\n= 0",
        "Var(v) = __import__('os')\n= n Var(w) E[x^2]",
        "Var(v)\n" + "= n Var(w) E[x^2]\n" * 500,
        "= = =\n= =",
        "\\begin{align}\n\\end{align}\n&&\n\\\\",
        "E[E[E[w]]] = Var(Var(w))\n= Cov(Cov(w, x), x)",
        "Var(v) = 1/0\n= 0/0",
    ],
)
def test_any_working_gets_a_verdict(text: str) -> None:
    for part in ("1.2", "1.4", "2.2", "2.3"):
        assert judged("11.3", part, text).answer == text
    assert judged("11.1", "3", text).answer == text


def test_lines_are_found_with_their_places() -> None:
    text = "1) Var(v) &= n Var(w x) \\\\\n&= 0 \\tag{since E[w]=0}"
    found = lines(text)
    assert [[text[side.at : side.end] for side in line.sides] for line in found] == [["Var(v)", "n Var(w x)"], ["0"]]
    assert "E[w]=0" in found[1].remark
    assert found[1].continued
    assert not is_working("10 by 10 by 3")


def test_steps_may_be_asked_for() -> None:
    exercise = BANK["11.3"].exercise
    parts = tuple(replace(part, lines=part.id == "2.2") for part in exercise.parts)
    asked = Instance(replace(exercise, parts=parts), {})
    alone = judge(asked, "2.2", "n Var(w) E[x^2]").verdict
    assert alone == Slipped(((Slip("", "steps_missing"),),))
    assert judge(asked, "2.2", "Var(v) = n Var(w x)\n= n Var(w) E[x^2]").verdict == Right()
    assert asked.kind(asked.part("2.2")) == "lines"


def test_steps_are_judged_in_variants_of_an_exercise() -> None:
    conv: Exercise = BANK["11.1"].exercise
    other = Instance(conv, {"n": 15, "k": 4, "filters": 2, "outputs": 3})
    assert judge(other, "1a", "(15-4)/1+1 = 12\n12x12x2").verdict == Right()


def test_derived_rules_are_named() -> None:
    found = judged("11.1", "1a", "(13 - 4 + 2*0)/1 + 1 = 10\n10x10x3")
    assert found.steps[0].rules == ("window.output_size",)
    assert isinstance(BANK["11.1"].keys["1a"], Derived)
