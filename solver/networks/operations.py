"""What functions and operators of torch's do to signals: one table, by the function's name.

An entry is called with the walk, the name, and the arguments as they were given; parameters are called as torch calls
them. It may answer `NotImplemented`: then the operation has no formula. Tensors that are no signals (parameters, masks)
become constants beside one. This module knows nothing of torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache, partial
from typing import Any, TypeAlias

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.networks.conditions import simple, times
from solver.networks.guarded import bare
from solver.networks.reshaping import MIXED, merged
from solver.networks.steps import (
    Applied,
    Assign,
    Combine,
    Each,
    Einsum,
    Expand,
    Function,
    Mixed,
    Pad,
    Reduce,
    Scale,
    ScaledDotProductAttention,
    Slice,
    Tokenwise,
)
from solver.networks.walk import CannotFollow, Ghost, Step, Walk, step, step_of
from solver.values import Shape, Size

Handler: TypeAlias = "Callable[..., Any]"

OPERATIONS: dict[str, Handler] = {}
"""torch's name of a function or method -> what it does to signals."""


def operation(*names: str) -> Callable[[Handler], Handler]:
    """Enters a function in the table under these names."""

    def entered(handler: Handler) -> Handler:
        OPERATIONS.update(dict.fromkeys(names, handler))
        return handler

    return entered


# --- layers


@cache
def _arguments(kind: str) -> frozenset[str]:
    return frozenset(field.name for field in fields(kinds()[kind])) - {"name"}


def made(kind: str, **arguments: Any) -> Step:
    """The step of the layer of this kind; arguments that it does not have make no difference to it."""
    known = tuple((name, value) for name, value in arguments.items() if name in _arguments(kind))
    return step_of((kind, known), lambda: kinds()[kind](**dict(known)))


def applied(walk: Walk, name: str, layer: Step, x: Any, weights: Sequence[Any] = ()) -> Any:
    """The signal after a layer whose weights are these tensors."""
    if any(isinstance(weight, Ghost) for weight in weights):
        signals = [x, *(weight for weight in weights if isinstance(weight, Ghost))]
        return walk.join(step(Applied(layer.layer)), signals, walk.unique(name), x.batched)
    if not weights:
        return walk.window(layer, x, walk.unique(name))
    facts = layer.facts.get(x.sizes) or layer.learn(x.sizes)
    fresh, count = walk.weights.take(weights)
    if count and count != facts[1]:
        walk.constant(Shape((count,)), count, x, walk.again(fresh))
    return walk.window(layer, x, walk.unique(name), learned=count == facts[1])


def spatial(walk: Walk, name: str, layer: Step, x: Ghost, axes: int, weights: Sequence[Any] = ()) -> Any:
    """As `applied`, for a layer on channels and so many axes, with a batch axis in front or without."""
    full = len(x.full)
    if full == axes + 2 and x.batched:
        return applied(walk, name, layer, x, weights)
    if full == axes + 1:
        return applied(walk, name, layer, walk.reshaped_unbatched(x, name), weights)
    if full == axes + 2:
        return applied(walk, name, each(layer), x, weights)
    raise DoesNotFit(name, {"shape": Shape(x.full), "axes": axes})


def each(layer: Step) -> Step:
    """A layer for each input along the first axis."""
    return step(Each(layer.layer))  # type: ignore[arg-type]  # a layer


def _wide(walk: Walk, x: Any, weight: Any, inside: Any, name: str) -> None:
    """Refuses channels that are not those of the weights."""
    if isinstance(inside, int) and not walk.conditions.fit(x, inside):
        misfit = DoesNotFit(name, {"channels": x, "weight": tuple(weight.shape)})
        misfit.about = walk.path
        raise misfit


