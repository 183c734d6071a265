"""Functions of numbers, products of matrices, sums along axes: entries of the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from solver.layers import kinds
from solver.networks.operations import (
    OPERATIONS,
    Handler,
    applied,
    fits,
    indices,
    is_tensor,
    last_axis,
    made,
    needs_values,
    operation,
    refused,
    sequence,
)
from solver.networks.remembered import Step, step
from solver.networks.steps import Combine, Einsum, Function, Mixed, Reduce, Scale, ScaledDotProductAttention
from solver.networks.walk import Ghost, Walk

# --- number by number

FUNCTIONS: Final = (
    "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt abs neg negative positive sin cos tan asin acos atan sinh cosh "
    "asinh acosh atanh erf erfc erfinv floor ceil round trunc frac sign sgn clamp_max logit "
    "isnan isinf isfinite logical_not bitwise_not nan_to_num heaviside float_power sinc masked_fill fill fill_ zero "
    "zero_ zeros_like ones_like full_like empty_like rand_like randn_like bernoulli normal uniform tril triu __neg__ "
    "__abs__ __rpow__ __invert__"
).split()
"""Functions that map every number by itself and of which no multiplication is counted, as of activations."""

SAME: Final = (
    "contiguous detach cpu cuda requires_grad_ alias pin_memory share_memory_ retain_grad resolve_conj resolve_neg "
    "lift_fresh_copy rename refine_names detach_"
).split()

CASTS: Final = {
    "float": "float", "double": "float", "half": "float", "bfloat16": "float", "long": "integer", "int": "integer",
    "short": "integer", "char": "integer", "byte": "integer", "bool": "truth",
}  # fmt: skip

TRUTHS: Final = (
    "eq ne lt le gt ge __eq__ __ne__ __lt__ __le__ __gt__ __ge__ logical_and logical_or logical_xor isclose __and__ "
    "__or__ __xor__ __rand__ __ror__ bitwise_and bitwise_or"
).split()

COMBINATIONS: Final = (
    "where maximum minimum fmax fmin __mod__ remainder fmod __floordiv__ __rfloordiv__ floor_divide atan2 hypot "
    "copysign"
).split()


@operation(*FUNCTIONS)
def _function(walk: Walk, name: str, input: Any, *given: Any, **more: Any) -> Any:
    others = [value for value in (*given, *more.values()) if is_tensor(value)]
    if not isinstance(input, Ghost) or others:
        return combined(walk, name, (input, *others))
    return walk.layer(step(Function(name.strip("_"))), input, walk.unique(name.strip("_")))


@operation("clamp", "clip", "clamp_min")
def _clamp(walk: Walk, name: str, input: Any, min: Any = None, max: Any = None) -> Any:
    """Numbers cut off at both ends; below 0 alone, they are rectified."""
    if max is None and isinstance(min, int | float) and min == 0:
        return OPERATIONS["relu"](walk, "relu", input)
    return _function(walk, name, input, min, max)


@operation("pow", "square", "__pow__", "reciprocal")
def _power(walk: Walk, name: str, input: Any, exponent: Any = 2) -> Any:
    """x^n is n - 1 products, 1/x one division; other powers are functions."""
    if name == "reciprocal":
        return walk.layer(step(Scale()), input, walk.unique(name))
    if isinstance(exponent, int) and 2 <= exponent <= 8 and isinstance(input, Ghost):
        return walk.join(made("Multiply"), [input] * exponent, walk.unique("pow"), input.batched)
    return _function(walk, "pow", input, exponent)


@operation(*SAME)
def _same(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Ghost:
    return input


@operation("clone", "to", "type", "type_as", *CASTS)
def _cast(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Ghost:
    """Another tensor of the same numbers, perhaps of another type."""
    kinds_given = [value for value in (*given, *more.values()) if hasattr(value, "is_floating_point")]
    element = walk.elements.get(CASTS[name]) if name in CASTS else input.element
    for kind in kinds_given:
        element = kind.dtype if is_tensor(kind) else kind
    return walk.ghost(walk, input.index, input.sizes, input.batched, input.field, input.roles, element)


def combined(walk: Walk, name: str, operands: Sequence[Any], join: Step | None = None) -> Any:
    """The signal that several tensors make number by number."""
    name = name.strip("_")
    tensors = [operand for operand in operands if is_tensor(operand) and not walk.is_number(operand)]
    signals = walk.fitted(walk.signals(tensors))
    if len(signals) == 1:
        return walk.layer(step(Function(name)), signals[0], walk.unique(name))
    wide = max(len(x.full) for x in signals)
    batched = all(x.batched for x in signals if len(x.full) == wide)
    return walk.join(join or step(Combine(name)), signals, walk.unique(name), batched)


@operation(*TRUTHS)
def _truth(walk: Walk, name: str, *operands: Any) -> Any:
    found = combined(walk, name, operands)
    found.element = walk.elements.get("truth")
    return found


@operation(*COMBINATIONS)
def _combination(walk: Walk, name: str, *operands: Any, **more: Any) -> Any:
    operands = (*operands, *more.values())
    if name == "where" and len(operands) == 1:
        raise needs_values(walk, name)
    found = combined(walk, name, operands)
    if name == "where":
        kept = [x.element for x in operands[1:] if isinstance(x, Ghost)]
        found.element = kept[0] if kept else walk.elements.get("float")
    return found


ARITHMETIC: Final = {
    "Add": ("add", "add __add__ __iadd__", "__radd__"),
    "Subtract": ("sub", "sub subtract __sub__ __isub__", "rsub __rsub__"),
    "Multiply": ("mul", "mul multiply __mul__ __imul__", "__rmul__"),
    "Divide": ("div", "div divide true_divide __truediv__ __itruediv__ __idiv__ __div__", "__rtruediv__ __rdiv__"),
}
"""Kind of join -> what its steps are called, its operators, and those with the operands exchanged."""


def _put_together(kind: str, name: str, swap: bool) -> Handler:
    """A join where both are tensors; with a number, a product is one multiplication an element and a sum is free."""
    join, one = step(kinds()[kind]()), step(Scale() if kind in ("Multiply", "Divide") else Function(name))

    def entry(walk: Walk, _: str, input: Any, other: Any, *given: Any, **more: Any) -> Any:
        if isinstance(other, Ghost) and more.get("alpha", 1) != 1:
            other = OPERATIONS["mul"](walk, "mul", other, more["alpha"])
        if isinstance(input, Ghost) and isinstance(other, Ghost) and input.sizes == other.sizes:
            pair = (other, input) if swap else (input, other)
            return walk.join(join, pair, walk.unique(name), input.batched and other.batched)
        if all(is_tensor(value) and not walk.is_number(value) for value in (input, other)):
            return combined(walk, name, (other, input) if swap else (input, other), join)
        return walk.layer(one, input if isinstance(input, Ghost) else other, walk.unique(name))

    return entry


for _kind, (_name, _straight, _swapped) in ARITHMETIC.items():
    operation(*_straight.split())(_put_together(_kind, _name, swap=False))
    operation(*_swapped.split())(_put_together(_kind, _name, swap=True))


@operation("addcmul", "addcdiv")
def _addcmul(walk: Walk, name: str, input: Any, one: Any, other: Any, **more: Any) -> Any:
    product = "mul" if name == "addcmul" else "div"
    return OPERATIONS["add"](walk, "add", input, OPERATIONS[product](walk, product, one, other))


# --- products of matrices


@operation("matmul", "bmm", "mm", "__matmul__", "mv", "dot")
def _matmul(walk: Walk, name: str, input: Any, other: Any, **more: Any) -> Any:
    if isinstance(input, Ghost) and input.sizes and _is_weight(walk, other):
        fits(walk, input.sizes[-1], other, other.shape[0], "matmul")
        layer = made("Linear", out_features=other.shape[1], bias=False)
        return applied(walk, "matmul", last_axis(layer, input), input, (other,))
    left, right = walk.signals((input, other))
    rows, columns = len(left.full) == 1, len(right.full) == 1
    left, right = _matrix(walk, left, 0 if rows else None), _matrix(walk, right, 1 if columns else None)
    if not walk.conditions.fit(left.sizes[-1], right.sizes[-2]):
        raise refused(walk, "matmul", left=left.sizes, right=right.sizes)
    wide = max(len(left.full), len(right.full))
    batched = all(x.batched for x in (left, right) if len(x.full) == wide)
    x = walk.join(made("MatMul"), _agreeing(walk, left, right), walk.unique("matmul"), batched)
    if not (rows or columns):
        return x
    gone = [wide - 2] * rows + [wide - 1] * columns
    return walk.reshaped(x, [size for axis, size in enumerate(x.full) if axis not in gone], "squeeze")


def _is_weight(walk: Walk, value: Any) -> bool:
    return not isinstance(value, Ghost) and len(value.shape) == 2 and walk.weights.learned(value)


def _agreeing(walk: Walk, left: Ghost, right: Ghost) -> list[Ghost]:
    """Two matrices with one form for the sizes that have to agree."""
    if not walk.symbolic:
        return [left, right]
    heads = [walk.resized(x, x.sizes[:-2]) for x in (left, right)]
    if all(head.sizes for head in heads):
        heads = walk.fitted(heads)
    tails = (left.sizes[-2:], (left.sizes[-1], right.sizes[-1]))
    each = zip((left, right), heads, tails, strict=True)
    return [walk.resized(x, (*head.sizes, *tail)) for x, head, tail in each]


def _matrix(walk: Walk, x: Ghost, axis: int | None) -> Ghost:
    """A vector as a matrix of one row or column; a matrix whose rows are the batch as one without a batch."""
    if axis is not None:
        sizes = list(x.full)
        sizes.insert(axis, 1)
        return walk.unbatched(walk.reshaped(x, sizes, "unsqueeze"), "unsqueeze")
    return walk.unbatched(x, "unsqueeze") if len(x.sizes) < 2 else x


@operation("addmm", "baddbmm", "addbmm", "addmv")
def _addmm(walk: Walk, name: str, input: Any, mat1: Any, mat2: Any, **more: Any) -> Any:
    return OPERATIONS["add"](walk, "add", _matmul(walk, "matmul", mat1, mat2), input)


@operation("scaled_dot_product_attention", "_scaled_dot_product_attention")
def _attention(
    walk: Walk, name: str, query: Any, key: Any, value: Any, attn_mask: Any = None, *given: Any, **more: Any
) -> Any:
    masks = [] if attn_mask is None else [attn_mask]
    signals = walk.signals((query, key, value, *masks))
    return walk.join(step(ScaledDotProductAttention()), signals, walk.unique("attention"), signals[0].batched)


@operation("einsum")
def _einsum(walk: Walk, name: str, equation: str, *operands: Any) -> Any:
    """Two signals after the other, as torch does it; indices that are repeated or left out have no formula here."""
    tensors = list(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else list(operands)
    letters, arrow, result = equation.replace(" ", "").partition("->")
    each = letters.split(",")
    if not arrow or "." in equation or len(each) != len(tensors) or any(len(set(one)) != len(one) for one in each):
        return NotImplemented
    signals = [walk.unbatched(x, "unsqueeze") for x in walk.signals(tensors)]
    while len(signals) > 1:
        later = set(result).union(*each[2:])
        kept = "".join(letter for letter in dict.fromkeys(each[0] + each[1]) if letter in later)
        kept = result if len(signals) == 2 else kept
        signals[:2] = [walk.join(step(Einsum(each[0], each[1], kept)), signals[:2], walk.unique("einsum"), False)]
        each[:2] = [kept]
    x = _summed(walk, signals[0], each[0], result)
    return walk.reshaped(x, x.full, "squeeze")


def _summed(walk: Walk, x: Ghost, letters: str, result: str) -> Ghost:
    """One signal of an einsum: summed over the indices that are not wanted, the others in order."""
    gone = [axis for axis, letter in enumerate(letters) if letter not in result]
    x = reduced(walk, "sum", x, gone, kept=False) if gone else x
    left = [letter for letter in letters if letter in result]
    return walk.permuted(x, [left.index(letter) for letter in result], "permute")


# --- along axes

REDUCTIONS: Final = (
    "mean sum amax amin max min argmax argmin all any prod logsumexp median nansum nanmean count_nonzero var std"
).split()


@operation(*REDUCTIONS)
def _reduction(walk: Walk, name: str, input: Ghost, dim: Any = None, keepdim: bool = False, **more: Any) -> Any:
    if isinstance(dim, bool):  # var(x, unbiased)
        dim = None
    if is_tensor(dim):
        return combined(walk, {"max": "maximum", "min": "minimum"}[name], (input, dim))
    dim = more.get("axis", dim)
    dims = range(len(input.full)) if dim is None or dim == () else (dim,) if isinstance(dim, int) else tuple(dim)
    axes = [walk.axis(input, each) for each in dims]
    x = reduced(walk, name, input, axes, bool(keepdim), whole=dim is None)
    if name in ("max", "min", "median") and dim is not None:
        return walk.pair(x, indices(walk, x))
    if name in ("argmax", "argmin", "all", "any", "count_nonzero"):
        x.element = walk.elements.get("truth" if name in ("all", "any") else "integer")
    return x


@operation("norm", "linalg_vector_norm", "vector_norm")
def _norm(walk: Walk, name: str, input: Ghost, p: Any = 2, dim: Any = None, keepdim: bool = False, **more: Any) -> Any:
    return _reduction(walk, "norm", input, dim, keepdim)


@operation("var_mean", "std_mean")
def _both_moments(walk: Walk, name: str, input: Ghost, dim: Any = None, *given: Any, **more: Any) -> Any:
    moments = (_reduction(walk, each, input, dim, bool(more.get("keepdim", False))) for each in name.split("_"))
    return tuple(moments)


def reduced(walk: Walk, name: str, x: Ghost, axes: Sequence[int], kept: bool, whole: bool = False) -> Ghost:
    """The signal after a reduction along these axes of ours, -1 being the batch axis; `whole`: along all there are."""
    inner = tuple(sorted(axis for axis in axes if axis >= 0))
    mixes = any(x.roles[axis] is not None for axis in inner)
    batched = x.batched and (kept or not (whole or -1 in axes))
    if not inner:
        return walk.ghost(walk, x.index, x.sizes, batched, x.field, x.roles, x.element)
    roles = tuple(role for axis, role in enumerate(x.roles) if kept or axis not in inner)
    made = walk.arranged(Reduce(name, inner, kept, mixes), x, name, batched, roles)
    first_again = not x.batched and not kept and inner[0] == 0 and made.sizes[:1] == (1,)
    return walk.reshaped(made, made.full, "squeeze") if first_again else made


@operation("cumsum", "cumprod", "roll", "flip", "flipud", "fliplr", "logcumsumexp")
def _mixed(walk: Walk, name: str, input: Ghost, *given: Any, **more: Any) -> Any:
    named = tuple(more[word] for word in ("dim", "dims") if word in more)
    for dim in sequence(named or (given[1:] if name == "roll" else given)):
        if isinstance(dim, int):
            walk.place_of(input, dim)
    return walk.layer(step(Mixed(name)), input, walk.unique(name))
