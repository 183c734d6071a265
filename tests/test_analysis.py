"""`solver.analyze` on layers and short text: its sums, symbols, conditions, memory, groups and refusals."""

import json
import subprocess
import sys

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import solver
from solver.analysis import NotANetwork, NotAShape
from solver.derivation import DoesNotFit
from solver.layers.base import numbers
from solver.layers.composite import Chain, Graph, Node
from solver.layers.convolution import Conv2d
from solver.layers.joins import Add, Concatenate, MatMul
from solver.networks.conditions import at as count_at
from solver.networks.moves import Permute
from solver.networks.text import read_network
from solver.questions import analyze as plainly
from solver.shapes import shape_of
from solver.values import Shape, Size
from solver.verify.steps import at
from tests.sources import ROOT

EXERCISE = "Conv2d(3, 4, bias=False) ReLU AvgPool2d(2) Flatten Linear(4, bias=False)"
BLOCK = (
    "C1: Conv2d(6, 5, padding=2) Sum(Conv2d(6, 3, padding=1) BatchNorm2d ReLU | ) Repeat(Conv2d(6, 3), 2) "
    "Flatten Linear(10)"
)
FIELDS = {"name", "kind", "output", "parameters", "multiplications", "macs", "field"}
PIECES = (
    "Conv2d(4, 3)",
    "Conv2d(4, 3, padding=1, stride=2)",
    "MaxPool2d(2)",
    "AvgPool2d(3, 2, 1)",
    "MaxPool2d(3, 2, ceil_mode=True)",
    "BatchNorm2d",
    "ReLU",
    "Upsample(scale_factor=2)",
    "Sum(Conv2d(4, 3, padding=1) | Conv2d(4, 1))",
    "Concat(Conv2d(2, 1) | MaxPool2d(3, 1, 1))",
    "ConvTranspose2d(3, 3, stride=2)",
)


def test_the_exercise_of_the_course():
    said = solver.analyze(EXERCISE, (1, 13, 13))
    assert [row.output for row in said.rows] == [(3, 10, 10), (3, 10, 10), (3, 5, 5), (75,), (4,)]
    assert (said.parameters, said.multiplications, said.output) == (348, 5175, Shape((4,)))


@pytest.mark.parametrize("text", [EXERCISE, BLOCK])
def test_rows_add_up_to_totals_and_groups_to_both(text):
    said = solver.analyze(text, (1, 13, 13))
    for fact in ("parameters", "multiplications", "macs"):
        assert sum(getattr(row, fact) for row in said.rows) == getattr(said, fact)
        for depth in (1, 2, 3):
            assert sum(getattr(group, fact) for group in said.grouped(depth)) == getattr(said, fact)
    assert len({row.name for row in said.rows}) == len(said.rows)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.integers(4, 40), st.integers(4, 40))
def test_substituting_in_the_formulas_is_analysing_with_numbers(pieces, high, wide):
    text = " ".join(pieces)
    try:
        symbolic = solver.analyze(text, (3, "H", "W"))
    except DoesNotFit:
        assume(False)
    point = {"H": high, "W": wide}
    smallest = dict(symbolic.smallest or {})
    try:
        numeric = solver.analyze(text, (3, high, wide))
    except DoesNotFit:
        assert any(point[name] < least for name, least in smallest.items())
        return
    for fact in ("output", "parameters", "multiplications", "macs"):
        assert at(getattr(symbolic, fact), point) == getattr(numeric, fact)
    assert at(symbolic.memory.total, point) == numeric.memory.total
    assert all(point[name] >= least for name, least in smallest.items())


@settings(max_examples=40)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
def test_the_smallest_input_fits_and_no_smaller_one_does(pieces):
    text = " ".join(pieces)
    smallest = dict(solver.analyze(text, (3, "H", "W")).smallest or {})
    solver.analyze(text, (3, smallest["H"], smallest["W"]))
    if smallest["H"] > 1:
        with pytest.raises(DoesNotFit):
            solver.analyze(text, (3, smallest["H"] - 1, smallest["W"]))


