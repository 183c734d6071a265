"""Moments through networks: against enumeration, simulation of wide networks, torch's gradients and layers."""

from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, asin, pi, sqrt

from solver.layers import kinds
from solver.layers.composite import Chain, Concat, Graph, Node, Sum
from solver.layers.repeated import Repeat
from solver.moments.activations import NoMoments, activation_moments
from solver.moments.propagation import (
    RULES,
    UNFOLLOWED,
    Row,
    Scheme,
    edge_of_chaos,
    fixup,
    keeping,
    propagate,
    rectified_sum,
    rule_of,
    scheme,
)
from solver.moments.propagation.images import mapped
from solver.moments.propagation.state import Image, Law, Nodes
from solver.shapes import shape_of

K = kinds()
Linear, ReLU, LeakyReLU, Tanh, Conv2d = (K[name] for name in ("Linear", "ReLU", "LeakyReLU", "Tanh", "Conv2d"))
n, m, L = sympy.symbols("n m L", integer=True, positive=True)
SKIP = Chain()


def var(number):
    return sympy.Function("Var", positive=True)(sympy.Symbol(f"w_{number}"))


def recommended(row: Row) -> Scheme:
    assert row.recommended is not None
    return row.recommended


def residual(*layers):
    return Sum((Chain(layers), SKIP))


# --- closed forms


def test_the_gains_of_a_relu_network():
    table = propagate(Chain((Linear(m), ReLU(), Linear(3))), (n,))
    first, rectified, last = table.rows
    assert (first.fan_in, first.fan_out, last.fan_in, last.fan_out) == (n, m, m, 3)
    assert (first.forward, first.backward) == (n * var(1), m * var(1))
    assert (rectified.forward, rectified.backward) == (Rational(1, 2), Rational(1, 2))
    assert table.forward == n * m * var(1) * var(2) / 2
    assert table.backward == 3 * m * var(1) * var(2) / 2
    assert (first.keeps_forward, first.keeps_backward, last.keeps_forward) == (2 / n, 2 / m, 1 / m)
    assert {row.label for row in table.rows} == {"exact"} and first.width == "any"


@pytest.mark.parametrize(
    "activation, gain",
    [
        (ReLU(), Rational(1, 2)),
        (K["LeakyReLU"](0.1), Rational(101, 200)),
        (K["PReLU"](), Rational(17, 32)),
        (K["Identity"](), 1),
    ],
)
def test_depth_in_closed_form(activation, gain):
    """(c n V)^L forward and backward, exact at every width, also where L is a symbol."""
    block = Chain((Linear(n), activation))
    deep = propagate(Repeat(block, L), (n,))
    assert sympy.simplify(deep.forward - (gain * n * var(1)) ** L) == 0
    assert sympy.simplify(deep.backward - (gain * n * var(1)) ** L) == 0
    assert (deep.label, deep.backward_label) == ("exact", "exact")
    assert sympy.simplify(propagate(Repeat(block, 7), (n,)).forward - deep.forward.subs(L, 7)) == 0


def test_blocks_in_closed_form():
    """A pre-activation block multiplies by 1 + g, and He's weights make g = 1."""
    block = residual(ReLU(), Linear(n))
    table = propagate(Chain((Linear(n), Repeat(block, L))), (n,))
    assert sympy.simplify(table.forward - n * var(1) * (1 + n * var(2) / 2) ** L) == 0
    assert sympy.simplify(table.backward - n * var(1) * (1 + n * var(2) / 2) ** L) == 0
    assert (table.label, table.backward_label) == ("mean field", "mean field")
    assert propagate(Chain((Linear(n), Repeat(block, L))), (n,), "he").rows[1].forward == 2**L
    inside = table.rows[1].inside
    assert [row.kind for row in inside] == ["ReLU", "Linear", "Add"]
    assert recommended(inside[1]).variance == 2 / n and table.rows[1].times == L


def test_what_has_no_closed_form_in_depth_gets_a_symbol():
    after = Chain((residual(Linear(n)), ReLU()))
    table = propagate(Repeat(after, L), (n,), lambda fan_in, fan_out: 1 / fan_in, fed_by="relu")
    (row,) = table.rows
    assert row.forward is None and table.backward == 1 and "not the same at each depth" in str(row.step.reason)


def test_depth_and_shapes_may_be_symbols_as_they_are_typed():
    """The shape of the command line and the width of the text are one n, though not of one type."""
    assert str(propagate("Repeat(Linear(n) ReLU, L)", shape_of("n")).forward) == "(n*Var(w_1)/2)**L"


def test_nothing_comes_out_of_full_dropout():
    table = propagate("Linear(3) Dropout(1) Linear(2)", (4,), "he")
    assert (table.forward, table.backward, table.rows[2].forward) == (0, 0, None)
    assert propagate("Linear(3) Dropout(1) Tanh", (4,), "he").rows[2].step.reason is not None


def test_embeddings_beside_recommended_weights():
    assert propagate("Embedding(10, 4) Linear(3)", (7,), "recommended").output.second == 1


def test_schemes_are_solutions_of_one_equation():
    wanted = {"lecun": 1 / n, "xavier": 2 / (n + m), "he": 2 / n, "he_fan_out": 2 / m, "torch": 1 / (3 * n)}
    for name, variance in wanted.items():
        found = scheme(name, n, m)
        assert sympy.simplify(found.variance - variance) == 0
        left = found.equation.lhs.subs(sympy.Symbol("V", positive=True), found.variance)
        assert sympy.simplify(left - found.equation.rhs) == 0
    slope = sympy.Symbol("a", positive=True)
    assert sympy.simplify(scheme("he", n, activation="leaky_relu", a=slope).variance - 2 / (n * (1 + slope**2))) == 0
    assert scheme("he", 4, activation="selu").variance == pytest.approx(0.25, rel=1e-15)
    assert keeping(n, Rational(1, 2)) == 2 / n
    with pytest.raises(NoMoments, match="the scheme 'kaiming'; there are those of lecun"):
        scheme("kaiming", 3)


def test_xaviers_gains_have_mean_one():
    table = propagate(Chain((Linear(m), Linear(4))), (n,), "xavier")
    first = table.rows[0]
    forward, backward = first.forward, first.backward
    assert forward is not None and backward is not None and sympy.simplify((forward + backward) / 2 - 1) == 0


