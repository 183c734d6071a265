"""Printed mathematics: well formed, in authored order, readable again, and as other tools print it."""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree

import math_core
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from reports.html.page import FONTS
from reports.mathematics.latex import latex
from reports.mathematics.mathml import mathml
from reports.mathematics.symbols import symbol
from solver.derivation import Rule
from solver.notation.printing import ascii_text, plain
from solver.notation.reading import formula, read
from solver.notation.tree import (
    Add,
    Call,
    Div,
    Fold,
    Formula,
    Group,
    Mul,
    Name,
    Neg,
    Number,
    Partial,
    Pow,
    Relation,
    number,
    subformulas,
)
from solver.notation.unreadable import Unreadable
from solver.notation.vocabulary import ARITY
from solver.values import as_formula
from tests.test_reports_words import keys_of_the_bank, modules, rules_in

CONDITIONS = ("and", "or", "not", "element", "union", "intersection", "without", "ratio", "matrix")
XYN = (Name("x"), Name("y"), Name("n"))
CALLS = [
    *(
        Call(function, arguments[:count])
        for function, (least, most) in ARITY.items()
        for count in range(least, min(most, 3) + 1)
        for arguments in (XYN, (formula("x + 1"), *XYN[1:]), (formula("-x"), formula("x/y"), XYN[2]))
        if function not in ("indicator", *CONDITIONS)
    ),
    *map(formula, ("1{x > y}", "x < 1 or x > 2", "not (x > 1)", "x ∈ [0, 1)", "x ∈ (0, 1) ∪ {2}", "a:b")),
    *map(formula, ("([0, 1] ∪ {3}) ∩ (0, 3)", "[0, 1] ∖ {1}", "matrix([1/2, x], [3, 4])")),
    formula("x > 1 and (x < 2 or x > 3)"),
]

SPACED = re.compile(r"\s+")
NAMED = re.compile(r"&(?!lt;|gt;|amp;)[A-Za-z]+;")
INVISIBLE = re.compile("[\u2061\u2062]")

TABLE = [  # typed, LaTeX
    (
        "floor((n + 2*p - d*(k - 1) - 1)/s) + 1",
        r"\left\lfloor \frac{n + 2 p - d \cdot (k - 1) - 1}{s} \right\rfloor + 1",
    ),
    ("-x", "-x"),
    ("a - (-b)", "a - (-b)"),
    ("-(a + b)", "-(a + b)"),
    ("(-2)*3 + (-1)*(-4)", r"(-2) \cdot 3 + (-1) \cdot (-4)"),
    ("C_in*C_out*K_h*K_w + C_out", r"C_{\mathrm{in}} C_{\mathrm{out}} K_{h} K_{w} + C_{\mathrm{out}}"),
    ("2*n*(k + 1)", r"2 n \cdot (k + 1)"),
    ("n*2", r"n \cdot 2"),
    ("E[x]^2*Var(y)", r"\mathbb{E}[x]^{2} \operatorname{Var}(y)"),
    ("sum(i, 1, n, w_i*x_i)", r"\sum_{i = 1}^{n} w_{i} x_{i}"),
    ("sum(i, 1, n, a_i + b_i)", r"\sum_{i = 1}^{n} (a_{i} + b_{i})"),
    ("prod(l, 1, L, n_l*Var(w_l))", r"\prod_{l = 1}^{L} n_{l} \operatorname{Var}(w_{l})"),
    ("int(x, 0, 1, x^2)", r"\int_{0}^{1} x^{2} \, dx"),
    ("1{y>=0}", r"\mathbf{1}\{ y \ge 0 \}"),
    ("delta(k, m)", r"\delta_{k,m}"),
    ("10x10x3", r"10 \times 10 \times 3"),
    ("3@10x10", r"3@10 \times 10"),
    ("(3, 10, 10)", "(3, 10, 10)"),
    ("[1, 2]", "[1, 2]"),
    ("x'", "x'"),
    ("y_hat", r"\hat{y}"),
    ("sigma_w^2", r"\sigma_{w}^{2}"),
    ("max(x_1, x_2)", r"\max(x_{1}, x_{2})"),
    ("(x_1 + x_2)/2", r"\frac{x_{1} + x_{2}}{2}"),
    ("diff(C, x_m)", r"\frac{\partial C}{\partial x_{m}}"),
    ("sqrt(2/n)", r"\sqrt{\frac{2}{n}}"),
    ("ceil(H/32)", r"\left\lceil \frac{H}{32} \right\rceil"),
    ("abs(x - 1)", "|x - 1|"),
    ("5!", "5!"),
    ("binomial(n, k)", r"\binom{n}{k}"),
    ("log_2(n)", r"\log_{2}(n)"),
    ("relu'(x)", r"\operatorname{ReLU}'(x)"),
    ("exp(-x^2/2)", r"\exp\left( -\frac{x^{2}}{2} \right)"),
    ("a/b/c", r"\frac{\frac{a}{b}}{c}"),
    ("(a/b)^2", r"\left( \frac{a}{b} \right)^{2}"),
    ("(a*b)^(n + 1)", "(a b)^{n + 1}"),
    ("50%", r"50\%"),
    ("0.5*x", "0.5 x"),
    ("1 <= n < 5", r"1 \le n < 5"),
    ("a != b", r"a \ne b"),
    ("Cov(x, y)", r"\operatorname{Cov}(x, y)"),
]


