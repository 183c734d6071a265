"""The self-check page asked without a browser: the checks that a page for students has to pass, and each of them."""

import asyncio
import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from exercises.codes import code_of
from exercises.exercise import LANGUAGES
from exercises.library import available
from grader.verdict import Judgement, Right
from reports.document import Paragraph
from reports.html.blocks import blocks_html
from reports.lines import text_line
from reports.mathematics.latex import latex
from reports.mathematics.mathml import mathml
from reports.solution import conclusion
from solver.notation.printing import ascii_text, plain
from solver.values import as_formula
from tests.selfcheck import SHELF, TOKEN, Elements, answer, client, form, site
from tests.sources import ROOT
from tirgul.desk import OwnDesk, Question
from tirgul.web.gathering import Gathered
from tirgul.web.guard import COOKIE, MOST_BODY
from tirgul.web.pool import Busy, PooledDesk
from tirgul.web.static import FILES

WRONG = "987654321"
HOSTILE = [
    item
    for item in json.loads((ROOT / "tests" / "tables" / "hostile.json").read_text(encoding="utf-8"))["items"]
    if item["kind"] == "web"
]


@pytest.fixture
def page(tmp_path):
    with site(tmp_path) as one:
        yield one


@pytest.fixture
def visitor(page):
    return client(page)


def without_tokens(page):
    """A page without random letters and digits, in which any number may turn up."""
    return re.sub("[0-9a-f]{32,}", "", page)


def staff(page):
    found = client(page)
    fields = form(found.get("/en/staff").text, action="/enter")
    assert found.post("/en/staff/enter", data=fields | {"token": TOKEN}).status_code == 303
    return found


# --- what it does


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exercise_has_a_page_in_each_language(visitor, language):
    listed = visitor.get(f"/{language}/").text
    found = re.findall(r'/e/([^"?]+)"', listed)
    assert "11.1" in found
    for exercise in found:
        shown = visitor.get(f"/{language}/e/{exercise}")
        assert shown.status_code == 200 and f'<html lang="{language}"' in shown.text
        assert form(shown.text)["once"] and "%(" not in shown.text


@pytest.mark.parametrize(
    "part, text, verdict",
    [
        ("2", "48", "right"),
        ("2", "51", "slipped"),
        ("2", "7", "wrong"),
        ("2", "4q8", "unreadable"),
        ("1a", "10x10x3", "right"),
        ("6", "because", "review"),
    ],
)
def test_an_answer_is_judged(visitor, part, text, verdict):
    assert f'data-verdict="{verdict}"' in answer(visitor, part, text).text


def test_code_has_room_and_its_requirements_are_shown(visitor):
    code = (ROOT / "tests" / "tables" / "student_code" / "lenet_no_padding.txt").read_text(encoding="utf-8")
    field = '<textarea id="part-code-answer" name="answer" maxlength="8000" dir="ltr"'
    assert field in visitor.get("/he/e/lenet5").text
    said = answer(visitor, "code", code, exercise="lenet5").text
    assert "✓" in said and "✗" in said and "LeNet5: 10, 44426" in said


def test_ends_of_lines_are_one_character_however_they_were_sent(page, visitor):
    code = "\n".join(["# " + "." * 6] * 880)  # as many characters as its field lets in
    fields = form(visitor.get("/en/e/lenet5").text, "code") | {"answer": code.replace("\n", "\r\n")}
    assert visitor.post("/en/e/lenet5/answer", data=fields).status_code == 303
    assert [one.text for one in page.store.attempts()] == [code]


@pytest.mark.parametrize("letter", ["a", "ש", "😀"])
def test_the_longest_answer_is_let_in_whatever_its_letters(page, visitor, letter):
    assert 'maxlength="8000"' in visitor.get("/he/e/11.1").text
    assert 'data-verdict="review"' in answer(visitor, "6", letter * 8_000).text
    assert [one.text for one in page.store.attempts()] == [letter * 8_000]


def test_how_an_answer_was_read_is_drawn(visitor):
    said = answer(visitor, "2", "51").text
    assert "<math><mn>51</mn></math>" in said and "&lt;math" not in said


