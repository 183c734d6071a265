"""Imports run one way, each library has its place, and what is heavy is loaded only when it is used."""

import ast
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.sources import PACKAGES, PROJECT, ROOT, files, imports, needing, read

TORCH = tuple(
    pattern.removesuffix("/*")
    for pattern, rules in PROJECT["tool"]["ruff"]["lint"]["per-file-ignores"].items()
    if "TID253" in rules
)
PLACES = {  # library: the folders and files that may import it
    "sympy": ("solver", "exercises"),
    "numpy": ("solver", "exercises/practical"),
    "mpmath": ("solver",),
    "torch": TORCH,
    "jinja2": ("reports/html",),
    "typst": ("reports/pdf",),
    "sqlalchemy": (
        "grader/schema.py",
        "grader/ledger_schema.py",
        "grader/store.py",
        "grader/ledger.py",
        "grader/migrations",
        "tirgul/places.py",
        "tirgul/staff.py",
    ),
    "alembic": ("grader/store.py", "grader/migrations"),
    "psycopg": ("grader/store.py",),
    "starlette": ("tirgul/web",),
    "uvicorn": ("tirgul/commands/serve.py",),
    "pebble": ("tirgul/web", "grader/engines.py"),
    "distributed": ("grader/engines.py",),
    "openpyxl": ("grader/workbook.py",),
    "click": ("tirgul",),
    "rich": ("tirgul",),
}
HEAVY = tuple("sympy numpy torch jinja2 rich typst sqlalchemy alembic starlette uvicorn pebble openpyxl".split())
LIGHT = (*PACKAGES, "tirgul.cli")  # importing one of these loads nothing heavy
COMMANDS = [path.stem for path in files("tirgul/commands") if not path.stem.startswith("_")]


def complaints(path: Path, names: list[tuple[int, str]]) -> list[str]:
    """What is wrong with these imports in this file, one line each."""
    own = PACKAGES.index(path.parts[0])
    found = []
    for line, name in names:
        top = name.split(".")[0]
        if top in PACKAGES:
            if PACKAGES.index(top) > own:
                found.append(f"{path}:{line} imports {top}, which is built on {PACKAGES[own]}")
        elif top in PLACES:
            if not any(path.is_relative_to(place) for place in PLACES[top]):
                found.append(f"{path}:{line} imports {top}, whose place is {', '.join(PLACES[top])}")
        elif top not in sys.stdlib_module_names and top != "__future__":
            found.append(f"{path}:{line} imports {top}, which has no place; give it one in PLACES")
    return found


@pytest.mark.parametrize("path", files(*PACKAGES), ids=str)
def test_imports_run_one_way_and_libraries_stay_in_their_place(path):
    assert complaints(path, read(path)) == []


@pytest.mark.parametrize(
    "path, source, said",
    [
        ("solver/sizes.py", "import solver.layers\nimport grader", "2 imports grader, which is built on"),
        ("grader/verdict.py", "from reports import say", "1 imports reports, which is built on grader"),
        ("solver/sizes.py", "def f():\n    import torch", "2 imports torch, whose place is solver/verify"),
        ("grader/verdict.py", "from sympy import Expr", "1 imports sympy, whose place is solver"),
        ("reports/page.py", "import leftpad", "1 imports leftpad, which has no place"),
    ],
)
def test_a_wrong_import_is_named(path, source, said):
    (complaint,) = complaints(Path(path), list(imports(ast.parse(source))))
    assert complaint.startswith(f"{path}:{said}")


def test_what_is_installed_is_what_is_imported():
    groups = {"core": PROJECT["project"]["dependencies"], **PROJECT["project"]["optional-dependencies"]}
    installed = {re.split("[>[]", line)[0] for name, group in groups.items() if name != "dev" for line in group}
    tops = {name.split(".")[0] for path in files(*PACKAGES) for _, name in read(path)}
    taken_by_uvicorn = {"httptools", "uvloop"}  # where they are
    assert installed == (tops | taken_by_uvicorn) - set(PACKAGES) - sys.stdlib_module_names


def test_a_file_needs_what_the_files_it_imports_need():
    need = needing("torch")
    for path in files(*PACKAGES):
        tops = {name.split(".")[0] for _, name in read(path, running=True)}
        assert "torch" not in tops or path in need
    assert {path.parts[0] for path in need}.isdisjoint({"grader", "reports"})


def loaded(code: str, named: Collection[str] = HEAVY) -> set[str]:
    """Which of these modules, the heavy libraries, are in memory after a fresh interpreter has run this."""
    tell = f"print('loaded', *(name for name in {tuple(named)} if name in sys.modules), file=sys.stderr)"
    command = [sys.executable, "-c", f"import sys\n{code}\n{tell}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return set(run.stderr.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("module", LIGHT)
def test_importing_loads_nothing_heavy(module):
    assert loaded(f"import {module}") == set()


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_loads_no_mathematics(command):
    arguments = [*([command] if command else []), "--help"]
    code = f"""
sys.argv = ["tirgul", *{arguments}]
from tirgul.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert not loaded(code) & {"sympy", "numpy", "torch"}


def checked(*typed, named):
    """Which of these modules a check loads."""
    code = f"""
sys.argv = ["tirgul", "check", *{typed}]
from tirgul.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    return loaded(code, ["grader.judge", *named])


def test_a_number_is_checked_without_what_reads_code_or_draws():
    unneeded = ("solver.networks", "solver.notation.ladder", "exercises.exhibit", "reports.pages", *HEAVY)
    unneeded += ("grader.results", "hashlib", "html", "json", "random", "subprocess")
    assert checked("11.1", "2", "48", named=unneeded) == {"grader.judge"}


WITHOUT_SYMPY = [  # parts whose keys take no symbols, of exercises of which others do
    ("lenet5", "parameters.total", "61706"),
    ("conv1d", "pool.max", "3, 0, 4"),
    ("11.2", "1", "7x7"),
    ("resblock", "batchnorm", "2C"),
]


@pytest.mark.parametrize("typed", WITHOUT_SYMPY, ids=" ".join)
def test_what_needs_no_symbols_is_checked_without_sympy(typed):
    assert checked(*typed, named=["sympy"]) == {"grader.judge"}


def test_a_formula_in_symbols_takes_sympy():
    assert checked("conv1d", "fc", "D_in*D_out + D_out", named=["sympy"]) == {"grader.judge", "sympy"}


def test_loading_is_seen():
    """What the tests above ask can be found."""
    assert loaded("import sympy") == {"sympy"}
