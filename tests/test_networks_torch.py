"""The importer against torch: what people do in `forward`, what cannot be followed, what is left as it was."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import fx, nn  # noqa: E402  # behind the skip
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from solver.derivation import Derived, DoesNotFit, Given, value_of  # noqa: E402
from solver.derivation import shape as shape_of  # noqa: E402
from solver.layers.base import WHOLE, Row  # noqa: E402
from solver.networks.conditions import at  # noqa: E402
from solver.networks.torch_module import read_module  # noqa: E402
from solver.networks.walk import CannotFollow  # noqa: E402
from solver.questions import analyze  # noqa: E402
from solver.values import Shape, Size  # noqa: E402
from tests.networks import classic, mobile, odd, residual, segmentation, transformer  # noqa: E402

WORDS = torch.zeros(1, 7, dtype=torch.long)

FOLLOWED: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {  # network, shapes of its inputs
    "shared": (odd.Shared, ((4, 9, 9),)),
    "tied": (odd.Tied, (WORDS,)),
    "two inputs": (odd.TwoInputs, ((3, 11, 11), (5,))),
    "functional": (odd.Functional, ((3, 15, 15),)),
    "standardised": (lambda: odd.Standardised(3, 8, 3), ((3, 8, 8),)),
    "low rank": (odd.LowRank, ((12,),)),
    "positions": (odd.Positions, ((16, 8),)),
    "windows": (odd.Windows, ((8, 8, 8),)),
    "channels last": (odd.ChannelsLast, ((8, 12, 12),)),
    "shuffled": (odd.Shuffled, ((8, 6, 6),)),
    "frames": (odd.Frames, ((4, 3, 8, 8),)),
    "in place": (odd.InPlace, ((3, 6, 6),)),
    "asked": (odd.Asked, ((2, 26, 23),)),
    "sums": (odd.Sums, ((7, 8),)),
    "heads": (lambda: odd.Heads(True), ((5, 8),)),
    "heads, batch second": (lambda: odd.Heads(False), ((5, 8),)),
    "pyramid": (odd.Pyramid, ((3, 37, 41),)),
    "one axis": (odd.Residual1d, ((4, 40),)),
    "hooked": (odd.Hooked, ((3, 8, 8),)),
    "checkpointed": (odd.Checkpointed, ((3, 8, 8),)),
    "quantised": (odd.Quantised, ((3, 8, 8),)),
    "dynamic": (odd.Dynamic, ((3, 8, 8),)),
    "attention": (transformer.Written, ((10, 64),)),
    "small transformer": (lambda: transformer.ViT(32, 8, 16, 2, 2), ((3, 32, 32),)),
    "u-net": (lambda: segmentation.UNet(2, 4), ((3, 20, 24),)),
    "scaled up": (segmentation.FCN, ((3, 97, 75),)),
    "dense": (lambda: classic.Block(3, 8, 4), ((8, 5, 5),)),
    "inception": (lambda: classic.Inception(8, 4, (2, 4), (2, 4), 4), ((8, 9, 9),)),
    "excite": (lambda: mobile.MBConv(6, 5, 1, 8, 8, 0.1), ((8, 7, 7),)),
}

followed = pytest.mark.parametrize(("make", "inputs"), FOLLOWED.values(), ids=FOLLOWED)


def tensors(inputs: tuple[Any, ...]) -> list[Any]:
    """Meta tensors of these shapes."""
    with torch.device("meta"):
        return [torch.empty(1, *each) if isinstance(each, tuple) else torch.empty_like(each) for each in inputs]


def outputs(made: Any) -> Iterator[tuple[int, ...]]:
    """The shapes of all tensors in a result."""
    if isinstance(made, torch.Tensor):
        yield tuple(made.shape)
    elif made is not None:
        for each in made.values() if isinstance(made, dict) else made:
            yield from outputs(each)


def said(row: Row) -> tuple[Any, ...]:
    """Everything that a row says, as values."""
    facts = (row.output, row.parameters, row.multiplications, row.macs, *row.inputs)
    fields = tuple(value_of(fact) for axis in row.field for fact in (axis.size, axis.jump, axis.start, axis.phases))
    return row.layer, row.layer.name, row.layer.kind, *map(value_of, facts), fields


@followed
def test_shapes_parameters_and_macs_are_torch_s(make: Any, inputs: Any) -> None:
    module = make().eval()
    walked = read_module(module, *inputs)
    assert walked.registered.parameters == sum(p.numel() for p in module.parameters()) == walked.parameters
    assert walked.registered.buffers == sum(b.numel() for b in module.buffers())
    meta = module.to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        made = meta(*tensors(inputs))
    assert [x.full for x in walked.made] == list(outputs(made))
    assert 2 * walked.macs == counter.get_total_flops()
    assert (walked.without_formula, walked.unused) == ((), ())


@followed
def test_the_graph_says_the_same_of_each_step_and_explains_it(make: Any, inputs: Any) -> None:
    walked = read_module(make(), *inputs)
    again, *_ = walked.graph and walked.run(*walked.input)
    assert list(map(said, again.rows)) == list(map(said, walked.rows))
    given = [shape_of({str(axis): Given("n", size) for axis, size in enumerate(shape)}) for shape in walked.input]
    explained, *_ = walked.run(*given)
    assert list(map(said, explained.rows)) == list(map(said, walked.rows))
    assert any(isinstance(fact, Derived) for row in explained.rows for fact in (row.output, row.multiplications))


@followed
def test_each_module_s_row_says_what_the_module_has_registered(make: Any, inputs: Any) -> None:
    module = make()
    rows = {row.layer.name: row.parameters for row in read_module(module, *inputs).rows}
    parts = {name: part for name, part in module.named_modules() if name in rows and make is not odd.Tied}
    registered = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    assert {name: rows[name] for name in registered if name not in ("normed", "spectral")} == {
        name: count for name, count in registered.items() if name not in ("normed", "spectral")
    }


def test_what_is_shared_is_learned_once() -> None:
    walked = read_module(odd.Shared(), (4, 9, 9))
    convolutions = {row.layer.name: row.parameters for row in walked.rows if row.layer.kind == "Conv2d"}
    assert convolutions == {"conv": 148, "conv#2": 0, "conv#3": 0}
    tied = {row.layer.name: row.parameters for row in read_module(odd.Tied(), WORDS).rows}
    assert tied == {"embed": 400, "inner": 72, "tanh": 0, "decode.bias": 50, "decode": 0}


def test_frozen_parameters_and_buffers_stand_apart() -> None:
    registered = read_module(odd.Functional(), (3, 15, 15)).registered
    assert (registered.trainable, registered.frozen, registered.buffers) == (162 + 6 + 6 + 60, 10, 0)
    assert read_module(nn.BatchNorm2d(5), (5, 2, 2)).registered.buffers == 11


def test_parameters_that_belong_to_no_layer_have_rows_of_their_own() -> None:
    rows = read_module(transformer.ViT(32, 8, 16, 1, 2), (3, 32, 32)).rows
    own = {row.layer.name: (row.output, row.parameters) for row in rows if row.layer.kind == "Parameter"}
    assert own == {"class_token": (Shape((1, 16)), 16), "pos_embedding": (Shape((17, 16)), 17 * 16)}


def test_what_only_training_uses_is_reported_and_modes_are_left_as_they_were() -> None:
    with torch.device("meta"):
        module: Any = classic.GoogLeNet(auxiliary=True)
    module.maxpool1.eval()
    walked = read_module(module, (3, 224, 224))
    assert [(part.name, part.parameters) for part in walked.unused] == [("aux1", 3_188_968), ("aux2", 3_191_016)]
    assert (walked.parameters, walked.registered.parameters) == (6_624_904, 13_004_888)
    assert module.training and module.aux1.training and not module.maxpool1.training
    trained = read_module(module, (3, 224, 224), training=True)
    assert (trained.unused, len(trained.outputs), trained.parameters) == ((), 3, 13_004_888)


def test_parameters_that_are_not_used_are_named() -> None:
    module = odd.Functional()
    module.spare = nn.Parameter(torch.ones(3))
    module.dead = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    unused = read_module(module, (3, 15, 15)).unused
    assert [(part.name, part.parameters) for part in unused] == [("spare", 3), ("dead", 6)]


# --- what has no formula


def test_an_unknown_operation_is_named_and_no_total_passes_over_it() -> None:
    walked = read_module(odd.Spectral(), (3, 8, 8))
    first, second = walked.without_formula
    assert (first.operation, first.module, first.name) == ("fft_rfft2", "mix", "mix.fft_rfft2")
    assert first.place.rpartition(":")[0].endswith("odd.py")
    assert (first.inputs, first.outputs) == ((Shape((3, 8, 8)),), (Shape((3, 8, 5)),))
    assert walked.output == (3, 8, 8)
    assert {f"macs_{first.cost}", f"macs_{second.cost}", "576"} == set(repr(walked.macs).split(" + "))
    assert walked.analysis.macs == walked.macs
    assert walked.parameters == 3 * 8 * 5 + 12


def test_an_unknown_operation_learns_what_it_is_given_once() -> None:
    walked = read_module(odd.Recurrent(), (7, 6))
    assert [op.operation for op in walked.without_formula] == ["lstm"]
    assert walked.parameters == walked.registered.parameters
    assert walked.without_formula[0].outputs == (Shape((7, 10)), Shape((4, 1, 5)), Shape((4, 1, 5)))


def test_an_unknown_operation_has_a_shape_in_symbols_too() -> None:
    walked = read_module(odd.Recurrent(), ("L", 6))
    assert repr(walked.without_formula[0].outputs[0]) == "Lx10"


def test_moving_numbers_by_index_costs_nothing() -> None:
    module = odd.ByValue(lambda y: y[:, torch.tensor([0, 2])].topk(1, dim=1) and False)
    walked = read_module(module, (3, 4, 4))
    assert (walked.without_formula, walked.macs) == ((), 144)


PAIRED: dict[str, Callable[[Any], Any]] = {
    "topk": lambda x: x.flatten(1).topk(5)[0],
    "sort": lambda x: torch.sort(x, 2).values,
    "svd": lambda x: torch.linalg.svd(x)[1],
    "qr": lambda x: torch.linalg.qr(x).Q,
    "kthvalue": lambda x: x.kthvalue(2, dim=2)[0],
    "aminmax": lambda x: x.aminmax(dim=2).max,
    "cummax": lambda x: torch.cummax(x, 2)[0],
}
"""Operations that nobody knows here and that give tuples of torch's own kind."""


