"""What functions and operators of torch's do to signals: one table, by the function's name.

An entry is called with the walk, the name, and the arguments as they were given; parameters are called as torch calls
them. It may answer `NotImplemented`: then the operation has no formula. Tensors that are no signals (parameters, masks)
become constants beside one. Here are the layers; `arithmetic` and `arranging` enter the rest. None of them knows torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache, partial
from typing import Any, Final, TypeAlias

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.networks.conditions import times
from solver.networks.guarded import bare
from solver.networks.remembered import Step, step, step_of
from solver.networks.reshaping import MIXED
from solver.networks.steps import Applied, Each, Function, Tokenwise
from solver.networks.walk import CannotFollow, Ghost, Walk, natural
from solver.values import Shape

Handler: TypeAlias = "Callable[..., Any]"

OPERATIONS: dict[str, Handler] = {}
"""torch's name of a function or method -> what it does to signals."""


def operation(*names: str) -> Callable[[Handler], Handler]:
    """Enters a function in the table under these names."""

    def entered(handler: Handler) -> Handler:
        OPERATIONS.update(dict.fromkeys(names, handler))
        return handler

    return entered


def is_tensor(value: Any) -> bool:
    """Whether an argument is a tensor, a signal or another."""
    return isinstance(value, Ghost) or hasattr(value, "requires_grad_")


