"""Judging: a table of what people type and what is said of it, follow-through, marks, laws over keys and slips."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.exercise import Instance
from grader.judge import Marker, judge
from grader.verdict import Follows, Right, Slip, Slipped, Unreadable, Wrong, marks, name
from solver.derivation import mistakes
from solver.notation.printing import ascii_text, plain
from solver.values import as_formula
from tests.rules import bank

BANK = {exercise.id: exercise.canonical() for exercise in bank()}

TABLE = [  # exercise, part, answer, verdict, slips or reason
    ("11.1", "1a", "10x10x3", "right", ""),
    ("11.1", "1a", "10×10×3", "right", ""),
    ("11.1", "1a", "(3, 10, 10)", "right", ""),
    ("11.1", "1a", "[3,10,10]", "right", ""),
    ("11.1", "1a", "3@10x10", "right", ""),
    ("11.1", "1a", "torch.Size([3, 10, 10])", "right", ""),
    ("11.1", "1a", "3 מטריצות של 10 על 10", "right", ""),
    ("11.1", "1a", "10 על 10 על 3", "right", ""),
    ("11.1", "1a", "9x9x3", "slipped", "no_plus_one"),
    ("11.1", "1a", "10x10", "slipped", "channels_left_out"),
    ("11.1", "1a", "13x13x3", "slipped", "edges_kept"),
    ("11.1", "1a", "11x11x3", "wrong", ""),
    ("11.1", "1a", "10x10xbanana", "unreadable", "unknown_name"),
    ("11.1", "1a", "לא 10x10x3", "unreadable", "bad_character"),
    ("11.1", "1a", "10x10, 3 channels", "right", ""),
    ("11.1", "1a", "10 על 10, 3 ערוצים", "right", ""),
    ("11.1", "1a", "שלושה ערוצים 10x10", "right", ""),
    ("11.1", "1a", "H=10, W=10, C=3", "right", ""),
    ("11.1", "1a", "10x10x3=300", "right", ""),
    ("11.1", "1a", "10x10x3=301", "unreadable", "false_link"),
    ("11.1", "1a", "3 × (10 × 10)", "right", ""),
    ("11.1", "1a", r"$10^2 \times 3$", "right", ""),
    ("11.1", "1a", "(1,3,10,10)", "right", ""),
    ("11.1", "1a", "10x10x3, 9x9x3", "unreadable", "ambiguous"),
    ("11.1", "1a", "(13-4+1)x(13-4+1)x3", "right", ""),
    ("11.1", "1a", "10 by 10 by 3", "right", ""),
    ("11.1", "1a", "3 10 10", "right", ""),
    ("11.1", "1a", "שלוש מטריצות של 10 על 10", "right", ""),
    ("11.1", "1a", "שלוש מטריצות בגודל 10*10", "right", ""),
    ("11.1", "1a", "גודל המוצא: 10×10, עם 3 ערוצים", "right", ""),
    ("11.1", "1a", "three 10x10 maps", "right", ""),
    ("11.1", "1a", "10x10 depth 3", "right", ""),
    ("11.1", "1a", "מימד 10 על 10 ועומק 3", "right", ""),
    ("11.1", "1a", "(N, 3, 10, 10)", "right", ""),
    ("11.1", "1a", "batch x 3 x 10 x 10", "right", ""),
    ("11.1", "1a", "C=3, H=W=10", "right", ""),
    ("11.1", "1a", "10x10x3 (HxWxC)", "right", ""),
    ("11.1", "1a", "300", "slipped", "sizes_multiplied"),
    ("11.1", "2", "48 (no bias)", "right", ""),
    ("11.1", "2", "48 ללא ביאס", "right", ""),
    ("11.1", "2", "answer: 48", "right", ""),
    ("11.1", "2", "48 כי לא 51", "right", ""),
    ("11.1", "2", "51 because 48 + 3", "slipped", "biases_counted"),
    ("11.1", "2", "~48", "unreadable", "approximate"),
    ("11.1", "2", " about 48", "unreadable", "approximate"),
    ("11.1", "2", "roughly 48", "unreadable", "approximate"),
    ("11.1", "2", "Around 48", "unreadable", "approximate"),
    ("11.1", "2", "בערך 48", "unreadable", "approximate"),
    ("11.1", "2", "כ־48", "unreadable", "approximate"),
    ("11.1", "2", "התשובה אינה: 48", "unreadable", ""),
    ("11.1", "2", "this is not: 48", "unreadable", ""),
    ("11.1", "2", "half of: 96", "unreadable", ""),
    ("11.1", "2", "חצי: 96", "unreadable", ""),
    ("11.1", "3", "conv: 48, fc: 300, total: 348", "right", ""),
    ("11.1", "3", "conv: 48, fc: 300, total: 349", "wrong", ""),
    ("11.1", "4", "4800 ועוד 75 ועוד 300", "right", ""),
    ("11.1", "5", "Yes because a conv layer is a special case of a dense layer", "right", ""),
    ("11.1", "5", "כן - כל קונבולוציה היא שכבה ליניארית", "right", ""),
    ("11.1", "5", "בוודאי", "right", ""),
    ("11.1", "5", "not yes", "unreadable", "unknown_option"),
    ("11.2", "1", "49", "slipped", "sizes_multiplied"),
    ("11.2", "2", "(k-1)L+1", "right", ""),
    ("11.2", "2", "אורך הצלע: $L(K-1)+1$", "right", ""),
    ("conv1d", "weights", "K+1 (with bias)", "right", ""),
    ("conv1d", "order", "FC layer", "right", ""),
    ("conv1d", "sharing", "both 1 and 2", "right", ""),
    ("resnet", "alexnet.ratio", "about 114", "right", ""),
    ("resnet", "alexnet.ratio", "בערך פי 114", "right", ""),
    ("resnet", "alexnet.ratio", "roughly x114", "right", ""),
    ("resnet", "alexnet.ratio", "פי 114", "right", ""),
    ("resnet", "size18", "ceil(H חלקי 32)", "right", ""),
    ("11.1", "1b", "5x5x3", "right", ""),
    ("11.1", "2", "48", "right", ""),
    ("11.1", "2", " 48 ", "right", ""),
    ("11.1", "2", "48.0", "right", ""),
    ("11.1", "2", "4*4*3", "right", ""),
    ("11.1", "2", "4·4·3 = 48", "right", ""),
    ("11.1", "2", "N = 4*4*3 = 48", "right", ""),
    ("11.1", "2", "התשובה היא 48", "right", ""),
    ("11.1", "2", "48 פרמטרים", "right", ""),
    ("11.1", "2", "48 (כולל הכול)", "right", ""),
    ("11.1", "2", "the answer is 48 parameters", "right", ""),
    ("11.1", "2", "\u200f48\u200e", "right", ""),
    ("11.1", "2", "$48$", "right", ""),
    ("11.1", "2", r"\frac{96}{2}", "right", ""),
    ("11.1", "2", "51", "slipped", "biases_counted"),
    ("11.1", "2", "16", "slipped", "filters_forgotten"),
    ("11.1", "2", "-5", "wrong", ""),
    ("11.1", "2", "לא 48", "unreadable", "bad_character"),
    ("11.1", "2", "מינוס 48", "unreadable", "bad_character"),
    ("11.1", "2", "פחות מ-48", "unreadable", "bad_character"),
    ("11.1", "2", "48 אלף", "unreadable", "bad_character"),
    ("11.1", "2", "48 אחוז", "unreadable", "bad_character"),
    ("11.1", "2", "not 48", "unreadable", ""),
    ("11.1", "2", "48,", "right", ""),
    ("11.1", "2", "**48**", "right", ""),
    ("11.1", "3", "300", "slipped", "term_forgotten"),
    ("11.1", "4", "4875", "slipped", "term_forgotten"),
    ("11.1", "5", "yes, because it is linear", "right", ""),
    ("11.1", "5", "yes, or no", "unreadable", "unknown_option"),
    ("11.2", "2", "לא 1+L(K-1)", "unreadable", "bad_character"),
    ("conv1d", "values", "לא (-3,8,0,-2)", "unreadable", "bad_character"),
    ("conv1d", "fc", "D_in x D_out + D_out", "right", ""),
    ("conv1d", "sharing", "1 2", "right", ""),
    ("conv1d", "sharing", "1 ו-2", "right", ""),
    ("conv1d", "sharing", "1, 2, 3", "wrong", ""),
    ("lenet5", "sizes.C1", "24x24x6", "slipped", "padding_forgotten"),
    ("lenet5", "parameters.output", "840", "slipped", "biases_forgotten"),
    ("resnet", "size18", "H/32 מעוגל כלפי מעלה", "unreadable", "bad_character"),
    ("resnet", "alexnet.ratio", "115.6", "wrong", ""),
    ("11.1", "2", "48.5", "wrong", ""),
    ("11.1", "2", "forty-eight", "unreadable", ""),
    ("11.1", "2", "4*4*3 = 50", "unreadable", "false_link"),
    ("11.1", "2", "", "unreadable", "empty"),
    ("11.1", "2", "9^9^9^9", "unreadable", "exponent_too_big"),
    ("11.1", "2", "__import__('os')", "unreadable", "bad_character"),
    ("11.1", "3", "348", "right", ""),
    ("11.1", "3", "300 + 48 = 348", "right", ""),
    ("11.1", "4", "5175", "right", ""),
    ("11.1", "4", "5,175", "right", ""),
    ("11.1", "4", "5100", "slipped", "divisions_forgotten"),
    ("11.1", "5", "yes", "right", ""),
    ("11.1", "5", "כן", "right", ""),
    ("11.1", "5", "א", "right", ""),
    ("11.1", "5", "1", "right", ""),
    ("11.1", "5", "לא", "wrong", ""),
    ("11.1", "5", "maybe", "unreadable", "unknown_option"),
    ("11.1", "6", "An MLP needs 51,900 weights", "review", "count_given"),
    ("11.1", "6", "רשת MLP ללא שיתוף משקולות", "review", "count_not_given"),
    ("11.2", "1", "7x7", "right", ""),
    ("11.2", "1", "7", "right", ""),
    ("11.2", "1", "9x9", "slipped", "kernels_added_up"),
    ("11.2", "2", "1+L(K-1)", "right", ""),
    ("11.2", "2", "L*(K-1)+1", "right", ""),
    ("11.2", "2", "LK-L+1", "right", ""),
    ("11.2", "2", r"1 + L\cdot(K-1)", "right", ""),
    ("11.2", "2", "L*K", "slipped", "kernels_added_up"),
    ("11.2", "2", "1+L*K", "slipped", "whole_kernel_added"),
    ("11.2", "2", "L(K-1)", "slipped", "pixel_itself_forgotten"),
    ("11.2", "2", "1+M(K-1)", "unreadable", ""),
    ("conv1d", "values", "-3, 8, 0, -2", "right", ""),
    ("conv1d", "values", "[-3 8 0 -2]", "right", ""),
    ("conv1d", "values", "(−3, 8, 0, −2)", "right", ""),
    ("conv1d", "values", "-6, 5, 6, 0", "slipped", "kernel_flipped"),
    ("conv1d", "values", "-3, 8, 0", "wrong", ""),
    ("conv1d", "pool.max", "3 0 4", "right", ""),
    ("conv1d", "pool.max", "2 -1 3", "slipped", "average_for_max"),
    ("conv1d", "pool.average", "2; -1; 3", "right", ""),
    ("conv1d", "output", "D_in - K + 1", "right", ""),
    ("conv1d", "output", "D_out = D_in − K + 1", "right", ""),
    ("conv1d", "output", "D_in - K", "slipped", "no_plus_one"),
    ("conv1d", "weights", "K+1", "right", ""),
    ("conv1d", "weights", "K", "slipped", "biases_forgotten"),
    ("conv1d", "fc", "D_in D_out + D_out", "right", ""),
    ("conv1d", "fc", "D_out(D_in+1)", "right", ""),
    ("conv1d", "channels", r"C_{in} C_{out} K + C_{out}", "right", ""),
    ("conv1d", "channels", "C_in*C_out*K", "slipped", "biases_forgotten"),
    ("conv1d", "general", "floor((D_in + 2P - D(K-1) - 1)/S) + 1", "right", ""),
    ("conv1d", "general", r"\left\lfloor\frac{D_{in}+2P-D(K-1)-1}{S}+1\right\rfloor", "right", ""),
    ("conv1d", "general", "floor((D_in + P - D(K-1) - 1)/S) + 1", "slipped", "padded_once"),
    ("conv1d", "order", "fc", "right", ""),
    ("conv1d", "order", "fc, conv", "wrong", ""),
    ("conv1d", "sharing", "1, 2", "right", ""),
    ("conv1d", "sharing", "א, ב", "right", ""),
    ("lenet5", "sizes.C1", "28x28x6", "right", ""),
    ("lenet5", "sizes.C5", "120", "right", ""),
    ("lenet5", "sizes.F6", "84x1", "right", ""),
    ("lenet5", "parameters.total", "61,706", "right", ""),
    ("lenet5", "parameters.C3", "2400", "slipped", "biases_forgotten"),
    ("resnet", "head", "513,000", "right", ""),
    ("resnet", "head", "512000", "slipped", "biases_forgotten"),
    ("resnet", "alexnet", "58631144", "right", ""),
    ("resnet", "alexnet.ratio", "114.3", "right", ""),
    ("resnet", "alexnet.ratio", "~114", "right", ""),
    ("resnet", "alexnet.ratio", "120", "wrong", ""),
    ("resnet", "size18", "ceil(H/32)", "right", ""),
    ("resnet", "size18", "⌈H/32⌉", "right", ""),
    ("resnet", "size18", "floor((H+31)/32)", "right", ""),
    ("resnet", "size18", "floor((H-1)/32)+1", "right", ""),
    ("resnet", "size18", "H/32", "slipped", "divided_by_stride"),
    ("resnet", "size18", "floor(H/32)", "slipped", "rounded_down"),
    ("11.1", "1a", "3 ערוצים, כל אחד 10×10", "right", ""),
    ("11.1", "1a", "3 channels, each of 10x10", "right", ""),
    ("11.3", "1.3", "n V[w] V[x]", "right", ""),
    ("11.3", "1.3", "n V(w)", "wrong", ""),
    ("conv1d", "values", "$(-3,8,0,-2)^\\top$", "right", ""),
    ("conv1d", "values", r"\begin{pmatrix}-3\\8\\0\\-2\end{pmatrix}", "right", ""),
    ("conv1d", "values", r"\begin{pmatrix}-3&8\\0&-2\end{pmatrix}", "unreadable", "wrong_type"),
    ("conv1d", "values", "tensor([-3., 8., 0., -2.])", "right", ""),
    ("conv1d", "output", "D-K+1", "right", ""),
    ("conv1d", "output", "D-k+2", "wrong", ""),
    ("conv1d", "fc", "D*D + D", "unreadable", "unknown_name"),
    ("lenet5", "parameters.total", "61.7K", "unreadable", "approximate"),
    ("lenet5", "parameters.total", "61.706K", "right", ""),
    ("lenet5", "parameters.total", "61.5K", "wrong", ""),
    ("lenet5", "objective", r"\log\sum_j e^{z_j} - z_1", "right", ""),
    ("conv1d", "weights", "K weights and 1 bias", "right", ""),
    ("conv1d", "weights", "K משקולות + היסט אחד", "right", ""),
    ("conv1d", "weights", "K weights and 2 biases", "wrong", ""),
    ("conv1d", "fc", "D_in*D_out weights plus D_out biases", "right", ""),
    ("conv1d", "fc", "D_in×D_out + D_out (bias)", "right", ""),
    ("11.1", "2", "4*4*3 = 48 weights, no bias", "right", ""),
    ("11.1", "3", "48 (conv) + 300 (FC) = 348", "right", ""),
    ("11.1", "3", "48 (conv) + 300 (not FC) = 348", "unreadable", ""),
    ("lenet5", "padding", "2 on each side", "right", ""),
    ("lenet5", "padding", "2 פיקסלים בכל צד", "right", ""),
    ("lenet5", "sizes.C3", "16 feature maps, 10×10 each", "right", ""),
    ("init-demo", "gradients", "y for every layer", "right", ""),
    ("11.1", "3", "$48 + 300 = 348$", "right", ""),
    ("11.1", "3", r"\[48 + 300 = 348\]", "right", ""),
    ("11.1", "3", "$48 + 300 = 349$", "unreadable", "false_link"),
    ("11.1", "3", "$348$ parameters", "right", ""),
    ("11.1", "2", "3 kernels * 16 = 48", "right", ""),
    ("11.1", "1a", r"$(13-4+1) \times (13-4+1) \times 3 = 10 \times 10 \times 3$", "right", ""),
    ("11.2", "1", "ריבוע בגודל 7 על 7", "right", ""),
    ("11.2", "2", "אורך הצלע הוא 1+L(K-1)", "right", ""),
    ("11.2", "2", "1+l(k-1)", "right", ""),
    ("11.2", "2", "$r = 1+L(K-1)$", "right", ""),
    ("11.3", "2.1", "רק עבור tanh, כי היא אי זוגית", "right", ""),
    ("resblock", "bias", "because of the BatchNorm", "right", ""),
    ("resblock", "bias", "בגלל ה-BatchNorm", "right", ""),
    ("resnet", "alexnet.ratio", "58631144/513000 = 114.29", "right", ""),
    ("resnet", "alexnet.ratio", r"\frac{58631144}{513000} \approx 114.3", "right", ""),
    ("resnet", "alexnet.ratio", "58631144/513000 = 200", "unreadable", "false_link"),
    ("lenet5", "objective", r"-\log\frac{e^{z_1}}{\sum_{k=1}^{3} e^{z_k}}", "right", ""),
    ("lenet5", "objective", r"$L = -\log(\exp(z_1)/\sum_j \exp(z_j))$", "right", ""),
    ("lenet5", "objective", r"\log\frac{e^{z_1}}{\sum_{k=1}^{3} e^{z_k}}", "slipped", "sign_turned"),
]


@pytest.mark.parametrize(("exercise", "part", "answer", "verdict", "because"), TABLE)
def test_the_table(exercise: str, part: str, answer: str, verdict: str, because: str) -> None:
    said = judge(BANK[exercise], part, answer).verdict
    assert name(said) == verdict, said
    match said:
        case Slipped(explanations):
            assert because in {slip.name for explanation in explanations for slip in explanation}
        case Unreadable(reason):
            assert because in ("", reason)
        case _:
            assert because in ("", getattr(said, "reason", ""))


PARTS = [(instance, part.id) for instance in BANK.values() for part in instance.exercise.parts]
CALLED = [f"{instance.exercise.id}/{part}" for instance, part in PARTS]


@pytest.mark.parametrize(("instance", "part"), PARTS, ids=CALLED)
def test_every_key_as_it_is_printed_is_right(instance: Instance, part: str) -> None:
    if instance.part(part).options or instance.part(part).free:
        pytest.skip("the key of a choice is not typed as a value")
    code = instance.part(part).code
    if code is not None:
        assert judge(instance, part, code.right(instance.numbers)).verdict == Right()
        return
    key = as_formula(instance.key(part))
    assert judge(instance, part, plain(key)).verdict == Right()
    assert judge(instance, part, ascii_text(key)).verdict == Right()


@pytest.mark.parametrize(("instance", "part"), PARTS, ids=CALLED)
def test_every_slip_is_recognised_and_never_right(instance: Instance, part: str) -> None:
    asked = instance.part(part)
    if asked.options or asked.free or asked.within or asked.code:
        pytest.skip("no slips of a rule are made in choices, words, rough numbers and code")
    marker = Marker(instance)
    for mistake in mistakes(instance.keys[part]):
        if len(mistake.slips) == 1:
            said = marker.judge(part, ascii_text(as_formula(mistake.value)), {}).verdict
            harmless = said == Right() and not isinstance(mistake.value, int | tuple)  # as a floor inside a floor
            assert isinstance(said, Slipped) or harmless, (mistake.slips, said)


def test_an_answer_that_follows_from_an_earlier_wrong_one_earns_the_marks() -> None:
    exercise = BANK["11.1"]
    follows = judge(exercise, "3", "240", {"1b": "4x4x3"})  # 4*4*3*4 + 48
    assert follows.verdict == Follows(("1b",))
    assert marks(follows.verdict, exercise.part("3")) == 2
    assert judge(exercise, "3", "240").verdict != Follows(("1b",))
    assert judge(exercise, "3", "348", {"1b": "4x4x3"}).verdict == Right()


def test_an_answer_may_follow_from_some_of_the_earlier_ones() -> None:
    both = {"2": "51", "1b": "4x4x3"}
    assert judge(BANK["11.1"], "3", "351", both).verdict == Follows(("2",))
    assert judge(BANK["11.1"], "3", str(51 + 4 * 4 * 3 * 4), both).verdict == Follows(("1b", "2"))


def test_shapes_without_channels_are_followed() -> None:
    said = judge(BANK["11.1"], "1b", "6x6", {"1a": "12x12"}).verdict
    assert isinstance(said, Follows)
    assert said.slips == ((Slip("", "channels_left_out"),),)
    assert judge(BANK["11.1"], "3", "240", {"1b": "4x4"}).verdict == Follows(("1b",))


def test_following_and_slipping_at_once_is_both() -> None:
    said = judge(BANK["11.1"], "4", str(4 * 4 * 9 * 9 * 3 + 9 * 9 // 9 * 0 + 4 * 4 * 3 * 4), {"1a": "9x9x3"}).verdict
    assert isinstance(said, Follows)
    assert said.parts == ("1a",)
    assert {slip.name for explanation in said.slips for slip in explanation} == {"divisions_forgotten"}


def test_right_and_unreadable_earlier_answers_change_nothing() -> None:
    exercise = BANK["11.1"]
    for earlier in ({"1b": "5x5x3"}, {"1b": "???"}, {"1b": ""}, {"5": "no"}, {"nowhere": "1"}):
        assert judge(exercise, "3", "999", earlier) == judge(exercise, "3", "999")


def test_a_part_declares_the_decimal_mark() -> None:
    exercise = next(exercise for exercise in bank() if exercise.id == "11.1")
    parts = tuple(replace(part, decimal=",") for part in exercise.parts)
    instance = replace(exercise, parts=parts).canonical()
    assert isinstance(judge(instance, "2", "4,8e1").verdict, Right)
    assert isinstance(judge(instance, "4", "5.175").verdict, Right)
    assert isinstance(judge(instance, "2", "4.800").verdict, Wrong)
    assert isinstance(judge(BANK["11.1"], "2", "4.800").verdict, Unreadable)
    assert isinstance(judge(instance, "2", "4.800/100").verdict, Right)


@pytest.mark.parametrize(
    "exercise, part, text",
    [
        ("11.1", "2", "4.800/100\n= 48"),
        ("11.1", "2", "4.800/100 = 96,000/2 = 48"),
        ("11.3", "1.4", "1000/(1.000*n)"),
        ("11.3", "1.4", "Var(w) = 1,000/n\n= 1/n"),
        ("11.3", "1.4", "std(w)^2 = Var(w) = 1,000/n"),
    ],
)
def test_the_declared_decimal_mark_is_that_of_workings_and_moments(exercise: str, part: str, text: str) -> None:
    plainly = next(one for one in bank() if one.id == exercise)
    declared = replace(plainly, parts=tuple(replace(each, decimal=",") for each in plainly.parts)).canonical()
    assert isinstance(judge(declared, part, text).verdict, Right)


def test_marks_by_verdict() -> None:
    part = BANK["11.1"].part("3")
    slipped = judge(BANK["11.1"], "2", "51").verdict
    assert marks(Right(), part) == 2
    assert marks(slipped, part) == Fraction(1)
    assert marks(Wrong(), part) == 0
    assert marks(Unreadable("syntax"), part) is None


@given(st.sampled_from(PARTS), st.text(max_size=60))
def test_any_text_gets_a_verdict(where: tuple[Instance, str], text: str) -> None:
    instance, part = where
    judgement = judge(instance, part, text)
    assert name(judgement.verdict) in {"right", "follows", "slipped", "wrong", "unreadable", "review"}
    assert judgement.answer == text
