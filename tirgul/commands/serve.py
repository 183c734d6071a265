"""Serves the self-check page."""

from __future__ import annotations

import gc
import logging
import os
import secrets
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import click

from exercises.exercise import Language
from exercises.library import VARIABLE
from tirgul.language import language_option
from tirgul.options import Command, Refused, exercises_option, library, sentence
from tirgul.places import opened_store, store_option
from tirgul.variants import course_option

TOKEN = "TIRGUL_STAFF_TOKEN"


@click.command("serve", cls=Command)
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="cli.option.host")
@click.option("--port", default=8000, type=click.IntRange(0, 65535), help="cli.option.port")
@click.option("--workers", default=max(2, os.cpu_count() or 2), type=click.IntRange(1, 64), help="cli.option.workers")
@click.option("--sessions", default=5, type=click.IntRange(1), help="cli.option.sessions")
@click.option("--token", envvar=TOKEN, default="", metavar="TOKEN", help="cli.option.token")
@store_option
@course_option
@language_option
@exercises_option
def command(
    host: str,
    port: int,
    workers: int,
    sessions: int,
    token: str,
    store: str,
    course: str,
    lang: Language,
    folders: tuple[Path, ...],
) -> None:
    """Serves the page until it is interrupted; says where it is, and the staff's token."""
    import uvicorn  # only to serve

    from tirgul.web.app import Site, application
    from tirgul.web.guard import Guard
    from tirgul.web.pool import PooledDesk
    from tirgul.web.staff import Staff

    if folders:  # workers look where this process does
        os.environ[VARIABLE] = os.pathsep.join([os.environ.get(VARIABLE, ""), *(str(one.resolve()) for one in folders)])
    token = token or secrets.token_urlsafe(16)
    with closing(opened_store(store, lang)) as kept, closing(PooledDesk(workers)) as desk:
        guard = Guard(kept, token=token, sessions=sessions)
        with closing(Site(library(folders), kept, desk, guard, course, judges=workers)) as site:
            logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
            app = application(site, Staff(site).routes())
            config = uvicorn.Config(app, host, port, access_log=False, server_header=False, log_level="warning")
            server = announced(token, lang)(config)
            gc.freeze()  # what is there by now stays: looking through it again and again would make requests wait
            with suppress(SystemExit):  # how uvicorn ends where it cannot listen
                server.run()
            if not server.started:
                raise Refused(sentence("cli.cannot_serve", lang, host=host, port=port))


def announced(token: str, language: Language) -> Any:
    """The class of a server that says where it is when it is there."""
    import uvicorn  # only where a server starts

    class Announced(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            for one in self.servers if self.started else ():
                host, port = one.sockets[0].getsockname()[:2]
                click.echo(sentence("cli.serving", language, url=f"http://{host}:{port}/{language}/"))
                click.echo(sentence("cli.staff", language, url=f"http://{host}:{port}/{language}/staff", token=token))

    return Announced
