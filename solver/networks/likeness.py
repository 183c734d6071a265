"""Whether two networks are the same up to what makes no difference, and where they part.

Each network becomes a row of `Act`s, its steps in one form: dropout and the identity are left out, whatever only
reshapes is one act, a dense layer and a convolution over all of its input are the same, pooling to one pixel is the
same however it is written, zeros around a convolution's input are its padding, and an increasing activation comes
before max pooling or reshaping wherever it stood. Equal acts on equal inputs have equal numbers: two networks are alike
when their outputs have the same number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final, TypeAlias, final

from solver.frozen import frozen
from solver.layers.convolution import Conv
from solver.networks.imported import Imported
from solver.networks.moves import Pad
from solver.values import Shape

Ends: TypeAlias = "tuple[tuple[Any, Any], ...]"
"""How many zeros stand before and behind each axis."""

PASSED: Final = frozenset(
    "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout Identity Mixed".split()
)
MOVES: Final = frozenset("Flatten Unflatten Reshape Squeeze Unsqueeze".split())
INCREASING: Final = frozenset(
    "ReLU ReLU6 LeakyReLU ELU CELU SELU Softplus Softsign Tanh Sigmoid LogSigmoid Hardtanh Hardsigmoid".split()
)
"""Activations of which the largest value is that of the largest number."""
EITHER_WAY: Final = frozenset(("Add", "Multiply"))
ASIDE: Final = frozenset("inplace eps momentum num_features num_channels".split())


@final
@frozen(slots=True)
class Act:
    """One step in its one form: the kind, what it was called with, and its name in its own network."""

    kind: str
    arguments: tuple[tuple[str, Any], ...] = ()
    name: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the act that it is."""
        return (self.kind, self.arguments)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.arguments)
        return f"{self.kind}({shown})"


@final
@frozen(slots=True)
class Difference:
    """A place where two networks part: what is wanted there, what is found; one of the two may be nothing."""

    wanted: Act | None
    found: Act | None
    after: Act | None = None
    """The act of the found network before the place."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments in which two acts of one kind differ."""
        if self.wanted is None or self.found is None or self.wanted.kind != self.found.kind:
            return ()
        wanted, found = dict(self.wanted.arguments), dict(self.found.arguments)
        return tuple(name for name in wanted | found if wanted.get(name) != found.get(name))


@final
class Numbers:
    """Acts on numbered inputs, each with a number of its own, the same for both networks."""

    def __init__(self) -> None:
        self.entries: list[tuple[tuple[Any, ...], tuple[int, ...]]] = []
        self._places: dict[Any, int] = {}

    def of(self, key: tuple[Any, ...], before: tuple[int, ...]) -> int:
        """The number of an act on these inputs."""
        place = self._places.setdefault((key, before), len(self.entries))
        if place == len(self.entries):
            self.entries.append((key, before))
        return place

    def placed(self, act: Act, before: tuple[int, ...]) -> int:
        """The same, in the order in which it makes no difference."""
        if act.kind in EITHER_WAY:
            before = tuple(sorted(before))
        (kind, *_), inputs = self.entries[before[0]]
        if act.kind in INCREASING and _lets_pass(kind):
            return self.of(self.entries[before[0]][0], (self.placed(act, inputs),))
        if act.kind == kind == "ReLU":
            return before[0]
        if act.kind == kind == "Reshape":
            return self.placed(act, inputs)
        if act.kind == "Linear" and kind == "Reshape":
            before = inputs
        return self.of(act.key, before)

    def outputs(self, network: Imported) -> tuple[int, ...]:
        """The numbers of a network's outputs; that the last of them is only reshaped makes no difference."""
        held = [self.of(("input", index), ()) for index in range(network.walk.given)]
        for inputs, act in _forms(network):
            before = tuple(held[index] for index in inputs)
            held.append(before[0] if act is None else self.placed(act, before))
        last = [held[ghost.index] for ghost in network.made]
        return tuple(self.entries[one][1][0] if self.entries[one][0][0] == "Reshape" else one for one in last)


def _lets_pass(kind: str) -> bool:
    """Whether an increasing activation may as well stand before a step."""
    return kind == "Reshape" or kind.startswith(("MaxPool", "AdaptiveMaxPool"))


def alike(wanted: Imported, found: Imported) -> bool:
    """Whether two networks compute the same, as far as their structure says."""
    numbers = Numbers()
    return numbers.outputs(wanted) == numbers.outputs(found)


def differences(wanted: Imported, found: Imported) -> tuple[Difference, ...]:
    """Where the second network parts from the first, in its order; none where they are alike."""
    if alike(wanted, found):
        return ()
    here, there = list(acts(wanted)), list(acts(found))
    matcher = SequenceMatcher(None, [act.key for act in here], [act.key for act in there], autojunk=False)
    said: list[Difference] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            said += _paired(here[i1:i2], there[j1:j2], there[j1 - 1] if j1 else None)
    return tuple(said)


def _paired(here: list[Act], there: list[Act], after: Act | None) -> Iterator[Difference]:
    """Acts of one kind side by side, also two activations; the others alone."""
    left = list(there)
    for act in here:
        same = next((other for other in left if other.kind == act.kind), None)
        if same is None and act.kind in INCREASING:
            same = next((other for other in left if other.kind in INCREASING), None)
        if same is not None:
            left.remove(same)
        yield Difference(act, same, after)
    yield from (Difference(None, other, after) for other in left)


