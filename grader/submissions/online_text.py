"""What was typed into an editor of HTML, as the text that was meant: a line a paragraph, markup left out."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import final

BLOCKS = frozenset("p div br li tr h1 h2 h3 h4 h5 h6 pre table ul ol blockquote".split())
UNSEEN = frozenset(("script", "style", "head", "title"))
MOST_CHARACTERS = 1_000_000


def unmarked(html: str) -> str:
    """The text of a page.

    >>> unmarked("<p>11.1/2: <b>48</b></p><p>11.1/3:&nbsp;348<br>x &lt; y</p>")
    '11.1/2: 48\\n11.1/3:\\xa0348\\nx < y'
    """
    reader = _Reader()
    reader.feed(html[:MOST_CHARACTERS])
    reader.close()
    lines = "".join(reader.said).split("\n")
    return "\n".join(line for line in lines if line.strip())


@final
class _Reader(HTMLParser):
    """Collects what a reader of the page would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data.replace("\n", " ").replace("\r", " ") if data.strip() else " ")
