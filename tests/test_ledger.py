"""Nothing is lost: graded classes that are killed, disturbed, copied, repeated and permuted come out the same."""

import csv
import io
import json
import random
import re
import sqlite3
import time
import unicodedata
from fractions import Fraction
from pathlib import Path

import pytest

from grader import hand_csv
from grader import ledger as ledger_module
from grader.batch import grade
from grader.gradebooks import marks_csv, marks_json
from grader.ledger import BLOCK, Handed, HandMark, Ledger, differences, with_marks
from grader.results import Answer, Problem
from grader.store import opened
from grader.submissions import submissions
from tests.graders import LIBRARY, Graders

TEXTS = ("48", "51", "x", "10x10x3", "5175", "?", "47", "348", "5x5x3", "17")
PARTS = ("1a", "1b", "2", "3", "4")
def rows(students, seed=1, texts=TEXTS):
    """A class as a table."""
    draw = random.Random(seed)
    text = ["student,exercise,part,answer"]
    text += [f"{student:05d},11.1,{part},{draw.choice(texts)}" for student in range(students) for part in PARTS]
    return text


def large(students):
    """A class in which little has to be judged and much kept."""
    return "\n".join(rows(students, texts=TEXTS[:2]))


@pytest.fixture(scope="module")
def graders():
    """Begins processes that grade."""
    with Graders() as begins:
        yield begins


def begun(graders, folder, most=0):
    return graders.begin(folder / "in.csv", folder / "c.db", folder / "out.json", most)


def graded(path):
    return grade(submissions([path]), LIBRARY)


@pytest.fixture(params=["sqlite", "postgres"])
def course(request, tmp_path):
    """A ledger of its own."""
    where = tmp_path / "course.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    store = opened(where, b"key")
    yield Ledger(store)
    store.close()


def kept(course, answers, version="v1", settings=(), of=None):
    handed = Handed(answers)
    result = grade(handed, LIBRARY)
    return course.keep(handed, result, dict(settings), version, of), result


def answers(*said):
    return [Answer(student, "11.1", part, text, "a.csv", line) for line, (student, part, text) in enumerate(said, 2)]


CLASS = answers(("a", "2", "48"), ("a", "3", "51"), ("b", "2", "x"), ("b", "1a", "10x10x3"), ("c", "2", "51"))


def test_what_is_kept_is_what_was_found(course):
    run, result = kept(course, [*CLASS, Problem("x.csv", 3, "bad_row")])
    assert marks_json.write(course.result(run)) == marks_json.write(result)
    assert marks_csv.write(course.result(run)) == marks_csv.write(result)


def test_the_same_class_by_the_same_version_is_one_run(course):
    assert kept(course, CLASS)[0] == kept(course, CLASS)[0] == 1
    assert kept(course, CLASS, version="v2")[0] == 2
    assert kept(course, CLASS, settings={"duplicates": "first"})[0] == 3
    assert [run.finished for run in course.runs()] == [True, True, True]


def test_a_submission_is_kept_once_and_two_different_ones_both(course):
    kept(course, CLASS)
    kept(course, CLASS, version="v2")
    kept(course, [*CLASS, *answers(("a", "2", "49"))])
    with course._engine.connect() as database:
        found = database.exec_driver_sql("SELECT student, count(*) FROM submissions GROUP BY student").all()
    assert sorted(map(tuple, found)) == [("a", 2), ("b", 1), ("c", 1)]


def test_whatever_is_typed_is_kept(course):
    odd = ["a\0b", "\ud800", "'; DROP TABLE runs; --", "דנה כהן", "x" * 3000]
    run, _ = kept(course, answers(*((name, "2", name) for name in odd)))
    assert [one.student for one in course.result(run).students] == odd
    assert [one.text for one in course.handed(run)] == odd
    course.mark([HandMark(name, "11.1", "2", Fraction(1), "w", name) for name in odd])
    assert all(student.total == 1 for student in course.result(run).students)
    assert [course.forget(name) for name in odd] == [3] * len(odd)
    assert course.result(run).students == ()


def test_of_two_answers_both_are_kept_and_the_rule_is_named(course):
    run, _ = kept(course, answers(("a", "2", "49"), ("a", "2", "48")))
    assert [one.text for one in course.handed(run)] == ["49", "48"]
    assert [one.text for one in course.result(run).duplicates] == ["49"]
    assert course.result(run).students[0].results[2].notes == ("duplicate",)


