"""Laws of moments: right in every model of what they assume, and every slip and every broken rule is refuted."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Sum, Symbol, tanh

from solver.derivation import Derived, DoesNotFit, Given, opened, walk
from solver.moments import laws
from solver.moments.assumptions import (
    KINDS,
    Alike,
    Centred,
    Facts,
    Symmetric,
    Uncorrelated,
    Varies,
    about,
    assume,
    definition,
    independent,
)
from solver.moments.derive import apply, chain
from solver.moments.derive import given as begin
from solver.moments.laws import LAWS
from solver.notation.bridge import from_sympy
from solver.notation.equality import Assumptions, compare
from solver.symbols import Cov, E, Var, family, relu, sigmoid, size_symbol, variable
from solver.verify.finite_models import Model
from solver.verify.law_checks import check_step, inner_checks, linear_in_law, refuted

n, m = size_symbol("n"), size_symbol("m")
i, j = Symbol("i", integer=True), Symbol("j", integer=True)
w, x, y, u, z = map(family, "wxyuz")
X, Y, Z = map(variable, "XYZ")
v = variable("v")
FREE = independent("w", "x")
TERMS = Sum(w[i] * x[i], (i, 1, n))

APPLIED = {  # a law, where it applies, and the facts that it may use
    "moments.definition": (Var(v), (definition(v, TERMS),)),
    "moments.linearity": (E(Sum(3 * w[i] + 2, (i, 1, n))), ()),
    "moments.independence": (E(w[1] ** 2 * x[1] * x[2]), (FREE,)),
    "moments.uncorrelated": (Sum(E(w[i] * w[j]), (j, i + 1, n), (i, 1, n)), about(Uncorrelated, "w")),
    "moments.centred": (E(w[1]) + E(x[1]) ** 2, about(Centred, "w")),
    "moments.odd_moment": (E(w[1] ** 3) + E(w[1] ** 2), about(Symmetric, "w")),
    "moments.variance": (Var(X * Y), ()),
    "moments.scaled": (Var(3 * X) + Var(-X), ()),
    "moments.second_split": (E(X**2) * E(Y**2) - E(X) ** 2, ()),
    "moments.expanded": ((Var(X) + E(X) ** 2) * E(Y), ()),
    "moments.second_moment": (Var(X) * Var(Y) + Var(X) * E(Y) ** 2, ()),
    "moments.product_variance": (Var(w[1] * x[1]), (FREE,)),
    "moments.sum_spread": (Var(TERMS), ()),
    "moments.covariance": (Cov(X, X * Y), ()),
    "moments.sum_variance": (Var(TERMS), (FREE, *about(Centred, "w"), *about(Uncorrelated, "w"))),
    "moments.alike": (Sum(Var(w[i]) * E(x[i] ** 2), (i, 1, n)), about(Alike, "w", "x")),
    "moments.constant_sum": (Sum(Var(w[1]), (i, 1, n)), ()),
    "moments.equal_terms": (Sum(Var(w[i]) * E(x[i] ** 2), (i, 1, n)), about(Alike, "w", "x")),
    "moments.even_part": (E(relu(y[1])) + E(sigmoid(y[1])) + E(tanh(y[1])), about(Symmetric, "y")),
    "moments.reflected": (E(relu(y[1]) + relu(-y[1])) + E(relu(X) ** 2 + relu(-X) ** 2), ()),
    "moments.half": (E(relu(y[1]) ** 2), about(Symmetric, "y")),
}
BY_NAME = {law.name: law for law in LAWS}
CONCLUDING = {"moments.solved", "moments.symmetric_sum", "moments.is_zero"}


def applied(name: str) -> Derived:
    expr, facts = APPLIED[name]
    return apply(BY_NAME[name], begin(expr), assume(*facts))


# --- models satisfy what is assumed, and nothing else

EVERY = [independent("w", "x"), *(kind(Symbol("w")) for name, kind in KINDS.items() if name != "independent")]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("facts", [some for k in range(4) for some in combinations(EVERY, k)], ids=str)
def test_a_model_satisfies_its_facts(facts: tuple[object, ...], size: int) -> None:
    model = Model(Facts.among(facts), {"w": 1, "x": 1}, size, "seed")
    assert [fact for fact in facts if not model.holds(fact)] == []


FOLLOWS = {"centred": {"symmetric"}, "varies": {"symmetric", "alike", "centred", "uncorrelated", "independent", ""}}


@pytest.mark.parametrize("fact", [one for one in EVERY if one.kind != "varies"], ids=str)
def test_a_model_satisfies_nothing_else(fact: object) -> None:
    """Under all the other facts a fact that is not assumed is false in some model."""
    kind = fact.kind  # type: ignore[attr-defined]  # one of KINDS
    others = [other for other in EVERY if other != fact and other.kind not in FOLLOWS.get(kind, set())]
    models = [Model(Facts.among(others), {"w": 1, "x": 1}, 3, seed) for seed in "abc"]
    assert not all(model.holds(fact) for model in models)


def test_members_that_are_alike_are_not_equal_in_law() -> None:
    facts = about(Alike, "w")
    assert not refuted(Var(w[1]), Var(w[2]), facts)
    assert not refuted(E(w[1] ** 2), E(w[2] ** 2), facts)
    assert refuted(E(w[1] ** 3), E(w[2] ** 3), facts)
    assert refuted(E(w[1] * w[2]), E(w[1]) ** 2, facts)


def test_uncorrelated_members_are_not_independent() -> None:
    facts = about(Uncorrelated, "w")
    assert not refuted(E(w[1] * w[2]), E(w[1]) * E(w[2]), facts)
    assert refuted(E(w[1] ** 2 * w[2] ** 2), E(w[1] ** 2) * E(w[2] ** 2), facts)
    assert refuted(E(w[1] ** 3), sympy.S.Zero, (*facts, *about(Centred, "w")))


def test_tanh_is_any_odd_function() -> None:
    facts = about(Symmetric, "y")
    assert not refuted(E(tanh(y[1])), sympy.S.Zero, facts)
    assert refuted(E(tanh(y[1]) ** 2), E(tanh(2 * y[1]) ** 2), facts)
    assert refuted(E(tanh(y[1])), sympy.S.Zero, about(Centred, "y"))


# --- laws


def test_every_law_is_tried() -> None:
    assert APPLIED.keys() | CONCLUDING == BY_NAME.keys()


@pytest.mark.parametrize("name", APPLIED)
def test_every_law_is_right_in_models_of_what_it_assumes(name: str) -> None:
    check = check_step(applied(name))
    assert check.verdict == "verified", check
    assert check.method in ("models", "definition")


@pytest.mark.parametrize("name", [name for name in APPLIED if BY_NAME[name].assumes])
def test_no_law_uses_more_than_it_needs(name: str) -> None:
    """Without any one of the facts that a step holds, the step is refuted, or the law gives something else."""
    step = applied(name)
    facts = [node.result for node in step.premises.values() if node is not step.premises["expression"]]
    assert facts
    for fact in facts:
        if not isinstance(fact, sympy.Eq):
            assert refuted(step.premises["expression"].result, step.result, [one for one in facts if one != fact])


@pytest.mark.parametrize(
    ("name", "slip"), [(name, slip) for name in APPLIED for slip in BY_NAME[name].slips], ids=lambda one: str(one)
)
def test_every_slip_is_refuted(name: str, slip: str) -> None:
    step = applied(name)
    wrong: Any = step.rule.slips[slip].conclude({key: node.result for key, node in step.premises.items()})
    assert wrong != step.result, f"{slip} changes nothing"
    rational = not any(power.exp == Rational(1, 2) for power in wrong.atoms(sympy.Pow))  # a root has no exact value
    assert check_step(replace(step, result=wrong)).verdict == ("refuted" if rational else "inconclusive")


@pytest.mark.parametrize("name", [law.name for law in LAWS if law.opens])
def test_a_lemma_opens_into_checked_steps_that_end_where_it_does(name: str) -> None:
    step = applied(name)
    inside = opened(step)
    assert inside is not None
    assert inside.result == step.result
    assert [check for _, check in inner_checks(step) if check.verdict != "verified"] == []
    assert len(list(walk(inside))) >= 2


def test_other_rules_do_not_open() -> None:
    assert opened(applied("moments.variance")) is None
    assert list(inner_checks(applied("moments.variance"))) == []


def test_a_lemma_whose_proof_ends_elsewhere_is_refuted() -> None:
    step = applied("moments.product_variance")
    broken = replace(step, result=Var(w[1]) * Var(x[1]))
    assert "refuted" in {check.verdict for _, check in inner_checks(broken)}


def test_a_law_that_changes_nothing_is_no_step_but_lets_a_replay_pass() -> None:
    with pytest.raises(DoesNotFit):
        apply(laws.CENTRED, begin(E(x[1])), assume(*about(Centred, "w")))
    assert laws.CENTRED(expression=E(x[1])) == E(x[1])
    assert chain(begin(E(x[1])), (laws.CENTRED,), ()).result == E(x[1])


def test_a_law_without_its_expression_does_not_fit() -> None:
    with pytest.raises(DoesNotFit):
        laws.CENTRED.conclude({})


# --- what is no rewriting


def test_solving_is_checked_by_putting_in() -> None:
    premises = {
        "variance": Given("variance", n * Var(w[1]) * Var(x[1])),
        "wanted": Given("wanted", Var(x[1])),
        "unknown": Given("unknown", Var(w[1])),
    }
    step = Derived.of(laws.SOLVED, premises)
    assert step.result == 1 / n
    assert check_step(step).verdict == "verified"
    for slip in laws.SOLVED.slips.values():
        wrong = slip.conclude({name: node.result for name, node in premises.items()})
        if not isinstance(wrong, sympy.Pow) or wrong.exp.is_Integer:
            assert check_step(replace(step, result=wrong)).verdict == "refuted"
    assert laws.SOLVED(variance=n**2 * Var(w[1]) + 1, wanted=Var(x[1]), unknown=Var(w[1])) == (Var(x[1]) - 1) / n**2
    with pytest.raises(DoesNotFit):
        laws.SOLVED(variance=Var(x[1]), wanted=Var(x[1]), unknown=Var(w[1]))


def test_a_sum_with_symmetric_weights_is_symmetric() -> None:
    sums = definition(y[i], Sum(u[i, j] * z[j], (j, 1, m)))
    facts = assume(sums, *about(Symmetric, "u"), independent("u", "z"))
    step = Derived.of(laws.SYMMETRIC_SUM, {fact.name: fact for fact in facts})
    assert step.result == Symmetric(Symbol("y"))
    assert check_step(step).verdict == "verified"
    for fact in facts[1:]:
        fewer = {one.name: one for one in facts if one is not fact}
        assert check_step(replace(step, premises=fewer)).verdict == "refuted"
        with pytest.raises(DoesNotFit):
            Derived.of(laws.SYMMETRIC_SUM, fewer)
    centred = {one.name: one for one in assume(sums, *about(Centred, "u"), independent("u", "z"))}
    assert check_step(replace(step, premises=centred)).verdict == "refuted"


def test_whether_an_expectation_is_zero() -> None:
    varies = assume(*about(Varies, "y"))[0]
    for expr, zero in ((sympy.S.Zero, True), (Rational(1, 2), False), (E(sympy.Abs(y[1])) / 2, False)):
        step = Derived.of(laws.IS_ZERO, {"expression": begin(expr), "varies": varies})
        assert step.result is zero
        assert check_step(step).verdict == "verified"
        assert check_step(replace(step, result=not zero)).verdict == "refuted"
    with pytest.raises(DoesNotFit):
        laws.IS_ZERO(expression=E(y[1]))


# --- broken rules

BROKEN = {  # a wrong conclusion for a law's own example
    "expectation of a product without independence": ("moments.independence", lambda e: e, ()),
    "variance without the square of the mean": ("moments.variance", E((X * Y) ** 2), None),
    "covariance with a sign turned": ("moments.covariance", E(X**2 * Y) + E(X) * E(X * Y), None),
    "factor taken out once": ("moments.scaled", 3 * Var(X) + Var(X), None),
    "cross term without its two": (
        "moments.sum_spread",
        Sum(Var(w[i] * x[i]), (i, 1, n)) + Sum(Cov(w[i] * x[i], w[j] * x[j]), (j, i + 1, n), (i, 1, n)),
        None,
    ),
    "cross terms dropped without assumptions": ("moments.sum_spread", Sum(Var(w[i] * x[i]), (i, 1, n)), None),
    "cross terms on the diagonal": (
        "moments.sum_spread",
        Sum(Var(w[i] * x[i]), (i, 1, n)) + 2 * Sum(Cov(w[i] * x[i], w[j] * x[j]), (j, i, n), (i, 1, n)),
        None,
    ),
    "product of variances": ("moments.product_variance", Var(w[1]) * Var(x[1]), None),
    "one mean forgotten": ("moments.product_variance", E(w[1]) ** 2 * Var(x[1]) + Var(w[1]) * Var(x[1]), None),
    "even moment of a symmetric variable": ("moments.odd_moment", sympy.S.Zero, None),
    "mean of a variable that is not centred": ("moments.centred", sympy.S.Zero, None),
    "square of the mean": ("moments.second_moment", Var(X) * E(Y) ** 2, None),
    "n squared": ("moments.equal_terms", n**2 * Var(w[1]) * E(x[1] ** 2), None),
    "one index too few": ("moments.constant_sum", (n - 1) * Var(w[1]), None),
    "a factor near one": ("moments.half", Rational(50001, 100000) * Var(y[1]), None),
    "the half forgotten": ("moments.half", Var(y[1]), None),
    "a quarter": ("moments.half", Var(y[1]) / 4, None),
    "the mirror image counted twice": ("moments.even_part", E(relu(y[1])) + 1 + E(tanh(y[1])), None),
    "absolute value for the positive part": (
        "moments.reflected",
        E(sympy.Abs(y[1])) / 2 + E(X**2),
        None,
    ),
    "third moment alike": ("moments.alike", Sum(Var(w[1]) * E(x[1]) ** 2, (i, 1, n)), None),
}


@pytest.mark.parametrize("what", BROKEN)
def test_every_broken_rule_is_refuted(what: str) -> None:
    assert len(BROKEN) >= 11
    name, wrong, facts = BROKEN[what]
    step = applied(name)
    if facts is None:
        broken = replace(step, result=wrong)
    else:
        broken = replace(step, premises={"expression": step.premises["expression"]})
    check = check_step(broken)
    assert check.verdict == "refuted", check
    assert check.scope.startswith("n = ")


@pytest.mark.parametrize("forgotten", [FREE, *about(Centred, "w"), *about(Uncorrelated, "w")], ids=str)
def test_a_broken_law_that_does_not_ask_for_its_assumption_is_refuted(forgotten: object) -> None:
    """In the problem's own model it would do no harm; it is refuted in a model of what the step declares."""
    step = applied("moments.sum_variance")
    fewer = {name: node for name, node in step.premises.items() if node.result != forgotten}
    assert check_step(replace(step, premises=fewer)).verdict == "refuted"


