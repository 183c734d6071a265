"""Networks as short text, and back: "C1: Conv2d(6, 5, padding=2) ReLU MaxPool2d(2) Flatten Linear(10)".

Layers have torch's names and arguments and stand one after the other, with blanks, commas, `->` or new lines between
them; in_channels and in_features are inferred, and passed over where torch has them: in what it prints, as
`(0): Conv2d(1, 3, kernel_size=(4, 4))`, and in code, as `nn.Conv2d(1, 3, 4)`. Without `nn.`, three numbers may be meant
either way and are refused as ambiguous. `Sum(a b | c)` and `Concat(a | b)` put paths together, `Repeat(a b, 3)`
repeats. An argument may be a symbol, as in `Conv2d(8, K, stride=S)`; `Conv2d(K)` has C_out channels.
Texts are data: they are read by a small grammar of our own and never executed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, replace
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias, final

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Layer, Operation
from solver.layers.composite import Branches, Chain, Concat, Graph, Node, Sum
from solver.layers.repeated import Repeat
from solver.notation.unreadable import Unreadable
from solver.values import Size, symbol

MOST_CHARACTERS = 20_000
MOST_LAYERS = 2_000
DEEPEST = 20
MOST_DIGITS = 9

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?(?:e-?\d+)?)|(?P<name>[A-Za-z_][\w.]*)|(?P<text>'[^'\n]*'|\"[^\"\n]*\")"
    r"|(?P<mark>->|[()\[\],=:|>]))"
)
_WORDS = {"True": True, "False": False, "None": None}
_INFERRED = {"in_channels", "in_features", "num_features"}
_LED = re.compile(r"(Conv|ConvTranspose)[123]d|Linear")
"""Kinds whose first argument in torch is what is inferred here."""
_SEPARATORS = {",", "->", ">", ":"}

Token: TypeAlias = "tuple[str, str, int]"


class _Refused(Exception):
    def __init__(self, reason: str, at: int, word: str = "") -> None:
        super().__init__(reason)
        self.unreadable = Unreadable(reason, at, word)


class NotANetwork(ValueError):
    """A text that cannot be read as a network; `unreadable` says why and where."""

    def __init__(self, text: str, unreadable: Unreadable) -> None:
        super().__init__(f"{unreadable.reason} at {unreadable.at} {unreadable.word!r} in {text!r}")
        self.text, self.unreadable = text, unreadable


def read_network(text: str) -> Layer | Unreadable:
    """The network that a text describes, as a Chain; or why it cannot be read, and where.

    >>> read_network("Conv2d(3, 4, bias=False) ReLU AvgPool2d(2) Flatten Linear(4)").layers[0].kernel_size
    (4, 4)
    >>> read_network("Conv2d(3, 4) Relu")
    Unreadable(reason='unknown_name', at=13, word='Relu')
    """
    if len(text) > MOST_CHARACTERS:
        return Unreadable("too_long", MOST_CHARACTERS)
    try:
        reader = _Reader(_tokens(text))
        network = reader.chain(0)
        reader.expect_end()
    except _Refused as refused:
        return refused.unreadable
    return network


def network_of(text: str) -> Layer:
    """The network that a text describes; raises NotANetwork for a text that is none."""
    read = read_network(text)
    if isinstance(read, Unreadable):
        raise NotANetwork(text, read)
    return read


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise _Refused("bad_character", at, text[at])
        kind = str(match.lastgroup)
        found.append((kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, ("end", "", len(text))]


@final
class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.layers = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.next
        self.position += token[0] != "end"
        return token

    def took(self, mark: str) -> bool:
        here = self.next[:2] == ("mark", mark)
        self.position += here
        return here

    def expect(self, mark: str) -> None:
        if not self.took(mark):
            raise _Refused("syntax", self.next[2], self.next[1])

    def expect_end(self) -> None:
        if self.next[0] != "end":
            raise _Refused("syntax", self.next[2], self.next[1])

    def chain(self, depth: int) -> Chain:
        """Layers one after the other."""
        if depth > DEEPEST:
            raise _Refused("too_deep", self.next[2])
        layers: list[Layer] = []
        while self.next[0] == "name" or (self.next[0] == "mark" and self.next[1] in {*_SEPARATORS, "("}):
            if self.next[0] == "mark" and self.next[1] != "(":
                if self.next[1] == "," and self._repeats_next():
                    break
                self.take()
            else:
                layer = self.printed(depth) if self.next[0] == "mark" else self.layer(depth)
                layers += layer.layers if isinstance(layer, Chain) and not layer.name else (layer,)
        return Chain(tuple(layers))

    def printed(self, depth: int) -> Layer:
        """A layer with its name in brackets before it, as torch prints it; a number is no name."""
        self.expect("(")
        kind, word, at = self.take()
        self.expect(")")
        self.expect(":")
        if kind not in ("name", "number") or self.next[0] != "name":
            raise _Refused("syntax", at if kind not in ("name", "number") else self.next[2], word)
        return self.layer(depth, word if kind == "name" else "")

    def _repeats_next(self) -> bool:
        """Whether behind a comma stands how often, and not another layer."""
        kind, word, _ = self.tokens[self.position + 1]
        closed = kind != "end" and self.tokens[self.position + 2][:2] == ("mark", ")")
        return kind == "number" or (kind == "name" and closed and word not in kinds())

    def layer(self, depth: int, name: str = "") -> Layer:
        """A layer, perhaps with its name before it."""
        self.layers += 1
        _, word, at = self.take()
        if self.layers > MOST_LAYERS:
            raise _Refused("too_long", at)
        if not name and self.took(":"):
            name = word
            kind, word, at = self.take()
            if kind != "name":
                raise _Refused("syntax", at, word)
        whole, word = word, word.removeprefix("torch.").removeprefix("nn.")
        match word:
            case "Sum" | "Concat":
                self.expect("(")
                paths = [self.chain(depth + 1)]
                while self.took("|"):
                    paths.append(self.chain(depth + 1))
                self.expect(")")
                return (Sum if word == "Sum" else Concat)(tuple(paths), name=name)
            case "Repeat":
                return self._repeat(depth, name)
            case "Sequential" | "Chain":
                self.expect("(")
                inner = self.chain(depth + 1)
                self.expect(")")
                return Chain(inner.layers, name=name)
            case _ if word in kinds() and issubclass(kinds()[word], Layer):
                return self._made(kinds()[word], name, at, word, as_in_code=whole != word)
            case _:
                raise _Refused("unknown_name", at, word)

    def _repeat(self, depth: int, name: str) -> Layer:
        self.expect("(")
        inner = self.chain(depth + 1)
        self.expect(",")
        times = self.value(0)
        self.expect(")")
        return Repeat(inner.layers[0] if len(inner.layers) == 1 else inner, times, name=name)

    def _made(self, kind: type[Any], name: str, at: int, word: str, *, as_in_code: bool) -> Layer:
        given, named = self._arguments()
        known = [field.name for field in fields(kind) if field.name != "name"]
        if _LED.fullmatch(word):
            given = _without_inferred(given, named, known, at, word, as_in_code=as_in_code)
        named = {argument: value for argument, value in named.items() if argument not in _INFERRED - set(known)}
        unknown = [argument for argument in named if argument not in known]
        if unknown or len(given) > len(known):
            raise _Refused("unknown_argument", at, unknown[0] if unknown else str(given[len(known)]))
        arguments = dict(zip(known, given, strict=False)) | named
        defaults = {field.name: _default(field) for field in fields(kind)}
        if missing := [argument for argument in known if defaults[argument] is MISSING and argument not in arguments]:
            if missing != ["kernel_size"] or not hasattr(arguments.get("out_channels"), "free_symbols"):
                raise _Refused("missing_argument", at, missing[0])
            arguments |= {"kernel_size": arguments["out_channels"], "out_channels": symbol("C_out")}
        answers = [argument for argument, default in defaults.items() if isinstance(default, bool)]
        if strange := [argument for argument in answers if not isinstance(arguments.get(argument, True), bool)]:
            raise _Refused("bad_argument", at, strange[0])
        try:
            made: Layer = kind(**arguments, name=name)
        except DoesNotFit as misfit:
            raise _Refused("bad_argument", at, ", ".join(misfit.premises)) from None
        except (TypeError, ValueError):
            raise _Refused("bad_argument", at, word) from None
        return made

    def _arguments(self) -> tuple[list[Any], dict[str, Any]]:
        given: list[Any] = []
        named: dict[str, Any] = {}
        if not self.took("("):
            return given, named
        while not self.took(")"):
            kind, word, at = self.next
            if kind == "name" and self.tokens[self.position + 1][:2] == ("mark", "="):
                self.position += 2
                named[word] = self.value(0)
            elif named:
                raise _Refused("syntax", at, word)
            else:
                given.append(self.value(0))
            if self.next[:2] != ("mark", ")"):
                self.expect(",")
        return given, named

    def value(self, depth: int) -> Any:
        """A number, word, symbol, text or tuple of these."""
        kind, word, at = self.take()
        if depth > DEEPEST:
            raise _Refused("too_deep", at)
        match kind:
            case "number" if len(word) > MOST_DIGITS + 8 or ("e" in word and len(word) > MOST_DIGITS):
                raise _Refused("too_many_digits", at)
            case "number":
                return float(word) if set(word) & set(".e") else _whole(word, at)
            case "name":
                return _WORDS[word] if word in _WORDS else symbol(word)
            case "text":
                return word[1:-1]
            case "mark" if word in "([":
                items = []
                while not self.took(")" if word == "(" else "]"):
                    items.append(self.value(depth + 1))
                    self.took(",")
                return tuple(items)
            case _:
                raise _Refused("syntax", at, word)


def _without_inferred(
    given: list[Any], named: dict[str, Any], known: list[str], at: int, word: str, *, as_in_code: bool
) -> list[Any]:
    """Arguments without the channels or features in, which torch has first: in code, and where it prints the rest."""
    needed = 1 if word == "Linear" else 2
    numbers = [value for value in given if not isinstance(value, bool)]
    if not given or _INFERRED & set(named):
        return given
    if as_in_code or (len(numbers) == needed == 2 and known[1] in named) or (needed == 1 and len(numbers) == 2):
        return given[1:]
    if len(numbers) > needed:
        raise _Refused("ambiguous", at, word)
    return given


def _whole(word: str, at: int) -> int:
    if len(word) > MOST_DIGITS:
        raise _Refused("too_many_digits", at)
    return int(word)


# --- writing


def write_text(network: Layer) -> str:
    """A network as short text; reading it gives the network again. Raises DoesNotFit for graphs, which are no terms.

    >>> write_text(read_network("C1: Conv2d(6, (5, 5), padding=2) -> ReLU()"))
    'C1: Conv2d(6, 5, padding=2) ReLU'
    """
    label = f"{network.name}: " if network.name else ""
    match network:
        case Chain(layers):
            inside = " ".join(map(write_text, layers))
            return f"{label}Sequential({inside})" if network.name else inside
        case Branches(paths):
            return f"{label}{network.kind}({' | '.join(map(write_text, paths))})"
        case Repeat(layer, times):
            return f"{label}Repeat({write_text(layer)}, {times})"
        case Graph():
            raise DoesNotFit("write_text", {"layer": network.kind})
        case _:
            arguments = ", ".join(arguments_of(network))
            return f"{label}{network.kind}({arguments})" if arguments else f"{label}{network.kind}"


def arguments_of(layer: Operation, *, named: bool = False) -> Iterator[str]:
    """The arguments that are not their defaults; those without one stand first, unnamed unless all are to be named."""
    for field in fields(layer):
        if field.name == "name":
            continue
        value = getattr(layer, field.name)
        shown = _value(_for_all_axes(layer, field.name, value))
        if _default(field) is MISSING and not named:
            yield shown
        elif value != _default(field) and value != _spread(_default(field), value):
            yield f"{field.name}={shown}"


def _for_all_axes(layer: Operation, argument: str, value: Any) -> Any:
    """One value in place of equal ones, where it means the same: Conv2d(3, 5), but LayerNorm((5, 5))."""
    if not isinstance(value, tuple) or len(set(value)) != 1:
        return value
    try:
        return value[0] if replace(layer, **{argument: value[0]}) == layer else value
    except DoesNotFit:
        return value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _spread(default: Any, like: Any) -> Any:
    return (default,) * len(like) if isinstance(like, tuple) else default


def _value(value: Any) -> str:
    match value:
        case str():
            return repr(value)
        case (one,):
            return f"({_value(one)},)"
        case tuple():
            return f"({', '.join(map(_value, value))})"
        case _:
            return str(value)


# --- JSON

SCHEMA = "tirgul/network/1"


def write_json(network: Layer) -> str:
    """A network as JSON, which any program can pass on: the short text, or of a graph the nodes one by one."""
    if isinstance(network, Graph):
        return json.dumps({"schema": SCHEMA, "graph": _graph_data(network)}, ensure_ascii=False)
    return json.dumps({"schema": SCHEMA, "text": write_text(network)}, ensure_ascii=False)


def read_json(text: str) -> Layer | Unreadable:
    """A network from JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable("syntax")
    if not isinstance(document, dict):
        return Unreadable("wrong_type")
    said = document.get("text")
    if isinstance(said, str):
        return read_network(said)
    try:
        return _graph_from(document["graph"])
    except (DoesNotFit, AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return Unreadable("wrong_type")


def _graph_data(graph: Graph) -> dict[str, Any]:
    nodes = [
        {"operation": _data(node.operation), "inputs": list(node.inputs)} | ({"shared": True} if node.shared else {})
        for node in graph.nodes
    ]
    return {"name": graph.name, "inputs": graph.inputs, "outputs": list(graph.outputs), "nodes": nodes}


def _graph_from(data: Any) -> Graph:
    nodes = []
    for number, node in enumerate(data["nodes"], start=data["inputs"]):
        inputs = tuple(node["inputs"])
        if not all(type(taken) is int and 0 <= taken < number for taken in inputs):
            raise ValueError(inputs)
        nodes.append(Node(_from_data(node["operation"]), inputs, node.get("shared") is True))
    outputs = tuple(data["outputs"])
    if not all(type(made) is int and 0 <= made < data["inputs"] + len(nodes) for made in outputs):
        raise ValueError(outputs)
    return Graph(tuple(nodes), outputs, data["inputs"], name=str(data.get("name", "")))


def _data(operation: Any) -> dict[str, Any]:
    """An operation by its class and the arguments that are not their defaults."""
    given = {
        field.name: _plain_data(getattr(operation, field.name))
        for field in fields(operation)
        if field.name != "name" and getattr(operation, field.name) != _default(field)
    }
    name = {"name": operation.name} if operation.name else {}
    return name | {"kind": type(operation).__name__} | ({"arguments": given} if given else {})


def _plain_data(value: Any) -> Any:
    match value:
        case tuple():
            return [_plain_data(item) for item in value]
        case Operation():
            return _data(value)
        case Size():
            return {"size": [getattr(value, field.name) for field in fields(value)]}
        case Fraction():
            return {"fraction": str(value)}
        case bool() | int() | float() | str() | None:
            return value
        case _:
            return {"symbol": str(value)}


def _from_data(data: Any) -> Any:
    """An operation of one of the known classes."""
    kind = operations()[data["kind"]]
    arguments = {name: _value_from(value) for name, value in data.get("arguments", {}).items()}
    return kind(**arguments, name=str(data.get("name", "")))


def _value_from(value: Any) -> Any:
    match value:
        case list():
            return tuple(_value_from(item) for item in value)
        case {"kind": _}:
            return _from_data(value)
        case {"size": [str() as name, *numbers]}:
            return Size(name, *map(_integer, numbers))
        case {"fraction": str() as written}:
            return Fraction(written)
        case {"symbol": str() as name} if name.isidentifier():
            return symbol(name)
        case bool() | int() | float() | str() | None:
            return value
        case _:
            raise ValueError(value)


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(value)
    return value


@cache
def operations() -> dict[str, type[Any]]:
    """Every operation by its class's name: the kinds of layers and joins, and the steps of imported networks."""
    from solver.networks import moves, steps  # steps that short texts have none of

    known = (*vars(moves).values(), *vars(steps).values())
    own = (value for value in known if isinstance(value, type) and issubclass(value, Operation))
    return {**{kind.__name__: kind for kind in own if getattr(kind, "__final__", False)}, **kinds()}
