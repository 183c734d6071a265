"""Tutorial 11, initialisation of weights: what is wrong, loose or left out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from exercises.errata import Erratum
from exercises.exercise import Text
from solver.derivation import walk
from solver.layers.dense import Linear
from solver.moments import activation_moments, neuron, propagate
from solver.moments.assumptions import Centred, Symmetric, about, assumed, independent
from solver.moments.laws import HALF
from solver.moments.seed import dead, second_growth, seed_example
from solver.symbols import E, Var, family, relu, variable
from solver.verify.law_checks import check_step, refuted

w, x, y = map(family, "wxy")


def _kinds(derivation: Any) -> set[str]:
    return {str(getattr(fact, "kind", "definition")) for fact in assumed(derivation)}


def _shown(derivation: Any) -> bool:
    return all(check_step(step).verdict == "verified" for step in walk(derivation))


def _independence_is_used() -> bool:
    """Var(w x) is another one where w and x may depend on each other; with independence it is the chapter's."""
    free = Var(w[1] * x[1])
    split = E(w[1]) ** 2 * Var(x[1]) + E(x[1]) ** 2 * Var(w[1]) + Var(w[1]) * Var(x[1])
    return refuted(free, split, ()) and not refuted(free, split, (independent("w", "x"),))


def _inputs_may_depend() -> bool:
    """Var(v) = n Var(w) E[x^2] is derived and checked without any assumption on how the x_i depend on each other."""
    derived = neuron.variance()
    about_x = [fact for fact in assumed(derived) if getattr(fact, "names", ()) == ("x",)]
    return _shown(derived) and {fact.kind for fact in about_x} == {"alike"}


def _symmetry_is_late() -> bool:
    """Symmetry is used for the half lemma, and zero mean is not enough there."""
    early = [neuron.mean(), neuron.variance_centred(), neuron.variance()]
    half = E(relu(y[1]) ** 2), Var(y[1]) / 2
    return (
        not any("symmetric" in _kinds(derived) for derived in early)
        and HALF.assumes == ("symmetric",)
        and not refuted(*half, about(Symmetric, "y"))
        and refuted(*half, about(Centred, "y"))
    )


def _symmetric_sum() -> bool:
    """y = u z is symmetric for symmetric u independent of z, and not for z = u."""
    step = neuron.symmetric_inputs()
    product = variable("u") * variable("z")
    facts = about(Symmetric, "u")
    free = refuted(E(product**3), sympy.S.Zero, facts)
    return _shown(step) and free and not refuted(E(product**3), sympy.S.Zero, (*facts, independent("u", "z")))


def _fan_out() -> bool:
    """Var(w) = 1/n_in through a layer of 100 to 50 keeps the values and halves the gradients."""
    table = propagate(Linear(50, bias=False), (100,), lambda fan_in, fan_out: sympy.Integer(1) / fan_in)
    return bool(table.forward == 1 and table.backward == sympy.Rational(1, 2))


def _means() -> bool:
    """At q = 1 the means are 1/2, 0 and 1/sqrt(2 pi): two of the three are not 0."""
    means = {name: activation_moments(name).mean for name in ("sigmoid", "tanh", "relu")}
    exact = {"sigmoid": sympy.Rational(1, 2), "tanh": 0}
    q = sympy.Symbol("q", positive=True)
    return all(means[name] == value for name, value in exact.items()) and sympy.simplify(
        means["relu"] - sympy.sqrt(q / (2 * sympy.pi))
    ) == 0


def _fixed_index() -> bool:
    """The integral of y_1^2 f(y) over y > 0 is y_1^2/2; that of y^2 f(y) is q/2."""
    t, fixed = sympy.Symbol("y", positive=True), sympy.Symbol("y_1", real=True)
    density = sympy.exp(-(t**2) / 2) / sympy.sqrt(2 * sympy.pi)
    integrals = [sympy.integrate(square * density, (t, 0, sympy.oo)) for square in (fixed**2, t**2)]
    return integrals == [fixed**2 / 2, sympy.Rational(1, 2)]


def _scales() -> bool:
    """Layer l differs by 100^l between the tables, the output by 100^4 and not by 100^5."""
    large, small = seed_example(10), seed_example("0.1")
    layers = all(
        a == tuple(100**depth * value for value in b)
        for depth, (a, b) in enumerate(zip(large.layers, small.layers, strict=True))
    )
    return layers and large.output == 100**4 * small.output


