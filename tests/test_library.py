"""Exercises are found by id in folders; what is wrong with a file is said with its name and line."""

import os
import re
import textwrap
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.exercise import BadExercise, Exercise
from exercises.library import (
    BANK,
    Library,
    UnknownExercise,
    UnknownPart,
    available,
    file_stem,
    files,
    load,
    load_file,
    natural,
    part_named,
    parts_named,
    search_path,
    survey,
)
from exercises.lint import lint
from reports.words import words

SMALL = """
from exercises.exercise import Exercise, Part, Range, Text
from solver.derivation import Given, formula

DOUBLE = formula("double", "2*n")

EXERCISE = Exercise(
    id={id!r},
    title=Text(he="כפול", en="double"),
    statement=Text(he="נתון ${{n}}$", en="given ${{n}}$"),
    numbers={{"n": Range(1, 9, canonical=4)}},
    parts=(Part("1", Text(he="כמה?", en="how many?")),),
    derive=lambda n: {{"1": DOUBLE(n=Given("n", n))}},
)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def put(folder, name, text):
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder / name


def test_every_file_of_the_bank_is_an_exercise():
    exercises, broken = survey(search_path())
    assert broken == ()
    assert len(exercises) == len(files(BANK)) > 0


@pytest.mark.parametrize("exercise", available((BANK,)), ids=lambda exercise: exercise.id)
def test_the_bank_lacks_nothing(exercise):
    said = [words(language) for language in ("he", "en")]
    assert list(map(str, lint(exercise, lambda key: all(key in one for one in said)))) == []


def test_the_order_is_natural():
    assert sorted(["conv1d", "11.10", "11.2", "init-demo", "2"], key=natural) == [
        "2",
        "11.2",
        "11.10",
        "conv1d",
        "init-demo",
    ]


@pytest.mark.parametrize("typed", ["11.1", " 11.1 ", "\u200f11.1", "11-1", "ex11_1"])
def test_ids_are_found_however_they_are_typed(typed):
    assert load(typed, search_path()).id == "11.1"


def test_case_does_not_matter():
    assert load("CONV1D", search_path()).id == "conv1d"


@given(st.text(max_size=60))
def test_any_text_is_an_exercise_or_is_not(typed):
    try:
        assert isinstance(load(typed, search_path()), Exercise)
    except UnknownExercise as unknown:
        assert all(load(near, search_path()) for near in unknown.near)


@given(st.text())
def test_no_id_leads_out_of_its_folder(exercise_id):
    assert not set(file_stem(exercise_id)) & set("/\\.:")


def test_only_one_file_is_imported(folder, monkeypatch):
    put(folder, "mine.py", SMALL.format(id="mine"))
    put(folder, "other.py", "import os; os.environ['OTHER_RAN'] = 'yes'")
    monkeypatch.delenv("OTHER_RAN", raising=False)
    assert load("mine", search_path([folder])).id == "mine"
    assert "OTHER_RAN" not in os.environ


def test_folders_are_named_by_the_environment(folder, monkeypatch):
    put(folder, "mine.py", SMALL.format(id="mine"))
    monkeypatch.setenv("TIRGUL_EXERCISES", os.pathsep.join([str(folder), "", str(folder)]))
    path = search_path([folder])
    assert path.count(folder.resolve()) == 1
    assert load("mine", path).id == "mine"


def test_a_near_id_is_named():
    with pytest.raises(UnknownExercise) as unknown:
        load("conv1", search_path())
    assert unknown.value.near[0] == "conv1d"


FAULTS = [
    ("bad.py", "x = 1\nx = (", "file-fails", 2),
    ("bad.py", "x = 1\n\nx = 1/0\n", "file-fails", 3),
    ("bad.py", "x = 1\nraise SystemExit\n", "file-fails", 2),
    ("bad.py", "import nowhere_at_all", "file-fails", 1),
    ("bad.py", "x = 1", "no-exercise", 1),
    ("bad.py", "EXERCISE = 5", "no-exercise", 1),
    ("bad.py", SMALL.format(id="good"), "name-differs", 1),
]


@pytest.mark.parametrize("name, text, problem, line", FAULTS)
def test_a_bad_file_is_named_with_its_line(folder, name, text, problem, line):
    file = put(folder, name, text)
    with pytest.raises(BadExercise) as bad:
        load_file(file)
    assert (bad.value.problem, bad.value.data["file"], bad.value.data["line"]) == (problem, str(file), line)


def test_a_bad_file_costs_no_other(folder):
    put(folder, "bad.py", "x = (")
    put(folder, "mine.py", SMALL.format(id="mine"))
    exercises, broken = survey(search_path([folder]))
    assert [one.problem for one in broken] == ["file-fails"]
    assert "mine" in [exercise.id for exercise in exercises]


def test_an_exercise_in_two_folders_is_nobodys(folder):
    file = put(folder, "conv1d.py", SMALL.format(id="conv1d"))
    path = search_path([folder])
    exercises, (bad,) = survey(path)
    assert "conv1d" not in [exercise.id for exercise in exercises]
    assert bad.problem == "twice" and {bad.data["file"], bad.data["other"]} == {str(file), str(BANK / "conv1d.py")}


@pytest.mark.parametrize("derive", ["lambda n: {}", "lambda n: {'1': n/0}", "lambda m: {'1': m}", "lambda n: None"])
def test_keys_that_cannot_be_derived_are_the_authors_fault(folder, derive):
    text = SMALL.format(id="mine").replace('lambda n: {"1": DOUBLE(n=Given("n", n))}', derive)
    put(folder, "mine.py", text)
    with pytest.raises(BadExercise):
        Library(search_path([folder])).instance("mine")


# parts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["1a", "1A", " 1a ", "(1a)", "1a.", "\u200e1a"])
def test_parts_are_found_however_they_are_typed(typed):
    assert part_named(load("11.1", search_path()), typed).id == "1a"


def test_a_group_of_parts_is_named_by_its_first_word():
    lenet = load("lenet5", search_path())
    assert {part.id.split(".")[0] for part in parts_named(lenet, "sizes")} == {"sizes"}
    assert parts_named(lenet, "") == lenet.parts
    assert [part.id for part in parts_named(lenet, "sizes.c1")] == ["sizes.C1"]


def test_an_unknown_part_names_the_others():
    with pytest.raises(UnknownPart) as unknown:
        part_named(load("11.1", search_path()), "7")
    assert set(unknown.value.near) <= {part.id for part in load("11.1", search_path()).parts}


# lint ---------------------------------------------------------------------------------------------

LACKS = [
    ('he="כמה?"', 'he=""', "text-missing"),
    ('he="כמה?"', 'he="TODO"', "text-todo"),
    ('en="how many?")', 'en="how many?"), marks="two"', "marks-not-number"),
    ('en="how many?")', 'en="how many?"), within=0', "within-not-positive"),
    ("Range(1, 9", "Range(9, 1", "range-inverted"),
    ('{"1": DOUBLE(n=Given("n", n))}', '{"1": 8}', "key-typed"),
    ('en="how many?"', 'en="כמה?"', "text-in-other-language"),
    ('he="נתון ${n}$"', 'he="נתון"', "placeholders-differ"),
    ('he="נתון ${n}$", en="given ${n}$"', 'he="${m}$", en="${m}$"', "unknown-placeholder"),
    ('en="given ${n}$"', 'en="given ${n}"', "dollar-missing"),
    ('en="given ${n}$"', 'en="given ${n}(($"', "text-unreadable"),
    ("canonical=4", "canonical=40", "number-outside"),
    ('en="how many?")', 'en="how many?"), marks=0', "marks-not-positive"),
    ('en="how many?")', 'en="how many?"), slip=2', "share-outside"),
    ('Part("1", Text(he="כמה?", en="how many?")),', "", "no-parts"),
    ('Part("1",', 'Part("1 b",', "bad-id"),
    ('lambda n: {"1": DOUBLE', 'lambda n: {"2": DOUBLE', "parts-differ"),
    ('{"1": DOUBLE(n=Given("n", n))}', '{"1": 12 // (n - 5)}', "keys-fail"),
    ('{"1": DOUBLE(n=Given("n", n))}', '{"1": n if n == 4 else (n, n)}', "kinds-differ"),
    ("numbers=", "needs=lambda n: n == 3, numbers=", "needs-refuse"),
    ("numbers=", "needs=lambda n: 1 / 0, numbers=", "needs-fail"),
    ("numbers=", "needs=lambda n: False, numbers=", "no-draws"),
    ("", "", "no-words"),
]


@pytest.mark.parametrize("old, new, problem", LACKS, ids=[problem for *_, problem in LACKS])
def test_what_an_exercise_lacks_is_named(folder, old, new, problem):
    text = SMALL.format(id="mine")
    assert old in text
    exercise = load_file(put(folder, "mine.py", text.replace(old, new)))
    assert problem in {bad.problem for bad in lint(exercise, lambda key: False)}


LATER = """
from dataclasses import replace