@pytest.mark.parametrize("operation", PAIRED.values(), ids=PAIRED)
def test_what_an_unknown_operation_gives_together_is_followed(operation: Callable[[Any], Any]) -> None:
    module = odd.Function(lambda x: 2 * operation(x))
    walked = read_module(module, (3, 8, 7))
    assert walked.output == tuple(module(torch.rand(1, 3, 8, 7)).shape[1:])


ALONG: dict[str, Callable[[Any, int], Any]] = {
    "unsqueeze": lambda x, dim: x.unsqueeze(dim),
    "squeeze": lambda x, dim: x.squeeze(dim),
    "flatten": lambda x, dim: x.flatten(dim),
    "flatten to": lambda x, dim: x.flatten(1, dim),
    "unflatten": lambda x, dim: x.unflatten(dim, (-1, 2)),
    "movedim": lambda x, dim: x.movedim(dim, 2),
    "transpose": lambda x, dim: x.transpose(dim, 2),
    "permute": lambda x, dim: x.permute(0, dim, 1, 2),
    "permute more": lambda x, dim: x.permute(0, 1, 2, 3, dim),
    "stack": lambda x, dim: torch.stack([x, x], dim),
    "cat": lambda x, dim: torch.cat([x, x], dim),
    "flip": lambda x, dim: x.flip(dim),
    "roll": lambda x, dim: x.roll(1, dim),
    "cumsum": lambda x, dim: x.cumsum(dim),
    "mean": lambda x, dim: x.mean(dim),
    "softmax": lambda x, dim: x.softmax(dim),
    "index": lambda x, dim: x[:, :, dim],
    "batch index": lambda x, dim: x[dim],
    "view": lambda x, dim: x.view(x.shape[0], dim, -1),
    "expand": lambda x, dim: x.mean(1, True).expand(-1, dim, -1, -1),
}


