"""Images a second of the practical's training: beside the bare step on a batch in memory, and beside the usual loop.

    python -m benchmarks.practical [--rounds 5] [--steps 150] [--threads N] [--ways]

The usual loop is the chapter's: a DataLoader over images of the Python Imaging Library, each turned into a tensor by a
transform (torchvision's ToTensor, in its own words), a plain SGD. All have the same batch size, network and threads;
rounds are interleaved, and medians are told. The ways that torch offers are measured beside what we keep.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from exercises.practical.mnist import Digits, NoData, bundled, load
from exercises.practical.networks import LeNet5
from exercises.practical.training import BATCH, step

OF_STEP, OF_LOOP = 0.9, 1.3


class Images(Dataset[Any]):
    """Single images as torchvision's MNIST gives them: a PIL image of an array, and a transform for each sample."""

    def __init__(self, digits: Digits) -> None:
        self.pixels = (digits.images[:, 0] * 255).round().byte()
        self.labels = digits.labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[Any, int]:
        return to_tensor(Image.fromarray(self.pixels[place].numpy(), mode="L")), int(self.labels[place])


def to_tensor(image: Any) -> Any:
    """A PIL image as a tensor of numbers from 0 to 1, channels first: as torchvision.transforms.functional does it."""
    made = torch.from_numpy(np.array(image, np.uint8, copy=True))
    made = made.view(image.size[1], image.size[0], len(image.getbands()))
    return made.permute((2, 0, 1)).contiguous().to(dtype=torch.get_default_dtype()).div(255)


def ours(digits: Digits, steps: int) -> Iterator[tuple[Any, Any]]:
    """Batches picked out of one tensor by their places."""
    for places in torch.randperm(len(digits)).split(BATCH)[:steps]:
        yield digits.images[places], digits.labels[places]


def bare(digits: Digits, steps: int) -> Iterator[tuple[Any, Any]]:
    """One batch that is in memory, again and again."""
    batch = digits.images[:BATCH], digits.labels[:BATCH]
    return (batch for _ in range(steps))


def usual(images: Images, steps: int) -> Iterator[tuple[Any, Any]]:
    """Batches of a DataLoader."""
    for number, (x, y) in enumerate(DataLoader(images, BATCH, shuffle=True)):
        if number == steps:
            return
        yield x, y


def rate(
    batches: Iterator[tuple[Any, Any]], *, channels_last: bool = False, compiled: bool = False, **how: bool
) -> float:
    """Images a second."""
    network: Any = LeNet5()
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, **how)
    if compiled:
        network = torch.compile(network)
        images, labels = next(batches)
        step(network, optimiser, images, labels)  # which compiles it
    count, started = 0, perf_counter()
    for images, labels in batches:
        if channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        step(network, optimiser, images, labels)
        count += len(labels)
    return count / (perf_counter() - started)


def main() -> None:
    """Prints medians and ratios; the exit code is 1 where a ratio is smaller than it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--ways", action="store_true", help="also measure what torch offers and we do not keep")
    said = parser.parse_args()
    torch.set_num_threads(said.threads)
    try:
        digits = load(download=False).train.part(slice(20_000))
    except NoData:
        digits = bundled().train
    images = Images(digits)
    ways: dict[str, Callable[[], float]] = {
        "ours": lambda: rate(ours(digits, said.steps), fused=True),
        "bare step": lambda: rate(bare(digits, said.steps), fused=True),
        "usual loop": lambda: rate(usual(images, said.steps)),
    }
    if said.ways:
        ways |= {
            "foreach": lambda: rate(ours(digits, said.steps), foreach=True),
            "for each alone": lambda: rate(ours(digits, said.steps), foreach=False),
            "channels last": lambda: rate(ours(digits, said.steps), fused=True, channels_last=True),
        }
        if shutil.which("g++") or shutil.which("clang++"):
            ways["compiled"] = lambda: rate(ours(digits, said.steps), fused=True, compiled=True)
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(said.rounds + 1):
        for name, measure in ways.items():
            found[name].append(measure())
    middle = {name: median(rates[1:]) for name, rates in found.items()}  # the first round warms up
    for name, one in middle.items():
        print(f"{name:14} {one:10,.0f} images/s")
    of_step, of_loop = middle["ours"] / middle["bare step"], middle["ours"] / middle["usual loop"]
    print(f"of the bare step: {of_step:.2f} (at least {OF_STEP})")
    print(f"of the usual loop: {of_loop:.2f} (at least {OF_LOOP})")
    raise SystemExit(int(of_step < OF_STEP or of_loop < OF_LOOP))


if __name__ == "__main__":
    main()
