"""Moments of activations: every closed form and every number against integration at 40 digits, torch, finite laws."""

from fractions import Fraction
from random import Random

import mpmath
import pytest
import sympy
from mpmath import mp, mpf

from solver.moments.activations import (
    ACTIVATIONS,
    FACTS,
    NoMoments,
    activation_moments,
    largest_moment,
    normal_moment,
    q,
    selu_constants,
    truncated,
    y,
)
from solver.symbols import E

DIGITS = 40
ALPHA, LAMBDA = "1.6732632423543772848170429916717", "1.0507009873554804934193349852946"


def phi(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def softplus(x):
    return mpmath.log1p(mpmath.exp(x))


def gelu_tanh(x):
    return x * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpf("0.044715") * x**3))) / 2


def selu(x):
    return mpf(LAMBDA) * (x if x > 0 else mpf(ALPHA) * mpmath.expm1(x))


TYPED = {  # name: the function as papers write it, and where it has kinks
    "linear": (lambda x: x, ()),
    "relu": (lambda x: max(x, 0), (0,)),
    "leaky_relu": (lambda x: x if x > 0 else x / 100, (0,)),
    "prelu": (lambda x: x if x > 0 else x / 4, (0,)),
    "abs": (abs, (0,)),
    "relu6": (lambda x: min(max(x, 0), 6), (0, 6)),
    "hardtanh": (lambda x: min(max(x, -1), 1), (-1, 1)),
    "hardsigmoid": (lambda x: min(max(x + 3, 0), 6) / mpf(6), (-3, 3)),
    "hardswish": (lambda x: x * min(max(x + 3, 0), 6) / 6, (-3, 3)),
    "hardshrink": (lambda x: x if abs(x) > 0.5 else mpf(0), (-0.5, 0.5)),
    "softshrink": (lambda x: mpmath.sign(x) * max(abs(x) - mpf(1) / 2, 0), (-0.5, 0.5)),
    "threshold": (lambda x: max(x, 0), (0,)),
    "step": (lambda x: mpf(x > 0), (0,)),
    "squared_relu": (lambda x: max(x, 0) ** 2, (0,)),
    "exp": (mpmath.exp, ()),
    "sin": (mpmath.sin, ()),
    "elu": (lambda x: x if x > 0 else mpmath.expm1(x), (0,)),
    "celu": (lambda x: x if x > 0 else mpmath.expm1(x), (0,)),
    "selu": (selu, (0,)),
    "gelu": (lambda x: x * mpmath.ncdf(x), ()),
    "erf": (mpmath.erf, ()),
    "softsign": (lambda x: x / (1 + abs(x)), (0,)),
    "sigmoid": (sigmoid, ()),
    "tanh": (mpmath.tanh, ()),
    "tanhshrink": (lambda x: x - mpmath.tanh(x), ()),
    "softplus": (softplus, ()),
    "logsigmoid": (lambda x: -softplus(-x), ()),
    "silu": (lambda x: x * sigmoid(x), ()),
    "mish": (lambda x: x * mpmath.tanh(softplus(x)), ()),
    "gelu_tanh": (gelu_tanh, ()),
}


def integrated(g, breaks, variance):
    """E[g(y)] for y ~ N(0, variance), by mpmath's tanh-sinh between break points."""
    s = mpmath.sqrt(variance)
    last = 16 * s + 4 * mpf(variance)
    ends = sorted({-last, -3 * s, mpf(0), 3 * s, last, *(mpf(at) for at in breaks)})
    return mpmath.quad(lambda x: g(x) * phi(x / s) / s, ends)


def by_quadrature(name, variance):
    f, breaks = TYPED[name]
    slope = sympy.lambdify(y, activation_moments(name).definition.derivative, "mpmath")
    return [integrated(g, breaks, variance) for g in (f, lambda x: f(x) ** 2, lambda x: slope(x) ** 2)]


def test_every_activation_is_typed_here_too():
    assert TYPED.keys() == ACTIVATIONS.keys() - {"rrelu"}


@pytest.mark.parametrize("name", TYPED)
def test_definitions_and_derivatives_are_the_functions(name):
    f, breaks = TYPED[name]
    held = activation_moments(name)
    value, slope = (sympy.lambdify(y, f, "mpmath") for f in (held.expression, held.definition.derivative))
    random = Random(1)
    with mp.workdps(DIGITS):
        for _ in range(20):
            x = mpf(random.uniform(-7, 7))
            if all(abs(x - at) > 0.01 for at in breaks):
                assert abs(value(x) - f(x)) < mpf(10) ** -29
                assert abs(slope(x) - mpmath.diff(f, x)) < mpf(10) ** -17


