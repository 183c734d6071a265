"""What torch prints and what it is told, as text; graphs as JSON and as torch code again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solver.derivation import DoesNotFit
from solver.layers.base import Layer
from solver.layers.composite import Chain, Graph, Node
from solver.layers.convolution import Conv2d
from solver.layers.repeated import Repeat
from solver.networks.code import write_torch
from solver.networks.text import operations, read_json, read_network, write_json, write_text
from solver.notation.unreadable import Unreadable
from solver.questions import analyze
from tests.strategies import networks

PRINTED = """Sequential(
  (C1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
  (1): ReLU()
  (2): Sequential(
    (0): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    (1): BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
  )
  (3): Flatten(start_dim=1, end_dim=-1)
  (4): Linear(in_features=1176, out_features=10, bias=True)
)"""


def test_what_torch_prints_is_read() -> None:
    network: Any = read_network(PRINTED)
    assert [layer.kind for layer in network.layers] == "Conv2d ReLU MaxPool2d BatchNorm2d Flatten Linear".split()
    assert network.layers[0].name == "C1"
    assert analyze(network, (1, 28, 28)).parameters == 156 + 12 + 11770


@given(networks())
def test_torch_prints_what_is_read_as_the_same_network(network: Any) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from tests.torch_twin import twin

    try:
        module = twin(network, (4, 24, 24))
        said = analyze(network, (4, 24, 24))
    except (DoesNotFit, RuntimeError, ValueError):
        assume(False)
    again = read_network(repr(module))
    assert isinstance(again, Layer)
    found = analyze(again, (4, 24, 24))
    assert (found.output, found.parameters, found.macs) == (said.output, said.parameters, said.macs)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("nn.Conv2d(1, 6, 5)", "Conv2d(6, 5)"),
        ("torch.nn.Conv2d(1, 6, 5, padding=2)", "Conv2d(6, 5, padding=2)"),
        ("nn.Linear(400, 120), nn.ReLU()", "Linear(120) ReLU"),
        ("Linear(400, 120)", "Linear(120)"),
        ("Linear(400, 120, bias=False)", "Linear(120, bias=False)"),
        ("Linear(120, False)", "Linear(120, bias=False)"),
        ("nn.ConvTranspose2d(8, 4, 2, stride=2)", "ConvTranspose2d(4, 2, stride=2)"),
    ],
)
def test_torch_s_first_argument_is_passed_over_where_torch_has_it(text: str, same: str) -> None:
    read = read_network(text)
    assert isinstance(read, Layer) and write_text(read) == same


@pytest.mark.parametrize("text", ["Conv2d(1, 6, 5)", "ReLU Conv1d(1, 6, 5, 2)", "ConvTranspose2d(8, 4, 2)"])
def test_three_numbers_may_be_meant_either_way(text: str) -> None:
    read = read_network(text)
    assert isinstance(read, Unreadable)
    assert (read.reason, text[read.at :].startswith("Conv")) == ("ambiguous", True)


@pytest.mark.parametrize("text", ["Linear(3, bias=120)", "Conv2d(3, 4, bias=1)", "(0: ReLU)", "(0) ReLU"])
def test_what_makes_no_sense_is_refused(text: str) -> None:
    assert isinstance(read_network(text), Unreadable)


# --- graphs


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Convolutions that keep the size, some weights used again, joined here and there."""
    nodes: list[Node] = []
    for number in range(1, draw(st.integers(2, 7))):
        taken = draw(st.integers(0, number - 1))
        kind = draw(st.sampled_from(["Conv2d", "ReLU", "Add", "Multiply", "Shared"]))
        if kind in ("Add", "Multiply"):
            nodes.append(Node(operations()[kind](name=f"j{number}"), (taken, draw(st.integers(0, number - 1)))))
        elif kind == "ReLU":
            nodes.append(Node(operations()["ReLU"](), (taken,)))
        else:
            shared = kind == "Shared" and any(node.operation.name.startswith("c") for node in nodes)
            before = next((node.operation for node in nodes if node.operation.name.startswith("c")), None)
            made = before if shared else Conv2d(4, 3, padding=1, bias=draw(st.booleans()), name=f"c{number}")
            assert made is not None
            nodes.append(Node(made, (taken,), shared))
    return Graph(tuple(nodes), (len(nodes),), name="g")


@given(graphs())
def test_a_graph_survives_json(graph: Graph) -> None:
    again = read_json(write_json(graph))
    assert again == graph
    assert [node.operation.name for node in again.nodes] == [node.operation.name for node in graph.nodes]


@given(graphs())
def test_torch_code_of_a_graph_is_the_graph(graph: Graph) -> None:
    module = _run(write_torch(graph, (4, 6, 6)))
    said = analyze(graph, (4, 6, 6))
    torch = pytest.importorskip("torch")
    assert tuple(module(torch.zeros(1, 4, 6, 6)).shape[1:]) == said.output
    assert sum(p.numel() for p in module.parameters()) == said.parameters


KEYS = st.sampled_from("kind name arguments size graph nodes inputs outputs operation".split())

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["Conv2d", "size", "kind", "K", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_network_or_says_why_not(document: Any) -> None:
    assert isinstance(read_json(json.dumps(document)), Layer | Unreadable)
    assert isinstance(read_json(json.dumps({"graph": document})), Layer | Unreadable)
    operation = {"inputs": 1, "outputs": [1], "nodes": [{"operation": document, "inputs": [0]}]}
    assert isinstance(read_json(json.dumps({"graph": operation})), Layer | Unreadable)


def test_a_graph_is_no_term() -> None:
    with pytest.raises(DoesNotFit):
        write_text(Graph((), (0,)))


@pytest.mark.parametrize(
    "text, shape",
    [
        ("LayerNorm((8, 8))", (8, 8, 8)),
        ("Unflatten(1, (2, 2))", (4, 8)),
        ("Unflatten(1, (4,))", (4, 8)),
        ("AdaptiveAvgPool2d((None, None))", (8, 8, 8)),
        ("Conv2d(3, 5, padding=2)", (1, 8, 8)),
        ("ZeroPad2d(1)", (1, 8, 8)),
    ],
)
def test_equal_values_become_one_only_where_that_means_the_same(text: str, shape: tuple[int, ...]) -> None:
    network = read_network(text)
    assert isinstance(network, Layer) and write_text(network) == text
    torch = pytest.importorskip("torch", reason="torch is not installed")
    scope: dict[str, Any] = {"__name__": "written"}
    exec(write_torch(network, shape), scope)
    after = scope["net"](torch.zeros(1, *shape)).shape[1:]
    assert tuple(after) == analyze(network, shape).output
    assert sum(each.numel() for each in scope["net"].parameters()) == analyze(network, shape).parameters


def _run(code: str) -> Any:
    pytest.importorskip("torch", reason="torch is not installed")
    scope: dict[str, Any] = {"__name__": "written"}
    exec(code, scope)  # our own text, of our own network
    return scope["net"]


BRANCHES = [
    "Conv2d(4, 1) Sum(Conv2d(4, 3, padding=1) ReLU | Sequential()) Concat(Conv2d(2, 1) | AvgPool2d(3, 1, 1))",
    "C1: Conv2d(6, 5) A1: Tanh() S2: AvgPool2d(2) F: Flatten() out: Linear(10)",
    "Repeat(Conv2d(3, 3) ReLU, 3) Concat(Sum(ReLU | Conv2d(3, 1)) | Sequential(Conv2d(1, 1) BatchNorm2d))",
    "Flatten(2) LayerNorm(196) MultiheadAttention(196, 4) Linear(7)",
]


@pytest.mark.parametrize("text", BRANCHES)
def test_torch_code_of_branches_is_the_network(text: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    shape = (3, 14, 14)
    network: Any = read_network(text)
    said = analyze(network, shape)
    module = _run(write_torch(network, shape))
    assert tuple(module(torch.zeros(1, *shape)).shape[1:]) == said.output
    assert sum(p.numel() for p in module.parameters()) == said.parameters
    from solver.networks.torch_module import read_module

    walked = read_module(module, shape)
    assert (walked.macs, walked.multiplications) == (said.macs, said.multiplications)


def _live() -> dict[str, tuple[Callable[[], Any], tuple[int, ...]]]:
    from tests.networks import classic, mobile, odd, residual, segmentation, transformer

    image = (3, 224, 224)
    return {
        "resnet50": (residual.resnet50, image),
        "vgg16": (classic.VGG16, image),
        "alexnet": (classic.AlexNet, image),
        "squeezenet": (classic.SqueezeNet, image),
        "googlenet": (classic.GoogLeNet, image),
        "densenet121": (classic.DenseNet121, image),
        "mobilenet": (mobile.MobileNetV2, image),
        "efficientnet": (mobile.EfficientNetB0, image),
        "vit": (transformer.ViT, image),
        "u-net": (lambda: segmentation.UNet(2, 4), (3, 20, 24)),
        "channels last": (odd.ChannelsLast, (8, 12, 12)),
        "shared": (odd.Shared, (4, 9, 9)),
        "frames": (odd.Frames, (4, 3, 8, 8)),
    }


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "alexnet", "squeezenet", "googlenet", "densenet121", "mobilenet",
                                  "efficientnet", "vit", "u-net", "channels last", "shared", "frames"])  # fmt: skip
def test_a_live_module_becomes_json_and_code_and_a_module_again(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from solver.networks.torch_module import read_module

    make, shape = _live()[name]
    with torch.device("meta"):
        walked = read_module(make(), shape)
        assert read_json(write_json(walked.graph)) == walked.graph
        again = read_module(_run(write_torch(walked.graph, shape)), shape)
    assert (again.outputs, again.macs, again.multiplications) == (walked.outputs, walked.macs, walked.multiplications)
    assert again.registered.parameters == walked.parameters
    assert again.field == walked.field


def test_what_is_not_known_cannot_be_written() -> None:
    with pytest.raises(DoesNotFit):
        write_torch(Graph((Node(operations()["Scale"](), (0,)),), (1,)), (3, 4, 4))
    with pytest.raises(DoesNotFit):
        from solver.values import symbol

        write_torch(Chain((Repeat(Conv2d(1, 3), symbol("L")),)), (1, 9, 9))
