"""Pages as one self-contained file without scripts, which loads nothing; in several languages, one switches between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exercises.exercise import LANGUAGES, Instance, Language
from grader.results import ClassResult, Student
from reports.html.page import document_html
from reports.pages.sheet import Refuted as Refuted
from reports.pages.sheet import sheet, solved
from reports.pages.student import Reveal, feedback_page
from reports.pages.summary import class_report
from reports.solution import Verify
from solver.verify.records import checks


def sheet_html(instances: Sequence[Instance], languages: Sequence[Language], *, verify: Verify = checks) -> str:
    """The solution sheet of some exercises; raises Refuted."""
    found = solved(instances, verify)
    return document_html([sheet(found, language) for language in languages])


def feedback_html(
    student: Student, instances: Mapping[str, Instance], language: Language, reveal: Reveal = "nothing"
) -> str:
    """The page for one student; `instances` are the exercises by id."""
    return document_html([feedback_page(student, instances, language, reveal)])


def summary_html(
    result: ClassResult,
    instances: Mapping[str, Instance],
    languages: Sequence[Language] = LANGUAGES,
    *,
    pages: Mapping[str, str] | None = None,
    of_group: Mapping[str, str] | None = None,
) -> str:
    """The report of a class; `instances` are the exercises by id, `pages` addresses of feedback pages by student."""
    return document_html([class_report(result, instances, one, pages=pages, of_group=of_group) for one in languages])