@pytest.mark.parametrize("operation", ALONG.values(), ids=ALONG)
@pytest.mark.parametrize("dim", range(-7, 8))
def test_axes_that_are_not_there_are_refused_as_torch_does(operation: Callable[[Any, int], Any], dim: int) -> None:
    module = odd.Function(lambda x: operation(x, dim))
    try:
        theirs = module(torch.rand(1, 4, 6, 8)).numel()
    except (RuntimeError, IndexError, ValueError):
        with pytest.raises(DoesNotFit):
            read_module(module, (4, 6, 8))
    else:
        assert math.prod(read_module(module, (4, 6, 8)).output) == theirs


# --- what cannot be followed

VALUES: dict[str, Callable[[Any], Any]] = {
    "bool": lambda y: y.sum() > 0,
    "item": lambda y: y.max().item() > 3,
    "float": lambda y: float(y.mean()) > 0,
    "int": lambda y: int(y.argmax()) > 0,
    "mask": lambda y: len(y[y > 0]),
    "nonzero": lambda y: y.nonzero().shape[0],
    "where": lambda y: torch.where(y > 0)[0],
    "numpy": lambda y: y.numpy().any(),
    "tolist": lambda y: y.tolist(),
    "index": lambda y: range(y[0, 0, 0, 0]),
    "contains": lambda y: 3 in y,
    "unique": lambda y: torch.unique(y),
}


