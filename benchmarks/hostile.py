"""Time and memory of each hostile text of tests/tables/hostile.json: 50 ms and 50 MB are the most that one may take.

    python -m benchmarks.hostile
"""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

from solver.notation.equality import compare

TABLE = Path(__file__).parents[1] / "tests" / "tables" / "hostile.json"
MOST_SECONDS = 0.05
MOST_BYTES = 50_000_000


def text_of(item: dict[str, Any]) -> str:
    said = item["input"]
    return said if isinstance(said, str) else "".join(piece * times for piece, times in said["concat"])


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
    items = json.loads(TABLE.read_text(encoding="utf-8"))["items"]
    texts = {item["id"]: text_of(item) for item in items if not item["kind"].startswith("file_")}
    found = {name: measured(text) for name, text in texts.items()}
    for what, place, unit in (("ms", 0, 1e3), ("MB", 1, 1e-6)):
        worst = sorted(found.items(), key=lambda each, place=place: -each[1][place])[:5]  # type: ignore[misc]
        print(f"most {what}: " + ", ".join(f"{each[place] * unit:.2f} ({name})" for name, each in worst))
    over = [name for name, (seconds, peak) in found.items() if seconds > MOST_SECONDS or peak > MOST_BYTES]
    print(f"{len(found)} texts, {len(over)} over 50 ms or 50 MB: {' '.join(over)}")


if __name__ == "__main__":
    main()