from exercises.exercise import Later

KEY = DOUBLE(n=Given("n", 4))

EXERCISE = replace(
    EXERCISE,
    parts=(*EXERCISE.parts, Part("2", Text(he="ועוד אחד?", en="and one more?"))),
    derive=lambda n: {{"1": KEY, "2": Later(lambda: {{"2": {later}}})}},
)
"""


def test_a_key_may_be_derived_when_it_is_asked_for(folder):
    put(folder, "mine.py", SMALL.format(id="mine") + LATER.format(later="DOUBLE(n=n/(n - 4))"))
    mine = Library(search_path([folder])).instance("mine")
    assert mine.key("1") == 8 and [*mine.keys] == ["1", "2"] and [*mine.keys.beside("1")] == ["1"]
    with pytest.raises(BadExercise) as bad:
        mine.keys["2"]
    assert bad.value.data["part"] == "2" and bad.value.data["kind"] == "ZeroDivisionError"
    assert "keys-fail" in {bad.problem for bad in lint(mine.exercise)}


@pytest.mark.parametrize("later, apart", [("KEY", False), ("DOUBLE(n=KEY)", False), ("DOUBLE(n=Given('n', n))", True)])
def test_a_key_that_is_derived_later_stands_by_itself(folder, later, apart):
    exercise = load_file(put(folder, "mine.py", SMALL.format(id="mine") + LATER.format(later=later)))
    assert ("key-later" in {bad.problem for bad in lint(exercise)}) is not apart


FAILS = [
    ('DOUBLE(n=Given("n", n))', '{}["conv9"]', "keys-fail", "KeyError"),
    ('DOUBLE(n=Given("n", n))', "DOUBLE.nothing", "keys-fail", "AttributeError"),
    ('DOUBLE(n=Given("n", n))', "DOUBLE(1, 2, 3)", "keys-fail", ""),
    ("solver.derivation import Given", "solver.derivation import Givven, Given", "file-fails", "ImportError"),
    ("numbers=", "needs=lambda n: 1 / 0, numbers=", "needs-fail", "ZeroDivisionError"),
]


@pytest.mark.parametrize("old, new, problem, kind", FAILS)
def test_what_fails_inside_a_file_is_told_with_file_line_and_kind(folder, old, new, problem, kind):
    text = SMALL.format(id="mine")
    file = put(folder, "mine.py", text.replace(old, new))
    line = next(index for index, one in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if new in one)
    try:
        (bad, *_) = lint(load_file(file))
    except BadExercise as found:
        bad = found
    assert (bad.problem, bad.data["file"], bad.data["line"]) == (problem, str(file), line)
    assert bad.data.get("kind", "") == kind


def test_what_lacks_nothing_is_left_in_peace(folder):
    assert list(lint(load_file(put(folder, "mine.py", SMALL.format(id="mine"))))) == []


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_complaint_has_words(language):
    said = (
        {problem for *_, problem in LACKS} | {problem for *_, problem, _ in FAULTS} | {"twice", "keys-fail", "id-twice"}
    )
    assert [problem for problem in sorted(said) if f"bad_exercise.{problem}" not in words(language)] == []


# the guide to exercises -----------------------------------------------------------------------------

GUIDE = (BANK.parent / "README.md").read_text(encoding="utf-8")


def test_the_exercise_of_the_guide_lacks_nothing(folder):
    (text,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    exercise = load_file(put(folder, "small_net.py", text))
    said = [words(language) for language in ("he", "en")]
    assert [str(bad) for bad in lint(exercise, lambda key: all(key in one for one in said))] == []
    assert all(f"{field}=" in text for field in ("needs", "within", "free", "options"))


def test_the_layers_of_the_guide_are_there():
    rows = re.findall(r"^\| (`[a-z]+`(?:, `[a-z]+`)*) \| (.*) \|$", GUIDE[GUIDE.index("## Layers") :], re.MULTILINE)
    assert len(rows) > 6
    for modules, layers in rows:
        inside = [import_module(f"solver.layers.{name}") for name in re.findall(r"`(\w+)`", modules)]
        for layer in re.findall(r"`([A-Z]\w+)", layers):
            assert any(hasattr(module, layer) for module in inside), layer