@pytest.mark.parametrize("operation", VALUES)
def test_code_that_needs_numbers_is_refused_with_its_line(operation: str) -> None:
    with pytest.raises(CannotFollow) as refusal:
        read_module(nn.Sequential(odd.ByValue(VALUES[operation])), (3, 8, 8))
    assert (refusal.value.reason, refusal.value.operation, refusal.value.path) == ("needs_values", operation, "0")
    file, _, line = refusal.value.place.rpartition(":")
    assert file.endswith(("test_networks_torch.py", "odd.py")) and line.isdigit()


@pytest.mark.parametrize(
    ("make", "shape", "reason"),
    [
        (lambda: nn.LazyConv2d(4, 3), (3, 8, 8), "not_initialised"),
        (lambda: torch.jit.script(nn.Conv2d(3, 4, 1)), (3, 8, 8), "compiled"),
        (lambda: odd.ByValue(lambda y: y.no_such), (3, 8, 8), "raised"),
        (lambda: odd.Asked(), (2, "H", "W"), "needs_size"),
        (lambda: odd.ByValue(lambda y: range(y.shape[2])), (3, "H", 8), "needs_size"),
        (lambda: transformer.ViT(32, 8, 16, 1, 2), (3, 16, 32), "raised"),
        (lambda: odd.ByValue(lambda y: torch.linalg.inv(y[0, :, :2])), (3, 8, 8), "unknown_operation"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_other_refusals_say_why(make: Any, shape: Any, reason: str) -> None:
    with pytest.raises(CannotFollow) as refusal:
        read_module(make(), shape)
    assert refusal.value.reason == reason
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("module", "shape", "about"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(5, 4, 3)), (3, 8, 8), "1"),
        (nn.Sequential(nn.Flatten(), nn.Linear(10, 3)), (3, 8, 8), "1"),
        (nn.Sequential(nn.Conv2d(3, 4, 9)), (3, 8, 8), "0"),
        (nn.Sequential(nn.BatchNorm2d(4)), (3, 8, 8), "0"),
        (nn.Sequential(nn.Linear(3, 4)), (3, 8, 8), "0"),
        (segmentation.UNet(2, 4), (3, 22, 24), "cat"),
        (nn.Sequential(odd.Function(lambda x: x.flatten(2, 1))), (3, 8, 8), "0"),
    ],
)
def test_a_misfit_names_its_module_as_torch_refuses_it(module: Any, shape: Any, about: str) -> None:
    with pytest.raises(DoesNotFit) as misfit:
        read_module(module, shape)
    assert misfit.value.about == about
    with pytest.raises(RuntimeError):
        module(torch.zeros(1, *shape))


# --- symbols

SYMBOLIC: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {
    "shared": (odd.Shared, ((4, "H", "W"),)),
    "two inputs": (odd.TwoInputs, ((3, "H", "W"), (5,))),
    "functional": (odd.Functional, ((3, "H", "W"),)),
    "windows": (odd.Windows, (("H", "W", 8),)),
    "channels last": (odd.ChannelsLast, ((8, "H", "W"),)),
    "shuffled": (odd.Shuffled, ((8, "H", "W"),)),
    "frames": (odd.Frames, (("T", 3, "H", "W"),)),
    "in place": (odd.InPlace, ((3, "H", "W"),)),
    "asked": (odd.Asked, ((2, "H", "H"),)),
    "heads": (lambda: odd.Heads(True), (("L", 8),)),
    "pyramid": (odd.Pyramid, ((3, "H", "W"),)),
    "one axis": (odd.Residual1d, ((4, "L"),)),
    "dynamic": (odd.Dynamic, ((3, "H", "W"),)),
    "u-net": (lambda: segmentation.UNet(3, 4), ((3, "H", "W"),)),
    "scaled up": (segmentation.FCN, ((3, "H", "W"),)),
    "resnet18": (residual.resnet18, ((3, "H", "W"),)),
    "squeezenet": (classic.SqueezeNet, ((3, "H", "W"),)),
    "densenet121": (classic.DenseNet121, ((3, "H", "W"),)),
    "mobilenet": (mobile.MobileNetV2, ((3, "H", "W"),)),
    "alexnet": (classic.AlexNet, ((3, "H", "W"),)),
    "googlenet": (classic.GoogLeNet, ((3, "H", "W"),)),
}


