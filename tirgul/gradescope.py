"""An autograder for Gradescope: the archive that staff upload, and what it runs there for each submission.

The archive holds tirgul itself, so that what is graded there is what is graded here. Gradescope runs `setup.sh` once
and `run_autograder` for each submission, which writes `results/results.json` whole or not at all: where anything goes
wrong on our side Gradescope says so, and no mark is given.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

from exercises.exercise import Instance, Language
from exercises.library import BANK, Library, search_path
from grader.batch import grade
from grader.lateness import LATE
from grader.results import Answer, Problem, Result, Student
from grader.submissions import submissions
from reports.feedback import feedback
from reports.words import words
from tirgul.course import Course, carried, unpacked
from tirgul.files import write

FILE = "autograder.zip"
METADATA = "submission_metadata.json"  # what Gradescope writes about a submission, beside it
OWNER = "submission"  # whose all of it is, whatever name stands in the files
PACKAGES = ("solver", "exercises", "grader", "reports", "tirgul")
ROOT = Path(__file__).parents[1]
DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same exercises
EXECUTABLE = ("setup.sh", "run_autograder")

SETUP = """#!/usr/bin/env bash
set -euo pipefail
apt-get update
apt-get install -y python3 python3-pip python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --no-cache-dir -r /autograder/source/requirements.txt
"""

RUN = """#!/usr/bin/env bash
set -euo pipefail
cd /autograder/source
PYTHONPATH=/autograder/source PYTHONDONTWRITEBYTECODE=1 /autograder/venv/bin/python -m tirgul.gradescope /autograder
"""


# --- the archive


def harness(
    instances: Sequence[Instance],
    languages: Sequence[Language],
    path: Sequence[Path] = (),
    course: Course | None = None,
) -> bytes:
    """The archive that grades these exercises, with the marks and the rules for handing in late that a course has."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(instances, languages, path, course or Course()):
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = (0o100755 if name in EXECUTABLE else 0o100644) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _files(
    instances: Sequence[Instance], languages: Sequence[Language], path: Sequence[Path], course: Course
) -> Iterator[tuple[str, bytes]]:
    yield "setup.sh", SETUP.encode()
    yield "run_autograder", RUN.encode()
    yield "requirements.txt", "".join(f"{line}\n" for line in _requirements()).encode()
    chosen = [instance.exercise.id for instance in instances]
    said = {"exercises": chosen, "languages": list(languages), "tirgul": version("tirgul")}
    settings = said | {"course": carried(course)}
    yield "settings.json", (json.dumps(settings, ensure_ascii=False, indent=1) + "\n").encode()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts and file.suffix not in (".pyc", ".pyo"):
                yield file.relative_to(ROOT).as_posix(), file.read_bytes()
    for number, folder in enumerate(one for one in path if one.resolve() != BANK.resolve()):
        for file in sorted(folder.glob("*.py")):
            yield f"own_exercises/{number}/{file.name}", file.read_bytes()


def _requirements() -> list[str]:
    """The libraries that the core needs, in the versions that are installed here."""
    wanted = (line for line in requires("tirgul") or () if "extra ==" not in line)
    plain = (line.partition(";")[0].strip() for line in wanted)
    bare = ("".join(one if one.isalnum() or one in "-_." else " " for one in line).split()[0] for line in plain)
    return sorted(f"{name}=={version(name)}" for name in bare)


# --- what runs there


def main(folder: Path) -> None:
    """Grades what lies in `submission` and writes `results/results.json`."""
    settings = json.loads((folder / "source" / "settings.json").read_text(encoding="utf-8"))
    own = sorted((folder / "source" / "own_exercises").glob("*"))
    library = Library(search_path(own))
    course, handed = _handed(unpacked(settings["course"]), folder / METADATA)
    document = results(folder / "submission", library, settings["exercises"], settings["languages"], course, handed)
    document["extra_data"]["tirgul"] = settings["tirgul"]
    write(folder / "results" / "results.json", (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())


def _handed(course: Course, metadata: Path) -> tuple[Course, list[Answer]]:
    """When this was handed in, and the course with the days that any of those who handed it in has more."""
    if course.late is None or not metadata.is_file():
        return course, []
    said = json.loads(metadata.read_text(encoding="utf-8"))
    names = [str(user.get(name)) for user in said.get("users") or () for name in ("sid", "email")]
    extra = max((course.late.extra.get(name, 0) for name in names), default=0)
    handed = Answer(OWNER, "", "", str(said.get("created_at") or ""), METADATA, 0, "handed")
    return replace(course, late=replace(course.late, extra={OWNER: extra})), [handed]


def results(
    submission: Path,
    library: Library,
    exercises: Sequence[str],
    languages: Sequence[Language],
    course: Course,
    handed: Sequence[Answer] = (),
) -> dict[str, Any]:
    """What Gradescope shows of one submission: a test a part, in the order of the exercises.

    Whatever stands in the files, the submission is of whom Gradescope says, and of when; of parts that were not handed
    in too.
    """
    found = list(submissions([submission], owner=OWNER))
    answers = [one for one in found if isinstance(one, Answer) and one.state != "handed"]
    problems = [one for one in found if isinstance(one, Problem)]
    expected = (Answer(OWNER, exercise, "", "") for exercise in exercises)
    inside = [one for one in answers if one.exercise in exercises or not one.exercise]
    graded = grade([*expected, *inside, *handed], library, taught=course.own, late=course.late)
    student = graded.students[0]
    said = [_told(problem, language) for problem in [*problems, *graded.problems] for language in languages]
    waits = student.pending
    if waits:
        said += [words(language).say_count("count.waiting", waits) for language in languages]
    return {
        "output": "\n".join(said),
        "output_format": "text",
        "test_output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_test(one, languages) for one in _in_order(student, exercises)],
        "extra_data": {"pending": waits},
    }


def _in_order(student: Student, exercises: Sequence[str]) -> list[Result]:
    return [one for exercise in exercises for one in student.results if one.exercise == exercise]


def _test(result: Result, languages: Sequence[Language]) -> dict[str, Any]:
    """One part; a mark that a person decides counts 0 and is said to be open."""
    return {
        "name": f"{result.exercise}/{result.part}",
        "number": f"{result.exercise}/{result.part}",
        "score": float(result.marks or 0),
        "max_score": float(result.max),
        **({} if result.marks is None else {"status": "passed" if result.marks == result.max else "failed"}),
        "output": "\n".join(_said(result, language) for language in languages),
        "visibility": "visible",
        "extra_data": {"pending": result.pending},
    }


def _said(result: Result, language: Language) -> str:
    """What is said of a part."""
    say = words(language).say
    said = feedback(say, result.judgement.verdict if result.judgement else None)
    return f"{said} {say(f'note.{LATE}')}." if LATE in result.notes else said


def _told(problem: Problem, language: Language) -> str:
    where = problem.source.rpartition("/submission/")[2]
    detail = f" ({problem.detail})" if problem.detail else ""
    return f"{where}:{problem.line}: {words(language).say(f'problem.{problem.reason}')}{detail}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