@pytest.mark.parametrize("variance", ["1.7"])  # no power of it is a multiple of it that a formula may have
@pytest.mark.parametrize("name", TYPED)
def test_moments_agree_with_integration(name, variance):
    held = activation_moments(name)
    with mp.workdps(DIGITS + 5):
        wanted = by_quadrature(name, mpf(variance))
        numbers = held.numeric(sympy.Rational(variance), 15)
        for fact, number, exact in zip(FACTS, numbers, wanted, strict=True):
            closed = getattr(held, fact)
            if closed is not None:
                spelled = closed.subs(q, sympy.Rational(variance)).evalf(DIGITS)
                tolerance = mpf(10) ** (-28 if name == "selu" else -DIGITS + 4)  # its constants above have 32 digits
                assert abs(mpf(spelled) - exact) <= tolerance * max(abs(exact), 1), (name, fact)
            assert abs(number - exact) <= mpf(10) ** -15 * max(abs(exact), mpf(10) ** -15), (name, fact)
        missing = any(getattr(held, fact) is None for fact in FACTS)
        assert held.label == ("numeric" if missing else "exact")


def by_trapezoids(f, variance, step):
    """E[f(y)] by the trapezoid rule, whose error falls exponentially for smooth functions."""
    s = mpmath.sqrt(variance)
    count = int(13 * s / step)
    return step * sum(f(at) * phi(at / s) / s for at in (step * k for k in range(-count, count + 1)))


@pytest.mark.parametrize(
    "name, variance", [("tanh", 400), ("silu", 400), ("gelu", 900), ("silu", "1e-8"), ("mish", "1e-8")]
)
def test_far_variances_keep_their_digits(name, variance):
    f, _ = TYPED[name]
    with mp.workdps(30):
        step = min(mpmath.sqrt(mpf(variance)), mpf(1)) / 8
        exact = [by_trapezoids(lambda x, k=k: f(x) ** k, mpf(variance), step) for k in (1, 2)]
    for number, wanted in zip(activation_moments(name).numeric(Fraction(variance))[:2], exact, strict=True):
        assert abs(number - wanted) <= 1e-14 * abs(wanted) + mpf(10) ** -20


def test_softsign_at_small_and_large_variances():
    """E[s^2] -> q as q -> 0, and 1 - 2 E|1/(1 + |y|)| -> 1 as q grows."""
    held = activation_moments("softsign")
    assert float(held.numeric(Fraction(1, 10**8))[1]) == pytest.approx(1e-8, rel=1e-3)
    assert 0.99 < held.numeric(10**8)[1] < 1


def test_more_digits_are_more_digits():
    with mp.workdps(60):
        held = activation_moments("tanh")
        exact = by_quadrature("tanh", mpf(1))
        for number, wanted in zip(held.numeric(1, 45), exact, strict=True):
            assert abs(number - wanted) < mpf(10) ** -44


@pytest.mark.parametrize(
    "name, gain",
    [
        ("gelu", 1.53353044119553523),
        ("silu", 1.67653247033109116),
        ("elu", 1.24519830070070655),
        ("tanh", 1.59253741972283143),
        ("sigmoid", 1.84622854533860541),
        ("softplus", 1.04186683553530171),
        ("mish", 1.4868475812732081),
        ("softsign", 2.33753336310853966),
        ("erf", 1.46716695048913862),
        ("selu", 1),
    ],
)
def test_known_gains(name, gain):
    assert float(1 / mpmath.sqrt(activation_moments(name).numeric(1)[1])) == pytest.approx(gain, rel=2e-15)


def test_parameters_are_exact_and_may_be_symbols():
    slope = sympy.Symbol("a")
    assert sympy.expand(activation_moments("leaky_relu", a=slope).second - (1 + slope**2) * q / 2) == 0
    assert activation_moments("leaky_relu", negative_slope=0.1).second == sympy.Rational(101, 200) * q
    assert activation_moments("leaky_relu", a=Fraction(1, 10)).second == sympy.Rational(101, 200) * q
    c = sympy.Symbol("c", positive=True)
    clipped = activation_moments("hardtanh", low=-c, high=c)
    assert clipped.any_symmetric == {"mean": 0}
    spelled = q * (sympy.erf(c / sympy.sqrt(2 * q)) - c * sympy.sqrt(2 / (sympy.pi * q)) * sympy.exp(-(c**2) / (2 * q)))
    assert sympy.simplify(clipped.second - spelled - c**2 * sympy.erfc(c / sympy.sqrt(2 * q))) == 0


