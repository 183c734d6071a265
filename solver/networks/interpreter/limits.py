"""How much is read: beyond any of these reading stops, which costs nobody a mark."""

from __future__ import annotations

from typing import Final

MOST_CHARACTERS: Final = 100_000
MOST_STEPS: Final = 200_000
MOST_CALLS: Final = 60
MOST_ROUNDS: Final = 2_000
MOST_ITEMS: Final = 5_000
MOST_LETTERS: Final = 10_000
LARGEST: Final = 10**15
LARGEST_EXPONENT: Final = 64
ITEMS_A_STEP: Final = 16
"""A list or text that is computed costs as many steps as it has sixteens of items, so that memory has an end too."""