def test_marks_by_hand_always_stand(course):
    run, _ = kept(course, CLASS)
    course.mark([HandMark("b", "11.1", "2", Fraction(1, 2), "dana", "nearly")])
    course.mark([HandMark("b", "11.1", "2", Fraction(1, 3), "dana", "after all")])
    for seq in (run, kept(course, CLASS, version="v2")[0]):
        (one,) = (one for one in course.result(seq).students[1].results if one.part == "2")
        assert (one.marks, one.notes) == (Fraction(1, 3), ("by_hand",))
    (unmarked,) = (one for one in course.result(run, by_hand=False).students[1].results if one.part == "2")
    assert unmarked.marks is None


def test_a_run_graded_again_tells_what_is_different_and_leaves_the_old_one(course):
    run, result = kept(course, CLASS)
    again, same = kept(course, course.handed(run), version="v2", of=run)
    assert differences(course.result(run), course.result(again)) == []
    assert marks_json.write(same) == marks_json.write(result)
    other = grade([*CLASS[:-1], *answers(("c", "2", "48"))], LIBRARY)
    (one,) = differences(result, other)
    assert (one.student, one.part, one.old, one.new, one.why) == ("c", "2", Fraction(1, 2), Fraction(1), "answer")
    assert marks_json.write(course.result(run)) == marks_json.write(result)


def test_why_a_mark_is_another_one():
    before = grade(CLASS, LIBRARY)
    hand = with_marks(before, {("a", "11.1", "2"): HandMark("a", "11.1", "2", Fraction(0), "w", "")})
    assert [one.why for one in differences(before, hand)] == ["hand"]
    assert {one.why for one in differences(before, grade(CLASS[:-1], LIBRARY))} == {"gone"}
    assert {one.why for one in differences(grade(CLASS[:-1], LIBRARY), before)} == {"new"}


def test_marks_by_hand_as_a_table_go_out_and_come_back():
    odd = answers(("=1+1", "2", "-5?"), ("@x", "2", '=HYPERLINK("x")'), ("a", "2", "x,\n\"y"))
    result = grade(odd, LIBRARY)
    table = hand_csv.write(hand_csv.waiting(result))
    filled = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert not any(cell.startswith(("=", "@", "-", "+")) for row in filled for cell in row)
    for row in filled[1:]:
        row[6] = "0,5"
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(filled)
    back = list(hand_csv.read(text.getvalue().encode("utf-16"), "m.csv", result, "dana"))
    marked = [(one.student, one.marks) for one in back if isinstance(one, HandMark)]
    assert marked == [(name, Fraction(1, 2)) for name in ("=1+1", "@x", "a")]
    assert list(hand_csv.read(table, "m.csv", result, "dana")) == []


@pytest.mark.parametrize("mark", ["2", "-1", "1/0", "nan", "inf", "1e999999999", "x", "9" * 10_000])
def test_a_mark_out_of_range_is_no_mark(mark):
    assert hand_csv.mark_of(mark, Fraction(1)) is None


def test_killed_at_twenty_moments_it_goes_on_where_it_was(tmp_path, graders):
    for place in ("whole", "killed"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "in.csv").write_text(large(2000), encoding="utf-8")
    start = time.monotonic()
    assert begun(graders, tmp_path / "whole").wait() == (0, "")
    seconds, draw = time.monotonic() - start, random.Random(20)
    for _ in range(20):
        grader = begun(graders, tmp_path / "killed")
        time.sleep(draw.uniform(0, seconds))
        grader.kill()
    assert begun(graders, tmp_path / "killed").wait() == (0, "")
    whole = (tmp_path / "whole" / "out.json").read_bytes()
    assert (tmp_path / "killed" / "out.json").read_bytes() == whole
    assert whole == marks_json.write(graded(tmp_path / "whole" / "in.csv"))
    with sqlite3.connect(tmp_path / "killed" / "c.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*), count(DISTINCT student) FROM marks").fetchone() == (2000, 2000)


