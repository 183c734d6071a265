"""resnet: the identity as a block's default; ResNet-18's head against AlexNet's classifier; its size for any input."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exercises.exercise import Exercise, Option, Part, Range, Text
from solver.derivation import TUPLE, Given, Quantity, component, formula, shape, value_of
from solver.layers.activation import ReLU
from solver.layers.adaptive import AdaptiveAvgPool2d
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.dense import Linear
from solver.layers.pooling import MaxPool2d
from solver.layers.reshape import Flatten
from solver.questions import analyze
from solver.residual import IDENTITY
from solver.values import Size

if TYPE_CHECKING:
    from exercises.exhibit import Exhibit

RATIO = formula("ratio", "N_1/N_2", symbol="N_1/N_2", upside_down="N_2/N_1")


def alexnet_classifier(classes: int) -> Layer:
    """The three dense layers of AlexNet, behind its flattened feature maps."""
    dense = (Linear(4096, name="fc6"), ReLU(), Linear(4096, name="fc7"), ReLU(), Linear(classes, name="fc8"))
    return Chain((Flatten(name="flatten"), *dense))


def resnet18_main_path() -> Layer:
    """The windows that an image passes through in ResNet-18: the stem, then four stages of two blocks of two."""
    stages = []
    for stage, channels in enumerate((64, 128, 256, 512), start=1):
        for conv in range(4):
            stride = 2 if stage > 1 and conv == 0 else 1
            stages.append(Conv2d(channels, 3, stride=stride, padding=1, bias=False, name=f"layer{stage}.{conv + 1}"))
    stem = (Conv2d(64, 7, stride=2, padding=3, bias=False, name="conv1"), MaxPool2d(3, 2, 1, name="maxpool"))
    return Chain((*stem, *stages))


def identity(**blocks: tuple[int, int, int]) -> Quantity:
    """Which of several blocks give back x = 3: whether there is a skip, what the path gives, and its last scale."""
    return TUPLE(**{name: IDENTITY(name, x=Given("x", 3), s=s, u=u, g=g) for name, (s, u, g) in blocks.items()})


def derive(features: int, classes: int, rows: int, columns: int) -> Mapping[str, Quantity]:
    """Two classifiers counted, and a size in closed form."""
    head = analyze(Linear(classes, name="fc"), shape({"D": Given("D", features)})).parameters
    feature_maps = shape({"C": Given("C", 256), "H": Given("H", 6), "W": Given("W", 6)})
    classifier = analyze(alexnet_classifier(classes), feature_maps).parameters
    maps = shape({"C": Given("C", features), "H": Given("H", rows), "W": Given("W", columns)})
    any_image = shape({"C": Given("C", 3), "H": Given("H", Size.symbol("H")), "W": Given("W", Size.symbol("W"))})
    return {
        "identity": identity(zero=(1, 2, 0), plain=(0, 2, 0), kernels=(1, 2, 1)),
        "degradation": identity(residual=(1, 2, 0), copying=(0, 3, 1), zeros=(0, 2, 0)),
        "adaptive": analyze(AdaptiveAvgPool2d(1), maps).output,
        "head": head,
        "alexnet": classifier,
        "alexnet.ratio": RATIO("ratio", N_1=classifier, N_2=head),
        "size18": component(analyze(resnet18_main_path(), any_image).output, 1),
    }


def exhibits(features: int, classes: int, **_: int) -> Mapping[str, tuple[Exhibit, ...]]:
    """The parameters of both classifiers, layer by layer."""
    from exercises.exhibit import BarChart, Series  # drawn, and nothing to judge by

    head = analyze(Linear(classes, name="fc"), (features,))
    classifier = analyze(alexnet_classifier(classes), (256, 6, 6))
    rows = [row for row in (*head.rows, *classifier.rows) if isinstance(row.layer, Linear)]
    counts = {row.layer.name: _whole(row.parameters) for row in rows}
    said = ", ".join(f"{name}: {count:,}" for name, count in counts.items())
    chart = BarChart(
        Text(he="פרמטרים לפי שכבה", en="Parameters by layer"),
        Text(
            he=f"fc היא ראש הסיווג של ResNet-18, ו־fc6 עד fc8 הן המסווג של AlexNet. {said}.",
            en=f"fc is the head of ResNet-18; fc6 to fc8 are AlexNet's classifier. {said}.",
        ),
        across=Text(he="שכבה", en="layer"),
        up=Text(he="מיליוני פרמטרים", en="millions of parameters"),
        labels=tuple(Text(he=name, en=name) for name in counts),
        series=(Series(Text(he="פרמטרים", en="parameters"), [count / 1e6 for count in counts.values()]),),
        name="classifiers",
    )
    return {"alexnet.ratio": (chart,)}


def _whole(count: Quantity) -> int:
    number: Any = value_of(count)
    return int(number)


EXERCISE = Exercise(
    id="resnet",
    title=Text(he="רשתות שיוריות", en="Residual networks"),
    source="chapter on residual networks, practice questions",
    numbers={"features": Range(256, 1024, canonical=512), "classes": Range(100, 1000, canonical=1000)}
    | {"rows": Range(3, 12, canonical=7), "columns": Range(3, 12, canonical=7)},
    statement=Text(
        he=(
            "ראש הסיווג של ResNet-18 ממצע כל אחד מ־${features}$ הערוצים למספר אחד, ואחריו שכבת FC עם היסט "
            "ל־${classes}$ מחלקות. המסווג של AlexNet מקבל את מוצא שכבות הקונבולוציה שלה, בגודל $256 x 6 x 6$, "
            "ומורכב משלוש שכבות FC עם היסט: $4096$, $4096$ ו־${classes}$."
        ),
        en=(
            "The classification head of ResNet-18 averages each of ${features}$ channels to one number; "
            "a fully connected layer with biases follows, for ${classes}$ classes. "
            "AlexNet's classifier takes the output of its convolution layers, of size $256 x 6 x 6$, "
            "and has three fully connected layers with biases: $4096$, $4096$ and ${classes}$."
        ),
    ),
    parts=(
        Part(
            "identity",
            Text(
                he="כשבלוק שיורי אינו תורם להורדת המחיר, הרגולריזציה (weight decay) מושכת את הפרמטרים שלו אל $0$. "
                "מה מהבאים מחשב אז את פונקציית הזהות על כניסות אי־שליליות? רשמו את כל התשובות הנכונות.",
                en="Where a residual block does not help to lower the cost, weight decay pulls its parameters to $0$. "
                "Which of these then computes the identity on inputs that are not negative? List all that do.",
            ),
            options=(
                Option(
                    "zero",
                    Text(
                        he="הבלוק השיורי, כשכל הפרמטרים שלו 0, גם gamma ו־beta של BatchNorm",
                        en="the residual block with all its parameters 0, also BatchNorm's gamma and beta",
                    ),
                ),
                Option(
                    "plain",
                    Text(he="אותו בלוק בלי חיבור הדילוג", en="the same block without the skip connection"),
                ),
                Option(
                    "kernels",
                    Text(
                        he="הבלוק השיורי, כשרק גרעיני הקונבולוציה שואפים ל־0 ו־BatchNorm מנרמלת את מוצאם מחדש",
                        en="the residual block where only the kernels tend to 0 and BatchNorm scales them up again",
                    ),
                ),
            ),
            marks=2,
            slip=Fraction(0),
        ),
        Part(
            "degradation",
            Text(
                he="רשת עמוקה יכולה לחקות רשת רדודה אם השכבות הנוספות מחשבות את פונקציית הזהות על כניסות אי־שליליות. "
                "אילו מהשכבות הנוספות הבאות, ואחריהן ReLU, עושות זאת? רשמו את כולן.",
                en="A deeper network can imitate a shallower one where its further layers compute the identity on "
                "inputs that are not negative. Which of these, each followed by ReLU, do? List them all.",
            ),
            options=(
                Option("residual", Text(he="בלוק שיורי שכל משקולותיו 0", en="a residual block with all weights 0")),
                Option(
                    "copying",
                    Text(
                        he="קונבולוציה רגילה שלמדה להעתיק: גרעין עם 1 במרכז ו־0 בשאר",
                        en="a plain convolution that has learned to copy: 1 in the kernel's centre, 0 elsewhere",
                    ),
                ),
                Option(
                    "zeros",
                    Text(he="קונבולוציה רגילה שכל משקולותיה 0", en="a plain convolution with all weights 0"),
                ),
            ),
            slip=Fraction(0),
        ),
        Part(
            "adaptive",
            Text(
                he="לפני שכבת ה־FC באה AdaptiveAvgPool2d שמוצאה $1 x 1$ לכל ערוץ. מהו גודל מוצאה עבור כניסה בגודל "
                "${features} x {rows} x {columns}$?",
                en="Before the fully connected layer stands AdaptiveAvgPool2d, whose output is $1 x 1$ for each "
                "channel. What is its output size for an input of ${features} x {rows} x {columns}$?",
            ),
        ),
        Part(
            "head",
            Text(
                he="כמה פרמטרים יש בראש הסיווג של ResNet-18?", en="How many parameters does the head of ResNet-18 have?"
            ),
        ),
        Part(
            "alexnet",
            Text(he="כמה פרמטרים יש במסווג של AlexNet?", en="How many parameters does AlexNet's classifier have?"),
            marks=2,
        ),
        Part(
            "alexnet.ratio",
            Text(
                he="פי כמה גדול מספר הפרמטרים במסווג של AlexNet? (עד כדי אחוז אחד)",
                en="How many times more parameters does AlexNet's classifier have? (to within one percent)",
            ),
            within=Fraction(1, 100),
        ),
        Part(
            "size18",
            Text(
                he=(
                    "שכבות הקונבולוציה של ResNet-18 מקטינות את התמונה חמש פעמים בצעד $2$. "
                    "מהו גובה המוצא שלהן עבור תמונה בגובה $H$ כלשהו?"
                ),
                en=(
                    "The convolution layers of ResNet-18 shrink the image five times with stride $2$. "
                    "What is the height of their output for an image of any height $H$?"
                ),
            ),
            marks=2,
        ),
    ),
    derive=derive,
    exhibits=exhibits,
)