# --- what the check says of itself


def test_the_check_says_why_it_is_a_proof_or_that_it_is_evidence() -> None:
    proved = check_step(applied("moments.sum_variance"))
    assert (proved.method, proved.because, proved.scope) == ("models", "polynomial", "n = 1, 2, 3")
    mixed = check_step(applied("moments.half"))
    assert (mixed.method, mixed.because) == ("models", "mixtures")
    high = replace(
        applied("moments.variance"), premises={"expression": begin(Var(X**5))}, result=E(X**10) - E(X**5) ** 2
    )
    assert (check_step(high).method, check_step(high).verdict) == ("models_evidence", "verified")


def test_the_check_says_which_n_it_tried() -> None:
    """A family with two indices is tried at n = 1, 2: enough for one index that differs, and no proof for two."""
    m = sympy.Symbol("m", integer=True, positive=True)
    total = Sum(u[1, j], (j, 1, m))
    one = replace(
        applied("moments.linearity"), premises={"expression": begin(E(total))}, result=Sum(E(u[1, j]), (j, 1, m))
    )
    check = check_step(one)
    assert (check.method, check.verdict, check.scope) == ("models", "verified", "n = 1, 2")
    two = replace(one, premises={"expression": begin(E(total**2))}, result=E(sympy.expand(total * total)))
    assert (check_step(two).method, check_step(two).verdict) == ("models_evidence", "verified")


