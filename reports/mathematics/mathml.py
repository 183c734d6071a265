"""A formula as MathML Core, in the order in which it was written.

What browsers do not do by themselves is said here: a minus sign in front has no space behind it, operators in
subscripts and limits have none at all, primes stand at full size, and names of several letters are upright.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, final

from reports.markup import Html, escape
from reports.mathematics.symbols import (
    FENCES,
    FOLDS,
    INFIX,
    LETTERS,
    RELATIONS,
    WORDS,
    Symbol,
    is_known,
    is_tall,
    symbol,
    times_shown,
)
from solver.frozen import frozen
from solver.notation.matrices import rows_of
from solver.notation.precedence import bracketed
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
    children,
    substitute,
)

_ACCENTS: Final = {"hat": "^", "bar": "¯", "tilde": "~"}
_APPLY: Final = "<mo>&#x2061;</mo>"
_TIGHT: Final = ' lspace="0" rspace="0"'
_THIN: Final = '<mspace width="0.17em"/>'


def mathml(
    formula: Formula,
    values: Mapping[str, Formula] | None = None,
    *,
    display: bool = False,
    equals: bool = False,
) -> Html:
    """A formula as a `math` element, with formulas put in for names.

    `display` is for one on a line of its own, where fractions have their full size; `equals` starts the line with an
    equality sign.

    >>> mathml(Neg(Name("n")))
    '<math><mo form="prefix" lspace="0" rspace="0">−</mo><mi>n</mi></math>'
    """
    said = _Printer(small=False).row(substitute(formula, values) if values else formula)
    style = ' displaystyle="true"' if display else ""
    lead = '<mo form="infix" lspace="0">=</mo>' if equals else ""
    return Html(f"<math{style}>{lead}{said}</math>")


@final
@frozen(slots=True)
class _Printer:
    """Prints elements side by side; `small` in subscripts, exponents and limits, where signs stand without space."""

    small: bool

    # --- elements

    def sign(self, text: str) -> str:
        return f"<mo{_TIGHT if self.small else ''}>{escape(text)}</mo>"

    def fenced(self, opening: str, inner: str, closing: str, tall: bool) -> str:
        """Something between brackets, which grow with what is higher than a line."""
        grow = "" if tall else ' stretchy="false"'
        first = f'<mo form="prefix"{grow}{_TIGHT}>{opening}</mo>'
        last = f'<mo form="postfix"{grow}{_TIGHT}>{closing}</mo>'
        return f"<mrow>{first}{inner}{last}</mrow>"

    def listed(self, formulas: tuple[Formula, ...]) -> str:
        comma = f"<mo{_TIGHT}>,</mo>" if self.small else '<mo lspace="0">,</mo>'
        return comma.join(map(self.row, formulas))

    def word(self, word: str) -> str:
        """An identifier: a Greek letter, an italic letter, an upright word, or a number in a subscript."""
        if word.isdecimal():
            return f"<mn>{word}</mn>"
        return f"<mi>{escape(LETTERS.get(word, word))}</mi>"

    def upright(self, word: str) -> str:
        style = ' mathvariant="normal"' if len(word) == 1 else ""
        return f"<mi{style}>{escape(word)}</mi>"

    # --- formulas

    def one(self, formula: Formula) -> str:
        """A formula as exactly one element."""
        return f"<mrow>{self.row(formula)}</mrow>"

    def inside(self, parent: Formula, place: int) -> str:
        """A child of a formula, in brackets where it needs them."""
        child = children(parent)[place]
        said = self.row(child)
        if not bracketed(child, parent, place, stacked=True):
            return said
        return self.fenced("(", said, ")", is_tall(child))

    def row(self, formula: Formula) -> str:
        match formula:
            case Number(value, written):
                return self.number(value, written)
            case Name(text):
                return self.name(text)
            case Neg():
                return f'<mo form="prefix"{_TIGHT}>−</mo>{self.inside(formula, 0)}'
            case Add():
                return self.sum(formula)
            case Mul():
                return self.product(formula)
            case Div(top, bottom):
                return f"<mfrac>{self.one(top)}{self.one(bottom)}</mfrac>"
            case Pow():
                return self.power(formula)
            case Call():
                return self.call(formula)
            case Fold():
                return self.fold(formula)
            case Partial():
                return self.partial(formula)
            case Group():
                return self.group(formula)
            case Relation():
                return self.relation(formula)

    def number(self, value: int | Fraction, written: str) -> str:
        if written or value.denominator == 1:
            return f"<mn>{escape(written or str(value))}</mn>"
        return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"

    def name(self, text: str) -> str:
        """A letter or word with what stands below it, above it and behind it."""
        if text == "infinity":
            return "<mi>∞</mi>"
        parts = symbol(text)
        said = f"<msub>{self.letter(parts)}{self.below(parts)}</msub>" if parts.below else self.letter(parts)
        return said + f"<mo{_TIGHT}>′</mo>" * parts.primes

    def letter(self, parts: Symbol) -> str:
        """The letter or word of a name, with its accents."""
        said = self.word(parts.letter)
        for accent in parts.accents:
            said = f'<mover accent="true">{said}<mo stretchy="false">{_ACCENTS[accent]}</mo></mover>'
        return said

    def below(self, parts: Symbol) -> str:
        """The subscript of a name, as one element."""
        return f"<mrow>{f'<mo{_TIGHT}>,</mo>'.join(map(self.word, parts.below))}</mrow>"

    def sum(self, formula: Add) -> str:
        """The terms, each minus sign as a subtraction."""
        pieces = [self.inside(formula, 0)]
        for place, term in enumerate(formula.terms[1:], start=1):
            match term:
                case Neg():
                    pieces += [self.sign("−"), self.inside(term, 0)]
                case _:
                    pieces += [self.sign("+"), self.inside(formula, place)]
        return "".join(pieces)

    def product(self, formula: Mul) -> str:
        pieces = [self.inside(formula, 0)]
        for place in range(1, len(formula.factors)):
            pieces.append(self.sign("·") if times_shown(formula, place) else self.silent_times(formula, place))
            pieces.append(self.inside(formula, place))
        return "".join(pieces)

    def silent_times(self, formula: Mul, place: int) -> str:
        """The product sign that is not shown, with a little space where factors would run together."""
        left, right = formula.factors[place - 1 : place + 1]
        apart = not self.small and (isinstance(left, Name | Call | Pow) or isinstance(right, Call))
        return f'<mo lspace="{"0.14em" if apart else "0"}" rspace="0">&#x2062;</mo>'

    def power(self, formula: Pow) -> str:
        """The exponent above, and right above the subscript of a name that has one."""
        exponent = _SMALL.one(formula.exponent)
        if isinstance(formula.base, Name) and formula.base.text != "infinity":
            parts = symbol(formula.base.text)
            if parts.below and not parts.primes:
                return f"<msubsup>{self.letter(parts)}{self.below(parts)}{exponent}</msubsup>"
        return f"<msup><mrow>{self.inside(formula, 0)}</mrow>{exponent}</msup>"

    def partial(self, formula: Partial) -> str:
        over, under = (f"<mrow><mo{_TIGHT}>∂</mo>{self.inside(formula, place)}</mrow>" for place in range(2))
        return f"<mfrac>{over}{under}</mfrac>"

    def relation(self, formula: Relation) -> str:
        pieces = [self.inside(formula, 0)]
        for place, operator in enumerate(formula.operators, start=1):
            pieces += [self.sign(RELATIONS[operator]), self.inside(formula, place)]
        return "".join(pieces)

    def group(self, formula: Group) -> str:
        items = [self.inside(formula, place) for place in range(len(formula.items))]
        match formula.bracket:
            case "x":
                return self.sign("×").join(items)
            case "@":
                return f"<mo{_TIGHT}>@</mo>".join([*items[:1], self.sign("×").join(items[1:])])
            case ",":
                return self.listed(formula.items)
            case "[)" | "(]" as fences:
                return self.fenced(fences[0], self.listed(formula.items), fences[1], is_tall(formula))
            case "(":
                return self.fenced("(", self.listed(formula.items), ")", is_tall(formula))
            case "[":
                return self.fenced("[", self.listed(formula.items), "]", is_tall(formula))
            case "{":
                return self.fenced("{", self.listed(formula.items), "}", is_tall(formula))

    def fold(self, formula: Fold) -> str:
        body = self.inside(formula, 2)
        low, high = _SMALL.row(formula.low), _SMALL.one(formula.high)
        sign = f"<mo{_TIGHT}>{FOLDS[formula.kind]}</mo>"
        # beside the sign: of space that the sign itself has, Firefox leaves some out of the formula's width
        apart = "" if self.small else _THIN
        variable = self.name(formula.variable)
        if formula.kind == "int":
            limits = f"<msubsup>{sign}<mrow>{low}</mrow>{high}</msubsup>"
            return f"{apart}{limits}{apart}{body}{self.differential(variable)}"
        start = f"<mrow>{variable}{_SMALL.sign('=')}{low}</mrow>"
        return f"{apart}<munderover>{sign}{start}{high}</munderover>{apart}{body}"

    def differential(self, variable: str) -> str:
        return f"{_THIN}{self.upright('d')}{variable}"

    # --- functions

    def call(self, formula: Call) -> str:
        arguments = formula.arguments
        match formula.function, arguments:
            case "sqrt", (body,):
                return f"<msqrt>{self.row(body)}</msqrt>"
            case "factorial", _:
                return f'{self.inside(formula, 0)}<mo form="postfix"{_TIGHT}>!</mo>'
            case "binomial", (top, bottom):
                stack = f'<mfrac linethickness="0">{self.one(top)}{self.one(bottom)}</mfrac>'
                return self.fenced("(", stack, ")", tall=True)
            case "delta", (first, second):
                inner = f"{_SMALL.row(first)}<mo{_TIGHT}>,</mo>{_SMALL.row(second)}"
                return f"<msub><mi>δ</mi><mrow>{inner}</mrow></msub>"
            case "log", (body, base):
                below = f"<msub>{self.upright('log')}{_SMALL.one(base)}</msub>"
                return below + _APPLY + self.fenced("(", self.row(body), ")", is_tall(body))
            case "degrees", _:
                return f'{self.inside(formula, 0)}<mo form="postfix"{_TIGHT}>°</mo>'
            case "matrix", _ if (entries := rows_of(formula)) is not None:
                rows = ("".join(f"<mtd>{self.row(entry)}</mtd>" for entry in row) for row in entries)
                table = "".join(f"<mtr>{row}</mtr>" for row in rows)
                return self.fenced("(", f"<mtable>{table}</mtable>", ")", tall=True)
            case "not", _:
                return self.sign("¬") + self.fenced("(", self.listed(arguments), ")", is_tall(formula))
            case function, (_,) if function in INFIX:
                return f'<mo form="prefix"{_TIGHT}>{INFIX[function]}</mo>' + self.inside(formula, 0)
            case function, _ if function in INFIX:
                return self.sign(INFIX[function]).join(self.inside(formula, at) for at in range(len(arguments)))
            case function, _:
                head, opening, closing = self.frame(function)
                return head + self.fenced(opening, self.listed(arguments), closing, any(map(is_tall, arguments)))

    def frame(self, function: str) -> tuple[str, str, str]:
        """What stands before a function's arguments, and the brackets around them."""
        match function:
            case "indicator":
                return f"<mn>𝟙</mn>{_APPLY}", "{", "}"
            case "E":
                return f"{self.upright('𝔼')}{_APPLY}", "[", "]"
            case _ if function in FENCES:
                return "", *FENCES[function]
            case _:
                return f"{self.function(function)}{_APPLY}", "(", ")"

    def function(self, name: str) -> str:
        """A function's name: upright where everybody knows it, as in Var; otherwise a letter of the text."""
        bare = name.rstrip("'")
        primes = f"<mo{_TIGHT}>′</mo>" * (len(name) - len(bare))
        if not is_known(bare):
            return self.name(name)
        head, _, below = bare.partition("_")
        said = self.upright(WORDS.get(head, head))
        return (f"<msub>{said}<mrow>{self.word(below)}</mrow></msub>" if below else said) + primes


_SMALL: Final = _Printer(small=True)
