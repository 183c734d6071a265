"""Images a second of the practical's training: beside the bare step on a batch in memory, and beside the usual loop.

    python -m benchmarks.practical [--rounds 5] [--steps 150] [--threads N]

The usual loop is the chapter's: a DataLoader over single images, each turned into a tensor by a transform. All three
have the same batch size, network and threads; rounds are interleaved, and medians are told.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from exercises.practical.mnist import Digits, NoData, bundled, load
from exercises.practical.networks import LeNet5
from exercises.practical.training import BATCH, step

OF_STEP, OF_LOOP = 0.9, 1.3


class Images(Dataset[Any]):
    """Single images as bytes, each turned into a tensor of numbers from 0 to 1 when it is asked for."""

    def __init__(self, digits: Digits) -> None:
        self.pixels = [bytes((image * 255).round().byte().flatten().tolist()) for image in digits.images]
        self.labels = digits.labels.tolist()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[Any, int]:
        pixels = torch.frombuffer(bytearray(self.pixels[place]), dtype=torch.uint8)
        return pixels.reshape(1, 28, 28).float().div(255), self.labels[place]


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


def rate(batches: Iterator[tuple[Any, Any]], *, fused: bool = True) -> float:
    """Images a second."""
    network = LeNet5()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, fused=fused)
    count, started = 0, perf_counter()
    for images, labels in batches:
        step(network, optimiser, images, labels)
        count += len(labels)
    return count / (perf_counter() - started)


def main() -> None:
    """Prints medians and ratios; the exit code is 1 where a ratio is smaller than it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    said = parser.parse_args()
    torch.set_num_threads(said.threads)
    try:
        digits = load(download=False).train.part(slice(20_000))
    except NoData:
        digits = bundled().train
    images = Images(digits)
    ways: dict[str, Callable[[], float]] = {
        "ours": lambda: rate(ours(digits, said.steps)),
        "bare step": lambda: rate(bare(digits, said.steps)),
        "usual loop": lambda: rate(usual(images, said.steps), fused=False),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(said.rounds + 1):
        for name, measure in ways.items():
            found[name].append(measure())
    middle = {name: median(rates[1:]) for name, rates in found.items()}  # the first round warms up
    for name, one in middle.items():
        print(f"{name:12} {one:10,.0f} images/s")
    of_step, of_loop = middle["ours"] / middle["bare step"], middle["ours"] / middle["usual loop"]
    print(f"of the bare step: {of_step:.2f} (at least {OF_STEP})")
    print(f"of the usual loop: {of_loop:.2f} (at least {OF_LOOP})")
    raise SystemExit(int(of_step < OF_STEP or of_loop < OF_LOOP))


if __name__ == "__main__":
    main()
