"""Processes that grade a class into a store, begun at once: what they need is loaded before they are forked.

    with Graders() as graders: grader = graders.begin(source, store, out); grader.kill(); grader.wait()
"""

import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from exercises.library import Library, search_path
from grader.batch import grade
from grader.engines import engine
from grader.gradebooks import marks_json
from grader.ledger import Handed, Ledger
from grader.results import Answer
from grader.store import opened
from grader.submissions import submissions
from tests.sources import ROOT

LIBRARY = Library(search_path())


class Graders:
    """The process that others are forked from; it has a single thread, which this one may not have."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.graders"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.communicate()

    def begin(self, source, store, out, most=0):
        """Begins to grade a table; no more than `most` bytes fit into a file."""
        return Grader(self, self.asked("begin", str(source), str(store), str(out), most), Path(f"{out}.said"))

    def asked(self, *words):
        """What the process answers."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        asks.write(json.dumps(words) + "\n")
        asks.flush()
        return json.loads(answers.readline())


class Grader:
    """A process that grades; what it says is in a file."""

    def __init__(self, graders, pid, said):
        self.pid, self._graders, self._said = pid, graders, said

    def kill(self):
        """Ends it, whatever it does."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def ended(self):
        """Whether it has ended, and nobody has waited for it."""
        return self._graders.asked("ended", self.pid)

    def wait(self):
        """Its exit code, and what it said."""
        return self._graders.asked("wait", self.pid), self._said.read_text(encoding="utf-8")


def grade_into(source, store, out, most):
    """Grades a table; its exit code is 1, and the fault is told, where nothing can be kept."""
    if most:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    try:
        ledger = Ledger(opened(store))
        handed = Handed(submissions([Path(source)]))
        with engine("serial", LIBRARY.path, ledger, "v1") as judges:
            result = grade(handed, LIBRARY, judges=judges)
        ledger.keep(handed, result, {}, "v1")
        Path(out).write_bytes(marks_json.write(ledger.result(1)))
    except SQLAlchemyError as problem:
        print(f"{store}: {getattr(problem, 'orig', problem)}", file=sys.stderr)
        return 1
    return 0


def forked(source, store, out, most):
    """A process that grades."""
    pid = os.fork()
    if pid:
        return pid
    code = 2
    try:
        with Path(f"{out}.said").open("w", encoding="utf-8") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        code = grade_into(source, store, out, most)
    except BaseException:  # told, and never back into the loop of the process that was forked
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)


def serve():
    """Does what is asked of it, a line at a time."""
    with engine("serial", LIBRARY.path) as judges:
        grade([Answer("a", "11.1", "4", "5")], LIBRARY, judges=judges)  # what a grader works out first
    for line in sys.stdin:
        match json.loads(line):
            case ["begin", *words]:
                said = forked(*words)
            case ["ended", pid]:
                said = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            case ["wait", pid]:
                said = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    serve()
