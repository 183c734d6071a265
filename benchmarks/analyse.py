"""How long a full analysis takes, beside the counters that people use: python -m benchmarks.analyse

The same modules in one run, with one thread, processor time, the median of several: our analysis of a live module
(sizes, counts, fields), numeric and in symbols, against torchinfo, fvcore, ptflops and torch's own counter on real
and on meta tensors. A tool that is not installed, or that fails on a network, is left out with a note. What we say is
compared with torch's own counter before anything is timed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import solver
from solver.layers import kinds
from solver.layers.composite import Chain
from solver.layers.convolution import Conv2d
from solver.networks.remembered import forget
from tests.networks import classic, mobile, residual, transformer

IMAGE = (3, 224, 224)
NETWORKS: dict[str, Callable[[], Any]] = {
    "resnet18": residual.resnet18,
    "resnet50": residual.resnet50,
    "resnet152": residual.resnet152,
    "vgg16": classic.VGG16,
    "densenet121": classic.DenseNet121,
    "googlenet": classic.GoogLeNet,
    "mobilenet_v2": mobile.MobileNetV2,
    "efficientnet_b0": mobile.EfficientNetB0,
    "vit_b_16": transformer.ViT,
}
AIM = 25
"""A full analysis of ResNet-50 takes at most this part of torchinfo's time, and of any network a tenth of anyone's."""


# --- what is measured


def full(module: Any, *shape: Any) -> Any:
    """Everything that an analysis says, also what is only computed when it is asked for."""
    said = solver.analyze(module, shape or IMAGE)
    facts = [(row.output, row.parameters, row.multiplications, row.macs, row.field) for row in said.rows]
    return said, facts, said.macs, said.multiplications, said.parameters, said.memory


def afresh(module: Any) -> Any:
    """The same, nothing remembered of other analyses: every kind of layer is asked again for every shape."""
    forget()
    return full(module)


def symbolic(module: Any) -> Any:
    """The same in H and W, with the closed forms written."""
    said, *_ = full(module, 3, "H", "W")
    return str(said.macs), str(said.multiplications), str(said.memory.activations), said.conditions


def torch_cpu(module: Any) -> None:
    """torch's counter, computing."""
    with FlopCounterMode(display=False), torch.no_grad():
        module(torch.zeros(1, *IMAGE))


def torch_meta(module: Any) -> int:
    """torch's counter on tensors without numbers; half of it."""
    with FlopCounterMode(display=False) as counter, torch.no_grad(), torch.device("meta"):
        module(torch.empty(1, *IMAGE))
    return int(counter.get_total_flops()) // 2


def torchinfo_cpu(module: Any) -> None:
    """torchinfo's summary."""
    from torchinfo import summary

    summary(module, (1, *IMAGE), verbose=0, device="cpu")


def torchinfo_meta(module: Any) -> None:
    """The same on tensors without numbers."""
    from torchinfo import summary

    summary(module, (1, *IMAGE), verbose=0, device="meta")


def fvcore(module: Any) -> None:
    """fvcore's count of operations and of parameters."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    count = FlopCountAnalysis(module, torch.zeros(1, *IMAGE))
    count.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    count.total()
    parameter_count(module)


def ptflops(module: Any) -> None:
    """ptflops' counts."""
    from ptflops import get_model_complexity_info

    get_model_complexity_info(module, IMAGE, print_per_layer_stat=False, as_strings=False)


TOOLS: dict[str, tuple[Callable[[Any], Any], str, bool]] = {  # what it does, the package it needs, on meta tensors
    "torchinfo": (torchinfo_cpu, "torchinfo", False),
    "torchinfo meta": (torchinfo_meta, "torchinfo", True),
    "fvcore": (fvcore, "fvcore", False),
    "ptflops": (ptflops, "ptflops", False),
    "torch cpu": (torch_cpu, "torch", False),
    "torch meta": (torch_meta, "torch", True),
}


