"""resblock: the gradient through a residual block, its dead path, and the three blocks' shapes and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from exercises.exercise import STATEMENT, Code, Derivatives, Exercise, Later, Option, Part, Range, Text
from solver.derivation import TUPLE, Given, Quantity, shape
from solver.layers.activation import ReLU
from solver.layers.base import Layer
from solver.layers.composite import Chain, Sum
from solver.layers.convolution import Conv2d
from solver.layers.dense import Linear
from solver.layers.normalisation import BatchNorm1d, BatchNorm2d
from solver.layers.reshape import Flatten
from solver.questions import analyze
from solver.residual import BIAS_CANCELLED
from solver.values import Shape, Size

if TYPE_CHECKING:
    from exercises.diagram import Block
    from exercises.exhibit import Exhibit, Figure

AFTER = {"bn": "BatchNorm2d", "relu": "ReLU", "sum": "Add"}
"""What a convolution's output meets in the block, by the option that names it."""


CODED = (8, 14, 14)
"""The input of the block that is to be written."""

BLOCK = """\
import torch.nn as nn


class ResBlockConv(nn.Module):
    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, in_channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv2 = nn.Conv2d(in_channels, in_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + x)
"""


def block_mlp(features: int) -> Layer:
    """The chapter's ResBlockMLP."""
    path = (Linear(features, name="Z1"), BatchNorm1d(name="bn"), ReLU(), Linear(features, name="Z2"))
    return Chain((Sum((Chain(path), Chain()), name="Y2"), ReLU(name="Y")))


def block_conv(channels: int, *, stride: int = 1, shortcut: Layer | None = None) -> Layer:
    """The chapter's ResBlockConv; with a stride and a shortcut, the block that halves the sizes."""
    path = (
        Conv2d(channels, 3, stride=stride, padding=1, bias=False, name="conv1"),
        BatchNorm2d(name="bn1"),
        ReLU(),
        Conv2d(channels, 3, padding="same", bias=False, name="conv2"),
        BatchNorm2d(name="bn2"),
    )
    return Chain((Sum((Chain(path), shortcut or Chain()), name="Y2"), ReLU(name="Y")))


def block_down(channels: int) -> Layer:
    """The chapter's ResBlockDownSamp: twice the channels, half the sizes."""
    return block_conv(2 * channels, stride=2, shortcut=Conv2d(2 * channels, 1, stride=2, bias=False, name="downsampX"))


def derive(features: int, channels: int, size: int) -> Mapping[str, Quantity | Later]:
    """The gradient in symbols; shapes and parameters of the three blocks; what BatchNorm learns."""
    vector = shape({"D": Given("D", features)})
    image = shape({"C": Given("C", channels), "H": Given("H", size), "W": Given("W", size)})
    blocks = {
        "mlp": analyze(block_mlp(features), vector),
        "conv": analyze(block_conv(channels), image),
        "down": analyze(block_down(channels), image),
    }
    coded = shape({axis: Given(axis, length) for axis, length in zip("CHW", CODED, strict=True)})
    maps = shape({axis: Given(axis, Size.symbol(axis)) for axis in "CHW"})
    return {
        **dict.fromkeys(("gradient", "dead", "dead.plain", "dead.earlier", "dead.earlier_plain"), Later(_gradients)),
        "bias": TUPLE(**{option: BIAS_CANCELLED(option, **{kind: Given(kind, 1)}) for option, kind in AFTER.items()}),
        "batchnorm": analyze(BatchNorm2d(), maps).parameters,
        "batchnorm.pixels": analyze(Chain((Flatten(), BatchNorm1d())), maps).parameters,
        "code": analyze(block_conv(CODED[0]), coded).parameters,
        **{f"shape.{name}": block.output for name, block in blocks.items()},
        **{f"parameters.{name}": block.parameters for name, block in blocks.items()},
    }


def _gradients() -> Mapping[str, Quantity]:
    from solver import gradients  # SymPy, which the other parts can do without

    return {
        "gradient": gradients.gradient(),
        "dead": gradients.dead(),
        "dead.plain": gradients.dead(skip=False),
        "dead.earlier": gradients.earlier(),
        "dead.earlier_plain": gradients.earlier(skip=False),
    }


def exhibits(features: int, channels: int, size: int) -> Mapping[str, tuple[Exhibit, ...]]:
    """The three blocks with their skips."""
    image = channels, size, size
    return {
        STATEMENT: (_block("ResBlockMLP", block_mlp(features), (features,)),),
        "shape.conv": (_block("ResBlockConv", block_conv(channels), image),),
        "shape.down": (_block("ResBlockDownSamp", block_down(channels), image),),
    }


