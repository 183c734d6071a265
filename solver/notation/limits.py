"""How much of anything is read and computed. Beyond it the answer is `Unreadable`, never slow and never wrong."""

from __future__ import annotations

from typing import Final

CHARACTERS: Final = 1_000
TOKENS: Final = 400
DEPTH: Final = 40
HEIGHT: Final = 80
"""Of a tree: brackets nest to `DEPTH`, and chains such as a/b/c/d lean to one side."""
DIGITS: Final = 25
DECIMAL_EXPONENT: Final = 30
EXPONENT: Final = 100
POWER_DIGITS: Final = 40
"""Of a power of two plain numbers."""
FACTORIAL: Final = 20
FOLD_TERMS: Final = 1_000
BITS: Final = 2_000
"""Of a number computed exactly."""
DEGREE: Final = 100_000
COEFFICIENT_BITS: Final = 1_000_000