def test_without_a_script_the_page_comes_back_with_the_verdict(visitor):
    fields = form(visitor.get("/he/e/11.1").text, "2") | {"answer": "48"}
    sent = visitor.post("/he/e/11.1/answer", data=fields)
    assert sent.status_code == 303 and sent.headers["location"] == "/he/e/11.1?v=course#part-2"
    assert 'data-verdict="right"' in visitor.get(sent.headers["location"]).text


def test_an_answer_that_follows_from_an_earlier_one(visitor):
    answer(visitor, "1b", "6x6x3")
    assert 'data-verdict="follows"' in answer(visitor, "3", "480").text


def test_options_are_chosen(visitor):
    fields = form(visitor.get("/en/e/conv1d").text, "order") | {"choice": ["max", "average", "fc"]}
    sent = visitor.post("/en/e/conv1d/answer", data=fields, headers={"x-part": "1"})
    assert "data-verdict" in sent.text and len(re.findall(" checked", sent.text)) == 3


def test_hints_come_one_by_one_and_wrong_answers_earn_more(visitor):
    counted = []
    for _ in range(2):
        counted.append(answer(visitor, "2", "", to="hint").text.count('<li tabindex="-1">'))
    answer(visitor, "2", "7")
    counted.append(visitor.get("/en/e/11.1").text.count('<li tabindex="-1">'))
    assert counted == [1, 2, 3]


def test_a_preview_is_drawn_from_our_reading_and_works_nothing_out(visitor):
    assert "<mn>4</mn><mo>·</mo><mn>12</mn>" in (shown := answer(visitor, "2", "4*12", to="preview").text), shown
    assert "48" not in without_tokens(shown)
    assert "spot" in answer(visitor, "2", "4q8", to="preview").text


def test_variants_are_the_students_own_or_fresh(visitor, page):
    fields = form(visitor.get("/en/").text, action="/who") | {"student": "123"}
    visitor.post("/en/who", data=fields)
    code = code_of(SHELF.exercise("11.1"), "123", page.course)
    assert code in visitor.get("/en/e/11.1").text
    assert code not in visitor.get("/en/e/11.1?v=course").text
    places = set()
    for _ in range(2):
        fields = form(visitor.get("/en/e/11.1").text, action="/fresh")
        places.add(visitor.post("/en/e/11.1/fresh", data=fields).headers["location"])
    assert len(places) == 2
    for place in places:
        code = place.partition("v=")[2]
        instance = SHELF.instance("11.1", code)
        sent = answer(visitor, "2", str(instance.key("2")), query=f"?v={code}")
        assert code in visitor.get(place).text and 'data-verdict="right"' in sent.text


def test_data_for_programs(visitor):
    fields = form(visitor.get("/en/e/11.1").text, "2") | {"answer": "51"}
    said = visitor.post("/en/e/11.1/answer", data=fields, headers={"accept": "application/json"}).json()
    assert (said["verdict"], said["read_as"], said["done"]) == ("slipped", "51", 0)


def test_staff_see_answers_and_slips_and_their_marks_stand(page):
    student = client(page)
    answer(student, "2", "51")
    answer(student, "6", "sharing, <b>3</b>")
    teacher = staff(page)
    shown = teacher.get("/en/staff").text
    assert "biases were counted" in shown and "sharing, &lt;b&gt;3&lt;/b&gt;" in shown
    fields = form(shown, action="/mark")
    for marks, status in (("3", 422), ("-1", 422), ("1/0", 422), ("3/2", 303)):
        sent = teacher.post("/en/staff/mark", data=fields | {"marks": marks, "who": "Dana", "why": "half"})
        assert sent.status_code == status
    assert "Marked by hand" in student.get("/en/e/11.1").text and "1.50" in student.get("/en/e/11.1").text
    assert "1.50, given by Dana" in re.sub("</?bdi[^>]*>", "", teacher.get("/en/staff").text)


# --- section 6 of the notes on security, by number


POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
    "font-src": "'self' data:", "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
    "frame-ancestors": "'none'",
}  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/en/", "/en/e/11.1", "/en/nothing", "/static/nothing", "/en/staff", "/xx/"])
def test_01_02_every_response_says_what_may_be_loaded_and_that_nothing_is_kept(visitor, path):
    headers = visitor.get(path).headers
    said = dict(piece.strip().partition(" ")[::2] for piece in headers["content-security-policy"].split(";"))
    assert said == POLICY
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert headers["cache-control"] == "no-store"


def test_01_no_template_holds_a_script_or_a_style():
    for file in (ROOT / "reports" / "templates" / "web").glob("*.jinja"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! src=)", text), file


@pytest.mark.parametrize("item", HOSTILE, ids=[item["id"] for item in HOSTILE])
def test_03_hostile_text_is_inert(page, item, caplog):
    caplog.set_level(logging.INFO)
    visitor, text = client(page), item["input"]
    plain_page = client(page)
    answer(plain_page, "6", "plain words")
    answer(plain_page, "2", "abc")
    known = Elements(plain_page.get("/en/e/11.1").text).found
    known |= {("bdi", ("dir",)), ("bdi", ("class", "dir")), ("mark", ("class",))}
    mathematics = {"math", "mrow", "mi", "mn", "mo", "msup", "msub", "mfrac", "mtext", "mspace", "mover", "munder"}
    for part in ("6", "2", "5"):
        for to in ("answer", "preview"):
            sent = answer(visitor, part, text, to=to)
            assert sent.status_code in (200, 422)
            assert {one for one in Elements(sent.text).found if one[0] not in mathematics} <= known
    fields = form(visitor.get("/en/").text, action="/who") | {"student": text}
    visitor.post("/en/who", data=fields)
    assert Elements(visitor.get("/en/").text).found <= Elements(plain_page.get("/en/").text).found
    teacher = staff(page)
    shown = teacher.get("/en/staff").text
    assert "<script>alert" not in shown and "<svg" not in shown
    assert all("\n" not in one.getMessage() and "\x1b" not in one.getMessage() for one in caplog.records)


def test_03_04_templates_stay_text(visitor):
    for text in ("{{7*7}}", "{% raw %}", "%(form)s", "${7*7}"):
        shown = without_tokens(answer(visitor, "6", text).text)
        assert text in shown and "49" not in shown


def test_04_nothing_says_that_text_is_safe():
    for folder in ("tirgul", "reports/html", "reports/templates"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".py", ".jinja"):
                text = file.read_text(encoding="utf-8")
                assert not re.search(r"\|\s*safe|Markup\(|from_string|autoescape=False", text), file
    for file in (ROOT / "reports" / "templates" / "web").glob("*.jinja"):
        assert not re.search(r"=\{\{", file.read_text(encoding="utf-8")), f"{file} has an attribute without quotes"


def test_05_mathematics_is_printed_by_us_and_never_the_students_own(visitor):
    for text in (r"\href{javascript:alert(1)}{4}", r"\style{color:red}{48}", r"\unicode{x41}", "<math><mi>x</mi>"):
        for to in ("answer", "preview"):
            shown = answer(visitor, "2", text, to=to).text
            assert "href=" not in shown.replace('href="#', "") and "<mi>x</mi>" not in shown and "style=" not in shown


def test_06_a_form_of_another_session_or_site_is_refused(page):
    visitor, other = client(page), client(page)
    fields = form(visitor.get("/en/e/11.1").text, "2") | {"answer": "48"}
    other.get("/en/e/11.1")
    at = "/en/e/11.1/answer"
    assert other.post(at, data=fields).status_code == 403
    assert visitor.post(at, data={**fields, "form": ""}).status_code == 403
    assert visitor.post(at, data={name: value for name, value in fields.items() if name != "form"}).status_code == 403
    assert client(page).post(at, data=fields).status_code == 403
    for header in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert visitor.post(at, data=fields, headers=header).status_code == 403
    for header in ({"origin": "http://testserver"}, {"origin": "null", "sec-fetch-site": "same-origin"}):
        assert visitor.post(at, data=fields, headers=header).status_code == 303
    assert len(page.store.attempts()) == 1


def test_06_cookies(page):
    plain_cookie = client(page).get("/en/").headers["set-cookie"].lower()
    assert "httponly" in plain_cookie and "samesite=lax" in plain_cookie and "secure" not in plain_cookie
    assert "secure" in client(page, "https://testserver").get("/en/").headers["set-cookie"].lower()


