"""The files that pages load: one style sheet with its fonts, one script; each under a name that changes with it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import final

from reports.html.page import style_sheet
from solver.frozen import frozen

HERE = Path(__file__).parent


@final
@frozen
class File:
    """A file as it is sent."""

    data: bytes
    type: str

    @cached_property
    def packed(self) -> bytes:
        """The same, packed once."""
        return gzip.compress(self.data, mtime=0)


class _Files:
    """Files by name, made when the first is asked for."""

    @cached_property
    def _all(self) -> dict[str, File]:
        return dict(self._made())

    def _made(self) -> Iterator[tuple[str, File]]:
        style = (style_sheet() + (HERE / "web.css").read_text(encoding="utf-8")).encode()
        script = (HERE / "page.js").read_bytes()
        yield f"style-{_mark(style)}.css", File(style, "text/css")
        yield f"page-{_mark(script)}.js", File(script, "text/javascript")

    def get(self, name: str) -> File | None:
        """The file of this name."""
        return self._all.get(name)

    def named(self, stem: str) -> str:
        """The name under which a file is asked for now."""
        return next(name for name in self._all if name.startswith(stem))


def _mark(data: bytes) -> str:
    return sha256(data).hexdigest()[:12]


FILES = _Files()
