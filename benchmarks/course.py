"""A whole synthetic course, from a CSV of answers to marks and gradebook.

    python -m benchmarks.course                        a million answers, variants off and on, with and without a store
    python -m benchmarks.course --answers 10000        fewer
    python -m benchmarks.course --variants off --store no

Beside it, in the same run, what one would otherwise do with the different answers: a pool of SymPy `simplify`
comparisons, and Math-Verify where it is installed.

Every measurement is a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

STUDENTS = 2_000
PARTS = 10  # of an exercise
FASTEST = {"off": 20_000, "on": 5_000}  # answers a second, at least
MOST_MB = 500
COMPARED = 300  # different answers that the other tools are given; their rate is what counts
SOURCE = (
    '"""One of the exercises of a synthetic course."""\n'
    "from dataclasses import replace\n"
    "from exercises.bank.conv1d import EXERCISE as BASE\n"
    'EXERCISE = replace(BASE, id="{name}")\n'
)


# --- the course


def write_course(folder: Path, answers: int, variants: bool) -> None:
    """Exercises and a CSV in which every student answers every part; texts as students type them."""
    exercises = max(1, round(answers / STUDENTS / PARTS))
    students = min(STUDENTS, max(1, answers // (exercises * PARTS)))
    own = folder / "exercises"
    own.mkdir(parents=True)
    names = [f"w{index:02d}" for index in range(1, exercises + 1)]
    for name in names:
        (own / f"{name}.py").write_text(SOURCE.format(name=name), encoding="utf-8")
    with multiprocessing.Pool() as pool, (folder / "answers.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("student,exercise,part,answer\n")
        for lines in pool.imap(partial(lines_of, own, students, variants), names):
            file.write(lines)


def lines_of(own: Path, students: int, variants: bool, name: str) -> str:
    """What all students answer to one exercise."""
    from exercises.codes import code_of
    from exercises.library import Library, search_path

    shelf = Library(search_path([own]))
    exercise, said, lines = shelf.exercise(name), {}, []
    for index in range(students):
        student = f"{200000000 + 7919 * index % 100000000:09d}"
        code = code_of(exercise, student) if variants else ""
        if code not in said:
            said[code] = typed(shelf, name, code)
        draw = random.Random(f"{student} {name}")
        for part, texts in said[code].items():
            text = draw.choices(*texts)[0].replace('"', '""')
            cell = f'"{text}"' if "," in text else text
            lines.append(f"{student},{name},{part},{cell}\n")
    return "".join(lines)


def typed(shelf: Any, name: str, code: str) -> dict[str, tuple[list[str], list[float]]]:
    """What students write to each part, and how often: right in several spellings, slips, wrong, unreadable."""
    from solver.derivation import mistakes
    from solver.notation.printing import ascii_text as plain
    from solver.values import as_formula

    instance = shelf.instance(name, code)
    found = {}
    for part in instance.exercise.parts:
        key = instance.key(part.id)
        right = plain(as_formula(key))
        if part.options:
            right = next(option.id for option in part.options)
        single = (one for one in mistakes(instance.keys[part.id], lambda _: None) if len(one.slips) == 1)
        slips = [plain(as_formula(one.value)) for one in single]
        wrong = ["17", "29", "101", "1/3", "2*(", "לא יודע", "17 + x"]
        texts = [right, f" {right} ", f"= {right}", *slips[:4], *wrong]
        share = [50.0, 8.0, 6.0, *[20 / max(1, len(slips[:4]))] * len(slips[:4]), 4, 3, 3, 2, 1, 1, 2]
        found[part.id] = (texts, share)
    return found


# --- measured


def grade_once(folder: Path, variants: bool, store: bool) -> dict[str, Any]:
    """`tirgul grade` in a process of its own: seconds by stage, and its memory with that of its workers."""
    out = Path(tempfile.mkdtemp(dir=folder))
    command = [sys.executable, "-m", "benchmarks.course", "--inner", str(folder), str(out)]
    command += ["--variants", "on" if variants else "off", "--store", "yes" if store else "no"]
    most, cpu = 0, 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        while process.poll() is None:
            now, spent = used(process.pid)
            most, cpu = max(most, now), max(cpu, spent)
            time.sleep(0.5)
        found = dict(json.loads(process.stdout.read().splitlines()[-1]))
    return found | {"MB_with_workers": most, "cpu_with_workers": round(cpu, 1)}


def used(session: int) -> tuple[int, float]:
    """The megabytes of a process and of all that it began, pages that they share counted once; seconds of work."""
    kilobytes, ticks = 0, 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                ticks += sum(map(int, fields[11:15]))
                kilobytes += int((process / "smaps_rollup").read_text().partition("\nPss:")[2].split()[0])
        except (OSError, IndexError):  # it has ended
            continue
    return kilobytes // 2**10, ticks / os.sysconf("SC_CLK_TCK")


def loop() -> float:
    """Milliseconds of a million steps of a loop just now: what work costs while others use the machine too."""
    spent = []
    for _ in range(5):
        start = time.process_time()
        sum(step & 3 for step in range(1_000_000))
        spent.append(time.process_time() - start)
    return min(spent) * 1000


def inner(folder: Path, out: Path, variants: bool, store: bool) -> dict[str, Any]:
    """What `tirgul grade --no-pages` does but for its words, with a clock beside it."""
    from contextlib import ExitStack

    from exercises.codes import code_of
    from exercises.library import Library, search_path
    from grader.batch import grade
    from grader.engines import engine
    from grader.submissions import Wanted, submissions
    from grader.version import version
    from tirgul.class_files import write_class
    from tirgul.cli import SELDOM
    from tirgul.gradebooks import filled

    gc.set_threshold(SELDOM)
    clock = {"reading": 0.0, "judging": 0.0}
    begun = time.perf_counter()

    def timed(name: str, source: Any) -> Iterator[Any]:
        source = iter(source)
        while True:
            start = time.perf_counter()
            one = next(source, None)
            clock[name] += time.perf_counter() - start
            if one is None:
                return
            yield one

    library = Library(search_path([folder / "exercises"]))
    with ExitStack() as stack:
        ledger, answers = None, timed("reading", submissions([folder / "answers.csv"]))
        handed: Any = answers
        if store:
            from grader.ledger import Handed, Ledger
            from grader.store import opened

            ledger = Ledger(opened(out / "course.db"))
            handed = Handed(answers)
        judges = stack.enter_context(engine("local", library.path, ledger, version(library.path)))
        own = partial(code_of, course="") if variants else (lambda *_: "")
        result = grade(handed, library, "last", own, lambda asked: timed("judging", judges(asked)))
        graded = time.perf_counter()
        if ledger:
            ledger.keep(handed, result, {}, version(library.path))
        kept = time.perf_counter()
        returned = filled([folder / "answers.csv"], [out], result, Wanted(), (), "en")
        write_class(result, library, out, None)
        list(returned.write(out))
    seconds = time.perf_counter() - begun
    many = sum(one.judgement is not None for student in result.students for one in student.results)
    megabytes = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {
        "answers": many,
        "seconds": round(seconds, 1),
        "rate": round(many / seconds),
        "cpu": round(time.process_time(), 1),
        "reading": round(clock["reading"], 1),
        "judging": round(clock["judging"], 1),
        "grouping": round(graded - begun - clock["reading"] - clock["judging"], 1),
        "keeping": round(kept - graded, 1),
        "writing": round(time.perf_counter() - kept, 1),
        "MB": megabytes,
        "pending": sum(student.pending for student in result.students),
    }


# --- what one would otherwise do


def pairs(folder: Path) -> list[tuple[str, str]]:
    """Some of the different answers, each with the key."""
    import csv

    from exercises.library import Library, search_path
    from solver.notation.printing import ascii_text as plain
    from solver.values import as_formula

    library = Library(search_path([folder / "exercises"]))
    found: dict[tuple[str, str], None] = {}
    with (folder / "answers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            instance = library.instance(row["exercise"])
            found[row["answer"].strip(" ="), plain(as_formula(instance.key(row["part"])))] = None
            if len(found) >= COMPARED:
                break
    return list(found)


def simplified(pair: tuple[str, str]) -> bool | None:
    """The comparison that courses write: it runs student text, which ours never does."""
    import sympy

    try:
        return bool(sympy.simplify(sympy.sympify(pair[0]) - sympy.sympify(pair[1])) == 0)
    except Exception:  # whatever student text does to it
        return None


def math_verified(pair: tuple[str, str]) -> bool | None:
    """Math-Verify's comparison."""
    from math_verify import parse, verify

    try:
        return bool(verify(parse(f"${pair[1]}$"), parse(f"${pair[0]}$")))
    except Exception:  # whatever student text does to it
        return None


