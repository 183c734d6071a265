"""Judging by chunks: wherever it is done, and whatever happens to those who do it, the same is said of every answer."""

import os
import signal
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.codes import fresh_code
from exercises.library import Library, search_path
from grader import packing
from grader.batch import grade
from grader.chunks import Asked, Bench, Said, judge_chunk, question
from grader.engines import AT_ONCE, SLOW, Chunked, Here, Killing, engine
from grader.gradebooks import marks_json
from grader.results import Answer
from grader.verdict import Judgement, Review, Right
from tests.bad_judge import DIES, FAILS, HANGS, LEAVES, judge_badly
from tests.sources import ROOT

PATH = search_path()
LIBRARY = Library(PATH)
KEYS = {"1a": "10x10x3", "1b": "5x5x3", "2": "48", "3": "348"}


def asked(texts):
    return [Asked("11.1", "", "2", text) for text in texts]


def rows(students=12):
    texts = ("48", "51", "x", "10x10x3", "5175", "?", "47")
    return [
        Answer(f"{student:03d}", "11.1", part, texts[(student * 3 + index) % len(texts)], "a.csv", student * 4 + index)
        for student in range(students)
        for index, part in enumerate(KEYS)
    ]


@cache
def serial():
    """What this process says of them."""
    return marks_json.write(grade(rows(), LIBRARY))


@settings(deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text() | st.fractions(), lambda inner: st.tuples(inner, inner)))
def test_what_is_packed_is_unpacked(value):
    assert packing.unpacked(packing.packed(value)) == value


def test_everything_that_grading_gives_is_packed():
    result = grade([*rows(), Answer("x", "11.3", "1.3", "Var(x1) = n*Var(w1)*Var(x1) = 7", "b", 1)], LIBRARY)
    for student in result.students:
        assert packing.unpacked(packing.packed(student)) == student


@pytest.mark.parametrize(
    "text", ["", "[", "[]", '["Slip"]', '["os.system","ls"]', '["/",1,0]', '["Slip",[[]]]', "[" * 10**5]
)
def test_what_was_never_packed_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        packing.unpacked(text)


OTHER, RIGHT = Judgement("2", "other", "", Right()), Judgement("2", "51", "", Right())


