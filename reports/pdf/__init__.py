"""Documents as PDF/UA-1: tagged, formulas spoken, the same bytes every time.

The fonts are those beside this package; letters that they lack, as of a name in Cyrillic, come from those in typst.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

import typst

from reports.document import Document
from reports.pdf.data import FONTS, document_data

TEMPLATE: Final = Path(__file__).parent / "document.typ"
MADE: Final = 946684800
"""When every file says it was made, the first second of 2000: the same input gives the same bytes."""


def document_pdf(document: Document) -> bytes:
    """A document as a PDF file."""
    inputs = {"data": json.dumps(document_data(document), ensure_ascii=False)}
    made = _compiler().compile(sys_inputs=inputs, format="pdf", pdf_standards=["ua-1"], timestamp=MADE)
    assert isinstance(made, bytes)
    return made


def document_png(document: Document, ppi: float = 72) -> list[bytes]:
    """A document's pages as pictures, for looking at them."""
    inputs = {"data": json.dumps(document_data(document), ensure_ascii=False)}
    made = _compiler().compile(sys_inputs=inputs, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made or ())


@cache
def _compiler() -> typst.Compiler:
    """One compiler a process: it keeps the fonts and what it has laid out."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])
    return typst.Compiler(str(TEMPLATE), font_paths=fonts)
