"""Variants: drawn by a hash, fair, derived, verified, and made again from their code."""

import json
from fractions import Fraction

import pytest

from exercises.codes import ALPHABET, BadCode, code_of, fresh_code, has_variants, plain_code
from exercises.exercise import BadExercise, Exercise, Part, Range, Text
from exercises.library import Library, available, search_path
from exercises.variants import Variants
from grader.batch import grade
from grader.judge import judge
from grader.results import Answer
from grader.verdict import Right, Slipped
from solver.derivation import Given, formula, mistakes, walk
from solver.verify.steps import verify_step
from tirgul import cli

SHELF = Library(search_path())
VARIED = [exercise.id for exercise in available(SHELF.path) if has_variants(exercise)]
STUDENTS = [str(number) for number in range(8)]


def variant(exercise_id, student="123", course="course"):
    return SHELF.instance(exercise_id, code_of(SHELF.exercise(exercise_id), student, course))


def test_the_exercises_that_the_course_varies():
    assert {"11.1", "11.2", "conv1d", "lenet5", "resnet"} <= set(VARIED)


def test_a_draw_is_the_same_for_ever():
    """Recorded once: another version of Python or of tirgul must not change what students were given."""
    assert code_of(SHELF.exercise("11.1"), "123", "course") == "DCCXHX"
    assert dict(variant("11.1").numbers) == {"n": 11, "k": 6, "filters": 2, "outputs": 3}


@pytest.mark.parametrize("exercise_id", VARIED)
def test_every_key_of_a_variant_is_verified(exercise_id):
    instance = variant(exercise_id)
    for key in instance.keys.values():
        assert {verify_step(step).verdict for step in walk(key)} <= {"verified", "inconclusive"}
    assert instance.exercise.needs(**instance.numbers)


@pytest.mark.parametrize("exercise_id", VARIED)
def test_variants_differ_by_student_and_by_course_and_from_the_courses_own(exercise_id):
    exercise = SHELF.exercise(exercise_id)
    drawn = [variant(exercise_id, student).numbers for student in STUDENTS]
    assert len({str(numbers) for numbers in drawn}) > len(STUDENTS) / 2
    assert exercise.canonical().numbers not in drawn
    assert code_of(exercise, "1", "a") != code_of(exercise, "1", "b")


@pytest.mark.parametrize("exercise_id", VARIED)
def test_a_variant_has_no_faults_that_the_courses_own_numbers_have_not(exercise_id):
    variants = SHELF.variants(SHELF.exercise(exercise_id))
    for student in STUDENTS:
        assert variants._faults(variant(exercise_id, student)) <= variants._accepted


AREA = formula("test.area", "m*k", added="m + k")
WRONG = formula("dense.features", "m*k")  # the oracle of this rule says m


def tiny(rule):
    """An exercise with one rule, between whose numbers 2 and 3 the mistake m + k leads to the key where both are 2."""
    text, two = Text(he="\u05d0", en="a"), Range(2, 3, canonical=3)
    return Exercise(
        id="tiny",
        title=text,
        statement=text,
        numbers={"m": two, "k": two},
        parts=(Part("1", text),),
        derive=lambda m, k: {"1": rule("", m=Given("m", m), k=Given("k", k))},
    )


def test_a_draw_in_which_a_mistake_leads_to_the_key_is_passed_over():
    exercise = tiny(AREA)
    for seed in range(30):
        numbers = Variants(exercise).drawn(fresh_code(exercise, str(seed))).numbers
        assert numbers in ({"m": 2, "k": 3}, {"m": 3, "k": 2})


def test_an_exercise_that_cannot_be_drawn_says_so():
    refused = Exercise(**{**vars(tiny(AREA)), "needs": lambda m, k: (m, k) == (3, 3)})
    with pytest.raises(BadExercise, match="no-draws"):
        Variants(refused).drawn("K7Q2M9")


def test_a_variant_with_a_step_that_the_oracle_refutes_is_none():
    with pytest.raises(BadExercise, match="refuted"):
        Variants(tiny(WRONG)).drawn("K7Q2M9")