def test_06_a_cookie_that_we_did_not_sign_is_nobodys(page):
    visitor = client(page)
    visitor.get("/en/")
    signed = visitor.cookies[COOKIE]
    for forged in (signed[:-1] + ("0" if signed[-1] != "0" else "1"), "x." + signed.rpartition(".")[2], "", "."):
        other = client(page)
        other.cookies.set(COOKIE, forged)
        assert "set-cookie" in other.get("/en/").headers


def test_06_get_changes_nothing(page, visitor):
    for path in ("/en/e/11.1/answer", "/en/e/11.1/hint", "/en/e/11.1/fresh", "/en/who", "/en/staff/mark"):
        assert visitor.get(path + "?part=2&answer=48").status_code in (404, 405)
    assert page.store.attempts() == []


def test_07_rates(tmp_path):
    with site(tmp_path, checks=3, previews=2, sessions=2) as one:
        visitor = client(one)
        assert [answer(visitor, "2", str(number)).status_code for number in range(4)] == [200, 200, 200, 429]
        assert [answer(visitor, "2", "1", to="preview").status_code for _ in range(3)] == [200, 200, 429]
        refused = answer(visitor, "2", "1")
        assert 0 < int(refused.headers["retry-after"]) <= 61 and "Wait a moment" in refused.text
        assert [client(one).get("/en/").status_code for _ in range(2)] == [200, 429]


def test_07_the_rates_that_serve_has():
    import inspect

    from tirgul.web.guard import Guard

    said = {name: one.default for name, one in inspect.signature(Guard).parameters.items()}
    assert (said["checks"], said["sessions"]) == (30, 5)


