"""The chapter's example of five layers: every printed digit, gradients by autograd, the law of growth."""

from fractions import Fraction

import numpy as np
import pytest

from solver.moments.seed import (
    dead,
    drawn,
    log_growth,
    mean_growth,
    median_growth,
    root_mean_growth,
    rounded,
    second_growth,
    seed_example,
)

LARGE = (  # tutorial 11, standard deviation 10
    "[0.00, 18.93, 0.00, 29.21, 0.00]",
    "[0.00, 647.54, 0.00, 527.02, 498.82]",
    "[5263.19, 0.00, 0.00, 4494.22, 0.00]",
    "[100556.40, 0.00, 4364.23, 99805.43, 0.00]",
    "155078.15",
)
SMALL = (  # standard deviation 0.1
    "[0.00000, 0.18927, 0.00000, 0.29210, 0.00000]",
    "[0.00000, 0.06475, 0.00000, 0.05270, 0.04988]",
    "[0.00526, 0.00000, 0.00000, 0.00449, 0.00000]",
    "[0.00101, 0.00000, 0.00004, 0.00100, 0.00000]",
    "0.00155",
)


def test_every_printed_digit():
    assert seed_example(10).printed(2) == LARGE
    assert seed_example(0.1).printed(5) == SMALL == seed_example(Fraction(1, 10)).printed(5)
    assert [rounded(value, 2) for value in drawn().input] == ["2.59", "1.84", "0.44", "-0.72", "-0.58"]


def test_x_comes_after_all_weights():
    stream = np.random.RandomState(2).randn(110)
    assert [float(value) for value in drawn().input] == stream[105:].tolist()
    assert [float(value) for value in drawn().readout] == stream[100:105].tolist()
    assert [float(value) for value in drawn().weights[1][0]] == stream[25:30].tolist()


def test_the_read_out_layer_keeps_its_scale():
    """Layer l scales by 100^l between the tables, y by 100^4 and not 100^5."""
    large, small = seed_example(10), seed_example("0.1")
    for depth, (z, other) in enumerate(zip(large.layers, small.layers, strict=True)):
        assert z == tuple(100**depth * value for value in other)
    assert large.output == 100**4 * small.output
    assert float(large.output) == pytest.approx(155078.1516907, abs=5e-8)


def test_the_output_may_grow_where_values_shrink():
    """ "The values get smaller" from layer to layer; y is larger than every number of z_4."""
    small = seed_example("0.1")
    assert small.output > max(small.layers[-1])


@pytest.mark.parametrize("scale", [10, "0.1", 1, Fraction(7, 3)])
def test_gradients_of_each_layer_weigh_the_same(scale):
    """<W_l, dy/dW_l> = y for every l, exactly."""
    example = seed_example(scale)
    assert set(example.inner_products) == {example.output} and len(example.inner_products) == 5


def test_gradient_norms():
    norms = seed_example(10).gradient_norms
    assert [round(norm) for norm in norms[:4]] == [21495, 11838, 23250, 11624]
    assert norms[4] == seed_example(10).norms[4] == pytest.approx(141745.402, abs=1e-3)
    assert max(norms[:4]) / min(norms[:4]) < 2.001


def test_gradients_against_autograd():
    torch = pytest.importorskip("torch")
    example = seed_example(10)
    weights = [
        torch.tensor([[float(v) for v in row] for row in matrix], dtype=torch.float64, requires_grad=True)
        for matrix in (*example.weights, (example.drawn.readout,))
    ]
    z = torch.tensor([float(v) for v in example.drawn.input], dtype=torch.float64)
    for matrix in weights[:-1]:
        z = torch.relu(z @ matrix)
    y = z @ weights[-1][0]
    y.backward()
    assert y.item() == pytest.approx(float(example.output), rel=1e-14)
    for matrix, gradient in zip(weights, example.gradients, strict=True):
        assert matrix.grad.flatten().tolist() == pytest.approx([float(v) for row in gradient for v in row], rel=1e-12)


def test_single_precision_gives_the_same_digits():
    torch = pytest.importorskip("torch")
    example = seed_example(10)
    z = torch.tensor([float(v) for v in example.drawn.input])
    for matrix in example.weights:
        z = torch.relu(z @ torch.tensor([[float(v) for v in row] for row in matrix]))
    y = float(z @ torch.tensor([float(v) for v in example.drawn.readout]))
    assert y == pytest.approx(155078.15625, abs=0.05)


# --- the law of growth


def test_growth_is_the_product_of_its_layers():
    example = seed_example(10)
    product = Fraction(1)
    for growth in example.growth:
        product *= growth.observed * 100
    assert product == sum(v * v for v in example.layers[-1]) / sum(v * v for v in example.layers[0])
    assert [growth.observed for growth in seed_example("0.1").growth] == [growth.observed for growth in example.growth]
    assert all(0.001 < growth.below < 0.999 for growth in example.growth)


def test_the_law_of_growth_against_simulation():
    """X = |relu(g)|^2 for g ~ N(0, I_5), as |v|^2 over positive v: mean, square and distribution."""
    squares = (np.maximum(np.random.default_rng(7).standard_normal((400_000, 5)), 0) ** 2).sum(axis=1)
    growth = seed_example(10).growth
    error = 6 / np.sqrt(len(squares))
    assert abs(squares.mean() - float(growth[0].mean)) < error * squares.std()
    assert abs((squares**2).mean() - float(growth[0].second)) < error * (squares**2).std()
    for one in growth:
        assert abs((squares <= float(one.observed)).mean() - one.below) < error / 2
    assert abs((squares <= median_growth(5)).mean() - 0.5) < error / 2
    alive = np.log(squares[squares > 0])
    assert abs(alive.mean() - float(log_growth(5))) < error * alive.std()
    assert abs((squares == 0).mean() - float(dead(5, 1))) < error / 2


def test_growth_in_closed_form():
    assert float(root_mean_growth(5, 10)) == pytest.approx(15.8, abs=0.05)
    assert float(root_mean_growth(5, "0.1")) == pytest.approx(0.158, abs=5e-4)
    assert mean_growth(5, 10, 4) == 250**4
    assert second_growth(5, 20) == 2**20 == 1_048_576
    assert float(dead(5, 5)) == pytest.approx(0.147, abs=5e-4)
    assert float(dead(5, 20)) == pytest.approx(0.47, abs=5e-3)


def test_moments_come_from_the_weights_of_the_example_too():
    """The exact law in the table of moments: n s^2/2 a layer."""
    from solver.layers import kinds
    from solver.layers.composite import Chain
    from solver.layers.repeated import Repeat
    from solver.moments.propagation import propagate

    network = Chain((Repeat(Chain((kinds()["Linear"](5, bias=False), kinds()["ReLU"]())), 4),))
    assert propagate(network, (5,), 100).forward == mean_growth(5, 10, 4)