@pytest.mark.parametrize(("make", "inputs"), SYMBOLIC.values(), ids=SYMBOLIC)
def test_a_walk_with_symbols_is_the_walk_at_every_size_that_fits(make: Any, inputs: Any) -> None:
    with torch.device("meta"):
        module = make()
    symbolic = read_module(module, *inputs)
    smallest = symbolic.smallest
    assert smallest is not None
    for more in (0, 1, 2, 5, 31):
        domains = enumerate(symbolic.domains.items(), start=1)
        point = {name: next(n for n in domain if n >= smallest[name] + more * turn) for turn, (name, domain) in domains}
        numeric = read_module(module, *(tuple(point.get(size, size) for size in shape) for shape in inputs))
        assert [tuple(at(size, point) for size in shape) for shape in symbolic.outputs] == list(numeric.outputs)
        for fact in ("macs", "parameters", "multiplications"):
            assert at(getattr(symbolic, fact), point) == getattr(numeric, fact), (fact, point)
        known = {row.layer.name: row.field for row in symbolic.rows if row.field}
        both = [(row.field, known[row.layer.name]) for row in numeric.rows if row.layer.name in known]
        assert [one for one, other in both if not _phased(one) and one != other] == []


def _phased(seen: Any) -> bool:
    return seen == WHOLE or any(axis.phases != () for axis in seen)


@pytest.mark.parametrize(
    ("make", "conditions", "smallest"),
    [
        (residual.resnet18, ["H >= 1", "W >= 1"], {"H": 1, "W": 1}),
        (classic.AlexNet, ["H >= 63", "W >= 63"], {"H": 63, "W": 63}),
        (classic.VGG16, ["H >= 32", "W >= 32"], {"H": 32, "W": 32}),
        (lambda: segmentation.UNet(4, 4), ["16 | H", "H >= 16", "16 | W", "W >= 16"], {"H": 16, "W": 16}),
    ],
)
def test_the_smallest_input_fits_and_torch_refuses_smaller_ones(make: Any, conditions: Any, smallest: Any) -> None:
    with torch.device("meta"):
        module = make().eval()
    walked = read_module(module, (3, "H", "W"))
    assert (walked.conditions, walked.smallest) == (conditions, smallest)
    with torch.device("meta"), torch.no_grad():
        module(torch.empty(1, 3, smallest["H"], smallest["W"]))
        for smaller in [n for n in (smallest["H"] - 1, smallest["H"] + 1) if n not in walked.domains["H"] and n > 0]:
            with pytest.raises(RuntimeError):
                module(torch.empty(1, 3, smaller, smallest["W"]))


def test_a_dense_layer_behind_maps_fits_few_inputs() -> None:
    lenet = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120),
    )  # fmt: skip
    walked = read_module(lenet, (1, "H", "W"))
    assert [repr(condition.right) for condition in walked.equations] == ["400"]
    assert walked.smallest == {"H": 28, "W": 28}
    assert read_module(lenet, (1, "H", 28)).conditions == ["H in {28, 29, 30, 31}"]
    with pytest.raises(DoesNotFit):
        read_module(nn.Sequential(nn.Conv1d(1, 2, 3, 2), nn.Flatten(), nn.Linear(7, 1)), (1, "L"))


