"""11.2: the receptive field of stacked convolution layers."""

from __future__ import annotations

from collections.abc import Mapping

from exercises.exercise import Exercise, Part, Range, Text
from solver.derivation import Quantity, shape
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.repeated import Repeat
from solver.questions import receptive_field
from solver.values import symbol


def derive(layers: int, k: int) -> Mapping[str, Quantity]:
    """The field of a stack of equal layers, counted and in closed form."""
    named = tuple(Conv2d(1, k, name=f"conv{index + 1}") for index in range(layers))
    height, width = receptive_field(Chain(named), derived=True)
    any_stack = Repeat(Conv2d(1, symbol("K")), times=symbol("L"))
    return {
        "1": shape({"H": height, "W": width}),
        "2": receptive_field(any_stack, derived=True)[0],
    }


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
)
