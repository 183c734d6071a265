"""Facts about torch that the chapters state otherwise: each function is true where torch behaves as we say."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def _normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=_generator(), dtype=torch.float64)


def _slope(function: Callable[[Tensor], Tensor], at: float) -> float:
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    function(x).backward()
    assert x.grad is not None
    return float(x.grad.item())


class Block(nn.Module):
    """relu(f(x) + shortcut(x)), as the chapter's residual blocks are."""

    def __init__(self, inner: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.inner, self.shortcut = inner, shortcut or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.inner(x) + self.shortcut(x))


# --- training


def cross_entropy_is_the_negative_mean_log() -> bool:
    """CrossEntropyLoss = -mean log softmax, neither a sum nor a likelihood; the sum of softmax is something else."""
    logits, labels = _normal(8, 10), torch.arange(8)
    chosen = torch.softmax(logits, 1)[torch.arange(8), labels]
    loss = nn.CrossEntropyLoss()(logits, labels)
    return bool(torch.isclose(loss, -chosen.log().mean())) and not bool(torch.isclose(loss.abs(), chosen.sum()))


def softmax_twice_has_a_floor() -> bool:
    """Of probabilities for logits the loss of 10 classes never falls below log(1 + 9/e), even if all is right."""
    sure = torch.full((1, 10), -1e3, dtype=torch.float64)
    sure[0, 3] = 1e3
    label = torch.tensor([3])
    twice = nn.CrossEntropyLoss()(torch.softmax(sure, 1), label).item()
    return nn.CrossEntropyLoss()(sure, label).item() == 0 and math.isclose(twice, math.log(1 + 9 / math.e))


def outputs_of_a_network_are_no_probabilities() -> bool:
    """The rows of a last Linear layer do not sum to 1, and some are negative."""
    rows = nn.Linear(84, 10, dtype=torch.float64)(_normal(4, 84))
    return bool((rows < 0).any()) and not bool(torch.isclose(rows.sum(1), torch.ones(4, dtype=torch.float64)).any())


def relu_on_the_output_stops_gradients() -> bool:
    """With ReLU behind the output layer, the score of the right class gets no gradient where it is negative."""
    scores = torch.tensor([[-1.0, 2.0, 0.5]], requires_grad=True)
    nn.CrossEntropyLoss()(torch.relu(scores), torch.tensor([0])).backward()
    assert scores.grad is not None
    return bool(scores.grad[0, 0] == 0)


def there_is_no_model() -> bool:
    """torch.nn has Module and no Model."""
    return not hasattr(nn, "Model") and hasattr(nn, "Module")


def view_needs_a_single_pixel() -> bool:
    """x.view(N, 120) of LeNet's C5 gives a matrix from 1 x 1 maps, and an error from the 2 x 2 of a padded 32 x 32."""
    c1, c3, c5 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5)
    features = nn.Sequential(c1, nn.MaxPool2d(2), c3, nn.MaxPool2d(2), c5)
    small, large = features(torch.zeros(3, 1, 28, 28)), features(torch.zeros(3, 1, 32, 32))
    try:
        large.view(3, 120)
    except RuntimeError:
        return tuple(small.view(3, 120).shape) == (3, 120) and tuple(large.shape) == (3, 120, 2, 2)
    return False


# --- initialisation


def relu_slope_at_zero() -> bool:
    """relu'(0) = 0; clamp gives 1 and maximum 1/2 there."""
    slopes = [_slope(f, 0.0) for f in (torch.relu, lambda x: x.clamp(min=0), lambda x: torch.maximum(x, 0 * x))]
    return slopes[:2] == [0.0, 1.0] and slopes[0] != 1


def gains_are_not_all_exact() -> bool:
    """torch's gain for tanh is 5/3, and 1/sqrt(E[tanh(y)^2]) = 1.5925… for y ~ N(0, 1)."""
    from solver.moments import activation_moments  # SymPy, for this fact alone

    exact = 1 / math.sqrt(activation_moments("tanh").numeric(1)[1])
    return nn.init.calculate_gain("tanh") == 5 / 3 and abs(exact - 5 / 3) > 0.07


