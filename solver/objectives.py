"""What a classifier is trained on: softmax of logits, and the cross-entropy of one image.

z_k, a_k  logit of class k and its exponential      p_k  probability that is predicted for class k
n, N      size of an image and what is wanted, also of a set of images      m  how many of them are held out
E, B  epochs, and images in a batch                 T        updates of the parameters
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solver.derivation import formula, law

SOURCE = "tutorial 11, practical part"

SOFTMAX = formula(
    "softmax.probability",
    "a_2/(a_1 + a_2 + a_3)",
    symbol="p_2",
    source=SOURCE,
    not_normalised="a_2",
    others_only="a_2/(a_1 + a_3)",
)


def _cross_entropy(z: Mapping[str, Any]) -> Any:
    from sympy import exp, log  # the symbols it is asked with have loaded it

    return log(sum(exp(each) for each in z.values())) - z["z_1"]


def _probability(z: Mapping[str, Any]) -> Any:
    from sympy import exp  # as above

    return exp(z["z_1"]) / sum(exp(each) for each in z.values())


CROSS_ENTROPY = law(
    "cross_entropy.one_image",
    _cross_entropy,
    source="torch, CrossEntropyLoss",
    sign_turned=lambda z: -_cross_entropy(z),
    probability_itself=_probability,
    minus_probability=lambda z: -_probability(z),
)

PADDING = formula(
    "padding.needed",
    "(N - n)/2",
    symbol="P",
    source=SOURCE,
    both_sides_at_once="N - n",
)

HELD_OUT = formula(
    "split.left", "N - m", symbol="N_train", source=SOURCE, held_out_forgotten="N", held_out_itself="m"
)

UPDATES = formula(
    "training.updates", "E*ceil(N/B)", symbol="T", source=SOURCE, last_batch_dropped="E*floor(N/B)", one_an_epoch="E"
)