def sequence(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Sizes or axes that may have been given one by one or in a list."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else given


def refused(walk: Walk, name: str, **premises: Any) -> DoesNotFit:
    """The refusal of an operation in the module that is running."""
    misfit = DoesNotFit(name, premises)
    misfit.about = walk.path
    return misfit


def needs_values(walk: Walk, name: str) -> CannotFollow:
    """The refusal of an operation whose result depends on numbers."""
    return CannotFollow("needs_values", name.strip("_"), walk.path, walk.place())


# --- layers


@cache
def _arguments(kind: str) -> tuple[str, ...]:
    """What a layer of this kind is called with, in torch's order."""
    return tuple(field.name for field in fields(kinds()[kind]) if field.name != "name")


def made(kind: str, **arguments: Any) -> Step:
    """The step of the layer of this kind; arguments that it does not have make no difference to it."""
    known = tuple((name, value) for name, value in arguments.items() if name in _arguments(kind))
    return step_of((kind, known), lambda: kinds()[kind](**dict(known)))


def applied(walk: Walk, name: str, layer: Step, x: Any, weights: Sequence[Any] = ()) -> Any:
    """The signal after a layer whose weights are these tensors."""
    if any(isinstance(weight, Ghost) for weight in weights):
        signals = [x, *(weight for weight in weights if isinstance(weight, Ghost))]
        return walk.join(step(Applied(layer.layer)), signals,  # type: ignore[arg-type]  # a layer
            walk.unique(name), x.batched)
    weights = [weight for weight in weights if weight is not None]
    if not weights:
        return walk.window(layer, x, walk.unique(name))
    facts = layer.facts.get(x.sizes) or layer.learn(x.sizes)
    place = walk.weights.place(weights[0])
    fresh, count = walk.weights.take(weights)
    if count and count != facts[1]:
        walk.constant(Shape((count,)), count, x, walk.again(fresh))
    own = walk.again(place) if place and place != walk.path else walk.unique(name)
    return walk.window(layer, x, own, learned=count == facts[1])


def spatial(walk: Walk, name: str, layer: Step, x: Ghost, axes: int, weights: Sequence[Any] = ()) -> Any:
    """As `applied`, for a layer on channels and so many axes, with a batch axis in front or without."""
    full = len(x.full)
    if full == axes + 2 and x.batched:
        return applied(walk, name, layer, x, weights)
    if full == axes + 1:
        return applied(walk, name, layer, walk.unbatched(x, name), weights)
    if full == axes + 2:
        return applied(walk, name, each(layer), x, weights)
    raise refused(walk, name, shape=Shape(x.full), axes=axes)


def each(layer: Step) -> Step:
    """A layer for each input along the first axis."""
    return step(Each(layer.layer))  # type: ignore[arg-type]  # a layer


def fits(walk: Walk, x: Any, weight: Any, inside: Any, name: str) -> None:
    """Refuses channels or features that are not those of the weights."""
    if isinstance(inside, int) and not walk.conditions.fit(x, inside):
        raise refused(walk, name, channels=x, weight=Shape(weight.shape))


@operation("conv1d", "conv2d", "conv3d", "convolution")
def _convolution(
    walk: Walk, name: str, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Any:  # fmt: skip
    axes = len(weight.shape) - 2
    if isinstance(input, Ghost):
        fits(walk, input.full[-axes - 1], weight, weight.shape[1] * groups, name)
    layer = made(
        f"Conv{axes}d", out_channels=weight.shape[0], kernel_size=tuple(weight.shape[2:]), stride=_bare(stride),
        padding=_bare(padding), dilation=_bare(dilation), groups=groups, bias=bias is not None,
    )  # fmt: skip
    x = walk.signal(input, weight)
    return spatial(walk, name, layer, x, axes, (weight, bias))


@operation("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _transposed(
    walk: Walk, name: str, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    axes = len(weight.shape) - 2
    x = walk.signal(input, weight)
    fits(walk, x.full[-axes - 1], weight, weight.shape[0], name)
    layer = made(
        f"ConvTranspose{axes}d", out_channels=weight.shape[1] * groups, kernel_size=tuple(weight.shape[2:]),
        stride=_bare(stride), padding=_bare(padding), output_padding=_bare(output_padding), groups=groups,
        dilation=_bare(dilation), bias=bias is not None,
    )  # fmt: skip
    return spatial(walk, name, layer, x, axes, (weight, bias))


@operation("linear")
def _linear(walk: Walk, name: str, input: Any, weight: Any, bias: Any = None) -> Any:
    x = walk.signal(input, weight)
    fits(walk, x.sizes[-1] if x.sizes else 1, weight, weight.shape[-1], name)
    if len(weight.shape) == 1:
        return OPERATIONS["matmul"](walk, name, x, weight)
    layer = made("Linear", out_features=weight.shape[0], bias=bias is not None)
    return applied(walk, name, last_axis(layer, x), x, (weight, bias))


def last_axis(layer: Step, x: Ghost) -> Step:
    """A layer along the last axis; where that is the channels, each position is by itself."""
    if x.field and x.roles[-1] is None and len(x.roles) > 1:
        return step(Tokenwise(layer.layer))  # type: ignore[arg-type]  # a layer
    return layer


def placed(walk: Walk, x: Any, layer: Step) -> Any:
    """A signal whose axes are where a layer looks for them; or a layer along the last axis, or for each of a batch."""
    if layer.layer.kind in ("Linear", "LayerNorm", "RMSNorm"):
        return x, last_axis(layer, x)
    if layer.by_position:
        return x, layer
    axes = getattr(layer.layer, "axes", 2 if layer.layer.kind.startswith("Pixel") else len(x.sizes) - 2)
    if not x.batched and len(x.sizes) == axes + 2 - (layer.layer.kind == "BatchNorm1d" and len(x.sizes) == 2):
        return x, each(layer)
    return (walk.whole(x, "mixed") if x.field and x.roles != natural(len(x.sizes)) else x), layer


def told(walk: Walk, layer: Any, x: Any, said: Mapping[str, Any], about: str) -> Any:
    """The signal, whose channels have to be those that torch was told of: {"in_channels": 3}."""
    for name, found in layer.inferred(x.sizes).items():
        wanted = said.get(name, found)
        if wanted != found and not walk.conditions.fit(found, wanted):
            misfit = DoesNotFit(layer.kind, {name: wanted, "shape": x.sizes})
            misfit.about = about
            raise misfit
        if wanted != found:
            return walk.resized(x, [wanted if size == found else size for size in x.sizes])
    return x


def _bare(value: Any) -> Any:
    """A list of one for all axes as one, another as a tuple."""
    if isinstance(value, list | tuple):
        return tuple(map(bare, value)) if len(value) != 1 else bare(value[0])
    return bare(value)


@operation("bilinear")
def _bilinear(walk: Walk, name: str, input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    pair = walk.signals((input1, input2))
    layer = made("Bilinear", out_features=weight.shape[0], bias=bias is not None)
    _, fresh = walk.weights.take((weight, bias))
    return walk.join(layer, pair, walk.unique(name), pair[0].batched, learned=bool(fresh))


POOLS: Final = {
    "max_pool": ("MaxPool", ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")),
    "avg_pool": ("AvgPool", ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")),
    "lp_pool": ("LPPool", ("norm_type", "kernel_size", "stride", "ceil_mode")),
    "adaptive_avg_pool": ("AdaptiveAvgPool", ("output_size",)),
    "adaptive_max_pool": ("AdaptiveMaxPool", ("output_size", "return_indices")),
}


def _pool(
    axes: int, kind: str, named: tuple[str, ...], walk: Walk, name: str, input: Any, *given: Any, **more: Any
) -> Any:
    arguments = dict(zip(named, given, strict=False)) | more
    arguments = {argument: _bare(value) for argument, value in arguments.items()}
    both = arguments.pop("return_indices", False) or name.endswith("_with_indices")
    if arguments.get("stride", 1) == ():
        del arguments["stride"]
    x = spatial(walk, name, made(f"{kind}{axes}d", **arguments), input, axes)
    return (x, indices(walk, x)) if both else x


for _axes in (1, 2, 3):
    for _name, (_kind, _named) in POOLS.items():
        for _written in (f"{_name}{_axes}d", f"{_name}{_axes}d_with_indices"):
            OPERATIONS[_written] = partial(_pool, _axes, _kind, _named)


def indices(walk: Walk, x: Ghost) -> Ghost:
    """Where the numbers of a signal were found."""
    found = walk.layer(step(Function("indices")), x, walk.unique("indices"))
    found.element = walk.elements.get("integer")
    return found


ACTIVATIONS: Final = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "rrelu": "RReLU", "elu": "ELU", "celu": "CELU",
    "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish", "softplus": "Softplus", "softsign": "Softsign",
    "tanh": "Tanh", "tanhshrink": "Tanhshrink", "sigmoid": "Sigmoid", "logsigmoid": "LogSigmoid",
    "log_sigmoid": "LogSigmoid", "hardtanh": "Hardtanh", "hardsigmoid": "Hardsigmoid", "hardswish": "Hardswish",
    "hardshrink": "Hardshrink", "softshrink": "Softshrink", "dropout": "Dropout", "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d", "dropout3d": "Dropout3d", "alpha_dropout": "AlphaDropout",
    "feature_dropout": "Dropout2d", "feature_alpha_dropout": "FeatureAlphaDropout", "threshold": "Threshold",
}  # fmt: skip
"""Functions that are layers -> the layer's kind, which has their arguments in the same order."""


@operation(*ACTIVATIONS)
def _activation(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Ghost:
    """The layer with the function's own arguments; whether it works in place makes no difference here."""
    kind = ACTIVATIONS[name]
    said = dict(zip(_arguments(kind), given, strict=False)) | more
    plain = {k: value for k, value in said.items() if k != "inplace" and isinstance(value, int | float | str)}
    return walk.layer(made(kind, **plain), input, walk.unique(name))


@operation("softmax", "log_softmax", "softmin", "_softmax")
def _softmax(walk: Walk, name: str, input: Ghost, dim: int | None = None, *given: Any, **more: Any) -> Ghost:
    full = len(input.full)
    axis = walk.axis(input, (0 if full in (0, 1, 3) else 1) if dim is None else dim)
    kind = {"log_softmax": "LogSoftmax", "softmin": "Softmin"}.get(name, "Softmax")
    apart = axis < 0 or input.roles[axis] is None
    if apart and axis != 0:
        return walk.layer(step(Function(kind)), input, walk.unique(name))
    return walk.layer(made(kind, dim=axis + 1), input, walk.unique(name))


@operation("prelu")
def _prelu(walk: Walk, name: str, input: Ghost, weight: Any) -> Any:
    return applied(walk, name, made("PReLU", num_parameters=times(weight.shape)), input, (weight,))


@operation("glu")
def _glu(walk: Walk, name: str, input: Ghost, dim: int = -1) -> Any:
    return walk.window(made("GLU", dim=walk.axis(input, dim) + 1), input, walk.unique(name))


def _learned_first(walk: Walk, first: Any, third: Any) -> bool:
    """Whether scale and shift stand before mean and variance, as in torch.batch_norm and unlike in F.batch_norm."""
    if first is None:
        return third is not None and not walk.weights.learned(third)
    return walk.weights.learned(first)


@operation("batch_norm", "native_batch_norm", "_native_batch_norm_legit_no_training")
def _batch_norm(
    walk: Walk, name: str, input: Ghost, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, *given: Any, **more: Any,
) -> Any:  # fmt: skip
    if _learned_first(walk, running_mean, weight):
        running_mean, running_var, weight, bias = weight, bias, running_mean, running_var
    axes = max(len(input.full) - 2, 1)
    layer = made(f"BatchNorm{axes}d", affine=weight is not None, track_running_stats=running_mean is not None,
                 bias=weight is None or bias is not None)  # fmt: skip
    x = applied(walk, name, layer, input, (weight, bias))
    return (x, None, None) if "native" in name else x


@operation("instance_norm")
def _instance_norm(
    walk: Walk, name: str, input: Ghost, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, *given: Any, **more: Any,
) -> Any:  # fmt: skip
    if _learned_first(walk, running_mean, weight):
        running_mean, running_var, weight, bias = weight, bias, running_mean, running_var
    axes = len(input.full) - 2
    tracked = running_mean is not None and more.get("use_input_stats", True) is False
    layer = made(f"InstanceNorm{axes}d", affine=weight is not None, track_running_stats=tracked)
    return spatial(walk, name, layer, input, axes, (weight, bias))


@operation("group_norm")
def _group_norm(
    walk: Walk, name: str, input: Ghost, num_groups: int, weight: Any = None, bias: Any = None, *rest: Any, **more: Any
) -> Any:
    layer = made("GroupNorm", num_groups=num_groups, affine=weight is not None)
    return applied(walk, name, layer, input, (weight, bias))


@operation("layer_norm", "rms_norm")
def _layer_norm(
    walk: Walk, name: str, input: Ghost, normalized_shape: Any, weight: Any = None, bias: Any = None, *rest: Any,
    **more: Any,
) -> Any:  # fmt: skip
    kind = "LayerNorm" if name == "layer_norm" else "RMSNorm"
    bias = bias if name == "layer_norm" else None
    layer = made(kind, normalized_shape=tuple(normalized_shape), elementwise_affine=weight is not None,
                 bias=weight is None or bias is not None)  # fmt: skip
    if len(normalized_shape) == 1:
        layer = last_axis(layer, input)
    return applied(walk, name, layer, input, (weight, bias))


@operation("local_response_norm")
def _local_response_norm(walk: Walk, name: str, input: Ghost, size: int, *given: Any, **more: Any) -> Any:
    return applied(walk, name, made("LocalResponseNorm", size=size), input)


@operation("interpolate", "upsample")
def _interpolate(
    walk: Walk, name: str, input: Ghost, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    wanted, factor = _bare(size), _bare(scale_factor)
    if isinstance(factor, float) and factor.is_integer():
        factor = int(factor)
    layer = made("Upsample", size=wanted, scale_factor=factor, mode=mode, align_corners=align_corners,
                 recompute_scale_factor=recompute_scale_factor)  # fmt: skip
    return spatial(walk, name, layer, input, len(input.full) - 2)


MODES: Final = {"nearest": "nearest", "nearest_exact": "nearest-exact", "linear": "linear", "bilinear": "bilinear",
                "trilinear": "trilinear", "bicubic": "bicubic"}  # fmt: skip


@operation(*(f"_upsample_{mode}{axes}d"[mode != "nearest_exact" :] for mode in MODES for axes in (1, 2, 3)))
def _upsampled(walk: Walk, name: str, input: Ghost, size: Any, *given: Any, **more: Any) -> Any:
    """How an exported graph says interpolate: the size, whether corners are aligned, factors."""
    mode = name.strip("_").removeprefix("upsample_").rstrip("123d")
    aligned = next((value for value in given if isinstance(value, bool)), None)
    factors = next((value for value in given if isinstance(value, list | tuple)), None)
    factor = None if size is not None or factors is None else _bare(factors)
    return _interpolate(walk, "interpolate", input, size, factor, MODES[mode], None if "nearest" in mode else aligned)


@operation("pixel_shuffle", "pixel_unshuffle")
def _pixel_shuffle(walk: Walk, name: str, input: Ghost, factor: int) -> Any:
    if name == "pixel_shuffle":
        return spatial(walk, name, made("PixelShuffle", upscale_factor=factor), input, 2)
    return spatial(walk, name, made("PixelUnshuffle", downscale_factor=factor), input, 2)


@operation("channel_shuffle", "native_channel_shuffle")
def _channel_shuffle(walk: Walk, name: str, input: Ghost, groups: int) -> Any:
    return walk.window(made("ChannelShuffle", groups=groups), input, walk.unique(name))


@operation("unfold", "im2col")
def _unfold(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    named = ("kernel_size", "dilation", "padding", "stride")
    arguments = {key: _bare(value) for key, value in (dict(zip(named, given, strict=False)) | more).items()}
    x = walk.window(made("Unfold", **arguments), input, walk.unique(name))
    x.roles = (None, MIXED)
    return x


@operation("fold", "col2im")
def _fold(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    named = ("output_size", "kernel_size", "dilation", "padding", "stride")
    arguments = {key: _bare(value) for key, value in (dict(zip(named, given, strict=False)) | more).items()}
    return walk.window(made("Fold", **arguments), input, walk.unique(name))


@operation("embedding")
def _embedding(walk: Walk, name: str, input: Any, weight: Any, *given: Any, **more: Any) -> Any:
    if name == "embedding" and isinstance(weight, Ghost):
        input, weight = weight, input
    layer = made("Embedding", num_embeddings=weight.shape[0], embedding_dim=weight.shape[1])
    x = applied(walk, name, layer, input, (weight,))
    x.roles, x.element = (*input.roles, None), walk.elements.get("float")
    return x


# --- questions that are answered at once


@operation("size")
def _size(walk: Walk, name: str, input: Ghost, dim: int | None = None) -> Any:
    return input.shape if dim is None else input.shape[dim]  # type: ignore[attr-defined]  # a ghost of torch's


@operation("dim", "ndimension")
def _dim(walk: Walk, name: str, input: Ghost) -> int:
    return len(input.full)


@operation("numel", "nelement")
def _numel(walk: Walk, name: str, input: Ghost) -> Any:
    return walk.guarded(times(input.full))


ANSWERS: Final[dict[str, Any]] = {
    "is_complex": False, "is_contiguous": True, "is_tensor": True, "is_inference": False, "is_conj": False,
    "is_neg": False, "has_names": False, "is_set_to": False, "get_device": -1, "element_size": 4, "is_pinned": False,
    "is_shared": False,
}  # fmt: skip


@operation("is_floating_point")
def _is_floating_point(walk: Walk, name: str, input: Ghost) -> bool:
    return input.element not in (walk.elements.get("truth"), walk.elements.get("integer"))


@operation(*ANSWERS)
def _answer(walk: Walk, name: str, *given: Any, **more: Any) -> Any:
    return ANSWERS[name]


@operation("_assert", "_assert_async", "sym_constrain_range_for_size", "_check")
def _asserted(walk: Walk, name: str, condition: Any, *given: Any, **more: Any) -> None:
    return None


VALUED: Final = (
    "item tolist numpy __bool__ __int__ __float__ __index__ __array__ __complex__ __contains__ is_nonzero nonzero "
    "unique unique_consecutive equal allclose masked_select bincount histc argwhere"
).split()
"""What gives numbers, or shapes that depend on them."""


@operation(*VALUED)
def _valued(walk: Walk, name: str, *given: Any, **more: Any) -> Any:
    raise needs_values(walk, name)
