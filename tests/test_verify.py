"""Oracles: they know every rule, agree with every step of the bank, and refute rules that are wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.dense_equivalent import represents
from solver.derivation import Derivation, Derived, Given, formula, walk
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.pooling import MaxPool2d
from solver.values import Shape, symbol
from solver.verify.loops import ORACLES
from solver.verify.models import MODELS, is_elementwise, is_linear
from solver.verify.steps import BOOKKEEPING, verify, verify_step
from tests.rules import every_rule, keys

ALL = list(keys())
SAMPLE = {
    "n": 14, "k": 3, "s": 2, "p": 3, "d": 2, "r": 3, "j": 2, "a": 1, "L": 4, "m": 3, "C_in": 4, "C_out": 6, "g": 2,
    "K": 3, "K_d": 2, "K_h": 3, "K_w": 2, "D_in": 5, "D_out": 7, "H_in": 9, "W_in": 8, "H_out": 5, "W_out": 4,
    "a_1": 1, "a_2": -1, "r_1": 5, "r_2": 4, "c_1": 3, "c_2": 4, "C": 3, "H": 5, "W": 4, "D": 6, "P": 5, "c": 2,
    "b": 3, "N_1": 24, "N_2": 8,
    "l": 3, "y": 5,
    "p_o": 1, "q": 3, "f": 2, "u": 3, "v": 4, "E": 8, "E_k": 3, "E_v": 5, "h": 2, "S": 3, "T": 5, "V": 6,
    "w": 3, "N": 5, "a_3": 5, "z_1": 0, "z_2": 1, "z_3": 2, "B": 2,
}  # fmt: skip
ODD = {
    "window.output_size_ceil": {"p": 1},
    "last_window_outside": {"n": 15, "s": 3, "p": 3},
    "pixel_shuffle.channels": {"C": 12},
    "unflatten.rest": {"m": 7},
    "strides_added": {"s": 3},
    "padding.needed": {"n": 4, "N": 8},
    "softmax.probability": {"a_2": 2},
}
"""What else a slip or a rule needs so that the slip changes something."""


def test_every_rule_has_an_oracle_or_is_bookkeeping() -> None:
    shown = {name for name, rules in every_rule().items() if not all(rule.hidden for rule in rules)}
    laws = {name for name, rules in every_rule().items() if all(rule.assumes is not None for rule in rules)}
    assert shown - BOOKKEEPING - laws == set(ORACLES)  # laws are asked about in finite models: test_moments_laws.py


@pytest.mark.parametrize(("exercise", "part", "key"), ALL, ids=[f"{e}/{p}" for e, p, _ in ALL])
def test_every_step_of_the_bank_is_verified(exercise: str, part: str, key: Derivation) -> None:
    refused = [check for check in verify(key) if check.verdict != "verified"]
    assert refused == []


@pytest.mark.parametrize(("exercise", "part", "key"), ALL, ids=[f"{e}/{p}" for e, p, _ in ALL])
def test_torch_agrees_with_every_step_it_knows(exercise: str, part: str, key: Derivation) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from solver.verify.torch_twins import TWINS

    known = [node for node in walk(key) if node.rule.name in TWINS]
    checks = [verify_step(node, TWINS, "torch") for node in known if not _symbolic(node)]
    assert [check for check in checks if check.verdict != "verified"] == []


@pytest.mark.parametrize("name", sorted(every_rule()))
def test_every_slip_is_refuted_by_the_oracle_of_its_rule(name: str) -> None:
    """A check that accepted a slip would accept the mistake."""
    for rule in every_rule()[name]:
        if rule.taught is None:
            continue
        for slip, wrong in rule.slips.items():
            premises = {premise: Given(premise, value) for premise, value in _sample(rule, wrong).items()}
            right = Derived.of(rule, premises)
            made = replace(right, result=wrong.conclude({n: node.result for n, node in premises.items()}))
            assert made.result != right.result, f"{name}/{slip} changes nothing on the sample"
            assert verify_step(right).verdict == "verified"
            assert verify_step(made).verdict == "refuted", f"{name}/{slip}"


@pytest.mark.parametrize("name", sorted(every_rule()))
def test_torch_agrees_with_every_rule_it_knows(name: str) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from solver.verify.torch_twins import TWINS

    for rule in every_rule()[name]:
        if name in TWINS and rule.taught is not None:
            premises = {premise: Given(premise, value) for premise, value in _sample(rule, rule).items()}
            assert verify_step(Derived.of(rule, premises), TWINS, "torch").verdict == "verified"


WITHOUT_SLIPS = {
    "order.ignored": "it says whether something holds",
    "sharing.same_count": "it says whether something holds",
    "block.identity": "it says whether something holds",
    "elementwise.multiplications": "on one axis a count of everything",
}
"""Formulas of which nobody knows a mistake, and why."""


def test_every_formula_has_the_mistakes_that_are_made_in_it() -> None:
    taught = {name: [rule for rule in rules if rule.taught and not rule.hidden] for name, rules in every_rule().items()}
    bare = {name for name, rules in taught.items() if not all(rule.slips for rule in rules)}
    assert bare == WITHOUT_SLIPS.keys()


def test_a_wrong_closed_form_is_refuted_with_where_it_fails() -> None:
    wrong = formula("window.output_size", "floor((n + 2*p - d*(k - 1) - 1)/s) + 1 + floor(n/40)")
    step = wrong(n=Given("n", symbol("H")), p=1, d=1, k=3, s=2)
    check = verify_step(step)  # type: ignore[arg-type]  # derived
    assert (check.verdict, check.scope) == ("refuted", "H = 40")


def test_what_is_too_much_to_count_is_inconclusive_and_not_verified() -> None:
    from solver.layers.dense import MULTIPLICATIONS_EACH

    step = MULTIPLICATIONS_EACH(P=Given("P", 10**6), D_in=10**6, D_out=10**6)
    assert verify_step(step).verdict == "inconclusive"  # type: ignore[arg-type]  # derived


def test_models_tell_linear_and_elementwise_layers_from_others() -> None:
    linear = {kind for kind, model in MODELS.items() if is_linear(model)}
    assert linear == {"Conv1d", "Conv2d", "AvgPool1d", "AvgPool2d", "Linear", "Flatten", "Identity"}
    assert is_elementwise(MODELS["ReLU"])
    assert not is_elementwise(MODELS["MaxPool2d"])


def test_no_dense_layer_imitates_max_pooling() -> None:
    from solver.derivation import DoesNotFit

    with pytest.raises(DoesNotFit):
        represents(Chain((Conv2d(1, 2), MaxPool2d(2))), Shape((1, 8, 8)))


def _sample(rule: object, wrong: object) -> dict[str, int]:
    from solver.notation.tree import names

    used = {*names(rule.taught), *names(wrong.taught)}  # type: ignore[attr-defined]  # formulas both
    cells = {
        name: 3 + 2 * int(name[2:]) + (name[0] == "w") * int(name[2:])
        for name in used
        if name[1:2] == "_" and name[2:].isdigit()
    }
    here = SAMPLE | ODD.get(rule.name, {}) | ODD.get(wrong.name, {})  # type: ignore[attr-defined]  # rules both
    given = {name: here[name] for name in used if name in here}
    return cells | given


def _symbolic(node: Derived) -> bool:
    from solver.verify.steps import symbols

    return any(symbols(premise.result) for premise in node.premises.values())


def test_the_records_say_what_torch_says_now() -> None:
    """`tirgul verify --record` writes them anew."""
    pytest.importorskip("torch", reason="torch is not installed")
    from solver.verify.records import agreed, recorded

    assert agreed(key for _, _, key in ALL).keys() == recorded().keys()


def test_a_step_with_another_number_has_no_record() -> None:
    from exercises.bank.ex11_1 import EXERCISE, derive
    from solver.verify.records import checks

    def methods(keys: object) -> set[str]:
        node = keys["2"]  # type: ignore[index]  # by part
        return {check.method for check in checks(node)}

    assert methods(EXERCISE.canonical().keys) == {"loops", "torch"}
    assert methods(derive(n=13, k=4, filters=17, outputs=4)) == {"loops"}