def test_a_random_slope_enters_by_its_moments():
    """E[a] = 11/48, E[a^2] = (1/64 + 1/24 + 1/9)/3 for a uniform on (1/8, 1/3)."""
    held, mean, square = (
        activation_moments("rrelu"),
        Fraction(11, 48),
        (Fraction(1, 64) + Fraction(1, 24) + Fraction(1, 9)) / 3,
    )
    assert held.second == (1 + sympy.Rational(str(square))) / 2 * q
    assert held.derivative_second == (1 + sympy.Rational(str(square))) / 2
    assert held.mean == (1 - sympy.Rational(str(mean))) * sympy.sqrt(q / (2 * sympy.pi))
    assert held.any_symmetric["mean"] == (1 - sympy.Rational(str(mean))) * E(sympy.Abs(y)) / 2


def test_selu_constants_are_the_fixed_point():
    alpha, scale = selu_constants()
    assert [str(constant.evalf(32)) for constant in (alpha, scale)] == [ALPHA, LAMBDA]
    held = activation_moments("selu")
    assert held.mean is not None and held.second is not None
    assert abs(held.mean.subs(q, 1).evalf(50)) < sympy.Float(10, 5) ** -48
    assert abs(held.second.subs(q, 1).evalf(50) - 1) < sympy.Float(10, 5) ** -48
    closed = sympy.sqrt(2 / sympy.pi) / (1 - sympy.exp(sympy.Rational(1, 2)) * sympy.erfc(1 / sympy.sqrt(2)))
    assert abs((alpha - closed).evalf(50)) < sympy.Float(10, 5) ** -48


def test_selu_constants_are_torchs():
    torch = pytest.importorskip("torch")
    alpha, scale = (float(constant.evalf(20)) for constant in selu_constants())
    one, far = torch.selu(torch.tensor([1.0, -800.0], dtype=torch.float64)).tolist()
    assert one == scale
    assert far == pytest.approx(-alpha * scale, rel=2e-16)


def test_a_slope_that_is_drawn_between_two_that_are_equal():
    half = sympy.Rational(1, 2)
    drawn, fixed = (activation_moments("rrelu", lower=half, upper=half), activation_moments("leaky_relu", a=half))
    assert (drawn.mean, drawn.second, drawn.derivative_second) == (fixed.mean, fixed.second, fixed.derivative_second)


@pytest.mark.parametrize("value", ["0.2", float("nan"), float("inf"), True, object()])
def test_what_is_no_number_is_no_parameter(value):
    with pytest.raises(NoMoments):
        activation_moments("leaky_relu", a=value).numeric(1)
    with pytest.raises(NoMoments):
        activation_moments("relu").numeric(value)


def test_numbers_of_a_parameter_that_is_a_symbol():
    with pytest.raises(NoMoments, match="leaky_relu as numbers"):
        activation_moments("leaky_relu", a=sympy.Symbol("a")).numeric(1)


HERE_ONLY = {"linear", "prelu", "abs", "step", "squared_relu", "exp", "sin", "erf", "threshold"}


@pytest.mark.parametrize("name", sorted(TYPED.keys() - HERE_ONLY))
def test_definitions_and_derivatives_are_torchs(name):
    torch = pytest.importorskip("torch")
    function, arguments = ("gelu", {"approximate": "tanh"}) if name == "gelu_tanh" else (name, {})
    held = activation_moments(name)
    x = torch.linspace(-6.9, 6.8, 61, dtype=torch.float64, requires_grad=True)
    out = getattr(torch.nn.functional, function)(x, **arguments)
    out.sum().backward()
    value, slope = (sympy.lambdify(y, f, "mpmath") for f in (held.expression, held.definition.derivative))
    assert [float(value(mpf(at))) for at in x.tolist()] == pytest.approx(out.tolist(), rel=1e-12, abs=1e-14)
    tolerance = 1e-7 if name == "hardsigmoid" else 1e-12  # torch keeps the slope 1/6 in single precision
    assert [float(slope(mpf(at))) for at in x.tolist()] == pytest.approx(x.grad.tolist(), rel=tolerance, abs=1e-14)


def symmetric_law(random, size):
    """A symmetric law with a few atoms, none at a break point."""
    values = [Fraction(random.randint(1, 999), 101) for _ in range(size)]
    chances = [random.randint(1, 9) for _ in range(size)]
    whole = 2 * sum(chances)
    return [(side * v, Fraction(c, whole)) for v, c in zip(values, chances, strict=True) for side in (-1, 1)]


def expected(f, law):
    return sympy.Add(*(sympy.Rational(str(chance)) * f.subs(y, sympy.Rational(str(v))) for v, chance in law))


