"""Tutorial 11, convolutional networks and LeNet-5: what is wrong or left out. `initialisation` has the second half."""

from __future__ import annotations

import ast
import gzip
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

from exercises.bank.ex11_1 import EXERCISE as SMALL
from exercises.errata import DATA, MNIST, Erratum, initialisation
from exercises.exercise import Text
from solver.derivation import value_of
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv1d, Conv2d
from solver.layers.dense import Linear
from solver.layers.grid import Grid
from solver.layers.pooling import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from solver.layers.reshape import Flatten
from solver.questions import macs, multiplications, output_size, parameters, receptive_field
from solver.values import symbol
from solver.verify.models import order_ignored


def _key(part: str) -> Any:
    return SMALL.canonical().keys[part].result


def _cells(layer: Any, *x: int) -> list[Any]:
    return [value_of(cell) for cell in layer.compute(Grid((1, len(x)), x)).cells]


def _with_bias() -> bool:
    """The printed sum over x = (1, 2) and w = (1, 2) is 5; the layer with a bias of 1 gives 6."""
    x, w = Grid((1, 2), (1, 2)), Grid((1, 1, 2), (1, 2))
    layer = Conv1d(1, 2)
    values = [value_of(layer.compute(x, w, bias).cells[0]) for bias in ((), (1,))]
    return values == [1 * 1 + 2 * 2, 6]


def lenet(padding: int) -> Layer:
    """The feature maps of LeNet-5 up to C5."""
    c1, c3, c5 = Conv2d(6, 5, padding=padding), Conv2d(16, 5), Conv2d(120, 5)
    return Chain((c1, MaxPool2d(2), c3, MaxPool2d(2), c5))


def small_network(size: int) -> Chain:
    """The network of 11.1, its pooling of a size."""
    return Chain((Conv2d(3, 4, bias=False), AvgPool2d(size, stride=2), Flatten(), Linear(4, bias=False)))


def _pooled_by_three() -> bool:
    """Size 3 with stride 2 gives 4 x 4 x 3, size 2 gives 5 x 5 x 3."""
    sizes = [output_size(Chain(small_network(size).layers[:2]), (1, 13, 13)) for size in (2, 3)]
    return sizes == [(3, 5, 5), (3, 4, 4)] and _key("1b") == (3, 5, 5)


def _dense_equivalent() -> bool:
    """169 x 300 + 300 x 4 = 51,900 with the pooling merged, 73,500 without; a unit of the first layer alone has 169."""
    widths = {51_900: (300, 4), 73_500: (300, 75, 4), 169: (1,)}
    dense = {count: Chain(tuple(Linear(width, bias=False) for width in wide)) for count, wide in widths.items()}
    return _key("6") == 51_900 and all(parameters(network, (13 * 13,)) == count for count, network in dense.items())


def _dilated() -> bool:
    """An output costs the same, dilated or not, and covers more."""
    plain, wide = Conv1d(1, 3, bias=False), Conv1d(1, 3, dilation=2, bias=False)
    costs = {
        Fraction(int(str(multiplications(layer, (1, 20)))), int(str(output_size(layer, (1, 20))[1])))  # type: ignore[index]
        for layer in (plain, wide)
    }
    return costs == {Fraction(3)} and [receptive_field(layer, 1) for layer in (plain, wide)] == [(3,), (5,)]


def _orders() -> bool:
    """The set of all dense functions ignores the order, one of them, x_1 + 2 x_2, does not."""
    one = {sum(w * x for w, x in zip((1, 2), row, strict=True)) for row in ((1, 0), (0, 1))}
    return order_ignored({"n": 3, "c": 3}) and len(one) == 2


def _saddle() -> bool:
    """Gradient descent on x^2 - y^2 from (1, 0) comes to (0, 0), which is no minimum."""
    x, y = Fraction(1), Fraction(0)
    for _ in range(60):
        x, y = x - Fraction(1, 10) * 2 * x, y + Fraction(1, 10) * 2 * y
    lower = x**2 - (y + Fraction(1, 2)) ** 2
    return abs(x) < Fraction(1, 10**5) and y == 0 and lower < x**2 - y**2


PRINTED = (
    "self.conv1 = torch.nn.Conv2d(in_channels=1, out_channels=6, kernel_size=5, pa\n"
    "self.relu1 = torch.nn.ReLU()\n"
)
OBJECTIVE = "objective_func = nn.CrossEntropyLoss()\npy_hat = net(x)\nobjective = objective_func(py_hat, y)\n"


