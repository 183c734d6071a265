"""How fast the self-check page answers, and how fast the command does.

    python -m benchmarks.web [--seconds 10] [--rate 200]

Starts `tirgul serve` with a store of its own, and asks it as a class would: each student has a session, every answer
is a new one that is judged, kept durably and shown. Prints the latencies at a steady rate, what it does at most, and
what a cold `tirgul check` takes over a bare interpreter. Server and students share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = {  # part: what students answer, each again with another number of blanks and so never the same
    "1a": ("10x10x3", "10x10", "9x9x3", "13x13x3"),
    "1b": ("5x5x3", "5x5", "6x6x3"),
    "2": ("48", "51", "4*4*3", "144", "4q8", "16"),
    "3": ("348", "48+300", "351", "360"),
    "4": ("5175", "4800+75+300", "5100", "4800"),
}
STUDENTS = 240


class Student:
    """A session, the tokens of its forms, and a connection that is kept, as browsers keep theirs."""

    def __init__(self, at: tuple[str, int], number: int) -> None:
        self.at, self.number, self.sent = at, number, 0
        self.cookie = self.form = ""
        self.connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def arrive(self) -> None:
        """Opens the page."""
        _, headers, page = await self.ask("GET /en/e/11.1 HTTP/1.1\r\n")
        self.cookie = re.search(r"(?i)set-cookie: ([^;]+)", headers)[1]  # type: ignore[index]  # a page always sets it
        self.form = re.search(r'name="form" value="(\w+)"', page)[1]  # type: ignore[index]  # and holds this

    async def answer(self) -> tuple[float, int]:
        """Answers a part; gives the seconds that it took, and the status."""
        self.sent += 1
        part = list(ANSWERS)[(self.number + self.sent) % len(ANSWERS)]
        texts = ANSWERS[part]
        text = " " * (self.number + self.sent) + texts[(self.number * 7 + self.sent) % len(texts)]
        once = f"{self.number:016x}{self.sent:016x}"
        body = urlencode({"form": self.form, "v": "course", "part": part, "answer": text[:300], "once": once})
        head = (
            f"POST /en/e/11.1/answer HTTP/1.1\r\nCookie: {self.cookie}\r\nX-Part: 1\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
        )
        started = time.perf_counter()
        status, _, _ = await self.ask(head, body)
        return time.perf_counter() - started, status

    async def ask(self, head: str, body: str = "") -> tuple[int, str, str]:
        """One request: status, headers, body; on a new connection where the server let go of the last."""
        try:
            return await self._asked(head, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.connection = None
            return await self._asked(head, body)

    async def _asked(self, head: str, body: str) -> tuple[int, str, str]:
        if self.connection is None:
            self.connection = await asyncio.open_connection(*self.at)
        reader, writer = self.connection
        writer.write(f"{head}Host: {self.at[0]}:{self.at[1]}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        headers = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", headers)
        reply = await reader.readexactly(int(length[1]) if length else 0)
        return int(headers.split(" ", 2)[1]), headers, reply.decode()


async def steady(students: Sequence[Student], rate: int, seconds: int) -> list[tuple[float, int]]:
    """Answers at a steady rate, whether earlier ones have come back or not."""
    started, asked = time.perf_counter(), []
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        asked.append(asyncio.create_task(students[number % len(students)].answer()))
    return await asyncio.gather(*asked)


async def peak(students: Sequence[Student], at_once: int, each: int) -> tuple[float, list[tuple[float, int]]]:
    """Answers as fast as they come back."""

    async def busy(mine: Sequence[Student]) -> list[tuple[float, int]]:
        return [await student.answer() for _ in range(each) for student in mine]

    started = time.perf_counter()
    found = await asyncio.gather(*(busy(students[one::at_once]) for one in range(at_once)))
    return time.perf_counter() - started, [one for some in found for one in some]


async def measured(at: tuple[str, int], rate: int, seconds: int) -> None:
    """Both measurements, each with students who have not answered yet."""
    first = [Student(at, number) for number in range(STUDENTS)]
    for student in first:
        await student.arrive()
    tell(f"{rate} answers a second for {seconds} s", await steady(first, rate, seconds))
    second = [Student(at, number) for number in range(STUDENTS, 2 * STUDENTS)]
    for student in second:
        await student.arrive()
    took, answers = await peak(second, 48, 12)
    tell(f"as many as it can: {len(answers) / took:.0f} a second", answers)


def tell(what: str, answers: list[tuple[float, int]]) -> None:
    """A line of milliseconds and statuses."""
    times = sorted(seconds * 1000 for seconds, _ in answers)
    cuts = statistics.quantiles(times, n=100)
    refused = f"{sum(status != 200 for _, status in answers)} of {len(times)} refused"
    print(f"{what}: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms, {refused}")


def cold(times: int = 9) -> None:
    """What a cold command takes, best and median, over a bare interpreter."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    commands = {
        "bare interpreter": ["-c", "pass"],
        "tirgul --version": ["-c", "from tirgul.cli import main; main()", "--version"],
        "tirgul check 11.1 2 48": ["-c", "from tirgul.cli import main; main()", "check", "11.1", "2", "48"],
    }
    for name, arguments in commands.items():
        taken = []
        for _ in range(times):
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, check=False)
            taken.append((time.perf_counter() - started) * 1000)
        print(f"{name}: best {min(taken):.0f} ms, median {statistics.median(taken):.0f} ms")


def main() -> None:
    """Measures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=200)
    options.add_argument("--seconds", type=int, default=10)
    chosen = options.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    cold()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-c", "from tirgul.cli import main; main()", "serve", "--port", "0", "--lang", "en",
            "--store", f"{folder}/a.db", "--sessions", "100000",
        ]  # fmt: skip
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            said = re.search(r"http://([\d.]+):(\d+)", server.stdout.readline() if server.stdout else "")
            if said is None:
                raise SystemExit("the server did not start")
            asyncio.run(measured((said[1], int(said[2])), chosen.rate, chosen.seconds))
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
