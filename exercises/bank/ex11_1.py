"""11.1: sizes, parameters and multiplications of a small convolutional network, and its dense equivalent."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from exercises.exercise import STATEMENT, Exercise, Option, Part, Range, Text
from solver.dense_equivalent import represents
from solver.derivation import Given, Quantity, component, shape, total, value_of
from solver.layers.activation import ReLU
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.dense import WEIGHTS, Linear
from solver.layers.pooling import AvgPool2d
from solver.layers.reshape import FLATTENED, Flatten
from solver.questions import analyze

if TYPE_CHECKING:
    from exercises.exhibit import Exhibit, Figure


def small_network(k: int, filters: int, outputs: int) -> Layer:
    """The network that the exercise asks about."""
    return Chain(
        (
            Conv2d(filters, k, bias=False, name="conv"),
            ReLU(name="relu"),
            AvgPool2d(2, name="pool"),
            Flatten(name="flatten"),
            Linear(outputs, bias=False, name="fc"),
        )
    )


def derive(n: int, k: int, filters: int, outputs: int) -> Mapping[str, Quantity]:
    """The network on one grey image; all parts read the same analysis."""
    network = small_network(k, filters, outputs)
    image = shape({"C": Given("C", 1), "H": Given("H", n), "W": Given("W", n)})
    small = analyze(network, image)
    feature_maps = small["conv"].output
    hidden = FLATTENED[3]("mlp", **{axis: component(feature_maps, i) for i, axis in enumerate("CHW")})
    pixels = FLATTENED[3]("mlp", **{axis: component(image, i) for i, axis in enumerate("CHW")})
    dense = {
        "mlp_1": WEIGHTS("mlp_1", D_in=pixels, D_out=hidden),
        "mlp_2": WEIGHTS("mlp_2", D_in=hidden, D_out=outputs),
    }
    return {
        "1a": feature_maps,
        "1b": small["pool"].output,
        "2": small["conv"].parameters,
        "3": small.parameters,
        "4": small.multiplications,
        "5": represents(network, image),
        "6": total(dense, "mlp"),
    }


def pictures(n: int, k: int, filters: int, outputs: int) -> Mapping[str, tuple[Figure, ...]]:
    """The network as volumes, whose sizes are asked for."""
    from exercises.diagram import Volumes  # drawn, and nothing to judge by

    title = Text(he="הרשת כשורה של נפחים", en="The network as a row of volumes")
    said = Text(
        he=f"תמונה 1×{n}×{n}, ואחריה מוצאי הקונבולוציה, ה־pooling ושכבת ה־FC.",
        en=f"An image of 1×{n}×{n}, then what comes out of the convolution, the pooling and the dense layer.",
    )
    return {STATEMENT: (Volumes(title, said, small_network(k, filters, outputs), (1, n, n), sizes=False),)}


def exhibits(n: int, k: int, filters: int, outputs: int) -> Mapping[str, tuple[Exhibit, ...]]:
    """The network as volumes; what one output of its convolution and one of its pooling read."""
    from exercises.diagram import Planes, Volumes, sized  # drawn, and nothing to judge by

    network = small_network(k, filters, outputs)
    sizes = analyze(network, (1, n, n))
    maps: Any = value_of(sizes["conv"].output)
    side, pooled = maps[1], value_of(sizes["pool"].output)
    volumes = Volumes(
        Text(he="הרשת כשורה של נפחים", en="The network as a row of volumes"),
        Text(
            he=f"תמונה 1×{n}×{n}, אחרי הקונבולוציה {sized(maps)}, אחרי ה־pooling {sized(pooled)}, "
            f"ובמוצא {outputs} מספרים.",
            en=f"An image of 1×{n}×{n}, {sized(maps)} after the convolution, {sized(pooled)} after the pooling, "
            f"{outputs} numbers out.",
        ),
        network,
        (1, n, n),
        name="small-network",
    )
    convolution = Planes(
        Text(he="מה שיחידה אחת במוצא הקונבולוציה קוראת", en="What one unit of the convolution's output reads"),
        Text(
            he=f"הכניסה {n}×{n} למטה ומוצא של גרעין אחד, {side}×{side}, למעלה. היחידה קוראת {k}×{k} תאים.",
            en=f"The {n}×{n} input below and the {side}×{side} output of one kernel above. "
            f"The unit reads {k}×{k} cells.",
        ),
        Conv2d(1, k, bias=False),
        (1, n, n),
        (1, side - 2),
        name="convolution-2d",
    )
    pooling = Planes(
        Text(he="מה שיחידה אחת במוצא ה־pooling קוראת", en="What one unit of the pooling's output reads"),
        Text(
            he=f"ערוץ אחד בגודל {side}×{side} למטה ומוצאו {side // 2}×{side // 2} למעלה. היחידה קוראת 2×2 תאים.",
            en=f"One {side}×{side} channel below and its {side // 2}×{side // 2} output above. "
            "The unit reads 2×2 cells.",
        ),
        AvgPool2d(2),
        (1, side, side),
        (1, 1),
        name="pooling-2d",
    )
    return {STATEMENT: (volumes,), "1a": (convolution,), "1b": (pooling,)}


EXERCISE = Exercise(
    id="11.1",
    title=Text(he="רשת קונבולוציה קטנה", en="A small convolutional network"),
    source="tutorial 11",
    numbers={
        "n": Range(9, 17, canonical=13),
        "k": Range(2, 6, canonical=4),
        "filters": Range(2, 5, canonical=3),
        "outputs": Range(2, 7, canonical=4),
    },
    needs=lambda n, k, filters, outputs: (n - k + 1) % 2 == 0 and filters != outputs,
    statement=Text(
        he=(
            "רשת קונבולוציה מקבלת תמונה בגווני אפור בגודל ${n} x {n}$ ומוציאה וקטור באורך ${outputs}$. "
            "הפעולות ברשת, לפי הסדר: שכבת קונבולוציה עם ${filters}$ גרעינים בגודל ${k} x {k}$ (צעד $1$, ללא ריפוד); "
            "אקטיבציה מסוג ReLU; average pooling בגודל $2 x 2$ ובצעד $2$; שכבת Fully Connected. "
            "אין ברשת איברי היסט."
        ),
        en=(
            "A convolutional network turns a grey image of ${n} x {n}$ pixels into a vector of ${outputs}$ numbers. "
            "In order: a convolution layer with ${filters}$ kernels of size ${k} x {k}$ (stride $1$, no padding); "
            "a ReLU activation; average pooling of size $2 x 2$ with stride $2$; a fully connected layer. "
            "No layer has a bias."
        ),
    ),
    parts=(
        Part(
            "1a",
            Text(he="מהו גודל המוצא של שכבת הקונבולוציה?", en="What is the size of the convolution layer's output?"),
        ),
        Part("1b", Text(he="מהו גודל המוצא של שכבת ה־pooling?", en="What is the size of the pooling layer's output?")),
        Part(
            "2",
            Text(
                he="כמה פרמטרים נלמדים יש בשכבת הקונבולוציה?",
                en="How many learned parameters does the convolution layer have?",
            ),
        ),
        Part("3", Text(he="כמה משקולות יש ברשת כולה?", en="How many weights does the whole network have?"), marks=2),
        Part(
            "4",
            Text(
                he="כמה כפלים מבצעת הרשת עבור תמונה אחת? חילוק אחד של average pooling נספר ככפל אחד.",
                en="How many multiplications does the network perform for one image? "
                "Count each division of the average pooling as one multiplication.",
            ),
            marks=2,
        ),
        Part(
            "5",
            Text(
                he="האם רשת בקישוריות מלאה (MLP) יכולה לייצג את הפונקציה שהרשת מממשת?",
                en="Can a fully connected network (MLP) represent the function that this network computes?",
            ),
            options=(
                Option(
                    "yes",
                    Text(he="כן", en="yes"),
                    also=("true", "y", "of course", "sure", "it can", "נכון", "אפשר", "יכולה", "בוודאי", "כמובן"),
                ),
                Option("no", Text(he="לא", en="no"), also=("false", "n", "לא נכון", "אי אפשר", "לא יכולה")),
            ),
            slip=Fraction(0),
        ),
        Part(
            "6",
            Text(
                he=(
                    "מה ההבדל העיקרי בין רשת הקונבולוציה לבין רשת MLP שמחשבת אותה פונקציה? "
                    "תמכו בתשובה במספר המשקולות של רשת MLP כזו, "
                    "שבה שכבה נסתרת אחת בגודל מוצא הקונבולוציה וללא איברי היסט."
                ),
                en=(
                    "What is the main difference between the convolutional network and an MLP that computes the same "
                    "function? Support the answer with the number of weights of such an MLP, with one hidden layer as "
                    "large as the convolution's output and no biases."
                ),
            ),
            free=True,
            model=Text(
                he=(
                    "בקונבולוציה כל יציאה תלויה רק בחלון קטן של הכניסה, ואותן משקולות משמשות בכל המקומות (שיתוף "
                    "משקולות). ברשת MLP לכל זוג של כניסה ויציאה יש משקולת משלו. לכן רשת MLP שמחשבת אותה פונקציה צריכה "
                    "${key}$ משקולות, רובן אפסים או העתקים זו של זו, ובלי האילוץ הזה היא עלולה ללמוד כל פונקציה אחרת: "
                    "היא כבדה יותר לחישוב ונוטה יותר להתאמת יתר."
                ),
                en=(
                    "In a convolution each output depends on a small window of the input only, and the same weights "
                    "are used at every position (weight sharing). In an MLP each pair of an input and an output has a "
                    "weight of its own. So an MLP that computes the same function needs ${key}$ weights, most of them "
                    "zeros or copies of each other. Without these constraints it could learn any other function "
                    "instead: it is heavier to compute and more prone to overfitting."
                ),
            ),
            marks=2,
        ),
    ),
    derive=derive,
    exhibits=exhibits,
    pictures=pictures,
)
