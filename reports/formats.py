"""Every format that a document can be written in: one entry a format.

    files("11.1", documents, ("html", "pdf"))      11.1.html with all languages, 11.1.he.pdf, 11.1.en.pdf
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final, Literal, TypeAlias, cast, get_args

from reports.document import Document

Format: TypeAlias = Literal["html", "pdf", "latex", "markdown"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
ENDINGS: Final[Mapping[Format, str]] = {"html": "html", "pdf": "pdf", "latex": "tex", "markdown": "md"}
PRINTERS: Final[Mapping[Format, str]] = {  # loaded when they are asked for: a page needs no typst, a PDF no jinja2
    "html": "reports.html.page.document_html",
    "pdf": "reports.pdf.document_pdf",
    "latex": "reports.sources.latex.document_latex",
    "markdown": "reports.sources.markdown.document_markdown",
}


def files(stem: str, documents: Sequence[Document], formats: Sequence[Format]) -> Iterator[tuple[str, bytes]]:
    """The names and contents of the files of a document, given in each of its languages.

    HTML holds all languages in one file, which is named after its language where there is one; the others one each.
    """
    for chosen in formats:
        ending = ENDINGS[chosen]
        if chosen == "html":
            language = f".{documents[0].language}" if len(documents) == 1 else ""
            yield f"{stem}{language}.{ending}", printed(documents, chosen)
        else:
            for document in documents:
                yield f"{stem}.{document.language}.{ending}", printed([document], chosen)


def printed(documents: Sequence[Document], chosen: Format) -> bytes:
    """One file: documents in a format; only HTML holds more than one."""
    module, _, name = PRINTERS[chosen].rpartition(".")
    printer = cast("Callable[..., str | bytes]", getattr(import_module(module), name))
    made = printer(documents) if chosen == "html" else printer(*documents)
    return made.encode() if isinstance(made, str) else made
