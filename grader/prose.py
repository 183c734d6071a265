"""Words around the mathematics of an answer, in Hebrew and English, taken off without moving what is left.

Only words that change nothing are taken off ("the answer is", "פרמטרים"); any other word stays and makes the answer
unreadable, because "לא 48" and "48 אלף" are not 48. A character that is taken off becomes a blank, so that a position
in what is left is the position in what was typed.
"""

from __future__ import annotations

import re

from grader.patterns import PLAIN, blank, pattern

_HEBREW = "\u05d0-\u05ea"
_QUOTE = "[\"'\u05f3\u05f4\u2019\u201d]"

_FILLERS_HE = (
    "התשובה|תשובה|תשובתי|היא|הוא|הם|הן|זה|זהו|לכן|כלומר|אז|סך|בסך|הכל|הכול|יש|ישנם|ישנן|נקבל|קיבלתי|קיבלנו|"
    "מתקבל|מקבלים|שווה|יוצא|פתרון|הפתרון|פרמטרים|פרמטר|הפרמטרים|משקולות|המשקולות|משקלים|כפלים|הכפלים|מכפלות|כפל|"
    "ערוצים|הערוצים|פיקסלים|נוירונים|יציאות|כניסות|איברים|נלמדים|נלמדות|בשכבה|ברשת|בשכבת|הקונבולוציה|קונבולוציה|"
    "מימד|ממד|מימדים|ממדים|ביאס|ביאסים|בקונבולוציה|מספר|גודל|הגודל|המוצא|התמך|של|הנוסחה|היסטים|היסט|כולל|בלי|ללא|עם|הכולל|גרעינים|הגרעין|כולה|לכל|תמונה|בתמונה"
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

_IN_WORDS = (  # words that are mathematics, and the sign for them
    (pattern(rf"(?<![{_HEBREW}\w])(?:אפס|zero)(?![{_HEBREW}\w])", re.IGNORECASE), "0"),
    (pattern(rf"(?<![{_HEBREW}])אחד(?=\s+חלקי)"), "1"),
    (pattern(r"(?<=[\w)\]])\s+חלקי\s+(?=[\w(\\])"), "/"),
    (pattern(r"(?<=[\w)\]])\s+(?:ועוד|plus)\s+(?=[\w(\\])"), "+"),
    (pattern(rf"(?<=[\w)\]])\s+(?:בריבוע|squared)(?![{_HEBREW}\w])"), "^2"),
)
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
    r"(?<=[\d)\]}\w])\s+(?:(?:learned|learnable|trainable|in total|in all|total|parameters?|params?|weights?|biases|"
    r"multiplications?|mults?|multiplies|channels?|pixels?|neurons?|outputs?|units?|elements?|classes)\b[\s,.]*)+$",
    re.IGNORECASE,
)
_NOUN = (
    r"(?:weights?|bias(?:es)?|param(?:eter)?s?|kernels?|filters?|conv(?:olution)?s?|fc|dense|linear|mults?|"
    r"multiplications?|pool(?:ing)?|layers?|outputs?|inputs?|each)"
)
_COUNTED_EN = pattern(  # "K weights + 1 bias", "48 (conv) + 300 (FC)"
    rf"(?<=[\d)\]}}\w])(?:\s+{_NOUN}\b|\s*\(\s*{_NOUN}(?:\s+{_NOUN})*\s*\))+(?=\s*(?:[-+=,;.]|plus\b|and\b|$))",
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


def without_words(text: str) -> str:
    """The mathematics of an answer, each taken-off character a blank.

    >>> without_words("the answer is 48 parameters").strip()
    '48'
    >>> without_words("סה״כ: 456 פרמטרים").strip(), without_words("לא 48").strip()
    ('456', 'לא 48')
    """
    if PLAIN.fullmatch(text):
        return _EDGES.sub(blank, text)
    if _WORDS.search(text):
        text = _words_off(text)
    text = _TIMES.sub(lambda times: times.group().lower().replace("x", "×"), text)
    text = _STAR.sub(r"\1x", text)
    return _EDGES.sub(blank, text)


def _words_off(text: str) -> str:
    """The same for a text that has words in it."""
    for words in (_REASON, _LABEL_HE, _LABEL_EN, _REMARK_EN, _WHERE):
        text = words.sub(blank, text)
    text = _ONE.sub(lambda one: "1".ljust(len(one.group())), text)
    text = _SUMMED.sub(lambda summed: summed[1] + "+".ljust(len(summed[2])), text)
    for said, sign in _IN_WORDS:
        text = said.sub(lambda match, sign=sign: sign.center(len(match.group())), text)  # type: ignore[misc]
    text = _COUNTED.sub(lambda word: str(_NUMBERS[word[1].lower()]).ljust(len(word[1])), text)
    text = _SIZED_MAPS.sub(lambda maps: "@".ljust(len(maps[1])) + maps[2] + " " * len(maps[3]), text)
    text = _DEPTH.sub(lambda depth: "x".center(len(depth[1])), text)
    text = _BY.sub(lambda by: by[1] + "x".ljust(len(by[2])) + by[3], text)
    text = _MAPS_OF.sub(lambda maps: "@".ljust(len(maps[1])), text)
    text = _AND_MAPS.sub(lambda maps: "x".ljust(len(maps[1])) + maps[2] + " " * len(maps[3]), text)
    for words in (_REMARK_HE, _COUNTED_EN, _RUN_HE, _BEFORE_EN, _AFTER_EN):
        text = words.sub(blank, text)
    return text
