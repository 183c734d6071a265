"""The chapter on residual networks: what is wrong, loose or left out."""

from __future__ import annotations

import sympy

from exercises.errata import Erratum
from exercises.errata.tutorial import facts
from exercises.exercise import Text
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.layers.normalisation import BatchNorm2d
from solver.questions import output_size, parameters
from solver.values import symbol


def _any_size() -> bool:
    """floor((H - 1)/2) + 1 is ceil(H/2): the same for every H up to 200, and 4 for H = 7."""
    down = Conv2d(2, 3, stride=2, padding=1, bias=False)
    height = output_size(down, (1, symbol("H"), symbol("H")))[1]  # type: ignore[index]  # a shape
    H = symbol("H")
    return all(height.subs(H, h) == -(-h // 2) for h in range(1, 201))  # type: ignore[union-attr]  # an expression


def _count(*layers: object) -> int:
    found = parameters(Chain(layers), (2, 8, 8))  # type: ignore[arg-type]  # layers
    assert isinstance(found, int)
    return found


def _marked() -> bool:
    """bn1, conv2 and bn2 of the downsampling block have twice the channels, too."""
    norms = [_count(Conv2d(channels, 3, padding=1, bias=False), BatchNorm2d()) for channels in (2, 4)]
    second = [int(str(parameters(Conv2d(c, 3, bias=False), (c, 8, 8)))) for c in (2, 4)]
    return norms[1] - norms[0] == 2 * 2 * 9 + 4 and second == [36, 144]


def _two_norms() -> bool:
    """With one BatchNorm a block on 2 channels has 76 parameters, with the printed two 80."""
    conv = Conv2d(2, 3, padding=1, bias=False)
    return (_count(conv, BatchNorm2d(), conv), _count(conv, BatchNorm2d(), conv, BatchNorm2d())) == (76, 80)


def _shortcut_norms() -> bool:
    """gamma and beta of 128, 256 and 512 channels: 1,792, what the chapter's shortcuts lack of the published count."""
    norms = [int(str(parameters(BatchNorm2d(), (channels, 1, 1)))) for channels in (128, 256, 512)]
    return sum(norms) == 1_792 and resnet((2, 2, 2, 2), 1) == 11_689_512


def _bottlenecks() -> bool:
    """ResNet-34 and ResNet-50 have the same numbers of blocks, 3, 4, 6 and 3, and are not the same."""
    return [resnet((3, 4, 6, 3), wider) for wider in (1, 4)] == [21_797_672, 25_557_032]


def resnet(blocks: tuple[int, ...], wider: int) -> int:
    """The parameters of a published ResNet: basic blocks, or bottlenecks whose outputs are 4 times as wide."""

    def conv(before: int, after: int, kernel: int) -> int:
        """A convolution without bias and its BatchNorm."""
        return before * after * kernel**2 + 2 * after

    count, before = conv(3, 64, 7), 64
    for stage, number in enumerate(blocks):
        inner, after = 64 * 2**stage, 64 * 2**stage * wider
        for _ in range(number):
            if wider == 1:
                count += conv(before, inner, 3) + conv(inner, after, 3)
            else:
                count += conv(before, inner, 1) + conv(inner, inner, 3) + conv(inner, after, 1)
            count += conv(before, after, 1) if before != after else 0
            before = after
    return count + 1000 * before + 1000


def _off_diagonal() -> bool:
    """y1_k = -x_k: d y1_k/d x_m = 0 for k != m, and d y2_k/d x_m = 0 for all k and m."""
    x = sympy.symbols("x0:3")
    inner = sympy.Matrix([-one for one in x]).jacobian(x)
    whole = sympy.Matrix([-one + one for one in x]).jacobian(x)
    return bool(inner - sympy.diag(*inner.diagonal()) == sympy.zeros(3) and whole == sympy.zeros(3))


GRADIENT = Text(he="חישוב הגרדיאנט", en="derivation of the gradient")
CONVOLUTION = Text(he="הבלוק הקונבולוציוני", en="the convolutional block")
DOWN = Text(he="הבלוק המקטין", en="the downsampling block")

ENTRIES: tuple[Erratum, ...] = (
    Erratum(
        "zero-parameters",
        Text(he="ברירת המחדל של הבלוק", en="the block's default"),
        Text(he="איפוס הפרמטרים נותן את פונקציית הזהות", en="parameters of zero give the identity"),
        Text(he="נותן ReLU(X): זהות רק עבור X >= 0", en="give ReLU(X): the identity for X >= 0 only"),
        "torch",
        facts("zero_parameters_give_relu"),
    ),
    Erratum(
        "off-diagonal",
        GRADIENT,
        Text(
            he="הנגזרות של המסלול הפנימי מתאפסות לכל k != m",
            en="the derivatives of the inner path vanish for every k != m",
        ),
        Text(
            he="צריך לכל k ו־m: עבור y1 = -x האיברים מחוץ לאלכסון הם 0, והיעקוביאן כולו 0",
            en="for all k and m: of y1 = -x all entries off the diagonal are 0, and the whole Jacobian is 0",
        ),
        "symbols",
        _off_diagonal,
    ),
    Erratum(
        "not-vanishing",
        GRADIENT,
        Text(he="הגרדיאנט אינו מתאפס", en="the gradient does not vanish"),
        Text(he="הוא מתאפס בכל $m$ שבו $y_{2,m} < 0$", en="it vanishes wherever $y_{2,m} < 0$"),
        "torch",
        facts("skipping_gradient_dies"),
    ),
    Erratum(
        "slope-at-zero",
        GRADIENT,
        Text(he="הנגזרת של ReLU היא $1{y >= 0}$", en="the derivative of ReLU is $1{y >= 0}$"),
        Text(he="ב־0 אין נגזרת; torch לוקחת relu'(0) = 0", en="there is none at 0; torch takes relu'(0) = 0"),
        "torch",
        facts("relu_slope_at_zero"),
    ),
    Erratum(
        "samples-coupled",
        GRADIENT,
        Text(he="החישוב נעשה לכל דגימה לחוד", en="the derivation is by sample"),
        Text(
            he="BatchNorm באימון קושרת בין הדגימות, ודגימה יחידה נדחית",
            en="BatchNorm couples the samples in training, and refuses a single one",
        ),
        "torch",
        facts("batch_norm_couples_samples"),
    ),
    Erratum(
        "two-changes",
        CONVOLUTION,
        Text(he="שני שינויים בשכבות ה־BatchNorm", en="two changes of the BatchNorm layers"),
        Text(
            he="שלושה: לבלוק הקונבולוציוני יש גם BatchNorm שנייה",
            en="three: the convolutional block also has a second BatchNorm",
        ),
        "counts",
        _two_norms,
    ),
    Erratum(
        "bias-of-z1",
        CONVOLUTION,
        Text(
            he="ההיסט של BatchNorm מייתר את ההיסט שלפניה, ול־Z1 נשאר היסט",
            en="BatchNorm's own bias makes the one before it redundant, and Z1 keeps its bias",
        ),
        Text(
            he="חיסור הממוצע הוא שמבטל היסט, גם ב־BatchNorm בלי פרמטרים; לכן גם ההיסט של Z1 מיותר",
            en="it is the subtraction of the mean that cancels a bias, also without parameters; so Z1's "
            "is redundant too",
        ),
        "torch",
        facts("batch_norm_subtracts_biases"),
    ),
    Erratum(
        "even-sizes",
        DOWN,
        Text(he="בהנחה ש־H ו־W זוגיים: H/2", en="H and W even: H/2"),
        Text(he="ceil(H/2) לכל H", en="ceil(H/2) for every H"),
        "symbols",
        _any_size,
    ),
    Erratum(
        "marked-changes",
        DOWN,
        Text(he="השינויים מסומנים ב־#", en="the changes are marked by #"),
        Text(
            he="גם bn1, conv2 ו־bn2 השתנו: מספר הערוצים שלהן כפול",
            en="bn1, conv2 and bn2 changed too: they have twice the channels",
        ),
        "counts",
        _marked,
    ),
    Erratum(
        "zero-downsampling",
        DOWN,
        Text(he="ברירת המחדל היא פונקציית הזהות", en="the default is the identity"),
        Text(
            he="בבלוק המקטין: ReLU של הקיצור, ו־0 כשגם הוא אפס",
            en="in the downsampling block: ReLU of its shortcut, and 0 where that is zero too",
        ),
        "torch",
        facts("zero_downsampling_gives_zero"),
    ),
    Erratum(
        "shortcut-norm",
        DOWN,
        Text(he="הקיצור הוא קונבולוציה בלבד", en="the shortcut is a convolution only"),
        Text(
            he="ב־ResNet שפורסמה יש אחריה BatchNorm: 1,792 פרמטרים ב־ResNet-18",
            en="the published ResNet has a BatchNorm behind it: 1,792 parameters in ResNet-18",
        ),
        "counts",
        _shortcut_norms,
    ),
    Erratum(
        "resnet50",
        Text(he="רשתות שיוריות", en="residual networks"),
        Text(
            he="ResNet50 נבדלת מ־ResNet18 במספר הבלוקים בלבד",
            en="ResNet50 differs from ResNet18 in the number of blocks only",
        ),
        Text(
            he="הבלוקים שלה אחרים (bottleneck): לאותם מספרי בלוקים יש 25,557,032 פרמטרים ולא 21,797,672",
            en="its blocks are others (bottlenecks): for the same numbers of blocks it has 25,557,032 "
            "parameters, not 21,797,672",
        ),
        "counts",
        _bottlenecks,
    ),
    Erratum(
        "decay-to-identity",
        Text(he="שאלת תרגול 1", en="practice question 1"),
        Text(he="דעיכת המשקולות מובילה לזהות", en="decay of the weights leads to the identity"),
        Text(
            he="BatchNorm מבטלת את הסקלה של הקונבולוציה: הדעיכה צריכה להגיע גם ל־gamma ול־beta",
            en="BatchNorm cancels the scale of the convolution: decay has to reach gamma and beta",
        ),
        "torch",
        facts("batch_norm_cancels_the_scale"),
    ),
)
