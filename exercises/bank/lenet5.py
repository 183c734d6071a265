"""lenet5: sizes and parameters of LeNet-5 as the course builds it, on padded MNIST images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exercises.bank import _lenet5 as practical
from exercises.exercise import STATEMENT, Exercise, Later, Part, Range, Text
from exercises.practical.record import recorded
from solver.derivation import Given, Quantity, shape
from solver.layers.activation import ReLU
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.dense import Linear
from solver.layers.pooling import MaxPool2d
from solver.layers.reshape import Flatten
from solver.questions import analyze

if TYPE_CHECKING:
    from exercises.exhibit import Exhibit, Figure

SIZED = ("C1", "S2", "C3", "S4", "C5", "F6", "output")
LEARNING = ("C1", "C3", "C5", "F6", "output")


def network(c1: int, c3: int, c5: int, f6: int, classes: int) -> Layer:
    """LeNet-5 with these widths; C1 pads 28 x 28 images by 2 on each side."""
    return Chain(
        (
            Conv2d(c1, 5, padding=2, name="C1"),
            ReLU(),
            MaxPool2d(2, name="S2"),
            Conv2d(c3, 5, name="C3"),
            ReLU(),
            MaxPool2d(2, name="S4"),
            Conv2d(c5, 5, name="C5"),
            ReLU(),
            Flatten(),
            Linear(f6, name="F6"),
            ReLU(),
            Linear(classes, name="output"),
        )
    )


def derive(c1: int, c3: int, c5: int, f6: int, classes: int) -> Mapping[str, Quantity | Later]:
    """One analysis of the network; each part reads a row of it."""
    image = shape({"C": Given("C", 1), "H": Given("H", 28), "W": Given("W", 28)})
    lenet = analyze(network(c1, c3, c5, f6, classes), image)
    sizes = {f"sizes.{name}": lenet[name].output for name in SIZED}
    counts = {f"parameters.{name}": lenet[name].parameters for name in LEARNING}
    return {**sizes, **counts, "parameters.total": lenet.parameters, **practical.keys(lenet.parameters)}


def pictures(**widths: int) -> Mapping[str, tuple[Figure, ...]]:
    """The network as volumes, whose sizes are asked for; samples, and the curves that questions speak of."""
    from exercises.diagram import Volumes  # drawn, and nothing to judge by
    from exercises.practical import figures

    volumes = Volumes(
        Text(he="הרשת כשורה של נפחים", en="The network as a row of volumes"),
        Text(he="הכניסה 1×28×28, ואחריה מוצא כל שכבה.", en="The 1×28×28 input, then the output of each layer."),
        network(**widths),
        (1, 28, 28),
        sizes=False,
    )
    run = recorded()
    return {
        STATEMENT: (volumes, figures.samples(run)),
        "eta": (figures.with_record(figures.sweep(run), run),),
        "early": (figures.with_record(figures.curves(run), run),),
    }


def exhibits(**widths: int) -> Mapping[str, tuple[Exhibit, ...]]:
    """The network as volumes; what the recorded run shows."""
    from exercises.diagram import Volumes, sized  # drawn, and nothing to judge by
    from exercises.practical import figures

    lenet = network(**widths)
    rows = [row for row in analyze(lenet, (1, 28, 28)).rows if row.layer.name]
    sizes = ", ".join(f"{row.layer.name} {sized(row.output)}" for row in rows)
    volumes = Volumes(
        Text(he="הרשת כשורה של נפחים", en="The network as a row of volumes"),
        Text(he=f"גודל המוצא של כל שכבה: {sizes}.", en=f"The output size of each layer: {sizes}."),
        lenet,
        (1, 28, 28),
        name="lenet5",
    )
    run = recorded()
    return {
        STATEMENT: (volumes, figures.samples(run)),
        "eta": (figures.with_record(figures.sweep(run), run),),
        "early": (
            figures.with_record(figures.training(run), run), figures.confusion(run), figures.predictions(run),
            figures.filters(run),
        ),
    }


def _size(name: str) -> Part:
    ask = Text(he=f"מהו גודל המוצא של השכבה {name}?", en=f"What is the output size of layer {name}?")
    return Part(f"sizes.{name}", ask)


def _count(name: str) -> Part:
    ask = Text(he=f"כמה פרמטרים נלמדים יש בשכבה {name}?", en=f"How many learned parameters does layer {name} have?")
    return Part(f"parameters.{name}", ask)


EXERCISE = Exercise(
    id="lenet5",
    title=Text(he="הרשת LeNet-5: גדלים ופרמטרים", en="LeNet-5: sizes and parameters"),
    source="tutorial 11, practical part",
    numbers={
        "c1": Range(4, 10, canonical=6),
        "c3": Range(12, 24, canonical=16),
        "c5": Range(80, 160, canonical=120),
        "f6": Range(40, 100, canonical=84),
        "classes": Range(5, 26, canonical=10),
    },
    statement=Text(
        he=(
            "רשת בהשראת LeNet-5 מסווגת תמונות בגווני אפור בגודל $28 x 28$ ל־${classes}$ מחלקות. "
            "C1: קונבולוציה $5 x 5$ עם ${c1}$ ערוצי פלט וריפוד $2$ בכל צד; S2: max pooling $2 x 2$ בצעד $2$; "
            "C3: קונבולוציה $5 x 5$ עם ${c3}$ ערוצי פלט; S4: max pooling $2 x 2$ בצעד $2$; "
            "C5: קונבולוציה $5 x 5$ עם ${c5}$ ערוצי פלט; F6: שכבת FC באורך ${f6}$; output: שכבת FC באורך ${classes}$. "
            "אחרי כל שכבה מלבד האחרונה ו־pooling יש ReLU. "
            "לכל שכבות הקונבולוציה וה־FC יש היסט, והצעד הוא $1$ אם לא נאמר אחרת."
        ),
        en=(
            "A network inspired by LeNet-5 sorts grey-scale images of size $28 x 28$ into ${classes}$ classes. "
            "C1: $5 x 5$ convolution with ${c1}$ output channels and padding $2$ on each side; "
            "S2: $2 x 2$ max pooling with stride $2$; C3: $5 x 5$ convolution with ${c3}$ output channels; "
            "S4: $2 x 2$ max pooling with stride $2$; C5: $5 x 5$ convolution with ${c5}$ output channels; "
            "F6: fully connected layer of length ${f6}$; output: fully connected layer of length ${classes}$. "
            "ReLU follows every layer but pooling and the last one. "
            "All convolution and fully connected layers have biases; "
            "the stride is $1$ unless said otherwise."
        ),
    ),
    parts=(
        *map(_size, SIZED),
        *map(_count, LEARNING),
        Part(
            "parameters.total",
            Text(he="כמה פרמטרים נלמדים יש ברשת כולה?", en="How many learned parameters does the whole network have?"),
            marks=2,
        ),
        *practical.PARTS,
    ),
    derive=derive,
    exhibits=exhibits,
    pictures=pictures,
)