def test_fixup_keeps_the_first_updates_at_one_size():
    """The sum over blocks of E[(dC/dw)^2] for their last layers, which start at 0, does not depend on L."""
    sums = set()
    for blocks in (2, 8, 32):
        factor = fixup(blocks, layers=3)
        names = [f"{block}.{layer}" for block in range(blocks) for layer in "abc"]
        inner = lambda block: residual(  # noqa: E731
            ReLU(),
            Linear(8, name=f"{block}.a"),
            ReLU(),
            Linear(8, name=f"{block}.b"),
            ReLU(),
            Linear(8, name=f"{block}.c"),
        )
        weights = {name: 0 if name.endswith("c") else factor**2 * Rational(2, 8) for name in names} | {
            "stem": Rational(1, 8)
        }
        table = propagate(Chain((Linear(8, name="stem"), *map(inner, range(blocks)))), (8,), weights)
        assert table.forward == 1 and table.backward == 1
        sums.add(sympy.Add(*(table[f"{block}.c"].weight_gradient for block in range(blocks))))
    assert len(sums) == 1


# --- exact: every net of a small family, in whole numbers


def every_net(sizes, values=(-2, -1, 1, 2)):
    count = sum(a * b for a, b in pairwise(sizes))
    for drawn in product(values, repeat=count):
        rest, matrices = list(drawn), []
        for a, b in pairwise(sizes):
            matrices.append([rest[i * b : (i + 1) * b] for i in range(a)])
            rest = rest[a * b :]
        yield matrices


def passed(x, matrices, slopes):
    """(y, dy/dx) of a net with one output, activations with these slopes but behind the last layer, none at ties."""
    down, up = slopes
    jacobian = [[Fraction(int(i == j)) for j in range(len(x))] for i in range(len(x))]
    for index, w in enumerate(matrices):
        v = [sum(a * row[j] for a, row in zip(x, w, strict=True)) for j in range(len(w[0]))]
        moved = [
            [sum(t * row[j] for t, row in zip(line, w, strict=True)) for j in range(len(w[0]))] for line in jacobian
        ]
        last = index == len(matrices) - 1
        s = [Fraction(1) if last else up if a > 0 else down if a < 0 else Fraction(0) for a in v]
        x = [a * b for a, b in zip(v, s, strict=True)]
        jacobian = [[a * b for a, b in zip(line, s, strict=True)] for line in moved]
    return x[0], [line[0] for line in jacobian]


@pytest.mark.parametrize("slope", [0, Fraction(1, 3), -1])
def test_forward_is_exact_at_width_two(slope):
    """2-2-2-1 with weights from {-1, 1}, and 2-2-1 with weights from {-2, -1, 1, 2}: all networks."""
    x, slopes, layer = [Fraction(5), Fraction(3)], (Fraction(slope), Fraction(1)), LeakyReLU(slope)
    for sizes, values, variance in [((2, 2, 2, 1), (-1, 1), 1), ((2, 2, 1), (-2, -1, 1, 2), Rational(5, 2))]:
        squares = [passed(x, matrices, slopes)[0] ** 2 for matrices in every_net(sizes, values)]
        forward = sum(squares) / Fraction(len(squares)) / (sum(a * a for a in x) / 2)
        hidden = [part for size in sizes[1:-1] for part in (Linear(size), layer)]
        table = propagate(Chain((*hidden, Linear(1))), (2,), variance)
        assert table.forward == Rational(str(forward)) and table.label == "exact"


def test_backward_is_exact_at_width_two():
    """Weights with no ties in any layer: odd multiples of incommensurable numbers."""
    x, values = [Fraction(1), Fraction(1, 7)], (Fraction(-3), Fraction(-1), Fraction(1), Fraction(3))
    for slopes in ((Fraction(0), Fraction(1)), (Fraction(1, 3), Fraction(1))):
        outputs = [passed(x, matrices, slopes) for matrices in every_net((2, 2, 1), values)]
        backward = sum(a * a for _, row in outputs for a in row) / Fraction(2 * len(outputs))
        layer = LeakyReLU(slopes[0])
        table = propagate(Chain((Linear(2), layer, Linear(1))), (2,), 5)
        assert table.backward == Rational(str(backward)) and table.backward_label == "exact"


def test_a_gradient_is_no_more_exact_than_what_it_comes_from():
    """One unit, v = w x and tanh: E[(w tanh'(v))^2] is not E[w^2] E[tanh'(v)^2] for w = +-1, +-2; with relu it is."""
    weights = np.array([-2.0, -1.0, 1.0, 2.0])
    slopes = 1 - np.tanh(weights) ** 2
    assert np.mean((weights * slopes) ** 2) < 0.6 * np.mean(weights**2) * np.mean(slopes**2)
    assert np.mean((weights * (weights > 0)) ** 2) == np.mean(weights**2) * np.mean(weights > 0)
    network = Chain((Linear(4), ReLU(), Linear(4), Tanh(), Linear(4), ReLU(), Linear(4)))
    labels = [row.backward_label for row in propagate(network, (4,)).rows]
    assert labels == ["numeric"] * 4 + ["exact"] * 3


def test_the_half_lemma_fails_behind_a_skip_at_width_one():
    """relu(x + relu(x) w) for x = +-1, w = +-1: E[.^2] is 5/4, the wide network's half of E[x^2] + E[y^2] is 3/4."""
    exact = Fraction(sum(max(x + max(x, 0) * w, 0) ** 2 for x in (-1, 1) for w in (-1, 1)), 4)
    table = propagate(Chain((Linear(1), residual(ReLU(), Linear(1)), ReLU())), (1,), 1)
    summed, rectified = table.rows[-2:]
    assert exact == 1 != rectified.second == Rational(3, 4)
    assert summed.label == "exact" and rectified.label == "mean field" and "gaussian" in rectified.assumptions
    assert summed.second == Fraction(sum((x + max(x, 0) * w) ** 2 for x in (-1, 1) for w in (-1, 1)), 4)


def test_two_fresh_paths_are_symmetric_together():
    """The sum of two paths that each end in weights of their own is symmetric at every width."""
    block = Sum((Chain((Linear(2), ReLU(), Linear(2))), Linear(2)))
    assert propagate(Chain((block, ReLU())), (2,)).label == "exact"
    assert propagate(Chain((Linear(2), residual(ReLU(), Linear(2)), ReLU())), (2,)).label == "mean field"


