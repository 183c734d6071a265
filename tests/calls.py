"""Calls of layer kinds by torch's names and arguments, odd and invalid ones among them, and shapes to try them on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from solver.layers.activation import ACTIVATIONS

Draw = st.DrawFn


@dataclass(frozen=True)
class Call:
    """A layer kind, its arguments without those that are inferred, and the shape of each input."""

    kind: str
    arguments: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]


def _optional(draw: Draw, **arguments: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Some of these arguments."""
    chosen = draw(st.sets(st.sampled_from(sorted(arguments)))) if arguments else set()
    return {name: draw(strategy) for name, strategy in arguments.items() if name in chosen}


def _each(axes: int, low: int, high: int) -> st.SearchStrategy[Any]:
    """One number, or one for each axis."""
    number = st.integers(low, high)
    return number | st.tuples(*[number] * axes)


def _spoiled(draw: Draw, arguments: dict[str, Any], **wrong: Any) -> dict[str, Any]:
    """Seldom with one argument that nobody accepts."""
    if draw(st.integers(0, 7)):
        return arguments
    name = draw(st.sampled_from(sorted(wrong)))
    return {**arguments, name: wrong[name]}


def _shape(draw: Draw, axes: int, low: int = 1, high: int = 9) -> tuple[int, ...]:
    """Channels and so many sizes, smaller ones in three dimensions; seldom an axis too many.

    Never one too few: torch would take the batch axis for the channels.
    """
    sizes = tuple(draw(st.integers(low, high if axes < 3 else 5)) for _ in range(axes))
    channels = draw(st.sampled_from((1, 2, 4, 4, 6, 8)))
    return (channels, *sizes) if draw(st.integers(0, 15)) else (channels, *sizes, 2)


def _dim(axes: int) -> st.SearchStrategy[int]:
    """An axis by torch's count, sometimes one that there is not; never the batch."""
    return st.integers(1, axes + 2) | st.integers(-axes, -1)


def convolution(draw: Draw, axes: int) -> Call:
    arguments = {"out_channels": draw(st.sampled_from((4, 6, 8, 1))), "kernel_size": draw(_each(axes, 1, 4))}
    arguments |= _optional(
        draw,
        stride=_each(axes, 1, 3),
        padding=_each(axes, 0, 3) | st.sampled_from(("same", "valid")),
        dilation=_each(axes, 1, 2),
        groups=st.sampled_from((1, 2, 2, 4)),
        bias=st.booleans(),
        padding_mode=st.sampled_from(("zeros", "replicate", "reflect", "circular")),
    )
    wrong = {"kernel_size": 0, "stride": 0, "padding": -1, "groups": 3, "padding_mode": "mirror"}
    wrong |= {"dilation": (1,) * (axes + 1), "out_channels": 0} if axes > 1 else {"padding": "full"}
    return Call(f"Conv{axes}d", _spoiled(draw, arguments, **wrong), (_shape(draw, axes),))


def transposed(draw: Draw, axes: int) -> Call:
    arguments = {"out_channels": draw(st.sampled_from((4, 6, 8, 1))), "kernel_size": draw(_each(axes, 1, 4))}
    arguments |= _optional(
        draw,
        stride=_each(axes, 1, 3),
        padding=_each(axes, 0, 2),
        output_padding=_each(axes, 0, 2),
        groups=st.sampled_from((1, 2, 2, 4)),
        bias=st.booleans(),
        dilation=_each(axes, 1, 3),
    )
    arguments = _spoiled(draw, arguments, padding_mode="reflect", groups=3, output_padding=3, stride=(1,) * (axes + 1))
    return Call(f"ConvTranspose{axes}d", arguments, (_shape(draw, axes, high=5),))