class Windows(nn.Module):
    """Numbers in windows of 8 x 8 of a sixteenth of the image, and a mask of them, as in networks with windows."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 6, 4, 4)

    def forward(self, x: Any) -> Any:
        x = self.patches(x)
        count, channels, height, wide = x.shape
        masked = x.new_zeros((height, wide)).view(height // 8, 8, wide // 8, 8)
        split = x.view(count, channels, height // 8, 8, wide // 8, 8) + masked
        return split.permute(0, 2, 4, 3, 5, 1).reshape(-1, 64, channels)


class Side(nn.Module):
    """Refuses what is not of one size, by a statement of its own, as a position embedding demands."""

    def __init__(self, ask: Any) -> None:
        super().__init__()
        self.ask = ask

    def forward(self, x: Any) -> Any:
        assert self.ask(x.shape[-1]), "the wrong size"
        return torch.relu(x)


def test_windows_divide_the_input() -> None:
    walked = read_module(Windows(), (3, "H", "W"))
    allowed = [f"{side} mod 32 in {{0, 1, 2, 3}}" for side in "HW"]
    assert [said for said in walked.conditions if "mod" in said] == allowed
    with torch.no_grad():
        assert Windows()(torch.zeros(1, 3, 67, 96)).shape == (6, 64, 6)
        with pytest.raises(RuntimeError):
            Windows()(torch.zeros(1, 3, 68, 96))


@pytest.mark.parametrize(
    ("ask", "conditions", "sizes"),
    [
        (lambda n: n == 224, ["H >= 1", "W = 224"], (3, Size.symbol("H"), 224)),
        (lambda n: n // 2 == 7, ["H >= 1", "W in {14, 15}"], (3, Size.symbol("H"), Size.symbol("W"))),
        (lambda n: n % 2 == 0 and n == 8, ["H >= 1", "W = 8"], (3, Size.symbol("H"), 8)),
    ],
)
def test_what_a_module_demands_of_its_input_is_a_condition(ask: Any, conditions: Any, sizes: Any) -> None:
    walked = read_module(Side(ask), (3, "H", "W"))
    assert (walked.conditions, walked.output) == (conditions, sizes)


def test_a_transformer_for_one_size_says_so() -> None:
    walked = read_module(transformer.ViT(32, 8, 16, 1, 2), (3, "H", "H"))
    assert (walked.conditions, walked.smallest, walked.output) == (["H = 32"], {"H": 32}, Shape((1000,)))
    assert walked.macs == read_module(transformer.ViT(32, 8, 16, 1, 2), (3, 32, 32)).macs


def test_what_no_input_satisfies_is_still_refused() -> None:
    with pytest.raises(CannotFollow) as refusal:
        read_module(Side(lambda n: n == 2 * n + 1), (3, "H", "W"))
    assert refusal.value.reason == "raised"


# --- fields


@pytest.mark.parametrize(
    ("make", "layer", "said_field", "side"),
    [
        (classic.AlexNet, "features.12", (195, 32, None), 321),
        (residual.resnet18, "layer3.1.relu#2", (211, 16, None), 321),
        (lambda: classic.VGG16(), "features.23", (100, 16, -42), 200),
    ],
)
def test_fields_are_the_pixels_with_a_gradient(make: Any, layer: str, said_field: Any, side: int) -> None:
    module = make().eval().double()
    row = next(row for row in read_module(module, (3, side, side)).rows if row.layer.name == layer)
    axis = row.field[0]
    assert (axis.size, axis.jump) == said_field[:2]
    assert said_field[2] in (None, axis.start)
    kept: list[Any] = []
    name = layer.partition("#")[0]
    for part in module.modules():
        for child, inner in part.named_children():
            if isinstance(inner, nn.MaxPool2d):
                setattr(part, child, nn.AvgPool2d(inner.kernel_size, inner.stride, inner.padding, inner.ceil_mode))
    for parameter in module.parameters():
        nn.init.constant_(parameter, 0.001)
    module.get_submodule(name).register_forward_hook(lambda _, args, made: kept.append(made))
    x = torch.ones(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    module(x)
    unit = kept[-1].shape[-1] // 2
    (gradient,) = torch.autograd.grad(kept[-1][0, 0, unit, unit], x)
    seen = gradient[0, 0].nonzero()
    first, last = int(seen[:, 0].min()), int(seen[:, 0].max())
    start = axis.start + unit * axis.jump
    assert (first, last) == (max(start, 0), min(start + axis.size, side) - 1)


def test_channels_at_the_end_keep_the_field() -> None:
    rows = {row.layer.name: row.field for row in read_module(odd.ChannelsLast(), (8, 12, 12)).rows}
    assert [axis.size for axis in rows["down"]] == [7, 7]
    assert rows["up"] == rows["dwconv"] == rows["norm"]


def test_slices_and_pads_move_the_field() -> None:
    class Moved(nn.Module):
        def forward(self, x: Any) -> Any:
            return nn.functional.pad(x[:, :, 3::2, 1:], (0, 0, 5, 0))

    (first, second) = read_module(Moved(), (2, 20, 20)).field
    assert [(axis.size, axis.jump, axis.start) for axis in (first, second)] == [(1, 2, 3 - 10), (1, 1, 1)]


# --- inputs, graphs, and what is left as it was


def test_inputs_may_go_by_name() -> None:
    walked = read_module(odd.TwoInputs(), (3, 11, 11), named={"vector": (5,)})
    assert (walked.input, walked.output) == ((Shape((3, 11, 11)), Shape((5,))), Shape((2,)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (residual.resnet18, (3, 64, 64)),
        (mobile.MobileNetV2, (3, 64, 64)),
        (odd.Windows, (8, 8, 8)),
        (odd.Sums, (7, 8)),
        (lambda: segmentation.UNet(2, 4), (3, 20, 24)),
        (lambda: classic.Inception(8, 4, (2, 4), (2, 4), 4), (8, 9, 9)),
        (lambda: mobile.MBConv(6, 5, 1, 8, 8, 0.1), (8, 7, 7)),
        (odd.Residual1d, (4, 40)),
        (odd.Functional, (3, 15, 15)),
    ],
)
def test_graphs_are_read_through_the_same_table(make: Any, shape: tuple[int, ...]) -> None:
    """An fx.GraphModule, and a program that torch.export made."""
    module = make().eval()
    walked = read_module(module, shape)
    exported = torch.export.export(module, (torch.zeros(1, *shape),))
    for graph in (fx.symbolic_trace(module), exported):
        again = read_module(graph, shape)
        assert again.field == walked.field
        assert (again.macs, again.parameters, again.outputs) == (walked.macs, walked.parameters, walked.outputs)
        assert again.multiplications == walked.multiplications
        assert again.without_formula == ()


@pytest.mark.parametrize("make", [odd.Shared, lambda: odd.ByValue(lambda y: y.item())], ids=["followed", "refused"])
def test_modules_and_torch_are_left_as_they_were(make: Any) -> None:
    module = make()

    def state() -> tuple[Any, ...]:
        return dict(vars(nn.Conv2d)), dict(vars(nn.Module)), torch.zeros, torch.is_grad_enabled(), gc.isenabled()

    before = state()
    for shape in ((4, 9, 9), (4, "H", "W"), (3, 9, 9)):
        with suppress(CannotFollow, DoesNotFit):
            read_module(module, shape)
    assert before == state()
    assert module.training
    real = torch.zeros(1, module.conv.in_channels, 9, 9)
    assert type(module.conv(real)) is torch.Tensor


def test_another_thread_may_run_torch_meanwhile() -> None:
    from threading import Thread

    other, results = nn.Conv2d(3, 3, 1), []
    thread = Thread(target=lambda: results.append(other(torch.zeros(1, 3, 4, 4)).shape))

    def ask(y: Any) -> bool:
        thread.start()
        thread.join()
        return False

    read_module(odd.ByValue(ask), (3, 8, 8))
    assert results == [(1, 3, 4, 4)]


def test_nothing_is_computed() -> None:
    with torch.device("meta"):
        module = nn.Sequential(nn.Conv2d(3, 10**5, 3), nn.ReLU(), nn.Conv2d(10**5, 10**5, 3))
    walked = read_module(module, (3, 10**6, 10**6))
    assert walked.output == (10**5, 10**6 - 4, 10**6 - 4)


def test_ten_thousand_layers() -> None:
    with torch.device("meta"):
        module = nn.Sequential(*(nn.Conv2d(4, 4, 3, padding=1) for _ in range(10_000)))
    walked = read_module(module, (4, 16, 16))
    assert (len(walked.rows), walked.parameters) == (10_000, 10_000 * 148)
    assert walked.field[0].size == 20_001
    assert analyze(walked.graph, (4, 16, 16)).macs == walked.macs


def test_sampling_multiplies_nothing_and_sees_the_whole_input() -> None:
    class Sampled(nn.Module):
        def forward(self, x: Any, grid: Any) -> Any:
            return nn.functional.grid_sample(x, grid, align_corners=False)

    walked = read_module(Sampled(), (3, "H", "W"), (5, 6, 2))
    assert (walked.output, walked.macs, walked.field, walked.without_formula) == (Shape((3, 5, 6)), 0, WHOLE, ())