def test_07_what_is_too_long_is_refused_before_it_is_read(visitor):
    fields = form(visitor.get("/en/e/11.1").text, "2")
    at = "/en/e/11.1/answer"
    assert visitor.post(at, data=fields | {"answer": "1" * MOST_BODY}).status_code == 413
    head = {"content-type": "application/x-www-form-urlencoded"}
    endless = (b"a" * 1000 for _ in range(MOST_BODY // 1000 + 1))
    assert visitor.post(at, content=endless, headers=head).status_code == 413
    assert visitor.post(at, data=fields | {"answer": "1" * 401}).status_code == 422
    assert visitor.post(at, content=b"&".join(b"a=1" for _ in range(100)), headers=head).status_code == 422
    assert visitor.post(at, json={"answer": "48"}).status_code == 415


def test_08_no_response_holds_a_key(page):
    """Every page, script, message and hint, for each key that is no choice, in every way we print them."""
    for exercise_id in page.exercises:
        visitor, instance = client(page), SHELF.instance(exercise_id)
        bodies = [visitor.get(f"/{language}/e/{exercise_id}").text for language in LANGUAGES]
        stated = without_pictures("".join(bodies))
        for part in instance.exercise.parts:
            if not part.options:
                for to, text in (("answer", ""), ("hint", ""), ("hint", ""), ("answer", WRONG), ("preview", WRONG)):
                    bodies.append(answer(visitor, part.id, text, exercise_id, to=to, page=bodies[1]).text)
        heard = without_pictures(without_tokens("".join(bodies)))
        for part in instance.exercise.parts:
            if not part.options:
                for form_of_key in forms(instance, part.id):
                    if form_of_key not in stated:
                        assert form_of_key not in heard, (exercise_id, part.id, form_of_key)
    script = FILES.get(FILES.named("page"))
    assert script is not None and b"48" not in script.data


def without_pictures(page):
    """A page without its drawings, whose coordinates are numbers that say nothing; the next test reads their words."""
    return re.sub("<svg.*?</svg>", "", page, flags=re.DOTALL)


def test_08_pictures_beside_questions_hold_no_key():
    """Neither in their words nor in what they are said to show, beyond what the statement says itself."""
    for exercise in available(SHELF.path):
        instance, desk = SHELF.instance(exercise.id), OwnDesk(SHELF)
        for language in LANGUAGES:
            drawn = "".join(blocks_html(shown) for shown in desk.pictures((exercise.id, ""), language).values())
            said = " ".join(re.findall(r'(?<=>)[^<>]+(?=<)|(?<=aria-label=")[^"]*', drawn))
            stated = blocks_html((Paragraph(text_line(exercise.statement.said(language, instance.numbers), language)),))
            for part in (part for part in exercise.parts if not part.options):
                for form_of_key in forms(instance, part.id):
                    assert form_of_key not in said or form_of_key in stated, (exercise.id, part.id, form_of_key)


def forms(instance, part_id):
    """A key as it may be written: two characters at least, or every page would hold it."""
    key = instance.keys[part_id]
    for formula in (as_formula(key.result), conclusion(key)):
        inside = re.sub("^<math>|</math>$", "", mathml(formula))
        yield from (said for said in (plain(formula), ascii_text(formula), latex(formula), inside) if len(said) > 2)


def test_08_a_blank_answer_tells_nothing(visitor):
    shown = answer(visitor, "2", "").text
    assert "48" not in without_tokens(shown) and 'data-verdict="unreadable"' in shown


@pytest.mark.parametrize("field", ["score", "is_correct", "max", "student_id", "verdict"])
def test_09_unknown_fields_are_refused(visitor, page, field):
    fields = form(visitor.get("/en/e/11.1").text, "2") | {"answer": "48", field: "1"}
    assert visitor.post("/en/e/11.1/answer", data=fields).status_code == 422
    assert page.store.attempts() == []


def test_10_what_belongs_to_another_is_as_what_is_not_there(page):
    mine, other = client(page), client(page)
    answer(mine, "6", "mine alone")
    assert "mine alone" not in other.get("/en/e/11.1").text
    (kept,) = page.store.attempts()
    assert len(kept.id) == 32 and len(json.dumps(kept.session)) > 30
    teacher = staff(page)
    fields = form(teacher.get("/en/staff").text, action="/mark")
    tried = (fields | {"attempt": one, "marks": "1", "who": "x"} for one in ("0" * 32, "x"))
    missing = [teacher.post("/en/staff/mark", data=one) for one in tried]
    assert len({(one.status_code, one.text) for one in missing}) == 1 and missing[0].status_code == 404


def test_10_the_staffs_pages_need_the_token(page):
    visitor = client(page)
    fields = form(visitor.get("/en/staff").text, action="/enter")
    assert visitor.post("/en/staff/enter", data=fields | {"token": "guess"}).status_code == 403
    assert visitor.get("/en/staff/attempts.csv").status_code == 403
    assert visitor.post("/en/staff/mark", data={"form": fields["form"], "attempt": "x"}).status_code == 403
    assert visitor.get("/en/staff/attempts.csv", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_11_every_check_takes_at_least_the_same_time(visitor):
    texts = {"right": "48", "wrong": "77", "unreadable": "4q"}
    shortest = {}
    for name, text in texts.items():
        fields = form(visitor.get("/en/e/11.1").text, "2") | {"answer": text}
        started = time.perf_counter()
        visitor.post("/en/e/11.1/answer", data=fields)
        shortest[name] = time.perf_counter() - started
    from tirgul.web.app import PADDED

    assert all(taken >= PADDED for taken in shortest.values()), shortest


def test_12_one_part_cannot_be_guessed_for_ever(visitor, monkeypatch):
    monkeypatch.setattr("tirgul.service.MOST_ANSWERS", 4)
    assert [answer(visitor, "2", str(number)).status_code for number in range(60, 65)] == [200, 200, 200, 200, 429]


def test_12_a_near_miss_is_not_called_near(visitor):
    key: Any = SHELF.instance("resnet").key("alexnet.ratio")
    for by in (1.02, 9):
        assert "outcome wrong" in answer(visitor, "alexnet.ratio", f"{float(key) * by:.3f}", "resnet").text


def test_13_a_fault_of_ours_shows_nothing_of_us(tmp_path):
    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("secret detail")

    with site(tmp_path, desk=Broken()) as one:
        shown = client(one).get("/en/e/11.1")
        assert shown.status_code == 500 and "secret" not in shown.text and "Traceback" not in shown.text
        assert "content-security-policy" in shown.headers and "server" not in shown.headers
        assert "our side" in shown.text


CLIMBING = ["../", "%2e%2e%2f", "..%5c", "%00", "..%2f..%2fetc%2fpasswd", "ex11_1.py", "11.1%20", "__init__"]


@pytest.mark.parametrize("path", CLIMBING)
def test_14_names_in_addresses_are_looked_up_in_a_table(visitor, path):
    for at in (f"/static/{path}", f"/en/e/{path}", f"/en/e/11.1?v={path}", f"/en/staff/{path}.csv", f"/{path}/"):
        assert visitor.get(at).status_code in (403, 404, 303, 307) or at == "/en/e/../"


def test_15_tables_are_exact_or_safe_for_spreadsheets(page):
    visitor = client(page)
    for text in ("=1+1", "-5", "+1+1", "@SUM(A1)", 'a,b\n"c'):
        answer(visitor, "6", text)
    teacher = staff(page)
    import csv
    import io

    def texts(name):
        rows = list(csv.DictReader(io.StringIO(teacher.get(f"/en/staff/{name}.csv").text, newline="")))
        return [row["text"].replace("\r\n", "\n") for row in rows]

    assert texts("attempts") == ["=1+1", "-5", "+1+1", "@SUM(A1)", 'a,b\n"c']
    assert texts("attempts-spreadsheet") == ["'=1+1", "'-5", "'+1+1", "'@SUM(A1)", 'a,b\n"c']


def test_16_a_line_of_log_for_each_request(visitor, caplog):
    caplog.set_level(logging.INFO, "tirgul.web")
    visitor.get("/en/%0aevil%1b[2J%e2%80%ae")
    (record,) = [one for one in caplog.records if one.name == "tirgul.web"]
    assert record.getMessage().startswith(r"GET /en/\nevil\x1b[2J\u202e 404")


def test_17_no_statement_is_put_together_from_text():
    for file in [*(ROOT / "grader").rglob("*.py"), *(ROOT / "tirgul").rglob("*.py")]:
        assert not re.search(r"(execute|exec_driver_sql|text)\(\s*f[\"']", file.read_text(encoding="utf-8")), file


def test_18_nothing_can_be_uploaded(visitor):
    fields = form(visitor.get("/en/e/11.1").text, "2")
    sent = visitor.post("/en/e/11.1/answer", data=fields, files={"answer": ("x.html", b"<b>48</b>", "text/html")})
    assert sent.status_code == 415


# --- many, slow, and hanging


class Slow:
    """A desk at which some answers take for ever."""

    def __init__(self, shelf):
        self._desk = OwnDesk(shelf)
        own = self._desk
        self.sheet, self.hints, self.read, self.pictures = own.sheet, own.hints, own.read, own.pictures

    def check(self, questions):
        while any(one.text == "hang" for one in questions):
            time.sleep(0.01)
        return self._desk.check(questions)


def question(text, earlier="z"):
    """A question about part 2 of 11.1; another earlier answer makes it another question."""
    return Question(("11.1", ""), "2", text, (("1a", earlier),))


def slow():
    return Slow(SHELF)


@pytest.fixture(scope="module")
def pool():
    desk = PooledDesk(3, seconds=1.5, make=slow, warm=False)
    desk.check([question("48")])  # wait until it is there
    yield desk
    desk.close()


def test_19_a_hanging_answer_is_ended_and_delays_nobody(tmp_path, pool):
    with site(tmp_path, desk=pool) as one, ThreadPoolExecutor(9) as threads:
        visitors = [client(one) for _ in range(8)]
        hanging = threads.submit(answer, visitors[0], "2", "hang")
        time.sleep(0.2)
        others = list(threads.map(lambda visitor: answer(visitor, "2", "48").text, visitors[1:]))
        assert not hanging.done()
        assert all('data-verdict="right"' in said for said in others)
        assert 'data-verdict="review"' in hanging.result().text
        assert [attempt.judgement["reason"] for attempt in one.store.attempts(verdict="review")] == ["too_slow"]


def test_19_an_answer_that_hangs_among_others_is_the_only_one_that_is_ended(pool):
    async def asked():
        with closing(Gathered(pool.check, at_once=1, most=8)) as gathered:
            return await asyncio.gather(*(gathered.ask(question(text, "among")) for text in ("7", "48", "hang", "51")))

    said = [type(judgement.verdict).__name__ for judgement in asyncio.run(asked())]
    assert said == ["Wrong", "Right", "Review", "Slipped"]


def test_19_a_worker_that_is_killed_costs_its_answer_nothing(pool):
    import os
    import signal

    asked = threading.Thread(target=lambda: said.extend(pool.check([question("hang", "x")])))
    said: list[Judgement] = []
    asked.start()
    time.sleep(0.3)
    for worker in list(pool._pool._pool_manager.worker_manager.workers.values()):
        os.kill(worker.pid, signal.SIGKILL)
    asked.join(10)
    assert [type(one.verdict).__name__ for one in said] == ["Review"]
    assert isinstance(pool.check([question("48", "y")])[0].verdict, Right)


def test_19_a_full_queue_says_so(tmp_path):
    class Full:
        def __getattr__(self, name):
            def refuse(*_):
                raise Busy

            return refuse

    with site(tmp_path, desk=Full()) as one:
        shown = client(one).get("/en/e/11.1")
        assert (shown.status_code, int(shown.headers["retry-after"]) > 0) == (503, True)


def test_19_the_pool_is_bounded(pool):
    narrow = PooledDesk(1, waiting=0, make=slow, warm=False, seconds=1.5)
    try:
        narrow.check([question("48")])
        waiting = threading.Thread(target=narrow.check, args=[[question("hang")]])
        waiting.start()
        time.sleep(0.3)
        with pytest.raises(Busy):
            narrow.check([question("51")])
        waiting.join(10)
    finally:
        narrow.close()


def test_200_students_at_once(tmp_path, pool):
    with site(tmp_path, desk=pool) as one, ThreadPoolExecutor(24) as threads:
        texts = ["48", "51", "7", "4q8"]

        def student(number):
            return answer(client(one), "2", texts[number % 4]).text

        said = [re.findall('data-verdict="(\\w+)"', page)[0] for page in threads.map(student, range(200))]
        assert [said[at::4] for at in range(4)] == [[name] * 50 for name in ("right", "slipped", "wrong", "unreadable")]
        assert len(one.store.attempts()) == 200


def test_a_double_click_is_one_attempt(page, visitor):
    fields = form(visitor.get("/en/e/11.1").text, "2") | {"answer": "48"}
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda _: visitor.post("/en/e/11.1/answer", data=fields), range(8)))
    assert {one.status_code for one in sent} == {303} and len(page.store.attempts()) == 1


@pytest.mark.parametrize("to", ["answer", "hint"])
def test_what_is_sent_after_a_reply_that_was_lost_is_not_lost_too(page, visitor, to):
    """The form on the screen is still the old one; what it sends now is another attempt."""
    fields = form(visitor.get("/en/e/11.1").text, "2") | {"answer": "51"}
    visitor.post(f"/en/e/11.1/{to}", data=fields)
    said = visitor.post("/en/e/11.1/answer", data=fields | {"answer": "48"}, headers={"x-part": "1"})
    assert said.status_code == 200 and 'data-verdict="right"' in said.text
    assert [one.kind for one in page.store.attempts()] == [to, "answer"]


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        typed = ["serve", "--lang", "en", "--port", port, "--store", str(tmp_path / "attempts.db")]
        said = subprocess.run([sys.executable, "-m", "tirgul", *typed], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 2 and f"port {port}" in said.stderr and "--port" in said.stderr
    assert "Traceback" not in said.stderr and not said.stdout


def test_a_page_is_three_requests_and_light(visitor):
    shown = visitor.get("/he/e/11.1")
    loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', shown.text)
    assert len(loaded) == 2 and "http" not in shown.text.replace("http-equiv", "")
    weight = len(shown.content)
    for name in loaded:
        data = visitor.get(name, headers={"accept-encoding": "identity"})
        assert data.status_code == 200 and "immutable" in data.headers["cache-control"]
        weight += len(data.content)
    assert weight < 600_000
