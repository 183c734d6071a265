"""11.3: the initialisation of weights, from the mean of a neuron to Var(w) = 1/n and, behind ReLU, 2/n."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from exercises.exercise import STATEMENT, Exercise, Option, Part, Quantities, Text
from solver.derivation import Quantity

if TYPE_CHECKING:
    from exercises.exhibit import Exhibit, Figure, LineChart


def derive() -> Mapping[str, Quantity]:
    """Later parts rest on earlier ones, and every result on no more assumptions than it needs."""
    from solver.moments import neuron  # SymPy, which listing the exercises can do without

    linear, general = neuron.variance_centred(), neuron.variance()
    behind_relu = neuron.variance_relu(general)
    return {
        "1.1": neuron.mean(),
        "1.2": neuron.product_variance(),
        "1.3": linear,
        "1.4": neuron.keeping(linear, neuron.input_variance("x")),
        "2.1": neuron.centred_activations(),
        "2.2": general,
        "2.3": behind_relu,
        "2.4": neuron.keeping(behind_relu, neuron.input_variance("y")),
    }


def exhibits() -> Mapping[str, tuple[Exhibit, ...]]:
    """The neurons, and the three activations."""
    return {**pictures(), "2.1": (_curves(),)}


def pictures() -> Mapping[str, tuple[Figure, ...]]:
    """The linear neuron and the one behind activations."""
    from exercises.diagram import Neuron  # drawn, and nothing to judge by

    linear = Neuron(
        Text(he="נוירון ליניארי", en="A linear neuron"),
        Text(
            he="הכניסות x_1 עד x_n, כל אחת כפולה במשקולת שלה, והמוצא v הוא סכומן.",
            en="The inputs x_1 to x_n, each times its weight; the output v is their sum.",
        ),
        name="linear-neuron",
    )
    general = Neuron(
        Text(he="נוירון שכניסותיו עברו אקטיבציה", en="A neuron behind activations"),
        Text(
            he="כל y_i עובר דרך σ ונותן x_i; הכניסות x_i כפולות במשקולות שלהן, והמוצא v הוא סכומן.",
            en="Each y_i goes through σ and gives x_i; the x_i times their weights add up to the output v.",
        ),
        activation="σ",
        name="nonlinear-neuron",
    )
    return {STATEMENT: (linear, general)}


def _curves() -> LineChart:
    """Sigmoid, tanh and ReLU, as the engine defines them."""
    from sympy import lambdify  # SymPy, which listing the exercises can do without

    from exercises.exhibit import LineChart, Series  # drawn, and nothing to judge by
    from solver.moments.activations import ACTIVATIONS, y  # SymPy again

    places = [step / 4 for step in range(-16, 17)]
    functions = {
        shown: lambdify(y, ACTIVATIONS[shown.lower()].define().expression, "math")
        for shown in ("sigmoid", "tanh", "ReLU")
    }
    curves = {shown: [float(function(place)) for place in places] for shown, function in functions.items()}
    zeros = ", ".join(f"{shown} {curve[len(places) // 2]:g}" for shown, curve in curves.items())
    return LineChart(
        Text(he="שלוש פונקציות אקטיבציה", en="Three activations"),
        Text(
            he=f"הערכים ב־0: {zeros}. רק tanh אי־זוגית, ולכן רק התוחלת שלה היא 0 כש־y סימטרי.",
            en=f"Values at 0: {zeros}. Only tanh is odd, so only its mean is 0 where y is symmetric.",
        ),
        across=Text(he="y", en="y"),
        up=Text(he="σ(y)", en="σ(y)"),
        series=tuple(Series(Text(he=shown, en=shown), curve, places) for shown, curve in curves.items()),
        name="activations",
    )


WEIGHTS = ("symmetric(w)", "uncorrelated(w)", "alike(w)")
LINEAR = (*WEIGHTS, "independent(w, x)", "alike(x)")
CENTRED = (*LINEAR, "centred(x)")
BEHIND_RELU = (*LINEAR, "independent(w, y)", "alike(y)", "symmetric(y)")
NEURON = {"v": "sum(i, 1, n, w_i*x_i)"}


def notes() -> Mapping[str, Quantity]:
    """What a constant variance does not give."""
    from solver.moments.notes import notes  # SymPy, which listing the exercises can do without

    return notes()


def _quantities(
    *names: str, centred: tuple[str, ...], says: Mapping[str, str], assumes: tuple[str, ...] = LINEAR
) -> Quantities:
    """Names whose members are all alike: w, w_i and w_1 are one."""
    also = {spelled: f"{name}_1" for name in names for spelled in (name, f"{name}_i", f"{name}_j", f"{name}_k")}
    capital = {spelled.upper(): meant for spelled, meant in also.items() if len(spelled) == 1}
    return Quantities(
        independent=tuple(f"{name}_1" for name in names),
        centred=tuple(f"{name}_1" for name in centred),
        also={**also, **capital, **dict.fromkeys(("n_in", "fan_in", "d_in"), "n")},
        sizes=("n",),
        known=("v",),
        says=says,
        assumes=assumes,
        stands_for=NEURON | ({"x_i": "relu(y_i)"} if "y" in names else {}),
    )


SAYS_VARIANCE = {
    "Var(v)": "key",
    "std(v)": "sqrt(key)",
    "std(v)^2": "key",
    "E[v^2]": "key",
    "sigma_v^2": "key",
    "sigma_v": "sqrt(key)",
    "sigma^2": "key",
}
SAYS_WEIGHT = {
    "Var(w_1)": "key",
    "std(w_1)": "sqrt(key)",
    "std(w_1)^2": "key",
    "E[w_1^2]": "key",
    "sigma_w^2": "key",
    "sigma_w": "sqrt(key)",
    "sigma^2": "key",
    "sigma": "sqrt(key)",
    "1/Var(w_1)": "1/key",
}


EXERCISE = Exercise(
    id="11.3",
    title=Text(he="אתחול המשקולות", en="Initialising the weights"),
    source="tutorial 11",
    numbers={},
    statement=Text(
        he=(
            "נוירון ליניארי מחשב $v = sum(i, 1, n, w_i*x_i)$. המשקולות $w_i$ והכניסות $x_i$ הן משתנים אקראיים. "
            "התפלגות המשקולות סימטרית סביב $0$, המשקולות בלתי תלויות זו בזו ובלתי תלויות בכניסות, "
            "ולכל המשקולות אותה התפלגות. גם לכל הכניסות אותה התפלגות, אך הן עשויות להיות תלויות זו בזו. "
            "מחפשים אתחול ששומר על השונות משכבה לשכבה. "
            "בסעיפים 2.1 עד 2.4 הכניסות הן מוצאי אקטיבציה: $x_i$ הוא ערכה ב־$y_i$, "
            "והמשתנים $y_i$ הם מוצאים של נוירונים כאלה בשכבה הקודמת."
        ),
        en=(
            "A linear neuron computes $v = sum(i, 1, n, w_i*x_i)$. The weights $w_i$ and the inputs $x_i$ are random "
            "variables. The law of the weights is symmetric about $0$; the weights are independent of each other and "
            "of the inputs, and all have the same law. All inputs have the same law too, but they may depend on each "
            "other. We look for an initialisation that keeps the variance from layer to layer. "
            "In parts 2.1 to 2.4 the inputs come out of an activation: $x_i$ is its value at $y_i$, "
            "and the $y_i$ are outputs of such neurons in the layer before."
        ),
    ),
    parts=(
        Part(
            "1.1",
            Text(
                he="מהי התוחלת $E[v]$? תנו את ערכה.",
                en="What is the expectation $E[v]$? Give its value.",
            ),
            quantities=_quantities("w", "x", centred=("w",), says={"E[v]": "key"}),
        ),
        Part(
            "1.2",
            Text(
                he="בטאו את $Var(x*y)$ באמצעות התוחלות והשונויות של $x$ ו־$y$, שהם משתנים אקראיים בלתי תלויים כלשהם.",
                en="For any two independent random variables $x$ and $y$, express $Var(x*y)$ by their expectations "
                "and variances.",
            ),
            quantities=Quantities(independent=("x", "y"), says={"Var(x*y)": "key", "Var(y*x)": "key"}),
            marks=2,
        ),
        Part(
            "1.3",
            Text(
                he="נניח שגם $E[x_i] = 0$ לכל $i$. בטאו את $Var(v)$ באמצעות $n$ והשונויות של $w_1$ ושל $x_1$.",
                en="Let also $E[x_i] = 0$ for every $i$. Express $Var(v)$ by $n$ and the variances of $w_1$ and $x_1$.",
            ),
            quantities=_quantities("w", "x", centred=("w", "x"), says=SAYS_VARIANCE, assumes=CENTRED),
            marks=2,
        ),
        Part(
            "1.4",
            Text(
                he="איזו שונות $Var(w_1)$ משאירה את שונות המוצא $v$ שווה לשונות של כל אחת מהכניסות?",
                en="Which variance $Var(w_1)$ makes the variance of the output $v$ equal to that of each input?",
            ),
            quantities=_quantities("w", "x", centred=("w", "x"), says=SAYS_WEIGHT, assumes=CENTRED),
        ),
        Part(
            "2.1",
            Text(
                he="עבור אילו מהאקטיבציות הבאות ההנחה $E[x_i] = 0$ עדיין מתקיימת?",
                en="For which of these activations does the assumption $E[x_i] = 0$ still hold?",
            ),
            options=(
                Option("sigmoid", Text(he="סיגמואיד (sigmoid)", en="sigmoid"), also=("σ", "logistic", "סיגמואיד")),
                Option("tanh", Text(he="טנגנס היפרבולי (tanh)", en="tanh"), also=("טנגנס היפרבולי",)),
                Option("relu", Text(he="ReLU (החלק החיובי)", en="ReLU (rectifier)"), also=("rectifier",)),
            ),
            slip=Fraction(0),
        ),
        Part(
            "2.2",
            Text(
                he="כעת לא נניח דבר על התוחלת של הכניסות. בטאו את $Var(v)$ באמצעות $n$, $Var(w_1)$ ומומנטים של $x_1$.",
                en="Now assume nothing about the expectation of the inputs. Express $Var(v)$ by $n$, $Var(w_1)$ and "
                "moments of $x_1$.",
            ),
            quantities=_quantities("w", "x", centred=("w",), says=SAYS_VARIANCE),
            marks=2,
        ),
        Part(
            "2.3",
            Text(
                he="עבור אקטיבציה מסוג ReLU, $x_i = max(0, y_i)$, בטאו את $Var(v)$ באמצעות $n$, $Var(w_1)$ "
                "ו־$Var(y_1)$. לכל ה־$y_i$ אותה שונות.",
                en="For the ReLU activation, $x_i = max(0, y_i)$, express $Var(v)$ by $n$, $Var(w_1)$ and $Var(y_1)$. "
                "All $y_i$ have the same variance.",
            ),
            quantities=_quantities("w", "y", centred=("w", "y"), says=SAYS_VARIANCE, assumes=BEHIND_RELU),
            marks=2,
        ),
        Part(
            "2.4",
            Text(
                he="איזו שונות $Var(w_1)$ משאירה, עם ReLU, את שונות המוצא $v$ שווה לשונות של כל אחד מהמשתנים $y_i$?",
                en="Which variance $Var(w_1)$ makes, with ReLU, the variance of $v$ equal to that of each $y_i$?",
            ),
            quantities=_quantities("w", "y", centred=("w", "y"), says=SAYS_WEIGHT, assumes=BEHIND_RELU),
        ),
    ),
    derive=derive,
    exhibits=exhibits,
    pictures=pictures,
    notes=notes,
)
