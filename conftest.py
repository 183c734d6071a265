"""Without torch, every test runs but those that need it: files that import it are not collected."""

from importlib.util import find_spec

from tests.sources import needing

collect_ignore = [] if find_spec("torch") else sorted(map(str, needing("torch")))


def pytest_report_header() -> list[str]:
    return [f"not collected, as torch is not installed: {path}" for path in collect_ignore]