# --- the chapter's residual kind


def test_the_first_post_activation_block():
    """x = relu(g): 1.6812... where Var(y1) = E[x^2] without batch norm, 2 + 1/pi = 2.3183... for ResBlockMLP."""
    plain = Chain((residual(Linear(n)), ReLU()))
    table = propagate(plain, (n,), "lecun", fed_by="relu")
    closed = Rational(1, 2) + 3 * (Rational(1, 4) + asin(sqrt(Rational(2, 3))) / (2 * pi)) + sqrt(2) / (2 * pi)
    closed -= Rational(1, 4)
    assert float(table.forward) == pytest.approx(1.68120916502, abs=1e-11)
    assert abs((table.forward - closed).evalf(30)) < 1e-25
    assert table.label == "mean field"
    mlp = Chain((residual(Linear(n), K["BatchNorm1d"](), ReLU(), Linear(n)), ReLU()))
    table = propagate(mlp, (n,), "he", fed_by="relu")
    assert sympy.simplify(table.forward - 2 - 1 / pi) == 0 and table.label == "mean field"
    assert float(table.forward) == pytest.approx(2.3183, abs=5e-5)


def test_the_rectified_sum_against_integration():
    for variance, spread in ((1, 0.5), (1, 1), (2, 0.3)):
        q, u = mpmath.mpf(variance), mpmath.mpf(spread)

        def parts(g, u=u):
            """E[relu(g + v)^k] and P(g + v > 0) over v"""
            t = g / mpmath.sqrt(u)
            up, density = mpmath.ncdf(t), mpmath.npdf(t)
            s = mpmath.sqrt(u)
            return g * up + s * density, (g * g + u) * up + g * s * density, up

        below = [part / 2 for part in parts(mpmath.mpf(0))]
        for index, found in enumerate(rectified_sum(sympy.Float(variance, 30), sympy.Float(spread, 30))):
            s = mpmath.sqrt(q)
            above = mpmath.quad(lambda g, i=index, s=s: parts(g)[i] * mpmath.npdf(g / s) / s, [0, s, 3 * s, 12 * s])
            assert float(found) == pytest.approx(float(below[index] + above), abs=1e-12)


def test_laws_as_points_agree_with_the_closed_form():
    """The second way of computing the same: points under a density instead of orthants."""
    relu = activation_moments("relu")
    centre = Nodes(np.zeros(1), np.ones(1))
    points, _ = mapped(relu, centre, 1.0)
    _, (mean, second, positive) = mapped(relu, points, 0.5)
    wanted = [float(value) for value in rectified_sum(1, Rational(1, 2))]
    assert [float(mean), float(second), float(positive)] == pytest.approx(wanted, abs=1e-12)
    assert isinstance(Law(Image(relu, sympy.S.One), sympy.S.Zero).base, Image)


# --- mean field: simulated wide networks


WIDTH, NETS, SEED = 400, 60, 20240611


def simulate(run, nets=NETS):
    """The mean of what independent networks give, and its standard error."""
    random = np.random.default_rng(SEED)
    drawn = np.array([run(random) for _ in range(nets)])
    return drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(nets)


def near(found, simulated, error):
    """Within six standard errors and what a width of 400 leaves of the limit."""
    assert abs(float(found) - simulated) < 6 * error + 4 * abs(simulated) / WIDTH, (float(found), simulated, error)


def refused(found, simulated, error):
    """Further off than `near` allows."""
    with pytest.raises(AssertionError):
        near(found, simulated, error)


def dense(random, x, variance, out=WIDTH):
    return x @ random.standard_normal((x.shape[-1], out)) * np.sqrt(variance)


def relu(x):
    return np.maximum(x, 0)


def unit(random):
    x = random.standard_normal(WIDTH)
    return x / np.sqrt(np.mean(x**2))


@pytest.mark.parametrize(
    "layer, function",
    [
        (Tanh(), np.tanh),
        (
            K["SELU"](),
            lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
        ),
        (K["Hardtanh"](), lambda x: np.clip(x, -1, 1)),
        (K["SiLU"](), lambda x: x / (1 + np.exp(-x))),
    ],
)
def test_activations_of_wide_networks(layer, function):
    table = propagate(Chain((Linear(WIDTH), layer, Linear(WIDTH), layer)), (WIDTH,), Rational(3, 2 * WIDTH))

    def run(random):
        x = unit(random)
        for _ in range(2):
            x = function(dense(random, x, 1.5 / WIDTH))
        return np.mean(x**2)

    near(table.output.second, *simulate(run))
    assert table.label == ("numeric" if layer.kind in ("Tanh", "SiLU") else "mean field")


def test_post_activation_blocks_of_wide_networks():
    """Three of them: the second and third rest on the law of what comes before, which is no longer relu(g)."""
    block = Chain((residual(Linear(WIDTH), ReLU(), Linear(WIDTH)), ReLU()))
    table = propagate(Chain((Linear(WIDTH), ReLU(), *(block,) * 3)), (WIDTH,), Rational(1, WIDTH))
    seconds = [row.second for row in table.rows if row.kind == "ReLU"][::2]

    def run(random):
        x = relu(dense(random, unit(random), 1 / WIDTH))
        found = [np.mean(x**2)]
        for _ in range(3):
            x = relu(x + dense(random, relu(dense(random, x, 1 / WIDTH)), 1 / WIDTH))
            found.append(np.mean(x**2))
        return found

    simulated, errors = simulate(run)
    for one in zip(seconds, simulated, errors, strict=True):
        near(*one)
    assert [row.label for row in table.rows if row.kind == "ReLU"][::2] == ["exact", "mean field", "numeric", "numeric"]