def pictures(features: int, channels: int, size: int) -> Mapping[str, tuple[Figure, ...]]:
    """A block with its skip, without the size that is asked for."""
    from exercises.diagram import Block  # drawn, and nothing to judge by

    said = Text(
        he="הכניסה X מתפצלת: המסלול הפנימי למעלה וחיבור הדילוג למטה; הם נסכמים, עוברים ReLU ונותנים את Y.",
        en="The input X splits: the inner path above and the skip connection below; "
        "they are added and go through ReLU to give Y.",
    )
    title = Text(he="הבלוק ResBlockMLP", en="The block ResBlockMLP")
    return {STATEMENT: (Block(title, said, block_mlp(features), (features,), sizes=False),)}


def _block(name: str, block: Layer, shape: tuple[int, ...]) -> Block:
    from exercises.diagram import Block, sized  # drawn, and nothing to judge by

    before, after = sized(Shape(shape)), sized(analyze(block, shape).output)
    said = Text(
        he=f"הכניסה X בגודל {before} מתפצלת: המסלול הפנימי למעלה וחיבור הדילוג למטה; "
        f"הם נסכמים, עוברים ReLU ונותנים את Y בגודל {after}.",
        en=f"The input X of size {before} splits: the inner path above and the skip connection below; "
        f"they are added, go through ReLU and give Y of size {after}.",
    )
    return Block(Text(he=f"הבלוק {name}", en=f"The block {name}"), said, block, shape, name=name.lower())