def pooling(draw: Draw, axes: int) -> Call:
    what = draw(st.sampled_from(("Max", "Avg", "LP")))
    arguments: dict[str, Any] = {"kernel_size": draw(_each(axes, 1, 4))}
    common = {"stride": _each(axes, 1, 4), "ceil_mode": st.booleans()}
    match what:
        case "Max":
            arguments |= _optional(draw, **common, padding=_each(axes, 0, 2), dilation=_each(axes, 1, 2))
        case "Avg":
            arguments |= _optional(draw, **common, padding=_each(axes, 0, 2), count_include_pad=st.booleans())
            if axes > 1:
                arguments |= _optional(draw, divisor_override=st.integers(-1, 3))
        case _:
            arguments |= {"norm_type": 2} | _optional(draw, **common)
            arguments["kernel_size"] = draw(st.integers(1, 4))  # torch knows no other in one dimension
    wrong: dict[str, Any] = {"stride": 0} if what == "LP" else {"stride": 0, "padding": -1}
    return Call(f"{what}Pool{axes}d", _spoiled(draw, arguments, **wrong), (_shape(draw, axes),))


def adaptive(draw: Draw, axes: int) -> Call:
    size = _each(axes, 1, 6) | st.tuples(*[st.none() | st.integers(1, 6)] * axes)
    arguments = _spoiled(draw, {"output_size": draw(size)}, output_size=draw(st.sampled_from((None, -1))))
    kind = f"Adaptive{draw(st.sampled_from(('Avg', 'Max')))}Pool{axes}d"
    shape = _shape(draw, axes)[: axes + 1]  # torch averages any number of axes where the output's size is 1
    return Call(kind, arguments, (shape,))


def norm(draw: Draw, axes: int) -> Call:
    shape = _shape(draw, axes)
    features = {"affine": st.booleans(), "track_running_stats": st.booleans(), "eps": st.just(1e-3)}
    kind = draw(st.sampled_from(("Batch", "Instance")))
    arguments = _optional(draw, **features, momentum=st.just(0.2))
    if not draw(st.integers(0, 4)) and kind == "Batch":
        arguments["num_features"] = draw(st.sampled_from((2, 4)))
    return Call(f"{kind}Norm{axes}d", arguments, (shape,))


def group_norm(draw: Draw, axes: int) -> Call:
    arguments = {"num_groups": draw(st.sampled_from((1, 2, 3, 4)))} | _optional(draw, affine=st.booleans())
    return Call("GroupNorm", arguments, (_shape(draw, axes),))


def layer_norm(draw: Draw, axes: int) -> Call:
    shape = _shape(draw, axes)
    last = shape[-draw(st.integers(1, len(shape))) :]
    said: Any = draw(st.sampled_from((last, last, last, last[0], (*last[:-1], last[-1] + 1))))
    arguments = {"normalized_shape": said} | _optional(draw, elementwise_affine=st.booleans())
    if draw(st.booleans()):
        return Call("RMSNorm", arguments, (shape,))
    return Call("LayerNorm", arguments | _optional(draw, bias=st.booleans()), (shape,))


def response_norm(draw: Draw, axes: int) -> Call:
    return Call("LocalResponseNorm", {"size": draw(st.integers(1, 5))}, (_shape(draw, axes),))


def padding(draw: Draw, axes: int) -> Call:
    mode = draw(st.sampled_from(("Zero", "Constant", "Reflection", "Replication", "Circular")))
    low = -2 if mode in ("Zero", "Constant") else 0
    ends = st.tuples(*[st.integers(low, 3)] * (2 * axes)) | st.integers(low, 3)
    arguments = {"padding": draw(ends)} | ({"value": 1.5} if mode == "Constant" else {})
    shape = _shape(draw, axes)
    return Call(f"{mode}Pad{axes}d", arguments, (shape[: axes + 1] if low else shape,))  # constants pad any last axes