def test_where_paths_meet_the_input_has_to_be_divisible():
    said = solver.analyze("Sum( | MaxPool2d(4) Upsample(scale_factor=4))", (1, "H", "W"))
    assert {"4 | H", "4 | W"} <= set(said.conditions)
    assert said.smallest == {"H": 4, "W": 4}
    assert at(said.macs, {}) == 0
    with pytest.raises(DoesNotFit):
        solver.analyze("Sum( | MaxPool2d(4) Upsample(scale_factor=4))", (1, 6, 8))


def test_no_smallest_input_is_claimed_where_a_kernel_is_a_symbol():
    said = solver.analyze("Conv2d(8, K)", (1, "H", "W"))
    assert said.smallest is None
    assert said.conditions == ["H - K + 1 >= 1", "W - K + 1 >= 1"]


def test_sizes_are_symbols_in_any_spelling():
    sympy = pytest.importorskip("sympy")
    said = {
        str(solver.analyze("Conv2d(2, 3)", shape).output)
        for shape in [(1, "H", 9), "1,H,9", (1, sympy.Symbol("H"), 9), [1, Size.symbol("H"), "9"]]
    }
    assert said == {"2xH - 2x7"}


@pytest.mark.parametrize("shape", [(), (0, 3), (1, -3), (1, 2.5), "1,,3", "1;3", (1, "3H"), 5, (1, None), (True, 3)])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(NotAShape):
        solver.analyze("ReLU", shape)


@pytest.mark.parametrize("text", ["Conv2d(", "Relu", "Conv2d(3, 4))", "💥", "Sum(a | b)"])
def test_what_is_no_network_is_refused_with_where(text):
    with pytest.raises(NotANetwork) as refused:
        solver.analyze(text, (1, 8, 8))
    assert refused.value.unreadable.at <= len(text)


def test_what_is_neither_is_refused():
    with pytest.raises(NotAShape):
        solver.analyze("ReLU")
    with pytest.raises(TypeError):
        solver.analyze(3, (1, 8, 8))


def test_memory_counts_outputs_once_and_views_not_at_all():
    said = solver.analyze("Conv2d(2, 3) ReLU Flatten Identity Linear(5)", (1, 6, 6))
    activations = 2 * 4 * 4 + 2 * 4 * 4 + 5
    assert said.memory.activations == 4 * activations
    assert said.memory.parameters == 4 * said.parameters
    halves = solver.analyze("Conv2d(2, 3) ReLU Flatten Identity Linear(5)", (1, 6, 6), bytes_each=2)
    assert halves.memory.activations == 2 * activations
    symbolic = solver.analyze("Conv2d(2, 3) ReLU", (1, "H", "W")).memory.activations
    assert symbolic == 16 * (Size.symbol("H") - 2) * (Size.symbol("W") - 2)


def test_data_has_the_fields_that_are_promised_and_lists_per_axis():
    data = json.loads(solver.analyze(BLOCK, (1, 13, 13)).to_json())
    assert all(set(layer) >= FIELDS for layer in data["layers"])
    assert set(data["total"]) >= {"parameters", "trainable", "multiplications", "macs", "output", "field"}
    for layer in data["layers"]:
        assert set(layer["field"]) >= {"size", "stride", "start"}
        assert len(layer["field"]["size"]) == len(layer["field"]["stride"]) == len(layer["field"]["start"]) == 2
    first, *_, last = data["layers"]
    assert first["field"] == {"size": [5, 5], "stride": [1, 1], "start": [-2, -2]}
    assert last["field"] == {"size": [13, 13], "stride": [0, 0], "start": [0, 0], "whole_input": True}


def test_names_are_those_of_torch_and_layers_are_found_by_them():
    said = solver.analyze(BLOCK, (1, 13, 13))
    names = [row.name for row in said.rows]
    assert names == ["C1", "1.0.0", "1.0.1", "1.0.2", "1", "2.0", "2.1", "3", "4"]
    assert [group.name for group in said.grouped(1)] == ["C1", "1", "2", "3", "4"]
    assert [group.kind for group in said.grouped(1)] == ["Conv2d", "Sum", "Sequential", "Flatten", "Linear"]
    assert said["C1"] is said.rows[0] and said["Linear"] is said.rows[-1]
    with pytest.raises(KeyError):
        said["C7"]


