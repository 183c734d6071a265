"""The self-check page in a real browser: both languages, with and without scripts, on a phone, by keyboard alone."""

import json
import os
import re
import signal
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from grader.store import opened
from tests.selfcheck import TOKEN, server
from tests.sources import ROOT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), None)
HOSTILE = [
    item["input"]
    for item in json.loads((ROOT / "tests" / "tables" / "hostile.json").read_text(encoding="utf-8"))["items"]
    if item["kind"] == "web"
]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    with server(folder) as (address, _):
        yield address


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        try:
            found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except playwright.Error as problem:
            pytest.skip(f"there is no browser: {str(problem).splitlines()[0]}")
        yield found
        found.close()


@pytest.fixture
def visit(browser, served):
    """Opens a page as a new visitor; at the end nothing was asked of another host, and no script failed."""
    contexts, wrong = [], []

    def opening(path, **options):
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: wrong.append(one.url) if not local(one.url, served) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(served + path)
        return page

    yield opening
    for context in contexts:
        context.close()
    assert wrong == []


def local(url, served):
    return url.startswith("data:") or urlsplit(url).netloc == urlsplit(served).netloc


def sent(page, part, text):
    """Types an answer and sends it; gives the verdict."""
    section = page.locator(f"#part-{part}")
    section.locator("[name=answer]").fill(text)
    before = section.locator("[name=once]").get_attribute("value")
    section.locator("button").first.click()
    page.wait_for_selector(f"#part-{part} [name=once]:not([value='{before}'])", state="attached")
    return page.locator(f"#part-{part} .outcome").get_attribute("data-verdict")


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("language", ["he", "en"])
def test_a_students_path(visit, language, scripts):
    page = visit(f"/{language}/", java_script_enabled=scripts)
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "he" else "ltr")
    page.get_by_role("link", name=re.compile("^11\\.1")).click()
    assert [sent(page, *one) for one in (("2", "51"), ("2", "4q8"), ("2", "48"), ("1a", "10x10x3"))] == [
        "slipped", "unreadable", "right", "right",
    ]  # fmt: skip
    page.locator("#part-3 button.quiet").click()
    page.wait_for_selector("#part-3 .hints li")
    page.locator("#part-5 input[type=radio]").first.check()
    page.locator("#part-5 button").first.click()
    page.wait_for_selector("#part-5 .outcome.right")
    assert page.locator("#done-said").inner_text() == "3 / 7"
    assert page.locator('nav.parts a[href="#part-2"]').get_attribute("data-stand") == "right"
    page.reload()
    assert page.locator(".outcome.right").count() == 3


@pytest.mark.parametrize("language", ["he", "en"])
def test_a_phone_in_the_dark_shows_everything_within_its_width(visit, language):
    page = visit(f"/{language}/e/11.1", **PHONE)
    sent(page, "4", "(10*10*48 + 75*9999999999999) * 4q")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = page.locator("button, form.reply input[type=text]").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(boxes) >= 40, "fingers need room"


def test_an_answer_is_drawn_while_it_is_typed(visit):
    page = visit("/he/e/conv1d")
    field = page.locator("#part-general [name=answer]")
    field.press_sequentially("(D_in+2P-K)/S")
    page.wait_for_selector("#part-general .preview mfrac")
    assert page.locator("#part-general .preview math").evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert field.evaluate("one => getComputedStyle(one).direction") == "ltr"
    field.fill("((")
    page.wait_for_selector("#part-general .preview .spot")


def test_the_keyboard_is_enough(visit):
    page = visit("/en/e/11.1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#part-2 [name=answer]").focus()
    page.keyboard.type("48")
    page.keyboard.press("Enter")
    page.wait_for_selector("#part-2 .outcome.right")
    page.wait_for_function("document.activeElement.classList.contains('outcome')")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('section').id") == "part-3"


CONTRAST = {"runOnly": ["color-contrast"]}  # what else there is does not hang on colours


SEEN = [("he", "light", {}), ("en", "light", {}), ("he", "dark", CONTRAST)]


@pytest.mark.parametrize("language, scheme, rules", SEEN)
def test_nothing_is_in_the_way_of_anybody(visit, language, scheme, rules):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = visit(f"/{language}/e/11.1", color_scheme=scheme, bypass_csp=True)  # axe is a script of its own
    sent(page, "2", "51")
    sent(page, "3", "4q8")
    sent(page, "6", "because")
    page.locator("#part-2 button.quiet").click()
    page.wait_for_selector("#part-2 .hints li")
    for path in ("", f"/{language}/", f"/{language}/staff"):
        if path:
            page.goto(f"{page.url.split('/' + language)[0]}{path}")
        found = axe.run(page, options=rules).response["violations"]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []


def test_hostile_answers_and_names_do_nothing(visit, served):
    page = visit("/en/e/11.1")
    elements = "all => all.querySelectorAll('script, svg, img, iframe, style').length"
    before = page.locator("html").evaluate(elements)
    for text in HOSTILE:
        page.locator("#part-3 [name=answer]").fill(text)
        page.wait_for_timeout(250)
        sent(page, "6", text)
        assert page.locator("html").evaluate(elements) == before
    page.goto(f"{served}/en/staff")
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Enter").click()
    page.wait_for_selector("table.staff")
    assert page.locator("main").evaluate(elements) == 0


def test_the_server_is_killed_and_what_it_acknowledged_is_there(browser, tmp_path):
    with server(tmp_path) as (address, process):
        page = browser.new_page()
        page.goto(f"{address}/en/e/11.1")
        acknowledged = [sent(page, "2", str(number)) for number in (51, 7, 48)]
        page.locator("#part-3 [name=answer]").fill("1")
        page.locator("#part-3 button").first.click(no_wait_after=True)
        os.kill(process.pid, signal.SIGKILL)
        page.close()
    with closing(opened(tmp_path / "attempts.db")) as store:
        assert [one.verdict for one in store.attempts(part="2")] == acknowledged


def test_the_page_is_there_at_once(visit):
    page = visit("/he/e/11.1")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    assert len([one for one in loaded if not one.startswith("data:")]) == 2  # and the page itself


def test_health(served):
    assert urllib.request.urlopen(f"{served}/health").read() == b"ok"
