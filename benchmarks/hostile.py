"""Time and memory of each hostile text of tests/tables/hostile.json: 50 ms and 50 MB are the most that one may take,
and the exit code is 1 where one takes more.

    python -m benchmarks.hostile
"""

from __future__ import annotations

import time
import tracemalloc

from solver.notation.equality import compare
from tests.test_notation_hostile import ITEMS, text_of

MOST_SECONDS = 0.05
MOST_BYTES = 50_000_000


def measured(text: str) -> tuple[float, int]:
    """Seconds of processor time, the least of three, and bytes at the most."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        compare(text, "x+1", names=tuple("abcdxyz"))
        compare(text, "x+1")
        seconds.append(time.process_time() - start)
    tracemalloc.start()
    compare(text, "x+1")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(seconds) / 2, peak


def main() -> None:
    texts = {item["id"]: text_of(item) for item in ITEMS if not item["kind"].startswith("file_")}
    found = {name: measured(text) for name, text in texts.items()}
    for what, place, unit in (("ms", 0, 1e3), ("MB", 1, 1e-6)):
        worst = sorted(found.items(), key=lambda each, place=place: -each[1][place])[:5]  # type: ignore[misc]
        print(f"most {what}: " + ", ".join(f"{each[place] * unit:.2f} ({name})" for name, each in worst))
    over = [name for name, (seconds, peak) in found.items() if seconds > MOST_SECONDS or peak > MOST_BYTES]
    print(f"{len(found)} texts, {len(over)} over 50 ms or 50 MB: {' '.join(over)}")
    raise SystemExit(int(bool(over)))


if __name__ == "__main__":
    main()
