"""What every oracle returns."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from solver.frozen import frozen
from solver.values import Value

Verdict: TypeAlias = Literal["verified", "refuted", "inconclusive"]


@final
@frozen(slots=True)
class Check:
    """A claim, how it was checked, and what came out; `value` is what the oracle says, `seconds` what it took.

    `method` is a key of the catalogs: "loops" (counted one by one), "torch" (a real module), "range" (numbers put in
    for a symbol), "models" (exact, in random finite models), "models_evidence" (the same, where that is no proof),
    "definition" (nothing to check), "chi_square", "sign_flip", "e_process" (samples of torch). `scope` says how far
    it went, as in H = 1..2048; `because`, also a key of the catalogs, why that is a proof, where there is something to
    say; `recorded` the day of a check that was kept.

    `words` say the claim where it is no formula: a key of the catalogs, and what it names.

    Of samples there is more to say: what was drawn (`setting`, a key of the catalogs), how many, how many of them said
    nothing, their p or e-value, and what became of an error that was planted.
    """

    claim: str
    method: str
    verdict: Verdict
    value: Value | None = None
    seconds: float = 0.0
    scope: str = ""
    because: str = ""
    setting: str = ""
    samples: int = 0
    skipped: int = 0
    measure: Literal["", "p", "e"] = ""
    evidence: float | None = None
    planted: Verdict | Literal[""] = ""
    recorded: str = ""
    words: tuple[str, ...] = ()
