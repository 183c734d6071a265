"""The routes of the self-check page.

Nothing is graded, read from the store or kept in the event loop: a page is put together in one of a bounded number of
threads, over a desk whose processes are bounded too. An answer, of which many come at once, has no thread of its own:
with others that came meanwhile it goes to a process that judges them and to the store. What is more than all these can
do is told to come again (503).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any, ParamSpec, TypeVar, final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from exercises.codes import BadCode, code_of, fresh_code, has_variants, plain_code, plain_id
from exercises.exercise import LANGUAGES, STATEMENT, BadExercise, Exercise, Language, Part
from exercises.library import Library, available, part_named
from grader.store import Attempt, Store
from grader.verdict import Judgement
from reports.html.blocks import blocks_html
from reports.html.page import section
from reports.markup import Html
from reports.words import words
from tirgul.desk import Desk, Hints, Place, Question, Sheet
from tirgul.service import CODE_KINDS, Progress, Service, TooLong, TooOften, Who, question
from tirgul.web.gathering import Gathered
from tirgul.web.guard import MOST_ID, Guard, Refusal, Session, Shell
from tirgul.web.pool import Busy
from tirgul.web.recent import Recent, Work
from tirgul.web.static import FILES
from tirgul.web.views import PartView, anchor, parts_done, preview_html, question_html

PADDED = 0.025  # seconds that every check takes at least, so that its time tells nothing
THREADS = 32
MOST_TOGETHER = 64
MOST_QUESTIONS = 20_000
OWN_NUMBERS = "course"

P = ParamSpec("P")
T = TypeVar("T")
States = Mapping[str, Progress]
Handler = Callable[[Request], Awaitable[Response]]


@final
@dataclass
class Site:
    """The application's parts, and its handlers."""

    shelf: Library
    store: Store
    desk: Desk
    guard: Guard
    course: str = ""
    judges: int = 2
    exercises: Mapping[str, Exercise] = field(init=False)

    def __post_init__(self) -> None:
        self.exercises = {exercise.id: exercise for exercise in available(self.shelf.path)}
        self.service = Service(self.desk, self.store)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tirgul")
        self._rooms = BoundedSemaphore(8 * THREADS)
        self._judging = Gathered(self._judge, at_once=self.judges, most=MOST_TOGETHER)
        self._keeping = Gathered(self._keep, at_once=1, most=MOST_TOGETHER)
        self._recent = Recent()
        self._questions: dict[tuple[Place, str, Language], Html] = {}

    def _judge(self, questions: Sequence[Question]) -> Sequence[Judgement]:
        return self.desk.check(questions)

    def _keep(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        return self.store.add(*attempts)

    def close(self) -> None:
        """Ends the threads."""
        for gathered in (self._judging, self._keeping):
            gathered.close()
        self._threads.shutdown()

    def routes(self) -> list[Route]:
        """Every address there is, but the staff's."""
        return [
            Route("/", self.front),
            Route("/health", self.health),
            Route("/static/{name}", self.static),
            Route("/{lang}/", self.exercises_page),
            Route("/{lang}/who", self.introduced, methods=["POST"]),
            Route("/{lang}/e/{exercise}", self.exercise_page),
            Route("/{lang}/e/{exercise}/answer", self.answered, methods=["POST"]),
            Route("/{lang}/e/{exercise}/hint", self.hinted, methods=["POST"]),
            Route("/{lang}/e/{exercise}/preview", self.previewed, methods=["POST"]),
            Route("/{lang}/e/{exercise}/fresh", self.practised, methods=["POST"]),
        ]

    async def off(self, work: Callable[P, T], *args: P.args, **values: P.kwargs) -> T:
        """Work done in a thread; refuses where too much waits already."""
        with self._room():
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **values))

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Room for one request more; refuses where there is none."""
        if not self._rooms.acquire(blocking=False):
            raise Refusal(503, "busy", 2)
        try:
            yield
        except Busy:
            raise Refusal(503, "busy", 2) from None
        finally:
            self._rooms.release()

    # --- pages

    async def front(self, request: Request) -> Response:
        """To the pages in the browser's language."""
        wanted = request.headers.get("accept-language", "")
        at = {language: place for language in LANGUAGES if (place := wanted.find(language)) >= 0}
        return RedirectResponse(f"/{min(at, key=at.__getitem__, default='he')}/", 303)

    async def health(self, _: Request) -> Response:
        """That the server is there."""
        return Response("ok", media_type="text/plain")

    async def static(self, request: Request) -> Response:
        """A file of the page, out of a fixed table."""
        file = FILES.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.packed, media_type=file.type, headers={**headers, "content-encoding": "gzip"})
        return Response(file.data, media_type=file.type, headers=headers)

    async def exercises_page(self, request: Request) -> Response:
        """All exercises, and how far the visitor is with each."""
        language = language_of(request)
        session, new = self.session(request)
        who = self.guard.who(session)
        attempts = await self.off(self.store.attempts, session=who.session, verdict="right")
        done: dict[str, set[str]] = {}
        for attempt in attempts:
            done.setdefault(attempt.exercise, set()).add(attempt.part)
        page = await self.off(
            self.page,
            "web/list.html.jinja",
            request,
            session,
            title=words(language).say("web.title"),
            exercises=self.exercises.values(),
            done={name: len(parts) for name, parts in done.items()},
            student=session.student,
            most_id=MOST_ID,
        )
        return self.answer(page, session, new, request)

    async def exercise_page(self, request: Request) -> Response:
        """An exercise, with what was done so far."""
        language, exercise = language_of(request), self._exercise(request)
        session, new = self.session(request)
        place = self._place(exercise, request.query_params.get("v", ""), session)
        views = await self.off(self._views, exercise, place, session, language)
        page = await self.off(
            self.page,
            "web/exercise.html.jinja",
            request,
            session,
            title=exercise.title.said(language, views[0].sheet.numbers),
            exercise=exercise,
            numbers=views[0].sheet.numbers,
            variant=place[1],
            v=place[1] or OWN_NUMBERS,
            has_variants=has_variants(exercise),
            views=views,
            pictures=await self.off(self._pictures, place, views[0].sheet, language, STATEMENT),
            done=parts_done({view.part.id: view.progress for view in views}),
        )
        return self.answer(page, session, new, request)

    # --- posts

    async def introduced(self, request: Request) -> Response:
        """A student says who they are, and gets numbers of their own."""
        language = language_of(request)
        session, fields = await self.guard.form(request, "student")
        student = plain_id(one(fields, "student"))
        if len(student) > MOST_ID:
            raise Refusal(422, "too_long")
        response = RedirectResponse(f"/{language}/", 303)
        self.guard.remember(response, Session(session.id, student), request)
        return response

    async def practised(self, request: Request) -> Response:
        """An exercise with fresh numbers."""
        exercise = self._exercise(request)
        session, _ = await self.guard.form(request)
        self.guard.checks.take(session.id)
        code = fresh_code(exercise, f"{session.id} {time.time_ns()}")
        return RedirectResponse(f"/{language_of(request)}/e/{exercise.id}?v={code or OWN_NUMBERS}", 303)

    async def answered(self, request: Request) -> Response:
        """An answer is checked."""
        started = time.perf_counter()
        exercise = self._exercise(request)
        session, fields = await self.guard.form(request, "v", "part", "answer", "choice", "once")
        self.guard.checks.take(session.id)
        part, place = self._part(exercise, fields), self._place(exercise, one(fields, "v"), session)
        text = ", ".join(fields["choice"]) if part.options and "choice" in fields else typed(fields)
        once, who = self._once(fields), self.guard.who(session)
        try:
            work = await self._checked(who, place, part.id, text, once)
        except TooLong:
            raise Refusal(422, "too_long") from None
        except TooOften:
            raise Refusal(429, "guessed") from None
        response = await self._part_answer(request, exercise, place, part, session, work)
        await asyncio.sleep(max(0.0, PADDED - (time.perf_counter() - started)))
        return response

    async def _checked(self, who: Who, place: Place, part: str, text: str, once: str) -> Work:
        """Judges an answer and keeps it, with others that come at the same time."""
        before = self._recent.get(who, place)
        if before is None:
            before = await self.off(self._read, who, place)
        with self._room():
            asked = question(before.sheet, place, part, text, before.states)
            judgement = await self._judging.ask(asked, alone=before.sheet.kinds[part] in CODE_KINDS)
            kept = await self._keeping.ask(self.service.attempt(who, place, once, judgement))
        return self._recent.after(who, place, before, kept)

    def _read(self, who: Who, place: Place) -> Work:
        """Where a session's work on an exercise stands, as the store says."""
        return self._recent.read(who, place, lambda: Work(*self.service.start(who, place)))

    async def hinted(self, request: Request) -> Response:
        """A hint is asked for."""
        exercise = self._exercise(request)
        session, fields = await self.guard.form(request, "v", "part", "answer", "choice", "once")
        self.guard.checks.take(session.id)
        part, place = self._part(exercise, fields), self._place(exercise, one(fields, "v"), session)
        who = self.guard.who(session)
        await self.off(self.service.hint, who, place, part.id, self._once(fields))
        self._recent.forget(who, place)
        work = await self.off(self._read, who, place)
        return await self._part_answer(request, exercise, place, part, session, work)

    async def previewed(self, request: Request) -> Response:
        """How an answer is read, while it is typed."""
        language, exercise = language_of(request), self._exercise(request)
        session, fields = await self.guard.form(request, "v", "part", "answer", "choice", "once")
        self.guard.previews.take(session.id)
        part, place = self._part(exercise, fields), self._place(exercise, one(fields, "v"), session)
        text = typed(fields)[:1_000]

        def drawn() -> Html:
            kind = self.desk.sheet(place).kinds[part.id]
            return preview_html(part, kind, text, self.desk.read(place, part.id, text), language)

        return HTMLResponse(await self.off(drawn))

    # --- what they have in common

    def session(self, request: Request) -> tuple[Session, bool]:
        session = self.guard.session(request)
        return (session, False) if session else (self.guard.new_session(request), True)

    def _exercise(self, request: Request) -> Exercise:
        try:
            return self.exercises[request.path_params["exercise"]]
        except KeyError:
            raise HTTPException(404) from None

    def _part(self, exercise: Exercise, fields: Mapping[str, list[str]]) -> Part:
        try:
            return part_named(exercise, one(fields, "part"))
        except KeyError:
            raise HTTPException(404) from None

    def _place(self, exercise: Exercise, wanted: str, session: Session) -> Place:
        """The exercise with the numbers that are asked for, the student's own, or the course's."""
        if wanted == OWN_NUMBERS or not has_variants(exercise):
            return exercise.id, ""
        if wanted:
            try:
                return exercise.id, plain_code(wanted)
            except BadCode:
                raise HTTPException(404) from None
        return exercise.id, code_of(exercise, session.student, self.course) if session.student else ""

    def _once(self, fields: Mapping[str, list[str]]) -> str:
        once = one(fields, "once")
        if not 16 <= len(once) <= 64:
            raise Refusal(422, "no_form")
        return once

    def _views(self, exercise: Exercise, place: Place, session: Session, language: Language) -> list[PartView]:
        work = self._read(self.guard.who(session), place)
        return [self._view(exercise, part, place, language, work) for part in exercise.parts]

    def _view(self, exercise: Exercise, part: Part, place: Place, language: Language, work: Work) -> PartView:
        sheet, states = work
        question = self._questions.get((place, part.id, language)) or self._question(part, place, sheet, language)
        return PartView(exercise, part, sheet, language, states[part.id], question, self._hints(place, states, part.id))

    def _question(self, part: Part, place: Place, sheet: Sheet, language: Language) -> Html:
        """What is asked, with its figures; remembered, unless drawing them took too long."""
        pictures = self._pictures(place, sheet, language, part.id)
        made = question_html(part, sheet, language, pictures)
        if pictures or part.id not in sheet.pictured:
            if len(self._questions) >= MOST_QUESTIONS:
                self._questions.clear()
            self._questions[place, part.id, language] = made
        return made

    def _pictures(self, place: Place, sheet: Sheet, language: Language, part: str) -> Html:
        """What is shown with the statement or with a part."""
        return blocks_html(self.desk.pictures(place, language).get(part, ())) if part in sheet.pictured else Html("")

    def _hints(self, place: Place, states: Mapping[str, Progress], part: str) -> Hints:
        """The hints to a part; a worker is asked only where somebody asked for one."""
        return self.service.hints(place, states, part) if states[part].asked else Hints((), more=True)

    async def _part_answer(
        self, request: Request, exercise: Exercise, place: Place, part: Part, session: Session, work: Work
    ) -> Response:
        """The part as it stands now: itself for a script, data for a program, else the page that it is on."""
        language = language_of(request)
        wants_part = request.headers.get("x-part") == "1"
        wants_data = "application/json" in request.headers.get("accept", "")
        if not (wants_part or wants_data):
            at = f"/{language}/e/{exercise.id}?v={place[1] or OWN_NUMBERS}#{anchor(part)}"
            return RedirectResponse(at, 303)
        if work.states[part.id].asked or (place, part.id, language) not in self._questions:
            view = await self.off(self._view, exercise, part, place, language, work)
        else:  # nothing for which a worker has to be asked
            view = self._view(exercise, part, place, language, work)
        done = parts_done(work.states)
        if wants_data:
            return JSONResponse({"schema": "tirgul/selfcheck/1", **_data(view), "done": done})
        values = {"view": view, "v": place[1] or OWN_NUMBERS, "token": self.guard.form_token(session)}
        return HTMLResponse(section("web/part.html.jinja", language, **values), headers={"x-done": str(done)})

    def page(self, template: str, request: Request, session: Session, *, title: str, **values: Any) -> str:
        """A whole page in the request's language."""
        language = language_of(request)
        other = next(one for one in LANGUAGES if one != language)
        rest = request.url.path.removeprefix(f"/{language}") or "/"
        query = f"?{request.url.query}" if request.url.query else ""
        frame = {
            "title": title,
            "other": other,
            "other_address": f"/{other}{rest}{query}",
            "direction_here": words(language).direction,
            "token": self.guard.form_token(session),
            "style": FILES.named("style"),
            "script": FILES.named("page"),
        }
        return section(template, language, **frame, **values)

    def answer(self, page: str, session: Session, new: bool, request: Request) -> Response:
        response = HTMLResponse(page)
        if new:
            self.guard.remember(response, session, request)
        return response

    async def refused(self, request: Request, problem: Exception) -> Response:
        """A page that says why something cannot be done, and nothing about us."""
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        why = problem.detail if isinstance(problem, Refusal) else {404: "missing", 405: "missing"}.get(status, "failed")
        if isinstance(problem, BadExercise | BadCode):
            status, why = 404, "missing"
        language = language_of(request, lenient=True)
        values = {"why": why, "status": status, "style": FILES.named("style")}
        html = await asyncio.to_thread(
            section, "web/message.html.jinja", language, direction_here=words(language).direction, **values
        )
        headers = dict(problem.headers or {}) if isinstance(problem, HTTPException) else {}
        return HTMLResponse(html, status, headers)