def upsampling(draw: Draw, axes: int) -> Call:
    modes = ("nearest", "nearest", "linear", "bilinear", "trilinear", "bicubic", "area", "nearest-exact", "cubic")
    target: dict[str, Any] = (
        {"size": draw(_each(axes, 1, 9))}
        if draw(st.booleans())
        else {"scale_factor": draw(st.sampled_from((1, 2, 3, 0.5, 1.5, 2.5, 1.3, 0.29, (2,) * axes)))}
    )
    if not draw(st.integers(0, 9)):
        target = draw(st.sampled_from(({}, {"size": 3, "scale_factor": 2})))
    two_dimensional = draw(st.sampled_from((None, None, "UpsamplingNearest2d", "UpsamplingBilinear2d")))
    if two_dimensional:
        return Call(two_dimensional, target, (_shape(draw, axes),))
    arguments = {"mode": draw(st.sampled_from(modes))} | _optional(
        draw, align_corners=st.booleans(), recompute_scale_factor=st.booleans()
    )
    return Call("Upsample", target | arguments, (_shape(draw, axes),))


def shuffle(draw: Draw, axes: int) -> Call:
    f = draw(st.integers(1, 3))
    kind, argument = draw(
        st.sampled_from(
            (("PixelShuffle", "upscale_factor"), ("PixelUnshuffle", "downscale_factor"), ("ChannelShuffle", "groups"))
        )
    )
    return Call(kind, {argument: f}, (_shape(draw, 2)[:3],))


def activation(draw: Draw, axes: int) -> Call:
    kind = draw(st.sampled_from(sorted(ACTIVATIONS)))
    return Call(kind, {"threshold": 0.1, "value": 2.0} if kind == "Threshold" else {}, (_shape(draw, axes),))


def along_axis(draw: Draw, axes: int) -> Call:
    kind = draw(st.sampled_from(("Softmax", "LogSoftmax", "Softmin", "GLU")))
    shape = _shape(draw, axes)
    return Call(kind, {"dim": draw(_dim(len(shape)))}, (shape,))


def prelu(draw: Draw, axes: int) -> Call:
    arguments = _optional(draw, num_parameters=st.sampled_from((1, 2, 4, 0)), init=st.just(0.5))
    return Call("PReLU", arguments, (_shape(draw, axes),))


def dropout(draw: Draw, axes: int) -> Call:
    kind = draw(st.sampled_from(("Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout", "Softmax2d")))
    arguments = {} if kind == "Softmax2d" else _optional(draw, p=st.sampled_from((0.0, 0.5, 1.0, 1.5)))
    return Call(kind, arguments, (_shape(draw, axes if kind != "Softmax2d" else 2),))


def flatten(draw: Draw, axes: int) -> Call:
    shape = _shape(draw, axes)
    dim = _dim(len(shape))
    return Call("Flatten", _optional(draw, start_dim=dim, end_dim=dim), (shape,))


def unflatten(draw: Draw, axes: int) -> Call:
    sizes = draw(st.lists(st.sampled_from((1, 2, 3, -1)), min_size=1, max_size=3))
    shape = _shape(draw, axes)
    return Call("Unflatten", {"dim": draw(_dim(len(shape))), "unflattened_size": tuple(sizes)}, (shape,))


def unfold(draw: Draw, axes: int) -> Call:
    arguments = {"kernel_size": draw(_each(2, 1, 3))}
    arguments |= _optional(draw, dilation=_each(2, 1, 2), padding=_each(2, 0, 2), stride=_each(2, 1, 3))
    if draw(st.booleans()):
        return Call("Unfold", arguments, (_shape(draw, 2),))
    shape = (draw(st.sampled_from((1, 4, 6, 12))), draw(st.sampled_from((1, 2, 4, 6, 9, 12))))
    return Call("Fold", {"output_size": draw(_each(2, 1, 6)), **arguments}, (shape,))


def dense(draw: Draw, axes: int) -> Call:
    arguments = {"out_features": draw(st.integers(1, 5))} | _optional(draw, bias=st.booleans())
    return Call("Linear", arguments, (_shape(draw, draw(st.integers(0, 2))),))


def bilinear(draw: Draw, axes: int) -> Call:
    arguments = {"out_features": draw(st.integers(1, 5))} | _optional(draw, bias=st.booleans())
    before = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    other = before if draw(st.integers(0, 5)) else (*before, 2)
    return Call("Bilinear", arguments, ((*before, draw(st.integers(1, 4))), (*other, draw(st.integers(1, 4)))))


