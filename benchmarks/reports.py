"""Feedback documents a minute, HTML and PDF, beside Chromium's print and nbconvert: python -m benchmarks.reports

Every document is another student's, with answers, readings, verdicts and steps of its own; languages alternate. Two
worker processes write both formats. The first PDF of a fresh process is timed by itself. Chromium prints some of the
same HTML pages, and nbconvert a notebook of the same text, in the same run, where they are installed. The exit code is
1 where a claim does not hold: 500 documents a minute, 200 MB a process, the first PDF within a second.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from exercises.exercise import LANGUAGES
from exercises.library import Library, search_path
from grader.judge import Marker
from grader.results import Result, Student
from grader.verdict import marks
from reports.html.page import document_html
from reports.pages.student import feedback_page
from reports.pdf import document_pdf

PLEASE = {"documents_a_minute": 500.0, "megabytes": 200.0, "first_pdf_seconds": 1.0}
FIRST = """
from time import perf_counter
started = perf_counter()
from benchmarks.reports import written
written(0)
print(perf_counter() - started)
"""


@cache
def _class() -> tuple[Any, Marker]:
    instance = Library(search_path(())).instance("11.1")
    return instance, Marker(instance)


def student(number: int) -> Student:
    """A student of the class, no two with the same answers."""
    instance, marker = _class()
    side = 4 + number % 5
    given = {
        "1a": f"3x{side + 5}x{side + 5}",
        "1b": f"{side}x{side}x3",
        "2": str(48 + 3 * (number % 3)),
        "3": str(48 + side * side * 12),
        "4": str(5000 + number),
        "5": ("כן", "no", "yes")[number % 3],
    }
    results = []
    for part in instance.exercise.parts:
        judged = marker.judge(part.id, given[part.id], given) if part.id in given else None
        earned = marks(judged.verdict, part) if judged else 0
        results.append(Result("11.1", part.id, part.marks, earned, judged))  # type: ignore[arg-type]  # whole marks
    return Student(f"{number:09}", tuple(results))


def written(number: int) -> tuple[int, int, float]:
    """One student's HTML and PDF: their sizes, and the memory of the process in megabytes."""
    instance, _ = _class()
    page = feedback_page(student(number), {"11.1": instance}, LANGUAGES[number % 2])
    sizes = len(document_html([page])), len(document_pdf(page))
    return *sizes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(documents: int, workers: int) -> dict[str, float]:
    """All documents with so many processes."""
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(written, range(workers)))  # processes are there and have their fonts
        started = perf_counter()
        made = list(pool.map(written, range(documents), chunksize=5))
        seconds = perf_counter() - started
    cpu = process_time()
    for number in range(10):
        written(1000 + number)
    cpu = (process_time() - cpu) / 10
    return {
        "documents": documents,
        "documents_a_minute": 60 * documents / seconds,
        "cpu_milliseconds_a_pair": 1000 * cpu,
        "megabytes": max(memory for *_, memory in made),
        "html_bytes": sum(html for html, *_ in made) / documents,
        "pdf_bytes": sum(pdf for _, pdf, _ in made) / documents,
    }


def first_pdf() -> float:
    """The seconds until a fresh process has its first HTML and PDF, imports included."""
    run = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    return float(run.stdout)


def chromium(documents: int) -> float | None:
    """Documents a minute that Chromium prints from the same HTML, a process each; None where it is not installed."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return None
    instance, _ = _class()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        started = perf_counter()
        for number in range(documents):
            page.write_text(document_html([feedback_page(student(number), {"11.1": instance}, "he")]), encoding="utf-8")
            options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
            printed = f"--print-to-pdf={folder}/page.pdf"
            subprocess.run([browser, *options, printed, page.as_uri()], capture_output=True, check=True)
        return 60 * documents / (perf_counter() - started)


def nbconvert(documents: int) -> float | None:
    """Documents a minute that nbconvert writes, HTML alone, of notebooks with the same words; None without it."""
    if not find_spec("nbconvert"):
        return None
    exporting, v4 = import_module("nbconvert"), import_module("nbformat.v4")

    exporter = exporting.HTMLExporter()
    started = perf_counter()
    for number in range(documents):
        said = [f"## {one.part}\n\n{one.judgement.answer if one.judgement else ''}" for one in student(number).results]
        exporter.from_notebook_node(v4.new_notebook(cells=[v4.new_markdown_cell(text) for text in said]))
    return 60 * documents / (perf_counter() - started)


def complaints(found: dict[str, Any]) -> Iterator[str]:
    """The claims that do not hold on this machine."""
    if found["documents_a_minute"] < PLEASE["documents_a_minute"]:
        yield f"fewer than {PLEASE['documents_a_minute']:.0f} documents a minute"
    for name in ("megabytes", "first_pdf_seconds"):
        if found[name] > PLEASE[name]:
            yield f"{name} above {PLEASE[name]:g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line a number."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reports", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    found: dict[str, Any] = measured(chosen.documents, chosen.workers)
    found["first_pdf_seconds"] = first_pdf()
    found["chromium_a_minute"] = chromium(5)
    found["nbconvert_a_minute"] = nbconvert(10)
    found["load"] = os.getloadavg()[0]
    wrong = list(complaints(found))
    if chosen.json:
        print(json.dumps({**found, "complaints": wrong}, indent=1))
    else:
        for name, value in found.items():
            print(f"{name:28}{'not installed' if value is None else f'{value:10.1f}'}")
        print("\n".join(wrong) or "all as it should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
