"""The project's own source files, and what they import, read with `ast` and never run."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("solver", "exercises", "grader", "reports", "tirgul")  # each builds on those before it


def files(*folders: str) -> list[Path]:
    """Every Python file below these folders, as paths from the root."""
    return sorted(path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST, package: str = "", *, running: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import; `running`: only what importing the file itself imports.

    >>> list(imports(ast.parse("from solver.layers import base, dense")))
    [(1, 'solver.layers.base'), (1, 'solver.layers.dense')]
    >>> list(imports(ast.parse("from . import base\\nfrom .. import values"), "solver.layers"))
    [(1, 'solver.layers.base'), (2, 'solver.values')]
    >>> list(imports(ast.parse("def expression():\\n    import sympy"), running=True))
    []
    """
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module, names, level):
                parents = package.split(".")[: -(level - 1) or None] if level else []
                stem = [*parents, module] if module else parents
                yield from ((node.lineno, ".".join([*stem, name.name])) for name in names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() if running:
                pass
            case ast.If(ast.Name("TYPE_CHECKING")) if running:
                yield from chain.from_iterable(imports(other, package, running=True) for other in node.orelse)
            case _:
                yield from imports(node, package, running=running)


def read(path: Path, *, running: bool = False) -> list[tuple[int, str]]:
    """`imports` of a file, named from the root."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))
    return list(imports(tree, ".".join(path.parts[:-1]), running=running))


def needing(library: str) -> set[Path]:
    """The files that cannot be imported without this library: they import it, or a file that needs it."""

    @cache
    def wanted(path: Path) -> frozenset[Path | str]:
        found: set[Path | str] = set()
        for _, name in read(path, running=True):
            parts = name.split(".")
            found.add(parts[0])
            for end in range(1, len(parts) + 1):
                stem = Path(*parts[:end])
                found |= {stem.with_suffix(".py"), stem / "__init__.py"}
        return frozenset(found)

    everything, need = files(*PACKAGES, "tests"), set[Path]()
    while more := {path for path in everything if wanted(path) & {library, *need}} - need:
        need |= more
    return need