def acts(network: Imported) -> Iterator[Act]:
    """The steps of a network in their one form, in the order in which its code takes them; reshaping is left out."""
    said = [act for _, act in _forms(network) if act is not None and act.kind != "Reshape"]
    for place in range(len(said) - 1, 0, -1):
        if said[place - 1].kind in INCREASING and _lets_pass(said[place].kind):
            said[place - 1 : place + 1] = said[place], said[place - 1]
    yield from said


def _forms(network: Imported) -> Iterator[tuple[tuple[int, ...], Act | None]]:
    """For each step the numbers of its inputs and its one form; None for one that makes no difference."""
    zeros = _paddings(network)
    records = network.walk.records
    for signal, (step, inputs, shapes, name, learned, facts, _) in enumerate(records, network.walk.given):
        around = zeros.get(inputs[0]) if inputs else None
        yield inputs, None if signal in zeros else _act(step.layer, shapes, facts[0], name, learned, around)


def _paddings(network: Imported) -> Mapping[int, Ends]:
    """The signals with zeros around them that only convolutions take, which may as well put them there themselves."""
    takers = defaultdict(list)
    for step, inputs, *_ in network.walk.records:
        for signal in inputs:
            takers[signal].append(step.layer)
    outputs = {ghost.index for ghost in network.made}
    said = {}
    for signal, (step, *_) in enumerate(network.walk.records, network.walk.given):
        ends = _zeros(step.layer)
        if ends and takers[signal] and signal not in outputs and all(_pads(each, ends) for each in takers[signal]):
            said[signal] = ends
    return said


def _zeros(layer: Any) -> Ends:
    """The zeros that a step puts around its input; none for another step."""
    if isinstance(layer, Pad) and layer.zeros:
        sides = {axis: (before, behind) for axis, before, behind in layer.sides}
        last = max(sides)
        return () if 0 in sides else tuple(sides.get(axis, (0, 0)) for axis in range(1, last + 1))
    return tuple(layer.ends) if layer.kind.startswith("ZeroPad") else ()


def _pads(layer: Any, ends: Ends) -> bool:
    """Whether a step is a convolution that could put these zeros around its input itself."""
    added = all(isinstance(end, int) and end >= 0 for both in ends for end in both)
    return added and isinstance(layer, Conv) and layer.padding_mode == "zeros" and layer.axes >= len(ends)


def _padding(layer: Conv, around: Ends) -> Any:
    """A convolution's padding in numbers, with the zeros that a step before it puts there."""
    window = layer.window
    each = zip(window.padding, window.dilation, window.kernel, strict=True)
    own = [(p, d * (k - 1) - p if window.same else p) for p, d, k in each]
    more = [*around, *[(0, 0)] * (len(own) - len(around))]
    ends = [(p + before, q + behind) for (p, q), (before, behind) in zip(own, more, strict=True)]
    return _plain(tuple(p if p == q else (p, q) for p, q in ends))


def _act(
    layer: Any, shapes: tuple[Shape, ...], made: Shape, name: str, learned: bool, around: Ends | None
) -> Act | None:
    kind = layer.kind
    before = shapes[0] if shapes else made
    if kind in PASSED:
        return None
    if kind in MOVES:
        return None if before == made else Act("Reshape", (("to", tuple(made)),), name)
    if not around and isinstance(layer, Conv) and _covers(layer, before, made):
        return Act("Linear", (("bias", bool(layer.bias)), ("out_features", made[0])), name)
    if _is_mean_of_all(layer, before, made):
        return Act("GlobalAvgPool", (), name)
    said = layer.arguments | ({"padding": _padding(layer, around or ())} if isinstance(layer, Conv) else {})
    arguments = tuple((each, _plain(value)) for each, value in sorted(said.items()) if each not in ASIDE)
    arguments = tuple((each, value) for each, value in arguments if not _is_default(layer, each, value))
    return Act(kind, arguments if learned else (*arguments, ("again", True)), name)


def _covers(layer: Any, before: Shape, made: Shape) -> bool:
    """Whether a convolution sees all of its input once."""
    sizes = tuple(before[1:])
    once = _plain(layer.padding) in (0, "valid") and _plain(layer.dilation) == 1 and layer.groups == 1
    return once and _window(layer, sizes) == sizes and tuple(made[1:]) == (1,) * len(sizes)


def _window(layer: Any, sizes: tuple[Any, ...]) -> tuple[Any, ...]:
    """A layer's window, a number for each axis."""
    kernel = layer.kernel_size
    return tuple(kernel) if isinstance(kernel, tuple) else (kernel,) * len(sizes)


def _is_mean_of_all(layer: Any, before: Shape, made: Shape) -> bool:
    """Whether every channel becomes its mean."""
    sizes = tuple(before[1:])
    if layer.kind == "Reduce":
        return layer.function == "mean" and set(layer.axes) == set(range(1, len(before))) and len(before) > 1
    if not layer.kind.startswith(("AvgPool", "AdaptiveAvgPool")) or tuple(made[1:]) != (1,) * len(sizes):
        return False
    return layer.kind.startswith("Adaptive") or _window(layer, sizes) == sizes


def _is_default(layer: Any, name: str, value: Any) -> bool:
    """Whether an argument says nothing: a stride equal to the window."""
    return name == "stride" and "Pool" in layer.kind and value in (None, _plain(getattr(layer, "kernel_size", None)))


def _plain(value: Any) -> Any:
    """One number for equal ones in a tuple."""
    if isinstance(value, tuple) and value and len(set(value)) == 1 and not isinstance(value[0], tuple):
        return value[0]
    return value
