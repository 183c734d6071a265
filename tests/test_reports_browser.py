"""What only a browser can tell: pages stay as wide as a phone, and axe finds nothing. Left out without Chromium."""

import shutil

import pytest

from exercises.exercise import LANGUAGES
from grader.results import ClassResult, Student
from reports.html import feedback_html, sheet_html, summary_html
from tests.test_reports_html import BY_ID, CLASS, STUDENT, result
from tests.test_reports_solution import INSTANCES

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")


A4 = 658  # pixels between the margins
SCROLLING = """[...document.querySelectorAll('.equation, .formula, .wide, .typed')]
    .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth).map(one => one.innerText)"""
CODE = "class LeNet5(nn.Module):\n" + "    # a line\n" * 90
LONG = Student("1", (result("code", CODE, "lenet5"),))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    said = {
        **{name: sheet_html([INSTANCES[name]], LANGUAGES) for name in ("ex11_1", "ex11_3", "init_demo", "lenet5")},
        "code": feedback_html(LONG, BY_ID, "he"),
        **{f"student-{language}": feedback_html(STUDENT, BY_ID, language, "hints") for language in LANGUAGES},
        "class": summary_html(CLASS, BY_ID),
        "class with code": summary_html(ClassResult(("lenet5",), (LONG,)), BY_ID),
    }
    for name, page in said.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in said}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [390, 1200])
def test_no_page_is_wider_than_the_screen(browser, pages, width):
    view = browser.new_page(viewport={"width": width, "height": 900})
    for name, address in pages.items():
        view.goto(address)
        assert view.evaluate("document.documentElement.scrollWidth") <= width, name
    view.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_and_cuts_nothing_off(browser, pages, scheme):
    view = browser.new_page(color_scheme=scheme, viewport={"width": A4, "height": 900})
    view.emulate_media(media="print")
    for name in ("ex11_3", "code", "class with code"):
        view.goto(pages[name])
        hidden = "[...document.querySelectorAll('pre')].filter(one => one.scrollHeight > one.clientHeight + 1).length"
        assert view.evaluate(hidden) == 0, name
        assert view.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert view.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--good-bg')") == "#e4f2e9"
    view.goto(pages["ex11_3"])
    steps = "[...document.querySelectorAll('section[lang=he] .inner .step')].every(one => one.checkVisibility())"
    assert view.evaluate(f"document.querySelector('.inner .step') !== null && {steps}")
    for name in pages:
        view.goto(pages[name])
        view.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert view.evaluate(SCROLLING) == [], name
    view.close()


def test_code_keeps_its_lines_on_a_phone(browser, pages):
    view = browser.new_page(viewport={"width": 390, "height": 900})
    view.goto(pages["lenet5"])
    high = "one => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)"
    lines = view.evaluate(f"[...document.querySelectorAll('section[lang=he] .code')].map({high})")
    typed = view.evaluate(
        "[...document.querySelectorAll('section[lang=he] .code')].map(one => one.innerText.split('\\n').length)"
    )
    assert lines and all(seen < said + 1 for seen, said in zip(lines, typed, strict=True))
    view.close()


CONTRAST = {"runOnly": ["color-contrast"]}  # what else there is does not hang on colours


@pytest.mark.parametrize("scheme, width, rules", [("light", 1200, {}), ("light", 390, {}), ("dark", 1200, CONTRAST)])
def test_axe_finds_nothing(browser, pages, scheme, width, rules):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    context.set_default_timeout(120_000)  # large pages on a machine that is busy
    view = context.new_page()
    found = {}
    for name, address in pages.items():
        view.goto(address)
        result = axe.Axe().run(view, options=rules)
        if result.violations_count:
            found[name] = [(one["id"], one["nodes"][0]["html"][:200]) for one in result.response["violations"]]
    context.close()
    assert found == {}
