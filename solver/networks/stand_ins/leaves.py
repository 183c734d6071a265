"""torch's constructors of modules: what they take, what they refuse, which parameters they register."""

from __future__ import annotations

from dataclasses import MISSING, fields
from math import prod
from typing import Any, Final

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Layer
from solver.networks.interpreter.stopped import Broken
from solver.networks.interpreter.values import Dotted
from solver.networks.stand_ins.objects import Leaf, Tensor
from solver.values import Shape

TOLD: Final = {"Conv": ("in_channels",), "Linear": ("in_features",), "Bilinear": ("in1_features", "in2_features")}
"""Arguments that torch has before ours, by how the kind's name begins."""

WHOLE_NUMBERS: Final = (
    "in_channels out_channels in_features out_features in1_features in2_features kernel_size stride padding dilation "
    "groups num_features num_channels num_groups num_parameters normalized_shape output_size num_embeddings "
    "embedding_dim embed_dim num_heads upscale_factor downscale_factor output_padding"
).split()
"""Arguments that torch takes as whole numbers alone."""

ASIDE: Final = ("device", "dtype")
"""Arguments of every constructor that make no difference here."""
WITHOUT: Final = frozenset("Identity Tanh Sigmoid Softsign LogSigmoid".split())
"""Modules whose arguments are none."""


def leaf(kind: str, arguments: list[Any], named: dict[str, Any], line: int) -> Leaf:
    """The module that torch's constructor makes. Raises Broken where torch would raise."""
    leading = next((names for start, names in TOLD.items() if kind.startswith(start)), ())
    given = _given(kind, leading, arguments, named, line)
    for name in WHOLE_NUMBERS:
        if _fraction(given.get(name)):
            raise Broken("not_whole", line, f"{kind}({name}={given[name]})")
    inside = {name: given.pop(name) for name in leading if name in given}
    layer = _layer(kind, given, line)
    missing = [name for name in leading if name not in inside]
    if missing:
        raise Broken("missing_arguments", line, f"{kind}: {', '.join(missing)}")
    told = {**inside, **{name: given[name] for name in ("num_features", "num_channels") if given.get(name)}}
    try:
        weights = _weights(layer, told)
    except (DoesNotFit, TypeError, ZeroDivisionError) as error:
        raise Broken("wrong_arguments", line, _refused(kind, error)) from None
    return Leaf(Dotted(f"torch.nn.{kind}"), weights, layer, told, line)


def lazy(kind: str, arguments: list[Any], named: dict[str, Any], line: int) -> Leaf:
    """A lazy module: what it is told it learns from its first input."""
    eager = kind.removeprefix("Lazy")
    own = [name for name in _own(eager) if name != "num_features"]
    layer = _layer(eager, {**dict(zip(own, arguments, strict=False)), **named}, line)
    return Leaf(Dotted(f"torch.nn.{kind}"), {}, layer, {}, line)


def _own(kind: str) -> list[str]:
    """A kind's own arguments, in order."""
    return [each.name for each in fields(kinds()[kind]) if each.name != "name"]


def _given(
    kind: str, leading: tuple[str, ...], arguments: list[Any], named: dict[str, Any], line: int
) -> dict[str, Any]:
    """A constructor's arguments by name."""
    if kind in WITHOUT:
        return {}
    known = [*leading, *_own(kind)]
    if len(arguments) > len(known):
        raise Broken("wrong_arguments", line, kind)
    given = dict(zip(known, arguments, strict=False))
    more = {name: value for name, value in named.items() if name not in ASIDE}
    unknown = next((name for name in more if name not in known or name in given), None)
    if unknown is not None:
        raise Broken("wrong_arguments", line, f"{kind}({unknown}=…)")
    return given | more


def _layer(kind: str, given: dict[str, Any], line: int) -> Any:
    """The layer of these arguments."""
    try:
        return kinds()[kind](**{name: _tupled(value) for name, value in given.items()})
    except (DoesNotFit, TypeError, ValueError) as error:
        needed = [each.name for each in fields(kinds()[kind]) if each.default is each.default_factory is MISSING]
        missing = ", ".join(name for name in needed if name not in given)
        if missing:
            raise Broken("missing_arguments", line, f"{kind}: {missing}") from None
        raise Broken("wrong_arguments", line, _refused(kind, error)) from None


def _refused(kind: str, error: Exception) -> str:
    """A constructor with the arguments that do not go together, as far as they are known."""
    premises = error.premises if isinstance(error, DoesNotFit) else {}
    return f"{kind}({', '.join(f'{name}={value}' for name, value in premises.items())})"


def _fraction(value: Any) -> bool:
    """Whether a size, or one of several, is a number that is not whole."""
    each = value if isinstance(value, tuple | list) else (value,)
    return any(isinstance(one, float) for one in each)


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _weights(layer: Any, told: dict[str, int]) -> dict[str, Tensor | None]:
    """The parameters that a module registers."""
    example = _example(layer, told)
    count = int(layer.parameters(example)) if example is not None else 0
    biased = bool(getattr(layer, "bias", False)) and count > 0
    first = getattr(layer, "out_channels", getattr(layer, "out_features", None))
    if isinstance(first, int) and not layer.kind.startswith("ConvTranspose"):
        bias = first if biased else 0
        rest = (count - bias) // first
        kernel = getattr(layer, "kernel_size", ())
        kernel = kernel if isinstance(kernel, tuple) else (kernel,) * getattr(layer, "axes", 0)
        shape = (first, rest // prod(kernel), *kernel) if kernel else (first, rest)
        return {"weight": Tensor(shape, True), "bias": Tensor((bias,), True) if bias else None}
    if not count:
        return {}
    if biased and "Norm" in layer.kind:
        return {"weight": Tensor((count // 2,), True), "bias": Tensor((count // 2,), True)}
    return {"weight": Tensor((count,), True)}


def _example(layer: Layer, told: dict[str, int]) -> Any:
    """A shape on which a layer says how many numbers it learns."""
    match layer.kind:
        case "Linear":
            return Shape((told["in_features"],))
        case "Bilinear":
            return (Shape((told["in1_features"],)), Shape((told["in2_features"],)))
        case "LayerNorm" | "RMSNorm":
            normalized = layer.arguments["normalized_shape"]
            return Shape(normalized if isinstance(normalized, tuple) else (normalized,))
        case "Embedding":
            return Shape((1,))
        case "MultiheadAttention":
            return Shape((1, layer.arguments["embed_dim"]))
        case "PReLU":
            return Shape((layer.arguments["num_parameters"], 1))
        case "GroupNorm":
            return Shape((told["num_channels"], 1))
        case kind if "in_channels" in told or kind.startswith(("BatchNorm", "InstanceNorm")):
            channels = told.get("in_channels", told.get("num_features", 0))
            return Shape((channels, *(64,) * (getattr(layer, "axes", None) or 1)))
        case _:
            return None
