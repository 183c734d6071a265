"""Networks and shapes as they are typed in a command, and what is said where they do not fit."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import click

from exercises.exercise import Language
from reports.words import words
from solver.analysis import NetworkAnalysis, analyze
from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Layer
from solver.networks.text import MOST_CHARACTERS, read_json, read_network
from solver.networks.walk import CannotFollow
from solver.notation.evaluation import evaluate
from solver.notation.printing import plain
from solver.notation.reading import read
from solver.notation.tree import Formula, names
from solver.notation.unreadable import Unreadable
from solver.values import Shape, Size, Value, as_formula
from tirgul.options import Refused, printable, sentence, unreadable

PREFERRED = ("network", "net", "model", "make", "build", "create")
"""What a file that names no network is looked through for, before its only one is taken."""

MOST_SIZE = 10**9
OF_NETWORKS = {"ambiguous": "cli.network_ambiguous", "syntax": "cli.network_syntax", "unknown_name": "cli.unknown_kind"}
"""Reasons that need other words where what was read is a network."""

_CALLED = re.compile(r"(?P<place>[^\n]+?):(?P<name>[A-Za-z_][\w.]*)(?P<arguments>\([^\n]*\))?")


def input_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--input C,H,W`, once for each input of the network."""
    return click.option("--input", "given", metavar="C,H,W", multiple=True, help="cli.option.input")(function)


# --- shapes


def shapes_typed(given: Sequence[str], language: Language) -> tuple[Shape, ...]:
    """The shape of each input; refuses where there is none."""
    if not given:
        raise Refused(sentence("cli.needs_input", language))
    return tuple(shape_typed(one, language) for one in given)


def shape_typed(given: str, language: Language) -> Shape:
    """3,224,224 or 3x224x224; a name is a symbol, as in 3,H,W, and 2*H is twice the size."""
    pieces = given.strip("()[] ").replace("×", ",")
    if "," not in pieces and re.fullmatch(r"\d+([xX ]\w+)*", pieces):
        pieces = re.sub("[xX ]", ",", pieces)
    sizes = [_size(piece.strip()) for piece in pieces.rstrip(",").split(",")]
    if None in sizes:
        raise Refused(sentence("cli.bad_input", language, input=printable(given)))
    return Shape(size for size in sizes if size is not None)


def _size(piece: str) -> Value | None:
    if piece.isdecimal():
        return int(piece) if 0 < int(piece[:12]) < MOST_SIZE and len(piece) < 10 else None
    if piece.isascii() and piece.isidentifier():
        return Size.symbol(piece)
    formula = read(piece)
    if not isinstance(formula, Formula) or not names(formula):
        return None
    try:
        size = evaluate(formula, {name: Size.symbol(name) for name in names(formula)})
    except (TypeError, ValueError, ArithmeticError, DoesNotFit):
        return None
    return size if isinstance(size, Size) and size.outer > 0 else None


# --- networks


def network_typed(said: str, language: Language) -> Any:
    """A layer or a torch module: from short text, a file of it, package.module:factory, or file.py."""
    called = _CALLED.fullmatch(said.strip())
    if called and called["name"] not in kinds() and _is_place(called["place"]):
        return _made(called["place"], called["name"], called["arguments"] or "", language)
    if said.endswith(".py"):
        return _only(said, language)
    path = Path(said)
    if "\n" not in said and len(said) < 1000 and (path.is_file() or path.suffix in (".txt", ".json", ".md")):
        return _written(path, language)
    return layers_read(said, language)


def layers_read(said: str, language: Language) -> Layer:
    """The network of a short text; refuses with a caret where it cannot be read."""
    network = read_json(said) if said.lstrip().startswith("{") else read_network(said)
    if isinstance(network, Unreadable):
        known = [name for name, kind in kinds().items() if issubclass(kind, Layer)]
        near = _near(network.word, known) if network.reason == "unknown_name" else ""
        key = OF_NETWORKS.get(network.reason, f"unreadable.{network.reason}")
        lines = [sentence(key, language, word=printable(network.word)), *_caret(said, network.at)]
        raise Refused(*lines, *([sentence("cli.near", language, names=near)] if near else []))
    if network.arguments.get("layers") == ():
        raise Refused(sentence("unreadable.empty", language))
    return network


def _near(word: str, known: Sequence[str]) -> str:
    from exercises.library import near  # only needed where something is wrong

    same = [name for name in known if name.casefold() in (word.casefold(), f"{word}2d".casefold())]
    return ", ".join(same or near(word, known))


def _caret(said: str, at: int) -> Iterator[str]:
    """The line in which something is wrong, and where."""
    start = said.rfind("\n", 0, at) + 1
    line = said[start:].partition("\n")[0]
    if not line.isprintable():
        return
    first = max(0, at - start - 60)
    yield f"  {line[first : first + 100]}"
    yield "  " + " " * (at - start - first) + "^"