def application(site: Site, more: list[Route] | None = None) -> Shell:
    """The application: its routes, and what stands around them."""
    handlers = {HTTPException: site.refused, BadExercise: site.refused, BadCode: site.refused, Exception: site.refused}
    app = Starlette(routes=[*(more or []), *site.routes()], exception_handlers=handlers)
    return Shell(app)


def language_of(request: Request, *, lenient: bool = False) -> Language:
    """The language that an address begins with."""
    said = request.path_params.get("lang") or request.url.path.strip("/").partition("/")[0]
    for language in LANGUAGES:
        if said == language:
            return language
    if lenient:
        return "he" if "he" in request.headers.get("accept-language", "he")[:5] else "en"
    raise HTTPException(404)


def one(fields: Mapping[str, list[str]], name: str) -> str:
    """The one value of a field; "" where there is none."""
    values = fields.get(name, [])
    if len(values) > 1:
        raise Refusal(422, "no_form")
    return values[0] if values else ""


def typed(fields: Mapping[str, list[str]]) -> str:
    """The answer as it was typed: browsers send each end of a line as two characters, and count it as one."""
    return one(fields, "answer").replace("\r\n", "\n")


def _data(view: PartView) -> dict[str, Any]:
    judgement = view.progress.judgement
    return {
        "part": view.part.id,
        "verdict": view.verdict,
        "read_as": judgement.read_as if judgement else "",
        "feedback": view.plain_feedback(),
        "hints": view.plain_hints(),
        "more_hints": view.hinted.more,
    }
