"""What only moves numbers: views, transpositions, slices, concatenations. Entries of the table of operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from solver.derivation import DoesNotFit
from solver.networks.conditions import simple, times
from solver.networks.guarded import bare
from solver.networks.moves import Expand, Pad, Slice
from solver.networks.operations import is_tensor, made, needs_values, operation, sequence
from solver.networks.remembered import step
from solver.networks.reshaping import MIXED, merged
from solver.networks.steps import Assign
from solver.networks.walk import CannotFollow, Ghost, Walk
from solver.values import Shape, Size

Cut: TypeAlias = "tuple[int, Any, Any, int]"
"""An axis of ours, and where it is cut: start, stop (None for the end) and step."""

MOST_PARTS = 64

# --- views


@operation("view", "reshape", "_unsafe_view", "view_copy", "_reshape_copy")
def _view(walk: Walk, name: str, input: Ghost, *sizes: Any, **more: Any) -> Ghost:
    wanted = sequence(sizes or tuple(more.values()))
    if any(hasattr(size, "is_floating_point") for size in wanted):  # a type of numbers: the same bits read anew
        return input
    return walk.reshaped(input, tuple(map(bare, wanted)), "reshape")


@operation("view_as", "reshape_as")
def _view_as(walk: Walk, name: str, input: Ghost, other: Any) -> Ghost:
    return walk.reshaped(input, other.full if isinstance(other, Ghost) else tuple(other.shape), "reshape")


@operation("flatten", "ravel")
def _flatten(walk: Walk, name: str, input: Ghost, start_dim: int = 0, end_dim: int = -1) -> Any:
    full = input.full
    first, last = walk.place_of(input, start_dim), walk.place_of(input, end_dim)
    if first > last:
        raise DoesNotFit("Flatten", {"start_dim": start_dim, "end_dim": end_dim})
    if not (input.batched and 0 < first < last):
        return walk.reshaped(input, (*full[:first], times(full[first : last + 1]), *full[last + 1 :]), name)
    x = walk.layer(made("Flatten", start_dim=first, end_dim=last), input, walk.unique(name))
    x.roles = (*input.roles[: first - 1], merged(input.roles[first - 1 : last]), *input.roles[last:])
    return x


@operation("unflatten")
def _unflatten(walk: Walk, name: str, input: Ghost, dim: int, sizes: Sequence[Any]) -> Ghost:
    full, at = input.full, walk.place_of(input, dim)
    return walk.reshaped(input, (*full[:at], *map(bare, sizes), *full[at + 1 :]), name)


@operation("unsqueeze")
def _unsqueeze(walk: Walk, name: str, input: Ghost, dim: int) -> Ghost:
    full = list(input.full)
    full.insert(walk.place_of(input, dim, more=1), 1)
    return walk.reshaped(input, full, name)


@operation("squeeze")
def _squeeze(walk: Walk, name: str, input: Ghost, dim: Any = None) -> Ghost:
    dims = range(len(input.full)) if dim is None else (dim,) if isinstance(dim, int) else dim
    chosen = {walk.place_of(input, axis) for axis in dims}
    full = [size for axis, size in enumerate(input.full) if axis not in chosen or size != 1]
    if 0 in chosen and input.batched:
        return walk.without_batch(walk.reshaped(input, (1, *full), name))
    return walk.reshaped(input, full, name)


@operation("permute", "permute_copy")
def _permute(walk: Walk, name: str, input: Ghost, *dims: Any, **more: Any) -> Ghost:
    return walk.permuted(input, sequence(dims or tuple(more.values())), "permute")


@operation("transpose", "swapaxes", "swapdims", "t", "adjoint")
def _transpose(walk: Walk, name: str, input: Ghost, dim0: int = -2, dim1: int = -1) -> Ghost:
    order = list(range(len(input.full)))
    if len(order) < 2:
        return input
    one, other = walk.place_of(input, dim0), walk.place_of(input, dim1)
    order[one], order[other] = other, one
    return walk.permuted(input, order, "transpose")


@operation("movedim", "moveaxis")
def _movedim(walk: Walk, name: str, input: Ghost, source: Any, destination: Any) -> Ghost:
    full = len(input.full)
    froms, tos = ([walk.place_of(input, axis) for axis in sequence((one,))] for one in (source, destination))
    left = iter(axis for axis in range(full) if axis not in froms)
    order = [froms[tos.index(axis)] if axis in tos else next(left) for axis in range(full)]
    return walk.permuted(input, order, "permute")


# --- repeating and padding


@operation("expand", "expand_as", "broadcast_to", "expand_copy")
def _expand(walk: Walk, name: str, input: Ghost, *sizes: Any, **more: Any) -> Any:
    given = sizes[0] if sizes and is_tensor(sizes[0]) else None
    wanted = list(map(bare, sequence(sizes or tuple(more.values())) if given is None else _full(given)))
    return expanded(walk, input, wanted, name)


@operation("repeat", "tile")
def _repeat(walk: Walk, name: str, input: Ghost, *sizes: Any, **more: Any) -> Any:
    many = list(map(bare, sequence(sizes)))
    full = (1,) * (len(many) - len(input.full)) + input.full
    if len(many) < len(full) or any(size != 1 and times != 1 for size, times in zip(full, many, strict=True)):
        return NotImplemented
    return expanded(walk, input, [size * times for size, times in zip(full, many, strict=True)], name)


def _full(tensor: Any) -> tuple[Any, ...]:
    return tensor.full if isinstance(tensor, Ghost) else tuple(tensor.shape)


def expanded(walk: Walk, x: Ghost, wanted: list[Any], name: str) -> Ghost:
    """The signal with axes of size 1 repeated to these sizes, -1 for those that stay."""
    full = (1,) * (len(wanted) - len(x.full)) + x.full
    if len(full) > len(wanted) or any(isinstance(want, int) and want < -1 for want in wanted):
        raise DoesNotFit("broadcast", {"shape": x.sizes, "sizes": tuple(wanted)})
    sizes = [size if want == -1 else want for size, want in zip(full, wanted, strict=True)]
    if tuple(sizes) == x.full:
        return x
    batched = sizes[0] == 1
    target = tuple(sizes[1:] if batched else sizes)
    roles = (None,) * (len(target) - len(x.sizes)) + x.roles
    return walk.arranged(Expand(target), x, name, batched, roles)


@operation("pad", "constant_pad_nd", "_pad")
def _pad(walk: Walk, name: str, input: Ghost, pad: Sequence[Any], mode: str = "constant", value: Any = None) -> Any:
    ends = list(map(bare, pad))
    sides: list[tuple[int, Any, Any]] = []
    along: list[tuple[Any, Any]] = []
    for back, (before, behind) in enumerate(zip(ends[::2], ends[1::2], strict=True), start=1):
        axis = walk.axis(input, -back)
        if (before, behind) == (0, 0):
            continue
        if axis < 0:
            return NotImplemented
        sides.append((axis, before, behind))
        along += [] if input.roles[axis] is None else [(input.roles[axis], before)]
    if not sides:
        return input
    x = walk.whole(input, "mixed") if any(role == MIXED for role, _ in along) else input
    padded = Pad(tuple(sides), tuple(along) if x.field else (), zeros=mode == "constant" and not value)
    return walk.arranged(padded, x, "pad", x.batched, x.roles)


# --- making


@operation("new_zeros", "new_ones", "new_full", "new_empty")
def _new(walk: Walk, name: str, input: Ghost, *size: Any, **more: Any) -> Any:
    given = size[0] if size and isinstance(size[0], list | tuple) else more.get("size", size)
    return _constant(walk, name, tuple(map(bare, given)), input)


@operation("zeros", "ones", "empty", "rand", "randn", "full")
def _made(walk: Walk, name: str, *size: Any, **more: Any) -> Any:
    """A tensor of sizes some of which are symbols, beside the network's input."""
    given = size[0] if size and isinstance(size[0], list | tuple) else more.get("size", size)
    return _constant(walk, name, tuple(map(bare, given)), walk.inputs[0])