@operation("conv1d", "conv2d", "conv3d", "convolution")
def _convolution(
    walk: Walk, name: str, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Any:  # fmt: skip
    axes = len(weight.shape) - 2
    if isinstance(input, Ghost):
        _wide(walk, input.full[-axes - 1], weight, weight.shape[1] * groups, name)
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
    _wide(walk, x.full[-axes - 1], weight, weight.shape[0], name)
    layer = made(
        f"ConvTranspose{axes}d", out_channels=weight.shape[1] * groups, kernel_size=tuple(weight.shape[2:]),
        stride=_bare(stride), padding=_bare(padding), output_padding=_bare(output_padding), groups=groups,
        dilation=_bare(dilation), bias=bias is not None,
    )  # fmt: skip
    return spatial(walk, name, layer, x, axes, (weight, bias))


@operation("linear")
def _linear(walk: Walk, name: str, input: Any, weight: Any, bias: Any = None) -> Any:
    x = walk.signal(input, weight)
    _wide(walk, x.sizes[-1] if x.sizes else 1, weight, weight.shape[-1], name)
    if len(weight.shape) == 1:
        return _matmul(walk, name, x, weight)
    layer = made("Linear", out_features=weight.shape[0], bias=bias is not None)
    return applied(walk, name, last_axis(layer, x), x, (weight, bias))


def last_axis(layer: Step, x: Ghost) -> Step:
    """A layer along the last axis; where that is the channels, each position is by itself."""
    if x.field and x.roles[-1] is None and len(x.roles) > 1:
        return step(Tokenwise(layer.layer))  # type: ignore[arg-type]  # a layer
    return layer


def _bare(value: Any) -> Any:
    """A list of one for all axes as one, another as a tuple."""
    if isinstance(value, list | tuple):
        return tuple(map(bare, value)) if len(value) != 1 else bare(value[0])
    return bare(value)


@operation("bilinear")
def _bilinear(walk: Walk, name: str, input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    pair = walk.signals((input1, input2))
    layer = made("Bilinear", out_features=weight.shape[0], bias=bias is not None)
    walk.weights.take((weight, bias))
    return walk.join(layer, pair, walk.unique(name), pair[0].batched)


POOLS = {
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
    return (x, _indices(walk, x)) if both else x


for _axes in (1, 2, 3):
    for _name, (_kind, _named) in POOLS.items():
        for _written in (f"{_name}{_axes}d", f"{_name}{_axes}d_with_indices"):
            OPERATIONS[_written] = partial(_pool, _axes, _kind, _named)


ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "rrelu": "RReLU", "elu": "ELU", "celu": "CELU",
    "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish", "softplus": "Softplus", "softsign": "Softsign",
    "tanh": "Tanh", "tanhshrink": "Tanhshrink", "sigmoid": "Sigmoid", "logsigmoid": "LogSigmoid",
    "log_sigmoid": "LogSigmoid", "hardtanh": "Hardtanh", "hardsigmoid": "Hardsigmoid", "hardswish": "Hardswish",
    "hardshrink": "Hardshrink", "softshrink": "Softshrink", "dropout": "Dropout", "dropout1d": "Dropout1d",
    "dropout2d": "Dropout2d", "dropout3d": "Dropout3d", "alpha_dropout": "AlphaDropout",
    "feature_dropout": "Dropout2d", "feature_alpha_dropout": "FeatureAlphaDropout",
}  # fmt: skip
"""Functions that are layers -> the layer's kind; what they are called with makes no difference to what is counted."""


@operation(*ACTIVATIONS)
def _activation(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Ghost:
    return walk.layer(made(ACTIVATIONS[name]), input, walk.unique(name))


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


@operation("batch_norm", "native_batch_norm", "_native_batch_norm_legit_no_training")
def _batch_norm(
    walk: Walk, name: str, input: Ghost, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, *given: Any, **more: Any,
) -> Any:  # fmt: skip
    axes = max(len(input.full) - 2, 1)
    layer = made(f"BatchNorm{axes}d", affine=weight is not None, track_running_stats=running_mean is not None,
                 bias=weight is None or bias is not None)  # fmt: skip
    weight, bias = (running_mean, running_var) if name.startswith("_native") else (weight, bias)
    x = applied(walk, name, layer, input, (weight, bias))
    return (x, None, None) if "native" in name else x


@operation("instance_norm")
def _instance_norm(
    walk: Walk, name: str, input: Ghost, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, *given: Any, **more: Any,
) -> Any:  # fmt: skip
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


@operation("pixel_shuffle", "pixel_unshuffle")
def _pixel_shuffle(walk: Walk, name: str, input: Ghost, factor: int) -> Any:
    if name == "pixel_shuffle":
        return spatial(walk, name, made("PixelShuffle", upscale_factor=factor), input, 2)
    return spatial(walk, name, made("PixelUnshuffle", downscale_factor=factor), input, 2)


@operation("channel_shuffle", "native_channel_shuffle")
def _channel_shuffle(walk: Walk, name: str, input: Ghost, groups: int) -> Any:
    return walk.window(made("ChannelShuffle", groups=groups), input, walk.unique(name))


@operation("unfold")
def _unfold(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    if len(given) == 3 and all(isinstance(value, int) for value in given) and len(input.full) != 4:
        return NotImplemented
    arguments = dict(zip(("kernel_size", "dilation", "padding", "stride"), given, strict=False)) | more
    if "kernel_size" not in arguments:
        return NotImplemented
    x = walk.window(made("Unfold", **{key: _bare(value) for key, value in arguments.items()}), input, walk.unique(name))
    x.roles = (None, MIXED)
    return x


@operation("fold")
def _fold(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    named = ("output_size", "kernel_size", "dilation", "padding", "stride")
    arguments = dict(zip(named, given, strict=False)) | more
    return walk.window(made("Fold", **{key: _bare(value) for key, value in arguments.items()}), input, walk.unique(name))


@operation("embedding")
def _embedding(walk: Walk, name: str, input: Any, weight: Any, *given: Any, **more: Any) -> Any:
    if name == "embedding" and isinstance(weight, Ghost):
        input, weight = weight, input
    layer = made("Embedding", num_embeddings=weight.shape[0], embedding_dim=weight.shape[1])
    x = applied(walk, name, layer, input, (weight,))
    x.roles = (*input.roles, None)
    return x


# --- functions of every number by itself

FUNCTIONS = (
    "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt pow square abs neg negative positive sin cos tan asin acos atan "
    "sinh cosh asinh acosh atanh erf erfc erfinv floor ceil round trunc frac sign sgn clamp clamp_min clamp_max clip "
    "threshold reciprocal logit isnan isinf isfinite logical_not bitwise_not nan_to_num heaviside float_power sinc "
    "masked_fill fill zero zeros_like ones_like full_like empty_like rand_like randn_like bernoulli normal uniform "
    "one_hot_like tril triu __neg__ __abs__ __pow__ __rpow__ __invert__ fill_ zero_ normal_ uniform_ bernoulli_ addcmul_"
).split()

SAME = (
    "contiguous clone detach to float half double bfloat16 cpu cuda type type_as requires_grad_ requires_grad alias "
    "int long bool byte char short lift_fresh_copy _to_copy copy_to_same resolve_conj resolve_neg "
    "detach_ pin_memory data refine_names rename share_memory_ retain_grad _assert_tensor_metadata"
).split()


@operation(*FUNCTIONS)
def _function(walk: Walk, name: str, input: Any, *given: Any, **more: Any) -> Any:
    others = [value for value in (*given, *more.values()) if _is_tensor(value)]
    if not isinstance(input, Ghost) or others:
        return combined(walk, name, (input, *others))
    return walk.layer(step(Function(name.strip("_"))), input, walk.unique(name.strip("_")))


@operation(*SAME)
def _same(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Ghost:
    return input


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Ghost) or hasattr(value, "requires_grad_")


def combined(walk: Walk, name: str, operands: Sequence[Any], join: Step | None = None) -> Any:
    """The signal that several tensors make number by number."""
    name = name.strip("_")
    tensors = [operand for operand in operands if _is_tensor(operand) and not walk.is_number(operand)]
    signals = walk.fitted(walk.signals(tensors))
    if len(signals) == 1:
        return walk.layer(step(Function(name)), signals[0], walk.unique(name))
    rank = max(len(x.full) for x in signals)
    batched = all(x.batched for x in signals if len(x.full) == rank)
    return walk.join(join or step(Combine(name)), signals, walk.unique(name), batched)


TRUTHS = "eq ne lt le gt ge logical_and logical_or logical_xor and or xor isclose".split()


@operation(
    *"where maximum minimum fmax fmin eq ne lt le gt ge equal_ logical_and logical_or logical_xor bitwise_and bitwise_or "
    "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __and__ __or__ __xor__ __rand__ __ror__ __mod__ remainder fmod "
    "__floordiv__ __rfloordiv__ floor_divide atan2 hypot copysign isclose masked_fill_ lerp_ masked_scatter".split()
)
def _combination(walk: Walk, name: str, *operands: Any, **more: Any) -> Any:
    if name == "where" and len(operands) == 1 and not more:
        return _valued(walk, name)
    made = combined(walk, name, (*operands, *more.values()))
    if name.strip("_") in TRUTHS:
        made.element = walk.elements.get("truth")
    elif name == "where":
        made.element = next((x.element for x in operands[1:] if isinstance(x, Ghost)), made.element)
    return made


def _put_together(kind: str, swap: bool = False) -> Handler:
    join, name = step(kinds()[kind]()), {"Add": "add", "Subtract": "sub", "Multiply": "mul", "Divide": "div"}[kind]
    one = step(Scale() if kind in ("Multiply", "Divide") else Function(name))

    def entry(walk: Walk, _: str, input: Any, other: Any, *given: Any, **more: Any) -> Any:
        pair = (other, input) if swap else (input, other)
        if isinstance(input, Ghost) and isinstance(other, Ghost) and input.sizes == other.sizes:
            return walk.join(join, pair, walk.unique(name), input.batched and other.batched)
        if all(_is_tensor(value) and not walk.is_number(value) for value in pair):
            return combined(walk, name, pair, join)
        (x,) = (value for value in pair if isinstance(value, Ghost))
        return walk.layer(one, x, walk.unique(name))

    return entry


for _kind, _names in {
    "Add": "add __add__ __iadd__", "Subtract": "sub subtract __sub__ __isub__",
    "Multiply": "mul multiply __mul__ __imul__", "Divide": "div divide true_divide __truediv__ __itruediv__ __div__",
}.items():  # fmt: skip
    OPERATIONS.update(dict.fromkeys(_names.split(), _put_together(_kind)))
for _kind, _names in {"Add": "__radd__", "Subtract": "rsub __rsub__", "Multiply": "__rmul__",
                      "Divide": "__rtruediv__ __rdiv__"}.items():  # fmt: skip
    OPERATIONS.update(dict.fromkeys(_names.split(), _put_together(_kind, swap=True)))


# --- products of matrices


@operation("matmul", "bmm", "mm", "__matmul__", "mv", "dot")
def _matmul(walk: Walk, name: str, input: Any, other: Any, **more: Any) -> Any:
    if not isinstance(other, Ghost) and len(other.shape) == 2 and walk.weights.learned(other) and input.sizes:
        _wide(walk, input.sizes[-1], other, other.shape[0], "matmul")
        layer = made("Linear", out_features=other.shape[1], bias=False)
        return applied(walk, "matmul", last_axis(layer, input), input, (other,))
    left, right = walk.signals((input, other))
    rows, columns = len(left.full) == 1, len(right.full) == 1
    left, right = _matrix(walk, left, 0 if rows else None), _matrix(walk, right, 1 if columns else None)
    if not walk.conditions.fit(left.sizes[-1], right.sizes[-2]):
        raise DoesNotFit("matmul", {"shapes": (left.sizes, right.sizes)})
    wide = max(len(left.full), len(right.full))
    batched = all(x.batched for x in (left, right) if len(x.full) == wide)
    x = walk.join(made("MatMul"), _agreeing(walk, left, right), walk.unique("matmul"), batched)
    squeezed = [size for axis, size in enumerate(x.full) if not (rows and axis == wide - 2) and not (columns and axis == wide - 1)]
    return walk.reshaped(x, squeezed, "squeeze") if rows or columns else x


def _agreeing(walk: Walk, left: Ghost, right: Ghost) -> list[Ghost]:
    """Two matrices with one form for the sizes that have to agree."""
    sizes = list(right.sizes)
    sizes[-2] = left.sizes[-1]
    heads = [walk.resized(x, x.sizes[:-2]) for x in (left, right)]
    if all(head.sizes for head in heads):
        heads = walk.fitted(heads)
    return [walk.resized(left, (*heads[0].sizes, *left.sizes[-2:])), walk.resized(right, (*heads[1].sizes, *sizes[-2:]))]


def _matrix(walk: Walk, x: Ghost, axis: int | None) -> Ghost:
    """A vector as a matrix of one row or column; a matrix whose rows are the batch as one without a batch."""
    if axis is not None:
        sizes = list(x.full)
        sizes.insert(axis, 1)
        return walk.reshaped_unbatched(walk.reshaped(x, sizes, "unsqueeze"), "unsqueeze")
    return walk.reshaped_unbatched(x, "unsqueeze") if len(x.sizes) < 2 else x


@operation("addmm", "baddbmm", "addbmm")
def _addmm(walk: Walk, name: str, input: Any, mat1: Any, mat2: Any, **more: Any) -> Any:
    return OPERATIONS["add"](walk, "add", _matmul(walk, "matmul", mat1, mat2), input)


@operation("scaled_dot_product_attention", "_scaled_dot_product_attention")
def _attention(walk: Walk, name: str, query: Any, key: Any, value: Any, attn_mask: Any = None, *given: Any, **more: Any) -> Any:
    tensors = (query, key, value, *([] if attn_mask is None else [attn_mask]))
    signals = walk.signals(tensors)
    return walk.join(step(ScaledDotProductAttention()), signals, walk.unique("attention"), signals[0].batched)


@operation("einsum")
def _einsum(walk: Walk, name: str, equation: str, *operands: Any) -> Any:
    tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else list(operands)
    letters, arrow, result = equation.replace(" ", "").partition("->")
    each = letters.split(",")
    if not arrow or "." in equation or len(each) != len(tensors) or any(len(set(one)) != len(one) for one in each):
        return NotImplemented
    signals = [walk.reshaped_unbatched(x, "unsqueeze") for x in walk.signals(tensors)]
    while len(signals) > 1:
        later = set(result).union(*each[2:])
        kept = "".join(dict.fromkeys(letter for letter in each[0] + each[1] if letter in later))
        kept = result if len(signals) == 2 else kept
        join = step(Einsum(each[0], each[1], kept))
        signals[:2] = [walk.join(join, signals[:2], walk.unique("einsum"), False)]
        each[:2] = [kept]
    x = _summed(walk, signals[0], each[0], result)
    return walk.reshaped(x, x.full, "squeeze")


def _summed(walk: Walk, x: Ghost, letters: str, result: str) -> Ghost:
    """One signal of an einsum: summed over the indices that are not wanted, the others in order."""
    gone = [axis for axis, letter in enumerate(letters) if letter not in result]
    if gone:
        x = reduced(walk, "sum", x, gone, False)
    left = [letter for letter in letters if letter in result]
    return walk.permuted(x, [left.index(letter) for letter in result], "permute")


# --- reductions

REDUCTIONS = "mean sum amax amin max min argmax argmin all any prod logsumexp median norm nansum nanmean aminmax".split()


@operation(*REDUCTIONS)
def _reduction(walk: Walk, name: str, input: Ghost, dim: Any = None, keepdim: bool = False, **more: Any) -> Any:
    if _is_tensor(dim):
        return combined(walk, {"max": "maximum", "min": "minimum"}[name], (input, dim))
    if name == "norm":
        dim, keepdim = more.get("dim"), more.get("keepdim", False)
    dims = range(len(input.full)) if dim is None or dim == () else (dim,) if isinstance(dim, int) else tuple(dim)
    x = reduced(walk, name, input, [walk.axis(input, d) for d in dims], bool(keepdim), batch_too=dim is None)
    if name in ("max", "min", "median") and dim is not None:
        return walk.pair(x, _indices(walk, x))
    if name in ("argmax", "argmin", "all", "any"):
        x.element = walk.elements.get("truth" if name in ("all", "any") else "integer")
    return x


def _indices(walk: Walk, x: Ghost) -> Ghost:
    """Where the numbers of a signal were found."""
    made = walk.layer(step(Function("indices")), x, walk.unique("indices"))
    made.element = walk.elements.get("integer")
    return made


@operation("linalg_vector_norm", "vector_norm", "linalg_norm")
def _vector_norm(walk: Walk, name: str, input: Ghost, ord: Any = 2, dim: Any = None, keepdim: bool = False, **more: Any) -> Any:
    return _reduction(walk, "norm", input, None, dim=dim, keepdim=keepdim)


def reduced(walk: Walk, name: str, x: Ghost, axes: Sequence[int], kept: bool, batch_too: bool = False) -> Ghost:
    """The signal after a reduction along these axes of ours, -1 being the batch axis."""
    inner = tuple(sorted(axis for axis in axes if axis >= 0))
    mixes = any(x.roles[axis] is not None for axis in inner)
    batched = x.batched and (kept or not (batch_too or -1 in axes))
    roles = tuple(role for axis, role in enumerate(x.roles) if kept or axis not in inner)
    if not inner:
        return walk.ghost(walk, x.index, x.sizes, batched, x.field, x.roles, x.element)
    return walk.arranged(Reduce(name, inner, kept, mixes), x, name, batched, roles)


@operation("cumsum", "cumprod", "roll", "flip", "sort", "argsort", "cummax", "flipud", "fliplr", "rot90")
def _mixed(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    if name in ("sort", "cummax", "rot90"):
        return NotImplemented
    return walk.layer(step(Mixed(name)), input, walk.unique(name))


@operation("pad", "constant_pad_nd", "_pad")
def _pad(walk: Walk, name: str, input: Ghost, pad: Sequence[Any], mode: str = "constant", value: Any = None) -> Any:
    ends = [bare(end) for end in pad]
    pairs = [(ends[index], ends[index + 1]) for index in range(0, len(ends), 2)]
    sides, along = [], []
    for back, (before, behind) in enumerate(pairs, start=1):
        axis = walk.axis(input, -back)
        if axis < 0:
            return NotImplemented
        if (before, behind) != (0, 0):
            sides.append((axis, before, behind))
            role = input.roles[axis]
            along.extend([] if role is None else [(role, before)])
    if not sides:
        return input
    x = walk.whole(input, "mixed") if any(role == MIXED for role, _ in along) else input
    spread = () if x is not input else tuple(along)
    return walk.arranged(Pad(tuple(sides), spread), x, "pad", x.batched, x.roles)


# --- moving numbers


@operation("view", "reshape", "_unsafe_view", "view_copy", "_reshape_copy")
def _view(walk: Walk, name: str, input: Ghost, *sizes: Any, **more: Any) -> Ghost:
    wanted = sizes or (more.get("shape") or more.get("size"),)
    if len(wanted) == 1 and not isinstance(wanted[0], int) and not hasattr(wanted[0], "conditions"):
        if not isinstance(wanted[0], list | tuple):
            return input
        wanted = tuple(wanted[0])
    return walk.reshaped(input, tuple(map(bare, wanted)), "reshape")


@operation("view_as", "reshape_as")
def _view_as(walk: Walk, name: str, input: Ghost, other: Any) -> Ghost:
    return walk.reshaped(input, other.full if isinstance(other, Ghost) else tuple(other.shape), "reshape")


@operation("flatten", "ravel")
def _flatten(walk: Walk, name: str, input: Ghost, start_dim: int = 0, end_dim: int = -1) -> Any:
    full = input.full
    first, last = start_dim % max(len(full), 1), end_dim % max(len(full), 1)
    if input.batched and first > 0 and len(full) > 2:
        layer = made("Flatten", start_dim=first, end_dim=last)
        if last == first:
            return input
        x = walk.layer(layer, input, walk.unique(name))
        role = merged(input.roles[first - 1 : last])
        x.roles = (*input.roles[: first - 1], role, *input.roles[last:])
        return x
    return walk.reshaped(input, (*full[:first], times(full[first : last + 1]), *full[last + 1 :]), name)


@operation("unflatten")
def _unflatten(walk: Walk, name: str, input: Ghost, dim: int, sizes: Sequence[Any]) -> Ghost:
    full, at = input.full, dim % len(input.full)
    return walk.reshaped(input, (*full[:at], *map(bare, sizes), *full[at + 1 :]), name)


@operation("squeeze", "unsqueeze")
def _squeeze(walk: Walk, name: str, input: Ghost, dim: Any = None) -> Ghost:
    full = list(input.full)
    if name == "unsqueeze":
        full.insert(dim % (len(full) + 1), 1)
    else:
        chosen = range(len(full)) if dim is None else [d % len(full) for d in ((dim,) if isinstance(dim, int) else dim)]
        full = [size for axis, size in enumerate(full) if axis not in chosen or size != 1]
        if 0 in chosen and input.batched:
            return _without_batch(walk, walk.reshaped(input, (1, *full), name))
    return walk.reshaped(input, full, name)


def _without_batch(walk: Walk, x: Ghost) -> Ghost:
    """The same signal, the batch axis gone."""
    return walk.ghost(walk, x.index, x.sizes, False, x.field, x.roles, x.element)


@operation("permute", "permute_copy")
def _permute(walk: Walk, name: str, input: Ghost, *dims: Any, **more: Any) -> Ghost:
    order = dims[0] if len(dims) == 1 and isinstance(dims[0], list | tuple) else dims or more["dims"]
    return walk.permuted(input, order, "permute")


@operation("transpose", "swapaxes", "swapdims", "t", "adjoint", "numpy_T", "mT")
def _transpose(walk: Walk, name: str, input: Ghost, dim0: int = -2, dim1: int = -1) -> Ghost:
    order = list(range(len(input.full)))
    if len(order) < 2:
        return input
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return walk.permuted(input, order, "transpose")


@operation("movedim", "moveaxis")
def _movedim(walk: Walk, name: str, input: Ghost, source: Any, destination: Any) -> Ghost:
    full = len(input.full)
    froms = [axis % full for axis in ((source,) if isinstance(source, int) else source)]
    tos = [axis % full for axis in ((destination,) if isinstance(destination, int) else destination)]
    order: list[Any] = [None] * full
    for start, end in zip(froms, tos, strict=True):
        order[end] = start
    left = iter(axis for axis in range(full) if axis not in froms)
    return walk.permuted(input, [next(left) if axis is None else axis for axis in order], "permute")


@operation("expand", "expand_as", "broadcast_to", "repeat", "tile", "expand_copy")
def _expand(walk: Walk, name: str, input: Ghost, *sizes: Any, **more: Any) -> Any:
    given = sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) and not hasattr(sizes[0], "conditions") else sizes
    wanted = list(given.full if isinstance(given, Ghost) else given.shape if _is_tensor(given) else map(bare, given))
    full = (1,) * (len(wanted) - len(input.full)) + input.full
    if name in ("repeat", "tile"):
        if any(size != 1 and many != 1 for size, many in zip(full, wanted, strict=True)):
            return NotImplemented
        wanted = [size * many for size, many in zip(full, wanted, strict=True)]
    wanted = [size if want == -1 else want for size, want in zip(full, wanted, strict=True)]
    if tuple(wanted) == input.full:
        return input
    batched = wanted[0] == 1
    target = tuple(wanted[1:]) if batched else tuple(wanted)
    more_axes = len(target) - len(input.sizes)
    x = walk.reshaped(input, wanted[0:1] + list(input.sizes), "squeeze") if more_axes < 0 else input
    roles = (None,) * max(more_axes, 0) + x.roles
    return walk.arranged(Expand(target), x, name, batched, roles)


@operation("repeat_interleave")
def _repeat_interleave(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    return NotImplemented


@operation("new_zeros", "new_ones", "new_full", "new_empty", "new_tensor")
def _new(walk: Walk, name: str, input: Ghost, *size: Any, **more: Any) -> Any:
    wanted = size[0] if size and not isinstance(size[0], int) and not hasattr(size[0], "conditions") else size
    sizes = tuple(map(bare, wanted or more.get("size", ())))
    if name == "new_tensor" or not sizes:
        return NotImplemented
    batched = len(sizes) > 1 and sizes[0] == 1
    return walk.constant(Shape(sizes[1:] if batched else sizes), 0, input, walk.unique(name), batched)


@operation("zeros", "ones", "empty", "rand", "randn", "full", "arange")
def _made(walk: Walk, name: str, *size: Any, **more: Any) -> Any:
    """A tensor of these sizes, which are symbols, beside the network's input."""
    wanted = size[0] if size and isinstance(size[0], list | tuple) else size
    sizes = [bare(one) for one in wanted]
    if name == "arange":
        sizes = [sizes[0] if len(sizes) == 1 else simple(sizes[1] - sizes[0])]
    batched = len(sizes) > 1 and sizes[0] == 1
    made = walk.constant(Shape(sizes[1:] if batched else sizes), 0, walk.inputs[0], walk.unique(name), batched)
    if name == "arange":
        made.element = walk.elements.get("integer")
    return made


@operation("cat", "concat", "concatenate")
def _concatenate(walk: Walk, name: str, tensors: Any, dim: int = 0, **more: Any) -> Any:
    dim = more.get("axis", dim)
    signals = [x for x in walk.signals(list(tensors)) if x.full != (0,)]
    if len(signals) == 1:
        return signals[0]
    axis = walk.axis(signals[0], dim)
    if axis < 0:
        signals = [walk.reshaped_unbatched(x, "unsqueeze") for x in signals]
        axis = 0
    batched = all(x.batched for x in signals)
    if not batched:
        signals = [walk.reshaped_unbatched(x, "unsqueeze") for x in signals]
        axis = dim % len(signals[0].sizes)
    x = walk.join(made("Concatenate", axis=axis), walk.fitted(signals, axis), walk.unique("cat"), batched)
    if x.roles[axis] is not None:
        x.roles = (*x.roles[:axis], MIXED, *x.roles[axis + 1 :])
    return x


@operation("stack")
def _stack(walk: Walk, name: str, tensors: Any, dim: int = 0) -> Any:
    signals = walk.fitted(walk.signals(list(tensors)))
    full = len(signals[0].full) + 1
    at = dim % full
    batched = signals[0].batched and at > 0
    if signals[0].batched and not batched:
        signals = [walk.reshaped_unbatched(x, "unsqueeze") for x in signals]
    axis = at - batched
    x = walk.join(made("Stack", axis=axis), signals, walk.unique(name), batched)
    roles = signals[0].roles
    x.roles = (*roles[:axis], None, *roles[axis:])
    return x


@operation("chunk", "tensor_split")
def _chunk(walk: Walk, name: str, input: Ghost, chunks: int, dim: int = 0) -> Any:
    axis = walk.axis(input, dim)
    size = 1 if axis < 0 else input.sizes[axis]
    if name == "tensor_split" and (not isinstance(size, int) or not isinstance(chunks, int) or size % chunks):
        return NotImplemented
    return _split(walk, name, input, -(-walk.guarded(size) // chunks), dim)


@operation("split", "split_with_sizes", "unsafe_split", "unsafe_chunk")
def _split(walk: Walk, name: str, input: Ghost, split_size: Any = None, dim: int = 0, **more: Any) -> Any:
    wanted = more.get("split_size_or_sections", split_size)
    axis = walk.axis(input, dim)
    if axis < 0:
        return (input,)
    size = input.sizes[axis]
    if isinstance(wanted, list | tuple):
        parts = [bare(part) for part in wanted]
    else:
        part = bare(wanted)
        many = size // part if isinstance(size, int) and isinstance(part, int) else _whole_parts(walk, size, part)
        parts = [part] * many
        if isinstance(size, int) and size % part:
            parts.append(size % part)
    starts = [sum(parts[:index], 0) for index in range(len(parts))]
    return tuple(
        sliced(walk, input, [(axis, start, start + part, 1)], "split") for start, part in zip(starts, parts, strict=True)
    )


def _whole_parts(walk: Walk, size: Any, part: Any) -> int:
    """How many parts a size in symbols has, whatever the symbols are."""
    for many in range(1, 65):
        if walk.conditions.fit(size, many * part):
            return many
    raise CannotFollow("needs_size", "split", walk.path, walk.place(), f"{size} in parts of {part}")


@operation("unbind")
def _unbind(walk: Walk, name: str, input: Ghost, dim: int = 0) -> Any:
    axis = walk.axis(input, dim)
    if axis < 0:
        return (_without_batch(walk, input),)
    return tuple(select(walk, input, axis, index) for index in range(input.sizes[axis]))


@operation("select")
def _select(walk: Walk, name: str, input: Ghost, dim: int, index: int) -> Any:
    axis = walk.axis(input, dim)
    return _without_batch(walk, input) if axis < 0 else select(walk, input, axis, index)


@operation("narrow", "slice")
def _narrow(walk: Walk, name: str, input: Ghost, dim: int = 0, start: Any = 0, length: Any = None, step: int = 1) -> Any:
    axis = walk.axis(input, dim)
    start, length = bare(start) or 0, bare(length)
    if axis < 0:
        return input
    stop = start + length if name == "narrow" else length
    if isinstance(stop, int) and stop >= 2**62:
        stop = None
    return sliced(walk, input, [(axis, start, stop, step)], name)


def select(walk: Walk, x: Ghost, axis: int, index: Any) -> Ghost:
    """One entry along an axis, which is gone."""
    index = bare(index)
    stop = None if index == -1 else index + 1
    one = sliced(walk, x, [(axis, index, stop, 1)], "select")
    sizes = [size for at, size in enumerate(one.full) if at != axis + one.batched]
    if one.batched:
        return walk.reshaped(one, sizes, "squeeze")
    return _without_batch(walk, walk.reshaped(one, (1, *sizes), "squeeze"))


def sliced(walk: Walk, x: Ghost, cuts: Sequence[tuple[int, Any, Any, int]], name: str) -> Ghost:
    """The signal cut along axes of ours."""
    needed = tuple(one for one in cuts if not _everything(x.sizes[one[0]], one))
    if not needed:
        return x
    roles = [x.roles[axis] for axis, *_ in needed]
    start_known = all(isinstance(start, int) and start >= 0 for _, start, _, _ in needed)
    if any(role == MIXED for role in roles) or (not start_known and any(role is not None for role in roles)):
        x = walk.whole(x, "mixed")
    along = tuple((role, start, by) for role, (_, start, _, by) in zip(roles, needed, strict=True) if role is not None)
    return walk.arranged(Slice(needed, along if x.field else ()), x, name, x.batched, x.roles)


def _everything(size: Any, cut: tuple[int, Any, Any, int]) -> bool:
    _, start, stop, by = cut
    known = isinstance(size, int) and isinstance(stop, int)
    return start == 0 and by == 1 and (stop is None or stop == size or (known and stop >= size))


@operation("__getitem__")
def _getitem(walk: Walk, name: str, input: Ghost, index: Any) -> Any:
    items = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(item, Ghost) and item.element is walk.elements.get("truth") for item in items):
        return _valued(walk, "mask")
    if any(_is_tensor(item) or isinstance(item, list | bool) for item in items):
        return NotImplemented
    taken = sum(1 for item in items if item is not None and item is not Ellipsis)
    if Ellipsis in items:
        at = items.index(Ellipsis)
        items[at : at + 1] = [slice(None)] * (len(input.full) - taken)
    items += [slice(None)] * (len(input.full) - sum(1 for item in items if item is not None))
    dims = iter(range(len(input.full)))
    x, cuts, kept = input, [], []
    for item in items:
        if item is None:
            kept.append(None)
            continue
        dim = next(dims)
        axis = dim - input.batched
        chosen = isinstance(item, slice)
        if axis >= 0:
            cuts.append((axis, *_bounds(walk, item, input.sizes[axis])))
        kept.append(dim if chosen else False)
    x = sliced(walk, input, cuts, "select" if any(one is False for one in kept) else "slice")
    sizes = [1 if one is None else x.full[one] for one in kept if one is not False]
    if len(kept) == len(x.full) and all(one is not False and one is not None for one in kept):
        return x
    if input.batched and kept[0] is False:
        return _without_batch(walk, walk.reshaped(x, (1, *sizes), "squeeze"))
    return walk.reshaped(x, sizes, "squeeze" if len(sizes) < len(x.full) else "unsqueeze")


def _bounds(walk: Walk, item: Any, size: Any) -> tuple[Any, Any, int]:
    """Start, stop and step of an entry of an index, counted from the front where that can be said."""
    if not isinstance(item, slice):
        index = bare(item)
        if isinstance(index, int) and index < 0 and isinstance(size, int):
            index += size
        return index, None if index == -1 else index + 1, 1
    start, stop, by = _from_front(item.start, size), _from_front(item.stop, size), bare(item.step) or 1
    if isinstance(size, int) and all(one is None or isinstance(one, int) for one in (start, stop)):
        start, last, by = slice(start, stop, by).indices(size)
        return start, None if last == size else last, by
    if stop is not None and not isinstance(stop, int):
        if walk.conditions.equal(stop, size):
            stop = None
        else:
            walk.conditions.at_least(size, stop)
    return start or 0, stop, by


def _from_front(index: Any, size: Any) -> Any:
    """An index in symbols counted from the front: -(H - 1) is H - 1 before the end."""
    index = bare(index)
    if isinstance(index, Size) and index.outer < 0:
        return simple(size + index)
    return index


@operation("__setitem__", "copy_", "index_put_", "scatter_", "index_copy_", "masked_fill__")
def _setitem(walk: Walk, name: str, input: Any, *given: Any, **more: Any) -> Any:
    signals = walk.signals([input, *(value for value in given if _is_tensor(value) and not walk.is_number(value))])
    batched = input.batched if isinstance(input, Ghost) else signals[0].batched
    return walk.join(step(Assign()), signals, walk.unique("assign"), batched)


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


ANSWERS: dict[str, Any] = {
    "is_floating_point": True, "is_complex": False, "is_contiguous": True, "is_tensor": True, "is_nonzero": None,
    "is_same_size": None, "is_inference": False, "is_conj": False, "is_neg": False, "has_names": False,
    "is_set_to": False, "get_device": -1, "element_size": 4, "is_pinned": False, "is_shared": False,
}  # fmt: skip


@operation(*(name for name, answer in ANSWERS.items() if answer is not None))
def _answer(walk: Walk, name: str, *given: Any, **more: Any) -> Any:
    return ANSWERS[name]


@operation("_assert", "_assert_async", "sym_constrain_range_for_size", "_check")
def _asserted(walk: Walk, name: str, condition: Any, *given: Any, **more: Any) -> None:
    return None


@operation("item", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "is_nonzero", "nonzero", "unique",
           "equal", "allclose", "__array__", "masked_select", "bincount", "__complex__", "__contains__")  # fmt: skip
def _valued(walk: Walk, name: str, *given: Any, **more: Any) -> Any:
    raise CannotFollow("needs_values", name.strip("_"), walk.path, walk.place())