EXERCISE = Exercise(
    id="resblock",
    title=Text(he="הבלוק השיורי", en="The residual block"),
    source="chapter on residual networks",
    numbers={
        "features": Range(16, 256, canonical=64),
        "channels": Range(16, 128, canonical=64),
        "size": Range(15, 64, canonical=56),
    },
    statement=Text(
        he=(
            "בבלוק שיורי $y_{{2,k}} = y_{{1,k}} + x_k$ ו־$y_k = relu(y_{{2,k}})$ לכל $k = 0$ עד $n$: "
            "$x_k$ הם כניסות הבלוק, $y_{{1,k}}$ הם מוצאי המסלול הפנימי שלו ו־$y_k$ הם מוצאי הבלוק. "
            "$C$ היא פונקציית המחיר, והנגזרות $dC/dy_k$ ידועות. "
            "ResBlockMLP: שכבת FC עם ${features}$ כניסות ו־${features}$ יציאות, BatchNorm1d, ReLU ושכבת FC כזו נוספת; "
            "לשתי שכבות ה־FC יש היסט. "
            "ResBlockConv: קונבולוציה $3 x 3$ בריפוד השומר על הגודל, BatchNorm2d, ReLU, קונבולוציה כזו נוספת "
            "ו־BatchNorm2d, ללא היסט בקונבולוציות ועם אותו מספר ערוצים בכל השכבות. "
            "ResBlockDownSamp: כמוהו, אך מספר ערוצי הפלט כפול, הקונבולוציה הראשונה בצעד $2$ ובריפוד $1$, "
            "ובחיבור הדילוג קונבולוציה $1 x 1$ בצעד $2$ ללא היסט. "
            "כניסת שני הבלוקים האחרונים היא בגודל ${channels} x {size} x {size}$. "
            "בכל בלוק בא ReLU אחרי הסכום."
        ),
        en=(
            "In a residual block $y_{{2,k}} = y_{{1,k}} + x_k$ and $y_k = relu(y_{{2,k}})$ for $k = 0$ to $n$: "
            "the $x_k$ come in, the $y_{{1,k}}$ are the end of its inner path, and the $y_k$ come out. "
            "$C$ is the cost, and the derivatives $dC/dy_k$ are known. "
            "ResBlockMLP: a fully connected layer with ${features}$ inputs and ${features}$ outputs, BatchNorm1d, ReLU "
            "and another such layer; both have biases. "
            "ResBlockConv: a $3 x 3$ convolution with the padding that keeps the size, BatchNorm2d, ReLU, another such "
            "convolution and BatchNorm2d; no biases in the convolutions, and as many channels everywhere. "
            "ResBlockDownSamp: the same with twice as many output channels, stride $2$ and padding $1$ in its first "
            "convolution, and a $1 x 1$ convolution of stride $2$ without biases in the skip connection. "
            "The last two read ${channels} x {size} x {size}$. In every block ReLU follows the sum."
        ),
    ),
    parts=(
        Part(
            "gradient",
            Text(
                he="בטאו את $dC/dx_m$ באמצעות $dC/dy_k$, האינדיקטור $1{{y_{{2,k}} >= 0}}$, $dy_{{1,k}}/dx_m$ "
                "והדלתא של קרונקר.",
                en="Express $dC/dx_m$ by the $dC/dy_k$, the indicator $1{{y_{{2,k}} >= 0}}$, $dy_{{1,k}}/dx_m$ and "
                "Kronecker's delta.",
            ),
            derivatives=Derivatives(),
            marks=3,
        ),
        Part(
            "dead",
            Text(
                he="המסלול הפנימי \"מת\": $dy_{{1,k}}/dx_m = 0$ לכל $k$ ולכל $m$. מהו כעת $dC/dx_m$?",
                en="The inner path is dead: $dy_{{1,k}}/dx_m = 0$ for every $k$ and every $m$. What is $dC/dx_m$ now?",
            ),
            derivatives=Derivatives(dead=True),
            marks=2,
        ),
        Part(
            "dead.plain",
            Text(
                he="ומהו $dC/dx_m$ במסלול מת כזה בלי חיבור הדילוג, כאשר $y_{{2,k}} = y_{{1,k}}$?",
                en="And what is $dC/dx_m$ with such a dead path but no skip connection, $y_{{2,k}} = y_{{1,k}}$?",
            ),
            derivatives=Derivatives(skip=False, dead=True),
        ),
        Part(
            "dead.earlier",
            Text(
                he="פרמטר $w$ שייך לשכבה שלפני הבלוק, כך שכל $x_m$ הוא פונקציה של $w$. המסלול הפנימי מת, וחיבור הדילוג "
                "קיים. בטאו את $dC/dw$ באמצעות הנגזרות $dC/dy_m$ ו־$dx_m/dw$.",
                en="A parameter $w$ belongs to a layer before the block, so that each $x_m$ is a function of $w$. The "
                "inner path is dead, and the skip is there. Express $dC/dw$ by the $dC/dy_m$ and the $dx_m/dw$.",
            ),
            derivatives=Derivatives("dC/dw", dead=True),
            marks=2,
        ),
        Part(
            "dead.earlier_plain",
            Text(
                he="ומהו $dC/dw$ במסלול מת בלי חיבור הדילוג?",
                en="And what is $dC/dw$ with a dead path and no skip?",
            ),
            derivatives=Derivatives("dC/dw", skip=False, dead=True),
        ),
        Part(
            "bias",
            Text(
                he="מדוע אין היסט בקונבולוציות של ResBlockConv (bias=False)? מה ברשת מבטל היסט שנוסף לפניו?",
                en="Why do the convolutions of ResBlockConv have no bias (bias=False)? What cancels a bias before it?",
            ),
            options=(
                Option(
                    "bn",
                    Text(
                        he="ה־BatchNorm2d, המחסיר את ממוצע הערוץ (ומוסיף היסט משלו)",
                        en="BatchNorm2d, which subtracts the channel's mean (and adds a bias of its own)",
                    ),
                    also=("batchnorm", "batch norm", "batchnorm2d", "batch normalization", "bn2d"),
                ),
                Option("relu", Text(he="ה־ReLU", en="ReLU")),
                Option(
                    "sum",
                    Text(he="הסכום עם חיבור הדילוג", en="the sum with the skip connection"),
                    also=("skip", "skip connection", "חיבור הדילוג"),
                ),
            ),
            slip=Fraction(0),
        ),
        Part(
            "batchnorm",
            Text(
                he="כמה פרמטרים נלמדים יש ב־BatchNorm2d, המנרמלת כל ערוץ בנפרד, על כניסה בגודל $C x H x W$?",
                en="How many learned parameters does BatchNorm2d have, which normalises each channel by itself, on an "
                "input of $C x H x W$?",
            ),
        ),
        Part(
            "batchnorm.pixels",
            Text(
                he="וכמה היו אילו כל פיקסל בכל ערוץ היה מנורמל בנפרד, כמו ב־BatchNorm1d על אותה כניסה משוטחת?",
                en="And how many if each pixel of each channel were normalised by itself, as BatchNorm1d does on the "
                "same input flattened?",
            ),
        ),
        Part(
            "shape.mlp",
            Text(he="מהו אורך המוצא של ResBlockMLP?", en="How long is the output of ResBlockMLP?"),
        ),
        Part("shape.conv", Text(he="מהו גודל המוצא של ResBlockConv?", en="What is ResBlockConv's output size?")),
        Part(
            "shape.down",
            Text(he="מהו גודל המוצא של ResBlockDownSamp?", en="What is ResBlockDownSamp's output size?"),
        ),
        Part(
            "parameters.mlp",
            Text(he="כמה פרמטרים נלמדים יש ב־ResBlockMLP?", en="How many learned parameters does ResBlockMLP have?"),
            marks=2,
        ),
        Part(
            "parameters.conv",
            Text(he="כמה פרמטרים נלמדים יש ב־ResBlockConv?", en="How many learned parameters does ResBlockConv have?"),
            marks=2,
        ),
        Part(
            "parameters.down",
            Text(
                he="כמה פרמטרים נלמדים יש ב־ResBlockDownSamp?",
                en="How many learned parameters does ResBlockDownSamp have?",
            ),
            marks=2,
        ),
        Part(
            "code",
            Text(
                he="כתבו מחלקה ResBlockConv ב־PyTorch: הארגומנט של הבנאי הוא מספר הערוצים, והמוצא באותו גודל כמו הקלט.",
                en="Write a class ResBlockConv in PyTorch: its constructor takes the number of channels, and its "
                "output has the size of its input.",
            ),
            marks=6,
            code=Code(BLOCK, wanted="ResBlockConv", input=CODED, arguments=CODED[:1]),
        ),
    ),
    derive=derive,
    exhibits=exhibits,
    pictures=pictures,
)