def test_what_has_no_exact_value_is_inconclusive() -> None:
    step = replace(applied("moments.variance"), premises={"expression": begin(E(sympy.exp(X)))}, result=E(sympy.exp(X)))
    assert check_step(step).verdict == "inconclusive"


def test_linearity_in_the_law_of_one_family() -> None:
    symmetric = Facts.among(about(Symmetric, "y"))
    assert linear_in_law(3 + n * E(relu(y[1])), "y", symmetric)
    assert linear_in_law(Var(y[1]), "y", symmetric)
    assert not linear_in_law(Var(y[1]), "y", Facts.among(()))
    assert not linear_in_law(E(relu(y[1])) ** 2, "y", symmetric)


# --- laws on random expressions

ATOMS = [w[1], w[2], x[1], x[2]]
products = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3).map(lambda factors: sympy.Mul(*factors))
randoms = st.lists(st.tuples(st.integers(-3, 3), products), min_size=1, max_size=2).map(
    lambda terms: sympy.Add(*(sympy.Integer(c) * term for c, term in terms))
)
moments = st.one_of(randoms.map(E), randoms.map(Var), st.builds(Cov, randoms, randoms))
expressions = st.lists(moments, min_size=1, max_size=3).map(lambda found: sympy.Add(*found[:2]) * found[-1])
some_facts = st.sets(
    st.sampled_from(
        [FREE, *about(Centred, "w", "x"), *about(Uncorrelated, "w"), *about(Symmetric, "w"), *about(Alike, "x")]
    )
)


