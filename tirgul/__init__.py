"""Commands and faces of the exercise class: what students, staff and authors type."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`tirgul.__version__`, looked up when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("tirgul")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