def test_drops_and_pools():
    """Dropout divides E[x^2] by 1 - p; means of k keep E[x]^2 and divide the rest; the largest of four is closed."""
    values = np.random.default_rng(SEED).standard_normal((200_000, 4))
    rectified, kept = relu(values), np.random.default_rng(1).random((200_000, 4)) < 0.7

    def after(*layers):
        return propagate(Chain((Conv2d(1, 1), *layers)), (1, 8, 8), 1).output

    def agrees(found, drawn):
        assert abs(float(found) - drawn.mean()) < 6 * drawn.std() / np.sqrt(len(drawn))

    agrees(after(ReLU(), K["Dropout"](0.3)).second, (rectified * kept / 0.7).ravel() ** 2)
    agrees(after(ReLU(), K["AvgPool2d"](2)).second, rectified.mean(axis=1) ** 2)
    agrees(after(K["AvgPool2d"](2)).second, values.mean(axis=1) ** 2)
    agrees(after(ReLU(), K["MaxPool2d"](2)).second, rectified.max(axis=1) ** 2)
    agrees(after(ReLU(), K["MaxPool2d"](2)).mean, rectified.max(axis=1))
    agrees(after(K["MaxPool2d"](2)).second, values.max(axis=1) ** 2)
    assert after(K["MaxPool2d"](2)).second == 1 + sqrt(3) / pi
    assert after(ReLU(), K["Dropout"](0.3)).label == "exact"
    assert after(ReLU(), K["AvgPool2d"](2)).label == "mean field"
    assert "positions_independent" in after(ReLU(), K["MaxPool2d"](2)).assumptions


def test_a_larger_window_is_integrated():
    drawn = np.random.default_rng(SEED).standard_normal((200_000, 9)).max(axis=1)
    found = propagate(Chain((Conv2d(1, 1), K["MaxPool2d"](3))), (1, 9, 9), 1)
    assert found.label == "numeric"
    assert float(found.output.mean) == pytest.approx(1.48501316, abs=1e-8)
    assert float(found.output.second) == pytest.approx(2.56261742, abs=1e-8)
    assert abs(float(found.output.mean) - drawn.mean()) < 6 * drawn.std() / np.sqrt(len(drawn))


def test_what_is_picked_from_numbers_of_another_law():
    """The largest of four tanh(y): integrated where the variance is a number, a symbol of its own where it is not."""
    network = Chain((Conv2d(1, 1), Tanh(), K["MaxPool2d"](2)))
    drawn = np.tanh(np.random.default_rng(SEED).standard_normal((200_000, 4))).max(axis=1)
    found = propagate(network, (1, 8, 8), 1)
    near(found.output.second, np.mean(drawn**2), np.std(drawn**2) / np.sqrt(len(drawn)))
    last = propagate(network, (1, 8, 8)).rows[-1]
    assert last.step.reason is not None and last.step.reason.why == "symbolic_law"


def test_alpha_dropout_keeps_mean_0_and_variance_1():
    table = propagate(Chain((Linear(4), K["AlphaDropout"](0.3))), (4,), "lecun")
    assert float(table.output.second) == pytest.approx(1, abs=1e-15) and table.output.mean == 0


def test_batch_norm_forgets_the_weights():
    table = propagate(Chain((Linear(n), K["BatchNorm1d"](), ReLU())), (n,))
    linear, normal, rectified = table.rows
    assert (normal.second, rectified.second, normal.backward) == (1, Rational(1, 2), 1 / (n * var(1)))
    assert (normal.label, rectified.label) == ("exact", "exact")
    assert linear.normalised and recommended(linear).name == "any"
    assert table.backward == Rational(1, 2)


def test_a_network_of_wide_layers_backward():
    """tanh: E[s'^2] n V at each layer, measured on a product of Jacobians."""
    table = propagate(Chain((Linear(WIDTH), Tanh(), Linear(WIDTH), Tanh())), (WIDTH,), Rational(3, 2 * WIDTH))

    def run(random):
        x, d = unit(random), None
        weights, slopes = [], []
        for _ in range(2):
            w = random.standard_normal((WIDTH, WIDTH)) * np.sqrt(1.5 / WIDTH)
            x = np.tanh(x @ w)
            weights.append(w)
            slopes.append(1 - x**2)
        d = random.standard_normal(WIDTH)
        for w, slope in zip(reversed(weights), reversed(slopes), strict=True):
            d = (d * slope) @ w.T
        return np.mean(d**2)

    assert table.backward is not None and table.backward_label == "numeric"
    near(table.backward, *simulate(run))


def gradients_of(torch, module, shape, nets, draw):
    """E[(dC/dx)^2] over networks for a random direction C at the output, and its standard error."""
    found = []
    generator = torch.Generator().manual_seed(SEED)
    for _ in range(nets):
        with torch.no_grad():
            for parameter in module.parameters():
                draw(parameter, generator)
        x = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        out = module(x)
        out.backward(torch.randn(out.shape, generator=generator, dtype=torch.float64))
        found.append(float((x.grad**2).mean()))
    return np.mean(found), np.std(found, ddof=1) / np.sqrt(nets)


def test_gradients_against_autograd():
    """A He network, a post-activation block and a strided convolution with groups, behind torch's own backward."""
    torch: Any = pytest.importorskip("torch")
    nn: Any = torch.nn

    def he(parameter, generator):
        if parameter.dim() == 1:
            parameter.zero_()
        else:
            fan_in = parameter[0].numel()
            parameter.copy_(
                torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * (2 / fan_in) ** 0.5
            )

    chain = nn.Sequential(nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, 300), nn.ReLU()).double()
    table = propagate(chain, (200,), "he")
    assert table.backward == Rational(100, 200) * Rational(300, 100)
    near(table.backward, *gradients_of(torch, chain, (1, 200), 80, he))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.z = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

        def forward(self, x):
            x = torch.relu(self.stem(x))
            return torch.relu(x + self.z(x))

    block = Block().double()
    table = propagate(block, (WIDTH,), "he")
    assert table.backward == 2
    sample = gradients_of(torch, block, (200, WIDTH), 40, he)
    near(table.backward, *sample)
    refused(Rational(15, 8), *sample)  # the product of the layers' gains: slopes at one unit depend on one another

    convolution = nn.Sequential(nn.Conv2d(8, 48, 2, stride=2, groups=4)).double()
    table = propagate(convolution, (8, 16, 16), "he")
    assert table.backward == Rational(2, 8) * 12
    near(table.backward, *gradients_of(torch, convolution, (1, 8, 16, 16), 60, he))


# --- slopes that meet at one unit


SAMPLES = 200
"""Inputs of one network at a time."""