def rules() -> dict[str, Formula]:
    """Every formula of a rule or a slip, by what it belongs to."""
    found: list[Rule] = []
    for name in modules():
        for value in vars(__import__(name, fromlist=["_"])).values():
            found += rules_in(value)
    said = {f"{rule.name}-{index}": rule for index, rule in enumerate(found)}
    said |= {f"{name}-{slip}": wrong for name, rule in list(said.items()) for slip, wrong in rule.slips.items()}
    return {name: rule.taught for name, rule in said.items() if rule.taught is not None}


RULES = rules()


def leaves(markup: str) -> str:
    """What a reader of MathML sees, from left to right."""
    tree = ElementTree.fromstring(NAMED.sub(lambda entity: unescape(entity[0]), markup))
    return INVISIBLE.sub("", SPACED.sub("", "".join(tree.itertext())))


# --- a tree of any shape

NAMES = st.sampled_from(["n", "C_in", "K_h", "sigma_w", "w_1", "x'", "y_hat", "eta"]).map(Name)
LEAVES = NAMES | st.integers(0, 999).map(Number)


def larger(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Neg, inner),
        st.builds(Add, several),
        st.builds(Mul, several),
        st.builds(Div, inner, inner),
        st.builds(Pow, inner, inner),
        st.builds(Call, st.sampled_from(["floor", "ceil", "abs", "sqrt", "E", "Var", "relu", "exp"]), st.tuples(inner)),
        st.builds(Call, st.just("max"), several),
        st.builds(Fold, st.sampled_from(["sum", "prod", "int"]), inner, st.just("i"), inner, inner),
        st.builds(Partial, NAMES, NAMES),
        st.builds(Group, several, st.sampled_from(["(", "[", "{", "x", "@"])),
        st.builds(Relation, st.tuples(inner, inner), st.sampled_from([("=",), ("<=",), ("<",)])),
    )


FORMULAS: st.SearchStrategy[Formula] = st.recursive(LEAVES, larger, max_leaves=12)


@given(FORMULAS)
def test_any_formula_is_printed_well_formed(tree):
    assert ElementTree.fromstring(mathml(tree)).tag == "math"
    assert latex(tree).count("{") == latex(tree).count("}")


@given(FORMULAS)
def test_every_leaf_is_printed(tree):
    said = leaves(mathml(tree))
    digits = [str(leaf.value) for leaf in _leaves(tree) if isinstance(leaf, Number)]
    assert all(digit in said for digit in digits)


def _leaves(tree: Formula) -> Iterator[Formula]:
    return (part for part in subformulas(tree) if isinstance(part, Number | Name))


# --- rules, and a table


@pytest.mark.parametrize("typed, said", TABLE, ids=[typed for typed, _ in TABLE])
def test_latex(typed, said):
    assert latex(formula(typed)) == said


@pytest.mark.parametrize("typed", [typed for typed, _ in TABLE])
def test_latex_is_read_back(typed):
    assert read(latex(formula(typed))) == formula(typed)


@pytest.mark.parametrize("taught", RULES.values(), ids=RULES)
def test_rules_are_printed_and_read_back(taught):
    assert read(latex(taught)) == taught
    assert ElementTree.fromstring(mathml(taught)).tag == "math"


@pytest.mark.parametrize("called", CALLS, ids=ascii_text)
def test_every_function_is_read_back_in_every_notation(called):
    """Alone and beside other things, whatever its arguments are."""
    two, y = Number(2), Name("y")
    around = (called, Mul((two, called)), Mul((called, y)), Pow(called, two), Div(y, called), Add((y, Neg(called))))
    for tree in around if called.function not in CONDITIONS else (called,):
        for printed in (ascii_text(tree), plain(tree), latex(tree)):
            assert read(printed) == tree, printed
        assert ElementTree.fromstring(mathml(tree)).tag == "math"