@settings(max_examples=150)
@given(expressions, some_facts, st.sampled_from([BY_NAME[name] for name in APPLIED]))
def test_any_law_is_right_on_any_expression(expr: sympy.Expr, facts: set[object], law: object) -> None:
    values = {str(fact): fact for fact in facts if fact.kind in law.assumes}  # type: ignore[attr-defined]
    try:
        after = law.conclude({"expression": expr, **values})  # type: ignore[attr-defined]
    except DoesNotFit:
        return
    assert not refuted(expr, after, values.values())


# --- the second path: raw moments in finite probability spaces, on the formula tree

SECOND_PATH = ["moments.independence", "moments.centred", "moments.variance", "moments.scaled", "moments.second_split"]
SECOND_PATH += [
    "moments.second_moment",
    "moments.product_variance",
    "moments.covariance",
    "moments.expanded",
    "moments.linearity",
]
alone = st.sampled_from([X, Y, Z])
mixed = st.lists(st.tuples(st.integers(-2, 3), st.lists(alone, min_size=1, max_size=3)), min_size=1, max_size=2).map(
    lambda terms: sympy.Add(*(sympy.Integer(c) * sympy.Mul(*factors) for c, factors in terms))
)
of_three = st.one_of(mixed.map(E), mixed.map(Var), st.builds(Cov, mixed, mixed))
sums_of_three = st.lists(of_three, min_size=1, max_size=3).map(lambda found: sympy.Add(*found[:2]) * found[-1])
ALL_FREE = [independent(*pair) for pair in combinations("XYZ", 2)]
FREE_NAMES = Assumptions(independent=("X", "Y", "Z"), centred=frozenset({"X"}))


@settings(max_examples=80)
@given(sums_of_three, st.sampled_from(SECOND_PATH))
def test_laws_and_judging_agree(expr: sympy.Expr, name: str) -> None:
    """What a law rewrites is equal for `compare`, and what a slip makes of it is equal in both or in neither."""
    facts = {str(fact): fact for fact in (*ALL_FREE, *about(Centred, "X"))}
    law = BY_NAME[name]
    for rule in (law, *law.slips.values()):
        after = rule.conclude({"expression": expr, **facts})
        judged = compare(from_sympy(after), from_sympy(expr), assume=FREE_NAMES).verdict
        assert judged in ("equal", "different")
        assert (judged == "different") == refuted(expr, after, facts.values())
        assert judged == "equal" or rule is not law
