"""What torch calls things, and what kind of thing a name is."""

from __future__ import annotations

from typing import Final

LOSSES: Final = frozenset(
    "CrossEntropyLoss NLLLoss MSELoss L1Loss BCELoss BCEWithLogitsLoss SmoothL1Loss HuberLoss KLDivLoss".split()
)
CONTAINERS: Final = frozenset(("Sequential", "ModuleList", "ModuleDict", "Module", "ParameterList"))
OTHERS: Final = frozenset(
    "AdaptiveLogSoftmaxWithLoss Buffer Container CosineSimilarity CrossMapLRN2d DataParallel EmbeddingBag "
    "FractionalMaxPool2d FractionalMaxPool3d GRU GRUCell LSTM LSTMCell LinearCrossEntropyOptions MaxUnpool1d "
    "MaxUnpool2d MaxUnpool3d NLLLoss2d PairwiseDistance Parameter ParameterDict RNN RNNBase RNNCell RNNCellBase "
    "SyncBatchNorm Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer "
    "UninitializedBuffer UninitializedParameter attention common_types factory_kwargs functional grad init intrinsic "
    "modules parallel parameter qat quantizable quantized utils".split()
)
"""What else torch.nn has, modules that we have no layer for among them; losses, lazy modules and `kinds()` aside."""
IGNORED: Final = (
    "torch.nn.init.", "torch.manual_seed", "torch.cuda.", "torch.backends.", "torch.set_", "torch.use_", "warnings.",
    "numpy.random.seed", "random.seed", "os.environ", "os.makedirs",
)  # fmt: skip
"""What changes nothing that is read here: it gives nothing."""
PASSING: Final = ("torch.device", "torch.no_grad", "torch.inference_mode", "torch.compile", "torch.jit.")
"""What gives the module that it is given, if any."""
MAKERS: Final = frozenset(
    "zeros ones empty full rand randn tensor as_tensor arange linspace eye randint FloatTensor Tensor".split()
)
"""Functions that make tensors."""
ITSELF: Final = frozenset(
    "to cuda cpu float double half train eval apply zero_grad compile share_memory bfloat16 "
    "type xpu mps".split()
)
"""Methods of a module that give the module."""

IN_PLACE: Final = frozenset(
    "normal_ uniform_ zero_ fill_ copy_ xavier_uniform_ kaiming_normal_ mul_ add_ div_ sub_ clamp_ "
    "trunc_normal_ bernoulli_ exponential_ detach_".split()
)
"""Methods of a tensor that give the tensor."""

USUAL: Final = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "np": "numpy",
    "math": "math",
}
"""The names by which code usually imports what it needs."""


def canonical(name: str) -> str:
    """A dotted name as torch's own documentation writes it."""
    first, _, rest = name.partition(".")
    name = f"{USUAL.get(first, first)}.{rest}" if rest else USUAL.get(first, first)
    return name.replace("torch.nn.modules.", "torch.nn.")
