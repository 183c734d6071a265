"""init-demo: five layers whose weights are too large or too small, digit by digit, and what all scales with."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING, Any

from exercises.diagram import Units
from exercises.exercise import STATEMENT, Exercise, Part, Text
from exercises.exhibit import Exhibit, LineChart, Series, Table
from solver.derivation import Derivation, Derived, Given, Quantity
from solver.layers.activation import ReLU
from solver.layers.base import Layer
from solver.layers.composite import Chain
from solver.layers.dense import Linear
from solver.moments import forward
from solver.values import Rounded, rounded, symbol

if TYPE_CHECKING:  # numpy and SymPy, which listing the exercises can do without
    from solver.moments.seed import Example

LARGE, SMALL = Fraction(10), Fraction(1, 10)
PLACES = {LARGE: 2, SMALL: 5}
HE = sqrt(2 / 5)


def derive() -> Mapping[str, Quantity]:
    """The network at two scales, layer by layer; then what multiplies everything."""
    s, depth, y = symbol("s"), Given("L", 4), symbol("y")
    return {
        "large": _output(LARGE),
        "small": _output(SMALL),
        "scale": forward.LAYER_SCALE(s=Given("s", s), l=symbol("l")),
        "scale.output": forward.OUTPUT_SCALE(s=Given("s", s), L=depth),
        "gradients": forward.EULER(k=Given("k", 1), y=y, L=depth),
    }


def _output(scale: Fraction) -> Derivation:
    """y from z_4 from … from x."""
    example, places = seed_example(scale), PLACES[scale]
    z: Derivation = Given("x", tuple(Rounded(value, places) for value in example.drawn.input))
    for number, weights in enumerate(example.weights, start=1):
        z = Derived.of(forward.layer(number), {f"z_{number - 1}": z, f"W_{number}": Given(f"W_{number}", weights)})
    read_out = tuple((value,) for value in example.drawn.readout)
    return Derived.of(forward.READ_OUT, {"z_4": z, "w": Given("w", read_out)})


def seed_example(scale: Any) -> Example:
    """The example at a scale; numpy draws its weights."""
    from solver.moments.seed import seed_example as of  # numpy, which listing the exercises can do without

    return of(scale)


# --- what the solutions show


LAYER, GRADIENT = Text(he="שכבה", en="layer"), Text(he="נורמת הגרדיאנט לפי $W_l$", en="norm of the gradient by $W_l$")
READ_OUT = Text(he="קריאה", en="read-out")


def exhibits() -> Mapping[str, tuple[Exhibit, ...]]:
    """Tables digit by digit as the chapter prints them, the gradients beside them, and growth by layer."""
    return {
        STATEMENT: (_units(),),
        "large": (_values(LARGE),),
        "small": (_values(SMALL),),
        "scale": (_growth(), _chart()),
        "scale.output": (_scales(),),
        "gradients": (_gradients(),),
    }


def _units() -> Units:
    """The network that the example draws weights for, layer by layer as wide as they are."""
    example = seed_example(1)
    widths = [len(example.drawn.input), *(len(weights[0]) for weights in example.weights)]
    layers: list[Layer] = []
    for width in widths[1:]:
        layers += [Linear(width, bias=False), ReLU()]
    sizes = ", ".join(map(str, widths))
    return Units(
        Text(he="הרשת: חמש שכבות", en="The network: five layers"),
        Text(
            he=f"רוחב הכניסה ושל כל שכבה נסתרת: {sizes}, ובסופן נוירון אחד. אחרי כל שכבה נסתרת יש ReLU.",
            en=f"Widths of the input and of each hidden layer: {sizes}, then one unit. ReLU follows each hidden layer.",
        ),
        Chain((*layers, Linear(1, bias=False))),
        widths[0],
        name="mlp",
    )


def _values(scale: Fraction) -> Table:
    example, places = seed_example(scale), PLACES[scale]
    *rows, output = example.printed(places)
    norms = [f"{norm:.6g}" for norm in example.gradient_norms]
    layers = tuple((f"$z_{at}$", f"${row}$", norm) for at, (row, norm) in enumerate(zip(rows, norms, strict=False), 1))
    shown = rounded(scale, 1) if scale < 1 else str(scale)
    return Table(
        Text(
            he=f"ערכי הרשת בסטיית תקן ${shown}$, ולצידם הגרדיאנטים",
            en=f"Values of the network at standard deviation ${shown}$, and gradients beside them",
        ),
        (LAYER, Text(he="ערכים", en="values"), GRADIENT),
        (*layers, ("$y$", f"${output}$", Text(he=f"{norms[4]} (לפי $w$)", en=f"{norms[4]} (by $w$)"))),
    )


def _growth() -> Table:
    from solver.moments.seed import root_mean_growth  # numpy again

    example = seed_example(LARGE)
    typical = float(root_mean_growth(5, 1))
    rows = tuple(
        (f"${at}$", f"{sqrt(growth.observed):.4f}", f"{typical:.4f}", f"{100 * growth.below:.1f}")
        for at, growth in enumerate(example.growth, 1)
    )
    return Table(
        Text(
            he="הגידול בכל שכבה ליחידת סטיית תקן, $abs(z_l)/(s*abs(z_(l - 1)))$, ליד החוק המדויק: ריבוע הגידול מתפלג "
            "חי־בריבוע, ומספר דרגות החופש שלו הוא מספר העצים ב־$5$ הטלות מטבע הוגן",
            en="Growth of each layer a unit of standard deviation, $abs(z_l)/(s*abs(z_(l - 1)))$, beside the exact "
            "law: its square is chi-square with as many degrees of freedom as $5$ tosses of a fair coin give heads",
        ),
        (
            LAYER,
            Text(he="במדגם", en="in the sample"),
            Text(he="שורש התוחלת של הריבוע, $sqrt(5/2)$", en="root of the mean square, $sqrt(5/2)$"),
            Text(he="אחוז השכבות שגדלות פחות", en="percentage of layers that grow less"),
        ),
        rows,
    )


def _chart() -> LineChart:
    base = seed_example(1).norms
    named = (
        (Text(he="סטיית תקן 10", en="std 10"), 10.0),
        (Text(he="סטיית תקן 1", en="std 1"), 1.0),
        (Text(he="אתחול He", en="He"), HE),
        (Text(he="סטיית תקן 0.1", en="std 0.1"), 0.1),
    )
    lasts = {name.en: base[4] * scale**4 for name, scale in named}
    return LineChart(
        title=Text(he="גודל הערכים לפי שכבה", en="Size of the values by layer"),
        description=Text(
            he=f"הנורמה של הערכים בשכבות 0 עד 4, בסולם לוגריתמי. היא מתחילה ב־{base[0]:.2f} ומגיעה בשכבה 4 ל־"
            f"{lasts['std 10']:.3g} בסטיית תקן 10, ל־{lasts['std 1']:.3g} בסטיית תקן 1, ל־"
            f"{lasts['He']:.3g} באתחול He ול־{lasts['std 0.1']:.2g} בסטיית תקן 0.1.",
            en=f"The norm of the values at layers 0 to 4 on a logarithmic scale. It begins at {base[0]:.2f} and at "
            f"layer 4 is {lasts['std 10']:.3g} for standard deviation 10, {lasts['std 1']:.3g} for 1, "
            f"{lasts['He']:.3g} for He and {lasts['std 0.1']:.2g} for 0.1.",
        ),
        across=Text(he="שכבה", en="layer"),
        up=Text(he="נורמת הערכים", en="norm of the values"),
        series=tuple(Series(name, [norm * scale**at for at, norm in enumerate(base)]) for name, scale in named),
        logarithmic=True,
        name="signal-growth",
    )


def _scales() -> Table:
    large, small = seed_example(LARGE), seed_example(SMALL)
    ratios = [_ratio(large, small, at) for at in range(1, 5)]
    rows = tuple((f"$z_{at}$", f"$100^{at} = {ratio}$") for at, ratio in enumerate(ratios, 1))
    y = large.output / small.output
    return Table(
        Text(
            he="היחס בין שתי הטבלאות: במוצא $100^4$ ולא $100^5$, כלומר הספר לא הכפיל את משקולות שכבת הקריאה",
            en="Ratio of the two tables: $100^4$ at the output and not $100^5$, so the chapter did not scale the "
            "read-out layer",
        ),
        (LAYER, Text(he="סטיית תקן $10$ חלקי סטיית תקן $0.1$", en="standard deviation $10$ over $0.1$")),
        (*rows, ("$y$", f"$100^4 = {y}$")),
    )


def _ratio(large: Example, small: Example, layer: int) -> Fraction:
    return max(large.layers[layer]) / max(small.layers[layer])


def _gradients() -> Table:
    from solver.moments.seed import dead  # numpy again

    examples = [seed_example(scale) for scale in (LARGE, SMALL)]
    rows = tuple(
        (
            READ_OUT if at == 5 else f"${at}$",
            *(f"{example.gradient_norms[at - 1]:.6g}" for example in examples),
            *(f"{float(example.inner_products[at - 1]):.7g}" for example in examples),
        )
        for at in range(1, 6)
    )
    return Table(
        Text(
            he="הגרדיאנטים לפי $W_1$ עד $W_4$ גדלים יחד ונבדלים פי $2$ בערך; סכום המשקולות כפול נגזרותיהן הוא $y$ "
            "בכל שכבה. הגרדיאנט של שכבת הקריאה, שאינה מוכפלת, אינו גדל איתם באותו קצב. רשת ברוחב $5$ ובת $20$ "
            f"שכבות מתה בהסתברות {100 * float(dead(5, 20)):.1f} אחוז",
            en="The gradients by $W_1$ to $W_4$ grow together and differ by a factor of about $2$; weights times their "
            "derivatives add up to $y$ in every layer. The gradient of the read-out, which is not scaled, does not "
            "grow at their rate. A network of width $5$ and $20$ layers is dead with probability "
            f"{100 * float(dead(5, 20)):.1f} percent",
        ),
        (
            LAYER,
            *(Text(he=f"נורמה, $s = {scale}$", en=f"norm, $s = {scale}$") for scale in ("10", "0.1")),
            *(
                Text(he=f"סכום המכפלות, $s = {scale}$", en=f"sum of the products, $s = {scale}$")
                for scale in ("10", "0.1")
            ),
        ),
        rows,
    )


EXERCISE = Exercise(
    id="init-demo",
    title=Text(he="משקולות גדולות מדי וקטנות מדי", en="Weights that are too large and too small"),
    source="tutorial 11, initialisation",
    numbers={},
    statement=Text(
        he=(
            "רשת ללא היסטים עם ארבע שכבות ברוחב $5$ ושכבת קריאה: $z_0 = x$, $z_l = relu(z_(l - 1)*W_l)$ עבור $l$ מ־$1$ "
            "עד $4$, ו־$y = z_4*w$. הווקטורים הם שורות. המשקולות והקלט הוגרלו מהתפלגות נורמלית תקנית עם "
            "RandomState(2) של numpy, בסדר הזה: $W_1$ עד $W_4$ (כל אחת $5$ על $5$), $w$, $x$. אחר כך מכפילים את $W_1$ "
            "עד $W_4$ בסטיית התקן $s$. משקולות הקריאה $w$ נשארות כפי שהוגרלו."
        ),
        en=(
            "A network without biases has four layers of width $5$ and a read-out: $z_0 = x$, "
            "$z_l = relu(z_(l - 1)*W_l)$ for $l$ from $1$ to $4$, and $y = z_4*w$. Vectors are rows. "
            "Weights and input were drawn from the standard normal law "
            "with numpy's RandomState(2), in this order: $W_1$ to $W_4$ (each $5$ by $5$), $w$, $x$. "
            "Then $W_1$ to $W_4$ are multiplied by the standard deviation $s$. The read-out weights $w$ stay as drawn."
        ),
    ),
    parts=(
        Part(
            "large",
            Text(
                he="חשבו את כל השכבות עבור $s = 10$. מהו המוצא $y$? (עד כדי אחוז אחד)",
                en="Compute all layers for $s = 10$. What is the output $y$? (to within one percent)",
            ),
            within=Fraction(1, 100),
        ),
        Part(
            "small",
            Text(
                he="ועבור $s = 0.1$, מהו המוצא $y$? (עד כדי אחוז אחד)",
                en="And for $s = 0.1$, what is the output $y$? (to within one percent)",
            ),
            within=Fraction(1, 100),
        ),
        Part(
            "scale",
            Text(
                he="המטריצות $W_1$ עד $W_4$ מוכפלות כל אחת ב־$s > 0$. פי כמה גדלים ערכי השכבה $z_l$?",
                en="Each of $W_1$ to $W_4$ is multiplied by $s > 0$. By what are the values $z_l$ multiplied?",
            ),
        ),
        Part(
            "scale.output",
            Text(
                he="ופי כמה גדל המוצא $y$, אם $w$ אינו מוכפל?",
                en="And by what is the output $y$ multiplied, if $w$ is not scaled?",
            ),
        ),
        Part(
            "gradients",
            Text(
                he="מכפילים כל משקולת של שכבה אחת $W_l$ בנגזרת של $y$ לפיה, ומחברים. בטאו את הסכום באמצעות $y$.",
                en="Multiply each weight of one layer $W_l$ by the derivative of $y$ by it, and add up. "
                "Express the sum by $y$.",
            ),
        ),
    ),
    derive=derive,
    exhibits=exhibits,
    pictures=lambda: {STATEMENT: (_units(),)},
)
