"""Pages in Chromium as pictures: those of fixed documents are compared with pictures that somebody has looked at.

    python -m tests.test_reports_chromium     writes the pictures in tests/golden/chromium anew; look at them too

Versions of Chromium lay out formulas a little differently, so another one than the pictures are from is not compared.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from reports.html.page import document_html
from tests.test_reports_golden import GOLDEN, MOST, difference, documents, pixels

if TYPE_CHECKING:
    from exercises.exercise import Language

BROWSER: Final = shutil.which("chromium") or shutil.which("google-chrome")
PICTURES: Final = GOLDEN / "chromium"
VERSION: Final = PICTURES / "version.txt"
WIDE, PHONE = 1000, 390
HEIGHT: Final = 1300
VIEWS: Final[dict[str, tuple[str, Language, int, str, str]]] = {  # a document, its language, width, colours, medium
    "sheet.he.wide": ("sheet", "he", WIDE, "light", "screen"),
    "sheet.en.phone.dark": ("sheet", "en", PHONE, "dark", "screen"),
    "student.he.phone": ("student", "he", PHONE, "light", "screen"),
    "class.he.wide": ("class", "he", WIDE, "light", "screen"),
    "blank.en.print": ("blank", "en", WIDE, "dark", "print"),
    "blocks.he.wide.dark": ("blocks", "he", WIDE, "dark", "screen"),
}


@contextmanager
def pictures() -> Iterator[tuple[str, dict[str, bytes]]]:
    """The version of Chromium, and the top of each view at half its size."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        made = {}
        for name, (document, language, width, colours, medium) in VIEWS.items():
            size = {"width": width, "height": HEIGHT}
            context = browser.new_context(viewport=size, color_scheme=colours, device_scale_factor=0.5)
            view = context.new_page()
            view.emulate_media(media=medium)
            view.set_content(document_html([documents(language)[document]]))
            view.evaluate("document.fonts.ready")
            made[name] = view.screenshot()
            context.close()
        yield browser.version.partition(".")[0], made
        browser.close()


@pytest.fixture(scope="module")
def seen():
    with pictures() as (version, made):
        if version != VERSION.read_text(encoding="utf-8").strip():
            pytest.skip(f"the pictures are from another Chromium than {version}")
        yield made


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_looks_as_it_did(seen, name):
    apart = difference(pixels(seen[name]), pixels((PICTURES / f"{name}.png").read_bytes()))
    assert apart <= MOST, f"{name} looks different; if it should, python -m tests.test_reports_chromium and look at it"


def test_every_view_has_its_picture():
    assert sorted(VIEWS) == sorted(path.stem for path in PICTURES.glob("*.png"))


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    with pictures() as (now, views):
        VERSION.write_text(f"{now}\n", encoding="utf-8")
        for view_name, picture in views.items():
            (PICTURES / f"{view_name}.png").write_bytes(picture)
