"""What tools print that readers of the chapters may take for a fact."""

from __future__ import annotations

from exercises.errata import Erratum
from exercises.errata.tutorial import facts
from exercises.exercise import Text
from solver.conventions import CONVENTIONS

ENTRIES: tuple[Erratum, ...] = (
    Erratum(
        "linear-default",
        Text(he="ברירת המחדל של torch.nn.Linear", en="torch.nn.Linear's default"),
        Text(he="הקוד שלה קורא ל־kaiming_uniform_, על שם He", en="its code calls kaiming_uniform_, named after He"),
        Text(
            he="השונות 1/(3n), קטנה פי 6 מ־2/n: רשת ReLU מאבדת גורם 6 בכל שכבה",
            en="their variance is 1/(3n), six times less than 2/n: a ReLU network loses a factor 6 a layer",
        ),
        "torch",
        facts("linear_default_loses_a_factor_six"),
    ),
    Erratum(
        "gain-of-tanh",
        Text(he="torch.nn.init.calculate_gain", en="torch.nn.init.calculate_gain"),
        Text(he="ההגבר של tanh הוא 5/3", en="the gain of tanh is 5/3"),
        Text(he="$1/sqrt(E[tanh(y)^2]) = 1.5925$", en="$1/sqrt(E[tanh(y)^2]) = 1.5925$"),
        "torch",
        facts("gains_are_not_all_exact"),
    ),
    Erratum(
        "fan-out-of-groups",
        Text(he="torch.nn.init, fan_out", en="torch.nn.init, fan_out"),
        Text(he="432 עבור Conv2d(8, 48, 3, groups=4)", en="432 for Conv2d(8, 48, 3, groups=4)"),
        Text(he="108: כל ערוץ כניסה מזין 12 ערוצי מוצא", en="108: each input channel feeds 12 output channels"),
        "torch",
        facts("fan_out_ignores_groups"),
    ),
    Erratum(
        "hardsigmoid-slope",
        Text(he="torch.nn.Hardsigmoid", en="torch.nn.Hardsigmoid"),
        Text(he="הנגזרת היא 1/6", en="its derivative is 1/6"),
        Text(
            he="torch מעגלת את 1/6 לדיוק יחיד גם עבור מספרים בדיוק כפול",
            en="torch rounds 1/6 to single precision, also for doubles",
        ),
        "torch",
        facts("hardsigmoid_slope_is_single"),
    ),
    Erratum(
        "ptflops",
        Text(he="המונה ptflops", en="the counter ptflops"),
        Text(he="סופר ReLU ו־pooling כפעולות", en="counts ReLU and pooling as operations"),
        Text(
            he="הוא סופר אותם פעמיים; בפרק ל־ReLU אין כפלים",
            en="it counts them twice; the chapter's convention has no multiplications for ReLU",
        ),
        "counts",
        lambda: {"activations_twice", "pooling_twice"} <= CONVENTIONS["ptflops"].items.keys()
        and not {"activations_twice", "pooling_twice"} & CONVENTIONS["fvcore"].items.keys(),
    ),
)