@pytest.mark.parametrize("name", [name for name in TYPED if activation_moments(name).any_symmetric])
def test_what_is_said_of_any_symmetric_law(name):
    held = activation_moments(name)
    for seed in range(3):
        law = symmetric_law(Random(seed), 4)
        parts = {
            "mean": held.expression,
            "second": held.expression**2,
            "derivative_second": held.definition.derivative**2,
        }
        for fact, statement in held.any_symmetric.items():
            powers = statement.replace(E, lambda power, law=law: expected(power, law))
            assert abs((powers - expected(parts[fact], law)).evalf(30)) < 1e-25, fact


def test_which_statements_hold_for_any_symmetric_law():
    said = {name: set(activation_moments(name).any_symmetric) for name in TYPED}
    everything = {"linear", "relu", "leaky_relu", "prelu", "abs", "threshold", "step", "squared_relu"}
    assert {name for name, facts in said.items() if facts == set(FACTS)} == everything
    odd = {"hardtanh", "hardshrink", "softshrink", "sin", "erf", "softsign", "tanh", "tanhshrink"}
    assert {name for name, facts in said.items() if facts == {"mean"}} >= odd - {"sin", "erf"}
    assert activation_moments("hardsigmoid").mean == activation_moments("sigmoid").mean == sympy.Rational(1, 2)


def test_a_statement_about_the_derivative_fails_with_an_atom_at_a_kink():
    """relu'(0)^2 is 0 in torch: P(y = 0) = 1/3 leaves E[s'^2] = 1/3."""
    held = activation_moments("relu")
    law = [(Fraction(-1), Fraction(1, 3)), (Fraction(0), Fraction(1, 3)), (Fraction(1), Fraction(1, 3))]
    assert sum(chance * (value > 0) for value, chance in law) == Fraction(1, 3)
    assert expected(held.expression**2, law) == expected(y**2, law) / 2


@pytest.mark.parametrize("low, high", [(1, 4), (-2, 1), (0, 14)])
def test_truncated_moments(low, high):
    for k, b in [(0, 1), (1, 0), (2, 1), (3, 0), (4, -2)]:
        wanted = mpmath.quad(
            lambda x, k=k, b=b: x**k * mpmath.exp(b * x) * phi(x / mpmath.sqrt(2)) / mpmath.sqrt(2), [low, high]
        )
        found = truncated(k, sympy.Integer(b), sympy.Integer(low), sympy.Integer(high)).subs(q, 2)
        assert float(found) == pytest.approx(float(wanted), rel=1e-13)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("variance", ["1", "0.4"])
def test_moments_with_the_normal_distribution_function(variance, positive):
    v = sympy.Rational(variance)
    with mp.workdps(25):
        for k, m, n in [(0, 1, 0), (0, 2, 0), (0, 3, 0), (1, 1, 1), (2, 2, 0), (1, 2, 2), (3, 1, 0), (2, 0, 2)]:
            found = normal_moment(k, m, n, v, positive=positive)
            if found is None:
                assert positive and m == 3
                continue
            s = mpmath.sqrt(mpf(variance))
            ends = [0, s, 4 * s, 14 * s] if positive else [-14 * s, -4 * s, 0, 4 * s, 14 * s]
            wanted = mpmath.quad(
                lambda x, k=k, m=m, n=n, s=s: x**k * mpmath.ncdf(x) ** m * phi(x) ** n * phi(x / s) / s, ends
            )
            assert abs(mpf(found.evalf(25)) - wanted) < mpf(10) ** -20, (k, m, n)


def test_the_largest_of_several():
    """Closed up to 5 numbers for the mean and 6 for the square."""
    for k in range(1, 8):
        for power, most in ((1, 5), (2, 6)):
            found = largest_moment(k, power)
            assert (found is not None) == (k <= most)
            if found is not None:
                wanted = mpmath.quad(
                    lambda x, k=k, power=power: k * x**power * mpmath.ncdf(x) ** (k - 1) * phi(x), [-14, -3, 0, 3, 14]
                )
                assert float(found) == pytest.approx(float(wanted), abs=1e-14)
    known = 3 / (2 * sympy.sqrt(sympy.pi)) * (1 + 2 / sympy.pi * sympy.asin(sympy.Rational(1, 3)))
    assert sympy.simplify(largest_moment(4, 1) - known) == 0


def test_what_is_not_known_is_said():
    with pytest.raises(NoMoments, match=r"no moments of the activation 'reluu'; there are those of linear, relu"):
        activation_moments("reluu")
    with pytest.raises(NoMoments, match="relu with slope"):
        activation_moments("relu", slope=1)
    with pytest.raises(NoMoments, match="variance 0"):
        activation_moments("relu").numeric(0)
