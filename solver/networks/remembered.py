"""What layers have said, remembered: a layer is asked once for each shape, and once for each field.

All of a layer's answers are functions of its arguments and of what it is asked, so that equal layers share them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeAlias, cast, final

from solver.layers.base import Elementwise, Field, Join, Layer, followed, input_field
from solver.layers.normalisation import BatchNorm
from solver.values import Shape, Value

Facts: TypeAlias = "tuple[Shape, Value, Value, Value, Value]"
"""The shape after a step, parameters, multiplications, macs and activations."""

MOST_REMEMBERED = 4096
MOST_UNITED = 32

ONE: Final = input_field(1)


@final
class Step:
    """A layer without a name, and what it has said so far.

    by_position     it maps every number by itself, so that it makes no difference which axis is which
    keeps           its outputs see what its inputs see
    by_shape        what its outputs see depends on the shape
    demanding       not every size fits though something would come out
    """

    __slots__ = ("by_position", "by_shape", "demanding", "facts", "fields", "keeps", "layer")

    def __init__(self, layer: Layer | Join) -> None:
        self.layer = layer
        self.facts: dict[Any, Facts] = {}
        self.fields: dict[Any, tuple[Any, Field]] = {}
        self.by_shape = isinstance(layer, Layer) and type(layer).seen is not Layer.seen
        self.demanding = isinstance(layer, Layer) and type(layer).demands is not Layer.demands
        self.by_position = type(layer).reach is Elementwise.reach and not self.by_shape
        self.keeps = self.by_position or (isinstance(layer, BatchNorm) and layer.reach(ONE) is ONE)

    def learn(self, shapes: Any) -> Facts:
        """What the layer says of a shape, or a join of several."""
        layer: Any = self.layer
        after = layer.output(shapes)
        said = (
            after, layer.parameters(shapes), layer.multiplications(shapes, after), layer.macs(shapes, after),
            layer.activations(shapes, after),
        )  # fmt: skip
        if len(self.facts) > MOST_REMEMBERED:
            self.facts.clear()
        self.facts[shapes] = said
        return said

    def look(self, key: Any, seen: Any, shapes: Any) -> tuple[Any, Field]:
        """What the layer's inputs see, so that it stays, and what its output sees; the key is the inputs' fields'."""
        layer, kept = cast("Any", self.layer), seen
        while isinstance(layer, Join) and len(seen) > MOST_UNITED:  # a union of unions is the union
            seen = (followed(layer.reach, seen[:MOST_UNITED]), *seen[MOST_UNITED:])
        after = followed(layer.seen, seen, shapes) if self.by_shape else followed(layer.reach, seen)
        if len(self.fields) > MOST_REMEMBERED:
            self.fields.clear()
        said = self.fields[key] = (kept, one_of(after))
        return said


def forget() -> None:
    """Lets go of everything that has been remembered; it is said again when it is asked for."""
    STEPS.clear()
    FIELDS.clear()


FIELDS: dict[Field, Field] = {}
"""Each field once, so that fields are looked up by what they are and not by what they say."""


def one_of(seen: Field) -> Field:
    """The one field that says this."""
    if len(FIELDS) > MOST_REMEMBERED:
        FIELDS.clear()
    return FIELDS.setdefault(seen, seen)


STEPS: dict[Hashable, Step] = {}
"""Steps by what they were made from; all their answers are functions of their arguments alone."""


def step_of(key: Hashable, make: Callable[[], Layer | Join]) -> Step:
    """The step with this key."""
    step = STEPS.get(key)
    if step is None:
        if len(STEPS) > MOST_REMEMBERED:
            STEPS.clear()
        step = STEPS[key] = Step(make())
    return step


def step(layer: Layer | Join) -> Step:
    """The step of a layer without a name."""
    return step_of((type(layer), layer), lambda: layer)
