"""conv1d: the one-dimensional convolution layer, its values, sizes and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from exercises.exercise import STATEMENT, Exercise, Later, Option, Part, Range, Row, Text
from solver.dense_equivalent import ORDER_IGNORED, SAME_COUNT
from solver.derivation import TUPLE, Given, Quantity, component, shape, value_of
from solver.layers.base import Layer
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.dense import Linear
from solver.layers.grid import Grid
from solver.layers.pooling import AvgPool1d, MaxPool1d
from solver.questions import analyze
from solver.values import Shape, symbol

if TYPE_CHECKING:
    from exercises.diagram import Planes, Sliding
    from exercises.exhibit import Exhibit, Figure


def derive(x: tuple[int, ...], w: tuple[int, ...], size: int) -> Mapping[str, Quantity | Later]:
    """Values on a given row of numbers, then sizes and counts in symbols."""
    return {
        **_numbers(x, w, size),
        **dict.fromkeys(("output", "weights", "fc", "channels", "general"), Later(_in_symbols)),
        "order": _order(len(x), len(w), size),
        "sharing": _sharing(len(x), len(w)),
    }


def _numbers(x: tuple[int, ...], w: tuple[int, ...], size: int) -> Mapping[str, Quantity]:
    """What is computed from the row."""
    cells = tuple(Given(f"x_{index + 1}", value) for index, value in enumerate(x))
    kernel = tuple(Given(f"w_{index + 1}", value) for index, value in enumerate(w))
    row = Grid((1, len(x)), cells)
    values = Conv1d(1, len(w), bias=False).compute(row, Grid((1, 1, len(w)), kernel))
    return {
        "values": values.flat(),
        "pool.max": MaxPool1d(size).compute(row).flat(),
        "pool.average": AvgPool1d(size).compute(row).flat(),
    }


@cache
def _in_symbols() -> Mapping[str, Quantity]:
    """Sizes and counts that rest on no number: the same for every variant."""
    line, several = _signal(1), _signal(Given("C_in", symbol("C_in")))
    one_kernel, many = Conv1d(1, symbol("K")), Conv1d(symbol("C_out"), symbol("K"))
    general = Conv1d(1, symbol("K"), stride=symbol("S"), padding=symbol("P"), dilation=symbol("D"))
    flat = shape({"D_in": Given("D_in", symbol("D_in"))})
    return {
        "output": component(analyze(one_kernel, line).output, 1),
        "weights": analyze(one_kernel, line).parameters,
        "fc": analyze(Linear(symbol("D_out")), flat).parameters,
        "channels": analyze(many, several).parameters,
        "general": component(analyze(general, line).output, 1),
    }


def _signal(channels: Quantity) -> Quantity:
    return shape({"C": channels, "D": Given("D_in", symbol("D_in"))})


@cache
def _order(inputs: int, kernel: int, window: int) -> Quantity:
    """Which layers connect each output to all inputs."""
    connections = {"fc": inputs, "conv": kernel, "max": window, "average": window}
    return TUPLE(**{layer: ORDER_IGNORED(layer, c=count, n=Given("n", inputs)) for layer, count in connections.items()})


@cache
def _sharing(inputs: int, kernel: int) -> Quantity:
    """What is shared is what does not cost parameters when there is more of it."""

    def learned(length: int, channels: int, filters: int, *, weights_only: bool = False) -> Quantity:
        signal = shape({"C": Given("C_in", channels), "D": Given("D_in", length)})
        return analyze(Conv1d(filters, kernel, bias=not weights_only), signal).parameters

    plain = learned(inputs, 2, 2)
    compared = {
        "positions": (learned(inputs, 2, 2, weights_only=True), learned(inputs + 1, 2, 2, weights_only=True)),
        "bias": (plain, learned(inputs + 1, 2, 2)),
        "inputs": (plain, learned(inputs, 3, 2)),
        "outputs": (plain, learned(inputs, 2, 3)),
    }
    return TUPLE(**{what: SAME_COUNT(what, N_1=before, N_2=after) for what, (before, after) in compared.items()})


def pictures(x: tuple[int, ...], w: tuple[int, ...], **_: int) -> Mapping[str, tuple[Figure, ...]]:
    """The layer as neurons and as a sliding kernel."""
    from exercises.diagram import Shared  # drawn, and nothing to judge by

    n, k = len(x), len(w)
    layer = Conv1d(1, k, bias=False)
    shared = Shared(
        Text(he="נוירונים שחולקים משקולות", en="Neurons that share their weights"),
        Text(
            he=f"כל אחד מ־{n - k + 1} הנוירונים מחובר ל־{k} כניסות סמוכות, ובכולם אותן {k} משקולות.",
            en=f"Each of the {n - k + 1} neurons is connected to {k} neighbouring inputs, all by the same {k} weights.",
        ),
        layer,
        n,
        name="shared-neurons",
    )
    return {STATEMENT: (shared, _sliding("sliding-kernel", KERNEL, layer, (1, n), 1))}


def exhibits(x: tuple[int, ...], w: tuple[int, ...], size: int) -> Mapping[str, tuple[Exhibit, ...]]:
    """What the questions show; then values, pooling, channels, padding, stride and dilation."""
    n, k = len(x), len(w)
    layer, keys = Conv1d(1, k, bias=False), _numbers(x, w, size)
    values, largest, means = (value_of(keys[part]) for part in ("values", "pool.max", "pool.average"))
    return {
        **pictures(x, w),
        "values": (_sliding("values-1d", KERNEL, layer, (1, n), 1, (x, w, values)),),
        "pool.max": (_sliding("max-pooling", POOLING, MaxPool1d(size), (1, n), 1, (x, (), largest)),),
        "pool.average": (_sliding("average-pooling", POOLING, AvgPool1d(size), (1, n), 1, (x, (), means)),),
        "channels": (
            _sliding("channels-in", CHANNELS_IN, Conv1d(1, k), (3, n), 1),
            _sliding("channels-out", CHANNELS_OUT, Conv1d(2, k), (3, n), 1, at=1),
            _planes("channels-2d", CHANNELS_2D, Conv2d(2, 3), (3, 5, 5), (1, 1), at=1),
        ),
        "general": (
            _sliding("padding", PADDED, Conv1d(1, k, padding=1), (1, n), 0),
            _sliding("stride", STRIDDEN, Conv1d(1, k, stride=2), (1, n + 1), 1),
            _sliding("dilation", DILATED, Conv1d(1, k, dilation=2), (1, n + 1), 1),
            _planes("padding-2d", PADDED_2D, Conv2d(1, 3, stride=2, padding=1), (1, 5, 5), (0, 2)),
            _planes("dilation-2d", DILATED_2D, Conv2d(1, 3, dilation=2), (1, 7, 7), (1, 1)),
        ),
    }


KERNEL = Text(he="גרעין מחליק על הכניסה", en="A kernel slides along the input")
CHANNELS_IN = Text(he="קלט רב־ערוצי", en="Several input channels")
CHANNELS_OUT = Text(he="פלט רב־ערוצי", en="Several output channels")
PADDED = Text(he="ריפוד P = 1", en="Padding P = 1")
STRIDDEN = Text(he="צעד S = 2", en="Stride S = 2")
DILATED = Text(he="התרחבות D = 2", en="Dilation D = 2")
CHANNELS_2D = Text(he="אותו הדבר בשני ממדים", en="The same in two dimensions")
PADDED_2D = Text(he="בשני ממדים: ריפוד P = 1 וצעד S = 2", en="In two dimensions: padding P = 1 and stride S = 2")
DILATED_2D = Text(he="בשני ממדים: התרחבות D = 2", en="In two dimensions: dilation D = 2")
POOLING = Text(he="חלון מחליק על הכניסה", en="A window slides along the input")


def _sliding(
    name: str, title: Text, layer: Layer, shape: tuple[int, int], position: int, values: Any = ((), (), ()), at: int = 0
) -> Sliding:
    """A layer at a position; the values of its input and output, if any, as they are printed."""
    from exercises.diagram import Sliding  # drawn, and nothing to judge by

    said = _read(layer, shape, str(position + 1))
    printed: Any = tuple(tuple(str(value).replace("-", "\u2212") for value in row) for row in values)
    return Sliding(title, said, layer, shape, position, at, printed, name)


def _planes(
    name: str, title: Text, layer: Layer, shape: tuple[int, int, int], position: tuple[int, int], at: int = 0
) -> Planes:
    from exercises.diagram import Planes  # drawn, and nothing to judge by

    said = _read(layer, shape, f"({position[0] + 1}, {position[1] + 1})")
    return Planes(title, said, layer, shape, position, at, name)


def _read(layer: Layer, shape: tuple[int, ...], position: str) -> Text:
    """What a picture of a layer at a position shows."""
    from exercises.diagram import sized  # drawn, and nothing to judge by

    output = sized(analyze(layer, shape).output)
    return Text(
        he=f"כניסה בגודל {sized(Shape(shape))} למטה, מוצא בגודל {output} למעלה, "
        f"וביניהם מה שקוראים כדי לחשב את מוצא מספר {position}.",
        en=f"An input of size {sized(Shape(shape))} below, an output of size {output} above, "
        f"and between them what is read for output {position}.",
    )


EXERCISE = Exercise(
    id="conv1d",
    title=Text(he="שכבת קונבולוציה חד־ממדית", en="The one-dimensional convolution layer"),
    source="tutorial 11",
    numbers={
        "x": Row(-4, 5, canonical=(1, 3, -2, 0, 4, 2)),
        "w": Row(-2, 3, canonical=(2, -1, 1)),
        "size": Range(2, 2, canonical=2),
    },
    needs=lambda x, w, size: len(set(x)) > 3 and 0 not in w and w != w[::-1] and len(x) % size == 0,
    statement=Text(
        he=(
            "שכבת קונבולוציה חד־ממדית מחשבת קרוס־קורלציה בין הכניסה לבין גרעין הקונבולוציה. "
            "בסעיפים הראשונים הכניסה היא ${x}$ והגרעין הוא ${w}$, ללא היסט, בצעד $1$ וללא ריפוד. "
            "בסעיפי הנוסחאות: $D_in$ אורך הכניסה, $D_out$ אורך המוצא, $K$ גודל הגרעין, "
            "$C_in$ ו־$C_out$ מספר ערוצי הקלט והפלט, $P$ ריפוד בכל צד, $S$ גודל הצעד, $D$ התרחבות."
        ),
        en=(
            "A one-dimensional convolution layer computes the cross-correlation of its input with a kernel. "
            "In the first parts the input is ${x}$ and the kernel is ${w}$, no bias, stride $1$, no padding. "
            "In the formulas: $D_in$ is the length of the input, $D_out$ that of the output, $K$ the kernel size, "
            "$C_in$ and $C_out$ the numbers of input and output channels, $P$ the padding on each side, "
            "$S$ the stride, $D$ the dilation."
        ),
    ),
    parts=(
        Part("values", Text(he="מהם ערכי המוצא של השכבה?", en="What values does the layer put out?"), marks=2),
        Part(
            "pool.max",
            Text(
                he="מהו המוצא של max pooling בגודל ${size}$ ובצעד ${size}$ על אותה כניסה?",
                en="What does max pooling of size ${size}$ and stride ${size}$ give on the same input?",
            ),
        ),
        Part(
            "pool.average",
            Text(
                he="ומהו המוצא של average pooling באותו גודל ובאותו צעד?",
                en="And average pooling of the same size and stride?",
            ),
        ),
        Part(
            "output",
            Text(
                he="מהו אורך המוצא $D_out$ עבור כניסה באורך $D_in$ וגרעין בגודל $K$?",
                en="What is the output length $D_out$ for an input of length $D_in$ and a kernel of size $K$?",
            ),
        ),
        Part(
            "weights",
            Text(
                he="כמה פרמטרים יש בשכבה כזו עם ערוץ אחד בקלט ובפלט ועם היסט?",
                en="How many parameters does such a layer have, with one channel in and out and a bias?",
            ),
        ),
        Part(
            "fc",
            Text(
                he="כמה פרמטרים יש בשכבת FC עם היסט, מ־$D_in$ כניסות ל־$D_out$ יציאות?",
                en="How many parameters does a fully connected layer with biases have, "
                "from $D_in$ inputs to $D_out$ outputs?",
            ),
        ),
        Part(
            "channels",
            Text(
                he="כמה פרמטרים יש בשכבת קונבולוציה רב־ערוצית עם היסט?",
                en="How many parameters does a convolution layer with several channels and biases have?",
            ),
        ),
        Part(
            "general",
            Text(
                he="מהו אורך המוצא עם ריפוד $P$, צעד $S$ והתרחבות $D$?",
                en="What is the output length with padding $P$, stride $S$ and dilation $D$?",
            ),
            marks=2,
        ),
        Part(
            "order",
            Text(
                he="אילו מהשכבות הבאות אינן רגישות לסדר הכניסות? רשמו את כולן.",
                en="Which of these layers do not care about the order of their inputs? List them all.",
            ),
            options=(
                Option(
                    "fc", Text(he="שכבת FC", en="fully connected"), also=("dense", "linear", "fully connected", "mlp")
                ),
                Option("conv", Text(he="שכבת קונבולוציה", en="convolution"), also=("קונבולוציה", "convolution")),
                Option("max", Text(he="max pooling", en="max pooling"), also=("max pool", "maxpool", "max pooling")),
                Option(
                    "average",
                    Text(he="average pooling", en="average pooling"),
                    also=("average pool", "avgpool", "average pooling"),
                ),
            ),
            slip=Fraction(0),
        ),
        Part(
            "sharing",
            Text(
                he="על פני מה משותפים הפרמטרים בשכבת קונבולוציה? רשמו את כל התשובות הנכונות.",
                en="Over what are parameters shared in a convolution layer? List all that are right.",
            ),
            options=(
                Option(
                    "positions",
                    Text(he="משקולות הגרעין, על פני כל המיקומים", en="the kernel's weights, over all positions"),
                ),
                Option("bias", Text(he="ההיסט, על פני כל המיקומים", en="the bias, over all positions")),
                Option("inputs", Text(he="המשקולות, על פני ערוצי הקלט", en="the weights, over input channels")),
                Option("outputs", Text(he="הגרעינים, על פני ערוצי הפלט", en="the kernels, over output channels")),
            ),
            slip=Fraction(0),
        ),
    ),
    derive=derive,
    exhibits=exhibits,
    pictures=pictures,
)
