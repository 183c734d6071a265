"""A self-check page to test: its parts in this process, or a whole server in another."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from secrets import token_hex
from typing import Any

from starlette.testclient import TestClient

from exercises.library import Library, search_path
from grader.store import opened
from tests.sources import ROOT
from tirgul.desk import OwnDesk
from tirgul.web.app import Site, application
from tirgul.web.guard import Guard
from tirgul.web.staff import Staff

TOKEN = "the-staffs-token"
SHELF = Library(search_path())
DESK = OwnDesk(SHELF)


@contextmanager
def site(folder, desk=DESK, course="", **rates):
    """A site over a store in a folder, with generous rates."""
    rates = {"checks": 10_000, "previews": 10_000, "sessions": 10_000, "logins": 10_000} | rates
    with (
        closing(opened(folder / "attempts.db")) as store,
        closing(Site(SHELF, store, desk, Guard(store, token=TOKEN, **rates), course, judges=3)) as one,
    ):
        yield one


def client(one: Site, base_url: str = "http://testserver", **options) -> TestClient:
    """A visitor with cookies of their own."""
    app = application(one, Staff(one).routes())
    return TestClient(app, base_url=base_url, raise_server_exceptions=False, follow_redirects=False, **options)


def form(page: str, part: str = "", *, action: str = "/answer") -> dict[str, str]:
    """The hidden fields of a form: that of a part, else the last one whose action ends so."""
    forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL)
    hidden = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')
    found = [dict(hidden.findall(body)) for at, body in forms if at.endswith(action)]
    return next((one for one in found if not part or one.get("part") == part), {})


def answer(visitor: TestClient, part: str, text: str, exercise: str = "11.1", language: str = "en", **more):
    """Fills in a part's form and sends it as the page's script does; on a `page` at hand, else on a new one."""
    at = f"/{language}/e/{exercise}"
    page = more.get("page") or visitor.get(at + more.get("query", "")).text
    fields = form(page, part) | {"answer": text, "once": token_hex(16)}
    return visitor.post(f"{at}/{more.get('to', 'answer')}", data=fields, headers={"x-part": "1"})


class Elements(HTMLParser):
    """The elements and attributes of a page, to tell two pages apart whose texts differ."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.add((tag, tuple(sorted(name for name, _ in attrs))))


@contextmanager
def server(folder, *options):
    """The page's address, served by the command in a process of its own, and that process."""
    command = [
        sys.executable, "-c", "from tirgul.cli import main; main()", "serve", "--port", "0", "--lang", "en",
        "--token", TOKEN, "--store", str(folder / "attempts.db"), "--sessions", "10000", *options,
    ]  # fmt: skip
    process: Any = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        address = re.search(r"http://[\d.]+:\d+", line)
        assert address, line + process.stderr.read()
        yield address[0], process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
