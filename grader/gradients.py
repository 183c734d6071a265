"""Answers in the derivatives of a residual block: sum_k dC/dy_k 1{y2_k >= 0} (dy1_k/dx_m + delta_km), and all equals.

An answer is compared with its key in random networks that have exact derivatives, so that its form does not matter: the
sum may be split, the delta sifted out, k called j. Sums run over all units, whether their limits are written or not. At
a tie, where the derivative of relu is a convention, nothing is compared: 1{y > 0} is as right as 1{y >= 0}.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, final

from exercises.exercise import Derivatives, Part
from grader.kinds import AnswerKind, Read, Reading
from grader.prose import without_words
from solver.notation.printing import plain
from solver.notation.reading import formula, read
from solver.notation.tree import Formula, Group, Relation
from solver.notation.unreadable import Unreadable
from solver.patterns import pattern
from solver.values import Value

if TYPE_CHECKING:  # SymPy is loaded for whoever answers such a part
    from solver.moments.assumptions import Facts

_FOLD = pattern(r"(\\sum|∑|Σ|\bsum)(\s*_\s*)(?:\{\s*([a-z])\s*\}|([a-z])(?![A-Za-z0-9]))(?!\s*\^)")
_ONE: Final = r"(?:(?<![\w.^])[1I]|\\math(?:bb|bf|ds|bbm|rm)\s*\{?\s*[1I]\s*\}?|𝟙|𝟏)"
_INDICATOR = pattern(
    rf"{_ONE}\s*_?\s*(?:\\left\s*)?\\?[\[({{]"
    r"((?:[^\[\](){}]|\{[^{}]*\})*?(?:[<>=≥≤]|\\g(?:eq?|t)|\\l(?:eq?|t))(?:[^\[\](){}]|\{[^{}]*\})*?)"
    r"(?:\\right\s*)?\\?[\])}]"
)
_BESIDE = pattern(r"(?:(?<=[\w)\]}])(?<!\\cdot)(?<!\\times)(?<!\\quad)\s+|(?<=[)\]}]))(?=1\\?\{)")


@final
class Gradient(AnswerKind):
    """A formula in derivatives, equal to the key in every network of the block that is asked about."""

    def __init__(self, part: Part, key: Value, given: tuple[Value, ...] = ()) -> None:
        super().__init__(part, key, given)
        self.block = part.derivatives or Derivatives()

    def read(self, text: str) -> Read | Unreadable:
        from solver.gradient_formulas import KNOWN  # SymPy, which other answers can do without

        said = read(spelled(without_words(text)), KNOWN, decimal=self.part.decimal)
        match said:
            case Unreadable():
                return Unreadable(said.reason, min(said.at, max(len(text) - 1, 0)), said.word)
            case Group():
                return Unreadable("wrong_type", 0)
            case Relation(_, operators) if set(operators) != {"="}:
                return Unreadable("wrong_type", 0)
        sides = said.sides if isinstance(said, Relation) else (said,)
        meant = [self._meant(side) for side in sides]
        for value in meant:
            if isinstance(value, Unreadable):
                return value
        for (left, right), (one, other) in zip(pairwise(sides), pairwise(meant), strict=True):
            if self._same(one, other) is False:
                asked = self._meant(formula(self.block.asked))
                reason = "false_link" if asked in meant[:-1] and left != sides[0] else "other_quantity"
                if meant[0] == asked and left == sides[0]:
                    continue  # what was asked, and an answer, which may be wrong
                return Unreadable(reason, 0, f"{plain(left)} = {plain(right)}")
        return self._unfinished(meant[-1], sides[-1]) or Read((meant[-1],), plain(said))

    def same(self, reading: Reading, key: Value) -> bool | None:
        return self._same(reading, key)

    def _same(self, one: Any, other: Any) -> bool | None:
        from solver.verify.derivatives import NotComputable, same  # SymPy again

        try:
            return same(one, other, self._facts)
        except NotComputable:
            return None

    @cached_property
    def _facts(self) -> Facts:
        from solver import gradients  # SymPy again
        from solver.moments.assumptions import Facts

        facts = (*gradients.COST, *(gradients.BLOCK if self.block.skip else gradients.PLAIN))
        return Facts.among(fact.result for fact in (*facts, *(gradients.DEAD if self.block.dead else ())))

    def _unfinished(self, meant: Any, side: Formula) -> Unreadable | None:
        """What is to be said where a derivative is left that the block says more of: dy_k/dx_m."""
        from solver.gradients import C, w, x, y  # SymPy again
        from solver.symbols import D

        last = w if self.block.asked.endswith("w") else None
        for derivative in sorted(meant.atoms(D), key=str):
            of, by = (getattr(one, "base", one) for one in derivative.args)
            inner = len(getattr(derivative.args[0], "indices", ())) == 2 and derivative.args[0].indices[0] == 1
            known = (of, by) in ((C, y), (x, last)) or (inner and (of, by) == (y, x))
            if not known or len(getattr(derivative.args[1], "indices", (0,))) == 2:
                return Unreadable("not_worked_out", 0, plain(side))
        return None

    def _meant(self, said: Formula) -> Any:
        """A formula in the block's own names, or why it is none."""
        from solver.gradient_formulas import Strange, meaning  # SymPy again

        try:
            return meaning(said)
        except Strange as strange:
            return Unreadable(strange.reason, 0, plain(strange.part))


def spelled(text: str) -> str:
    """A text as the reader knows it: sums with limits, indicators in braces, a sign of product before them.

    >>> spelled("sum_k dC/dy_k 1(y2_k > 0)")
    'sum_{k=0}^n  dC/dy_k*1{y2_k > 0}'
    """
    latex = "\\" in text
    bracket = ("\\{", "\\}") if latex else ("{", "}")
    text = _INDICATOR.sub(lambda found: f"1{bracket[0]}{found[1]}{bracket[1]}", text)
    text = _FOLD.sub(lambda found: f"{found[1].replace('Σ', '∑')}_{{{found[3] or found[4]}=0}}^n ", text)
    return _BESIDE.sub("*", text)