def _is_place(place: str) -> bool:
    return place.endswith(".py") or all(part.isidentifier() for part in place.split("."))


def _written(path: Path, language: Language) -> Layer:
    try:
        with path.open(encoding="utf-8-sig") as file:
            said = file.read(4 * MOST_CHARACTERS * 16)
    except (OSError, UnicodeDecodeError) as problem:
        raise unreadable(path, problem, language) from None
    return layers_read(said, language)


def _made(place: str, name: str, arguments: str, language: Language) -> Any:
    """What a factory of a module or file makes; it is code of the user's own, and it is run."""
    value: Any = _module(place, language)
    for part in name.split("."):
        if not hasattr(value, part):
            raise Refused(sentence("cli.nothing_named", language, file=printable(place), name=printable(name)))
        value = getattr(value, part)
    with _running(f"{place}:{name}", language):
        given, named = _literals(arguments)
        return _network_of(value, *given, where=f"{place}:{name}", language=language, **named)


def _only(place: str, language: Language) -> Any:
    """The network of a file: the one with a usual name, or the only one."""
    module = _module(place, language)
    found = _networks(module)
    chosen = next((name for name in PREFERRED if name in found), None)
    if chosen is None and len(found) != 1:
        key = "cli.which_network" if found else "cli.no_network_in"
        raise Refused(sentence(key, language, file=printable(place), names=", ".join(found)))
    chosen = chosen or found[0]
    with _running(f"{place}:{chosen}", language):
        return _network_of(getattr(module, chosen), where=f"{place}:{chosen}", language=language)


def _networks(module: ModuleType) -> list[str]:
    """The names in a file that are networks or may make one."""
    own = {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", module.__name__) == module.__name__
    }
    networks = [name for name, value in vars(module).items() if _is_network(value) and not isinstance(value, type)]
    ready = {name: value for name, value in own.items() if callable(value) and not _asks(value)}
    usual = [name for name in PREFERRED if name in ready]
    classes = [name for name, value in ready.items() if isinstance(value, type) and hasattr(value, "named_modules")]
    functions = [name for name, value in ready.items() if not isinstance(value, type) and not _is_network(value)]
    return list(dict.fromkeys([*usual, *(networks or classes or functions)]))


def _asks(maker: Any) -> bool:
    """Whether a class or a function cannot be called without arguments."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):
        return True
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return any(each.default is each.empty and each.kind not in several for each in parameters)


def _module(place: str, language: Language) -> ModuleType:
    """A module or file of the user's own, which is run."""
    if place.endswith(".py") and not Path(place).is_file():
        raise Refused(sentence("cli.no_file", language, path=printable(place)))
    try:
        with _running(place, language):
            return _imported(place)
    except SyntaxError as problem:
        file, line = printable(problem.filename or place), str(problem.lineno)
        said = f"  {problem.msg}: {(problem.text or '').strip()}"
        raise Refused(sentence("cli.python_syntax", language, file=file, line=line), printable(said)) from None


def _imported(place: str) -> ModuleType:
    sys.path.insert(0, str(Path(place).resolve().parent if place.endswith(".py") else Path.cwd()))
    if not place.endswith(".py"):
        return importlib.import_module(place)
    spec = importlib.util.spec_from_file_location(f"network_of_{Path(place).stem}", place)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _literals(arguments: str) -> tuple[list[Any], dict[str, Any]]:
    """What stands in the brackets of make(10, act="relu")."""
    if not arguments:
        return [], {}
    call = ast.parse(f"f{arguments}", mode="eval").body
    if not isinstance(call, ast.Call) or not all(keyword.arg for keyword in call.keywords):
        raise ValueError(arguments)
    named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    return [*map(ast.literal_eval, call.args)], named


def _network_of(value: Any, *arguments: Any, where: str, language: Language, **named: Any) -> Any:
    """A network as it is, what a class or a function makes, or what a text says."""
    finished = isinstance(value, str) or (_is_network(value) and not isinstance(value, type))
    made = value if finished else value(*arguments, **named)
    if isinstance(made, str):
        return layers_read(made, language)
    if not _is_network(made):
        raise Refused(sentence("cli.not_a_network", language, network=where, kind=type(made).__name__))
    return made


def _is_network(value: Any) -> bool:
    return isinstance(value, Layer) or hasattr(value, "named_modules")


