"""Where work is kept on this machine, and `--store`, which says somewhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from exercises.exercise import Language
from tirgul.options import Refused, printable, sentence

if TYPE_CHECKING:
    from grader.store import Store

VARIABLE = "TIRGUL_STORE"
HOME = "TIRGUL_HOME"

Function = TypeVar("Function", bound=Callable[..., Any])


def default_store() -> str:
    """The file of attempts in TIRGUL_HOME, or where programs of this user keep their data."""
    shared = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return str(Path(os.environ.get(HOME) or Path(shared) / "tirgul") / "attempts.db")


def store_option(function: Function) -> Function:
    """`--store FILE`, or the URL of a PostgreSQL database."""
    return click.option("--store", envvar=VARIABLE, default=default_store, metavar="FILE", help="cli.option.store")(
        function
    )


def is_there(where: str) -> bool:
    """Whether a store may be opened without one being made."""
    return "://" in where or Path(where).is_file()


def opened_store(where: str, language: Language) -> Store:
    """The store there; refuses what cannot be opened, in the reader's language."""
    from sqlalchemy.exc import SQLAlchemyError  # 170 ms, for what keeps something

    from grader.store import NoDriver, WrongKey, opened

    said = printable(where)
    try:
        return opened(where)
    except WrongKey as wrong:
        raise Refused(sentence("cli.wrong_key", language, store=said, variable=str(wrong))) from None
    except NoDriver as missing:
        raise Refused(sentence("cli.no_driver", language, driver=str(missing))) from None
    except (SQLAlchemyError, OSError) as problem:
        reason = type(getattr(problem, "orig", None) or problem).__name__
        raise Refused(sentence("cli.cannot_open", language, store=said, reason=reason)) from None
