"""Without torch, every test runs but those that need it: files that import it are not collected."""

from importlib.util import find_spec

from tests.sources import needing

pytest_plugins = ["tests.postgres"]
without_torch = [] if find_spec("torch") else sorted(map(str, needing("torch")))
by_hand = ["grader/migrations/env.py", "tests/fuzz/fuzz_reading.py"]  # Alembic runs the first, who fuzzes the second
collect_ignore = [*without_torch, *by_hand]


def pytest_report_header() -> list[str]:
    return [f"not collected, as torch is not installed: {path}" for path in without_torch]