def others(folder: Path) -> Iterator[tuple[str, float]]:
    """Different answers a second."""
    given = pairs(folder)
    for name, compare in (("SymPy simplify", simplified), ("Math-Verify", math_verified)):
        if compare is math_verified:
            try:
                import math_verify  # noqa: F401  # asked for by name
            except ImportError:
                print("Math-Verify: not installed (pip install 'math-verify[antlr4_13_2]')")
                continue
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            pool.map(compare, given[:4])  # its imports
            start = time.perf_counter()
            pool.map(compare, given, chunksize=8)
            yield name, len(given) / (time.perf_counter() - start)


def main() -> int:
    """Prints a line a measurement; the exit code is 1 where one is slower or larger than it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--answers", type=int, action="append")
    parser.add_argument("--variants", choices=("off", "on"))
    parser.add_argument("--store", choices=("no", "yes"))
    parser.add_argument("--inner", nargs=2, type=Path)
    said = parser.parse_args()
    if said.inner:
        folder, out = said.inner
        print(json.dumps(inner(folder, out, said.variants == "on", said.store == "yes")))
        return 0
    slow = False
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as place:
        for variants in [said.variants] if said.variants else ["off", "on"]:
            for many in said.answers or [10_000, 100_000, 1_000_000]:
                folder = Path(place) / f"{variants}-{many}"
                write_course(folder, many, variants == "on")
                for store in [said.store] if said.store else ["no", "yes"]:
                    found = grade_once(folder, variants == "on", store == "yes")
                    load = f"load {os.getloadavg()[0]:.1f}, loop {loop():.0f} ms"
                    print(f"variants {variants}, store {store}, {load}: {json.dumps(found)}", flush=True)
                    missed = found["rate"] < FASTEST[variants] or found["MB_with_workers"] > MOST_MB
                    slow |= many >= 1_000_000 and missed
                if variants == "off" and many == (said.answers or [10_000])[0]:
                    for name, rate in others(folder):
                        print(f"{name}: {rate:.0f} different answers a second")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
