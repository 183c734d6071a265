"""What staff type all term: grade, review, regrade, publish, doctor, completion, with a course file."""

import csv
import io
import json
import zipfile
from dataclasses import fields

import pytest

from exercises.library import load, search_path
from tests.sources import ROOT
from tirgul import cli
from tirgul.course import BadCourse, Course, course

TABLE = "student,exercise,part,answer\n012,11.1,2,48\n013,11.1,2,4?\n014,11.1,2,51\n"


@pytest.fixture
def staff(tmp_path, monkeypatch, capsys):
    """Types a command in a course's folder; gives its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIRGUL_LANG", "en")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").write_text(TABLE, encoding="utf-8")
    settings = 'store = "course.db"\nout = "marks"\nengine = "serial"\npages = false\n[marks]\n"11.1/2" = 3\n'
    (tmp_path / "course.toml").write_text(settings, encoding="utf-8")

    def typed(*words):
        code = cli.run(list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return typed


def test_a_term(staff, tmp_path):
    code, said = staff("grade", "inbox")
    assert code == 1, said
    document = json.loads((tmp_path / "marks" / "marks.json").read_bytes())
    assert [one["total"] for one in document["students"]] == [3, 0, 1.5]
    assert [one["pending"] for one in document["students"]] == [0, 1, 0]
    assert staff("publish")[0] == 2
    code, said = staff("review", "--json")
    (one,) = json.loads(said)["waiting"]
    assert (code, one["student"], one["answer"], one["max"]) == (1, "013", "4?", 3)
    assert staff("review", "--out", "waiting.csv") == (1, "1 row written to waiting.csv.\n")
    assert staff("review", "--mark", "013", "11.1/2", "4")[0] == 2
    assert staff("review", "--mark", "013", "11.1/2", "2", "--why", "nearly", "--who", "dana")[0] == 0
    (tmp_path / "course.toml").write_text('store = "course.db"\nout = "marks"\nengine = "serial"\n', encoding="utf-8")
    code, said = staff("regrade", "--json")
    again = json.loads(said)
    assert (again["run"], again["of"]) == (2, 1)
    assert {(one["student"], one["old"], one["new"], one["why"]) for one in again["differences"]} >= {
        ("012", 3, 1, "max"),
        ("014", 1.5, 0.5, "max"),
    }
    assert next(csv.reader(io.StringIO((tmp_path / "marks" / "differences.csv").read_text("utf-8-sig"))))[3] == "old"
    code, said = staff("publish", "--run", "1", "--json")
    assert (code, json.loads(said)["pending"]) == (0, 0)
    assert json.loads((tmp_path / "marks" / "marks.json").read_bytes())["students"][1]["total"] == 2


@pytest.mark.parametrize("lang", ["he", "en"])
@pytest.mark.parametrize(
    "text", ["late = 1", "lang = 'fr'", "marks = 3", "[marks]\n'11.1/2' = -1", "variants = 1", "=", "engine = 'fax'"]
)
def test_a_wrong_course_file_is_refused_in_words(staff, tmp_path, text, lang):
    (tmp_path / "course.toml").write_text(f"{text}\n", encoding="utf-8")
    code, said = staff("grade", "inbox", "--out", "o", "--lang", lang)
    assert code == 2, said
    assert "Traceback" not in said


def test_an_exercise_that_does_not_count_is_told_of(staff, tmp_path):
    (tmp_path / "course.toml").write_text('exercises = ["11.2"]\nout = "o"\nengine = "serial"\n', encoding="utf-8")
    code, said = staff("grade", "inbox", "--json")
    assert code == 1
    assert {one["reason"] for one in json.loads(said)["problems"]} == {"not_in_course"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(staff, shell):
    code, said = staff("completion", shell)
    assert code == 0
    assert "_TIRGUL_COMPLETE" in said


@pytest.mark.parametrize("command", ["check", "export qti", "practice", "sheet", "show", "slips", "solve"])
def test_shells_complete_exercises(monkeypatch, capsys, command):
    words = f"tirgul {command} 11"
    for name, said in {"": "bash_complete", "_WORDS": words, "_CWORD": str(len(words.split()) - 1)}.items():
        monkeypatch.setenv(f"COMP{name}" if name else "_TIRGUL_COMPLETE", said)
    with pytest.raises(SystemExit):
        cli.tirgul_command.main([], prog_name="tirgul")
    assert capsys.readouterr().out.split() == ["plain,11.1", "plain,11.2", "plain,11.3"]


def test_the_doctor_looks(staff):
    code, said = staff("doctor", "--json")
    found = json.loads(said)["found"]
    assert {one["what"] for one in found} >= {"version", "library", "fonts", "writing", "clock"}
    assert code == any(one["state"] == "wrong" for one in found)


def test_the_doctor_speaks_the_courses_language_and_looks_at_the_course(staff, tmp_path):
    (tmp_path / "course.toml").write_text('lang = "he"\nfolders = ["own"]\n', encoding="utf-8")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text("EXERCISE = 1\n", encoding="utf-8")
    code, said = staff("doctor")
    assert code == 1 and "הגדרות הקורס: course.toml" in said
    assert any(line.startswith("בעיה") and "mine.py" in line for line in said.splitlines())
    assert "course settings: course.toml" in staff("doctor", "--lang", "en")[1]
    (tmp_path / "course.toml").write_text('lang = "he"\nengine = 3\n', encoding="utf-8")
    code, said = staff("doctor", "--json")
    (wrong,) = [one for one in json.loads(said)["found"] if one["what"] == "course"]
    assert code == 1 and wrong["state"] == "wrong" and "engine" in wrong["detail"]
    assert code == staff("doctor", "--course", "nowhere.toml")[0]
    (tmp_path / "course.toml").unlink()
    assert "course settings" not in staff("doctor")[1]


@pytest.mark.parametrize("words", [["review"], ["regrade"], ["publish", "--out", "o"]])
def test_where_nothing_is_kept_it_says_so(staff, words):
    code, said = staff(*words)
    assert code == 2
    assert "course.db" in said


SHEET = "<!-- tirgul sheet: 11.1 -->\n\n## 11.1/2\n**תשובה:** {}\n"
WORKSHEET = (
    "מספר מזהה,שם מלא,מצב,ציונים,ציון מירבי,מועד הגשת מטלה (אחרון),תאריך שינוי אחרון (ציון),הערות למשוב\r\n"
    'משתתף:601683,דנה כהן,הוגש,,100,"יום ראשון, 10 בינואר 2027, 21:05",-,\r\n'
    'משתתף:601684,נועה לוי,הוגש,,100,"יום שני, 11 בינואר 2027, 09:30",-,\r\n'
    'משתתף:601685,אבי מור,הוגש,,100,"יום ראשון, 10 בינואר 2027, 21:05",-,\r\n'
    "משתתף:601686,רון גל,לא הוגש,,100,-,-,\r\n"
)


def test_a_week_of_a_teaching_assistant_in_hebrew(staff, tmp_path, monkeypatch):
    monkeypatch.delenv("TIRGUL_LANG")
    (tmp_path / "inbox" / "a.csv").unlink()
    with zipfile.ZipFile(tmp_path / "inbox" / "הגשות.zip", "w") as archive:
        archive.writestr("דנה כהן_601683_assignsubmission_file/11.1.md", SHEET.format("48"))
        archive.writestr("נועה לוי_601684_assignsubmission_file/תשובות.md", SHEET.format("51"))
        archive.writestr("אבי מור_601685_assignsubmission_file/סריקה.pdf", b"%PDF-1.4 \xff\x00")
    worksheet = tmp_path / "inbox" / "ציונים.csv"
    worksheet.write_bytes(("\ufeff" + WORKSHEET).encode())
    settings = 'lang = "he"\nstore = "course.db"\nout = "marks"\nengine = "serial"\npages = false\n'
    settings += '[late]\ndue = 2027-01-10\nper_day = 10\nzone = "Asia/Jerusalem"\n'
    (tmp_path / "course.toml").write_text(settings, encoding="utf-8")
    code, said = staff("grade", "inbox")
    assert code == 1
    assert "tirgul review" in said
    assert "סריקה.pdf" in said
    code, said = staff("review")
    assert code == 1
    assert len(said.splitlines()) == 1  # one student, one exercise, one reason
    assert "601685  11.1/1a, 1b, 2" in said
    assert "לא ניתן היה לקרוא" in said
    for part in ("1a", "1b", "2", "3", "4", "5", "6"):
        assert staff("review", "--mark", "601685", f"11.1/{part}", "1", "--why", "בכתב יד")[0] == (part != "6")
    code, said = staff("publish", "inbox/ציונים.csv")
    assert code == 0, said
    text = (tmp_path / "marks" / "worksheets" / "ציונים.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[3] for row in rows[1:]] == ["10.00", "4.50", "70.00", ""]
    assert "באיחור" in rows[2][7]
    assert "תיבדק" not in rows[3][7]
    assert worksheet.read_bytes().decode("utf-8-sig") == WORKSHEET


def test_a_course_declares_the_decimal_mark(tmp_path):
    (tmp_path / "course.toml").write_text('decimal = ","\n', encoding="utf-8")
    own = course(str(tmp_path)).own(load("11.1", search_path()))
    assert own is not None
    assert {part.decimal for part in own.parts} == {","}
    (tmp_path / "course.toml").write_text('decimal = "comma"\n', encoding="utf-8")
    with pytest.raises(BadCourse, match="bad_value"):
        course(str(tmp_path))


def test_the_settings_that_the_guide_shows_are_all_that_there_are(tmp_path):
    guide = (ROOT / "docs" / "course-sites.md").read_text(encoding="utf-8")
    lines = guide.partition("## A course's settings")[2].partition("## ")[0].splitlines()
    (tmp_path / "course.toml").write_text(
        "\n".join(line for line in lines if line.startswith("    ") or not line), encoding="utf-8"
    )
    shown = course(str(tmp_path))
    usual = Course()
    assert shown.late and shown.late.extra == {"012345678": 3}
    same = {one.name for one in fields(Course) if getattr(shown, one.name) == getattr(usual, one.name)}
    assert same <= {"duplicates", "engine", "pages", "reveal"}  # shown with what they are without the file


@pytest.mark.parametrize("language", ["he", "en"])
def test_a_word_that_is_no_choice_is_refused_with_those_that_are(staff, tmp_path, language):
    (tmp_path / "course.toml").write_text('reveal = "marks"\n', encoding="utf-8")
    code, said = staff("grade", "inbox", "--lang", language)
    assert code == 2 and "reveal (nothing | hints | answers)" in said


@pytest.mark.parametrize("language, said", [("en", "No worksheet"), ("he", "גיליון ציונים")])
def test_a_worksheet_that_was_asked_for_and_is_not_there_is_told(staff, language, said):
    assert said in staff("grade", "inbox", "--to", "canvas", "--lang", language)[1]
    assert said not in staff("grade", "inbox", "--lang", language)[1]


def test_a_dry_run_shows_marks_by_hand_and_makes_no_store(staff, tmp_path):
    (tmp_path / "inbox" / "grades.csv").write_text("student,grade\n013,\n", encoding="utf-8")
    assert "013, grade" not in staff("grade", "inbox", "--dry-run")[1]  # waits for a person
    assert not (tmp_path / "course.db").exists()
    staff("grade", "inbox")
    staff("review", "--mark", "013", "11.1/2", "2")
    assert "2: 013, grade: '' -> '2.00'" in staff("grade", "inbox", "--dry-run")[1]
    assert (tmp_path / "inbox" / "grades.csv").read_text(encoding="utf-8") == "student,grade\n013,\n"


def test_the_inbox_may_be_the_courses_own_folder(staff, tmp_path):
    for _ in range(2):
        said = staff("grade", ".")[1]
        assert "3 students" in said and "0 problems" in said, said


def test_a_course_remembers_what_columns_are_called(staff, tmp_path):
    text = "מספר,ציון סופי\nמשתתף 014,\n"
    (tmp_path / "inbox" / "grades.csv").write_text(text, encoding="utf-8")
    with (tmp_path / "course.toml").open("a", encoding="utf-8") as settings:
        settings.write('[columns]\nidentifier = "מספר"\ngrade = "ציון סופי"\n"11.1/5" = "nowhere"\n')
    code, said = staff("grade", "inbox")
    assert "grades.csv: 1 cell" in said and "nowhere" not in said
    filled = tmp_path / "marks" / "worksheets" / "grades.csv"
    assert filled.read_text(encoding="utf-8") == text.replace("014,", "014,1.50")
    filled.unlink()
    code, said = staff("publish", "inbox/grades.csv", "--pending", "--lang", "he")
    assert code == 0 and filled.exists(), said
    code, said = staff("publish", "inbox/grades.csv", "--pending", "--map", "grd=x")
    assert code == 2 and "grade" in said


@pytest.mark.parametrize("language", ["he", "en"])
@pytest.mark.parametrize(
    "settings, named",
    [
        ('[marks]\n"11.1/77" = 3', "11.1/77"),
        ('[marks]\n"11.1" = 3', "11.1/"),
        ('exercises = ["11.1", "11.9"]', "11.9"),
        ('[late.exercises]\n"11.7" = 2027-01-10', "11.7"),
        ('[columns]\ngrd = "Mark"', "columns.grd"),
    ],
)
def test_what_a_course_names_has_to_be_there(staff, tmp_path, settings, named, language):
    (tmp_path / "course.toml").write_text(settings, encoding="utf-8")
    code, said = staff("grade", "inbox", "--out", "o", "--lang", language)
    assert code == 2 and named in said
    assert not (tmp_path / "o").exists()
    code, said = staff("doctor", "--lang", language)
    assert code == 1 and named in said


def test_a_course_says_what_pages_tell(staff, tmp_path):
    (tmp_path / "course.toml").write_text('store = "c.db"\nengine = "serial"\nreveal = "answers"\n', encoding="utf-8")
    assert staff("grade", "inbox", "--out", "a")[0] == 1
    staff("publish", "--pending", "--out", "b")
    staff("grade", "inbox", "--reveal", "nothing", "--out", "c")
    staff("grade", "inbox", "--no-pages", "--out", "d")
    told = [(tmp_path / folder / "feedback" / "014.en.html").read_bytes() for folder in "abc"]
    assert told[0] == told[1] != told[2]
    assert not (tmp_path / "d" / "feedback").exists()


@pytest.mark.parametrize("language", ["he", "en"])
@pytest.mark.parametrize("spoil", [lambda text: text.replace("Part(", "Prt("), lambda text: ""])
def test_an_exercise_that_fails_takes_no_marks_away(staff, tmp_path, spoil, language):
    settings = 'store = "c.db"\nfolders = ["own"]\npages = false\nengine = "serial"\n'
    (tmp_path / "course.toml").write_text(settings, encoding="utf-8")
    staff("new", "strided", "--dir", "own")
    (tmp_path / "a.csv").write_text("student,exercise,part,answer\n012,strided,1,8x28x28\n", encoding="utf-8")
    code, said = staff("grade", "a.csv", "--out", "o")
    assert code == 0, said
    file = tmp_path / "own" / "strided.py"
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    code, said = staff("regrade", "--lang", language)
    assert code == 2 and "strided.py" in said
    file.unlink()
    code, said = staff("regrade", "--lang", language)
    assert code == 2 and "strided" in said
    assert staff("publish", "--out", "o")[0] == 0
    assert "012,1.00" in (tmp_path / "o" / "marks.csv").read_text(encoding="utf-8")


def test_forgetting_speaks_the_courses_language(staff, tmp_path, monkeypatch):
    monkeypatch.delenv("TIRGUL_LANG")
    monkeypatch.setenv("TIRGUL_HOME", str(tmp_path))
    (tmp_path / "course.toml").write_text('lang = "he"\n', encoding="utf-8")
    assert "רשומות" in staff("forget", "013")[1]