def attention(draw: Draw, axes: int) -> Call:
    sizes = {"embed_dim": draw(st.sampled_from((4, 6))), "num_heads": draw(st.sampled_from((1, 2, 3)))}
    options = {"bias": st.booleans(), "add_bias_kv": st.booleans(), "add_zero_attn": st.booleans()}
    features = st.sampled_from((sizes["embed_dim"],) * 3 + (5,))
    arguments = {**sizes, **_optional(draw, **options, kdim=features, vdim=features)}
    queries = (draw(st.integers(1, 4)), sizes["embed_dim"] if draw(st.integers(0, 9)) else 5)
    if draw(st.booleans()):
        return Call("MultiheadAttention", arguments, (queries,))
    keys = draw(st.integers(1, 4))
    read = [arguments.get(dim, sizes["embed_dim"]) for dim in ("kdim", "vdim")]
    return Call("CrossAttention", arguments, (queries, (keys, read[0]), (keys, read[1])))


def embedding(draw: Draw, axes: int) -> Call:
    arguments = {"num_embeddings": draw(st.integers(1, 9)), "embedding_dim": draw(st.integers(1, 5))}
    arguments |= _optional(draw, padding_idx=st.integers(-4, 4))
    return Call("Embedding", arguments, (tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=2))),))


@dataclass(frozen=True)
class Family:
    """What draws calls of some kinds, the numbers of axes that it is for, and the kinds."""

    made: Callable[[Draw, int], Call]
    axes: tuple[int, ...]
    kinds: tuple[str, ...]


def _of_axes(made: Callable[[Draw, int], Call], *kinds: str) -> Family:
    every = (1, 2, 3)
    names = [kind.format(axes) for kind in kinds for axes in (every if "{}" in kind else (1,))]
    return Family(made, every, tuple(names))


def _planar(made: Callable[[Draw, int], Call], *kinds: str) -> Family:
    return Family(made, (2,), kinds)


FAMILIES = {
    family.made.__name__: family
    for family in (
        _of_axes(convolution, "Conv{}d"),
        _of_axes(transposed, "ConvTranspose{}d"),
        _of_axes(pooling, "MaxPool{}d", "AvgPool{}d", "LPPool{}d"),
        _of_axes(adaptive, "AdaptiveAvgPool{}d", "AdaptiveMaxPool{}d"),
        _of_axes(norm, "BatchNorm{}d", "InstanceNorm{}d"),
        _of_axes(group_norm, "GroupNorm"),
        _of_axes(layer_norm, "LayerNorm", "RMSNorm"),
        _of_axes(response_norm, "LocalResponseNorm"),
        _of_axes(
            padding, *(f"{mode}Pad{{}}d" for mode in ("Zero", "Constant", "Reflection", "Replication", "Circular"))
        ),
        _of_axes(upsampling, "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"),
        _of_axes(activation, *ACTIVATIONS),
        _of_axes(along_axis, "Softmax", "LogSoftmax", "Softmin", "GLU"),
        _of_axes(prelu, "PReLU"),
        _of_axes(dropout, "Dropout", "Dropout1d", "AlphaDropout", "FeatureAlphaDropout", "Softmax2d"),
        _of_axes(flatten, "Flatten"),
        _of_axes(unflatten, "Unflatten"),
        _planar(shuffle, "PixelShuffle", "PixelUnshuffle", "ChannelShuffle"),
        _planar(unfold, "Unfold", "Fold"),
        _planar(dense, "Linear"),
        _planar(bilinear, "Bilinear"),
        _planar(attention, "MultiheadAttention", "CrossAttention"),
        _planar(embedding, "Embedding"),
    )
}


@st.composite
def calls(draw: Draw, family: str) -> Call:
    """A call of one of the kinds of a family."""
    chosen = FAMILIES[family]
    return chosen.made(draw, draw(st.sampled_from(chosen.axes)))
