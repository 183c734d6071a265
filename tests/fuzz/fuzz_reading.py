"""Coverage-guided fuzzing of the reader and of comparison; CONTRIBUTING.md says how to run it. No test imports this."""

from __future__ import annotations

import sys
from typing import Literal

import atheris

with atheris.instrument_imports(include=["solver.notation"]):
    from solver.notation.equality import compare
    from solver.notation.printing import ascii_text, plain
    from solver.notation.reading import read
    from solver.notation.unreadable import REASONS, Unreadable

VERDICTS = {"equal", "different", "unreadable", "undecided"}
KEYS = ("x + 1", "2/n", "{1, 2}", "[0, 1)", "x = 2 or x = -2", "n*Var(w)*E[x^2]")
GROWN = ("too_deep", "too_long", "too_many_digits")
"""What may be wrong with a text that was printed: brackets were added, numbers written out."""
DECIMALS: tuple[Literal[".", ","] | None, ...] = (None, ".", ",")


def one_input(data: bytes) -> None:
    """Any text is read or refused for a known reason; what is read is printed and read again; comparing ends."""
    chosen = atheris.FuzzedDataProvider(data)
    key = KEYS[chosen.ConsumeIntInRange(0, len(KEYS) - 1)]
    decimal = DECIMALS[chosen.ConsumeIntInRange(0, 2)]
    text = chosen.ConsumeUnicode(200)
    for names in (None, ("x", "n", "w_1")):
        said = read(text, names, decimal=decimal)
        if isinstance(said, Unreadable):
            assert said.reason in REASONS, said
            assert 0 <= said.at <= len(text), said
            continue
        for printed in (ascii_text(said), plain(said)):
            again = read(printed)
            assert not isinstance(again, Unreadable) or again.reason in GROWN, (said, printed)
        if not any(sign in text for sign in ("∫", "int", "diff", "∂")):  # SymPy's work takes seconds
            assert compare(text, key, names=names if key == "x + 1" else None).verdict in VERDICTS


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
