"""Coverage-guided fuzzing of the reader and of comparison; CONTRIBUTING.md says how to run it. No test imports this."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["solver.notation"]):
    from solver.notation.equality import compare
    from solver.notation.printing import plain
    from solver.notation.reading import read
    from solver.notation.unreadable import REASONS, Unreadable

VERDICTS = {"equal", "different", "unreadable", "undecided"}


def one_input(data: bytes) -> None:
    """Any text is read or refused for a known reason; what is read is printed; a comparison gives a verdict."""
    text = atheris.FuzzedDataProvider(data).ConsumeUnicode(200)
    for names in (None, ("x", "n", "w_1")):
        said = read(text, names)
        if isinstance(said, Unreadable):
            assert said.reason in REASONS, said
            assert 0 <= said.at <= len(text), said
        else:
            plain(said)
            assert compare(text, "x + 1", names=names).verdict in VERDICTS


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
