"""Judging by chunks: wherever it is done, and whatever happens to those who do it, the same is said of every answer."""

import os
import signal
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.library import Library, search_path
from grader import packing
from grader.batch import grade
from grader.chunks import Asked, Bench, judge_chunk
from grader.engines import SLOW, Chunked, Here, Killing, engine
from grader.gradebooks import marks_json
from grader.results import Answer
from grader.verdict import Judgement, Review, Right

PATH = search_path()
LIBRARY = Library(PATH)
KEYS = {"1a": "10x10x3", "1b": "5x5x3", "2": "48", "3": "348"}
HANGS, DIES, LEAVES, FAILS = "hangs", "dies", "leaves", "fails"


def judge_badly(data: bytes) -> bytes:
    """A judge with some answers that it does not survive."""
    if HANGS.encode() in data:
        time.sleep(60)
    if DIES.encode() in data:
        os.kill(os.getpid(), signal.SIGKILL)
    if LEAVES.encode() in data:
        os._exit(0)
    if FAILS.encode() in data:
        raise MemoryError
    return judge_chunk(data)


def asked(texts):
    return [Asked("11.1", "", "2", text) for text in texts]


def rows(students=12):
    texts = ("48", "51", "x", "10x10x3", "5175", "?", "47")
    return [
        Answer(f"{student:03d}", "11.1", part, texts[(student * 3 + index) % len(texts)], "a.csv", student * 4 + index)
        for student in range(students)
        for index, part in enumerate(KEYS)
    ]


SERIAL = marks_json.write(grade(rows(), LIBRARY))


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


def test_an_answer_to_another_question_is_not_taken():
    class Wrong(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future: Future[bytes] = Future()
            future.set_result(packing.packed((Judgement("2", "other", "", Right()),)).encode())
            return future

    (judgement,) = Chunked(Wrong(), PATH)(asked(["51"]))
    assert judgement == Judgement("2", "51", "", Review("internal"))


@pytest.mark.parametrize("name", ["serial", "local"])
def test_every_engine_says_the_same(name):
    with engine(name, PATH) as judges:
        assert marks_json.write(grade(rows(), LIBRARY, judges=judges)) == SERIAL


def test_threads_are_an_executor_too():
    with ThreadPoolExecutor(2) as pool:
        assert marks_json.write(grade(rows(), LIBRARY, judges=Chunked(pool, PATH, 2))) == SERIAL


@pytest.mark.parametrize("culprit", [HANGS, DIES, LEAVES, FAILS])
def test_only_the_culprit_waits_for_a_person(culprit):
    with Killing(2, seconds=2) as pool:
        list(Chunked(pool, PATH, 2)(asked(["48"])))  # awake
        begun = time.monotonic()
        for place in (0, 3, 5) if culprit == DIES else (2,):
            texts = ["48", "51", "47", "x", "49"]
            texts.insert(place, culprit)
            found = list(Chunked(pool, PATH, 1, judge=judge_badly)(asked(texts)))
            reason = SLOW if culprit in (HANGS, LEAVES) else "internal"  # who leaves is missed when time is up
            assert found[place] == Judgement("2", culprit, "", Review(reason))
            assert [one for one in found if one.answer != culprit] == Bench(LIBRARY)(
                asked(text for text in texts if text != culprit)
            )
        assert time.monotonic() - begun < 50  # the answer itself would have taken a minute


def test_what_is_kept_is_not_judged_again():
    class Shelf(dict[str, bytes]):
        get = dict.get
        put = dict.__setitem__

    shelf, texts = Shelf(), asked(["48", "51", "47"])
    first = list(Chunked(Here(), PATH, 1, shelf, "one")(texts))
    assert list(Chunked(Here(), PATH, 1, shelf, "one", judge=judge_badly)(texts)) == first

    def never(_: bytes) -> bytes:
        raise AssertionError

    assert list(Chunked(Here(), PATH, 1, shelf, "one", judge=never)(texts)) == first
    assert {one.verdict for one in Chunked(Here(), PATH, 1, shelf, "two", judge=never)(texts)} == {Review("internal")}


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

        assert marks_json.write(grade(rows(), LIBRARY, judges=interrupted)) == SERIAL
        assert killed
