"""What is said to readers, in their language: the catalogs, read at run time.

    words("he").say("rule.dense.weights")                     a message
    words("he").say("slip.where", slip=…, where="conv1")      with %(name)s put in
    words("he").say_count("students", 3)                      with a plural form, %(n)s being the number

Catalogs are gettext's .po files with keys as msgids. README.md beside this file says why they are read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from reports.bidi import Direction
from solver.frozen import frozen
from solver.patterns import pattern

if TYPE_CHECKING:  # what says one line to a reader need not load the solver
    from exercises.exercise import Language

CATALOGS: Final = Path(__file__).parent / "catalogs"
RIGHT_TO_LEFT: Final = ("he",)

_ENTRY: Final = pattern(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*)"$((?:\n".*"$)*)', re.MULTILINE)
_ESCAPED: Final = {"n": "\n", "t": "\t"}
_PLURAL: Final = pattern(r"plural=(.*?);?$", re.MULTILINE)


class Unsaid(KeyError):
    """A key that a catalog has no words for; the completeness tests are there to prevent it."""

    def __init__(self, key: str, language: str) -> None:
        super().__init__(f"catalogs/{language}.po has no words for {key!r}")


@final
@frozen
class Words:
    """One language's catalog: each message with its plural forms, and which form a number takes."""

    language: Language
    messages: Mapping[str, tuple[str, ...]]
    form: Callable[[int], int]

    @property
    def direction(self) -> Direction:
        """Where the language's lines begin, as HTML's dir attribute says it."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def __contains__(self, key: str) -> bool:
        return key in self.messages

    def say(self, key: str, /, **values: object) -> str:
        """The message under a key, with values put in; raises Unsaid.

        >>> words("en").say("verdict.right")
        'right'
        """
        return self.message(key) % values

    def say_count(self, key: str, n: int, /, **values: object) -> str:
        """The message in the plural form for a number, which is put in as %(n)s; raises Unsaid."""
        return self.plural(key, n) % {"n": n, **values}

    def message(self, key: str) -> str:
        """The message with its placeholders; raises Unsaid."""
        return self._forms(key)[0]

    def plural(self, key: str, n: int) -> str:
        """The message with its placeholders in the plural form for a number; raises Unsaid."""
        forms = self._forms(key)
        return forms[min(self.form(n), len(forms) - 1)]

    def _forms(self, key: str) -> tuple[str, ...]:
        try:
            return self.messages[key]
        except KeyError:
            raise Unsaid(key, self.language) from None


@cache
def words(language: Language) -> Words:
    """The catalog of a language.

    >>> words("he").direction, words("en").say_count("count.students", 1)
    ('rtl', '1 student')
    """
    messages = read_catalog((CATALOGS / f"{language}.po").read_text(encoding="utf-8"))
    header = _PLURAL.search(messages.pop("")[0])
    return Words(language, messages, c2py(header[1] if header else "n != 1"))


def read_catalog(source: str) -> dict[str, tuple[str, ...]]:
    """The messages of a .po file by msgid, the header under "".

    >>> read_catalog('msgid "many"\\nmsgid_plural "many"\\nmsgstr[0] "one"\\nmsgstr[1] "%(n)s"')
    {'many': ('one', '%(n)s')}
    """
    found: dict[str, tuple[str, ...]] = {}
    key = ""
    for keyword, text, more in _ENTRY.findall(source):
        if more:
            text += "".join(line[1:-1] for line in more.split("\n"))
        if "\\" in text:
            text = re.sub(r"\\(.)", lambda sign: _ESCAPED.get(sign[1], sign[1]), text)
        if keyword == "msgid":
            key = text
        elif keyword != "msgid_plural":
            found[key] = (*found.get(key, ()), text)
    return found
