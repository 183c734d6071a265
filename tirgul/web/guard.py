"""Who may ask what, how often, and what every response says.

* headers: a policy that lets a page load nothing from elsewhere and run no script but ours
* sessions: a signed cookie with 128 random bits; nothing about a session is kept on the server
* forms: a token that belongs to the session, and no post from another site
* rates: so many checks a minute for a session, so many new sessions for an address
* bodies: refused when they are too long, before they are read
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict, deque
from hmac import compare_digest
from typing import Any, final
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.store import Store
from solver.frozen import frozen
from tirgul.options import printable
from tirgul.service import MOST_TEXT, Who

# fonts are in the style sheet, so that a page is three requests
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
COOKIE, STAFF = "tirgul", "tirgul-staff"
MOST_BODY = 12 * MOST_TEXT + 2_000
"""A form with the longest answer: a letter takes 6 bytes in Hebrew, and no character more than 12."""
MOST_FIELDS = 40
MOST_ID = 100
MINUTE = 60.0
LOG = logging.getLogger("tirgul.web")


@final
@frozen(slots=True)
class Session:
    """A visitor: 128 random bits, and the id that they gave, if they gave one."""

    id: str
    student: str = ""


class Refusal(HTTPException):
    """A request that is refused, with a key of the catalogs that says why."""

    def __init__(self, status: int, why: str, retry: float = 0.0) -> None:
        headers = {"retry-after": str(int(retry) + 1)} if retry else None
        super().__init__(status, why, headers)


# --- sessions and forms


@final
class Guard:
    """Sessions, tokens and rates."""

    def __init__(
        self, store: Store, *, token: str, checks: int = 30, previews: int = 240, sessions: int = 5, logins: int = 5
    ) -> None:
        self._store = store
        self.token = token
        self.checks = Rate(checks)
        self.previews = Rate(previews)
        self.sessions = Rate(sessions)
        self.logins = Rate(logins)

    def session(self, request: Request) -> Session | None:
        """The session of a request, if it has one that we signed."""
        said, _, signature = request.cookies.get(COOKIE, "").rpartition(".")
        if not said or not compare_digest(signature.encode(), self._store.signed("session", said).encode()):
            return None
        data = json.loads(urlsafe_b64decode(said))
        return Session(data["id"], data["student"])

    def new_session(self, request: Request) -> Session:
        """A session for a visitor; refuses where too many come from one address."""
        self.sessions.take(request.client.host if request.client else "")
        return Session(secrets.token_hex(16))

    def remember(self, response: Response, session: Session, request: Request) -> None:
        """Sets the cookie of a session."""
        said = urlsafe_b64encode(json.dumps({"id": session.id, "student": session.student}).encode()).decode()
        self.set_cookie(response, COOKIE, f"{said}.{self._store.signed('session', said)}", request)

    def set_cookie(self, response: Response, name: str, value: str, request: Request) -> None:
        """Sets a cookie that no script reads and no other site sends; over https only, where the page is."""
        secure = request.url.scheme == "https"
        response.set_cookie(name, value, max_age=180 * 24 * 3600, httponly=True, samesite="lax", secure=secure)

    def form_token(self, session: Session) -> str:
        """What a form of this session's pages carries."""
        return self._store.signed("form", session.id)[:32]

    def who(self, session: Session) -> Who:
        """A session's student, by pseudonym; without an id the session itself."""
        student = self._store.pseudonym(session.student) if session.student else session.id
        return Who(student, self._store.signed("seat", session.id)[:32])

    async def form(self, request: Request, *allowed: str) -> tuple[Session, dict[str, list[str]]]:
        """The session and the fields of a post; refuses what does not come from a page of ours."""
        fields = await fields_of(request)
        session = self.session(request)
        token = (fields.pop("form", None) or [request.headers.get("x-form", "")])[0]
        if session is None or not from_here(request):
            raise Refusal(403, "no_session")
        if not compare_digest(token.encode(), self.form_token(session).encode()):
            raise Refusal(403, "no_session")
        if not fields.keys() <= set(allowed):
            raise Refusal(422, "unknown_field")
        return session, fields

    # --- staff

    def is_staff(self, request: Request) -> bool:
        """Whether a request comes with the staff's token, in a cookie or a header."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        cookie = request.cookies.get(STAFF, "")
        by_cookie = compare_digest(cookie.encode(), self.staff_cookie.encode())
        return by_cookie or compare_digest(bearer.encode(), self.token.encode())

    @property
    def staff_cookie(self) -> str:
        """What the cookie of staff holds."""
        return self._store.signed("staff", self.token)


def from_here(request: Request) -> bool:
    """Whether a post comes from a page of this server, as far as the browser says.

    As our pages send no referrer, browsers call the origin of their forms null, and say in another header what it is.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin == "null":
        return site == "same-origin"
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def fields_of(request: Request) -> dict[str, list[str]]:
    """The fields of a form; refuses what is no form."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refusal(415, "no_form")
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refusal(422, "no_form") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


# --- rates


@final
class Rate:
    """So many times a minute for each key."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Counts once; refuses where that is once too often, saying how long to wait."""
        now = time.monotonic()
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while len(self._times) > 50_000:
            self._times.popitem(last=False)
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= self.most:
            raise Refusal(429, "too_often", times[0] + MINUTE - now)
        times.append(now)


# --- every response


@final
class Shell:
    """What stands around the whole application: headers, a limit on bodies, and one line of log a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = {name.lower() for name, _ in message["headers"]}
                extra = {**HEADERS, "cache-control": "no-store"}
                new = [(name.encode(), value.encode()) for name, value in extra.items() if name.encode() not in said]
                message["headers"] = [*message["headers"], *new]
            await send(message)

        try:
            if _too_long(scope):
                await Response("413", 413, media_type="text/plain")(scope, receive, answered)
            else:
                await self._app(scope, _measured(receive), answered)
        finally:
            line = f"{scope['method']} {scope['path']} {status} {(time.perf_counter() - started) * 1000:.0f} ms"
            LOG.info("%s", printable(line))


def _too_long(scope: Scope) -> bool:
    """Whether a request says that its body is longer than we read."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return any(not value.isdigit() or int(value) > MOST_BODY for value in lengths)


def _measured(receive: Receive) -> Receive:
    """Receives a body, and no more of it than we read."""
    read = 0

    async def measured() -> Message:
        nonlocal read
        message: dict[str, Any] = dict(await receive())
        read += len(message.get("body", b""))
        if read > MOST_BODY:
            raise Refusal(413, "too_long")
        return message

    return measured
