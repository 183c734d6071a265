"""Exercises for other systems: one module a format, with its FILE and `write(instances, languages) -> bytes`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from exercises.exercise import Instance, Language


class Format(Protocol):
    """What a module of this package offers."""

    FILE: str

    def write(self, instances: Sequence[Instance], languages: Sequence[Language]) -> bytes:
        """The whole file: the same bytes for the same exercises."""


def names() -> tuple[str, ...]:
    """The formats: modules of this package that have a FILE are imported when they are chosen."""
    return tuple(found.name.replace("_", "-") for found in iter_modules(__path__) if found.name != "questions")


def export_format(name: str) -> Format:
    """The format of a name."""
    return cast("Format", import_module(f"{__name__}.{name.replace('-', '_')}"))


def exports() -> Mapping[str, Format]:
    """All of them."""
    return {name: export_format(name) for name in names()}
