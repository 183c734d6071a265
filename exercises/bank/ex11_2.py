"""11.2: the receptive field of stacked convolution layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from exercises.exercise import Exercise, Later, Part, Range, Text
from solver.derivation import Quantity, shape, value_of
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.repeated import Repeat
from solver.questions import receptive_field
from solver.values import symbol

if TYPE_CHECKING:
    from exercises.exhibit import Exhibit

KERNELS = (3, 5, 7)
DEEPEST = 5


def derive(layers: int, k: int) -> Mapping[str, Quantity | Later]:
    """The field of a stack of equal layers, counted and in closed form."""
    named = tuple(Conv2d(1, k, name=f"conv{index + 1}") for index in range(layers))
    height, width = receptive_field(Chain(named), derived=True)
    return {
        "1": shape({"H": height, "W": width}),
        "2": Later(_any_stack),
    }


def _any_stack() -> Mapping[str, Quantity]:
    return {"2": receptive_field(Repeat(Conv2d(1, symbol("K")), times=symbol("L")), derived=True)[0]}


def exhibits(layers: int, k: int) -> Mapping[str, tuple[Exhibit, ...]]:
    """The field of one unit grown back to the input; its side for some kernels."""
    from exercises.diagram import Planes  # drawn, and nothing to judge by
    from exercises.exhibit import LineChart, Series  # drawn, and nothing to judge by

    stack = Chain((Conv2d(1, k),) * layers)
    field = value_of(receptive_field(stack)[0])
    size = layers * (k - 1) + 3
    grown = Planes(
        Text(he="התמך גדל שכבה אחר שכבה", en="The field grows layer by layer"),
        Text(
            he=f"יחידה אחת במוצא של {layers} שכבות, ומה שהיא קוראת בכל שכבה שמתחתיה, עד {field}×{field} בכניסה.",
            en=f"One unit of the output of {layers} layers and what it reads in each layer below, "
            f"down to {field}×{field} of the input.",
        ),
        stack,
        (1, size, size),
        (1, 1),
        name="receptive-field",
    )
    depths = range(DEEPEST + 1)
    sides = {kernel: [_side(kernel, depth) for depth in depths] for kernel in KERNELS}
    ends = ", ".join(f"{kernel}×{kernel}: {side[-1]}" for kernel, side in sides.items())
    growth = LineChart(
        Text(he="צלע התמך לפי מספר השכבות", en="The side of the field by the number of layers"),
        Text(
            he=f"קו ישר לכל גודל גרעין, מ־1 ללא שכבות. אחרי {DEEPEST} שכבות: {ends}.",
            en=f"A straight line for each kernel size, from 1 without layers. After {DEEPEST} layers: {ends}.",
        ),
        across=Text(he="מספר השכבות", en="number of layers"),
        up=Text(he="צלע התמך", en="side of the field"),
        series=tuple(Series(Text(he=f"{k}×{k}", en=f"{k}×{k}"), side) for k, side in sides.items()),
        name="field-growth",
    )
    return {"1": (grown,), "2": (growth,)}


def _side(kernel: int, depth: int) -> int:
    side: Any = value_of(receptive_field(Chain((Conv2d(1, kernel),) * depth))[0])
    return int(side)


EXERCISE = Exercise(
    id="11.2",
    title=Text(he="תמך של שכבות קונבולוציה רצופות", en="The receptive field of stacked convolution layers"),
    source="tutorial 11",
    numbers={"layers": Range(2, 5, canonical=3), "k": Range(3, 7, canonical=3)},
    needs=lambda layers, k: k % 2 == 1,
    statement=Text(
        he=(
            "התמך (receptive field) של יחידה ברשת הוא כל האזור בכניסה שמשפיע עליה. "
            "נתונות שכבות קונבולוציה רצופות, כולן בצעד $1$ וללא התרחבות."
        ),
        en=(
            "The receptive field of a unit is the whole region of the input that influences it. "
            "Convolution layers follow one another, all with stride $1$ and without dilation."
        ),
    ),
    parts=(
        Part(
            "1",
            Text(
                he="מהו התמך של יחידה במוצא של ${layers}$ שכבות עם גרעין בגודל ${k} x {k}$?",
                en="What is the receptive field of a unit in the output of ${layers}$ layers "
                "with kernels of size ${k} x {k}$?",
            ),
        ),
        Part(
            "2",
            Text(
                he="מהו אורך הצלע של התמך אחרי $L$ שכבות עם גרעין בגודל $K x K$? כתבו נוסחה.",
                en="What is the side of the receptive field after $L$ layers with kernels of size $K x K$? "
                "Give a formula.",
            ),
            marks=2,
        ),
    ),
    derive=derive,
    exhibits=exhibits,
)
