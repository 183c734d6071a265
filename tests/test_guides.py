"""What is said of the code holds: each module has its place in a README, each import inside a function its reason."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.sources import PACKAGES, ROOT, files

GUIDES = {  # folder: where its modules are named
    "grader": "grader",
    "solver": "solver",
    "solver/networks": "solver",
    "solver/notation": "solver/notation",
    "solver/verify": "solver",
    "reports": "reports",
    "tirgul": "tirgul",
    "tirgul/web": "tirgul",
}


def named(guide: str) -> set[str]:
    """The modules that a folder's README names."""
    return set(re.findall(r"`((?:\w+/)*\w+\.py)`", (ROOT / guide / "README.md").read_text(encoding="utf-8")))


@pytest.mark.parametrize("folder", GUIDES)
def test_every_module_is_named_in_a_readme(folder):
    said = {name.rpartition("/")[2] for name in named(GUIDES[folder])}
    modules = {path.name for path in (ROOT / folder).glob("[!_]*.py")}
    assert modules and sorted(modules - said) == []


@pytest.mark.parametrize("guide", sorted(set(GUIDES.values())))
def test_a_readme_names_no_module_that_is_gone(guide):
    there = [f"/{path.as_posix()}" for path in files(*PACKAGES, "tests")]
    assert sorted(name for name in named(guide) if not any(path.endswith(f"/{name}") for path in there)) == []


def silent(source: str) -> Iterator[str]:
    """The functions with an import, or a row of several, whose first line has no comment."""
    lines = source.splitlines()
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    for function in functions:
        for node in ast.walk(function):
            for row in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
                for before, one in pairwise([None, *row] if isinstance(row, list) else []):
                    begins = _imports(one) and not _imports(before)
                    if begins and "#" not in lines[one.lineno - 1] + lines[(one.end_lineno or one.lineno) - 1]:
                        yield f"{function.name}:{one.lineno}"


def _imports(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


@pytest.mark.parametrize("path", files(*PACKAGES), ids=str)
def test_an_import_inside_a_function_says_what_it_saves(path):
    assert [*silent((ROOT / path).read_text(encoding="utf-8"))] == []


def test_an_import_without_a_reason_is_named():
    assert [*silent("def f():\n    if x:\n        import torch\n        import numpy")] == ["f:3"]
    assert [*silent("def f():\n    import torch  # a second\n    import numpy")] == []
