"""HTML that is ready to stand in a page, told apart from text that still has to be escaped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final


@final
class Html(str):
    """Markup; templates put it in as it is, and escape every other string."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def escape(text: str) -> Html:
    """Text as markup that shows it.

    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    import html  # brings every entity of HTML, and terminals show none

    return Html(html.escape(text))


def joined(pieces: Iterable[Html], between: str = "") -> Html:
    """Markup one after the other."""
    return Html(between.join(pieces))