@pytest.mark.parametrize("most", [100_000, 300_000])
def test_a_full_disk_is_told_of_and_what_was_kept_is_whole(tmp_path, graders, most):
    (tmp_path / "in.csv").write_text(large(1000), encoding="utf-8")
    code, said = begun(graders, tmp_path, most).wait()
    assert code == 1
    assert "c.db" in said
    assert "Traceback" not in said
    with sqlite3.connect(tmp_path / "c.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert begun(graders, tmp_path).wait() == (0, "")
    assert (tmp_path / "out.json").read_bytes() == marks_json.write(graded(tmp_path / "in.csv"))


@pytest.mark.parametrize("many", [2, 3])
def test_graders_at_once_find_the_same(tmp_path, graders, many):
    (tmp_path / "in.csv").write_text(large(400), encoding="utf-8")
    started = [begun(graders, tmp_path) for _ in range(many)]
    assert [grader.wait()[0] for grader in started] == [0] * many
    assert (tmp_path / "out.json").read_bytes() == marks_json.write(graded(tmp_path / "in.csv"))
    with sqlite3.connect(tmp_path / "c.db") as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM marks").fetchone() == (400,)


def test_a_copy_made_while_grading_opens_and_is_whole(tmp_path, graders):
    (tmp_path / "in.csv").write_text(large(2000), encoding="utf-8")
    opened(tmp_path / "c.db").close()
    grader = begun(graders, tmp_path)
    counts: list[int] = []
    while not grader.ended():
        copy = tmp_path / f"copy{len(counts)}.db"
        with sqlite3.connect(tmp_path / "c.db") as source, sqlite3.connect(copy) as target:
            source.backup(target)
        with sqlite3.connect(copy) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            counts += database.execute("SELECT count(*) FROM marks").fetchone()
        time.sleep(0.02)
    assert grader.wait() == (0, "")
    assert counts
    assert all(count % BLOCK == 0 for count in counts)  # nothing of a transaction that is under way


@pytest.mark.parametrize("position", ["first", "middle", "last"])
@pytest.mark.parametrize("broken", ['00001,11.1,2,"48', "00001,11.1,2,4\xff8", "a,b,c,d,e,f", '"', "\x00,\x00"])
def test_a_broken_row_costs_no_other_student(tmp_path, position, broken):
    good = rows(9)
    place = {"first": 1, "middle": len(good) // 2, "last": len(good)}[position]
    (tmp_path / "a.csv").write_bytes("\n".join(good).encode())
    (tmp_path / "b.csv").write_bytes("\n".join([*good[:place], broken, *good[place:]]).encode("latin-1", "replace"))
    without = {one.student: marks(one) for one in graded(tmp_path / "a.csv").students}
    found = {one.student: marks(one) for one in graded(tmp_path / "b.csv").students}
    others = without.keys() - {"00001"}  # whose row it may be
    assert {name: found[name] for name in others} == {name: without[name] for name in others}
    assert "00001" in found


def marks(student):
    return [(one.exercise, one.part, one.marks) for one in student.results]


def test_ids_are_never_merged_silently():
    names = ["é", unicodedata.normalize("NFD", "é"), "012", "12", "1E5", "NO", "no", "\uff11\uff12"]
    found = grade(answers(*((name, "2", "48") for name in [*names, "12 ", "\u200f12"])), LIBRARY)
    assert [one.student for one in found.students] == names
    assert [one.text for one in found.duplicates] == ["48", "48"]  # those with blanks around them


def test_the_order_of_rows_changes_no_mark(tmp_path):
    header, *body = rows(20)
    (tmp_path / "a.csv").write_text("\n".join([header, *body]), encoding="utf-8")
    random.Random(3).shuffle(body)
    (tmp_path / "b.csv").write_text("\n".join([header, *body]), encoding="utf-8")
    one, other = graded(tmp_path / "a.csv"), graded(tmp_path / "b.csv")
    assert {student.student: marks(student) for student in one.students} == {
        student.student: marks(student) for student in other.students
    }


def test_ten_graders_worth_of_checks(tmp_path):
    (tmp_path / "a.csv").write_text("\n".join(rows(60, seed=7)), encoding="utf-8")
    result = graded(tmp_path / "a.csv")
    assert marks_json.write(result) == marks_json.write(graded(tmp_path / "a.csv"))
    assert {student.student for student in result.students} == {f"{student:05d}" for student in range(60)}
    document = json.loads(marks_json.write(result))
    table = list(csv.DictReader(io.StringIO(marks_csv.write(result).decode("utf-8-sig"))))
    for student, said, row in zip(result.students, document["students"], table, strict=True):
        assert student.total == sum(one.marks or 0 for one in student.results)
        assert all(one.marks is None or 0 <= one.marks <= one.max for one in student.results)
        assert 0 <= student.total <= student.max
        assert said["total"] == float(row["total"]) == round(float(student.total), 2)
        assert said["total"] == pytest.approx(sum(one["marks"] or 0 for one in said["results"]), abs=0.05)
        assert sum(one["marks"] is None for one in said["results"]) == int(row["pending"])


def test_a_clock_set_back_changes_no_order(course, monkeypatch):
    run, _ = kept(course, CLASS)
    course.mark([HandMark("b", "11.1", "2", Fraction(1, 2), "dana", "")])
    monkeypatch.setattr(ledger_module, "_now", lambda: "1970-01-01T00:00:00+00:00")
    course.mark([HandMark("b", "11.1", "2", Fraction(1, 4), "dana", "")])
    later, _ = kept(course, CLASS, version="v2")
    assert [one.seq for one in course.runs()] == [run, later]
    assert course.hand_marks()["b", "11.1", "2"].marks == Fraction(1, 4)


def test_what_is_forgotten_is_gone(course):
    handed = [*CLASS, *answers(("b", "2", "49")), Problem("in/b.md", 3, "bad_row"), Problem("in/x.csv", 3, "bad_row")]
    run, _ = kept(course, handed)
    course.mark([HandMark("b", "11.1", "2", Fraction(1, 2), "dana", "nearly")])
    assert course.forget("b\u200f ") == 3
    found = course.result(run)
    assert [one.student for one in found.students] == ["a", "c"]
    assert {one.student for one in course.handed(run) if isinstance(one, Answer)} == {"a", "c"}
    assert found.duplicates == ()
    assert [one.source for one in found.problems] == ["in/x.csv"]
    assert course.forget("b") == 0


def test_a_student_is_forgotten_in_a_course_sites_folders_and_in_the_settings_of_runs(course):
    broken = Problem("a.zip/Dana_601685_assignsubmission_file/x.pdf", 0, "document")
    run, _ = kept(course, [*CLASS, broken], settings={"late": "{'601685': 2, '6016850': 1}"})
    course.forget("601685")
    assert course.result(run).problems == ()
    (found,) = course.runs()
    assert found.settings == {"late": "{'': 2, '6016850': 1}"}


def test_a_student_is_forgotten_by_name_wherever_something_is_kept(tmp_path, run, monkeypatch):
    monkeypatch.setenv("TIRGUL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course.toml").write_text('store = "course.db"\nout = "o"\nengine = "serial"\n', encoding="utf-8")
    (tmp_path / "a.csv").write_text("student,exercise,part,answer\n0123456,11.1,2,48\nb,11.1,2,1\n", encoding="utf-8")
    assert run("grade", "a.csv", "--no-pages")[0] == 0
    assert run("forget", "0123456")[1].count("2") == 1
    assert run("forget", "0123456", "--lang", "he")[1].count("0") == 1
    assert all(b"0123456" not in file.read_bytes() for file in tmp_path.glob("course.db*"))
    assert [one["student"] for one in json.loads(run("regrade", "--json")[1])["differences"]] == []


def test_an_old_store_is_copied_and_brought_up_to_date(tmp_path):
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from grader.store import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    database = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    database.dispose()
    store = opened(tmp_path / "old.db")
    assert Ledger(store).runs() == []
    store.close()
    assert (tmp_path / "old.db.before-0002").is_file()


def test_ten_thousand_answers_take_little_room(tmp_path, graders):
    (tmp_path / "in.csv").write_text(large(2000), encoding="utf-8")
    grader, most = begun(graders, tmp_path), 0
    status = Path(f"/proc/{grader.pid}/status")
    if not status.exists():
        pytest.skip("only Linux tells the memory of a process here")
    while not grader.ended():
        most = max(most, *map(int, re.findall(r"VmHWM:\s+(\d+)", status.read_text())), 0)
        time.sleep(0.01)
    assert grader.wait() == (0, "")
    assert 0 < most < 300 * 1024