@operation("arange")
def _arange(walk: Walk, name: str, *bounds: Any, **more: Any) -> Any:
    start, stop = (0, *map(bare, bounds)) if len(bounds) == 1 else tuple(map(bare, bounds[:2]))
    made = _constant(walk, name, (simple(stop - start),), walk.inputs[0])
    made.element = walk.elements.get("integer")
    return made


def _constant(walk: Walk, name: str, full: tuple[Any, ...], beside: Ghost) -> Ghost:
    batched = len(full) > 1 and full[0] == 1
    return walk.constant(Shape(full[1:] if batched else full), 0, beside, walk.unique(name), batched)


# --- putting together


@operation("cat", "concat", "concatenate")
def _concatenate(walk: Walk, name: str, tensors: Any, dim: int = 0, **more: Any) -> Any:
    dim = more.get("axis", dim)
    signals = [x for x in walk.signals(list(tensors)) if x.full[walk.place_of(x, dim) if x.sizes != (0,) else 0] != 0]
    if len(signals) == 1:
        return signals[0]
    axis = walk.axis(signals[0], dim)
    batched = all(x.batched for x in signals) and axis >= 0
    if not batched:
        signals = [walk.unbatched(x, "unsqueeze") for x in signals]
        axis = dim % len(signals[0].sizes)
    x = walk.join(made("Concatenate", axis=axis), walk.fitted(signals, axis), walk.unique("cat"), batched)
    if x.roles[axis] is not None:
        x.roles = (*x.roles[:axis], MIXED, *x.roles[axis + 1 :])
    return x