class Backward:
    """A network of numpy: signals are computed, and what has to be done on the way back is kept."""

    def __init__(self, random):
        self.random, self.undo = random, []
        self.x = random.standard_normal((SAMPLES, WIDTH))

    def weights(self, variance=2 / WIDTH):
        return self.random.standard_normal((WIDTH, WIDTH)) * np.sqrt(variance)

    def dense(self, variance=2 / WIDTH):
        w = self.weights(variance)
        self.x = self.x @ w
        self.undo.append(lambda d: d @ w.T)

    def elementwise(self, values, slopes):
        self.x = values
        self.undo.append(lambda d: d * slopes)

    def relu(self):
        self.elementwise(relu(self.x), self.x > 0)

    def tanh(self):
        self.elementwise(np.tanh(self.x), 1 - np.tanh(self.x) ** 2)

    def max_pool(self, cells):
        """Neighbouring units are as good as neighbouring positions: the first of the largest gets the gradient."""
        windows = self.x.reshape(SAMPLES, -1, cells)
        first = np.arange(cells) == windows.argmax(axis=-1)[..., None]
        self.x = windows.max(axis=-1)
        self.undo.append(lambda d: (d[..., None] * first).reshape(SAMPLES, -1))

    def skip(self, *path):
        """x + path(x)"""
        start, before = self.x, self.undo
        self.undo = []
        for part in path:
            part()
        inside, self.undo = self.undo, before
        self.x = start + self.x
        self.undo.append(lambda d: d + back(inside, d))

    def norm(self):
        """By the statistics of all numbers, which are constants."""
        spread = self.x.std()
        self.elementwise((self.x - self.x.mean()) / spread, 1 / spread)

    def gain(self):
        """E[d^2] of the input for random directions at the output."""
        d = self.random.standard_normal(self.x.shape)
        return np.mean(back(self.undo, d) ** 2)


def back(undo, d):
    for step in reversed(undo):
        d = step(d)
    return d


@pytest.mark.parametrize("blocks, product", [(1, 1.875), (2, 3.6324), (3, 7.0906)])
def test_stacked_post_activation_blocks_backward(blocks, product):
    """relu(x + W x) again and again behind relu: each slope on the skip depends on all before it."""
    block = Chain((residual(Linear(WIDTH)), ReLU()))
    table = propagate(Chain((Linear(WIDTH), ReLU(), *(block,) * blocks)), (WIDTH,), "he")

    def run(random):
        net = Backward(random)
        net.dense(), net.relu()
        for _ in range(blocks):
            net.skip(net.dense), net.relu()
        return net.gain()

    assert table.backward is not None and table.backward_label == ("mean field" if blocks == 1 else "numeric")
    gains = [row.backward for row in table.rows]
    each = [gain for row, gain in zip(table.rows, gains, strict=True) if row.kind == "ReLU"]
    assert float(3**blocks * 2 * sympy.prod(each)) == pytest.approx(product, rel=1e-4)
    sample = simulate(run, 20)
    near(table.backward, *sample)
    refused(product, *sample)


def test_the_chapters_block_backward_behind_relu():
    """ResBlockMLP: P(g > 0, g + y > 0) on the skip, for y of variance E[y^2] = 1 beside g of variance 2."""
    path = (Linear(WIDTH), K["BatchNorm1d"](), ReLU(), Linear(WIDTH))
    table = propagate(Chain((Linear(WIDTH), ReLU(), residual(*path), ReLU())), (WIDTH,), "he")

    def run(random):
        net = Backward(random)
        net.dense(), net.relu(), net.skip(net.dense, net.norm, net.relu, net.dense), net.relu()
        return net.gain()

    sample = simulate(run, 20)
    assert table.backward is not None
    near(table.backward, *sample)
    together = Rational(1, 4) + asin(sqrt(Rational(2, 3))) / (2 * pi)
    skip, path_gain = together, (together + Rational(1, 4)) * 2 * Rational(1, 2) * Rational(1, 2) * 2 * Rational(1, 2)
    assert float(table.backward) == pytest.approx(float(2 * (skip + path_gain)), abs=1e-12)
    refused(2 * (Rational(1, 2) * (together + Rational(1, 4)) + path_gain), *sample)


def test_two_signs_in_symbols():
    """The closed form in the variances of the weights, which He's turn into 2."""
    table = propagate(Chain((Linear(n), ReLU(), residual(Linear(n)), ReLU())), (n,))
    assert table.backward is not None and table.backward_label == "mean field"
    assert sympy.simplify(table.backward.subs({var(1): 2 / n, var(2): 2 / n})) == 2


@pytest.mark.parametrize("first, second", [("relu", "tanh"), ("tanh", "tanh"), ("tanh", "relu")])
def test_activations_behind_one_another(first, second):
    """E[s'(v)^2 t'(s(v))^2], integrated over v."""
    slopes = {"relu": (lambda v: max(v, 0), lambda v: v > 0), "tanh": (mpmath.tanh, lambda v: mpmath.sech(v) ** 2)}
    (s, ds), (_, dt) = slopes[first], slopes[second]
    layers = {"relu": ReLU(), "tanh": Tanh()}
    table = propagate(Chain((Linear(8), layers[first], layers[second], Linear(8))), (8,), Rational(1, 8))
    wanted = mpmath.quad(lambda v: ds(v) ** 2 * dt(s(v)) ** 2 * mpmath.npdf(v), [-9, -3, -1, 0, 1, 3, 9])
    assert float(table.backward or 0) == pytest.approx(float(wanted), abs=1e-12)
    assert "slopes_independent" not in table.assumptions


def test_slopes_of_one_sign_are_closed():
    """LeakyReLU behind LeakyReLU: slopes of 1/10 and 1/2 meet where v < 0, and of 1 and 1 where v > 0."""
    table = propagate("Linear(n) LeakyReLU(0.1) LeakyReLU(0.5) Linear(n)", (n,), 1 / n)
    assert table.backward == (Rational(1, 20) ** 2 + 1) / 2


