"""Where exercises are found: files in folders, one file an exercise, its name made from the exercise's id.

    11.1 -> ex11_1.py          conv1d -> conv1d.py          init-demo -> init_demo.py

Exercise files are code, so only folders that somebody named are searched: the bank, those in TIRGUL_EXERCISES, and
those given as `--exercises`. Student input never names a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, TypeAlias, final

from exercises.exercise import BadExercise, Exercise, Instance, Part
from solver.frozen import frozen

if TYPE_CHECKING:
    from exercises.variants import Variants

BANK = Path(__file__).parent / "bank"
VARIABLE = "TIRGUL_EXERCISES"

# blanks, the byte order mark, and the marks that keyboards and editors put around text in two directions
EDGES = " \t\r\n\v\f\xa0\ufeff\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

SearchPath: TypeAlias = tuple[Path, ...]


class UnknownExercise(KeyError):
    """No exercise has this id; `near` are ids that it may be a misprint of."""

    def __init__(self, exercise: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(exercise)
        self.exercise, self.near = exercise, near


class UnknownPart(KeyError):
    """The exercise has no such part; `near` are its parts, likely ones first."""

    def __init__(self, exercise: str, part: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(part)
        self.exercise, self.part, self.near = exercise, part, near


# --- names


def file_stem(exercise_id: str) -> str:
    """The name of an exercise's file, without `.py`.

    >>> [file_stem(name) for name in ("11.1", "conv1d", "init-demo", "../x")]
    ['ex11_1', 'conv1d', 'init_demo', '___x']
    """
    stem = "".join(character if character.isalnum() else "_" for character in exercise_id)
    return f"ex{stem}" if stem[:1].isdigit() else stem


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sorting key under which 11.2 comes before 11.10, and numbers before words."""
    runs = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple((0, int(run), "") if run.isdecimal() else (1, 0, run.casefold()) for run in runs)


def placed(exercise: str, part: str = "") -> tuple[str, str]:
    """An exercise and a part, however the two were typed: `11.1` and `2`, `11.1/2`, `11.1 2`.

    >>> placed("11.1", "2"), placed("11.1/2"), placed("", "11.1 2"), placed("11.1", "11.1/2"), placed("11.1")
    (('11.1', '2'), ('11.1', '2'), ('11.1', '2'), ('11.1', '2'), ('11.1', ''))
    """
    exercise, part = exercise.strip(EDGES), part.strip(EDGES)
    if not exercise:
        exercise, part = part, ""
    exercise, _, inside = exercise.replace("/", " ", 1).partition(" ")
    return exercise.strip(EDGES), (part.removeprefix(f"{exercise}/") or inside).strip(EDGES)