def test_what_explains_a_layer_is_what_was_said_of_it():
    said = solver.analyze(BLOCK, (1, 13, 13))
    for row in said.rows:
        derived = said.explained(row.name)
        for fact in ("output", "parameters", "multiplications", "macs"):
            node = getattr(derived, fact)
            assert getattr(node, "result", node) == getattr(row, fact)


def test_several_inputs_of_a_graph():
    from solver.layers.composite import Graph, Node

    graph = Graph((Node(Conv2d(4, 3), (0,)), Node(Conv2d(4, 1), (1,)), Node(Add(), (2, 3))), (4,), inputs=2)
    said = solver.analyze(graph, (1, 8, 8), (2, 6, 6))
    assert said.output == Shape((4, 6, 6))
    assert solver.analyze(graph, ((1, "H", 8), (2, 6, 6))).conditions == ["H = 8"]
    with pytest.raises(DoesNotFit):
        solver.analyze(graph, (1, 8, 8))


def test_symbols_and_numbers_are_analysed_alike_by_both_ways():
    network = read_network(BLOCK)
    assert isinstance(network, Chain)
    again = plainly(network, (1, 13, 13))
    said = solver.analyze(network, (1, 13, 13))
    assert (said.parameters, said.macs, said.output) == (again.parameters, again.macs, again.output)
    assert [row.field for row in said.rows] == [row.field for row in again.rows]


def test_a_notebook_shows_a_table_that_cannot_be_broken_out_of():
    page = solver.analyze("C1: Conv2d(2, 3)", (1, "H", "W"))._repr_html_()
    assert page.count("<tr>") == 2 and "H &gt;= 3" in page
    assert "parameters: 20" in str(solver.analyze("C1: Conv2d(2, 3)", (1, "H", "W")))


def test_a_shape_holds_the_product_of_its_sizes():
    assert numbers(shape_of("3,4,5")) == 60


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import solver", ["sympy", "torch", "numpy", "solver.analysis"]),
        (f"import solver; solver.analyze({BLOCK!r}, (1, 13, 13)).to_json()", ["sympy", "torch"]),
        (f"import solver; str(solver.analyze({BLOCK!r}, (1, 'H', 'W')))", ["sympy", "torch"]),
    ],
)
def test_what_is_not_needed_is_not_loaded(code, heavy):
    code = f"import sys; {code}; sys.exit(' '.join(name for name in {heavy} if name in sys.modules) or 0)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (run.returncode, run.stderr.strip()) == (0, "")

DEMANDING = [
    ("PixelUnshuffle(3)", (8, "H", 12)),
    ("PixelShuffle(2)", ("C", 12, 12)),
    ("ChannelShuffle(3)", ("C", 12, 12)),
    ("GroupNorm(4)", ("C", 12, 12)),
    ("Conv2d(6, 3, groups=3)", ("C", 12, 12)),
    ("ConvTranspose2d(6, 3, groups=3)", ("C", 12, 12)),
    ("BatchNorm2d(6)", ("C", 12, 12)),
    ("PReLU(6)", ("C", 12, 12)),
    ("GLU(dim=2)", (8, "H", 12)),
    ("Unflatten(2, (2, -1))", (8, "H", 12)),
    ("Unflatten(2, (2, 3))", (8, "H", 12)),
    ("Unfold(3, stride=2) Fold((9, 7), 3)", (8, "H", 12)),
    ("LayerNorm((8, 12, 12))", (8, "H", 12)),
    ("InstanceNorm1d", (8, "H")),
    ("ReflectionPad2d(3)", (8, "H", 12)),
    ("CircularPad2d(3)", (8, "H", 12)),
    ("ZeroPad2d((0, 0, -2, -1))", (8, "H", 12)),
    ("Conv2d(4, 3, padding=3, padding_mode='reflect')", (8, "H", 12)),
    ("Conv2d(4, 3, padding='same', dilation=4, padding_mode='circular')", (8, "H", 12)),
    ("Conv2d(8, 3, stride=2) PixelUnshuffle(2) ReflectionPad2d(1)", (8, "H", 13)),
]
"""Layers that refuse sizes though something would come out."""


