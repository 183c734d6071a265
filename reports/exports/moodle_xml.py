"""Moodle XML, for a question bank.

* a formula becomes a STACK question, each slip a node of its response tree; so does an exact number
* a number with a tolerance becomes a numerical question, a shape or row a short answer with its usual spellings
* options become a multiple choice, a derivation or a text an essay
* slips are wrong answers with a share of the marks and their own feedback
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from exercises.exercise import Instance, Language
from reports.exports.questions import (
    Question,
    asked_html,
    moodle_type,
    option_html,
    questions,
    said_html,
)
from reports.words import words
from solver.notation.tree import names
from solver.values import as_formula

FILE = "moodle.xml"
STACK_VERSION = "2023010400"
FLAT = ("correct", "partiallycorrect", "incorrect")

# what Moodle takes for a share of the marks, in percent
SHARES = tuple(
    "100 90 83.33333 80 75 70 66.66667 60 50 40 33.33333 30 25 20 16.66667 14.28571 12.5 11.11111 10 5 0".split()
)


def write(instances: Sequence[Instance], languages: Sequence[Language]) -> bytes:
    """The questions of the exercises, a category an exercise."""
    quiz = Element("quiz")
    category = ""
    for question in questions(instances, languages):
        exercise = question.instance.exercise
        if exercise.id != category:
            category = exercise.id
            title = exercise.title.said(languages[0], question.instance.numbers).replace("/", "//")
            _text(SubElement(quiz, "question", type="category"), "category", f"$course$/tirgul/{category} {title}")
        stacked = question.sort == "formula" or (question.sort == "number" and not question.within)
        (_stack if stacked else _plain)(quiz, question, languages)
    indent(quiz, space=" ")
    xml: bytes = tostring(quiz, encoding="utf-8", xml_declaration=True)
    return xml + b"\n"


def share(fraction: Fraction) -> str:
    """The percentage nearest to a share among those that Moodle takes.

    >>> share(Fraction(1, 2)), share(Fraction(1, 3)), share(Fraction(1))
    ('50', '33.33333', '100')
    """
    return min(SHARES, key=lambda percent: abs(Fraction(percent) - 100 * fraction))


# --- elements


def _text(parent: Element, tag: str, said: str, html: bool = False) -> Element:
    """An element with a text inside, as Moodle nests them."""
    element = SubElement(parent, tag, {"format": "html"} if html else {})
    SubElement(element, "text").text = said
    return element


def _plainly(parent: Element, values: Mapping[str, object]) -> None:
    for tag, value in values.items():
        SubElement(parent, tag).text = str(value)


def _begin(quiz: Element, kind: str, question: Question, languages: Sequence[Language], more: str = "") -> Element:
    """What every question begins with."""
    found = SubElement(quiz, "question", type=kind)
    _text(found, "name", question.name)
    _text(found, "questiontext", asked_html(question, languages) + more, html=True)
    _text(found, "generalfeedback", "", html=True)
    marks = Fraction(question.part.marks)
    _plainly(found, {"defaultgrade": f"{float(marks):g}", "penalty": "0.1", "hidden": 0})
    SubElement(found, "idnumber").text = f"tirgul-{question.name}"
    return found


# --- question types of Moodle itself


def _plain(quiz: Element, question: Question, languages: Sequence[Language]) -> None:
    kind = moodle_type(question.sort)
    found = _begin(quiz, kind, question, languages)
    match kind:
        case "multichoice":
            _choice(found, question, languages)
        case "numerical":
            _answer(found, _decimal(question.answers[0]), "100", "", f"{float(question.within):.6g}")
            for branch in question.branches:
                _answer(found, _decimal(branch.answers[0]), share(branch.share), said_html(branch.said, languages), "0")
            _plainly(found, {"unitgradingtype": 0, "unitpenalty": "0.1", "showunits": 3, "unitsleft": 0})
        case "shortanswer":
            SubElement(found, "usecase").text = "0"
            for said in question.answers:
                _answer(found, _starless(said), "100", "")
            for branch in question.branches:
                for said in branch.answers:
                    _answer(found, _starless(said), share(branch.share), said_html(branch.said, languages))
        case _:
            _plainly(found, {"responseformat": "editor", "responserequired": 1, "responsefieldlines": 10})
            _text(found, "graderinfo", "", html=True)
            _text(found, "responsetemplate", "", html=True)


def _choice(found: Element, question: Question, languages: Sequence[Language]) -> None:
    """Options: one right, or several that share the marks and lose as much for a wrong one."""
    right = sum(is_right for _, is_right in question.right)
    wrong = len(question.right) - right
    single = right == 1
    _plainly(found, {"single": str(single).lower(), "shuffleanswers": "false", "answernumbering": "123"})
    for option, is_right in question.right:
        lost = "0" if single or not wrong else f"-{share(Fraction(1, wrong))}"
        earned = share(Fraction(1, right)) if is_right else lost
        _answer(found, option_html(option, languages), earned, "", html=True)


def _answer(
    parent: Element, said: str, fraction: str, feedback: str, tolerance: str | None = None, html: bool = False
) -> None:
    answer = SubElement(parent, "answer", fraction=fraction, format="html" if html else "moodle_auto_format")
    SubElement(answer, "text").text = said
    _text(answer, "feedback", feedback, html=True)
    if tolerance is not None:
        SubElement(answer, "tolerance").text = tolerance


def _starless(said: str) -> str:
    """A star is any text to a short answer of Moodle, unless it is escaped."""
    return said.replace("*", "\\*")


def _decimal(said: str) -> str:
    """A fraction as Moodle reads numbers."""
    return f"{float(Fraction(said)):.12g}" if "/" in said else said


# --- STACK


def _stack(quiz: Element, question: Question, languages: Sequence[Language]) -> None:
    """One input, one response tree: the answer first, then what each slip leads to, node by node."""
    places = "<p>[[input:ans1]] [[validation:ans1]]</p>"
    found = _begin(quiz, "stack", question, languages, places)
    key = question.answers[0]
    _text(found, "stackversion", STACK_VERSION)
    _text(found, "questionvariables", f"ta1:{key};")
    _text(found, "specificfeedback", "<p>[[feedback:prt1]]</p>", html=True)
    _text(found, "questionnote", question.name)
    _plainly(found, {"questionsimplify": 1, "assumepositive": 1, "assumereal": 1})
    for tag in FLAT:
        _text(found, f"prt{tag}", "", html=True)
    flat = {"multiplicationsign": "dot", "sqrtsign": 1, "complexno": "i", "inversetrig": "cos-1", "matrixparens": "["}
    _plainly(found, {"decimals": ".", **flat, "variantsselectionseed": ""})
    _input(found, question)
    _tree(found, question, languages)
    _tests(found, question)


def _input(parent: Element, question: Question) -> None:
    known = names(as_formula(question.instance.key(question.part.id)))
    values = {
        "name": "ans1",
        "type": "algebraic" if question.sort == "formula" else "numerical",
        "tans": "ta1",
        "boxsize": 20,
        "strictsyntax": 1,
        "insertstars": 1 if known else 0,
        "syntaxhint": "",
        "syntaxattribute": 0,
        "forbidwords": "",
        "allowwords": ", ".join(known),
        "forbidfloat": 1,
        "requirelowestterms": 0,
        "checkanswertype": 0,
        "mustverify": 1,
        "showvalidation": 1,
        "options": "",
    }
    _plainly(SubElement(parent, "input"), values)


def _tree(parent: Element, question: Question, languages: Sequence[Language]) -> None:
    tree = SubElement(parent, "prt")
    _plainly(tree, {"name": "prt1", "value": "1.0000000", "autosimplify": 1, "feedbackstyle": 1})
    _text(tree, "feedbackvariables", "")
    right = [words(language).say("feedback.right") for language in languages]
    wrong = [words(language).say("feedback.wrong") for language in languages]
    branches = [("ta1", Fraction(1), right), *((one.answers[0], one.share, one.said) for one in question.branches)]
    for number, (said, earned, feedback) in enumerate(branches):
        node = SubElement(tree, "node")
        last = number == len(branches) - 1
        compared = {"name": number, "answertest": "AlgEquiv", "sans": "ans1", "tans": said}
        _plainly(node, {**compared, "testoptions": "", "quiet": 1})
        score = f"{float(earned):.7g}"
        _plainly(node, {"truescoremode": "=", "truescore": score, "truepenalty": "", "truenextnode": -1})
        SubElement(node, "trueanswernote").text = f"prt1-{number + 1}-T"
        _text(node, "truefeedback", said_html(feedback, languages), html=True)
        after = -1 if last else number + 1
        _plainly(node, {"falsescoremode": "=", "falsescore": 0, "falsepenalty": "", "falsenextnode": after})
        SubElement(node, "falseanswernote").text = f"prt1-{number + 1}-F"
        _text(node, "falsefeedback", said_html(wrong, languages) if last else "", html=True)


def _tests(parent: Element, question: Question) -> None:
    """STACK's own question tests: the answer, and each slip, lead where they should."""
    cases = [("ta1", Fraction(1)), *((branch.answers[0], branch.share) for branch in question.branches)]
    for number, (said, earned) in enumerate(cases, start=1):
        test = SubElement(parent, "qtest")
        SubElement(test, "testcase").text = str(number)
        _plainly(SubElement(test, "testinput"), {"name": "ans1", "value": said})
        expected = SubElement(test, "expected")
        _plainly(expected, {"name": "prt1", "expectedscore": f"{float(earned):.7g}", "expectedpenalty": ""})
        SubElement(expected, "expectedanswernote").text = f"prt1-{number}-T"


