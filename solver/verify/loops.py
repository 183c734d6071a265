"""Oracles that count one by one. They share no code and no formula with the rules: windows are slid, weights and
multiplications are ticked off, pixels are marked. They need no torch.

    ORACLES: rule name -> (premises -> value); an oracle answers None where there is too much to count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

from solver.verify.models import bias_cancelled, imitated, order_ignored

MOST_TICKS = 3_000_000
DIGITS = 25
"""To how many digits numbers that are no fractions are compared."""

Premises: TypeAlias = Mapping[str, Any]
Oracle: TypeAlias = Callable[[Premises], Any]


def _ticks(*lengths: int) -> int | None:
    """How often the body of nested loops runs; where there are many turns the inner loop is ticked as a whole."""
    outer, inner = lengths[:-1], lengths[-1]
    turns = 1
    for length in outer:
        turns *= length
    if turns * inner <= 20_000:
        return sum(1 for _ in product(*map(range, lengths)))
    if turns > MOST_TICKS:
        return None
    row = range(inner)
    count = 0
    for _ in product(*map(range, outer)):
        count += len(row)
    return count


def _sorted_ticks(*lengths: int) -> int | None:
    """As _ticks, with the longest loop inside."""
    return _ticks(*sorted(lengths))


def _plus(count: int | None, more: int | None) -> int | None:
    return None if count is None or more is None else count + more


def _axes(premises: Premises, letter: str, suffix: str = "") -> list[int]:
    """The premises called letter or letter_axis, as K, K_h, K_w."""
    return [
        value for name, value in premises.items() if name in {letter + axis + suffix for axis in ("", "_d", "_h", "_w")}
    ]


def _positions(premises: Premises) -> list[int]:
    return [value for name, value in premises.items() if name.endswith("_out") and name != "C_out"]


def windows(premises: Premises) -> int:
    """Slides a window over the padded input and counts where it fits."""
    n, k, s, p, d = (premises[letter] for letter in "nkspd")
    count, first = 0, -p
    while first + (k - 1) * d <= n + p - 1:
        count += 1
        first += s
    return count


def windows_begun(premises: Premises) -> int:
    """Slides a window until one is not full, and counts that one too, if it begins before the padding behind."""
    n, k, s, p, d = (premises[letter] for letter in "nkspd")
    count, first = 0, -p
    while first < n:
        missing = sum(1 for cell in range(first, first + (k - 1) * d + 1) if cell >= n + p)
        if missing >= s:
            break
        count += 1
        if missing:
            break
        first += s
    return count


def windows_between(premises: Premises) -> int:
    """Slides a window over an input with a padding for each side."""
    places = len(range(-premises["p_1"], premises["n"] + premises["p_2"]))
    return windows({**premises, "n": places, "p": 0})


def shared_out(premises: Premises) -> tuple[int, int]:
    """Deals the cells that a window covers beyond one to the two sides, first behind."""
    before = behind = 0
    for _ in range(max(cell * premises["d"] for cell in range(premises["k"]))):
        if behind <= before:
            behind += 1
        else:
            before += 1
    return before, behind


def painted(premises: Premises) -> int:
    """Paints what each input of a transposed window reaches, cuts the padding off and appends the output padding."""
    n, k, s, p, d = (premises[letter] for letter in "nkspd")
    last = 0
    for i in range(n):
        for m in range(k):
            last = max(last, i * s + m * d)
    cells = list(range(last + 1))
    kept = cells[p : len(cells) - p] if p else cells
    return len(kept + [0] * premises["p_o"])


def _reaching(premises: Premises) -> dict[int, set[int]]:
    """For outputs of a transposed window the inputs that reach them; inputs go on on both sides."""
    k, s, p, d = premises["k"], premises["s"], premises.get("p", 0), premises.get("d", 1)
    far = (k * d + p + s) // s + 2
    found: dict[int, set[int]] = {}
    for i, m in product(range(-far, 2 * far + 1), range(k)):
        found.setdefault(i * s - p + m * d, set()).add(i)
    return {output: inputs for output, inputs in found.items() if 0 <= output < 2 * s}


def transposed_size(premises: Premises) -> Any:
    """The longest stretch of pixels behind any output of a transposed window."""
    r, j = premises["r"], premises["j"]
    seen = ([i * j + pixel for i in inputs for pixel in range(r)] for inputs in _reaching(premises).values())
    return max(max(pixels) - min(pixels) + 1 for pixels in seen)


def transposed_start(premises: Premises) -> Any:
    """The first pixel behind the first output of a transposed window."""
    return premises["a"] + min(i * premises["j"] for i in _reaching(premises)[0])


def _envelope(premises: Premises) -> tuple[Any, Any]:
    """How far the pixels behind an output lie from where it should, at j/s for each output: least and most."""
    j = Fraction(premises["j"])
    off = [i * j - output * j / premises["s"] for output, inputs in _reaching(premises).items() for i in inputs]
    return min(off), max(off)


def phases(premises: Premises) -> Any:
    """Lists pixel by pixel what the units under each output see, over as many outputs as it takes to repeat."""
    a, r, j = premises["a"], premises["r"], premises["j"]
    before = premises["phases"] or ((a, r),)

    def pixels(unit: int) -> set[int]:
        first, size = before[unit % len(before)]
        turns = (unit - unit % len(before)) // len(before)
        return {int(first + turns * len(before) * j) + pixel for pixel in range(size)}

    made, moved = [], 0
    while True:
        for units in premises["taps"]:
            seen = set().union(*(pixels(unit + moved) for unit in units))
            made.append((min(seen), max(seen) - min(seen) + 1) if seen else (0, 0))
        moved += premises["advance"]
        if moved % len(before) == 0:
            return tuple(made)


def united(premises: Premises) -> Any:
    """Lists pixel by pixel what each path sees, unit by unit."""
    paths = [name[2:] for name in premises if name.startswith("r_")]
    lengths = [len(premises[f"phases_{path}"] or "1") for path in paths]
    until = next(n for n in range(1, 10**6) if all(n % length == 0 for length in lengths))
    made = []
    for unit in range(until):
        seen: set[int] = set()
        for path in paths:
            given = premises[f"phases_{path}"] or ((premises[f"a_{path}"], premises[f"r_{path}"]),)
            first, size = given[unit % len(given)]
            moved = (unit - unit % len(given)) * premises[f"j_{path}"]
            seen |= {int(first + moved) + pixel for pixel in range(size)}
        made.append((min(seen), max(seen) - min(seen) + 1) if seen else (0, 0))
    return tuple(made)


def weights(premises: Premises) -> int | None:
    """Ticks off every weight of every filter of every group."""
    groups = premises.get("g", 1)
    if premises["C_in"] % groups or premises["C_out"] % groups:
        return None
    filters, channels = premises["C_out"] // groups, premises["C_in"] // groups
    return _sorted_ticks(groups, filters, channels, *_axes(premises, "K"))


def multiplied(premises: Premises) -> int | None:
    """Ticks off every weight at every output position."""
    groups = premises.get("g", 1)
    channels = premises["C_in"] // groups
    return _sorted_ticks(premises["C_out"], *_positions(premises), channels, *_axes(premises, "K"))


def spread(premises: Premises) -> int | None:
    """Ticks off every weight that each input number is multiplied by."""
    positions = [value for name, value in premises.items() if name.endswith("_in") and name != "C_in"]
    return _sorted_ticks(
        premises["C_in"], *positions, premises["C_out"] // premises.get("g", 1), *_axes(premises, "K")
    )


def _all(*counts: int | None) -> int | None:
    total: int | None = 0
    for count in counts:
        total = _plus(total, count)
    return total


def attention_weights(premises: Premises) -> int | None:
    """Ticks off the weights that make queries, keys, values and the result."""
    features = premises["E"]
    read = [features, premises.get("E_k", features), premises.get("E_v", features), features]
    return _all(*(_sorted_ticks(features, each) for each in read))


def attention_multiplied(premises: Premises) -> int | None:
    """Ticks off the projections of each position, the scores and the weighted sums."""
    queries, features, looked = premises["L"], premises["E"], premises["T"]
    keys = premises.get("S", queries)
    projected = [
        (queries, features, features),
        (keys, features, premises.get("E_k", features)),
        (keys, features, premises.get("E_v", features)),
        (queries, features, features),
    ]
    compared = [(queries, looked, features)] * 2
    return _all(*(_sorted_ticks(*lengths) for lengths in projected + compared))


def _fitting(whole: int, part: int) -> int:
    """How often a part can be taken away."""
    count = 0
    while whole >= part:
        whole -= part
        count += 1
    return count


def field_size(premises: Premises) -> int:
    """Marks the pixels that each cell of the kernel sees and measures the marked stretch."""
    marked: set[int] = {
        cell * premises["d"] * premises["j"] + pixel for cell in range(premises["k"]) for pixel in range(premises["r"])
    }
    return max(marked) - min(marked) + 1


def field_repeated(premises: Premises) -> int:
    """Marks pixels through one layer after the other, each of stride 1."""
    marked = set(range(premises["r"]))
    for _ in range(premises["L"]):
        steps = [cell * premises["d"] * premises["j"] for cell in range(premises["k"])]
        marked = {pixel + step for pixel in marked for step in steps}
    return max(marked) - min(marked) + 1


def union_size(premises: Premises) -> Any:
    """Marks what each path sees and measures the marked stretch."""
    paths = range(1, len(premises) // 2 + 1)
    marked = {premises[f"a_{path}"] + pixel for path in paths for pixel in range(premises[f"r_{path}"])}
    return max(marked) - min(marked) + 1


def _walked(start: Any, steps: Any, step: Any) -> Any:
    """Walks so many steps, backwards where they are negative, and parts of steps where they are a fraction."""
    parts = Fraction(steps)
    each = Fraction(step) / parts.denominator
    for _ in range(abs(parts.numerator)):
        start += each if parts > 0 else -each
    return start


def _cells(premises: Premises, letter: str) -> list[Any]:
    found = [(int(name[2:]), value) for name, value in premises.items() if name.startswith(letter + "_")]
    return [value for _, value in sorted(found)]


def correlated(premises: Premises) -> Any:
    """Multiplies cell by cell and adds."""
    value = premises.get("b", 0)
    for x, w in zip(_cells(premises, "x"), _cells(premises, "w"), strict=True):
        value += x * w
    return value


def _again(premises: Premises) -> tuple[int, int, int]:
    """Size, start and jump of a field behind one layer after the other."""
    size, start, jump = premises.get("r", 1), premises.get("a", 0), premises["j"]
    for _ in range(premises["L"]):
        size += sum(jump for _ in range(premises.get("w", 0)))
        start += premises.get("b", 0) * jump
        jump = sum(jump for _ in range(premises.get("s", 1)))
    return size, start, jump


def chosen_alike(premises: Premises) -> Fraction:
    """The variance of the place of a cell of a kernel, each as likely as the others, from all pairs of cells."""
    places = [cell * premises["d"] * premises["j"] for cell in range(premises["k"])]
    return sum((Fraction(one - other) ** 2 for one, other in product(places, places)), Fraction(0)) / (
        2 * len(places) ** 2
    )


def averaged(premises: Premises) -> Fraction:
    """Adds the cells and shares the sum out."""
    cells = _cells(premises, "x")
    return sum(map(Fraction, cells), Fraction(0)) / len(cells)


def passed_on(premises: Premises) -> tuple[Fraction, ...]:
    """Spreads each input over the units behind it, one product at a time, in whole numbers of a small unit."""
    z, matrix = premises.values()
    unit = max(value.denominator for value in (*z, *(weight for row in matrix for weight in row)))
    sums = [0] * len(matrix[0])
    for value, row in zip(z, matrix, strict=True):
        for place, weight in enumerate(row):
            sums[place] += int(value * unit) * int(weight * unit)
    return tuple(Fraction(total, unit**2) for total in sums)


def _grown(s: int, layers: int) -> int:
    """How much larger a small ReLU network of so many layers becomes when each of its weights is multiplied by s."""

    def output(scale: int) -> int:
        z = [2, 1]
        for _ in range(layers):
            z = [max(0, scale * (z[0] - z[1])), max(0, scale * (3 * z[1] - z[0]))]
        return sum(z)

    return output(s) // output(1)


def added(premises: Premises) -> Any:
    """Adds the terms from last to first."""
    value: Any = 0
    for term in reversed(list(premises.values())):
        value = term + value
    return value


def pairs(premises: Premises) -> Any:
    """Adds E[r_i r_j] over all pairs of neurons."""
    neurons = range(premises["n"])
    return sum(premises["a"] if i == j else premises["b"] * premises["b"] for i in neurons for j in neurons)


def _repeated(times: int, factor: Any) -> Any:
    result: Any = 1
    for _ in range(times):
        result = result * factor
    return result


def dead(premises: Premises) -> Any:
    """Follows the chance that a network is alive from layer to layer, the signs of a layer's neurons listed."""
    signs = list(product((0, 1), repeat=premises["n"]))
    alive = Fraction(1)
    for _ in range(premises["L"]):
        alive -= alive * Fraction(sum(1 for layer in signs if not any(layer)), len(signs))
    return 1 - alive


