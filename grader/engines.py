"""Where answers are judged: in processes of this machine, or of a cluster.

    with engine("local", path) as judges: grade(answers, library, judges=judges)

    local                processes that are ended by force where an answer takes too long
    serial               this process; nothing ends an answer that takes too long
    dask://HOST:PORT     the workers of a Dask cluster that have tirgul and the same folders of exercises

Any other executor of `concurrent.futures` will do that outlives its workers, as those of MPI and Ray in this folder's
README: `Chunked(executor, path)`. What cannot be judged as part of a chunk is judged by itself, and what cannot be
judged by itself is left to a person.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple, Protocol, final

from exercises.library import SearchPath
from grader.batch import Judges
from grader.chunks import CRASHED, Asked, Said, judge_chunk, question
from grader.verdict import Judgement, Review

SLOW = "too_slow"
CHUNK = 200  # answers
AT_ONCE = 4  # chunks for each worker, so that the last ones end together
SECONDS = 10.0  # for a chunk, and then for each of its answers by itself
MOST_WAITING = 32  # chunks that are judged and not kept yet
RETRIES = 3  # of a chunk whose machine is lost
CONNECT_SECONDS = 10


class NoEngine(Exception):
    """There is no such engine, or it is not installed or does not answer; `reason` is a key of the catalogs."""

    def __init__(self, reason: str, name: str) -> None:
        super().__init__(reason, name)
        self.reason, self.name = reason, name


class Shelf(Protocol):
    """Keeps what was said of a chunk, so that it need not be judged again."""

    def get(self, names: Collection[str]) -> Mapping[str, bytes]:
        """What was said of the chunks of these names, of those that are kept."""

    def put(self, chunks: Sequence[tuple[str, bytes]]) -> None:
        """Keeps what was said of chunks of these names, for good, before this returns."""


@contextmanager
def engine(name: str, path: SearchPath, shelf: Shelf | None = None, stamp: str = "") -> Iterator[Judges]:
    """Judges that work there; raises NoEngine. `stamp` tells what is kept by one version from that by another."""
    if name == "serial":
        yield Chunked(Here(), path, 1, shelf, stamp)
    elif name == "local":
        with Killing() as pool:
            yield Chunked(pool, path, pool.workers, shelf, stamp)
    elif name.startswith("dask://"):
        with _dask(name) as (executor, workers):
            yield Chunked(executor, path, workers, shelf, stamp)
    else:
        raise NoEngine("unknown", name)


# --- chunks


@final
class _Chunk(NamedTuple):
    asked: Sequence[Asked]
    data: bytes  # as it is sent
    name: str  # by which it is kept


@final
class Chunked:
    """Judges by chunks, in the order in which they were asked."""

    def __init__(
        self,
        executor: Executor,
        path: SearchPath,
        workers: int = 1,
        shelf: Shelf | None = None,
        stamp: str = "",
        judge: Callable[[bytes], bytes] = judge_chunk,
    ) -> None:
        self._executor, self._path, self._workers = executor, path, workers
        self._shelf, self._stamp, self._judge = shelf, stamp, judge

    def __call__(self, asked: Sequence[Asked]) -> Iterator[Judgement]:
        """The judgements; as many chunks are under way as keep the workers busy, and none waits until it is kept."""
        size = min(CHUNK, max(1, len(asked) // (AT_ONCE * self._workers)))
        chunks = [self._chunk(some) for some in _cut(asked, size)]
        kept = self._shelf.get([chunk.name for chunk in chunks]) if self._shelf is not None else {}
        begun: list[Callable[[], list[Judgement]]] = []
        said = Said()
        with _Keeping(self._shelf) as keeping:
            for index in range(len(chunks)):
                while len(begun) < len(chunks) and len(begun) < index + AT_ONCE * self._workers:
                    chunk = chunks[len(begun)]
                    begun.append(self._begun(chunk, kept.get(chunk.name), said, keeping))
                yield from begun[index]()
                begun[index] = list

    def _chunk(self, asked: Sequence[Asked]) -> _Chunk:
        data = question(self._path, asked)
        return _Chunk(asked, data, sha256(self._stamp.encode() + data).hexdigest())

    def _begun(self, chunk: _Chunk, kept: bytes | None, said: Said, keeping: _Keeping) -> Callable[[], list[Judgement]]:
        """Sends a chunk off, where nothing is kept of it, and gives what waits for its judgements."""
        if kept is not None:
            return lambda: said.of(kept, chunk.asked)
        future = self._executor.submit(self._judge, chunk.data)

        def finished() -> list[Judgement]:
            try:
                lines = future.result()
                judged = said.of(lines, chunk.asked)
            except Exception:  # its process may end in any way
                return self._singly(chunk.asked, said)
            if not any(judgement.verdict == Review(CRASHED) for judgement in judged):
                keeping.put(chunk.name, lines)
            return judged

        return finished

    def _singly(self, chunk: Sequence[Asked], said: Said) -> list[Judgement]:
        """The answers of a chunk that failed, one by one: only the culprit waits for a person."""
        futures = [self._executor.submit(self._judge, question(self._path, [one])) for one in chunk]
        return [_single(one, said, future) for one, future in zip(chunk, futures, strict=True)]


@final
class _Keeping:
    """A shelf onto which chunks are put by a thread, those together that wait; everything is there when it is left."""

    def __init__(self, shelf: Shelf | None) -> None:
        self._shelf = shelf
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._under_way: deque[Future[None]] = deque()

    def put(self, name: str, said: bytes) -> None:
        """Has a chunk kept; raises what went wrong with an earlier one."""
        if self._shelf is not None:
            self._waiting.append((name, said))
            self._under_way.append(self._thread.submit(self._keep, self._shelf))
            while len(self._under_way) > MOST_WAITING:
                self._under_way.popleft().result()

    def _keep(self, shelf: Shelf) -> None:
        together = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if together:
            shelf.put(together)

    def __enter__(self) -> _Keeping:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._thread.shutdown()
        if kind is None:
            for one in self._under_way:
                one.result()


def _single(asked: Asked, said: Said, future: Future[bytes]) -> Judgement:
    try:
        return said.of(future.result(), [asked])[0]
    except TimeoutError:
        return Judgement(asked.part, asked.text, "", Review(SLOW))
    except Exception:  # its process may end in any way
        return Judgement(asked.part, asked.text, "", Review(CRASHED))


def _cut(asked: Sequence[Asked], size: int) -> Iterator[list[Asked]]:
    """Chunks of about this size; answers to one variant of an exercise stay together, so that it is drawn once."""
    chunk: list[Asked] = []
    for (_, variant), group in groupby(asked, key=lambda one: one[:2]):
        for one in group:
            if len(chunk) >= size and not variant:
                yield chunk
                chunk = []
            chunk.append(one)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


# --- executors


@final
class Here(Executor):
    """This process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Does it at once."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:  # whoever asks for the result is told
            future.set_exception(problem)
        return future


@final
class Killing(Executor):
    """Processes of this machine, each ended by force when its task takes too long, and replaced."""

    def __init__(self, workers: int = 0, seconds: float = SECONDS) -> None:
        self.workers, self.seconds = workers or os.cpu_count() or 1, seconds
        self._pool: Any = None

    def _begun(self) -> Any:
        from pebble import ProcessPool  # only where something has to be judged

        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(["grader.chunks", "sympy"])
        return ProcessPool(self.workers, context=context)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Sends a task to a process; where none can go on, new ones are begun."""
        if self._pool is None or not self._pool.active:
            self.shutdown()
            self._pool = self._begun()
        future: Future[Any] = self._pool.schedule(fn, args=args, kwargs=kwargs, timeout=self.seconds)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends every process."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    """The workers of a Dask cluster."""
    try:
        from distributed import Client  # an extra
    except ImportError:
        raise NoEngine("not_installed", "distributed") from None
    try:
        client: Any = Client("tcp://" + address.removeprefix("dask://"), timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]  # distributed
    except (OSError, ValueError):
        raise NoEngine("no_answer", address) from None
    with client:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        yield client.get_executor(retries=RETRIES, pure=False), max(1, workers)
