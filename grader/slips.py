"""What wrong answers to a part are recognised, and where two mistakes lead to one answer, or one to the key."""

from __future__ import annotations

from typing import final

from grader.judge import Marker, told_apart
from grader.verdict import Explanation
from solver.frozen import frozen
from solver.values import Value


@final
@frozen(slots=True)
class Recognised:
    """An answer that mistakes lead to, each a way to explain it; `is_key` where it is right all the same."""

    value: Value
    explanations: tuple[Explanation, ...]
    is_key: bool

    @property
    def collides(self) -> bool:
        """Whether nobody can tell which mistake was made."""
        return len(self.explanations) > 1


def recognised(marker: Marker, part_id: str, most: int = 1) -> tuple[Recognised, ...]:
    """The answers that up to `most` slips at once lead to, fewest first; none for choices and words."""
    part = marker.part(part_id)
    if part.part.options or part.part.free:
        return ()
    found: list[tuple[Value, list[Explanation]]] = []
    for value, explanation in part.explanations():
        if len(explanation) > most:
            continue
        same = next((said for other, said in found if part.kind.same(part.reading(value), other) is True), None)
        if same is None:
            found.append((value, [explanation]))
        elif explanation not in same and len(explanation) <= len(same[0]):
            same.append(explanation)
    return tuple(Recognised(value, told_apart(said), part.is_key(value)) for value, said in found)