DIFFERENT_SIGNS = str.maketrans({"′": "'", "‾": "¯", "ˆ": "^", "∣": "|", "*": "·", "⋅": "·", "𝟏": "𝟙"})


@pytest.mark.parametrize("typed", [typed for typed, _ in TABLE])
def test_another_printer_shows_the_same(typed):
    """Our MathML and what math-core makes of our LaTeX have the same letters and signs in the same order."""
    theirs = math_core.LatexToMathML(xml_namespace=False).convert_with_local_state(
        latex(formula(typed)), displaystyle=False
    )
    ours = leaves(mathml(formula(typed))).translate(DIFFERENT_SIGNS)
    assert ours == unicodedata.normalize("NFC", leaves(theirs)).translate(DIFFERENT_SIGNS)


# --- what readers stumble over


def test_a_minus_sign_in_front_has_no_space_behind_it():
    minus = ElementTree.fromstring(mathml(formula("x = -3"))).findall("mo")[-1]
    assert minus.attrib == {"form": "prefix", "lspace": "0", "rspace": "0"}
    assert minus.text == "−"


def test_numbers_stand_where_names_stood():
    taught = formula("floor((n + 2*p - d*(k - 1) - 1)/s) + 1")
    values = {name: number(value) for name, value in {"n": 13, "p": 0, "d": 1, "k": 4, "s": 1}.items()}
    assert leaves(mathml(taught, values)) == "⌊13+2·0−1·(4−1)−11⌋+1"
    assert latex(taught, values) == r"\left\lfloor \frac{13 + 2 \cdot 0 - 1 \cdot (4 - 1) - 1}{1} \right\rfloor + 1"


def test_negative_numbers_get_brackets():
    assert leaves(mathml(formula("x*w + y"), {"x": number(-2), "w": number(-1), "y": number(-3)})) == "(−2)·(−1)−3"


@pytest.mark.parametrize(
    "typed, upright", [("C_in", "in"), ("ReLU", "ReLU"), ("Var(x)", "Var"), ("softplus", "softplus")]
)
def test_words_are_upright(typed, upright):
    """An identifier of several letters is upright by itself; one letter that has to be says so."""
    assert f"<mi>{upright}</mi>" in mathml(formula(typed))


def test_the_expectation_is_upright():
    assert '<mi mathvariant="normal">𝔼</mi>' in mathml(formula("E[x]"))


def test_a_prime_stands_at_full_size():
    assert mathml(formula("x'")) == '<math><mi>x</mi><mo lspace="0" rspace="0">′</mo></math>'


def test_signs_in_limits_have_no_space():
    said = ElementTree.fromstring(mathml(formula("sum(i, 1, n - 1, x_i)")))
    assert all(sign.attrib.get("lspace") == "0" for sign in said.findall("munderover/mrow/mo"))


def test_space_around_a_large_sign_stands_beside_it():
    """Of space that the sign itself has, Firefox leaves some out of the formula's width, and cuts the end off."""
    said = mathml(formula("sum(i, 1, n, x_i)"))
    assert said.startswith('<math><mspace width="0.17em"/><munderover><mo lspace="0" rspace="0">∑</mo>')
    assert '</munderover><mspace width="0.17em"/>' in said


def test_signs_of_order_are_escaped():
    assert "<mo>&lt;</mo>" in mathml(formula("a < b"))


def test_brackets_grow_only_around_what_is_tall():
    assert 'stretchy="false"' in mathml(formula("f(x)", ("f",)))
    assert "stretchy" not in mathml(formula("ceil(H/32)"))


@pytest.mark.parametrize(
    "name, letter, below, primes",
    [("n", "n", (), 0), ("C_in", "C", ("in",), 0), ("y_2,k", "y", ("2", "k"), 0), ("x''", "x", (), 2)],
)
def test_names_are_taken_apart(name, letter, below, primes):
    parts = symbol(name)
    assert (parts.letter, parts.below, parts.primes) == (letter, below, primes)


def test_the_embedded_font_has_every_character():
    font = set(TTFont(FONTS / "stix-two-math.woff2").getBestCmap())
    formulas = [*map(formula, (typed for typed, _ in TABLE)), *RULES.values()]
    used = {character for said in formulas for character in leaves(mathml(said))}
    assert {character for character in used if ord(character) not in font} == set()


def test_keys_of_the_bank_are_printed():
    for key in keys_of_the_bank():
        said = as_formula(key.result)
        assert ElementTree.fromstring(mathml(said)).tag == "math"
        assert not isinstance(read(latex(said)), Unreadable)