def fan_out_ignores_groups() -> bool:
    """A layer with 4 groups has 12 K^2 weights behind each input channel; torch counts 48 K^2."""
    weight = nn.Conv2d(8, 48, 3, groups=4).weight
    torch_counts = nn.init._calculate_fan_in_and_fan_out(weight)[1]
    return (torch_counts, weight[:12, :1].numel()) == (48 * 9, 12 * 9)


def linear_default_loses_a_factor_six() -> bool:
    """Linear's default is uniform on +-1/sqrt(n), of variance 1/(3 n): six times less than He's 2/n."""
    layer = nn.Linear(400, 400, bias=False, dtype=torch.float64)
    bound = layer.weight.abs().max().item() * math.sqrt(400)
    nn.init.uniform_(layer.weight, -1 / math.sqrt(400), 1 / math.sqrt(400), generator=_generator())
    return 0.999 < bound <= 1 and math.isclose((2 / 400) / layer.weight.var().item(), 6, rel_tol=0.02)


def hardsigmoid_slope_is_single() -> bool:
    """The slope of hardsigmoid is 1/6 rounded to single precision, also for doubles."""
    slope = _slope(functional.hardsigmoid, 0.5)
    return slope != 1 / 6 and abs(slope - 1 / 6) < 1e-8


# --- residual blocks


def zero_parameters_give_relu() -> bool:
    """A block with zero parameters is ReLU(X), the identity for X >= 0 only."""
    block = Block(nn.Linear(4, 4, dtype=torch.float64))
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    x = _normal(6, 4)
    return torch.equal(block(x), torch.relu(x)) and not torch.equal(block(x), x)


def zero_downsampling_gives_zero() -> bool:
    """A downsampling block with zero parameters, its shortcut's too, gives 0."""
    block = Block(nn.Conv2d(2, 4, 3, 2, 1, bias=False), nn.Conv2d(2, 4, 1, 2, bias=False)).double()
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    return not block(_normal(1, 2, 8, 8)).any()


def batch_norm_cancels_the_scale() -> bool:
    """A tenth of a convolution's weights gives the same output behind BatchNorm; a tenth of gamma does not."""
    conv, norm = nn.Conv2d(2, 3, 3, bias=False, dtype=torch.float64), nn.BatchNorm2d(3, eps=1e-12, dtype=torch.float64)
    x = _normal(4, 2, 6, 6)
    before = norm(conv(x))
    with torch.no_grad():
        conv.weight *= 0.1
        decayed = norm(conv(x))
        norm.weight *= 0.1
        scaled = norm(conv(x))
    return bool(torch.allclose(before, decayed) and torch.allclose(scaled, before / 10))


def batch_norm_subtracts_biases() -> bool:
    """A bias before BatchNorm changes nothing, also where BatchNorm learns nothing of its own."""
    x = _normal(8, 5)
    norms = (nn.BatchNorm1d(5, affine=affine, dtype=torch.float64) for affine in (True, False))
    return all(torch.allclose(norm(x), norm(x + 3)) for norm in norms)


def batch_norm_couples_samples() -> bool:
    """In training the output for one sample has a gradient by another's input, and one sample alone is refused."""
    norm = nn.BatchNorm1d(3, dtype=torch.float64)
    x = _normal(4, 3).requires_grad_()
    norm(x)[0].square().sum().backward()
    assert x.grad is not None
    try:
        norm(_normal(1, 3))
    except ValueError:
        return bool((x.grad[1:].abs() > 1e-6).any())
    return False


def skipping_gradient_dies() -> bool:
    """Where y2 < 0 no gradient passes, with the skip or without."""
    x = torch.tensor([-1.0, 2.0], dtype=torch.float64, requires_grad=True)
    torch.relu(0 * x + x).sum().backward()
    assert x.grad is not None
    return bool(x.grad[0] == 0 and x.grad[1] == 1)