@operation("stack")
def _stack(walk: Walk, name: str, tensors: Any, dim: int = 0) -> Any:
    signals = walk.fitted(walk.signals(list(tensors)))
    at = walk.place_of(signals[0], dim, more=1)
    batched = signals[0].batched and at > 0
    if not batched:
        signals = [walk.unbatched(x, "unsqueeze") for x in signals]
    axis, roles = at - batched, signals[0].roles
    x = walk.join(made("Stack", axis=axis), signals, walk.unique(name), batched)
    x.roles = (*roles[:axis], None, *roles[axis:])
    return x


@operation("__setitem__", "copy_", "index_put_", "scatter_", "index_copy_")
def _setitem(walk: Walk, name: str, input: Any, *given: Any, **more: Any) -> Any:
    others = [value for value in (*given, *more.values()) if is_tensor(value) and not walk.is_number(value)]
    signals = walk.signals([input, *others])
    return walk.join(step(Assign()), signals, walk.unique("assign"), signals[0].batched)


# --- taking apart


@operation("chunk")
def _chunk(walk: Walk, name: str, input: Ghost, chunks: int, dim: int = 0) -> Any:
    axis = walk.axis(input, dim)
    size = 1 if axis < 0 else input.sizes[axis]
    return _split(walk, name, input, -(-walk.guarded(size) // chunks), dim)


@operation("tensor_split")
def _tensor_split(walk: Walk, name: str, input: Ghost, sections: Any = None, dim: int = 0, **more: Any) -> Any:
    """So many parts, of which the first are longer by one, or parts that begin at these places."""
    at = next((bare(value) for key, value in more.items() if key in ("indices", "sections")), bare(sections))
    axis = walk.axis(input, dim)
    size = 1 if axis < 0 else input.sizes[axis]
    if axis < 0 or is_tensor(at) or not isinstance(size, int):
        return NotImplemented
    if isinstance(at, int):
        starts = [size // at * part + min(part, size % at) for part in range(at)]
    else:
        starts = [0, *(min(place, size) for place in map(bare, at))]
    ends = [*starts[1:], size]
    return _split(walk, name, input, [end - start for start, end in zip(starts, ends, strict=True)], dim)


@operation("split", "split_with_sizes", "unsafe_split", "unsafe_chunk")
def _split(walk: Walk, name: str, input: Ghost, split_size: Any = None, dim: int = 0, **more: Any) -> Any:
    wanted = next((value for key, value in more.items() if key.startswith("split_size")), split_size)
    axis = walk.axis(input, dim)
    if axis < 0:
        return (input,)
    listed = isinstance(wanted, list | tuple)
    parts = list(map(bare, wanted)) if listed else _parts(walk, input.sizes[axis], bare(wanted))
    starts = [sum(parts[:index], 0) for index in range(len(parts))]
    pieces = zip(starts, parts, strict=True)
    return tuple(sliced(walk, input, [(axis, start, start + part, 1)], "split") for start, part in pieces)


def _parts(walk: Walk, size: Any, part: Any) -> list[Any]:
    """The sizes of the parts that a size is cut into; with symbols, the number of parts has to be certain."""
    if isinstance(size, int) and isinstance(part, int):
        return [part] * (size // part) + [size % part] * (size % part > 0)
    for many in range(1, MOST_PARTS + 1):
        if walk.conditions.fit(size, many * part):
            return [part] * many
    raise CannotFollow("needs_size", "split", walk.path, walk.place(), f"{size} in parts of {part}")


@operation("unbind")
def _unbind(walk: Walk, name: str, input: Ghost, dim: int = 0) -> Any:
    axis = walk.axis(input, dim)
    if axis < 0:
        return (walk.without_batch(input),)
    size = input.sizes[axis]
    if not isinstance(size, int):
        raise CannotFollow("needs_size", name, walk.path, walk.place(), str(size))
    return tuple(selected(walk, input, axis, index) for index in range(size))


@operation("select")
def _select(walk: Walk, name: str, input: Ghost, dim: int, index: Any) -> Any:
    axis = walk.axis(input, dim)
    return walk.without_batch(input) if axis < 0 else selected(walk, input, axis, bare(index))


@operation("narrow")
def _narrow(walk: Walk, name: str, input: Ghost, dim: int, start: Any, length: Any) -> Any:
    axis, start, length = walk.axis(input, dim), bare(start), bare(length)
    return input if axis < 0 else sliced(walk, input, [(axis, start, start + length, 1)], name)


@operation("slice")
def _slice(walk: Walk, name: str, input: Ghost, dim: int = 0, start: Any = 0, end: Any = None, step: int = 1) -> Any:
    axis = walk.axis(input, dim)
    if axis < 0:
        return input
    return sliced(walk, input, [(axis, *_bounds(walk, slice(start, end, step), input.sizes[axis]))], name)


def selected(walk: Walk, x: Ghost, axis: int, index: Any) -> Ghost:
    """One entry along an axis, which is gone."""
    one = sliced(walk, x, [(axis, *_bounds(walk, index, x.sizes[axis]))], "select")
    sizes = [size for at, size in enumerate(one.full) if at != axis + one.batched]
    if one.batched:
        return walk.reshaped(one, sizes, "squeeze")
    return walk.without_batch(walk.reshaped(one, (1, *sizes), "squeeze"))


def sliced(walk: Walk, x: Ghost, cuts: Sequence[Cut], name: str) -> Ghost:
    """The signal cut along axes; where a cut along an axis of the field is not known from the front, it sees all."""
    needed = tuple(one for one in cuts if not _is_everything(x.sizes[one[0]], one))
    if not needed:
        return x
    along: list[Any] = [(x.roles[axis], start, by) for axis, start, _, by in needed if x.roles[axis] is not None]
    if any(role == MIXED or not isinstance(start, int) or start < 0 for role, start, _ in along):
        x = walk.whole(x, "mixed")
    return walk.arranged(Slice(needed, tuple(along) if x.field else ()), x, name, x.batched, x.roles)


def _is_everything(size: Any, cut: Cut) -> bool:
    _, start, stop, by = cut
    known = isinstance(size, int) and isinstance(stop, int)
    return start == 0 and by == 1 and (stop is None or stop == size or (known and stop >= size))


@operation("__getitem__")
def _getitem(walk: Walk, name: str, input: Ghost, index: Any) -> Any:
    items = list(index) if isinstance(index, tuple) else [index]
    if any(isinstance(item, Ghost) and item.element is walk.elements.get("truth") for item in items):
        raise needs_values(walk, "mask")
    if any(is_tensor(item) or isinstance(item, list | bool) for item in items):
        return NotImplemented
    items = _spelled_out(items, len(input.full))
    if sum(item is not None for item in items) > len(input.full):
        raise DoesNotFit("axis", {"dim": len(items) - 1, "shape": input.sizes})
    cuts: list[Cut] = []
    sizes: list[Any] = []
    dims = iter(range(len(input.full)))
    for item in items:
        axis = -1 if item is None else next(dims) - input.batched
        if item is not None:
            cut = _bounds(walk, item, input.sizes[axis] if axis >= 0 else 1)
            cuts += [(axis, *cut)] if axis >= 0 else []
        if item is None:
            sizes.append(None)
        elif isinstance(item, slice):
            sizes.append(axis)
    x = sliced(walk, input, cuts, "slice" if all(isinstance(item, slice) for item in items) else "select")
    if all(isinstance(item, slice) for item in items):
        return x
    full = [1 if axis is None or axis < 0 else x.sizes[axis] for axis in sizes]
    how = "squeeze" if len(full) < len(x.full) else "unsqueeze"
    if input.batched and isinstance(items[0], int):
        return walk.without_batch(walk.reshaped(x, (1, *full), how))
    return walk.reshaped(x, full, how)


def _spelled_out(items: list[Any], axes: int) -> list[Any]:
    """An index with an entry for each axis, `...` and what is left out being whole axes."""
    missing = [slice(None)] * (axes - sum(1 for item in items if item is not None and item is not Ellipsis))
    if not any(item is Ellipsis for item in items):
        return items + missing
    at = next(place for place, item in enumerate(items) if item is Ellipsis)
    return items[:at] + missing + items[at + 1 :]


def _bounds(walk: Walk, item: Any, size: Any) -> tuple[Any, Any, int]:
    """Start, stop and step of an entry of an index, counted from the front where that can be said."""
    if not isinstance(item, slice):
        index = bare(item)
        if isinstance(index, int) and isinstance(size, int) and not -size <= index < size:
            raise DoesNotFit("axis", {"index": index, "size": size})
        index = index + size if isinstance(index, int) and index < 0 and isinstance(size, int) else index
        return index, None if isinstance(index, int) and index == -1 else index + 1, 1
    start, stop, by = _from_front(item.start, size), _from_front(item.stop, size), bare(item.step) or 1
    if isinstance(size, int) and all(one is None or isinstance(one, int) for one in (start, stop)):
        start, last, by = slice(start, stop, by).indices(size)
        return start, None if last == size else last, by
    if isinstance(stop, int) and stop >= 2**31:  # how an exported graph writes the end
        stop = None
    if stop == size:
        stop = None
    elif stop is not None and not isinstance(stop, int):
        walk.conditions.at_least(size, stop)
    return start or 0, stop, by


def _from_front(index: Any, size: Any) -> Any:
    """An index in symbols counted from the front: -(H - 1) is H - 1 before the end."""
    index = bare(index)
    return simple(size + index) if isinstance(index, Size) and index.outer < 0 else index
