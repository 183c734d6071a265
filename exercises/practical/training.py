"""Mini-batch stochastic gradient descent as the chapter trains LeNet-5: resumable, with no Python for single images.

    eta     step size                                     cost    mean cross-entropy of logits and labels
    step    one mini-batch of 64                          error   share of images that are classified wrongly

The data stay one tensor; a batch is picked by its places in it. The cost of each step is kept on the device and read
once an epoch, so that an epoch costs what its steps cost. After every epoch what is needed to go on is written aside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, final

import torch
from torch.nn.functional import cross_entropy

from exercises.practical.mnist import Digits, Mnist
from exercises.practical.networks import LeNet5
from exercises.practical.record import Evaluation
from solver.frozen import frozen

BATCH = 64
LOOKS: Final = 8
"""How often in an epoch the validation cost is looked at."""

Progress = Callable[[int, float], None]


@final
@frozen
class Settings:
    """What a run is made from: the same settings on the same machine give the same run."""

    eta: float = 0.3
    epochs: int = 20
    batch: int = BATCH
    seed: int = 0
    device: str = "cpu"


@final
@dataclass
class Curves:
    """What a run says while it lasts.

    train        mean cost of the steps since the last look      validation  (step, cost, error) at each look
    best         step of the smallest validation cost
    """

    steps: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    validation: list[Evaluation] = field(default_factory=list)
    best: int = 0
    epochs: int = 0
    diverged: bool = False


@final
@frozen
class Trained:
    """A run that has ended: its curves, the last parameters, and those at the best validation."""

    settings: Settings
    curves: Curves
    network: Any
    early: Any


def devices() -> tuple[str, ...]:
    """Where torch can compute here, the fastest first."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return tuple(name for name, is_there in there.items() if is_there)


def evaluate(network: Any, digits: Digits, batch: int = 1024) -> Evaluation:
    """Cost and error of a network on a set."""
    logits = logits_of(network, digits, batch)
    labels = digits.labels.to(logits.device)
    wrong = (logits.argmax(1) != labels).double().mean()
    return Evaluation(float(cross_entropy(logits.double(), labels)), float(wrong))


def logits_of(network: Any, digits: Digits, batch: int = 1024) -> Any:
    """What a network says of a set, (N, classes)."""
    was, device = network.training, next(network.parameters()).device
    network.eval()
    with torch.no_grad():
        made = torch.cat([network(images.to(device)) for images in digits.images.split(batch)])
    network.train(was)
    return made


def train(
    data: Mnist, settings: Settings, *, saved: Path | None = None, progress: Progress | None = None,
    make: Callable[[], Any] = LeNet5,
) -> Trained:  # fmt: skip
    """A network trained on the data; goes on from what is saved of a run with the same settings.

    `progress` is told after each look how many steps are done and what the training cost is.
    """
    device = torch.device(settings.device)
    torch.manual_seed(settings.seed)
    network = make().to(device)
    optimiser = torch.optim.SGD(network.parameters(), lr=settings.eta, fused=device.type != "mps")
    shuffle = torch.Generator().manual_seed(settings.seed)
    curves, early = Curves(), _kept(network)
    if saved is not None and saved.exists():
        curves, early = _resumed(saved, settings, network, shuffle, curves, early)
    learn = Digits(data.train.images.to(device), data.train.labels.to(device))
    while curves.epochs < settings.epochs and not curves.diverged:
        early = _epoch(network, optimiser, learn, data.validation, settings, shuffle, curves, early, progress)
        if saved is not None:
            _save(saved, settings, network, shuffle, curves, early)
    best = make().to(device)
    best.load_state_dict(early)
    return Trained(settings, curves, network, best)


def _epoch(
    network: Any, optimiser: Any, learn: Digits, validation: Digits, settings: Settings, shuffle: Any, curves: Curves,
    early: dict[str, Any], progress: Progress | None,
) -> dict[str, Any]:  # fmt: skip
    """One pass through the data in a new order; the parameters at the best validation so far."""
    order = torch.randperm(len(learn), generator=shuffle).to(learn.labels.device)
    batches = order.split(settings.batch)
    looks = {len(batches) * (look + 1) // LOOKS for look in range(LOOKS)}
    costs: list[Any] = []
    before = curves.epochs * len(batches)
    for number, places in enumerate(batches, start=1):
        costs.append(step(network, optimiser, learn.images[places], learn.labels[places]))
        if number in looks:
            early = _look(network, validation, curves, before + number, costs, early)
            costs = []
            if progress is not None:
                progress(before + number, curves.train[-1])
            if curves.diverged:
                break
    curves.epochs += 1
    return early


def step(network: Any, optimiser: Any, images: Any, labels: Any) -> Any:
    """One step of the optimiser; the cost, still on the device."""
    optimiser.zero_grad(set_to_none=True)
    cost = cross_entropy(network(images), labels)
    cost.backward()
    optimiser.step()
    return cost.detach()


def _look(
    network: Any, validation: Digits, curves: Curves, at: int, costs: list[Any], early: dict[str, Any]
) -> dict[str, Any]:
    """Notes where the run stands."""
    said = evaluate(network, validation)
    curves.steps.append(at)
    curves.train.append(float(torch.stack(costs).mean()))
    curves.validation.append(said)
    curves.diverged = not torch.isfinite(torch.tensor(curves.train[-1])).item()
    if said.cost <= min(each.cost for each in curves.validation):
        curves.best = at
        return _kept(network)
    return early


def _kept(network: Any) -> dict[str, Any]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


# --- going on after an interruption


def _save(
    path: Path, settings: Settings, network: Any, shuffle: Any, curves: Curves, early: dict[str, Any]
) -> None:
    """Writes a run aside; the file is exchanged in one move, so that there always is a whole one."""
    held = {
        "settings": asdict(settings), "network": network.state_dict(), "early": early, "shuffle": shuffle.get_state(),
        "curves": asdict(curves),
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(held, part)
    part.replace(path)


def _resumed(
    path: Path, settings: Settings, network: Any, shuffle: Any, curves: Curves, early: dict[str, Any]
) -> tuple[Curves, dict[str, Any]]:
    """What is saved of a run with these settings; of a run with others, or of no run, nothing."""
    try:
        held = torch.load(path, weights_only=True, map_location=settings.device)
        own = {**held["settings"], "epochs": settings.epochs}
    except Exception:  # on bytes that are no run, torch's reader fails in ways of many kinds
        return curves, early
    if own != asdict(settings) or held["settings"]["epochs"] > settings.epochs:
        return curves, early
    network.load_state_dict(held["network"])
    shuffle.set_state(held["shuffle"].cpu())
    said = held["curves"]
    said["validation"] = [Evaluation(**each) for each in said["validation"]]
    return Curves(**said), held["early"]