@contextmanager
def _running(what: str, language: Language) -> Iterator[None]:
    """Code of the user's own is run: what it prints goes to the standard error, what it raises is said."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (click.ClickException, SyntaxError):
        raise
    except (Exception, SystemExit) as problem:
        missing = problem.name or "" if isinstance(problem, ModuleNotFoundError) else ""
        if missing == "torch":
            raise Refused(sentence("cli.no_torch", language)) from None
        if missing and f"{what}.".startswith(f"{missing}."):
            raise Refused(sentence("cli.no_module", language, module=printable(missing))) from None
        where = _last_line(problem.__traceback__)
        said = f"  {type(problem).__name__}: {problem}" + (f" ({where})" if where else "")
        raise Refused(sentence("cli.no_network", language, network=printable(what)), printable(said)) from None


def _last_line(trace: TracebackType | None) -> str:
    """The last line of code that is not ours or Python's."""
    place = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and not file.startswith("<") and "importlib" not in file:
            place = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


# --- asking


def analysed(network: Any, shapes: tuple[Shape, ...], language: Language, *, bytes_each: int = 4) -> NetworkAnalysis:
    """The analysis of a network; refuses where it does not fit its input, or cannot be followed."""
    _check_inputs(network, shapes, language)
    with fitting(language), redirect_stdout(sys.stderr):
        return analyze(network, *shapes, bytes_each=bytes_each)


def _check_inputs(network: Any, shapes: Sequence[Shape], language: Language) -> None:
    """Refuses more or fewer inputs than a module's forward takes."""
    forward = getattr(network, "forward", None)
    try:
        taken = inspect.signature(forward).parameters.values() if forward is not None else ()
    except (TypeError, ValueError):
        return
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    demanded = [each.name for each in taken if each.default is each.empty and each.kind not in several]
    if len(shapes) < len(demanded):
        count = {"wanted": str(len(demanded)), "given": str(len(shapes)), "names": ", ".join(demanded)}
        raise Refused(sentence("cli.inputs_wanted", language, **count))


@contextmanager
def fitting(language: Language) -> Iterator[None]:
    """A network is asked: says why it does not fit its input, or cannot be followed."""
    try:
        yield
    except DoesNotFit as misfit:
        raise Refused(*misfit_said(misfit, language)) from None
    except CannotFollow as error:
        where = "  ".join(part for part in (error.path, error.place) if part)
        said = sentence(f"follow.{error.reason}", language, operation=printable(error.operation))
        raise Refused(said, *(f"  {printable(more)}" for more in (where, error.detail[:400]) if more)) from None


def misfit_said(misfit: DoesNotFit, language: Language) -> Iterator[str]:
    """Which rule of which layer does not apply, to what, and what it needs."""
    key = f"rule.{misfit.rule}" if f"rule.{misfit.rule}" in words(language) else f"misfit.{misfit.rule}"
    rule = sentence(key, language) if key in words(language) else misfit.rule
    about = f"{misfit.about}: " if misfit.about else ""
    premises = ", ".join(f"{name} = {_shown(value)}" for name, value in misfit.premises.items())
    yield sentence("cli.does_not_fit", language, problem=printable(f"{about}{rule} ({premises})"))
    if misfit.needs is not None:
        yield "  " + sentence("cli.misfit_needs", language, needs=plain(misfit.needs))
    key, values = _why(misfit.premises)
    if key:
        yield "  " + sentence(key, language, **values)


def _why(premises: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """What is wrong with an input, in words; nothing where the premises say it best."""
    shape, axes = premises.get("shape"), premises.get("axes")
    if isinstance(shape, tuple) and isinstance(axes, int) and len(shape) == axes + 1:
        return "cli.misfit_batch", {}
    if isinstance(shape, tuple) and isinstance(axes, int) and len(shape) != axes:
        return "cli.misfit_axes", {"axes": axes, "form": FORMS.get(axes, "C"), "given": len(shape)}
    if "groups" in premises and premises.keys() & {"in_channels", "out_channels"}:
        return "cli.misfit_groups", {"groups": premises["groups"]}
    if {"num_features", "in_channels"} <= premises.keys():
        given = {"wanted": premises["num_features"], "given": _shown(premises["in_channels"])}
        return "cli.misfit_channels", given
    for said, at in TOLD.items():
        if said in premises and isinstance(shape, tuple) and shape:
            key = "cli.misfit_features" if at else "cli.misfit_channels"
            return key, {"wanted": premises[said], "given": _shown(shape[at])}
    return "", {}


FORMS = {2: "C,L", 3: "C,H,W", 4: "C,D,H,W"}
TOLD = {"in_channels": 0, "num_features": 0, "num_channels": 0, "in_features": -1}
"""What a module was told of its input, and which size of the input that is."""


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and not isinstance(value, Shape):
        return f"({', '.join(map(_shown, value))})"
    try:
        return plain(as_formula(value))
    except (TypeError, AttributeError, ValueError):
        return str(value)