def _cut_off() -> bool:
    """The printed lines are no Python."""
    try:
        ast.parse(PRINTED)
    except SyntaxError:
        return True
    return False


def _undefined_nn() -> bool:
    """The names that the printed lines read: nn is among them, and the class was written with torch.nn alone."""
    used = {node.id for node in ast.walk(ast.parse(OBJECTIVE)) if isinstance(node, ast.Name)}
    return "nn" in used and "torch" not in used


def _grey() -> bool:
    """The pixels of MNIST take many values."""
    pixels = gzip.decompress((Path(os.environ[DATA]) / MNIST).read_bytes())[16:]
    return len(set(pixels)) > 200 and max(pixels) == 255


def facts(name: str) -> Any:
    def asked() -> bool:
        from solver.verify import torch_facts  # torch is loaded where a check asks it

        return bool(getattr(torch_facts, name)())

    return asked


def _layer_sizes(n: int = 13) -> bool:
    return n - int(output_size(Conv2d(3, 4, bias=False), (1, n, n))[1]) == 3 == 4 - 1  # type: ignore[index, arg-type]  # a shape


ENTRIES: tuple[Erratum, ...] = (
    Erratum(
        "order-of-inputs",
        Text(he="תקציר התיאוריה", en="summary of the theory"),
        Text(he="רשת MLP אינה רגישה לסדר הכניסות", en="an MLP is insensitive to the order of its inputs"),
        Text(
            he="משפחת הפונקציות אינה משתנה כשמחליפים את סדר הכניסות; רשת אחת, עם משקולות נתונות, כן רגישה לסדר",
            en="the family of functions does not change with the order; one network, its weights given, "
            "does depend on it",
        ),
        "models",
        _orders,
    ),
    Erratum(
        "conv1d-index",
        Text(he="שכבת קונבולוציה חד־ממדית", en="1D convolutional layer"),
        Text(
            he="הכניסה נקראת $z_{i-1}$ ואחר כך $z_i$, ובנוסחה אין היסט ואין אקטיבציה",
            en="the input is called $z_{i-1}$ and then $z_i$, and the formula has neither bias nor activation",
        ),
        Text(
            he="אינדקס אחד לכניסה, והיסט שמשנה את הערך: 1·1 + 2·2 = 5, ועם היסט 1 הערך הוא 6",
            en="one index for the input, and a bias that changes the value: 1·1 + 2·2 = 5, and 6 with a bias of 1",
        ),
        "values",
        _with_bias,
    ),
    Erratum(
        "conv1d-smaller",
        Text(he="שכבת קונבולוציה חד־ממדית, גודל המוצא", en="1D convolutional layer, size of the output"),
        Text(he="המוצא קטן מהכניסה", en="the output is smaller than the input"),
        Text(he="לא עבור $K = 1$: אז $D_out = D_in$", en="not for $K = 1$, where $D_out = D_in$"),
        "symbols",
        lambda: output_size(Conv1d(1, 1), (1, symbol("n")))[1] == symbol("n"),  # type: ignore[index]
    ),
    Erratum(
        "dilation-cost",
        Text(he="התרחבות (dilation)", en="dilation"),
        Text(he="נועדה להקטין את כמות החישוב", en="is there to reduce computation"),
        Text(
            he="מספר הכפלים לכל ערך במוצא אינו משתנה; מה שגדל הוא התמך",
            en="the multiplications an output are unchanged; what grows is the field",
        ),
        "counts",
        _dilated,
    ),
    Erratum(
        "pooling-order",
        Text(he="Max / Average Pooling", en="max and average pooling"),
        Text(
            he="max pooling ו־average pooling לוקחות את הממוצע ואת המקסימום",
            en="max pooling and average pooling take the average and the maximum",
        ),
        Text(
            he="בסדר ההפוך: על (1, 3) הראשונה נותנת 3 והשנייה 2",
            en="the other way round: on (1, 3) the first gives 3 and the second 2",
        ),
        "values",
        lambda: _cells(MaxPool1d(2), 1, 3) + _cells(AvgPool1d(2), 1, 3) == [3, 2],
    ),
    Erratum(
        "pooling-size",
        Text(he="11.1, נוסח השאלה", en="11.1, statement"),
        Text(he="average pooling בצעד 2, בלי גודל", en="average pooling with stride 2, and no size"),
        Text(
            he="הגודל 2x2 מופיע רק בפתרון; גודל 3 היה נותן 4x4x3 ולא 5x5x3",
            en="the size 2x2 stands in the solution only; size 3 would give 4x4x3 and not 5x5x3",
        ),
        "counts",
        _pooled_by_three,
    ),
    Erratum(
        "eaten-pixels",
        Text(he="11.1, פתרון (1)", en="11.1, solution (1)"),
        Text(he="3 = 1 - 4", en="3 = 1 - 4"),
        Text(he="4 - 1 = 3 פיקסלים; כיוון הכתיבה התהפך", en="4 - 1 = 3 pixels; the direction of writing was turned"),
        "counts",
        _layer_sizes,
    ),
    Erratum(
        "multiplications-called-parameters",
        Text(he="11.1, פתרון (4)", en="11.1, solution (4)"),
        Text(
            he="לחישוב מספר הפרמטרים בשכבת הקונבולוציה",
            en="to compute the number of parameters of the convolution layer",
        ),
        Text(
            he="מספר הכפלים: בשכבה 48 פרמטרים ו־4800 כפלים",
            en="the number of multiplications: the layer has 48 parameters and 4800 multiplications",
        ),
        "counts",
        lambda: [count(Conv2d(3, 4, bias=False), (1, 13, 13)) for count in (parameters, multiplications)] == [48, 4800],
    ),
    Erratum(
        "divisions-as-multiplications",
        Text(he="11.1, פתרון (4)", en="11.1, solution (4)"),
        Text(
            he="75 החילוקים של ה־average pooling נספרים ככפלים, ללא אמירה שזו מוסכמה",
            en="the 75 divisions of average pooling are counted as multiplications, by a tacit convention",
        ),
        Text(
            he="המוסכמה של הפרק נותנת 5175, ומוני MAC נותנים 5100",
            en="the chapter's convention gives 5175, counters of multiply-accumulates give 5100",
        ),
        "counts",
        lambda: (_key("4"), macs(small_network(2), (1, 13, 13))) == (5175, 5100),
    ),
    Erratum(
        "mlp-parameters",
        Text(he="11.1, פתרון (5); הסעיף (6) ללא מספר", en="11.1, solution (5); part (6) has no label"),
        Text(he="ברשת ה־MLP יש כ־50 פרמטרים", en="the MLP has about 50 parameters"),
        Text(
            he="51,900 כשה־pooling ממוזג בשכבה האחרונה, 73,500 בלי המיזוג; לנוירון אחד בשכבה הראשונה כבר 169",
            en="51,900 with the pooling merged into the last layer, 73,500 without; a unit of the first layer has 169",
        ),
        "counts",
        _dense_equivalent,
    ),
    Erratum(
        "local-minimum",
        Text(he="איתחול משקולות הרשת, 1", en="initialisation, 1"),
        Text(he="gradient descent מתכנס למינימום לוקאלי", en="gradient descent converges to a local minimum"),
        Text(
            he="גם לנקודת אוכף: על $x^2 - y^2$ מ־(1, 0) הוא מגיע ל־(0, 0)",
            en="or to a saddle point: on $x^2 - y^2$ from (1, 0) it comes to (0, 0)",
        ),
        "values",
        _saddle,
    ),
    *initialisation.ENTRIES,
    Erratum(
        "log-likelihood",
        Text(he="LeNet 5, ה־log-likelihood", en="LeNet 5, the log-likelihood"),
        Text(
            he="סכום של softmax, ו־CrossEntropyLoss מחשבת את ה־log-likelihood",
            en="a sum of softmax, and CrossEntropyLoss computes the log-likelihood",
        ),
        Text(
            he="סכום של log softmax; CrossEntropyLoss היא הממוצע שלו בסימן שלילי",
            en="a sum of log softmax; CrossEntropyLoss is its mean with a minus sign",
        ),
        "torch",
        facts("cross_entropy_is_the_negative_mean_log"),
    ),
    Erratum(
        "py-hat",
        Text(he="LeNet 5, py_hat", en="LeNet 5, py_hat"),
        Text(he="השם py_hat מציין הסתברויות", en="the name py_hat says probabilities"),
        Text(
            he="אלה הציונים שלפני softmax: הם אינם מסתכמים ל־1, וחלקם שליליים",
            en="these are the scores before softmax: they do not sum to 1, and some are negative",
        ),
        "torch",
        facts("outputs_of_a_network_are_no_probabilities"),
    ),
    Erratum(
        "softmax-twice",
        Text(he="LeNet 5, הגדרת הבעיה", en="LeNet 5, definition of the problem"),
        Text(
            he="נפעיל softmax על מוצא הרשת, ואחר כך CrossEntropyLoss",
            en="softmax is applied to the network's output, and CrossEntropyLoss after it",
        ),
        Text(
            he="CrossEntropyLoss כוללת softmax; softmax פעמיים אינו יורד מתחת ל־log(1 + 9/e) גם כשהכול נכון",
            en="CrossEntropyLoss includes softmax; twice, it never falls below log(1 + 9/e), even if all is right",
        ),
        "torch",
        facts("softmax_twice_has_a_floor"),
    ),
    Erratum(
        "mnist-binary",
        Text(he="Dataset: MNIST", en="Dataset: MNIST"),
        Text(he="70000 תמונות בינאריות", en="70000 binary images"),
        Text(he="תמונות ברמות אפור, 0 עד 255", en="grey images, 0 to 255"),
        "data",
        _grey,
    ),
    Erratum(
        "code-cut-off",
        Text(he="LeNet 5, הקוד", en="LeNet 5, the code"),
        Text(he="שורות מודפסות חתוכות", en="printed lines are cut off"),
        Text(he="כפי שהודפס אין זה Python", en="as printed it is not Python"),
        "source",
        _cut_off,
    ),
    Erratum(
        "code-nn",
        Text(he="LeNet 5, הקוד", en="LeNet 5, the code"),
        Text(he="nn.CrossEntropyLoss() לצד torch.nn.Conv2d", en="nn.CrossEntropyLoss() beside torch.nn.Conv2d"),
        Text(he="nn לא הוגדר; יש לבחור בצורת import אחת", en="nn is not defined; one style of import has to be chosen"),
        "source",
        _undefined_nn,
    ),
    Erratum(
        "torch-nn-model",
        Text(he="LeNet 5, רשימת האובייקטים", en="LeNet 5, list of objects"),
        Text(he="torch.nn.Model", en="torch.nn.Model"),
        Text(he="torch.nn.Module; ל־torch אין Model", en="torch.nn.Module; torch has no Model"),
        "torch",
        facts("there_is_no_model"),
    ),
    Erratum(
        "output-relu",
        Text(he="LeNet 5, הערה בקוד", en="LeNet 5, comment in the code"),
        Text(he="שכבת המוצא: FC + ReLU", en="output: fully connected layer + ReLU"),
        Text(
            he="אין ReLU אחרי שכבת המוצא, ובצדק: הוא היה מאפס את הגרדיאנט של ציון שלילי של המחלקה הנכונה",
            en="the output has no ReLU, and rightly: it would stop the gradient of a negative score of the right class",
        ),
        "torch",
        facts("relu_on_the_output_stops_gradients"),
    ),
    Erratum(
        "one-dimensional",
        Text(he="LeNet 5, x.view", en="LeNet 5, x.view"),
        Text(he="x מוגדר מחדש כווקטור חד־ממדי", en="x is redefined as a 1D vector"),
        Text(
            he="מטריצה (N, 120), ורק כשהתמונה 28x28: עם הריפוד, קלט 32x32 נותן כאן שגיאה",
            en="a matrix (N, 120), and only for images of 28x28: with the padding, 32x32 fails here",
        ),
        "torch",
        facts("view_needs_a_single_pixel"),
    ),
    Erratum(
        "padding-and-32",
        Text(he="LeNet 5, ארכיטקטורה", en="LeNet 5, architecture"),
        Text(he="קלט 32x32, ואין ריפוד", en="an input of 32x32, and no padding"),
        Text(
            he="הקוד מרפד ב־2 ומקבל 28x28; עם ריפוד, 32x32 נותן 2x2 ולא 1x1 לפני view",
            en="the code pads by 2 and takes 28x28; with padding, 32x32 gives 2x2 and not 1x1 before view",
        ),
        "counts",
        lambda: [output_size(lenet(2), (1, n, n)) for n in (28, 32)] == [(120, 1, 1), (120, 2, 2)]
        and output_size(lenet(0), (1, 32, 32)) == (120, 1, 1),
    ),
)
