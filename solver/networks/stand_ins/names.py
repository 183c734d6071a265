"""What torch calls things, and what kind of thing a name is."""

from __future__ import annotations

from typing import Final

LOSSES: Final = frozenset(
    "CrossEntropyLoss NLLLoss MSELoss L1Loss BCELoss BCEWithLogitsLoss SmoothL1Loss HuberLoss KLDivLoss".split()
)
CONTAINERS: Final = frozenset(("Sequential", "ModuleList", "ModuleDict", "Module", "ParameterList"))
IGNORED: Final = (
    "torch.nn.init.", "torch.manual_seed", "torch.cuda.", "torch.backends.", "torch.set_", "torch.use_", "warnings.",
    "numpy.random.seed", "random.seed",
)  # fmt: skip
"""What changes nothing that is read here: it gives nothing."""
PASSING: Final = ("torch.device", "torch.no_grad", "torch.inference_mode", "torch.compile", "torch.jit.")
"""What gives the module that it is given, if any."""
MAKERS: Final = frozenset(
    "zeros ones empty full rand randn tensor as_tensor arange linspace eye randint FloatTensor Tensor".split()
)
"""Functions that make tensors."""
ITSELF: Final = frozenset(
    "to cuda cpu float double half train eval requires_grad_ apply zero_grad compile share_memory bfloat16 "
    "type xpu mps".split()
)
"""Methods of a module that give the module."""

CALLED: Final = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn"}
"""What names usually stand for where code does not import them."""


def canonical(name: str) -> str:
    """A dotted name as torch's own documentation writes it."""
    first, _, rest = name.partition(".")
    name = f"{CALLED.get(first, first)}.{rest}" if rest else CALLED.get(first, first)
    return name.replace("torch.nn.modules.", "torch.nn.")