def split_evenly(at: Premises) -> int | None:
    """How many zeros on each side make the sizes meet, tried one by one."""
    return next((each for each in range(at["N"] + 1) if len(range(-each, at["n"] + each)) == at["N"]), None)


def drawn_from_bag(at: Premises) -> Fraction:
    """The share of a bag's tickets that are of the second kind."""
    tickets = [kind for kind, many in at.items() for _ in range(many)]
    return Fraction(tickets.count("a_2"), len(tickets))


def cross_entropy(at: Premises) -> Fraction:
    """Minus the logarithm of the first class's probability, in decimal arithmetic."""
    with localcontext() as context:
        context.prec = 2 * DIGITS
        weights = {name: Decimal(int(logit)).exp() for name, logit in at.items()}
        return round(Fraction(-(weights["z_1"] / sum(weights.values())).ln()), DIGITS)


ORACLES: dict[str, Oracle] = {
    "padding.needed": split_evenly,
    "softmax.probability": drawn_from_bag,
    "cross_entropy.one_image": cross_entropy,
    "split.left": lambda at: len(set(range(at["N"])) - set(range(at["m"]))),
    "training.updates": lambda at: sum(1 for _ in range(at["E"]) for _ in range(0, at["N"], at["B"])),
    "window.output_size": windows,
    "window.output_size_ceil": windows_begun,
    "window.output_size_uneven": windows_between,
    "padding.same_before": lambda at: shared_out(at)[0],
    "padding.same_behind": lambda at: shared_out(at)[1],
    "padding.output_size": lambda at: len(range(-at["p_1"], at["n"] + at["p_2"])),
    "field.size": field_size,
    "field.transposed_size": transposed_size,
    "field.transposed_jump": lambda at: _walked(Fraction(0), at["j"], Fraction(1, at["s"])),
    "field.transposed_start": transposed_start,
    "field.envelope_size": lambda at: at["r"] + _envelope(at)[1] - _envelope(at)[0],
    "field.envelope_start": lambda at: at["a"] + _envelope(at)[0],
    "field.phases": phases,
    "field.united_phases": united,
    "field.jump": lambda at: _walked(0, at["s"], at["j"]),
    "field.start": lambda at: _walked(at["a"], at["p"], -at["j"]),
    "field.repeated": field_repeated,
    "field.repeated_wider": lambda at: _again(at)[0],
    "field.repeated_start": lambda at: _again(at)[1],
    "field.repeated_strides": lambda at: _again(at)[0],
    "field.repeated_strides_start": lambda at: _again(at)[1],
    "field.repeated_jump": lambda at: _again(at)[2],
    "repeated.size": lambda at: _walked(at["n"], at["L"], at["c"]),
    "repeated.count": lambda at: sum(at["N"] for _ in range(at["L"])),
    "field.variance": lambda at: at["v"] + chosen_alike(at),
    "field.variance_repeated": lambda at: at["v"] + sum((chosen_alike(at) for _ in range(at["L"])), Fraction(0)),
    "field.union_start": lambda at: sorted(at.values())[0],
    "field.union_size": union_size,
    "concatenation.channels": added,
    "dense.features": lambda at: sum(1 for _ in range(at["m"])),
    "convolution.channels": lambda at: sum(1 for _ in range(at["m"])),
    "convolution.weights": weights,
    "convolution.parameters": lambda at: _plus(weights(at), _ticks(at["C_out"])),
    "convolution.multiplications": multiplied,
    "convolution.value": correlated,
    "transposed.output_size": painted,
    "transposed.multiplications": spread,
    "max_pooling.value": lambda at: sorted(_cells(at, "x"))[-1],
    "average_pooling.value": averaged,
    "average_pooling.divided": lambda at: sum(map(Fraction, _cells(at, "x")), Fraction(0)) / at["q"],
    "average_pooling.multiplications": lambda at: _sorted_ticks(at["C"], *_positions(at)),
    "dense.weights": lambda at: _sorted_ticks(at["D_in"], at["D_out"]),
    "dense.parameters": lambda at: _plus(_sorted_ticks(at["D_in"], at["D_out"]), _ticks(at["D_out"])),
    "dense.multiplications": lambda at: _sorted_ticks(at["D_in"], at["D_out"]),
    "dense.multiplications_each": lambda at: _sorted_ticks(at["P"], at["D_in"], at["D_out"]),
    "bilinear.weights": lambda at: _sorted_ticks(at["D_1"], at["D_2"], at["D_out"]),
    "bilinear.parameters": lambda at: _plus(_sorted_ticks(at["D_1"], at["D_2"], at["D_out"]), _ticks(at["D_out"])),
    "bilinear.multiplications": lambda at: _sorted_ticks(at["P"], at["D_1"], at["D_2"], at["D_out"]),
    "matrix_product.multiplications": lambda at: _sorted_ticks(*at.values()),
    "normalisation.parameters": lambda at: _plus(_ticks(at["C"]), _ticks(at["C"])),
    "normalisation.scales": lambda at: _ticks(at["C"]),
    "normalisation.buffers": lambda at: _all(_ticks(at["C"]), _ticks(at["C"]), 1),
    "layer_norm.parameters": lambda at: _plus(_sorted_ticks(*at.values()), _sorted_ticks(*at.values())),
    "layer_norm.scales": lambda at: _sorted_ticks(*at.values()),
    "elementwise.multiplications": lambda at: _sorted_ticks(*at.values()),
    "prelu.parameters": lambda at: _ticks(at["m"]),
    "glu.size": lambda at: _fitting(at["n"], 2),
    "embedding.parameters": lambda at: _sorted_ticks(at["V"], at["E"]),
    "attention.weights": attention_weights,
    "attention.parameters": lambda at: _all(attention_weights(at), *[_ticks(at["E"])] * 4),
    "attention.appended": lambda at: _plus(_ticks(at["E"]), _ticks(at["E"])),
    "attention.keys": added,
    "attention.multiplications": attention_multiplied,
    "upsample.size": lambda at: _sorted_ticks(at["f"], at["n"]),
    "upsample.rescaled": lambda at: _fitting(at["u"] * at["n"], at["v"]),
    "pixel_shuffle.channels": lambda at: _fitting(at["C"], len(range(at["f"])) * at["f"]),
    "pixel_unshuffle.channels": lambda at: _sorted_ticks(at["C"], at["f"], at["f"]),
    "pixel_unshuffle.size": lambda at: _fitting(at["n"], at["f"]),
    "unfold.channels": lambda at: _sorted_ticks(at["C"], at["K_h"], at["K_w"]),
    "flatten.some": lambda at: _sorted_ticks(*at.values()),
    "unflatten.rest": lambda at: _fitting(at["n"], at["m"]),
    "flatten.features": lambda at: _sorted_ticks(*at.values()),
    "mlp.represents": imitated,
    "order.ignored": order_ignored,
    "bias.cancelled": bias_cancelled,
    "notes.square": lambda at: _walked(Fraction(0), at["c"], at["V"]),
    "notes.fourth": lambda at: _walked(Fraction(0), at["c"], 3 * at["V"] * at["V"]),
    "notes.layer": pairs,
    "notes.depth": lambda at: _repeated(at["L"], at["f"]),
    "notes.dead": dead,
    "block.identity": lambda at: [max(at["s"] * at["x"] + at["g"] * at["u"], 0)] == [at["x"]],
    "sharing.same_count": lambda at: not set(range(at["N_1"])) ^ set(range(at["N_2"])),
    "network.layer": lambda at: tuple(value if value > 0 else 0 for value in passed_on(at)),
    "network.read_out": lambda at: passed_on(at)[0],
    "network.layer_scale": lambda at: _grown(at["s"], at["l"]),
    "network.output_scale": lambda at: _grown(at["s"], at["L"]),
    "network.homogeneous": lambda at: sum([at["y"]] * at["k"]),
    "product": lambda at: _sorted_ticks(at["a"], at["b"]),
    "ratio": lambda at: Fraction(at["N_1"], at["N_2"]),
    "total": added,
}
