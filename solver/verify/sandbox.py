"""A second opinion on code that was handed in, by running it: only in bubblewrap, only when somebody asks for it.

Nothing of this machine can be written in there, and of it only Python and its libraries can be read. There is no
network, limits are set before the code runs (handed_in.py), and it is killed from outside when its time is over.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, final

from solver.frozen import frozen

SECONDS: Final = 60
MOST_READ: Final = 1 << 16
INSIDE: Final = Path(__file__).with_name("handed_in.py")
SYSTEM: Final = ("/usr", "/lib", "/lib64", "/bin")


@final
@frozen(slots=True)
class Ran:
    """What the code says of itself: parameters and the output's shape, or what it raised."""

    parameters: int = 0
    output: tuple[int, ...] = ()
    raised: str = ""


@final
@frozen(slots=True)
class NotRun:
    """Why there is no second opinion.

    Reasons: no_bubblewrap, no_namespaces (this machine does not let it make any), no_torch, killed (its time or its
    memory was over).
    """

    reason: str
    detail: str = ""


SecondOpinion: TypeAlias = Ran | NotRun


def second_opinion(
    code: str, shape: Sequence[int], wanted: str = "", arguments: Sequence[int] = (), seconds: float = SECONDS
) -> SecondOpinion:
    """What torch makes of the code, run in a sandbox; the reason where that cannot be."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        return NotRun("no_bubblewrap")
    asked = json.dumps({"code": code, "input": list(shape), "wanted": wanted, "arguments": list(arguments)})
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complaints:
        running = subprocess.Popen(
            [bubblewrap, *_walls(), sys.executable, "-I", "/handed_in.py"],
            stdin=subprocess.PIPE, stdout=said, stderr=complaints, start_new_session=True,
        )  # fmt: skip
        try:
            running.communicate(asked.encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            return NotRun("killed")
        finally:
            _kill(running)
        said.seek(0)
        complaints.seek(0)
        return _told(said.read(MOST_READ), complaints.read(MOST_READ).decode(errors="replace"))


def _walls() -> Iterator[str]:
    """bubblewrap's arguments: namespaces of its own, an empty environment, Python to read and nothing to write."""
    yield from ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
    yield from ("--uid", "65534", "--gid", "65534", "--clearenv", "--setenv", "OMP_NUM_THREADS", "1")
    own = {str(Path(each).resolve()) for each in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    own |= {sys.prefix, str(Path(sys.executable).parent)}
    for path in (*SYSTEM, *sorted(own - {"/"})):
        yield from ("--ro-bind-try", path, path)
    yield from ("--ro-bind", str(INSIDE), "/handed_in.py", "--proc", "/proc", "--dev", "/dev", "--chdir", "/")
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")


def _kill(running: subprocess.Popen[bytes]) -> None:
    """Ends the sandbox and, with its process namespace, all that runs in it."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _told(said: bytes, complaints: str) -> SecondOpinion:
    try:
        found: Any = json.loads(said)
    except (ValueError, RecursionError):
        if complaints.startswith("bwrap:"):
            return NotRun("no_namespaces", complaints.strip().splitlines()[0][:200])
        return NotRun("killed")
    match found:
        case {"no_torch": True}:
            return NotRun("no_torch")
        case {"raised": str(raised)}:
            return Ran(raised=raised[:200])
        case {"parameters": int(parameters), "output": [*output]} if all(isinstance(each, int) for each in output):
            return Ran(parameters, tuple(output[:8]))
        case _:
            return NotRun("killed")