def test_codes():
    exercise = SHELF.exercise("11.1")
    code = code_of(exercise, "123")
    assert set(code) <= set(ALPHABET) and plain_code(f" {code[:3]}-{code[3:].lower()}\u200f") == code
    assert code == code_of(exercise, "\u200f123 ")
    assert code_of(SHELF.exercise("11.3"), "123") == ""
    for wrong in ("", "K7Q2M", "K7Q2M9X", "K7Q2MU", "../../"):
        with pytest.raises(BadCode):
            plain_code(wrong)


def test_an_answer_is_judged_by_the_students_own_numbers():
    instance = variant("11.1")
    right = str(instance.key("2"))
    assert isinstance(judge(instance, "2", right).verdict, Right)
    slip = next(one for one in mistakes(instance.keys["2"]))
    assert isinstance(judge(instance, "2", str(slip.value)).verdict, Slipped)


@pytest.fixture
def run(capsys):
    def typed(*arguments):
        code = cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return typed


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_code_is_printed_and_makes_the_variant_again(run, language, tmp_path):
    instance = variant("11.1")
    own = ("--student", "123", "--course", "course", "--lang", language)
    for command in (("show", "11.1"), ("solve", "11.1", "2"), ("check", "11.1", "2", "1"), ("sheet", "11.1")):
        assert instance.variant in run(*command, *own)[1]
    assert instance.variant in run("sheet", "11.1", "--blank", *own)[1]
    by_code = run("show", "11.1", "--variant", instance.variant.lower(), "--lang", language)
    assert by_code == run("show", "11.1", *own)
    assert run("check", "11.1", "2", instance.key("2"), *own)[0] == 0


def test_a_code_that_is_none_is_refused(run):
    for command in (("show", "11.1"), ("check", "11.1", "2", "48"), ("sheet", "11.1"), ("solve", "11.1")):
        code, out, err = run(*command, "--variant", "xx", "--lang", "en")
        assert (code, out) == (2, "") and "xx is not the code" in err
    assert run("show", "11.3", "--variant", "K7Q2M9", "--lang", "en")[0] == 2


def test_a_class_in_which_everybody_has_numbers_of_their_own(run, tmp_path):
    codes = {student: variant("11.1", student) for student in STUDENTS}
    rows = [f"{student},11.1/2,{instance.key('2')}" for student, instance in codes.items()]
    (tmp_path / "answers.csv").write_text("\n".join(["student,part,answer", *rows]), encoding="utf-8")
    run("grade", tmp_path / "answers.csv", "--out", tmp_path / "out", "--variants", "--course", "course")
    marks = json.loads((tmp_path / "out" / "marks.json").read_text(encoding="utf-8"))
    for student in marks["students"]:
        result = next(one for one in student["results"] if one["part"] == "2")
        assert (result["verdict"], result["variant"]) == ("right", codes[student["student"]].variant)
        (page,) = (tmp_path / "out" / "feedback").glob(f"{student['student']}.*.html")
        assert codes[student["student"]].variant in page.read_text(encoding="utf-8")


def test_a_sheet_names_its_variant(run, tmp_path):
    mine, other = variant("11.1", "123"), variant("11.1", "5")
    assert mine.variant != other.variant
    own = ("--student", "5", "--course", "course", "--lang", "en")
    sheet = run("sheet", "11.1", "--blank", *own)[1]
    assert "**Student:** 5\n" in sheet
    filled = sheet.replace("**Answer:**", f"**Answer:** {other.key('2')}")
    (tmp_path / "5.md").write_text(filled, encoding="utf-8")

    def second(*options):
        run("grade", tmp_path / "5.md", "--out", tmp_path / "out", *options)
        marks = json.loads((tmp_path / "out" / "marks.json").read_text(encoding="utf-8"))
        results = marks["students"][0]["results"]
        return next(one for one in results if one["part"] == "2"), marks["problems"]

    assert second()[0]["verdict"] == "right"
    assert second("--variants", "--course", "course")[0]["verdict"] == "right"
    result, problems = second("--variants", "--course", "another")
    assert result["verdict"] == "review" and [one["reason"] for one in problems] == ["other_variant"]


def test_marks_do_not_depend_on_the_numbers_of_others():
    answers = [Answer(student, "11.1", "2", str(variant("11.1", student).key("2"))) for student in STUDENTS]

    def own(exercise, student):
        return code_of(exercise, student, "course")

    result = grade(reversed(answers), SHELF, own=own)
    assert [student.total for student in result.students] == [Fraction(1)] * len(STUDENTS)
