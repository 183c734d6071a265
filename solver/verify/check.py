"""What every oracle returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from solver.values import Value

Verdict: TypeAlias = Literal["verified", "refuted", "inconclusive"]


@final
@dataclass(frozen=True, slots=True)
class Check:
    """A claim, how it was checked, and what came out; `value` is what the oracle says, `seconds` what it took.

    `method` is a key of the catalogs: "loops" (counted one by one), "torch" (a real module), "range" (numbers put in
    for a symbol), "models" (exact, in random finite models), "models_evidence" (the same, where that is no proof),
    "definition" (nothing to check). `scope` says how far it went, as in H = 1..2048; `because`, also a key of the
    catalogs, why that is a proof, where there is something to say.
    """

    claim: str
    method: str
    verdict: Verdict
    value: Value | None = None
    seconds: float = 0.0
    scope: str = ""
    because: str = ""
