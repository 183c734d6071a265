"""The practical part of lenet5: a class to write, a training loop to write, and questions on a recorded run."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from exercises.exercise import Code, Later, Option, Part, Text
from exercises.practical.record import ETAS, recorded
from solver.derivation import Given, Quantity
from solver.objectives import CROSS_ENTROPY, HELD_OUT, PADDING, SOFTMAX, UPDATES
from solver.values import symbol

NETWORK = """\
import torch.nn as nn


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, $c1, 5, padding=2)
        self.conv3 = nn.Conv2d($c1, $c3, 5)
        self.conv5 = nn.Conv2d($c3, $c5, 5)
        self.fc6 = nn.Linear($c5, $f6)
        self.output = nn.Linear($f6, $classes)
        self.pool = nn.MaxPool2d(2)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv3(x)))
        x = self.relu(self.conv5(x)).flatten(1)
        return self.output(self.relu(self.fc6(x)))
"""

LOOP = """\
import torch


def train(net, eta, epochs, loader):
    objective = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=eta)
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            cost = objective(net(x), y)
            cost.backward()
            optimizer.step()
"""

PARTS = (
    Part(
        "padding",
        Text(
            he="הארכיטקטורה המקורית מקבלת תמונות $32 x 32$, ותמונות MNIST הן $28 x 28$. "
            "כמה אפסים יש להוסיף בכל צד של התמונה?",
            en="The original architecture takes $32 x 32$ images, and MNIST's are $28 x 28$. "
            "How many zeros have to be added on each side of the image?",
        ),
    ),
    Part(
        "softmax",
        Text(
            he="לשלוש מחלקות יש לוגיטים $z_k$ שהאקספוננטים שלהם, $a_k = exp(z_k)$, הם $a_1 = 1$, $a_2 = 2$, $a_3 = 5$. "
            "מהי ההסתברות ש־softmax נותנת למחלקה השנייה?",
            en="Three classes have logits $z_k$ whose exponentials, $a_k = exp(z_k)$, are $a_1 = 1$, $a_2 = 2$ and "
            "$a_3 = 5$. What probability does softmax give the second class?",
        ),
    ),
    Part(
        "split",
        Text(
            he="מ־$60000$ תמונות האימון של MNIST נשמרות $1024$ לאימות. כמה נשארות ללמידה?",
            en="Of MNIST's $60000$ training images $1024$ are held out for validation. How many are left?",
        ),
    ),
    Part(
        "objective",
        Text(
            he="לתמונה ממחלקה 1 יש לוגיטים $z_1$, $z_2$, $z_3$. מה מחשבת CrossEntropyLoss עבורה? כתבו נוסחה.",
            en="An image of class 1 has the logits $z_1$, $z_2$, $z_3$. "
            "What does CrossEntropyLoss compute for it? Write a formula.",
        ),
        marks=2,
    ),
    Part(
        "code",
        Text(
            he=(
                "כתבו מחלקה LeNet5 ב־PyTorch של הרשת שתוארה. הקלט הוא תמונה $28 x 28$, "
                "והמוצא הוא הלוגיטים, כפי ש־CrossEntropyLoss מקבלת אותם."
            ),
            en=(
                "Write a class LeNet5 of the network above in PyTorch. The input is a $28 x 28$ image, "
                "and the output are the logits, as CrossEntropyLoss takes them."
            ),
        ),
        marks=6,
        code=Code(NETWORK, wanted="LeNet5", input=(1, 28, 28)),
    ),
    Part(
        "loop",
        Text(
            he="כתבו פונקציה שמאמנת את הרשת בירידת גרדיאנט סטוכסטית על פונקציית המטרה של סיווג לכמה מחלקות.",
            en="Write a function that trains the network by stochastic gradient descent on the objective of "
            "classification into several classes.",
        ),
        marks=4,
        code=Code(LOOP),
    ),
    Part(
        "eta",
        Text(
            he="הרשת אומנה בארבעה גדלי צעד (ראו הגרפים). באיזה מהם מחיר האימות בסוף ההשוואה הוא הקטן ביותר?",
            en="The network was trained with four step sizes (see the curves). With which of them is the validation "
            "cost at the end of the comparison the smallest?",
        ),
        options=tuple(Option(f"{eta:g}", Text(he=f"{eta:g}", en=f"{eta:g}")) for eta in ETAS),
    ),
    Part(
        "early",
        Text(
            he="באיזה צעד של האימון מחיר האימות הוא הקטן ביותר, ושם עצירה מוקדמת הייתה לוקחת את הפרמטרים? (עד כדי 3%)",
            en="At which step of the training is the validation cost the smallest, where early stopping would take "
            "the parameters? (to within 3%)",
        ),
        within=Fraction(3, 100),
    ),
)


def keys(parameters: Quantity) -> Mapping[str, Quantity | Later]:
    """The questions before the training, what the class learns, what the loop does, what the recorded run says."""
    run = recorded()
    ends = [line.validation[-1] for line in run.sweep]
    finite = [end for end in ends if end is not None]
    left = HELD_OUT(N=Given("N", 60_000), m=Given("m", 1024))
    return {
        "padding": PADDING(N=Given("N", 32), n=Given("n", 28)),
        "softmax": SOFTMAX(a_1=Given("a_1", 1), a_2=Given("a_2", 2), a_3=Given("a_3", 5)),
        "split": left,
        "objective": Later(_objective),
        "code": parameters,
        "loop": UPDATES(E=Given("E", int(run.made["epochs"])), N=left, B=Given("B", int(run.made["batch"]))),
        "eta": Given("eta", tuple(end == min(finite) for end in ends)),
        "early": Given("best_step", run.main.best),
    }


def _objective() -> Mapping[str, Quantity]:
    return {"objective": CROSS_ENTROPY(**{name: Given(name, symbol(name)) for name in ("z_1", "z_2", "z_3")})}
