"""What is typed at a terminal, what is printed, and the exit codes, in both languages."""

import io
import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from exercises.exercise import LANGUAGES
from tests.sources import ROOT

CLASS = ROOT / "examples" / "class"
HEBREW = re.compile("[\u05d0-\u05ea]")


CHECKS = [
    ("11.1 2 48", 0, "right"),
    ("11.1/2 48", 0, "right"),
    ("11.1/1a 10x10x3", 0, "right"),
    ("11.1 1A (10, 10, 3)", 0, "right"),
    ("11.1 2 51", 1, "slipped"),
    ("11.1 2 -5", 1, "wrong"),
    ("11.1 2 --5", 1, "wrong"),
    ("11.1 3 480 --earlier 1b=6x6x3", 1, "follows"),
    ("11.1 3 480 --earlier 11.1/1b=6x6x3 --earlier 2=48", 1, "follows"),
    ("11.1 2 4q8", 2, "unreadable"),
    ("11.1 2 (", 2, "unreadable"),
    ("11.1 6 because", 3, "review"),
    ("11.2 2 1+L(K-1)", 0, "right"),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed, code, verdict", CHECKS)
def test_check(run, typed, code, verdict, language):
    found, out, err = run("check", *typed.split(), "--lang", language)
    assert (found, err) == (code, "")
    assert bool(HEBREW.search(out)) == (language == "he")
    found, out, err = run("check", *typed.split(), "--lang", language, "--json")
    said = json.loads(out)
    assert (found, err, said["schema"], said["verdict"]) == (code, "", "tirgul/check/1", verdict)
    assert {"exercise", "part", "answer", "marks", "max", "read_as", "feedback", "slips"} <= said.keys()
    assert (said["marks"] is None) == (code > 1)


def test_a_caret_points_at_what_cannot_be_read(run):
    _, out, _ = run("check", "11.1", "2", "48 + $")
    lines = out.splitlines()
    (caret,) = (index for index, line in enumerate(lines) if line.strip() == "^")
    assert lines[caret - 1][lines[caret].index("^")] == "$"


def test_an_answer_from_the_standard_input(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("48\n"))
    code, out, _ = run("check", "11.1", "2", "-", "--json")
    assert (code, json.loads(out)["answer"]) == (0, "48")


def test_a_slip_is_named_in_data_and_in_words(run):
    _, out, _ = run("check", "11.1", "2", "51", "--json")
    said = json.loads(out)
    assert said["slips"] == [[{"rule": "convolution.weights", "name": "biases_counted", "about": ""}]]
    assert "biases" in said["feedback"]


@pytest.mark.parametrize("answer", ["\x1b[2J48", "\u202e48", "48\udcff", "\x00", "a" * 5000, "%(x)s", "{n}", "<b>"])
@pytest.mark.parametrize("part", ["1a", "2", "5", "6"])
def test_no_answer_moves_the_cursor_or_the_program(run, answer, part):
    code, out, _ = run("check", "11.1", part, answer)
    assert code in (1, 2, 3)
    assert not set(out) & set("\x1b\u202e\x00\udcff")
    assert json.loads(run("check", "11.1", part, answer, "--json")[1])["answer"] == answer


USAGE = [
    ("check 11.9 2 48", "11.1"),
    ("check conv1 values 48", "conv1d"),
    ("check 11.1 7 48", "1a"),
    ("check lenet5 size.C1 1", "sizes.C1"),
    ("check 11.1 2 48 --earlier 2", "1a="),
    ("check 11.1 2 48 --earlier 9=2", "1a"),
    ("check 11.1 2", "tirgul check"),
    ("check 11.1", "tirgul check"),
    ("show 11.9", "11.1"),
    ("solve 11.1 7", "1a"),
    ("sheet 11.9", "11.1"),
    ("solve 11.1 3 4", "4"),
    ("lint 11.9", "11.1"),
    ("sheet 11.1 11.2 --blank", "--out"),
    ("sheet 11.1 errata --blank", "--blank"),
    ("new a/b", "a/b"),
    ("grade nowhere.csv --out out", "nowhere.csv"),
    ("grade .", "--out"),
    ("list --lang fr", "fr"),
    ("show 11.1 --exercises nowhere", "nowhere"),
    ("show zzzz", "tirgul list"),
    ("sheet 11.1 --format html,docx", "docx"),
    ("serve --port 99999", "99999"),
    ("serve --sessions 0", "--sessions"),
    ("practical lenet5 --eta 11", "--eta"),
    ("review --run last", "last"),
    ("fly", "fly"),
    ("check", ""),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed, named", USAGE)
def test_what_cannot_be_done_is_said(run, typed, named, language):
    code, out, err = run("--lang", language, *typed.split())
    assert (code, out) == (2, "")
    assert named in err and "Traceback" not in err


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed, part_of_it",
    [
        ("list", "conv1d"),
        ("show 11.1", "11.1/1a"),
        ("show lenet5 sizes", "lenet5/sizes.C1"),
        ("show 11.1/5", "1. "),
        ("solve 11.1 4", "5175"),
        ("solve 11.1", "348"),
        ("solve 11.2", "7×7"),
        ("solve resnet alexnet", "58631144"),
        ("solve resnet size18", "⌈H/32⌉"),
        ("solve conv1d order", ""),
        ("sheet 11.2", "<math"),
        ("sheet 11.2 --blank", "## 11.2/1"),
    ],
)
def test_what_is_printed(run, typed, part_of_it, language):
    for arguments in ([*typed.split(), "--lang", language], ["--lang", language, *typed.split()]):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert part_of_it in out
        assert bool(HEBREW.search(out)) == (language == "he")


@pytest.mark.parametrize("typed", ["list", "show 11.1", "solve 11.1 4", "check 11.1 2 48", "lint 11.1"])
def test_json_is_one_document(run, typed):
    code, out, _ = run(*typed.split(), "--json")
    assert code in (0, 1)
    assert json.loads(out)["schema"] == f"tirgul/{typed.split()[0]}/1"


def test_every_equation_of_a_solution_has_its_check(run):
    steps = json.loads(run("solve", "11.1", "4", "--json")[1])["parts"][0]["steps"]
    assert steps and all(step["checks"] for step in steps)
    assert {check["verdict"] for step in steps for check in step["checks"]} == {"verified"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_of_the_environment(run, monkeypatch, language):
    monkeypatch.setenv("LANG", "he_IL.UTF-8" if language == "he" else "en_US.UTF-8")
    assert bool(HEBREW.search(run("list")[1])) == (language == "he")
    monkeypatch.setenv("TIRGUL_LANG", "he" if language == "en" else "en")
    assert bool(HEBREW.search(run("list")[1])) == (language == "en")


@pytest.mark.parametrize("command", [path.stem for path in sorted((ROOT / "tirgul" / "commands").glob("[a-z]*.py"))])
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_in_the_readers_language(run, command, language):
    for arguments in (["--lang", language, command, "--help"], [command, "--lang", language, "--help"]):
        code, out, _ = run(*arguments)
        assert code == 0 and "cli." not in out
        assert bool(HEBREW.search(out)) == (language == "he")
    assert command in run("--lang", language, "--help")[1]


def test_an_error_of_ours_is_said_in_both_languages(run, monkeypatch):
    def failing(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr("tirgul.commands.list.survey", failing)
    code, out, err = run("list")
    assert (code, out) == (4, "") and "Traceback" not in err
    assert HEBREW.search(err) and "ZeroDivisionError" in err and len(err.splitlines()) == 2
    monkeypatch.setenv("TIRGUL_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("list")


ALONE = [
    # what is typed, said in English, not said
    ("11.1 1a 10xx3", "64x32x7", "person"),
    ("11.1 2 5-", "1234", "person"),
    ("11.2 2 )", "(a + b)/2", "person"),
    ("11.1 5 maybe", "tirgul show", "person"),
    ("11.1 6 because", "cannot be judged by the program", "person"),
]


@pytest.mark.parametrize("typed, said, unsaid", ALONE)
def test_who_checks_alone_is_told_what_to_do(run, typed, said, unsaid):
    out = run("check", *typed.split())[1]
    assert said in out and unsaid not in out.splitlines()[0]


def test_an_empty_answer_is_called_empty_and_words_are_not(run):
    assert "No answer is written" in run("check", "11.1", "2", " ")[1]
    assert "לא נכתבה תשובה" in run("check", "11.1", "2", "", "--lang", "he")[1]
    for answer in ("ארבעים ושמונה", "התשובה היא"):
        out = run("check", "11.1", "2", answer)[1]
        assert "could not be read" in out and "nothing is written" not in out and "No answer" not in out


@pytest.mark.parametrize("language, said", [("he", "נקרא כך: כן"), ("en", "read as: yes")])
def test_options_are_shown_in_words(run, language, said):
    assert said in run("check", "11.1", "5", "1", "--lang", language)[1]
    assert json.loads(run("check", "11.1", "5", "1", "--json", "--lang", language)[1])["read_as"] == "yes"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["11.1 2 48 --foo", "--foo=3 11.1 2 48"])
def test_an_option_that_there_is_not_is_refused(run, typed, language):
    code, out, err = run("check", *typed.split(), "--lang", language)
    assert (code, out) == (2, "") and "--foo" in err
    assert bool(HEBREW.search(err)) == (language == "he")
    assert run("check", "11.1", "2", "-5")[0] == run("check", "11.1", "2", "--", "-5")[0] == 1


@pytest.mark.parametrize("typed", [typed for typed, _ in USAGE])
def test_wrong_usage_is_said_in_hebrew(run, typed):
    err = run("--lang", "he", *typed.split())[2]
    assert all(HEBREW.search(line) for line in err.splitlines()) and "Usage" not in err


# new and lint -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_exercise_is_filled_in_and_used(run, tmp_path, language):
    code, out, _ = run("new", "my-conv", "--dir", tmp_path, "--lang", language)
    file = tmp_path / "my_conv.py"
    assert code == 0 and str(file) in out
    code, out, _ = run("lint", file, "--lang", language)
    assert code == 1 and bool(HEBREW.search(out)) == (language == "he")
    text = file.read_text(encoding="utf-8").replace('he="TODO"', 'he="רשת"').replace("TODO", "Network")
    file.write_text(text.replace('he="Network: ', 'he="'), encoding="utf-8")
    assert run("lint", file)[:2] == (0, "")
    assert run("lint", "my-conv", "--exercises", tmp_path)[0] == 0
    assert run("check", "my-conv", "1", "28x28x8", "--exercises", tmp_path)[0] == 0
    assert "my-conv" in run("list", "--exercises", tmp_path)[1]
    assert run("new", "my-conv", "--dir", tmp_path)[0] == 2
    code, _, err = run("new", "11.1", "--dir", tmp_path, "--lang", language)
    assert code == 2 and "ex11_1.py" in err and not (tmp_path / "ex11_1.py").exists()
    assert file.read_text(encoding="utf-8").startswith('"""my-conv')


def test_a_broken_file_is_named_and_the_rest_is_listed(run, tmp_path):
    (tmp_path / "broken.py").write_text("x = (", encoding="utf-8")
    code, out, err = run("list", "--exercises", tmp_path)
    assert code == 0 and "11.1" in out and f"{tmp_path / 'broken.py'}:1" in err
    assert run("lint", "--exercises", tmp_path)[0] == 1
    code, _, err = run("show", "broken", "--exercises", tmp_path)
    assert code == 2 and "broken.py:1" in err


# grade and sheet ----------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lang", ["he", "en", "both"])
def test_a_class_is_graded_twice_to_the_same_bytes(run, tmp_path, lang):
    code, out, _ = run("grade", CLASS, "--out", tmp_path / "one", "--lang", lang)
    assert code == 1 and "answers.csv:" in out
    assert run("grade", CLASS, "--out", tmp_path / "two", "--lang", lang)[0] == 1
    one = files(tmp_path / "one")
    assert one == files(tmp_path / "two")
    assert {"marks.csv", "marks.json", "summary.html"} <= one.keys()
    students = json.loads(one["marks.json"])["students"]
    pages = [name for name in one if name.startswith("feedback/")]
    languages = ("he", "en") if lang == "both" else (lang,)
    assert len(pages) == len(students) * len(languages)
    assert {f"feedback/012345678.{language}.html" for language in languages} <= set(pages)


def test_a_table_is_drawn_for_eyes_at_a_terminal(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = run("grade", CLASS, "--out", tmp_path / "out")
    (row,) = (line for line in out.splitlines() if "027182818" in line)
    assert "10.50/13.00" in row


def test_a_class_that_needs_nobody(run, tmp_path):
    (tmp_path / "a.csv").write_text("student,exercise,part,answer\n012,11.1,2,48\n", encoding="utf-8")
    code, out, _ = run("grade", tmp_path / "a.csv", "--out", tmp_path / "out", "--json")
    said = json.loads(out)
    assert (code, said["schema"], said["students"], said["pending"]) == (0, "tirgul/grade/1", 1, 0)
    assert sorted(files(tmp_path / "out")) == said["files"]
    assert run("grade", tmp_path, "--out", tmp_path / "out")[0] == 0, "what is written is not read"
    assert run("grade", tmp_path, "--out", tmp_path)[0] == 2


def table(folder: Path, *rows: str, header: str = "student,exercise,part,answer") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "a.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    return folder / "a.csv"


def test_as_many_problems_are_listed_as_are_counted(run, tmp_path):
    rows = ["a,11.1,2,48", "a,11.1,2,51", "a,11.9,1,1", "a,11.1,1a,10,10,3"]
    _, out, _ = run("grade", table(tmp_path, *rows), "--out", tmp_path / "out")
    assert "2 problems, 1 answer not counted" in out
    assert [re.findall(r"a\.csv:(\d+)", line)[0] for line in out.splitlines() if "a.csv:" in line] == ["4", "5", "2"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("header", ["who,exercise,part,answer", "who,what,where,how"])
def test_nothing_is_written_where_nothing_can_be_read(run, tmp_path, header, language):
    code, out, err = run(
        "grade", table(tmp_path, "a,11.1,2,48", header=header), "--out", tmp_path / "out", "--lang", language
    )
    assert (code, out, (tmp_path / "out").exists()) == (2, "", False)
    wanted = {"en": ("student", "exercise", "part", "answer"), "he": ("תעודת זהות", "תרגיל", "סעיף", "תשובה")}
    assert all(column in err for column in wanted[language])


@pytest.mark.parametrize("command", ["grade", "sheet", "new"])
def test_a_place_that_cannot_be_written_to_is_named(run, tmp_path, command):
    (tmp_path / "file").write_text("", encoding="utf-8")
    at = tmp_path / "file" / "below"
    typed = {
        "grade": ["grade", table(tmp_path / "class", "a,11.1,2,48"), "--out", at],
        "sheet": ["sheet", "11.2", "--out", at],
        "new": ["new", "mine", "--dir", at],
    }
    code, _, err = run(*typed[command])
    assert code == 2 and str(at) in err and "cli" not in err


def test_pages_of_an_earlier_class_do_not_stay(run, tmp_path):
    run("grade", table(tmp_path, "one,11.1,2,48", "two,11.1,2,48"), "--out", tmp_path / "out")
    (tmp_path / "out" / "feedback" / "two.he.html").write_text("my own notes", encoding="utf-8")
    (tmp_path / "out" / "feedback" / "notes.html").write_text("my own notes", encoding="utf-8")
    run("grade", table(tmp_path, "three,11.1,2,48", "two,11.1,2,51"), "--out", tmp_path / "out")
    pages = {path.name for path in (tmp_path / "out" / "feedback").iterdir()}
    assert pages == {"two.en.html", "three.en.html", "two.he.html", "notes.html"}


def test_names_of_files_are_safe_and_nobodys_else(run, tmp_path):
    ids = ["../../etc/passwd", "a/b", "a_b", "Dana", "dana", "CON", ".", "x" * 300, "דנה", "\x1b[2J"]
    rows = "".join(f'"{one}",11.1,2,48\n' for one in ids)
    (tmp_path / "a.csv").write_text(f"student,exercise,part,answer\n{rows}", encoding="utf-8")
    code, out, _ = run("grade", tmp_path / "a.csv", "--out", tmp_path / "out" / "deep")
    assert code == 0 and "\x1b" not in out
    pages = [path.name for path in (tmp_path / "out" / "deep" / "feedback").iterdir()]
    assert len({page.casefold() for page in pages}) == len(ids)
    assert "דנה.en.html" in pages and "CON.en.html" not in pages
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "out"}


def test_an_old_file_stays_whole_when_writing_fails(tmp_path, monkeypatch):
    from tirgul.files import write

    write(tmp_path / "a", b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        write(tmp_path / "a", b"new")
    assert files(tmp_path) == {"a": b"old"}


def test_sheets_are_written_to_a_folder(run, tmp_path):
    assert run("sheet", "11.2", "--lang", "both", "--out", tmp_path)[0] == 0
    assert run("sheet", "11.2", "--lang", "he", "--out", tmp_path)[0] == 0
    assert run("sheet", "11.1", "11.2", "--lang", "both", "--blank", "--out", tmp_path)[0] == 0
    assert sorted(files(tmp_path)) == [
        "11.1.en.md",
        "11.1.he.md",
        "11.2.en.md",
        "11.2.he.html",
        "11.2.he.md",
        "11.2.html",
    ]


# the console script -------------------------------------------------------------------------------

SCRIPT = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tirgul.cli import main; "


def script(code: str, *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs what the console script runs, in a folder."""
    command = [sys.executable, "-P", "-c", SCRIPT + code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=120)


def loaded(*arguments: str) -> set[str]:
    """The heavy libraries that a command loads."""
    tell = "print(*({'sympy', 'numpy', 'rich', 'jinja2', 'torch'} & set(sys.modules)), file=sys.stderr)"
    run = script(f"\ntry: main()\nfinally: {tell}", *arguments)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


@pytest.mark.parametrize("command", ["list", "check 11.1 2 48", "check 11.1 1a 10x10x3", "show 11.1"])
def test_light_commands_load_nothing_heavy(command):
    assert loaded(*command.split()) == set()


def test_the_version_is_said_at_once():
    """It loads click and nothing else that takes time."""
    tell = "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    run = script(f"\ntry: main()\nfinally: {tell}", "--version")
    assert run.stdout == f"tirgul {version('tirgul')}\n"
    assert not set(run.stderr.split()) & {"solver", "exercises", "grader", "reports", "email", "zipfile"}


def test_loading_is_seen():
    """The test above can fail."""
    assert "jinja2" in loaded("sheet", "11.2")


def test_a_students_own_files_are_not_in_the_way(tmp_path):
    for name in ("solver", "exercises", "grader", "reports", "tirgul", "click", "csv"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')", encoding="utf-8")
    run = script("main()", "check", "11.1", "2", "48", folder=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")


def test_output_that_nobody_reads_is_no_error():
    command = f"{sys.executable} -P -c {SCRIPT + 'main()'!r} solve lenet5 | head -1"
    run = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.stderr == ""


# --- formats


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_in_every_format(run, tmp_path, language):
    formats = "html,pdf,latex,markdown"
    code, out, err = run("sheet", "11.2", "--format", formats, "--lang", language, "--out", tmp_path)
    assert (code, err) == (0, "")
    names = {f"11.2.{language}.{ending}" for ending in ("html", "pdf", "tex", "md")}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert all(name in out for name in names)


def test_a_sheet_in_both_languages(run, tmp_path):
    run("sheet", "11.2", "--format", "html,pdf", "--lang", "both", "--out", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"11.2.html", "11.2.he.pdf", "11.2.en.pdf"}


@pytest.mark.parametrize("typed", [("11.2", "errata"), ("errata", "11.2")])
def test_errata_are_asked_for_beside_exercises(run, tmp_path, typed):
    assert run("sheet", *typed, "--format", "html,markdown", "--lang", "both", "--out", tmp_path)[0] == 0
    stems = {f"{stem}{rest}" for stem in ("11.2", "errata") for rest in (".html", ".he.md", ".en.md")}
    assert {path.name for path in tmp_path.iterdir()} == stems
    assert run("sheet", "errata", "--lang", "en", "--out", tmp_path / "alone")[0] == 0
    assert {path.name for path in (tmp_path / "alone").iterdir()} == {"errata.en.html"}


def test_exercises_and_errata_as_one_page(run):
    alone, exercise, both = (
        run("sheet", *typed, "--format", "markdown", "--lang", "en")[1]
        for typed in (["errata"], ["11.2"], ["errata", "11.2"])
    )
    assert both == f"{exercise.rstrip()}\n\n{alone}"
    assert run("sheet", "errata", "--lang", "both")[1].count("<article") == 2


def test_an_unknown_format_is_named(run):
    code, _, err = run("sheet", "11.2", "--format", "html,doc")
    assert code == 2
    assert "doc" in err and "markdown" in err


def test_blank_sheets_to_type_into_and_to_print(run, tmp_path):
    code, _, _ = run("sheet", "11.2", "--blank", "--format", "markdown,pdf", "--lang", "both", "--out", tmp_path)
    assert code == 0
    names = {"11.2.he.md", "11.2.en.md", "11.2.blank.he.pdf", "11.2.blank.en.pdf"}
    assert {path.name for path in tmp_path.iterdir()} == names


@pytest.mark.parametrize("language", ["en", "he"])
def test_a_students_own_blank_sheet_names_the_student(run, tmp_path, language):
    own = ("--blank", "--student", "012345678", "--lang", language)
    run("sheet", "11.1", *own, "--format", "markdown,html", "--out", tmp_path)
    sheets = {path.suffix: path for path in tmp_path.iterdir()}
    assert all("-012345678." in path.name for path in sheets.values())
    assert ">012345678<" in sheets[".html"].read_text(encoding="utf-8")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    typed = run("sheet", "11.1", *own)[1].replace(f"## 11.1/2{chr(10)}", f"## 11.1/2{chr(10)}48{chr(10)}")
    (inbox / "a.md").write_text(typed, encoding="utf-8")
    run("grade", inbox, "--variants", "--no-pages", "--out", tmp_path / "o")
    marks = json.loads((tmp_path / "o" / "marks.json").read_text(encoding="utf-8"))
    assert [one["student"] for one in marks["students"]] == ["012345678"]


def test_feedback_as_pdf_is_replaced_with_the_next_class(run, tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("student,exercise,part,answer\n1,11.1,2,51\n2,11.1,2,48\n", encoding="utf-8")
    second.write_text("student,exercise,part,answer\n2,11.1,2,48\n", encoding="utf-8")
    for answers in (first, second):
        run("grade", answers, "--format", "html,pdf", "--reveal", "hints", "--lang", "en", "--out", tmp_path / "out")
    folder = tmp_path / "out"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {
        "feedback/2.en.html",
        "feedback/2.en.pdf",
        "marks.csv",
        "marks.json",
        "summary.html",
        "summary.en.pdf",
    }


def test_a_report_compares_groups(run, tmp_path):
    groups = tmp_path / "groups.csv"
    groups.write_text("student,group\n031415926,north\n027182818,south\n", encoding="utf-8")
    code, _, err = run("report", CLASS, "--groups", groups, "--lang", "both", "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    names = {"report.html", "report.he.pdf", "report.en.pdf", "report.json", "report.csv"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    said = json.loads((tmp_path / "out" / "report.json").read_bytes())
    assert [group["group"] for group in said["groups"]] == ["", "north", "south"]
    groups.write_text("student,where\n031415926,north\n", encoding="utf-8")
    code, _, err = run("report", CLASS, "--groups", groups, "--out", tmp_path / "out")
    assert code == 2
    assert "groups.csv" in err


LATER = """
from exercises.exercise import Exercise, Later, Part, Text
from solver.derivation import Given

def fails():
    raise ValueError("no such thing")

SAID = Text(he="א", en="a")
EXERCISE = Exercise(
    id="later", title=SAID, statement=SAID, numbers={}, parts=(Part("1", SAID), Part("2", SAID)),
    derive=lambda: {"1": Given("a", 1), "2": Later(fails)},
)
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_that_fails_when_it_is_asked_for_is_named(run, tmp_path, language):
    (tmp_path / "later.py").write_text(LATER, encoding="utf-8")
    options = ("--exercises", str(tmp_path), "--lang", language)
    assert run("check", "later", "1", "1", *options)[0] == 0
    for command in (("check", "later", "2", "1"), ("solve", "later", "2")):
        code, out, err = run(*command, *options)
        assert (code, out) == (2, "") and "later" in err and "ValueError: no such thing" in err
        assert bool(HEBREW.search(err)) == (language == "he")
