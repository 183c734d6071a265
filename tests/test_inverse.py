"""The output formula solved for each of its names, and networks solved for their symbols, against brute force."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.derivation import DoesNotFit
from solver.deriving import closed_forms, same_output, solutions, value
from solver.inverse import LEAST, NAMES, Between, between, keeping, left_over, windows_with
from solver.layers.window import OUTPUT_SIZE
from solver.networks.text import read_network
from solver.questions import analyze
from solver.values import Shape, Size
from solver.verify.loops import windows

read: Any = read_network
fact: Any = value
analysed: Any = analyze
SPANS = {"n": range(1, 8), "k": range(1, 5), "s": range(1, 5), "p": range(3), "d": range(1, 4)}


def slid(values):
    """Windows counted one by one."""
    fits = values["n"] + 2 * values["p"] >= values["d"] * (values["k"] - 1) + 1
    return windows(values) if fits else None


@pytest.mark.parametrize("name", NAMES)
def test_between_the_bounds_are_all_numbers_that_give_an_output_and_no_others(name):
    others = [letter for letter in NAMES if letter != name]
    for *numbers, output in product(*(SPANS[letter] for letter in others), range(1, 5)):
        known = dict(zip(others, numbers, strict=True))
        found = between(name, output, known)
        for number in range(LEAST[name], 26):
            assert (number in found) == (slid({**known, name: number}) == output), (known, number, output)


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(1, 6))
def test_choices_are_all_there_are(n, output):
    ranges = {"k": range(1, 6), "s": range(1, 31), "p": range(3)}
    found = [tuple(one.values()) for one in windows_with(output, {"n": n, "d": 1}, ranges)]
    tried = ({"n": n, "k": k, "s": s, "p": p, "d": 1} for k, s, p in product(*ranges.values()))
    assert sorted(found) == sorted(tuple(one.values()) for one in tried if slid(one) == output)


def test_what_is_solved_for_gives_the_output():
    found = list(windows_with(7, {"n": 224, "d": 1}))
    assert {"n": 224, "k": 32, "s": 32, "p": 0, "d": 1} in found
    assert all(OUTPUT_SIZE(**one) == 7 for one in found)
    assert all(left_over(one) < one["s"] for one in found)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_padding_that_keeps_the_size(d):
    least, most = keeping("p", s=1, d=d)
    for k in range(1, 9):
        low, high = (int(bound.subs(dict.fromkeys(bound.free_symbols, k))) for bound in (least, most))
        keeps = [p for p in range(20) if slid({"n": 50, "k": k, "s": 1, "p": p, "d": d}) == 50]
        assert keeps == list(range(low, high + 1))


def test_a_size_of_no_windows_is_refused():
    with pytest.raises(DoesNotFit):
        between("p", 0, {"n": 3, "k": 3, "s": 1, "d": 1})


def test_spans_say_themselves():
    spans = (Between("H", 3, 3), Between("H", 3, 5), Between("s", 4, None))
    assert tuple(map(str, spans)) == ("H = 3", "H = 3..5", "s >= 4")
    assert not Between("H", 3, 2)


# --- networks


@pytest.mark.parametrize(
    "text", ["Conv2d(2, 3, stride=2) MaxPool2d(2)", "MaxPool2d(3, 2, ceil_mode=True)", "Conv2d(1, 5, padding=3)"]
)
@pytest.mark.parametrize("wanted", [1, 4, 7])
def test_inputs_with_an_output_are_those_that_have_it(text, wanted):
    network = read(text)
    size = fact(network, "output_size", (Shape((1, Size.symbol("H"), 40)),))[1]
    found = solutions(size, wanted, ["H"])

    def gives(n):
        try:
            return analysed(network, (1, n, 40)).output[1] == wanted
        except DoesNotFit:
            return False

    assert [n for n in range(1, 60) if n in found and n >= 1] == [n for n in range(1, 60) if gives(n)]


def test_the_field_of_a_chain_is_solved_for_its_length():
    network = read("Repeat(Conv2d(8, 3), L)")
    size, _ = fact(network, "receptive_field", ())
    assert solutions(size, 31, ["L"]) == ({"L": 15},)
    assert solutions(size, 30, ["L"]) == ()


def test_a_kernel_or_channels_are_solved_for():
    network = read("Conv2d(M, 3)")
    count = fact(network, "parameters", (Shape((3, 8, 8)),))
    assert solutions(count, 448, ["M"]) == ({"M": 16},)
    padded = fact(read("Conv2d(8, K, padding=P)"), "output_size", (Shape((1, Size("H"), 9)),))[1]
    assert [str(form) for form in closed_forms(padded, Size.symbol("H"), "P")] == ["(K - 1)/2"]


@pytest.mark.parametrize("shape", [(3, 33, 40), (3, 64, 64), (3, 17)])
def test_all_inputs_with_the_same_output(shape):
    text = "Conv2d(8, 3, stride=2) MaxPool2d(2)" if len(shape) == 3 else "Conv1d(8, 3, stride=2) MaxPool1d(2)"
    network = read(text)
    wanted = analysed(network, shape).output
    _, found = same_output(text, Shape(shape))
    for axis, span in enumerate(found, start=1):
        assert shape[axis] in span
        for n in range(7, 80):
            other = (*shape[:axis], n, *shape[axis + 1 :])
            assert (n in span) == (analysed(network, other).output == wanted)


def test_a_fact_of_an_input_with_no_sizes_has_no_same_output():
    with pytest.raises(DoesNotFit):
        same_output("Linear(3)", Shape((4,)))
