"""Text that stays text in LaTeX: its special characters escaped, signs that fonts of text lack as mathematics."""

from __future__ import annotations

import re
from typing import Final

from solver.notation.vocabulary import GREEK

_ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "−": r"$-$",
    "×": r"$\times$",
    "≈": r"$\approx$",
    **{letter: f"$\\{name}$" for letter, name in GREEK.items()},
}
_SPECIAL: Final = re.compile("[" + re.escape("".join(_ESCAPES)) + "]")


def escaped(text: str) -> str:
    r"""Text that stays text.

    >>> escaped("50% of a_b")
    '50\\% of a\\_b'
    """
    return _SPECIAL.sub(lambda sign: _ESCAPES[sign[0]], text)