@pytest.mark.parametrize(
    "said",
    [
        ((0,), OTHER),  # to another question
        ((1,), RIGHT), (("0",), RIGHT), ((0, 0), RIGHT), ((), RIGHT), ((0,), ("51",)), (RIGHT,), (7,), ((0,),), (),
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_question_is_not_taken(said):
    class Wrong(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future: Future[bytes] = Future()
            future.set_result("\n".join(map(packing.packed, said)).encode())
            return future

    (judgement,) = Chunked(Wrong(), PATH)(asked(["51"]))
    assert judgement == Judgement("2", "51", "", Review("internal"))


def test_judgements_that_variants_share_are_sent_once():
    exercise = LIBRARY.exercise("conv1d")
    codes = [fresh_code(exercise, str(seed)) for seed in range(3)]
    questions = [Asked("conv1d", code, part, "17") for code in codes for part in ("weights", "values")]
    said = judge_chunk(question(PATH, questions))
    assert Said().of(said, questions) == Bench(LIBRARY)(questions)
    assert len(said.splitlines()) == 1 + 4  # the number of weights is no variant's own
    here = Said()
    assert here.of(said, questions)[0] is here.of(said, questions)[0]


def test_processes_of_this_machine_say_the_same():
    with engine("local", PATH) as judges:
        assert marks_json.write(grade(rows(), LIBRARY, judges=judges)) == serial()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_order_of_what_is_said_is_that_of_what_was_asked(workers):
    class Last(Executor):
        """Does what was asked last first."""

        def __init__(self):
            self.waiting: list[tuple[Future[bytes], bytes]] = []

        def submit(self, fn, /, *args, **kwargs):
            future: Future[bytes] = Future()
            self.waiting.append((future, *args))
            if len(self.waiting) == workers:
                while self.waiting:
                    later, data = self.waiting.pop()
                    later.set_result(fn(data))
            return future

    texts = asked(str(number) for number in range(AT_ONCE * workers * 6))
    assert list(Chunked(Last(), PATH, workers)(texts)) == Bench(LIBRARY)(texts)


def test_threads_are_an_executor_too():
    with ThreadPoolExecutor(2) as pool:
        assert marks_json.write(grade(rows(), LIBRARY, judges=Chunked(pool, PATH, 2))) == serial()


@pytest.fixture(scope="module")
def pool():
    """Two processes; an answer may take no longer than a few seconds, in which a new process has to wake up too."""
    with Killing(2, seconds=4) as awake:
        yield awake


OTHERS = ["48", "51", "x"]
PLACES = range(len(OTHERS) + 1)


class Fails(Executor):
    """Does what it is asked unless a culprit is in it; then it fails as processes do."""

    def __init__(self, problem):
        self.problem = problem

    def submit(self, fn, /, *args, **kwargs):
        future: Future[bytes] = Future()
        if HANGS.encode() in args[0]:
            future.set_exception(self.problem)
        else:
            future.set_result(fn(*args))
        return future


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("problem", [TimeoutError(), MemoryError(), BrokenProcessPool(), OSError(), RecursionError()])
def test_only_the_culprit_waits_for_a_person_wherever_it_stands(problem, at):
    found = list(Chunked(Fails(problem), PATH)(asked([*OTHERS[:at], HANGS, *OTHERS[at:]])))
    reason = SLOW if isinstance(problem, TimeoutError) else "internal"
    assert found.pop(at) == Judgement("2", HANGS, "", Review(reason))
    assert found == Bench(LIBRARY)(asked(OTHERS))


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("culprit", [DIES, FAILS])
def test_a_process_that_ends_costs_the_culprit_alone(pool, culprit, at):
    found = list(Chunked(pool, PATH, judge=judge_badly)(asked([*OTHERS[:at], culprit, *OTHERS[at:]])))
    assert found.pop(at) == Judgement("2", culprit, "", Review("internal"))
    assert found == Bench(LIBRARY)(asked(OTHERS))


def test_several_culprits_in_one_chunk(pool):
    begun = time.monotonic()
    found = list(Chunked(pool, PATH, judge=judge_badly)(asked(["48", HANGS, DIES, FAILS, LEAVES, "51"])))
    reasons = [getattr(one.verdict, "reason", "") for one in found]
    assert reasons == ["", SLOW, "internal", "internal", SLOW, ""]  # who leaves is missed when time is up
    assert time.monotonic() - begun < 50  # the answer itself would have taken a minute


def test_processes_that_cannot_go_on_are_replaced():
    with Killing(1) as pool:
        list(Chunked(pool, PATH)(asked(["48"])))
        pool._pool.stop()
        assert list(Chunked(pool, PATH)(asked(["51"]))) == Bench(LIBRARY)(asked(["51"]))


class Kept:
    """What is kept of chunks."""

    def __init__(self):
        self.said: dict[str, bytes] = {}

    def put(self, chunks):
        self.said |= dict(chunks)

    def get(self, names):
        return {name: self.said[name] for name in names if name in self.said}


def test_what_is_kept_is_not_judged_again():
    shelf, texts = Kept(), asked(["48", "51", "47"])
    first = list(Chunked(Here(), PATH, 1, shelf, "one")(texts))
    assert list(Chunked(Here(), PATH, 1, shelf, "one", judge=judge_badly)(texts)) == first

    def never(_: bytes) -> bytes:
        raise AssertionError

    assert list(Chunked(Here(), PATH, 1, shelf, "one", judge=never)(texts)) == first
    assert {one.verdict for one in Chunked(Here(), PATH, 1, shelf, "two", judge=never)(texts)} == {Review("internal")}


def test_all_chunks_are_kept_when_the_last_judgement_is_given_and_a_full_disk_is_told():
    class Slow(Kept):
        def put(self, chunks):
            time.sleep(0.01)
            super().put(chunks)

    class Full(Slow):
        def put(self, chunks):
            if self.said:
                raise OSError("no space left")
            super().put(chunks)

    texts = asked([str(number) for number in range(1000)])
    shelf, full = Slow(), Full()
    judged = list(Chunked(Here(), PATH, 1, shelf)(texts))
    assert len(judged) == 1000 and len(shelf.said) >= 5
    assert sum(len(packing.unpacked(said.partition(b"\n")[0])) for said in shelf.said.values()) == 1000
    with pytest.raises(OSError, match="no space left"):
        list(Chunked(Here(), PATH, 1, full)(texts))
    assert 0 < len(full.said) < len(shelf.said)


def test_equal_questions_are_asked_once():
    seen = []

    def judges(questions):
        seen.extend(questions)
        return Bench(LIBRARY)(questions)

    grade([Answer(f"{student}", "11.1", "2", "48") for student in range(50)], LIBRARY, judges=judges)
    assert seen == [Asked("11.1", "", "2", "48")]


def test_two_workers_of_a_cluster_one_of_them_killed():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
        ) as cluster,
        engine(cluster.scheduler_address.replace("tcp", "dask"), PATH) as judges,
    ):
        pids = [worker.pid for worker in cluster.workers.values()]
        killed: list[int] = []

        def interrupted(questions):
            for index, judgement in enumerate(judges(questions)):
                if index == 1 and not killed:
                    killed.append(pids[0])
                    os.kill(pids[0], signal.SIGKILL)
                yield judgement

        assert marks_json.write(grade(rows(), LIBRARY, judges=interrupted)) == serial()
        assert killed


def test_ray_is_an_executor_with_three_lines_more(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    ray = pytest.importorskip("ray", reason="Ray is not installed")

    class OnRay(Executor):
        def submit(self, fn, /, *args, **kwargs):
            return ray.remote(fn).remote(*args).future()

    seen = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": {"PYTHONPATH": seen}})
    try:
        assert marks_json.write(grade(rows(), LIBRARY, judges=Chunked(OnRay(), PATH, 2))) == serial()
    finally:
        ray.shutdown()


def test_mpi_is_an_executor():
    futures = pytest.importorskip("mpi4py.futures", reason="mpi4py is not installed")
    with futures.MPIPoolExecutor(1) as pool:
        assert marks_json.write(grade(rows(), LIBRARY, judges=Chunked(pool, PATH))) == serial()
