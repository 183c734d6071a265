"""The staff's page, behind a token: what was answered, common slips, and answers that wait for a mark by hand.

A mark that a person gives stands from then on, whatever is said of the answer later.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from hmac import compare_digest
from typing import final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from exercises.exercise import Language
from grader.gradebooks.cells import harmless
from grader.gradebooks.marks_json import verdict_of
from grader.store import Attempt, Override
from grader.verdict import Explanation, Follows, Review, Slipped, Unreadable
from reports.feedback import cannot_read, together
from reports.html.blocks import line_html, typed_html
from reports.lines import Sayer, inert
from reports.markup import Html
from reports.words import words
from solver.frozen import frozen
from tirgul.web.app import Site, language_of, one
from tirgul.web.guard import STAFF, Refusal

MOST_ROWS = 200
MOST_READ = 20_000
MOST_SLIPS = 4
VERDICTS = ("right", "follows", "slipped", "wrong", "unreadable", "review")


@final
@frozen(slots=True)
class RowView:
    """One attempt as staff see it."""

    attempt: Attempt
    answer: Html
    said: Html
    max: Fraction
    override: Override | None


@final
@frozen(slots=True)
class PartRow:
    """One part: how many answers had which verdict, and the slips that were most common."""

    name: str
    counts: Counter[str]
    slips: list[tuple[Html, int]]


@final
@frozen
class Staff:
    """The staff's handlers."""

    site: Site

    def routes(self) -> list[Route]:
        """Their addresses."""
        return [
            Route("/{lang}/staff", self.page),
            Route("/{lang}/staff/enter", self.entered, methods=["POST"]),
            Route("/{lang}/staff/mark", self.marked, methods=["POST"]),
            Route("/{lang}/staff/{name}.csv", self.table),
        ]

    async def page(self, request: Request) -> Response:
        """The way in, and behind it everything."""
        site, language = self.site, language_of(request)
        session, new = site.session(request)
        entered = site.guard.is_staff(request)
        values = await site.off(self._values, language) if entered else {}
        title = words(language).say("staff.title")
        page = await site.off(
            site.page, "web/staff.html.jinja", request, session, title=title, entered=entered, **values
        )
        return site.answer(page, session, new, request)

    async def entered(self, request: Request) -> Response:
        """Staff show their token."""
        guard, language = self.site.guard, language_of(request)
        guard.logins.take(request.client.host if request.client else "")
        _, fields = await guard.form(request, "token")
        if not compare_digest(one(fields, "token").encode(), guard.token.encode()):
            raise Refusal(403, "no_token")
        response = RedirectResponse(f"/{language}/staff", 303)
        guard.set_cookie(response, STAFF, guard.staff_cookie, request)
        return response

    async def marked(self, request: Request) -> Response:
        """A person gives a mark."""
        guard, language = self.site.guard, language_of(request)
        if not guard.is_staff(request):
            raise Refusal(403, "no_token")
        _, fields = await guard.form(request, "attempt", "marks", "who", "why")
        attempt = one(fields, "attempt")
        who, why = one(fields, "who").strip()[:100], one(fields, "why")[:400]
        given = _marks(one(fields, "marks"))
        known = await self.site.off(self.site.store.attempts, id=attempt)
        if not known:
            raise Refusal(404, "missing")
        if given is None or not who or not 0 <= given <= self._max(known[0]):
            raise Refusal(422, "bad_marks")
        await self.site.off(self.site.store.override, attempt, given, who, why)
        return RedirectResponse(f"/{language}/staff", 303)

    async def table(self, request: Request) -> Response:
        """All attempts as a table: exact, or such that no spreadsheet takes a cell for a formula."""
        if not self.site.guard.is_staff(request):
            raise Refusal(403, "no_token")
        name = request.path_params["name"]
        if name not in ("attempts", "attempts-spreadsheet"):
            raise Refusal(404, "missing")
        attempts = await self.site.off(self.site.store.attempts)
        data = _table(attempts, for_spreadsheets=name != "attempts").encode("utf-8", "backslashreplace")
        kept = {"content-disposition": f'attachment; filename="{name}.csv"'}
        return Response(data, media_type="text/csv", headers=kept)

    # --- what is shown

    def _values(self, language: Language) -> dict[str, object]:
        """Everything on the page."""
        attempts = self.site.store.attempts(kind="answer", most=MOST_READ)
        doubtful = [one for one in attempts if one.verdict == "review"]
        overrides = self.site.store.overrides([one.id for one in doubtful[-MOST_ROWS:]])
        say = Sayer(words(language))
        waiting = [self._row(one, say, overrides) for one in _last_of_each(doubtful[-MOST_ROWS:])]
        return {
            "waiting": sorted(waiting, key=lambda row: row.override is not None),
            "parts": _parts(attempts, say),
            "last": [self._row(one, say, {}) for one in reversed(attempts[-50:])],
            "verdicts": VERDICTS,
        }

    def _row(self, attempt: Attempt, say: Sayer, overrides: dict[str, Override]) -> RowView:
        return RowView(
            attempt, typed_html(attempt.text), _why(attempt, say), self._max(attempt), overrides.get(attempt.id)
        )

    def _max(self, attempt: Attempt) -> Fraction:
        exercise = self.site.exercises.get(attempt.exercise)
        parts = exercise.parts if exercise else ()
        return next((Fraction(part.marks) for part in parts if part.id == attempt.part), Fraction(0))


def _marks(said: str) -> Fraction | None:
    try:
        return Fraction(said.strip().replace(",", ".")) if len(said) < 20 else None
    except (ValueError, ZeroDivisionError):
        return None


def _last_of_each(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The last answer of each session to each part."""
    return list({(one.session, one.exercise, one.variant, one.part): one for one in attempts}.values())


def _parts(attempts: Iterable[Attempt], say: Sayer) -> list[PartRow]:
    """Each part that anybody answered."""
    counts: dict[str, Counter[str]] = {}
    slips: dict[str, Counter[Explanation]] = {}
    for attempt in attempts:
        name = f"{attempt.exercise}/{attempt.part}"
        counts.setdefault(name, Counter())[attempt.verdict] += 1
        match verdict_of(attempt.judgement):
            case Slipped(said) | Follows(_, said) if said:
                slips.setdefault(name, Counter())[said[0]] += 1
    return [
        PartRow(
            name,
            counted,
            [(Html(together(say, slip)), times) for slip, times in slips.get(name, Counter()).most_common(MOST_SLIPS)],
        )
        for name, counted in sorted(counts.items())
    ]


def _why(attempt: Attempt, say: Sayer) -> Html:
    match verdict_of(attempt.judgement):
        case Review(reason):
            return line_html(say(f"review.{reason}"))
        case Unreadable() as unreadable:
            return line_html(inert(cannot_read(say, unreadable, attempt.text)))
        case _:
            return Html("")


COLUMNS = ("id", "made", "student", "exercise", "variant", "part", "kind", "text", "verdict")


def _table(attempts: Iterable[Attempt], *, for_spreadsheets: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for attempt in attempts:
        cells = [str(getattr(attempt, column)) for column in COLUMNS]
        writer.writerow(map(harmless, cells) if for_spreadsheets else cells)
    return out.getvalue()
