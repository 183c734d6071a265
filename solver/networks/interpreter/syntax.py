"""Python's own tree of a piece of code, without what notebooks add, and questions about the tree alone."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from solver.networks.interpreter.limits import MOST_CHARACTERS
from solver.networks.interpreter.stopped import Unread


def parse(source: str) -> ast.Module:
    """Python's own tree of the code; a notebook's commands (%, !, ?) are left out. Raises Unread."""
    if len(source) > MOST_CHARACTERS:
        raise Unread("too_long")
    kept = "\n".join(map(_kept, source.split("\n")))
    try:
        with warnings.catch_warnings():  # Python's warnings about the code's own texts are nobody's business here
            warnings.simplefilter("ignore")
            return ast.parse(kept)
    except SyntaxError as error:
        raise Unread("syntax", error.lineno or 0, (error.text or "").strip()[:40]) from None
    except (RecursionError, MemoryError, ValueError):
        raise Unread("too_deep") from None


def _kept(line: str) -> str:
    """A line without a notebook's command; a name that one gives a value to is None."""
    if line.lstrip().startswith(("%", "!", "?")) or re.fullmatch(r"[\s\w.]+\?+\s*", line):
        return ""
    return re.sub(r"^(\s*\w+\s*=\s*)[!%](?=\w).*", r"\1None", line)


def assigned(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement would give values to."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def root(node: ast.expr) -> str:
    """The name that a call, attribute or entry is of; "" where there is none."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def yields(node: ast.FunctionDef) -> bool:
    """Whether a function is a generator: functions inside it are none of its own."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(each, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(each)
    return False


def loaded(target: ast.expr) -> ast.expr:
    """A target of an assignment as something to read."""
    match target:
        case ast.Name(name):
            read: ast.expr = ast.Name(name, ast.Load())
        case ast.Attribute(of, name):
            read = ast.Attribute(of, name, ast.Load())
        case ast.Subscript(of, index):
            read = ast.Subscript(of, index, ast.Load())
        case _:
            return target
    return ast.copy_location(read, target)
