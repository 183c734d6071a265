"""A network as torch code: an nn.Sequential of torch's own layers, small classes for branches, a class for a graph.

What is written is a network of the same shapes, parameters and counts; weights are torch's initial ones. Steps that do
not say with which numbers they compute, as x times a number, cannot be written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, final

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Join, Layer, Operation, Signal, input_field
from solver.layers.composite import Branches, Chain, Composite, Concat, Graph, Node, Sum, stepped
from solver.layers.repeated import Repeat
from solver.networks.moves import Constant, Expand, Pad, Permute, Reshape, Slice
from solver.networks.steps import Combine, Each, Einsum, Function, Reduce, Tokenwise
from solver.networks.text import arguments_of
from solver.questions import output_size
from solver.values import Shape

CLASSES: Final = {
    "Sum": """\
class Sum(nn.Module):
    def __init__(self, *paths):
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, x):
        return sum(path(x) for path in self.paths)
""",
    "Concat": """\
class Concat(nn.Module):
    def __init__(self, *paths):
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, x):
        return torch.cat([path(x) for path in self.paths], dim=1)
""",
    "SelfAttention": """\
class SelfAttention(nn.MultiheadAttention):
    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]
""",
}
"""What torch has no module for."""


def write_torch(network: Layer, shape: tuple[int, ...]) -> str:
    """Torch code that makes `net`, for inputs of this shape. Raises DoesNotFit for what cannot be written.

    >>> from solver.networks.text import read_network
    >>> print(write_torch(read_network("Conv2d(3, 4, bias=False) ReLU"), (1, 9, 9)))
    from torch import nn
    <BLANKLINE>
    net = nn.Sequential(
        nn.Conv2d(in_channels=1, out_channels=3, kernel_size=4, bias=False),
        nn.ReLU(),
    )
    <BLANKLINE>
    """
    source = _Source()
    chain = network if isinstance(network, Chain | Graph) else Chain((network,))
    made = source.module(chain, Shape(shape), "")
    body = "\n\n".join([*source.classes.values(), f"net = {made}\n"])
    imports = ["from collections import OrderedDict\n"] * source.ordered + ["import torch"] * ("torch." in body)
    return "\n".join([*imports, "from torch import nn", "", body])


@final
@dataclass
class _Source:
    """The classes that the code needs so far, and whether it names layers in order."""

    classes: dict[str, str] = field(default_factory=dict)
    ordered: bool = False

    def module(self, layer: Operation, shape: Any, indent: str) -> str:
        """The expression that makes a layer on inputs of this shape."""
        match layer:
            case Chain(layers):
                return self._chain(layers, shape, indent)
            case Repeat(inner, int() as times):
                return self.module(Chain((inner,) * times), shape, indent)
            case Sum() | Concat():
                self.classes.setdefault(layer.kind, CLASSES[layer.kind])
                paths = [self.module(path, shape, indent + "    ") for path in layer.paths]
                return _listed(f"{layer.kind}(", paths, ")", indent)
            case Graph():
                return f"{self.graph(layer, shape)}()"
            case Composite() | Branches():
                raise DoesNotFit("write_torch", {"layer": layer.kind})
            case Layer() if type(layer) is kinds().get(layer.kind):
                return self._own(layer, shape)
            case _:
                raise DoesNotFit("write_torch", {"layer": layer.kind})

    def _chain(self, layers: tuple[Layer, ...], shape: Any, indent: str) -> str:
        """A Sequential, by name where each layer has one of its own."""
        names = [layer.name for layer in layers]
        items = []
        for layer in layers:
            items.append(self.module(layer, shape, indent + "    "))
            shape = output_size(layer, shape)
        named = all(name.isidentifier() for name in names) and len(set(names)) == len(names)
        if not (layers and named):
            return _listed("nn.Sequential(", items, ")", indent)
        pairs = [f'("{name}", {item})' for name, item in zip(names, items, strict=True)]
        self.ordered = True
        return _listed("nn.Sequential(OrderedDict([", pairs, "]))", indent)

    def _own(self, layer: Layer, shape: Any) -> str:
        """One of torch's own modules: what it wants to be told of its input, and what is not a default."""
        told = [f"{name}={value}" for name, value in layer.inferred(shape).items()]
        own = (one for one in arguments_of(layer, named=True) if one.partition("=")[0] not in _names(told))
        arguments = [*told, *own]
        kind = f"nn.{layer.kind}"
        if layer.kind == "MultiheadAttention":
            kind = "SelfAttention"
            self.classes.setdefault(kind, CLASSES[kind])
            arguments = [*(one for one in arguments if not one.startswith("batch_first")), "batch_first=True"]
        return f"{kind}({', '.join(arguments)})"

    # --- graphs

    def graph(self, graph: Graph, shape: Any) -> str:
        """Writes a class for a graph and gives its name."""
        signals = [Signal(shape, input_field(len(shape) - 1))] * graph.inputs
        attributes: dict[str, str] = {}
        made: list[str] = []
        for number, node in enumerate(graph.nodes, start=graph.inputs):
            taken = tuple(signals[index] for index in node.inputs)
            after = stepped(node, taken, ())
            said = self._step(node, [each.shape for each in taken], after.shape, attributes)
            made.append(f"        x{number} = {said}\n")
            signals.append(after)
        name = f"Network{sum(1 for each in self.classes if each.startswith('Network')) or ''}"
        parts = "".join(f"        {line}\n" for line in attributes.values())
        results = ", ".join(f"x{index}" for index in graph.outputs)
        given = ", ".join(f"x{index}" for index in range(graph.inputs))
        self.classes[name] = (
            f"class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n{parts}\n"
            f"    def forward(self, {given}):\n{''.join(made)}        return {results}\n"
        )
        return name

    def _step(self, node: Node, shapes: list[Any], after: Any, attributes: dict[str, str]) -> str:
        """The expression for one step; what it learns becomes an attribute."""
        inputs = [f"x{index}" for index in node.inputs]
        operation = node.operation
        write = EXPRESSIONS.get(type(operation).__name__)
        if write is not None:
            return write(operation, inputs, shapes, after)
        match operation:
            case Constant(sizes, learned):
                held = f"torch.zeros({(1, *sizes)})"
                return self._held(node, f"nn.Parameter({held})" if learned else held, attributes)
            case Tokenwise(layer):
                return f"{self._held(node, self.module(layer, shapes[0], '        '), attributes)}({inputs[0]})"
            case Each(layer):
                inner = self._held(node, self.module(layer, Shape(shapes[0][1:]), "        "), attributes)
                return f"{inner}({inputs[0]}.flatten(0, 1)).unflatten(0, (-1, {shapes[0][0]}))"
            case Join():
                raise DoesNotFit("write_torch", {"layer": operation.kind})
            case _:
                return f"{self._held(node, self.module(operation, shapes[0], '        '), attributes)}({inputs[0]})"

    def _held(self, node: Node, made: str, attributes: dict[str, str]) -> str:
        """The attribute that a module or parameter is kept in; one that is used again is the earlier one."""
        name = re.sub(r"\W", "_", node.operation.name.partition("#")[0]) or f"step_{len(attributes)}"
        name = name if name.isidentifier() else f"_{name}"
        if node.shared and name in attributes:
            return f"self.{name}"
        name = name if name not in attributes else f"{name}_{len(attributes)}"
        if node.shared:  # its weights are those of a parameter that has an attribute of its own
            attributes[name] = f'self.__dict__["{name}"] = {made}'
        else:
            attributes[name] = f"self.{name} = {made}"
        return f"self.{name}"


