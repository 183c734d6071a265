"""Where reading stops, as data: why, in which line, at which word. Words for readers are found elsewhere."""

from __future__ import annotations

import re
from typing import Any, Final, final

from solver.frozen import frozen


class Stopped(Exception):
    """Reading ends here: why, in which line, at which word."""

    def __init__(self, reason: str, line: int = 0, word: str = "") -> None:
        super().__init__(reason, line, word)
        self.reason, self.line, self.word = reason, line, word


@final
class Unread(Stopped):
    """What we cannot read: our limit, which costs nobody a mark.

    Reasons: syntax, too_long, too_deep, too_many_steps, construct (a statement or expression outside our part of
    Python), unknown_name (something imported or made elsewhere), unknown_operation (an operation without a rule),
    needs_values (what happens next depends on numbers), no_network (no class of a network in it), no_training
    (no loop that trains in it), needs_arguments (a network's constructor wants what nobody says).
    """


@final
class Broken(Stopped):
    """What Python or torch would refuse: a mistake of the code's, with its line.

    Reasons: missing_name, missing_attribute, wrong_arguments, missing_arguments, not_whole (a size that is no whole
    number), no_super_init, not_callable, no_forward, no_output (forward gives no tensor), not_a_layer (where a
    container takes layers), layer_on_signal (nn.ReLU(x)), raised (the code's own raise or assert), wrong_type,
    batch_merged (the batch and all other axes have become one, as by flatten() without its 1), misfit (a layer and
    its input; then `misfit` and `made_by` say more).
    """

    misfit: Any = None
    made_by: str = ""

    @property
    def raises(self) -> str:
        """The exception that Python would raise, by name."""
        said = re.match(r"(?:raise )?([A-Z]\w+)", self.word)
        if self.reason in ("wrong_type", "raised") and said:
            return said[1]
        return RAISES.get(self.reason, "TypeError")


RAISES: Final = {
    "missing_name": "NameError", "missing_attribute": "AttributeError", "misfit": "RuntimeError",
    "no_super_init": "AttributeError", "raised": "AssertionError", "no_forward": "NotImplementedError",
}  # fmt: skip
"""Reason -> what Python raises; TypeError for the others."""


@final
@frozen(slots=True)
class Unknown:
    """A value that nobody knows, and why."""

    stopped: Stopped
