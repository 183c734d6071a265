"""QTI 3: a package with one item a part, for systems that follow the standard of 1EdTech.

* numbers and typed answers are text entries, options choices, derivations and texts extended texts
* response processing goes through the answers in turn: the key earns all, what a slip leads to its share and feedback
* QTI compares numbers and texts; that two formulas are equivalent only our grader and STACK can tell
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, register_namespace, tostring

from exercises.exercise import Instance, Language
from reports.exports.questions import Question, questions, with_mathml
from reports.words import words

FILE = "qti.zip"
QTI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
CP = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
MATHML = "http://www.w3.org/1998/Math/MathML"
XML = "{http://www.w3.org/XML/1998/namespace}lang"
DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same exercises


def write(instances: Sequence[Instance], languages: Sequence[Language]) -> bytes:
    """The package: its manifest, then the items."""
    found = [(f"items/{_identifier(question)}.xml", question) for question in questions(instances, languages)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        _put(package, "imsmanifest.xml", _manifest(found))
        for name, question in found:
            _put(package, name, item(question, languages))
    return out.getvalue()


def _put(package: zipfile.ZipFile, name: str, root: Element) -> None:
    indent(root, space=" ") if name == "imsmanifest.xml" else None
    data = b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n"
    info = zipfile.ZipInfo(name, DATE)
    info.external_attr = 0o644 << 16
    package.writestr(info, data, zipfile.ZIP_DEFLATED)


def _identifier(question: Question) -> str:
    """A name that XML takes: `i-11_1-2`."""
    return "i-" + re.sub(r"[^\w-]", "_", question.name.replace("/", "-"))


def _manifest(found: Sequence[tuple[str, Question]]) -> Element:
    register_namespace("", CP)
    root = Element(f"{{{CP}}}manifest", identifier="tirgul")
    metadata = SubElement(root, f"{{{CP}}}metadata")
    SubElement(metadata, f"{{{CP}}}schema").text = "QTI Package"
    SubElement(metadata, f"{{{CP}}}schemaversion").text = "3.0.0"
    SubElement(root, f"{{{CP}}}organizations")
    resources = SubElement(root, f"{{{CP}}}resources")
    for name, question in found:
        said = {"identifier": _identifier(question), "type": "imsqti_item_xmlv3p0", "href": name}
        SubElement(SubElement(resources, f"{{{CP}}}resource", said), f"{{{CP}}}file", href=name)
    return root


def item(question: Question, languages: Sequence[Language]) -> Element:
    """One part as an assessment item."""
    register_namespace("", QTI)
    register_namespace("m", MATHML)
    said = {"identifier": _identifier(question), "title": question.name, "adaptive": "false", "time-dependent": "false"}
    root = Element(_tag("assessment-item"), {**said, XML: languages[0]})
    _response(root, question)
    marks = f"{float(Fraction(question.part.marks)):g}"
    score = {"identifier": "SCORE", "cardinality": "single", "base-type": "float"}
    _value(SubElement(root, _tag("outcome-declaration"), {**score, "normal-maximum": marks}), "default-value", "0")
    told = {"identifier": "FEEDBACK", "cardinality": "single", "base-type": "identifier"}
    SubElement(root, _tag("outcome-declaration"), told)
    body = SubElement(root, _tag("item-body"))
    for language in languages:
        _asked(body, question, language)
    _interaction(body, question, languages)
    if question.sort != "open":
        _processing(root, question)
        for name, feedback in _feedback(question):
            _modal(root, name, feedback, languages)
    return root


def _tag(name: str) -> str:
    return f"{{{QTI}}}qti-{name}"


def _value(parent: Element, tag: str, *values: str) -> None:
    holder = SubElement(parent, _tag(tag))
    for value in values:
        SubElement(holder, _tag("value")).text = value


def _base(question: Question) -> str:
    match question.sort:
        case "choice":
            return "identifier"
        case "number":
            return "float"
        case _:
            return "string"


def _is_multiple(question: Question) -> bool:
    return question.sort == "choice" and sum(right for _, right in question.right) != 1


def _response(root: Element, question: Question) -> None:
    cardinality = "multiple" if _is_multiple(question) else "single"
    said = {"identifier": "RESPONSE", "cardinality": cardinality, "base-type": _base(question)}
    declared = SubElement(root, _tag("response-declaration"), said)
    if question.sort == "choice":
        right = (_option(index) for index, (_, is_right) in enumerate(question.right) if is_right)
        _value(declared, "correct-response", *right)
    elif question.answers:
        _value(declared, "correct-response", _number(question.answers[0], question))


def _number(said: str, question: Question) -> str:
    return f"{float(Fraction(said)):.12g}" if question.sort == "number" else said


def _option(index: int) -> str:
    return f"option_{index + 1}"


# --- what is asked


def _asked(body: Element, question: Question, language: Language) -> None:
    instance = question.instance
    block = SubElement(body, f"{{{QTI}}}div", {XML: language, "dir": words(language).direction})
    for text in (instance.exercise.statement, question.part.ask):
        block.append(_paragraph(text.said(language, instance.numbers), language, "p"))


def _paragraph(text: str, language: Language, tag: str) -> Element:
    """Words with MathML, in the namespaces that an item wants."""
    markup = with_mathml(text, language).replace("<math", f'<math xmlns="{MATHML}"')
    return fromstring(f'<{tag} xmlns="{QTI}">{markup}</{tag}>')


def _interaction(body: Element, question: Question, languages: Sequence[Language]) -> None:
    said = {"response-identifier": "RESPONSE"}
    match question.sort:
        case "choice":
            most = {"max-choices": "0" if _is_multiple(question) else "1", "shuffle": "false"}
            choices = SubElement(body, _tag("choice-interaction"), said | most)
            for index, (option, _) in enumerate(question.right):
                choice = SubElement(choices, _tag("simple-choice"), identifier=_option(index))
                for language in languages:
                    span = _paragraph(option.text.said(language), language, "span")
                    span.set("dir", words(language).direction)
                    choice.append(span)
        case "open":
            SubElement(body, _tag("extended-text-interaction"), said)
        case _:
            line = SubElement(body, f"{{{QTI}}}p", dir="ltr")
            SubElement(line, _tag("text-entry-interaction"), {**said, "expected-length": "20"})


# --- what is earned


def _feedback(question: Question) -> list[tuple[str, tuple[str, ...]]]:
    return [(f"slip_{number}", branch.said) for number, branch in enumerate(question.branches, start=1)]


def _processing(root: Element, question: Question) -> None:
    """The answer, then each slip in turn, else nothing."""
    condition = SubElement(SubElement(root, _tag("response-processing")), _tag("response-condition"))
    marks = Fraction(question.part.marks)
    first = SubElement(condition, _tag("response-if"))
    if question.sort == "choice":
        match = SubElement(first, _tag("match"))
        SubElement(match, _tag("variable"), identifier="RESPONSE")
        SubElement(match, _tag("correct"), identifier="RESPONSE")
    else:
        _same(first, question.answers, question)
    _set(first, "SCORE", "float", f"{float(marks):g}")
    for (name, _), branch in zip(_feedback(question), question.branches, strict=True):
        other = SubElement(condition, _tag("response-else-if"))
        _same(other, branch.answers, question)
        _set(other, "SCORE", "float", f"{float(marks * branch.share):.7g}")
        _set(other, "FEEDBACK", "identifier", name)
    _set(SubElement(condition, _tag("response-else")), "SCORE", "float", "0")


def _same(parent: Element, answers: Sequence[str], question: Question) -> None:
    """That the response is one of these answers."""
    if question.sort == "number":
        within = float(question.within)
        rough = {"tolerance-mode": "absolute", "tolerance": f"{within:.9g} {within:.9g}"}
        said = rough if within else {"tolerance-mode": "exact"}
        _against(SubElement(parent, _tag("equal"), said), "float", _number(answers[0], question))
        return
    either = SubElement(parent, _tag("or"))
    for answer in answers:
        match = SubElement(either, _tag("string-match"), {"case-sensitive": "true"})
        _against(match, "string", answer)


def _against(parent: Element, base: str, said: str) -> None:
    SubElement(parent, _tag("variable"), identifier="RESPONSE")
    SubElement(parent, _tag("base-value"), {"base-type": base}).text = said


def _set(parent: Element, outcome: str, base: str, said: str) -> None:
    holder = SubElement(parent, _tag("set-outcome-value"), identifier=outcome)
    SubElement(holder, _tag("base-value"), {"base-type": base}).text = said


def _modal(root: Element, name: str, said: Sequence[str], languages: Sequence[Language]) -> None:
    shown = {"outcome-identifier": "FEEDBACK", "show-hide": "show", "identifier": name}
    body = SubElement(SubElement(root, _tag("modal-feedback"), shown), _tag("content-body"))
    for language, one in zip(languages, said, strict=True):
        line = SubElement(body, f"{{{QTI}}}p", {XML: language, "dir": words(language).direction})
        line.text = one