def near(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that this one may be a misprint of, likely ones first."""
    from difflib import get_close_matches  # only needed where something went wrong

    known = {other.casefold(): other for other in names}
    return tuple(known[match] for match in get_close_matches(name[:60].casefold(), known, n=3, cutoff=0.5))


# --- the search path


def search_path(own: Iterable[Path] = ()) -> SearchPath:
    """The folders to search: the bank, then those in TIRGUL_EXERCISES, then `own`; each once."""
    named = (Path(folder) for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder)
    return tuple({folder.resolve(): None for folder in (BANK, *named, *own)})


def files(folder: Path) -> list[Path]:
    """The exercise files in a folder; a name that starts with `_` is not one."""
    if not folder.is_dir():
        return []
    found = (path for path in folder.glob("*.py") if not path.name.startswith("_") and path.is_file())
    return sorted(found, key=lambda path: natural(path.stem))


# --- loading


def load_file(path: Path) -> Exercise:
    """The exercise in this file; raises BadExercise, which names the file and the line."""
    try:
        module = _imported(path)
    except (Exception, SystemExit) as problem:  # whatever an author's file does
        line = _line(problem, path)
        detail = f"{type(problem).__name__}: {problem}"
        kind = type(problem).__name__
        raise BadExercise(path.stem, "file-fails", file=str(path), line=line, detail=detail, kind=kind) from problem
    exercise = getattr(module, "EXERCISE", None)
    if not isinstance(exercise, Exercise):
        raise BadExercise(path.stem, "no-exercise", file=str(path), line=1)
    if file_stem(exercise.id) != path.stem:
        wanted = f"{file_stem(exercise.id)}.py"
        raise BadExercise(exercise.id, "name-differs", file=str(path), line=1, wanted=wanted)
    return exercise


def load(exercise_id: str, path: SearchPath) -> Exercise:
    """The exercise with this id, importing no other; raises UnknownExercise or BadExercise."""
    exercise_id = exercise_id.strip(EDGES)
    stem = file_stem(exercise_id).casefold()
    found = [file for folder in path for file in files(folder) if file.stem.casefold() == stem]
    if not found:
        raise UnknownExercise(exercise_id, near(exercise_id, (exercise.id for exercise in available(path))))
    if len(found) > 1:
        raise BadExercise(exercise_id, "twice", file=str(found[1]), line=1, other=str(found[0]))
    return load_file(found[0])


def survey(path: SearchPath) -> tuple[tuple[Exercise, ...], tuple[BadExercise, ...]]:
    """Every exercise that can be loaded, in natural order, and what is wrong with the rest."""
    stems = sorted({file.stem.casefold() for folder in path for file in files(folder)}, key=natural)
    exercises: list[Exercise] = []
    broken: list[BadExercise] = []
    for stem in stems:
        try:
            exercises.append(load(stem, path))
        except BadExercise as problem:
            broken.append(problem)
    return tuple(sorted(exercises, key=lambda exercise: natural(exercise.id))), tuple(broken)


def available(path: SearchPath) -> tuple[Exercise, ...]:
    """Every exercise that can be loaded, in natural order."""
    return survey(path)[0]


def derived(instance: Instance) -> Instance:
    """The instance, its keys derived; raises BadExercise whatever goes wrong in the author's file."""
    try:
        instance.keys  # noqa: B018  # derived once, when first asked for
    except BadExercise as bad:
        raise located(bad, instance.exercise, bad.__cause__) from bad.__cause__
    except Exception as problem:  # an author's function may fail in any way
        kind = type(problem).__name__
        failed = BadExercise(instance.exercise.id, "keys-fail", detail=f"{kind}: {problem}", kind=kind)
        raise located(failed, instance.exercise, problem) from problem
    return instance


def located(bad: BadExercise, exercise: Exercise, cause: BaseException | None = None) -> BadExercise:
    """What is wrong with an exercise, with its file and the line that failed, or that names what is wrong."""
    code = getattr(exercise.derive, "__code__", None)
    if "file" in bad.data or code is None or not code.co_filename.endswith(".py"):
        return bad
    file = Path(code.co_filename)
    line = _line(cause, file) if cause else _naming(bad, file)
    return BadExercise(bad.exercise, bad.problem, file=str(file), line=line, **bad.data)


def _naming(bad: BadExercise, file: Path) -> int:
    """The first line that has the name of the part, number or text in question as a string; else 1."""
    names = [str(bad.data[key]).split(" ")[-1] for key in ("part", "where", "name", "id") if key in bad.data]
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
    spelled = [word for name in names for word in (f'"{name}"', f"'{name}'", f"{name}=")]
    found = (index for index, line in enumerate(lines, start=1) if any(word in line for word in spelled))
    return next(found, 1)


@final
@frozen
class Library:
    """A search path that remembers what it has loaded."""

    path: SearchPath

    @cached_property
    def _instances(self) -> dict[str, Instance]:
        return {}

    @cached_property
    def _variants(self) -> dict[str, Variants]:
        return {}

    @cached_property
    def _loaded(self) -> dict[str, Exercise | UnknownExercise | BadExercise]:
        return {}

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise with this id; raises UnknownExercise or BadExercise."""
        stem = file_stem(exercise_id.strip(EDGES)).casefold()
        if stem not in self._loaded:
            try:
                self._loaded[stem] = load(exercise_id, self.path)
            except (UnknownExercise, BadExercise) as problem:
                self._loaded[stem] = problem
        loaded = self._loaded[stem]
        if isinstance(loaded, Exercise):
            return loaded
        raise loaded

    def instance(self, exercise_id: str, code: str = "") -> Instance:
        """The exercise with its keys derived, with the course's own numbers or those of a variant's code.

        Raises UnknownExercise, BadExercise, or BadCode.
        """
        exercise = self.exercise(exercise_id)
        if code:
            return self.variants(exercise).drawn(code)
        if exercise.id not in self._instances:
            self._instances[exercise.id] = derived(exercise.canonical())
        return self._instances[exercise.id]

    def variants(self, exercise: Exercise) -> Variants:
        """The variants of an exercise."""
        from exercises.variants import Variants  # brings the oracles, which few answers need

        if exercise.id not in self._variants:
            self._variants[exercise.id] = Variants(exercise)
        return self._variants[exercise.id]


# --- parts


def part_named(exercise: Exercise, part_id: str) -> Part:
    """The part with this id, however its letters were typed; raises UnknownPart."""
    wanted = _plain(part_id)
    for part in exercise.parts:
        if _plain(part.id) == wanted:
            return part
    ids = [part.id for part in exercise.parts]
    raise UnknownPart(exercise.id, part_id.strip(EDGES), near(part_id, ids) or tuple(ids))


def parts_named(exercise: Exercise, part_id: str) -> tuple[Part, ...]:
    """The part with this id, or the sub-parts it is the first word of (`sizes`: `sizes.C1`, ...); all for ""."""
    group = f"{_plain(part_id)}."
    inside = tuple(part for part in exercise.parts if part_id == "" or _plain(part.id).startswith(group))
    return inside or (part_named(exercise, part_id),)


def _plain(part_id: str) -> str:
    return part_id.strip(EDGES).strip("().").casefold()


# --- importing one file


def _imported(path: Path) -> ModuleType:
    if path.parent.resolve() == BANK.resolve():
        return import_module(f"exercises.bank.{path.stem}")
    from hashlib import sha256  # only for folders of one's own
    from importlib.util import module_from_spec, spec_from_file_location

    name = f"tirgul_exercise_{sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path.name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _line(problem: BaseException, path: Path) -> int:
    """The last line of this file that had a part in the problem."""
    if isinstance(problem, SyntaxError) and problem.filename == str(path):
        return problem.lineno or 1
    line, frame = 1, problem.__traceback__
    while isinstance(frame, TracebackType):
        if Path(frame.tb_frame.f_code.co_filename) == path:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