def spent(measured: Callable[[], Any]) -> float | None:
    """Seconds of the processor, so that whatever else the machine does is not counted; None where it fails."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        started = time.process_time()
        try:
            measured()
        except Exception:  # whatever another tool raises, it is left out
            return None
        return time.process_time() - started


def seconds(measured: Callable[[], Any], times: int) -> float | None:
    """The median of several runs after one to warm up; None where it fails."""
    taken = [spent(measured) for _ in range(times + 1)][1:]
    return None if None in taken else statistics.median(filter(None, taken))


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any], times: int) -> float | None:
    """How many times as long theirs takes: the median over rounds, ours before and after theirs, so that a processor
    that is slow for a while is slow for both; None where theirs fails."""
    found = []
    for _ in range(times + 1):
        before, taken, after = seconds(ours, 2), spent(theirs), seconds(ours, 2)
        if before is None or taken is None or after is None:
            return None
        found.append(2 * taken / (before + after))
    return statistics.median(found[1:])


def made(name: str, device: str) -> Any:
    """A network on a device, in evaluation."""
    with torch.device(device):
        return NETWORKS[name]().eval()


# --- what is printed


def line(name: str, cells: list[str]) -> str:
    """A name and columns."""
    return f"{name:16}" + "".join(f"{cell:>15}" for cell in cells)


def compare(names: list[str], times: int) -> bool:
    """The table: our milliseconds, and how many times as long each tool takes."""
    tools = {tool: entry for tool, entry in TOOLS.items() if find_spec(entry[1])}
    for tool in TOOLS.keys() - tools.keys():
        print(f"{tool} is not installed: left out (pip install torchinfo fvcore ptflops)")
    print(line("", ["tirgul, ms", "at first, ms", "in symbols, ms", *(f"{tool}, ×" for tool in tools)]))
    met = True
    for name in names:
        meta, real = made(name, "meta"), made(name, "cpu")
        said, *_ = full(meta)
        if said.macs != torch_meta(meta):
            print(f"{name}: macs are not those of torch: {said.macs}", file=sys.stderr)
            met = False
        own = seconds(partial(full, meta), 5 * times)
        if own is None:
            print(f"{name}: the analysis fails", file=sys.stderr)
            return False
        first = seconds(partial(afresh, meta), times)
        formulas = seconds(partial(symbolic, meta), 2 * times)
        ratios = {
            tool: ratio(partial(full, meta), partial(measured, meta if on_meta else real), times)
            for tool, (measured, _, on_meta) in tools.items()
        }
        cells = ["-" if each is None else f"{each:.0f}" for each in ratios.values()]
        ours = [f"{1000 * own:.2f}", *("-" if each is None else f"{1000 * each:.1f}" for each in (first, formulas))]
        print(line(name, [*ours, *cells]), flush=True)
        least = min((each for each in ratios.values() if each is not None), default=10.0)
        if least < 10 or (name == "resnet50" and (ratios.get("torchinfo") or AIM) < AIM):
            print(f"  {name}: not as fast as it should be", file=sys.stderr)
            met = False
    return met


def growth(times: int) -> None:
    """Milliseconds a layer for chains of more and more layers."""
    print()
    print(line("layers", ["of a module, ms", "µs a layer", "of layers, ms", "µs a layer"]))
    for count in (100, 1000, 10_000):
        pairs = ((nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()) for _ in range(count // 2))
        module = nn.Sequential(*(layer for pair in pairs for layer in pair))
        layers = Chain((Conv2d(4, 3, padding=1), kinds()["ReLU"]()) * (count // 2))
        live = seconds(partial(full, module, 4, 64, 64), times) or float("nan")
        own = seconds(partial(full, layers, 4, 64, 64), times) or float("nan")
        cells = [f"{each:.1f}" for seconds_ in (live, own) for each in (1e3 * seconds_, 1e6 * seconds_ / count)]
        print(line(str(count), cells), flush=True)


def main() -> int:
    """The tables; 1 where something is slower than it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", choices=[*NETWORKS, []], help="which ones; all if none is named")
    parser.add_argument("--times", type=int, default=5, help="how often each tool runs (5)")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    import sympy  # noqa: F401  # loaded beforehand, as analyses in symbols are timed without it

    met = compare(arguments.networks or list(NETWORKS), arguments.times)
    growth(arguments.times)
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
