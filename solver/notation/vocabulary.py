"""The words and signs that mathematics is read from: functions, Greek letters, LaTeX commands, marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ARITY: Final[Mapping[str, tuple[int, int]]] = {
    "floor": (1, 1),
    "ceil": (1, 1),
    "abs": (1, 1),
    "sign": (1, 1),
    "sqrt": (1, 1),
    "exp": (1, 1),
    "ln": (1, 1),
    "log": (1, 2),
    "lg": (1, 2),
    "root": (1, 2),
    "max": (1, 400),
    "min": (1, 400),
    "sin": (1, 1),
    "cos": (1, 1),
    "tan": (1, 1),
    **dict.fromkeys("sec csc cot asin acos atan asec acsc acot sinh cosh tanh sech csch coth".split(), (1, 1)),
    **dict.fromkeys("asinh acosh atanh asech acsch acoth".split(), (1, 1)),
    "sigmoid": (1, 1),
    "relu": (1, 1),
    "erf": (1, 1),
    "factorial": (1, 1),
    "binomial": (2, 2),
    "mod": (2, 2),
    "gcd": (2, 400),
    "lcm": (2, 400),
    "conjugate": (1, 1),
    "re": (1, 1),
    "im": (1, 1),
    "arg": (1, 1),
    "E": (1, 1),
    "Var": (1, 1),
    "Cov": (2, 2),
    "std": (1, 1),
    "indicator": (1, 1),
    "delta": (2, 2),
    "matrix": (1, 400),
    "union": (2, 400),
    "intersection": (2, 400),
    "without": (2, 2),
    "element": (2, 2),
    "pm": (1, 2),
    "mp": (1, 2),
    "ratio": (2, 400),
    "degrees": (1, 1),
}
"""The functions that are always known, with the least and the greatest number of their arguments."""

THOUSANDS: Final[Mapping[str, int]] = {"K": 10**3, "k": 10**3, "M": 10**6}
"""513K, where no name is declared that reads so."""

ALIASES: Final[Mapping[str, str]] = {
    "Abs": "abs",
    "ceiling": "ceil",
    "Max": "max",
    "Min": "min",
    "ReLU": "relu",
    "RELU": "relu",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "sgn": "sign",
    "var": "Var",
    "VAR": "Var",
    "cov": "Cov",
    "COV": "Cov",
    "Std": "std",
    "STD": "std",
    "choose": "binomial",
    "nCr": "binomial",
    "signum": "sign",
    "cosec": "csc",
    "cosech": "csch",
    "tg": "tan",
    "ctg": "cot",
    **{f"arc{name}": f"a{name}" for name in "sin cos tan sec csc cot".split()},
    **{f"ar{long}{name}": f"a{name}" for long in ("", "c") for name in "sinh cosh tanh sech csch coth".split()},
    "Re": "re",
    "Im": "im",
    "conj": "conjugate",
}

ROOTS: Final[Mapping[str, int]] = {"cbrt": 3}
"""Functions that are read as powers, each with the degree of its root."""

FOLDS: Final[Mapping[str, str]] = {"sum": "sum", "prod": "prod", "product": "prod", "int": "int", "integral": "int"}
"""Folds in call form: sum(i, 1, n, w_i x_i)."""

TRIGONOMETRIC: Final = frozenset("sin cos tan sec csc cot".split())

BARE: Final = frozenset(
    {"ln", "log", "lg", "exp", "sqrt", *TRIGONOMETRIC, *(f"a{name}" for name in TRIGONOMETRIC)}
    | set("sinh cosh tanh sech csch coth asinh acosh atanh asech acsch acoth".split())
)
"""Functions that may stand before one letter or number without a bracket: ln n."""

GLUED: Final = ("Var", "Cov", "E")
"""Functions that are seen at the end of an undeclared word, as in nVar(w)."""

CONSTANTS: Final = ("pi", "e")

SETS: Final[Mapping[str, str]] = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}
"""Sets of numbers, by the letter that \\mathbb makes them of."""

TRUTHS: Final = ("and", "or", "not")
"""What joins conditions."""

NOUNS: Final[Mapping[str, str]] = {"nounand": "and", "nounor": "or", "nounnot": "not"}
"""The same as STACK spells them."""

HEDGES: Final = frozenset(
    "or and not if else then either nor neither never except minus plus times less more over about almost maybe wrong "
    "half twice double dozen hundred thousand million billion squared cubed negative between".split()
) | {*NOUNS}
"""English words that change what stands beside them, and so are neither units nor products of letters."""

NOT_NUMBERS: Final = frozenset({"nan", "inf", "infty", "infinity"})

GREEK: Final[Mapping[str, str]] = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ϵ": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ϑ": "theta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "µ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "π": "pi",
    "ρ": "rho",
    "ϱ": "rho",
    "σ": "sigma",
    "ς": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "phi",
    "ϕ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
}
"""Greek letters that no Latin letter looks like. The first sign for a word is the one that is printed."""

BLACKBOARD: Final[Mapping[str, str]] = dict(zip("ℝℤℕℚℂ", SETS.values(), strict=True)) | {"∅": "emptyset"}

LETTERS: Final[Mapping[str, str]] = {**GREEK, **BLACKBOARD, "ℓ": "l", "ŷ": "y_hat", "𝔼": "E"}

GREEK_COMMANDS: Final = frozenset(GREEK.values())

COMMAND_LETTERS: Final[Mapping[str, str]] = {
    **{word: word for word in GREEK_COMMANDS},
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varsigma": "sigma",
    "varrho": "rho",
    "ell": "l",
    "emptyset": "emptyset",
    "varnothing": "emptyset",
    "imath": "i",
}

COMMAND_WORDS: Final[Mapping[str, str]] = {
    **{word: word for word in ("Var", "Cov", "E", "max", "min", "arg")},
    **{word: word for word in BARE - {"sqrt"}},
    **{word: word for word in ("arcsin", "arccos", "arctan", "arcsec", "arccsc", "arccot", "tg", "ctg", "sgn")},
    "gcd": "gcd",
    "Re": "re",
    "Im": "im",
    "lnot": "not",
    "neg": "not",
}

PROSE: Final = frozenset("text textrm textit textbf textsf textnormal mbox hbox".split())

STYLES: Final = PROSE | frozenset(
    "mathrm mathit mathbf mathsf mathtt mathcal mathbb mathnormal operatorname boldsymbol bm".split()
)
ACCENTS: Final[Mapping[str, str]] = {
    "hat": "_hat",
    "widehat": "_hat",
    "bar": "_bar",
    "overline": "_bar",
    "tilde": "_tilde",
    "widetilde": "_tilde",
    "vec": "_vec",
    "overrightarrow": "_vec",
    "dot": "_dot",
    "ddot": "_ddot",
}

SILENT: Final = frozenset(
    ", ; : ! > quad qquad left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr "
    "displaystyle textstyle limits nolimits thinspace medspace thickspace $".split()
) | {" "}

COMMAND_SIGNS: Final[Mapping[str, str]] = {
    "cdot": "*",
    "ast": "*",
    "times": "×",
    "div": "/",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "ne": "!=",
    "neq": "!=",
    "lt": "<",
    "gt": ">",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "lbrace": "\\{",
    "rbrace": "\\}",
    "{": "\\{",
    "}": "\\}",
    "lbrack": "[",
    "rbrack": "]",
    "frac": "frac",
    "dfrac": "frac",
    "tfrac": "frac",
    "cfrac": "frac",
    "sqrt": "sqrt",
    "binom": "binom",
    "dbinom": "binom",
    "sum": "sum",
    "prod": "prod",
    "int": "int",
    "partial": "∂",
    "boxed": "boxed",
    "infty": "∞",
    "bmod": "mod",
    "mod": "mod",
    "tbinom": "binom",
    "choose": "choose",
    "langle": "(",
    "rangle": ")",
    "mid": "|",
    "pm": "±",
    "mp": "∓",
    "in": "∈",
    "cup": "∪",
    "cap": "∩",
    "setminus": "∖",
    "backslash": "∖",
    "circ": "°",
    "degree": "°",
    "approx": "≈",
    "simeq": "≈",
    "colon": ":",
    "land": "∧",
    "wedge": "∧",
    "lor": "∨",
    "vee": "∨",
}

SIGNS: Final[Mapping[str, str]] = {
    **{sign: sign for sign in "+-*/^()[]{}|,=<>!@⌊⌋⌈⌉×∂∞±∓∈∪∩∖°≈:&∧∨"},
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "√": "sqrt",
    "∑": "sum",
    "∏": "prod",
    "∫": "int",
    ";": ",",
}

SAME: Final[Mapping[str, str]] = {
    **dict.fromkeys("−–—‐‑‒﹣－", "-"),
    **dict.fromkeys("·⋅•∙∗＊", "*"),
    **dict.fromkeys("✕✖⨯╳", "×"),
    **dict.fromkeys("÷⁄∕／", "/"),
    **dict.fromkeys("′’ʹ", "'"),
    **dict.fromkeys("\u00a0\u2009\u202f\u2007\u2008\u2002\u2003\u2004\u2005\u2006\u200a\u205f\u3000\t", " "),
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
    "＋": "+",
    "＝": "=",
    "（": "(",
    "）": ")",
    "，": ",",
    "．": ".",
    "∣": "|",
    "⩽": "≤",
    "⩾": "≥",
    "≦": "≤",
    "≧": "≥",
    "º": "°",
    "≅": "≈",
}
"""Characters read as another one, each listed by hand; no Unicode normalisation is ever applied to mathematics."""

LOOK_LIKE_X: Final = "хХχΧ"
"""Cyrillic and Greek letters that are read as the x of a shape where they stand between digits."""

SUPERSCRIPTS: Final[Mapping[str, str]] = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0123456789+-ni", strict=True))
SUBSCRIPTS: Final[Mapping[str, str]] = dict(
    zip("₀₁₂₃₄₅₆₇₈₉ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "0123456789aeoxhklmnpstijruv", strict=True)
)
VULGAR: Final[Mapping[str, tuple[int, int]]] = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅖": (2, 5),
    "⅗": (3, 5),
    "⅘": (4, 5),
    "⅙": (1, 6),
    "⅚": (5, 6),
    "⅛": (1, 8),
    "⅜": (3, 8),
    "⅝": (5, 8),
    "⅞": (7, 8),
}
