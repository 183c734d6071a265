"""Words around the mathematics of an answer, in Hebrew and English, taken off without moving what is left.

Only words that change nothing are taken off ("the answer is", "פרמטרים"); any other word stays and makes the answer
unreadable, because "לא 48" and "48 אלף" are not 48. A character that is taken off becomes a blank, so that a position
in what is left is the position in what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple, final

from grader.patterns import PLAIN, blank
from solver.patterns import pattern

_HEBREW = "\u05d0-\u05ea"
_QUOTE = "[\"'\u05f3\u05f4\u2019\u201d]"

_FILLERS_HE = (
    "התשובה|תשובה|תשובתי|היא|הוא|הם|הן|זה|זהו|לכן|כלומר|אז|סך|בסך|הכל|הכול|יש|ישנם|ישנן|נקבל|קיבלתי|קיבלנו|"
    "מתקבל|מקבלים|שווה|יוצא|פתרון|הפתרון|פרמטרים|פרמטר|הפרמטרים|משקולות|המשקולות|משקלים|כפלים|הכפלים|מכפלות|כפל|"
    "ערוצים|הערוצים|פיקסלים|נוירונים|יציאות|כניסות|איברים|נלמדים|נלמדות|בשכבה|ברשת|בשכבת|הקונבולוציה|קונבולוציה|"
    "מימד|ממד|מימדים|ממדים|ביאס|ביאסים|בקונבולוציה|מספר|גודל|הגודל|בגודל|אורך|האורך|צלע|הצלע|ריבוע|המוצא|התמך|של|הנוסחה|היסטים|היסט|כולל|בלי|ללא|עם|הכולל|גרעינים|הגרעין|כולה|לכל|תמונה|בתמונה"
)
_SUM_HE = rf"סה{_QUOTE}כ"
_WORD_HE = rf"(?<![{_HEBREW}])ו?(?:{_FILLERS_HE}|{_SUM_HE})(?![{_HEBREW}]|{_QUOTE}[{_HEBREW}])"
_RUN_HE = pattern(rf"{_WORD_HE}(?:[\s,.:;!־-]*{_WORD_HE})*[,.:;!]?")
_CHANGING_HE = "לא|אין|אינו|אינה|אינם|איננו|איננה|כפליים|מינוס|פחות|יותר|אלף|אלפים|מיליון|אחוז|אחוזים|חצי|בערך|כמעט|או"
_CHANGES = rf"(?<![{_HEBREW}])[ובלמה]?(?:{_CHANGING_HE})(?![{_HEBREW}])"
_REMARK_HE = pattern(rf"\((?![^()]*{_CHANGES})[^()]*[{_HEBREW}][^()]*\)")

_NUMBERS_HE = {
    word: number
    for number, words in enumerate(
        (
            "אחת אחד",
            "שתי שני שתיים שניים",
            "שלוש שלושה",
            "ארבע ארבעה",
            "חמש חמישה",
            "שש שישה",
            "שבע שבעה",
            "שמונה",
            "תשע תשעה",
            "עשר עשרה",
        ),
        start=1,
    )
    for word in words.split()
}
_NUMBERS_EN = {
    word: number for number, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)
}
_NUMBERS = {**_NUMBERS_HE, **_NUMBERS_EN}
_MAPS = r"(?:feature maps?|maps?|channels?|matrices|filters|ערוצים|ערוצי פלט|מטריצות|מפות|תמונות)"
_BY_SIGN = r"\s*(?:[xX×*]|by|על|כפול)\s*"
_COUNTED = pattern(rf"(?<![{_HEBREW}\w])({'|'.join(_NUMBERS)})(?=\s+(?:\d+{_BY_SIGN}\d+\s+)?{_MAPS})", re.IGNORECASE)
_SIZED_MAPS = pattern(rf"(?<=\d)(\s+)(\d+{_BY_SIGN}\d+)(\s+{_MAPS})", re.IGNORECASE)
_STAR = pattern(r"(?<=@)(\s*\d+\s*)\*(?=\s*\d)")
_DEPTH = pattern(r"(?<=\d)(\s*,?\s*(?:and|with|ו)?\s*(?:depth|עומק)\s*(?:of|של|=)?\s*)(?=\d)", re.IGNORECASE)
_MAPS_OF = pattern(
    rf"(?<=\d)(\s+{_MAPS}\s*,?\s*(?:(?:each|כל אחד|כל אחת)\b)?\s*(?:of(?: size)?|של|בגודל|,)?\s+)"
    r"(?=\d+\s*(?:[xX×*]|by|על|כפול))",
    re.IGNORECASE,
)
_AND_MAPS = pattern(
    rf"(?<=\d)(\s*[,(]\s*(?:with\s+|עם\s+)?|\s+with\s+|\s+עם\s+)(\d+)(\s*{_MAPS}\s*\)?)", re.IGNORECASE
)
_BY = pattern(r"(?<=[\d)])(\s*)(על|כפול|by)(\s*)(?=[\d(])")
_TIMES = pattern(r"(?<=[\d)\]])\s*[xX]\s*(?=[(\[])|(?<=[)\]])\s*[xX]\s*(?=[\d(\[])")

_ZERO = pattern(rf"(?<![{_HEBREW}\w])(?:אפס|zero)(?![{_HEBREW}\w])", re.IGNORECASE)
_ONE_OVER = pattern(rf"(?<![{_HEBREW}])אחד(?=\s+חלקי)")
_OVER = pattern(r"(?<=[\w)\]])\s+חלקי\s+(?=[\w(\\])")
_PLUS = pattern(r"(?<=[\w)\]])\s+(?:ועוד|plus)\s+(?=[\w(\\])")
_SQUARED = pattern(rf"(?<=[\w)\]])\s+(?:בריבוע|squared)(?![{_HEBREW}\w])")
_REASON = pattern(
    r"(?<![\s,;])[\s,;]+"
    rf"(?:(?:since|because)\s.*|(?:כי|מכיוון|משום|מפני|מאחר|שכן)\s(?!.*(?<![{_HEBREW}])או(?![{_HEBREW}])).*)$",
    re.IGNORECASE | re.DOTALL,
)
_LABEL_HE = pattern(rf"^(?!.*{_CHANGES}.*:)[\s{_HEBREW}\"'\u05f3\u05f4־-]{{2,60}}:")
_CHANGES_EN = r"(?:not|no|never|wrong|isn|without|minus|half|double|twice|thousand|million|less|more|or)"
_LABEL_EN = pattern(
    rf"^\s*(?![^:]*\b{_CHANGES_EN}\b)[A-Za-z]{{2,}}(?: [A-Za-z]+){{0,3}}\s*:(?!=)\s*(?=\S)", re.IGNORECASE
)
_REMARK_EN = pattern(
    r"(?<=\s)\((?:no|with(?:out)?|incl(?:uding|\.)?|excl(?:uding|\.)?|he|xavier|glorot|kaiming|hxwxc|cxhxw|channels)"
    r"(?:[\s-]+(?:the|a|any|bias(?:es)?|init(?:iali[sz]ation)?|first|last|et al\.?))*\)\s*[.]?\s*$",
    re.IGNORECASE,
)

_BEFORE_EN = pattern(
    r"^\s*(?:(?:so|thus|hence|therefore|total|in total|the|my|final|answer|ans|result|is|are|it is|we get|equals)\b"
    r"[\s,:]*)+",
    re.IGNORECASE,
)
_AFTER_EN = pattern(
    r"(?<=[\d)\]}\w$])\s+(?:(?:learned|learnable|trainable|in total|in all|total|parameters?|params?|weights?|biases|"
    r"multiplications?|mults?|multiplies|channels?|pixels?|neurons?|outputs?|units?|elements?|classes)\b[\s,.]*)+$",
    re.IGNORECASE,
)
_NOUN = (
    r"(?:weights?|bias(?:es)?|param(?:eter)?s?|kernels?|filters?|conv(?:olution)?s?|fc|dense|linear|mults?|"
    r"multiplications?|pool(?:ing)?|layers?|outputs?|inputs?|each)"
)
_COUNTED_EN = pattern(  # "K weights + 1 bias", "48 (conv) + 300 (FC)"
    rf"(?<=[\d)\]}}\w])(?:\s+{_NOUN}\b|\s*\(\s*{_NOUN}(?:\s+{_NOUN})*\s*\))+(?=\s*(?:[-+*×·=,;.]|plus\b|and\b|$))",
    re.IGNORECASE,
)
_SUMMED = pattern(rf"(?<=[\w)\]])(\s+{_NOUN}\s+)(and)(?=\s+[\w(\\])", re.IGNORECASE)
_ONE = pattern(
    rf"(?<![\w{_HEBREW}])(?:(?:one|a|a single)\s+bias|(?:ביאס|היסט|איבר חופשי)\s+אחד)(?![\w{_HEBREW}])", re.IGNORECASE
)
_WHERE = pattern(
    r"(?<![\s,;])[\s,;]+(?:(?:on|at|from|to)\s+(?:each|every|both|all)\s+(?:sides?|edges?|directions?)|"
    r"for\s+(?:each|every|all|any)\s+(?:layers?|l|channels?)|(?:no|without)\s+bias(?:es)?|"
    r"[במל]כל\s+(?:צד|הצדדים|כיוון|שכבה|השכבות)|(?:בלי|ללא)\s+(?:ביאס|היסט|היסטים))\s*[.,]?\s*$",
    re.IGNORECASE,
)
_WORDS = pattern(f"[{_HEBREW}]|[A-Za-z]{{2}}")
_EDGES = pattern(r"^[\s*]+(?=\S)|(?<=\S)[\s*,.;]+$")


_HEADS = re.compile(rf"(?<![{_HEBREW}])[{_HEBREW}]{{1,3}}|(?<![a-z])[a-z]{{1,3}}|[:(]")


@final
class Step(NamedTuple):
    """A way to take words off: what is found, what stands there instead, and how a word in it begins."""

    found: re.Pattern[str]
    instead: Callable[[re.Match[str]], str]
    heads: frozenset[str]


def _step(found: re.Pattern[str], instead: Callable[[re.Match[str]], str], words: str) -> Step:
    """A step, and words of which it has at least one."""
    return Step(found, instead, frozenset(word[:3] for word in words.split()))


def _small(text: str) -> str:
    """In small letters, with those that regular expressions take for one: ſ for s, ı for i."""
    return text.casefold().replace("ı", "i")


def _sign(sign: str) -> Callable[[re.Match[str]], str]:
    """The sign for words that are mathematics, in the middle of their place."""
    return lambda words: sign.center(len(words.group()))


_OF_MAPS = "feature map channel matrices filters ערוץ ערוצי מטריצות מפות תמונות"
_FILLED = " ".join(f"{word} ו{word}" for word in (*_FILLERS_HE.split("|"), "סה"))
_NOUNS = "weight bias param kernel filter conv fc dense linear mult pool layer output input each"
_BEFORE = "so thus hence therefore total the my final answer result is are get equals"
_AFTER = "learned trainable total all param weight bias mult channel pixel neuron output unit element class"

STEPS: Final = (
    _step(_REASON, blank, "since because כי מכיוון משום מפני מאחר שכן"),
    _step(_LABEL_HE, blank, ":"),
    _step(_LABEL_EN, blank, ":"),
    _step(_REMARK_EN, blank, "("),
    _step(_WHERE, blank, "each every both all any bias בכל מכל לכל בלי ללא"),
    _step(_ONE, lambda one: "1".ljust(len(one.group())), "bias אחד"),
    _step(_SUMMED, lambda summed: summed[1] + "+".ljust(len(summed[2])), "and"),
    _step(_ZERO, _sign("0"), "אפס zero"),
    _step(_ONE_OVER, _sign("1"), "אחד"),
    _step(_OVER, _sign("/"), "חלקי"),
    _step(_PLUS, _sign("+"), "ועוד plus"),
    _step(_SQUARED, _sign("^2"), "בריבוע squared"),
    _step(_COUNTED, lambda word: str(_NUMBERS[_small(word[1])]).ljust(len(word[1])), _OF_MAPS),
    _step(_SIZED_MAPS, lambda maps: "@".ljust(len(maps[1])) + maps[2] + " " * len(maps[3]), _OF_MAPS),
    _step(_DEPTH, lambda depth: "x".center(len(depth[1])), "and with depth ועומק עומק"),
    _step(_BY, lambda by: by[1] + "x".ljust(len(by[2])) + by[3], "על כפול by"),
    _step(_MAPS_OF, lambda maps: "@".ljust(len(maps[1])), _OF_MAPS),
    _step(_AND_MAPS, lambda maps: "x".ljust(len(maps[1])) + maps[2] + " " * len(maps[3]), _OF_MAPS),
    _step(_REMARK_HE, blank, "("),
    _step(_COUNTED_EN, blank, _NOUNS),
    _step(_RUN_HE, blank, _FILLED),
    _step(_BEFORE_EN, blank, _BEFORE),
    _step(_AFTER_EN, blank, _AFTER),
)
"""In this order: what one leaves another may take off."""


def without_words(text: str) -> str:
    """The mathematics of an answer, each taken-off character a blank.

    >>> without_words("the answer is 48 parameters").strip()
    '48'
    >>> without_words("סה״כ: 456 פרמטרים").strip(), without_words("לא 48").strip()
    ('456', 'לא 48')
    """
    if not PLAIN.fullmatch(text):
        if _WORDS.search(text):
            text = _words_off(text)
        if "x" in text or "X" in text:
            text = _TIMES.sub(lambda times: times.group().lower().replace("x", "×"), text)
        text = _STAR.sub(r"\1x", text) if "@" in text else text
    return text if text[:1].isalnum() and text[-1:].isalnum() else _EDGES.sub(blank, text)


def heads(text: str) -> set[str]:
    """How the words of a text begin, in small letters, and its signs that some words stand with.

    >>> sorted(heads("C_out: 48 (Weights)"))
    ['(', ':', 'c', 'out', 'wei']
    """
    return {*_HEADS.findall(_small(text))}


def _words_off(text: str) -> str:
    """The same for a text that has words in it; most answers have none of the words of most steps."""
    begins = heads(text)
    for found, instead, heads_of_step in STEPS:
        if not begins.isdisjoint(heads_of_step):
            before, text = text, found.sub(instead, text)
            begins = begins if text == before else heads(text)
    return text