def _read_out_gradient() -> bool:
    """From s = 0.1 to 10 the gradients by W_1 to W_4 grow by 100^3, that by w by 100^4."""
    large, small = seed_example(10).gradients, seed_example("0.1").gradients
    ratios = [
        {a / b for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True) if b}
        for one, other in zip(large, small, strict=True)
    ]
    return ratios == [{Fraction(100**3)}] * 4 + [{Fraction(100**4)}]


def _gradients_together() -> bool:
    """<W_l, dy/dW_l> = y for every l, exactly; the norms differ by a factor 2.001 at most and are not monotone."""
    example = seed_example(10)
    norms = example.gradient_norms[:4]
    return (
        set(example.inner_products) == {example.output}
        and max(norms) / min(norms) < 2.001
        and list(norms) != sorted(norms)
    )


def _shape_of_example() -> bool:
    drawn = seed_example(10).drawn
    return len(drawn.weights) == 4 and all(len(row) == 5 for matrix in drawn.weights for row in matrix)


def _shrinking_output() -> bool:
    small = seed_example("0.1")
    return small.output > max(small.layers[-1])


EXAMPLE = Text(he="הדוגמה של 5 שכבות", en="the example of 5 layers")

ENTRIES: tuple[Erratum, ...] = (
    Erratum(
        "read-out-not-scaled",
        EXAMPLE,
        Text(he="סטיית התקן של המשקולות היא 10, ואחר כך 0.1", en="the weights have standard deviation 10, then 0.1"),
        Text(
            he="משקולות שכבת הקריאה נשארו עם סטיית תקן 1: המוצא גדל פי $100^4$ ולא פי $100^5$",
            en="the read-out layer kept standard deviation 1: the output grows by $100^4$ and not by $100^5$",
        ),
        "values",
        _scales,
    ),
    Erratum(
        "five-layers",
        EXAMPLE,
        Text(he="רשת של 5 שכבות ברוחב 5", en="a network of 5 layers of width 5"),
        Text(he="ארבע שכבות ברוחב 5 ושכבת קריאה ברוחב 1", en="four layers of width 5 and a read-out of width 1"),
        "values",
        _shape_of_example,
    ),
    Erratum(
        "output-larger",
        EXAMPLE,
        Text(he="בסטיית תקן 0.1 הערכים הולכים וקטנים", en="at 0.1 the values get smaller and smaller"),
        Text(
            he="עד השכבה הרביעית; $y = 0.00155$ גדול מכל ערכי $z_4$",
            en="up to the fourth layer; $y = 0.00155$ is larger than every value of $z_4$",
        ),
        "values",
        _shrinking_output,
    ),
    Erratum(
        "gradients-differ",
        EXAMPLE,
        Text(
            he="בין הגרדיאנטים של השכבות יהיו הבדלים גדולים מאוד",
            en="the gradients of the layers will differ greatly from each other",
        ),
        Text(
            he="סכום המשקולות כפול נגזרותיהן הוא y בכל שכבה; הנורמות של $W_1$ עד $W_4$ הן 21495, 11838, 23250, 11624",
            en="weights times derivatives add up to y in every layer; the norms by $W_1$ to $W_4$ are "
            "21495, 11838, 23250, 11624",
        ),
        "values",
        _gradients_together,
    ),
    Erratum(
        "read-out-gradient",
        EXAMPLE,
        Text(he="הגרדיאנטים של כל השכבות נידונים יחד", en="the gradients of all layers are spoken of together"),
        Text(
            he="כשמכפילים את $W_1$ עד $W_4$ ב־$s$, הגרדיאנטים שלהן גדלים פי $s^3$, והגרדיאנט של שכבת הקריאה פי $s^4$",
            en="when $W_1$ to $W_4$ are scaled by $s$ their gradients grow by $s^3$, and that of the read-out by $s^4$",
        ),
        "values",
        _read_out_gradient,
    ),
    Erratum(
        "iid-inputs",
        Text(he="11.3 (1), ההנחות", en="11.3 (1), assumptions"),
        Text(
            he="כל המשקולות וכל הכניסות IID",
            en="all weights and all inputs are IID",
        ),
        Text(
            he="הכניסות רשאיות להיות תלויות זו בזו (וברשת הן תלויות); די באותה תוחלת ובאותה שונות",
            en="the inputs may depend on each other (and do, inside a network); the same mean and variance suffice",
        ),
        "models",
        _inputs_may_depend,
    ),
    Erratum(
        "independence-unsaid",
        Text(he="11.3 (1), ההנחות", en="11.3 (1), assumptions"),
        Text(
            he="אי־התלות בין המשקולות לכניסות אינה נאמרת במפורש; כלשונו, ל־w ול־x אותה התפלגות",
            en="that weights and inputs are independent is never said; taken literally, w and x have the same law",
        ),
        Text(
            he="זו ההנחה שבשימוש, ובלעדיה נוסחת Var(wx) אינה נכונה; שוויון ההתפלגויות אינו נחוץ",
            en="this is what is used, and without it the formula for Var(wx) is wrong; equal laws are not needed",
        ),
        "models",
        _independence_is_used,
    ),
    Erratum(
        "symmetric-weights",
        Text(he="11.3 (1), ההנחות", en="11.3 (1), assumptions"),
        Text(he="התפלגות המשקולות סימטרית", en="the law of the weights is symmetric"),
        Text(
            he="עד 2.2 די בתוחלת אפס; סימטריה דרושה רק ללמת החצי של ReLU, ושם תוחלת אפס אינה מספיקה",
            en="up to 2.2 mean 0 suffices; symmetry is needed for ReLU's half lemma alone, and there "
            "mean 0 is not enough",
        ),
        "models",
        _symmetry_is_late,
    ),
    Erratum(
        "no-vanishing",
        Text(he="11.3, ההערה", en="11.3, note"),
        Text(
            he="תוחלת 0 ושונות קבועה: אין התפוצצות או היעלמות",
            en="mean 0 and constant variance: no explosion and no vanishing",
        ),
        Text(
            he="ברוחב 5 ו־20 שכבות, באתחול He, 47.0 אחוז מהרשתות מתות",
            en="at width 5 and 20 layers, with He's weights, 47.0 percent of the networks are dead",
        ),
        "values",
        lambda: f"{100 * float(dead(5, 20)):.1f}" == "47.0",
    ),
    Erratum(
        "typical-network",
        Text(he="11.3, ההערה", en="11.3, note"),
        Text(
            he="שונות קבועה מבטיחה שהאות נשמר",
            en="constant variance makes sure that the signal is kept",
        ),
        Text(
            he="בממוצע על הרשתות, לא ברשת אחת: $E[R^2] = (1 + 5/n)^L$, ועבור $n = 5$ ו־$L = 20$ זה 1,048,576",
            en="in the mean over networks, not in one network: $E[R^2] = (1 + 5/n)^L$, which is 1,048,576 "
            "for $n = 5$ and $L = 20$",
        ),
        "values",
        lambda: bool(second_growth(5, 20) == 1_048_576),
    ),
    Erratum(
        "fan-out",
        Text(he="11.3 (4)", en="11.3 (4)"),
        Text(he="Var(w) = 1/n שומר על האות", en="Var(w) = 1/n keeps the signal"),
        Text(
            he="קדימה בלבד; הגרדיאנט דורש את מספר היציאות: משכבה של 100 ל־50 הוא קטן בחצי",
            en="forward only; the gradient asks for the number of outputs: from 100 to 50 it is halved",
        ),
        "symbols",
        _fan_out,
    ),
    Erratum(
        "one-activation",
        Text(he="11.3 (2), ההערה", en="11.3 (2), note"),
        Text(he="התוחלת אינה 0 עבור אחת מהאקטיבציות", en="the mean is not 0 for one of the activations"),
        Text(he="עבור שתיים: sigmoid (1/2) ו־ReLU", en="for two of them: sigmoid (1/2) and ReLU"),
        "symbols",
        _means,
    ),
    Erratum(
        "symmetric-outputs",
        Text(he="11.3 (2.1)", en="11.3 (2.1)"),
        Text(he="אם המשקולות סימטריות, גם y סימטרי", en="if the weights are symmetric, so is y"),
        Text(
            he="רק אם הן גם בלתי תלויות בכניסות של אותה שכבה",
            en="only if they are also independent of the inputs of that layer",
        ),
        "models",
        _symmetric_sum,
    ),
    Erratum(
        "fixed-index",
        Text(he="11.3 (2.3)", en="11.3 (2.3)"),
        Text(he="האינטגרל של $y_1^2$ כפול הצפיפות של $y$", en="the integral of $y_1^2$ times the density of $y$"),
        Text(
            he="של $y^2$ כפול הצפיפות; כפי שהודפס הוא $y_1^2/2$",
            en="of $y^2$ times the density; as printed it is $y_1^2/2$",
        ),
        "symbols",
        _fixed_index,
    ),
)
