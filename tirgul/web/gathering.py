"""Questions that come while others are being answered are answered together.

    judging = Gathered(desk.check, at_once=2, most=32)
    judgement = await judging.ask(question)

A hand-over to another process and a transaction cost nearly the same for twenty questions as for one. Who comes alone
is answered at once; the more come, the more go together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Generic, NamedTuple, TypeVar, final

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Waiting(NamedTuple, Generic[Question, Answer]):
    question: Question
    answered: Future[Answer]
    alone: bool


@final
class Gathered(Generic[Question, Answer]):
    """Threads that answer what waits, at most so much at once; questions that fail together are asked one by one."""

    def __init__(self, answer: Callable[[Sequence[Question]], Sequence[Answer]], *, at_once: int, most: int) -> None:
        self._answer, self._most = answer, most
        self._waiting: SimpleQueue[_Waiting[Question, Answer] | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, name="tirgul-gathered", daemon=True) for _ in range(at_once)]
        for thread in self._threads:
            thread.start()

    async def ask(self, question: Question, *, alone: bool = False) -> Answer:
        """The answer; raises what answering this question alone raised. `alone` where answering may take long.

        What was asked is answered, whether somebody still waits for it or not.
        """
        answered: Future[Answer] = Future()
        answered.set_running_or_notify_cancel()
        self._waiting.put(_Waiting(question, answered, alone))
        return await asyncio.wrap_future(answered)

    def close(self) -> None:
        """Ends the threads when they are done with what they have."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        following = None
        while (first := following or self._waiting.get()) is not None:
            together, following = self._together(first)
            self._tell(together)

    def _together(
        self, first: _Waiting[Question, Answer]
    ) -> tuple[list[_Waiting[Question, Answer]], _Waiting[Question, Answer] | None]:
        """One that waited, with what waits behind it; and what comes after them, so that nothing overtakes it."""
        together = [first]
        while not first.alone and len(together) < self._most:
            try:
                following = self._waiting.get_nowait()
            except Empty:
                break
            if following is None:
                self._waiting.put(None)
                break
            if following.alone:
                return together, following
            together.append(following)
        return together, None

    def _tell(self, together: Sequence[_Waiting[Question, Answer]]) -> None:
        try:
            answers = self._answer([one.question for one in together])
            answered = list(zip(together, answers, strict=True))
        except Exception as problem:
            if len(together) == 1:
                together[0].answered.set_exception(problem)
            else:
                for one in together:
                    self._waiting.put(one._replace(alone=True))
        else:
            for one, answer in answered:
                one.answered.set_result(answer)