@pytest.mark.parametrize(
    "activation, product", [("ReLU", Rational(1, 8)), ("Tanh", 0.464402902448268 / 4), ("Hardtanh", 0.6827 / 4)]
)
def test_the_largest_is_seldom_where_relu_is_flat(activation, product):
    """ReLU, then the largest of four: 15/64 and not 1/2 * 1/4. The largest is where tanh is flat."""
    network = Chain((Conv2d(8, 1), K[activation](), K["MaxPool2d"](2), Conv2d(8, 1)))
    table = propagate(network, (8, 8, 8), Rational(1, 8))

    def run(random):
        net = Backward(random)
        net.dense(1 / WIDTH)
        if activation == "Hardtanh":
            net.elementwise(np.clip(net.x, -1, 1), abs(net.x) < 1)
        else:
            getattr(net, activation.lower())()
        net.max_pool(4)
        return net.gain()

    sample = simulate(run, 20)
    near(table.backward, *sample)
    refused(product, *sample)
    if activation == "ReLU":
        assert table.backward == Rational(15, 64)
        assert propagate(network, (8, 8, 8)).backward == Rational(15, 64) * 64 * var(1) * var(2)


def test_what_a_layer_asks_for_counts_slopes_together():
    """n V c' = 1 with c' = 15/64 for ReLU and the largest of four."""
    table = propagate("Conv2d(8, 1) ReLU MaxPool2d(2) Conv2d(8, 1)", (8, 8, 8))
    assert table.rows[0].following is not None and table.rows[0].following[1] == Rational(15, 64)


@pytest.mark.parametrize(
    "network, said",
    [
        ("Conv2d(8, 1) Tanh AvgPool2d(2) Tanh Conv2d(8, 1)", True),
        ("Conv2d(8, 1) Dropout2d(0.5) ReLU MaxPool2d(2) Conv2d(8, 1)", True),
        ("Conv2d(8, 1) Tanh AvgPool2d(2) Conv2d(8, 1) Tanh Conv2d(8, 1)", False),
        ("Conv2d(8, 1) ReLU Dropout2d(0.5) Conv2d(8, 1)", False),
        ("Conv2d(8, 1) Dropout2d(0.5) ReLU Conv2d(8, 1)", False),
        ("Conv2d(8, 1) BatchNorm2d ReLU MaxPool2d(2) Conv2d(8, 1)", False),
    ],
)
def test_slopes_that_are_not_followed_are_said_to_be_taken_as_independent(network, said):
    table = propagate(network, (8, 8, 8), "he")
    assert ("slopes_independent" in table.assumptions) == said and table.backward_label != "exact"
    if said:
        gains = [row.backward for row in table.rows if row.backward is not None]
        assert float(table.backward or 0) == pytest.approx(float(sympy.prod(gains)))


def test_no_closed_form_in_depth_where_slopes_of_blocks_meet():
    """relu(norm(x + W x)): the forward gain is the same at each depth, and the backward gain is not."""
    block = Chain((residual(Linear(n)), K["BatchNorm1d"](), ReLU()))
    (row,) = propagate(Repeat(block, L), (n,), "he").rows
    assert row.step.reason is not None and row.step.reason.why == "depth"
    assert "slopes_independent" in propagate(Repeat(block, 3), (n,), "he").assumptions
    rectified = Chain((Linear(n), Repeat(residual(ReLU(), Linear(n)), L), ReLU(), Linear(n)))
    table = propagate(rectified, (n,), "he")
    assert table.backward == 2 * 2**L and "slopes_independent" not in table.assumptions
    chains = Chain((Repeat(Chain((Linear(n), ReLU())), L), Repeat(Chain((Linear(n), ReLU())), m)))
    assert propagate(chains, (n,), "he").backward_label == "exact"


# --- fans, and what torch does


def test_fans_count_the_weights_that_meet():
    """n outputs times fan_in is n inputs times fan_out: the number of weight uses; torch's own fan_out is 432 here."""
    layer = Conv2d(48, 3, groups=4)
    table = propagate(layer, (8, 12, 12))
    assert (table.rows[0].fan_in, table.rows[0].fan_out) == (18, 108)
    strided = propagate(Conv2d(10, 4, 2), (6, 8, 8)).rows[0]
    assert (strided.fan_in, strided.fan_out) == (96, 40)
    up = propagate(K["ConvTranspose2d"](50, 4, 2), (8, 5, 5)).rows[0]
    assert (up.fan_in, up.fan_out) == (32, 800)
    assert propagate(K["Conv1d"](6, 3), (2, 9)).rows[0].fan_in == 6


@pytest.mark.parametrize("size, kernel, stride", [(12, 3, 1), (4, 3, 1), (5, 5, 1), (5, 4, 1), (16, 4, 2), (6, 3, 3)])
def test_a_number_in_the_middle_is_in_so_many_windows(size, kernel, stride):
    """Windows counted one by one; where every number is in as many as one in the middle nothing is assumed."""
    windows = [range(start, start + kernel) for start in range(0, size - kernel + 1, stride)]
    counts = [sum(at in window for window in windows) for at in range(size)]
    table = propagate(K["Conv1d"](7, kernel, stride), (2, size))
    assert table.rows[0].fan_out == 7 * max(counts)
    assert ("overlap" in table.assumptions) == (min(counts) < max(counts))
    pooled = propagate(K["AvgPool1d"](kernel, stride), (2, size))
    assert pooled.backward == Rational(max(counts), kernel**2)
    assert propagate(K["MaxPool1d"](kernel, stride), (2, size)).backward == Rational(max(counts), kernel)


def test_fans_against_torch():
    torch = pytest.importorskip("torch")
    for layer, module, shape in [
        (Linear(30), torch.nn.Linear(20, 30), (20,)),
        (Conv2d(16, 3), torch.nn.Conv2d(8, 16, 3), (8, 9, 9)),
    ]:
        row = propagate(layer, shape).rows[0]
        assert (row.fan_in, row.fan_out) == torch.nn.init._calculate_fan_in_and_fan_out(module.weight)


