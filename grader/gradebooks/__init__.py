"""What a graded class is written as: one module a format, with the name of its FILE and `write(result) -> bytes`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:  # a mark in a cell is no class
    from grader.results import ClassResult


class Format(Protocol):
    """What a module of this package offers."""

    FILE: str

    def write(self, result: ClassResult) -> bytes:
        """The whole file: the same bytes for the same result."""


def formats() -> Mapping[str, Format]:
    """The formats by the name of the file that they write: every module of this package that has one."""
    from pkgutil import iter_modules  # only needed where all are wanted

    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return {module.FILE: cast("Format", module) for module in modules if hasattr(module, "FILE")}
