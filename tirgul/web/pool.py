"""The desk in worker processes: bounded, and ended by force where an answer takes too long.

Workers come from a fork server that has the keys worked out beforehand, so that one which had to be ended is replaced
at once. This process derives nothing and never holds a key.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import Any, final

from pebble import ProcessExpired, ProcessPool

from exercises.exercise import Language
from grader.batch import CRASHED
from grader.verdict import Judgement, Review, Unreadable
from tirgul.desk import Asked, Hints, OwnDesk, Pictures, Place, Question, Sheet
from tirgul.web import worker

WARMED = "tirgul.web.warmed"
SLOW = "too_slow"
MOST_KNOWN = 20_000
TOGETHER = 0.5  # seconds for answers that are judged together: hundreds of the usual ones
ATTEMPTS = 3


class Busy(Exception):
    """More is asked than can be answered soon."""


@final
class PooledDesk:
    """A desk in other processes."""

    def __init__(
        self,
        workers: int = max(2, (os.cpu_count() or 2)),
        *,
        waiting: int = 200,
        seconds: float = 4.0,
        make: Callable[[], OwnDesk] = worker.make,
        warm: bool = True,
    ) -> None:
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver" and warm:
            context.set_forkserver_preload([WARMED])
        self._make = partial(ProcessPool, workers, context=context, initializer=worker.begin, initargs=[make])
        self._pool = self._make()
        self._renewing, self._drawing = Lock(), Lock()
        self._places = BoundedSemaphore(workers + waiting)
        self._seconds = seconds
        self._sheets: dict[Place, Sheet] = {}
        self._pictures: dict[tuple[Place, Language], Pictures] = {}
        self._known: dict[Question, Judgement] = {}

    def close(self) -> None:
        """Ends every worker."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble's
        self._pool.join()

    def sheet(self, place: Place) -> Sheet:
        """The exercise's numbers, which are no secret and are kept here."""
        if place not in self._sheets:
            if len(self._sheets) > 5_000:
                self._sheets.clear()
            self._sheets[place] = self._ask("sheet", place)
        return self._sheets[place]

    def check(self, questions: Sequence[Question]) -> Sequence[Judgement]:
        """The judgement of each answer; one that takes too long or ends its process is left to a person.

        Answers that are judged together have little time together; raises TimeoutError or ProcessExpired where they
        should be asked one by one, so that the one that is to blame costs the others nothing.
        """
        found = {one: self._known[one] for one in questions if one in self._known}
        new = [one for one in dict.fromkeys(questions) if one not in found]
        found |= self._judged(new) if new else {}
        return [found[one] for one in questions]

    def _judged(self, questions: Sequence[Question]) -> Mapping[Question, Judgement]:
        alone = len(questions) == 1
        try:
            judgements = self._run(worker.check, questions, seconds=self._seconds if alone else TOGETHER)
        except (TimeoutError, ProcessExpired) as problem:
            if not alone:
                raise
            reason = SLOW if isinstance(problem, TimeoutError) else CRASHED
            return {questions[0]: Judgement(questions[0].part, questions[0].text, "", Review(reason))}
        found = dict(zip(questions, judgements, strict=True))
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known |= found
        return found

    def hints(self, place: Place, part: str, asked: Asked) -> Hints:
        """The hints to a part; none where finding them takes too long."""
        try:
            return self._ask("hints", place, part, asked)  # type: ignore[no-any-return]  # a worker's word
        except (TimeoutError, ProcessExpired):
            return Hints((), more=False)

    def read(self, place: Place, part: str, text: str) -> str | Unreadable:
        """How an answer is read."""
        try:
            return self._ask("read", place, part, text)  # type: ignore[no-any-return]  # a worker's word
        except (TimeoutError, ProcessExpired):
            return ""

    def pictures(self, place: Place, language: Language) -> Pictures:
        """What is shown beside the questions, which is no secret and is kept here; nothing where it takes too long."""
        with self._drawing:  # those who ask for the same wait for the one drawing
            if (place, language) not in self._pictures:
                if len(self._pictures) > 500:
                    self._pictures.clear()
                try:
                    self._pictures[place, language] = self._ask("pictures", place, language)
                except (TimeoutError, ProcessExpired):
                    return {}
            return self._pictures[place, language]

    def _renew(self, broken: ProcessPool) -> None:
        """Another pool in place of one that is broken, unless there is one already."""
        with self._renewing:
            if self._pool is broken and not broken.active:
                self._pool = self._make()

    def _ask(self, what: str, *arguments: Any) -> Any:
        """What a worker's desk says; raises as `_run` does."""
        return self._run(worker.ask, what, *arguments, seconds=self._seconds)

    def _run(self, work: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """What a worker answers; raises Busy where too many wait or none can, TimeoutError, ProcessExpired."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            for _ in range(ATTEMPTS):
                pool = self._pool
                try:
                    return pool.schedule(work, args=arguments, timeout=seconds).result()
                except RuntimeError:  # a worker that is killed from outside can take the pool with it
                    self._renew(pool)
            raise Busy
        finally:
            self._places.release()