@pytest.mark.parametrize(
    "layer, make, shape",
    [
        (Linear(400), lambda nn: nn.Linear(300, 400), (300,)),
        (Conv2d(64, 5, groups=4), lambda nn: nn.Conv2d(32, 64, 5, groups=4), (32, 9, 9)),
        (K["ConvTranspose2d"](32, 4), lambda nn: nn.ConvTranspose2d(64, 32, 4), (64, 9, 9)),
    ],
)
def test_torchs_default_variance(layer, make, shape):
    """U(-1/sqrt(fan_in), 1/sqrt(fan_in)) has variance 1/(3 fan_in): bound and sample variance of real layers."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(SEED)
    weight = make(torch.nn).weight.detach().double()
    said = propagate(layer, shape).rows[0].default
    assert said is not None
    variance = float(said)
    assert float(weight.abs().max()) == pytest.approx((3 * variance) ** 0.5, rel=1e-3)
    assert float((weight**2).mean()) == pytest.approx(variance, rel=6 * (0.8 / weight.numel()) ** 0.5)


def test_torchs_default_loses_a_factor_of_six():
    table = propagate(Chain((Linear(n), ReLU(), Linear(n), ReLU(), Linear(3))), (n,), "torch")
    assert [row.default_gain for row in table.weighted] == [Rational(1, 6), Rational(1, 6), Rational(1, 3)]
    assert table.forward == Rational(1, 108)
    biased = propagate(Chain((Linear(n), ReLU())), (n,), "torch", "torch")
    assert sympy.simplify(biased.output.second - (Rational(1, 3) + 1 / (3 * n)) / 2) == 0


def test_a_scheme_for_each_layer():
    network = Chain(
        (
            Conv2d(8, 3),
            ReLU(),
            K["MaxPool2d"](2),
            Conv2d(8, 3),
            K["SELU"](),
            K["Flatten"](),
            Linear(5),
            Tanh(),
            Linear(3),
        )
    )
    table = propagate(network, (3, 16, 16))
    assert [recommended(row).name for row in table.weighted] == ["he", "lecun", "gain", "lecun"]
    assert recommended(table.rows[0]).variance == Rational(2, 27)
    assert float(recommended(table.weighted[2]).std * sqrt(table.weighted[2].fan_in)) == pytest.approx(
        1.592537419722831
    )
    drawn = propagate(network, (3, 16, 16), "recommended")
    assert [row.variance for row in drawn.weighted] == [recommended(row).variance for row in table.weighted]
    blocks = propagate(Chain((Linear(8), *(residual(ReLU(), Linear(8)) for _ in range(4)))), (8,), "recommended")
    assert recommended(blocks.weighted[1]).name == "residual"
    assert blocks.forward == blocks.backward == Rational(5, 4) ** 4


# --- edge of chaos


@pytest.mark.parametrize(
    "biases, weights, stays",
    [
        (0.05, 1.76095463961, 0.570047881641),
        (0.1, 1.98607264114, None),
        (0.2, 2.28515247372, None),
        (0.5, 2.84316745972, None),
        (1, 3.44321091227, None),
    ],
)
def test_the_edge_of_chaos_of_tanh(biases, weights, stays):
    edge = edge_of_chaos("tanh", biases)
    assert float(edge.weights) == pytest.approx(weights, abs=6e-12)
    assert stays is None or float(edge.variance) == pytest.approx(stays, abs=6e-13)
    _, second, slope = activation_moments("tanh").numeric(edge.variance, 18)
    assert float(edge.weights * slope) == pytest.approx(1, abs=1e-13)
    assert float(edge.weights * second + float(biases) - edge.variance) == pytest.approx(0, abs=1e-13)


def test_other_edges_of_chaos():
    assert (edge_of_chaos("tanh").weights, edge_of_chaos("tanh").variance) == (1, 0)
    assert edge_of_chaos("erf").weights == pi / 4
    assert float(edge_of_chaos("erf", 0.05).weights) == pytest.approx(1.37583900735, abs=6e-12)
    assert (edge_of_chaos("relu").weights, edge_of_chaos("relu").variance) == (2, None)
    slope = sympy.Symbol("a", positive=True)
    assert sympy.simplify(edge_of_chaos("leaky_relu", a=slope).weights - 2 / (1 + slope**2)) == 0
    with pytest.raises(NoMoments, match="every step adds"):
        edge_of_chaos("relu", 0.05)


@pytest.mark.parametrize("name, given", [("selu", {}), ("relu6", {}), ("elu", {"a": 3}), ("gelu", {})])
def test_an_edge_of_chaos_at_zero_sees_both_sides_of_a_kink(name, given):
    """n Var(w) = 1/E[s'(y)^2] for ever smaller y: SELU's left slope at 0 is not its right one."""
    *_, derivative = activation_moments(name, **given).numeric(Rational(1, 10**14), 20)
    assert float(edge_of_chaos(name, **given).weights) == pytest.approx(float(1 / derivative), rel=1e-6)


@pytest.mark.parametrize("name", ["squared_relu", "softshrink", "step"])
def test_no_edge_of_chaos_where_no_gradient_comes_back(name):
    with pytest.raises(NoMoments, match="edge of chaos"):
        edge_of_chaos(name)


def test_the_edge_keeps_signal_and_gradient():
    block = Chain((Linear(WIDTH), Tanh()))
    tanh = edge_of_chaos("tanh", 0.05)
    table = propagate(
        Repeat(block, 6), (WIDTH,), sympy.Float(tanh.weights, 15) / WIDTH, 0.05, second=_activated_at(tanh.variance)
    )
    assert float(table.forward) == pytest.approx(1, abs=1e-12)
    assert table.backward is not None and float(table.backward) == pytest.approx(1, abs=1e-12)


def _activated_at(variance):
    return sympy.Float(activation_moments("tanh").numeric(variance, 18)[1], 18)


# --- networks of every kind


def test_every_layer_has_a_rule_or_is_said_to_have_none():
    composite = {"Chain", "Repeat", "Sum", "Concat", "Graph"}
    stems = {name.rstrip("123d") for name in UNFOLLOWED}
    missing = [
        name
        for name, kind in kinds().items()
        if name not in composite
        and name.rstrip("123d") not in stems | UNFOLLOWED
        and not any(base.__name__ in RULES for base in kind.__mro__)
    ]
    assert missing == []


def test_a_graph_that_uses_weights_again_is_not_exact():
    layer = Linear(4)
    graph = Graph((Node(layer, (0,)), Node(ReLU(), (1,)), Node(layer, (2,), shared=True)), (3,))
    table = propagate(graph, (4,), "he")
    assert table.label == "mean field" and "weights_reused" in table.assumptions
    assert propagate(Chain((layer, ReLU(), layer)), (4,), "he").label == "exact"
    torch: Any = pytest.importorskip("torch")
    module = torch.nn.Linear(4, 4)
    table = propagate(torch.nn.Sequential(module, torch.nn.ReLU(), module), (4,))
    assert table.forward == 8 * var(1) ** 2 and "weights_reused" in table.assumptions
    assert (table.label, table.backward_label) == ("mean field", "mean field")


def test_concatenated_and_multiplied():
    table = propagate(Concat((Conv2d(2, 1), Conv2d(6, 1))), (4, 5, 5), {"1": Rational(1, 4), "2": Rational(1, 2)})
    assert table.output.second == (2 * 1 + 6 * 2) * Rational(1, 8)
    product_of = Graph((Node(Linear(4), (0,)), Node(Linear(4), (0,)), Node(K["Multiply"](), (1, 2))), (3,))
    assert propagate(product_of, (4,), 1).output.second == 16
    twice = propagate(Graph((Node(Linear(4), (0,)), Node(K["Add"](), (1, 1))), (2,)), (4,), "lecun")
    assert (twice.output.second, twice.backward) == (4, 4)


@pytest.mark.parametrize(
    "join, moving",
    [("Add", ReLU()), ("Multiply", K["Sigmoid"]()), ("Multiply", K["Identity"]()), ("Add", K["ChannelShuffle"](2))],
)
def test_numbers_that_depend_on_one_another_are_not_taken_for_independent(join, moving):
    """E[(x + relu(x))^2] = 5/2 and not 3/2, E[x^2 x^2] = 3 and not 1; a shuffled x is not x, nor independent of it."""
    graph = Graph((Node(Conv2d(4, 1), (0,)), Node(moving, (1,)), Node(K[join](), (1, 2))), (3,))
    table = propagate(graph, (4, 3, 3), "lecun")
    assert table.output.second == sympy.Symbol("r_1", positive=True)
    assert table.rows[-1].step.reason is not None and table.rows[-1].step.reason.why == "dependent"


def test_functions_have_their_arguments():
    """F.leaky_relu(x, 0.2) is not the one with 0.01, nor F.gelu(x, approximate="tanh") the exact one."""
    torch: Any = pytest.importorskip("torch")
    F = torch.nn.functional

    class After(torch.nn.Module):
        def __init__(self, function):
            super().__init__()
            self.linear, self.function = torch.nn.Linear(8, 8), function

        def forward(self, x):
            return self.function(self.linear(x))

    drawn = torch.randn(400_000, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)
    torch.manual_seed(SEED)
    for function in (
        lambda x: F.leaky_relu(x, 0.5),
        lambda x: F.elu(x, alpha=3.0),
        lambda x: F.hardtanh(x, -2.0, 0.5),
        lambda x: F.softplus(x, 3),
        lambda x: F.dropout(x, 0.2, True, True),
        lambda x: F.threshold(x, 0.1, 2.0),
    ):
        squares = function(drawn.clone()) ** 2
        table = propagate(After(function), (8,), "lecun")
        near(table.forward, float(squares.mean()), float(squares.std()) / len(squares) ** 0.5)
    tanh = propagate(After(lambda x: F.gelu(x, approximate="tanh")), (8,), "lecun")
    assert tanh.label == "numeric" and float(tanh.forward) == pytest.approx(0.42519371103, abs=1e-10)
    clipped = propagate(After(lambda x: x.clip(0, 6)), (8,), "lecun").rows[-1]
    assert clipped.step.reason is not None


def test_the_layers_behind_which_nothing_is_known():
    network = Chain((Linear(4), K["Softmax"](1), Linear(4), K["LogSoftmax"](1)))
    table = propagate(network, (4,), "lecun")
    softmax = table.rows[1]
    assert softmax.forward is None and str(softmax.step.reason) == "no moments of the layer Softmax"
    assert table.rows[2].second == sympy.Symbol("r_1", positive=True) and "unknown" in table.rows[2].assumptions
    assert table.output is table.rows[2].step.state
    assert rule_of(K["Softmax"](1)) is None


def test_a_torch_module_is_a_network():
    torch: Any = pytest.importorskip("torch")
    nn: Any = torch.nn

    class ResBlockMLP(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.relu, self.bn = nn.ReLU(), nn.BatchNorm1d(width)
            self.Z1, self.Z2 = nn.Linear(width, width), nn.Linear(width, width)

        def forward(self, x):
            return self.relu(self.Z2(self.relu(self.bn(self.Z1(x)))) + x)

    table = propagate(ResBlockMLP(16), (16,), "he", fed_by="relu")
    assert sympy.simplify(table.forward - 2 - 1 / pi) == 0
    assert [row.name for row in table.weighted] == ["Z1", "Z2"]
    assert table["Z1"].normalised


def test_lenet():
    network = Chain(
        (
            Conv2d(6, 5, padding=2),
            Tanh(),
            K["AvgPool2d"](2),
            Conv2d(16, 5),
            Tanh(),
            K["AvgPool2d"](2),
            K["Flatten"](),
            Linear(120),
            Tanh(),
            Linear(84),
            Tanh(),
            Linear(10),
        )
    )
    table = propagate(network, (1, 28, 28), "xavier")
    assert [row.fan_in for row in table.weighted] == [25, 150, 400, 120, 84]
    assert table.label == "numeric" and 0 < table.forward < 1
    assert table.backward is not None and 0 < table.backward < 1
    assert "interior" in table.assumptions
    symbolic = propagate(network, (1, 28, 28))
    known = {var(index): row.variance for index, row in enumerate(table.weighted, start=1)}
    assert float(symbolic.output.second.subs(known).evalf()) == pytest.approx(float(table.output.second), rel=1e-12)


def test_a_table_prints_a_line_a_layer_and_leaves_what_is_not_followed_empty():
    table = propagate("Linear(512) ReLU Linear(512) Softmax", (512,), "he")
    lines = str(table).splitlines()
    assert [line.split()[0] for line in lines[1:5]] == [row.name for row in table.rows]
    assert lines[2].split()[2:] == ["512", "√(1/π)", "1", "1/2", "1/2", "exact"]
    assert lines[4].split() == ["Softmax", "Softmax", "512"]
    assert table._repr_html_().count("<tr>") == 5


def test_where_nothing_comes_through_no_variance_is_recommended():
    table = propagate("Linear(4) LogSigmoid ReLU Linear(4)", (4,), "he")
    assert table.forward == 0
    first, last = table.weighted
    assert first.recommended is None and first.keeps_forward is None
    assert last.recommended is not None
