"""11.3: what its results are and rest on, and a table of what people answer and what is said of it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy

from exercises.bank.ex11_3 import EXERCISE
from grader.judge import judge
from grader.verdict import Follows, Slipped, Unreadable, name
from reports.solution import solution
from solver.derivation import Derived, walk
from solver.moments import neuron
from solver.moments.assumptions import DEFINITION, assumed, kind_of
from solver.notation.bridge import from_sympy, symbols_of, to_sympy
from solver.notation.printing import ascii_text
from solver.notation.reading import formula
from solver.symbols import E, Var, family, size_symbol, variable
from solver.values import as_formula
from solver.verify.law_checks import refuted

INSTANCE = EXERCISE.canonical()

TABLE = [  # part, answer, verdict, slips or reason
    ("1.1", "0", "right", ""),
    ("1.1", "E[v]=0", "right", ""),
    ("1.1", "E(v) = 0", "right", ""),
    ("1.1", "התשובה היא 0", "right", ""),
    ("1.1", "E[v] = n E[w] E[x] = 0", "right", ""),
    ("1.1", "n E[w_1] E[x_1] = 0", "right", ""),
    ("1.1", "התוחלת היא אפס", "right", ""),
    ("1.1", "E[v]=0 since E[w]=0", "right", ""),
    ("1.1", "השונות היא אפס", "unreadable", "bad_character"),
    ("1.1", "1", "wrong", ""),
    ("1.1", "n E[x]", "wrong", ""),
    ("1.1", "n E[w_1 x_1]", "unreadable", "not_worked_out"),
    ("1.1", "Var(v) = 0", "unreadable", "other_quantity"),
    ("1.1", "E[v] = E[x] = 0", "unreadable", "false_link"),
    ("1.2", "E[x]^2 Var(y) + E[y]^2 Var(x) + Var(x) Var(y)", "right", ""),
    ("1.2", "Var(xy) = E[x]²Var(y) + E[y]²Var(x) + Var(x)Var(y)", "right", ""),
    ("1.2", "(Var(x) + E[x]^2)(Var(y) + E[y]^2) - E[x]^2 E[y]^2", "right", ""),
    ("1.2", "E[x^2]E[y^2] - E[x]^2E[y]^2", "right", ""),
    (
        "1.2",
        r"\mathbb{E}[x]^2\mathrm{Var}(y)+\mathbb{E}[y]^2\mathrm{Var}(x)+\mathrm{Var}(x)\mathrm{Var}(y)",
        "right",
        "",
    ),
    ("1.2", "Var(x)*Var(y)", "slipped", "variances_multiplied"),
    ("1.2", "Var(xy) = Var(x) Var(y)", "slipped", "variances_multiplied"),
    ("1.2", "E[x^2]E[y^2]", "slipped", "mean_not_subtracted"),
    ("1.2", "Var(x)Var(y) - E[x]^2E[y]^2", "slipped", "mean_forgotten"),
    ("1.2", "Var(x) + Var(y)", "wrong", ""),
    ("1.2", "Var(x*y)", "unreadable", "not_worked_out"),
    ("1.3", "n Var(w_1) Var(x_1)", "right", ""),
    ("1.3", "n·Var(w₁)·Var(x₁)", "right", ""),
    ("1.3", r"n\,\mathrm{Var}(w_1)\,\mathrm{Var}(x_1)", "right", ""),
    ("1.3", r"n \operatorname{Var}\left(w_{1}\right) \operatorname{Var}\left(x_{1}\right)", "right", ""),
    ("1.3", "nVar(w)Var(x)", "right", ""),
    ("1.3", "Var(v) = n Var(w_i) Var(x_i)", "right", ""),
    ("1.3", "Var(v) = n Var(w_1 x_1) = n Var(w_1) Var(x_1)", "right", ""),
    ("1.3", "n E[w^2] E[x^2]", "right", ""),
    ("1.3", "sum(i, 1, n, Var(w_i) Var(x_i))", "right", ""),
    ("1.3", "std(v) = sqrt(n) std(w) std(x)", "right", ""),
    ("1.3", "n^2 Var(w) Var(x)", "slipped", "deviations_added"),
    ("1.3", "n² Var(w_1) Var(x_1)", "slipped", "terms_squared"),
    ("1.3", "Var(w_1) Var(x_1)", "slipped", "one_term_only"),
    ("1.3", "n (Var(w) + Var(x))", "wrong", ""),
    ("1.3", "n Var(w_1 x_1)", "unreadable", "not_worked_out"),
    ("1.3", "Var(sum(i, 1, n, w_i x_i))", "unreadable", "not_worked_out"),
    ("1.3", "m Var(w) Var(x)", "unreadable", "unknown_name"),
    ("1.3", "nσ_w²σ_x²", "right", ""),
    ("1.3", r"n \sigma_w^2 \sigma_x^2", "right", ""),
    ("1.3", r"\sum_i Var(w_i)Var(x_i)", "right", ""),
    ("1.3", "N Var(w) Var(x)", "right", ""),
    ("1.4", "1/n", "right", ""),
    ("1.4", "השונות היא 1/n", "right", ""),
    ("1.4", "אחד חלקי n", "right", ""),
    ("1.4", "1/fan_in", "right", ""),
    ("1.4", "std = 1/sqrt(n)", "right", ""),
    ("1.4", "Var = 1/n", "right", ""),
    ("1.4", "התוחלת היא 1/n", "unreadable", "bad_character"),
    ("1.4", "Var(w)=1/n", "right", ""),
    ("1.4", "Var(w_i) = 1/n", "right", ""),
    ("1.4", r"\mathrm{Var}(w_1)=\frac{1}{n}", "right", ""),
    ("1.4", "σ_w² = 1/n", "right", ""),
    ("1.4", "std(w) = 1/sqrt(n)", "right", ""),
    ("1.4", "σ_w = 1/√n", "right", ""),
    ("1.4", "n Var(w) = 1", "right", ""),
    ("1.4", "1 = n sigma_w^2", "right", ""),
    ("1.4", "n Var(w) Var(x) = Var(x)", "right", ""),
    ("1.4", "סטיית התקן היא 1/sqrt(n)", "right", ""),
    ("1.4", "standard deviation = 1/sqrt(n)", "right", ""),
    ("1.4", "standard deviation = 1/n", "slipped", "terms_squared"),
    ("1.4", "N(0, 1/n)", "right", ""),
    ("2.4", r"w_i \sim \mathcal{N}(0, 2/n)", "right", ""),
    ("2.4", "w ~ N(0, sqrt(2/n))", "slipped", "deviation_for_variance"),
    ("2.4", "n/2 Var(w) = 1", "right", ""),
    ("2.4", "n Var(w)/2 = 2", "wrong", ""),
    ("2.4", "n Var(w) = 1", "slipped", "half_forgotten"),
    ("2.4", "n Var(w)^2 = 2", "unreadable", "other_quantity"),
    ("2.2", "Var(v)/n = Var(w) E[x^2]", "right", ""),
    ("1.4", "n^(-1)", "right", ""),
    ("1.4", "1/sqrt(n)", "slipped", "deviation_for_variance"),
    ("1.4", "Var(w) = 1/sqrt(n)", "slipped", "deviation_for_variance"),
    ("1.4", "n", "slipped", "inverted"),
    ("1.4", "1/n^2", "slipped", "terms_squared"),
    ("1.4", "std(w) = 1/n", "slipped", "terms_squared"),
    ("1.4", "Var(x) = 1/n", "unreadable", "other_quantity"),
    ("1.4", "2/n", "wrong", ""),
    ("1.4", "1", "slipped", "one_term_only"),
    ("2.1", "tanh", "right", ""),
    ("2.1", "ב", "right", ""),
    ("2.1", "sigmoid", "wrong", ""),
    ("2.1", "tanh, ReLU", "wrong", ""),
    ("2.2", "n Var(w_1) E[x_1^2]", "right", ""),
    ("2.2", "n*Var(w)*(E[x]^2 + Var(x))", "right", ""),
    ("2.2", "Var(v) = n Var(w) E[x²]", "right", ""),
    ("2.2", r"n\mathrm{Var}(w_1)\mathbb{E}[x_1^2]", "right", ""),
    ("2.2", "n E[w^2] E[x^2]", "right", ""),
    ("1.2", r"\sigma_x^2\sigma_y^2+\mu_x^2\sigma_y^2+\mu_y^2\sigma_x^2", "right", ""),
    ("2.1", "רק tanh", "right", ""),
    ("2.1", "tanh only, because it is odd", "right", ""),
    ("2.1", "not tanh", "unreadable", "unknown_option"),
    ("2.2", "n σ_w^2 E[x²]", "right", ""),
    ("2.2", "nVar(w)(σ_x^2 + μ_x^2)", "right", ""),
    ("2.2", "Var(v) = n Var(w) E[x^2] כי התוחלת של w אפס", "right", ""),
    ("2.2", "n σ_w^2 μ_x^2", "slipped", "square_of_mean"),
    ("2.2", "n Var(w_1) E[x_1]^2", "slipped", "square_of_mean"),
    ("2.2", "n Var(w_1) Var(x_1)", "slipped", "mean_forgotten"),
    ("2.2", "Var(w_1) E[x_1^2]", "slipped", "one_term_only"),
    ("2.2", "n Var(w) E[x]", "wrong", ""),
    ("2.3", "n/2 Var(w_1) Var(y_1)", "right", ""),
    ("2.3", "(n/2) Var(w_1) Var(y_1)", "right", ""),
    ("2.3", r"\frac{n}{2}\mathrm{Var}(w_1)\mathrm{Var}(y_1)", "right", ""),
    ("2.3", "0.5 n Var(w) Var(y)", "right", ""),
    ("2.3", "n Var(w) E[y^2]/2", "right", ""),
    ("2.3", "n Var(w_1) Var(y_1)", "slipped", "half_forgotten"),
    ("2.3", "Var(w_1) Var(y_1)/2", "slipped", "one_term_only"),
    ("2.3", "n Var(w_1) Var(y_1)/4", "wrong", ""),
    ("2.3", "n Var(w_1) E[relu(y_1)^2]", "unreadable", "not_worked_out"),
    ("2.3", "n Var(w_1) E[x_1^2]", "unreadable", "unknown_name"),
    ("2.4", "Var(w) = 2/n (He)", "right", ""),
    ("2.4", "He init: 2/n", "right", ""),
    ("2.4", "2/n", "right", ""),
    ("2.4", "Var(w)=2/n", "right", ""),
    ("2.4", "std(w) = sqrt(2/n)", "right", ""),
    ("2.4", "1/n", "slipped", "half_forgotten"),
    ("2.4", "sqrt(2/n)", "slipped", "deviation_for_variance"),
    ("2.4", "n/2", "slipped", "inverted"),
    ("2.4", "1/(2n)", "wrong", ""),
]


@pytest.mark.parametrize(("part", "answer", "verdict", "because"), TABLE)
def test_the_table(part: str, answer: str, verdict: str, because: str) -> None:
    said = judge(INSTANCE, part, answer).verdict
    assert name(said) == verdict, said
    match said:
        case Slipped(explanations):
            assert because in {slip.name for explanation in explanations for slip in explanation}
        case Unreadable(reason):
            assert because == reason
        case _:
            assert because == ""


@pytest.mark.parametrize(
    ("part", "answer", "earlier"),
    [
        ("1.4", "1/n^2", {"1.3": "n^2 Var(w_1) Var(x_1)"}),
        ("1.4", "Var(w) = 1", {"1.3": "Var(w) Var(x)"}),
        ("2.3", "n^2/2 Var(w) Var(y)", {"2.2": "n^2 Var(w) E[x^2]"}),
        ("2.4", "1/n", {"2.3": "n Var(w) Var(y)"}),
        ("2.4", "std(w) = 2/sqrt(n)", {"2.3": "n Var(w) Var(y)/4"}),
    ],
)
def test_an_answer_that_follows_from_an_earlier_one(part: str, answer: str, earlier: dict[str, str]) -> None:
    assert judge(INSTANCE, part, answer, earlier).verdict == Follows(tuple(earlier))


# --- results

RESULTS = {
    "1.1": "0",
    "1.2": "Var(x)*E[y]^2 + Var(y)*E[x]^2 + Var(x)*Var(y)",
    "1.3": "n*Var(w_1)*Var(x_1)",
    "1.4": "1/n",
    "2.1": "(false, true, false)",
    "2.2": "n*Var(w_1)*E[x_1^2]",
    "2.3": "n*Var(w_1)*Var(y_1)/2",
    "2.4": "2/n",
}
LINEAR = {"independent(w, x)", "centred(w)"}
GENERAL = {*LINEAR, "uncorrelated(w)", "alike(w)", "alike(x)"}
BEFORE = {"symmetric(u)", "independent(u, z)"}
RESTS_ON = {
    "1.1": LINEAR,
    "1.2": {"independent(x, y)"},
    "1.3": {*GENERAL, "centred(x)"},
    "1.4": {*GENERAL, "centred(x)"},
    "2.1": {*BEFORE, "varies(y)"},
    "2.2": GENERAL,
    "2.3": {*GENERAL, *BEFORE},
    "2.4": {*GENERAL, *BEFORE},
}


@pytest.mark.parametrize("part", RESULTS)
def test_results_and_what_they_rest_on(part: str) -> None:
    """No result needs inputs that are independent, and none symmetric weights w."""
    assert ascii_text(as_formula(INSTANCE.key(part))) == RESULTS[part]
    facts = assumed(INSTANCE.keys[part])
    assert {ascii_text(from_sympy(fact)).lower() for fact in facts if kind_of(fact) != DEFINITION} == RESTS_ON[part]


@pytest.mark.parametrize(
    ("derivation", "start"),
    [
        (neuron.mean(), E(neuron.v)),
        (neuron.product_variance(), Var(sympy.Mul(*map(variable, "xy")))),
        (neuron.variance_centred(), Var(neuron.v)),
        (neuron.variance(), Var(neuron.v)),
    ],
    ids=["mean", "product", "centred", "variance"],
)
def test_every_assumption_of_a_result_is_needed(derivation: Derived, start: sympy.Expr) -> None:
    """The whole claim holds in models of its assumptions, and without any one of them in some model it does not."""
    facts = assumed(derivation)
    assert not refuted(start, derivation.result, facts)
    for fact in facts:
        if kind_of(fact) != DEFINITION:
            assert refuted(start, derivation.result, [other for other in facts if other != fact]), fact


def test_a_student_reads_few_steps_for_the_variance() -> None:
    steps = [step.rule.name.removeprefix("moments.") for step in walk(neuron.variance())]
    assert steps == "definition sum_variance product_variance centred second_moment equal_terms".split()
    assert len(list(walk(INSTANCE.keys["2.3"]))) == 9


def test_every_step_is_verified_and_lemmas_open() -> None:
    solved = solution(INSTANCE, "2.3")
    assert {check.verdict for step in solved.steps for check in step.checks} == {"verified"}
    opening = {step.rule: len(step.inner) for step in solved.steps if step.inner}
    assert opening == {
        "moments.sum_variance": 5,
        "moments.product_variance": 4,
        "moments.equal_terms": 2,
        "moments.half": 4,
    }
    assert {check.verdict for step in solved.steps for inner in step.inner for check in inner.checks} == {"verified"}
    assert [one.text for one in solved.assumes][1:4] == ["independent(w, x)", "centred(w)", "uncorrelated(w)"]


def test_a_truth_and_an_assumption_are_shown_as_such() -> None:
    solved = solution(INSTANCE, "2.1")
    assert [step.truth for step in solved.steps] == [True, None, None, False, None, True, None, None, False]
    assert solved.steps[0].sides == ()


# --- SymPy


def test_the_exercise_is_listed_without_sympy() -> None:
    code = "import sys, exercises.bank.ex11_3, solver.moments; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sympy_takes_no_expectation_for_the_number_e() -> None:
    """SymPy evaluates a function called E by mpmath's constant of that name, to as many digits as its argument says."""
    assert str(E(sympy.Integer(10**9)) + 1) == "E(1000000000) + 1"
    assert E(sympy.Integer(2)).evalf() != sympy.E.evalf(2)


def test_the_bridge_knows_moments() -> None:
    w, n = family("w"), size_symbol("n")
    assert to_sympy(formula("n*Var(w_1)*E[w_1^2]"), {"w_1": w[1]}) == n * Var(w[1]) * E(w[1] ** 2)
    assert symbols_of(n * Var(w[1])) == {"n": n, "w_1": w[1]}
    assert to_sympy(formula("std(w_1)^2"), {"w_1": w[1]}) == Var(w[1])
