"""Commands and faces of the exercise class: what students, staff and authors type."""

import sys
from pathlib import Path
from typing import Any


def __getattr__(name: str) -> Any:
    """`tirgul.__version__`, looked up when it is asked for."""
    if name == "__version__":
        return _version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _version() -> str:
    """The version that is installed, as the name of its folder tells: importlib.metadata takes 30 ms to import."""
    for folder in sys.path:
        for found in Path(folder).glob("tirgul-*.dist-info"):
            return found.stem.removeprefix("tirgul-")
    from importlib.metadata import version  # installed in some other way

    return version("tirgul")
