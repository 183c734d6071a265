"""The store: what is acknowledged is kept, once, unchanged, under a pseudonym, in SQLite and in PostgreSQL."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from grader import store as stores
from grader.gradebooks.marks_json import judged, verdict_of
from grader.schema import METADATA
from grader.store import HEAD, Attempt, Store, WrongKey, answered
from grader.verdict import Follows, Judgement, Review, Right, Slip, Slipped, Unreadable, Wrong
from tests.sources import ROOT

SLIP = ((Slip("convolution.weights", "biases_counted"),),)
VERDICTS = [
    Right(),
    Right("note"),
    Follows(("2",)),
    Follows(("2", "3"), SLIP),
    Slipped(SLIP),
    Wrong(),
    Wrong("note"),
    Unreadable("syntax", 3, "q"),
    Review("undecided"),
]


OPEN: list[Store] = []


def opened(*where) -> Store:
    """A store that is closed when the test is over."""
    OPEN.append(stores.opened(*where))
    return OPEN[-1]


@pytest.fixture(autouse=True)
def closed():
    yield
    while OPEN:
        OPEN.pop().close()


def attempt(number=0, text="48", verdict=None, student="s", session="t"):
    return answered(f"{number:032x}", student, session, "11.1", "", Judgement("2", text, "48", verdict or Right()))


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    if request.param == "sqlite":
        kept = opened(tmp_path / "a.db")
    else:
        kept = opened(request.getfixturevalue("postgres"), b"key")
    yield kept
    kept._engine.dispose()


@pytest.mark.parametrize("verdict", VERDICTS, ids=str)
def test_a_verdict_comes_back_as_it_was(verdict):
    assert verdict_of(judged(Judgement("2", "48", "48", verdict))) == verdict


def test_what_is_kept_comes_back_in_order(store):
    kept = [attempt(number, f"{number} \u05d0 \U0001f600") for number in (3, 1, 2)]
    assert store.add(*kept) == kept
    assert store.attempts(session="t") == kept
    assert store.attempts(session="t", most=2) == kept[1:]
    assert store.attempts(session="another") == []


def test_the_same_attempt_twice_is_one_and_the_first_stands(store):
    (first,) = store.add(attempt(1, "48"))
    assert store.add(attempt(1, "49", Wrong())) == [first]
    assert store.attempts() == [first]


def test_new_and_old_attempts_together(store):
    (first,) = store.add(attempt(1, "48"))
    new = [attempt(number, "50") for number in (2, 3)]
    assert store.add(new[0], attempt(1, "49"), new[1], attempt(3, "51")) == [new[0], first, new[1], new[1]]
    assert store.attempts() == [first, *new]


def test_many_at_once(store):
    with ThreadPoolExecutor(16) as threads:
        given = list(threads.map(store.add, [attempt(number % 60) for number in range(120)]))
    assert len(given) == 120 and len(store.attempts()) == 60


def test_a_mark_by_hand_stands_and_the_last_one_counts(store):
    store.add(attempt(1, "because", Review("count_given")))
    store.override(f"{1:032x}", Fraction(1, 2), "dana", "half")
    store.override(f"{1:032x}", Fraction(2, 3), "dana", "more")
    assert store.overrides()[f"{1:032x}"].marks == Fraction(2, 3)
    assert store.overrides([]) == {}
    with pytest.raises(KeyError):
        store.override("missing", Fraction(1), "dana", "")


def test_a_student_is_forgotten_and_nobody_else(store):
    mine, other = store.pseudonym("012345678"), store.pseudonym("876543210")
    store.add(attempt(1, student=mine))
    store.add(attempt(2, student=other))
    store.override(f"{1:032x}", Fraction(1), "dana", "")
    assert store.forget(" 012345678\u200f") == 1
    assert [one.student for one in store.attempts()] == [other] and store.overrides() == {}


def test_texts_that_a_database_cannot_hold(store):
    for number, text in enumerate(("\0", "\ud800", "'; DROP TABLE attempts; --", "\u202e", "x" * 5000)):
        store.add(attempt(number, text))
    assert len(store.attempts()) == 5


def test_counts(store):
    store.add(attempt(1, student="a"))
    store.add(attempt(2, student="a"))
    store.add(attempt(3, "51", Slipped(SLIP), student="b"))
    store.add(Attempt(f"{4:032x}", "a", "t", "11.1", "", "2", "hint"))
    assert store.counts() == {("11.1", "2", "right"): (2, 1), ("11.1", "2", "slipped"): (1, 1)}


def test_the_migrations_make_the_schema_that_the_code_has(store):
    found = inspect(store._engine)
    for table in METADATA.sorted_tables:
        columns = {column["name"]: str(column["type"]) for column in found.get_columns(table.name)}
        assert columns == {column.name: str(column.type) for column in table.columns}
        indexes = {index["name"] for index in found.get_indexes(table.name) if not index.get("duplicates_constraint")}
        assert indexes == {index.name for index in table.indexes}


# --- SQLite


def test_ids_are_in_no_file(tmp_path):
    store = opened(tmp_path / "a.db")
    store.add(attempt(1, student=store.pseudonym("012345678")))
    store.close()
    assert all(b"012345678" not in path.read_bytes() for path in tmp_path.iterdir())
    assert (tmp_path / "a.db.key").stat().st_mode & 0o777 == 0o600


def test_what_was_forgotten_is_in_no_file(tmp_path):
    store = opened(tmp_path / "a.db")
    store.add(attempt(1, "a most peculiar answer", student=store.pseudonym("012345678")))
    store.forget("012345678")
    assert all(b"peculiar" not in path.read_bytes() for path in tmp_path.iterdir())
    store.close()


def test_pseudonyms_belong_to_a_course(tmp_path):
    one, other = opened(tmp_path / "a.db"), opened(tmp_path / "b.db")
    assert one.pseudonym("1") != other.pseudonym("1")
    assert one.pseudonym("1") == opened(tmp_path / "a.db").pseudonym(" 1 ")


def test_another_key_is_refused(tmp_path):
    opened(tmp_path / "a.db").close()
    with pytest.raises(WrongKey):
        opened(tmp_path / "a.db", b"another")


def test_full_synchronisation(tmp_path):
    store = opened(tmp_path / "a.db")
    with store._engine.connect() as connection:
        said = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]
    assert said == [2, "wal"]


def test_a_database_of_an_earlier_version_is_copied_and_brought_up_to_date(tmp_path, monkeypatch):
    store = opened(tmp_path / "a.db")
    store.add(attempt(1))
    store.close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    monkeypatch.setattr("alembic.command.upgrade", lambda *_: None)
    opened(tmp_path / "a.db").close()
    with closing(sqlite3.connect(tmp_path / f"a.db.before-{HEAD}")) as copy:
        assert copy.execute("SELECT count(*) FROM attempts").fetchone() == (1,)


WRITER = """
import sys
sys.path.insert(0, {root!r})
from grader.store import opened
from tests.test_store import attempt
store = opened({path!r})
for number in range(10_000):
    store.add(attempt(number))
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [3, 40])
def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path, after):
    code = WRITER.format(root=str(ROOT), path=str(tmp_path / "a.db"))
    writer: Any = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    with writer:
        told = [int(writer.stdout.readline()) for _ in range(after)]
        writer.kill()
        told += [int(line) for line in writer.stdout.read().split("\n")[:-1] if line]
    kept = {one.id for one in opened(tmp_path / "a.db").attempts()}
    assert {f"{number:032x}" for number in told} <= kept
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_fault_while_writing_is_told_to_who_waits(tmp_path):
    store = opened(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as database, database:
        database.execute("DROP TABLE overrides")
        database.execute("DROP TABLE attempts")
    with pytest.raises(Exception, match="no such table"):
        store.add(attempt(1))


def test_the_path_of_a_store_may_have_any_name(tmp_path):
    path = Path(tmp_path / "\u05e7\u05d5\u05e8\u05e1 100%" / "a b.db")
    assert isinstance(opened(path), Store) and path.exists()
