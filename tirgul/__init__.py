"""Commands and faces of the exercise class: what students, staff and authors type.

Notebooks import `check` from here, and `%load_ext tirgul` makes `%%tirgul` known, which importing `check` does too.
"""

import sys
from pathlib import Path
from typing import Any

PACKAGES = ("solver", "exercises", "grader", "reports")


def __getattr__(name: str) -> Any:
    """`tirgul.check` for notebooks and `tirgul.__version__`, each looked up when it is asked for."""
    if name == "__version__":
        return _version()
    if name == "check":
        return _notebook().check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext tirgul` does."""
    _notebook().register(shell)


def _notebook() -> Any:
    """The notebook's face; says so where a student's own file hides one of our packages."""
    _see_shadows()
    from tirgul import notebook  # only after a shadow would have been seen

    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        notebook.register(shell)
    return notebook


def _see_shadows() -> None:
    """Raises ImportError, in both languages, where `import solver` finds somebody else's solver.py."""
    from importlib.util import find_spec  # only in notebooks

    home = Path(__file__).resolve().parents[1]
    for package in PACKAGES:
        spec = find_spec(package) if package not in sys.modules else sys.modules[package].__spec__
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is not None and origin != home / package / "__init__.py":
            raise ImportError(_shadowed(package, origin, home))


def _shadowed(package: str, file: Path, home: Path) -> str:
    """The notice, read from the catalogs by hand: our own code may be what cannot be imported."""
    lines = []
    for language in ("he", "en"):
        catalog = (home / "reports" / "catalogs" / f"{language}.po").read_text(encoding="utf-8")
        message = catalog.partition('msgid "notebook.shadowed"\nmsgstr "')[2].partition('"\n')[0]
        lines.append(message % {"file": file.name, "package": package})
    return "\n".join(lines)


def _version() -> str:
    """The version that is installed, as the name of its folder tells: importlib.metadata takes 30 ms to import."""
    for folder in sys.path:
        for found in Path(folder).glob("tirgul-*.dist-info"):
            return found.stem.removeprefix("tirgul-")
    from importlib.metadata import version  # installed in some other way

    return version("tirgul")