@pytest.mark.parametrize("text, shape", DEMANDING)
def test_conditions_name_the_sizes_that_are_taken_and_no_others(text: str, shape: tuple[int | str, ...]) -> None:
    said = solver.analyze(text, shape)
    for number in range(1, 40):
        sizes = tuple(number if isinstance(size, str) else size for size in shape)
        try:
            solver.analyze(text, sizes)
            taken = True
        except DoesNotFit:
            taken = False
        (domain,) = said.imported.domains.values()  # type: ignore[union-attr]  # it has a symbol
        assert taken == (number in domain), number


def test_conditions_on_hyper_parameters_are_told() -> None:
    def told(text: str, *shape: int | str) -> list[str]:
        return solver.analyze(text, shape).conditions

    assert told("Concat(Conv2d(C, 1) | Conv2d(4, K, padding=P))", 3, "H", "W")[0] == "K = 2*P + 1"
    assert told("Concat(Conv2d(C, 1) | Conv2d(4, K, padding=P))", 3, 9, 9)[0] == "2*P + 1 = K"
    assert told("Sum(Conv2d(C, 1) | Conv2d(M, 1))", 3, "H", "W")[-1] == "C = M"
    assert told("Conv2d(M, 3, groups=G)", 6, "H", "W") == ["H >= 3", "W >= 3", "G | 6", "G | M"]
    assert told("Conv2d(M, 1) GroupNorm(1) Conv2d(6, 1, groups=1)", 6, "H", "W") == ["H >= 1", "W >= 1"]
    assert told("Conv2d(8, K)", 3, 32, 32) == ["33 - K >= 1"]
    assert told("Conv2d(M, 1) Conv2d(6, 1, groups=3)", 4, 8, 8) == ["3 | M"]
    assert told("Conv2d(6, 1, groups=G)", 4, 8, 8) == ["G | 4", "G | 6"]
    assert told("Conv2d(C, 4, padding=P)", 3, 4, 4) == []
    assert told("Conv2d(C, 4, padding=P)", 3, 2, 2) == ["2*P - 1 >= 1"]
    with pytest.raises(DoesNotFit):
        told("Sum(Conv2d(C, K) | Conv2d(C, K, padding=1))", 3, "H", "W")


def test_products_of_matrices_are_not_made_square() -> None:
    flat = read_network("Conv2d(8, 3) Flatten(2)")
    assert isinstance(flat, Chain)
    graph = Graph((Node(flat, (0,)), Node(Permute((1, 0)), (1,)), Node(MatMul(), (2, 1))), (3,))
    said = solver.analyze(graph, (3, "H", 6))
    assert count_at(said.macs, {"H": 6}) == solver.analyze(graph, (3, 6, 6)).macs
    assert said.conditions == ["H >= 3"]
    rows = Graph((Node(Concatenate(1), (0, 1)),), (2,), inputs=2)
    assert solver.analyze(rows, (3, "H", 6), (3, 4, 6)).output == (3, Size.symbol("H") + 4, 6)


@pytest.mark.parametrize(
    "text",
    [
        "Upsample(scale_factor=2, mode='bilinear') Conv2d(3, K)",
        "Upsample(scale_factor=F, mode='bilinear')",
        "Upsample(scale_factor=2) Repeat(Conv2d(1, 3), L)",
        "Upsample(scale_factor=2) ConvTranspose2d(1, K, stride=2)",
        "Sum(MaxPool2d(2) Upsample(scale_factor=2) | Conv2d(1, K, padding=P))",
    ],
)
def test_a_field_that_cannot_be_followed_is_the_whole_input_and_refuses_nothing(text: str) -> None:
    said = solver.analyze(text, (1, 32, 32))
    assert said.field == ()
    assert said.output[0]


def test_a_field_of_symbols_behind_a_transposed_window_is_said_to_be_a_bound() -> None:
    said = solver.analyze("ConvTranspose2d(4, K, stride=2)", (3, 8, 8))
    assert "field: <= " in str(said)
    assert said.data()["total"]["field"]["at_most"] is True
    assert "at_most" not in solver.analyze("ConvTranspose2d(4, 3, stride=2)", (3, 8, 8)).data()["total"]["field"]
    assert "<= " not in str(solver.analyze("Conv2d(4, K, dilation=D)", (3, "H", 8)))