def _listed(head: str, items: list[str], tail: str, indent: str) -> str:
    inside = "".join(f"{indent}    {item},\n" for item in items)
    return f"{head}\n{inside}{indent}{tail}" if inside else f"{head}{tail}"


def _names(arguments: list[str]) -> set[str]:
    return {argument.partition("=")[0] for argument in arguments}


# --- steps that are expressions; x has a batch axis before the axes of its shape

Expression = Callable[[Any, list[str], list[Any], Any], str]

UNARY: Final = (
    "exp log sqrt rsqrt abs neg sin cos tan atan erf floor ceil round sign log1p expm1 asinh acosh atanh sinh cosh"
).split()


def _between(sign: str) -> Expression:
    return lambda operation, inputs, shapes, after: f" {sign} ".join(inputs)


def _reshaped(operation: Reshape, inputs: list[str], shapes: list[Any], after: Any) -> str:
    return f"{inputs[0]}.reshape(-1, {', '.join(map(str, after))})" if after else f"{inputs[0]}.reshape(-1)"


def _permuted(operation: Permute, inputs: list[str], shapes: list[Any], after: Any) -> str:
    return f"{inputs[0]}.permute({', '.join(map(str, (0, *(axis + 1 for axis in operation.order))))})"


def _sliced(operation: Slice, inputs: list[str], shapes: list[Any], after: Any) -> str:
    cuts = {axis: f"{start}:{'' if stop is None else stop}:{step}" for axis, start, stop, step in operation.cuts}
    return f"{inputs[0]}[:, {', '.join(cuts.get(axis, ':') for axis in range(len(shapes[0])))}]"


def _padded(operation: Pad, inputs: list[str], shapes: list[Any], after: Any) -> str:
    sides = {axis: (before, behind) for axis, before, behind in operation.sides}
    ends = [end for axis in reversed(range(len(shapes[0]))) for end in sides.get(axis, (0, 0))]
    return f"nn.functional.pad({inputs[0]}, {tuple(ends)})"


def _reduced(operation: Reduce, inputs: list[str], shapes: list[Any], after: Any) -> str:
    if operation.function not in ("mean", "sum", "amax", "amin"):
        raise DoesNotFit("write_torch", {"layer": operation.function})
    axes = tuple(axis + 1 for axis in operation.axes)
    return f"{inputs[0]}.{operation.function}(dim={axes}, keepdim={operation.kept})"


def _function(operation: Function, inputs: list[str], shapes: list[Any], after: Any) -> str:
    if operation.function not in UNARY:
        raise DoesNotFit("write_torch", {"layer": operation.function})
    return f"torch.{operation.function}({inputs[0]})"


def _combined(operation: Combine, inputs: list[str], shapes: list[Any], after: Any) -> str:
    if operation.function not in ("maximum", "minimum"):
        raise DoesNotFit("write_torch", {"layer": operation.function})
    return f"torch.{operation.function}({', '.join(inputs)})"


def _expanded(operation: Expand, inputs: list[str], shapes: list[Any], after: Any) -> str:
    wide = f"{inputs[0]}.reshape(-1, {', '.join(map(str, (*(1,) * (len(after) - len(shapes[0])), *shapes[0])))})"
    return f"{wide}.expand(-1, {', '.join(map(str, after))})"


def _einsum(operation: Einsum, inputs: list[str], shapes: list[Any], after: Any) -> str:
    batch = next(letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter not in operation.left + operation.right)
    letters = f"{batch}{operation.left},{batch}{operation.right}->{batch}{operation.result}"
    return f'torch.einsum("{letters}", {", ".join(inputs)})'


EXPRESSIONS: Final[dict[str, Expression]] = {
    "Add": _between("+"),
    "Subtract": _between("-"),
    "Multiply": _between("*"),
    "Divide": _between("/"),
    "MatMul": _between("@"),
    "Concatenate": lambda o, x, shapes, after: f"torch.cat(({', '.join(x)},), dim={o.axis % len(after) + 1})",
    "Stack": lambda o, x, shapes, after: f"torch.stack(({', '.join(x)},), dim={o.axis % len(after) + 1})",
    "ScaledDotProductAttention": lambda o, x, shapes, after: (
        f"nn.functional.scaled_dot_product_attention({', '.join(x)})"
    ),
    "Reshape": _reshaped,
    "Permute": _permuted,
    "Slice": _sliced,
    "Pad": _padded,
    "Reduce": _reduced,
    "Function": _function,
    "Combine": _combined,
    "Expand": _expanded,
    "Einsum": _einsum,
}
"""Step -> how it is written, from its inputs' names, their shapes and its own."""
