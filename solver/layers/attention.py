"""Attention and embeddings: layers on sequences, of shape (positions, features).

E  features (embed_dim)      E_k, E_v  features of keys and values      h  heads, which share the features out
L, S  positions of queries and of keys      T  keys that are looked at, those appended included      V  words
"""

from __future__ import annotations

from functools import cache
from typing import final

from solver.derivation import Quantity, Rule, component, formula, rank, total, value_of
from solver.derivation import shape as shape_of
from solver.frozen import frozen
from solver.layers.base import WHOLE, Field, Hyper, Join, Layer, Operation, every, named, sizes_of
from solver.values import Value

SOURCE = "Vaswani et al. 2017, Attention is all you need, section 3.2; torch, MultiheadAttention"


@cache
def attention_parameters(separate: bool, biased: bool) -> Rule:
    """Projections of queries, keys, values and of the result; heads share them, so their number plays no part."""
    weights = "2*E**2 + E*E_k + E*E_v" if separate else "4*E**2"
    slips = {
        "heads_multiplied": f"h*({weights})",
        "output_projection_forgotten": "E**2 + E*E_k + E*E_v" if separate else "3*E**2",
    }
    if not biased:
        slips["biases_counted"] = f"{weights} + 4*E"
        return formula("attention.weights", weights, symbol="N", source=SOURCE, **slips)
    slips = {slip: f"{said} + {3 if 'output' in slip else 4}*E" for slip, said in slips.items()}
    taught = f"{weights} + 4*E"
    return formula("attention.parameters", taught, symbol="N", source=SOURCE, **slips, biases_forgotten=weights)


APPENDED = formula("attention.appended", "2*E", symbol="N", source="torch, add_bias_kv", key_alone="E")

KEYS = formula(
    "attention.keys", "S + m", symbol="T", source="torch, add_bias_kv and add_zero_attn", appended_forgotten="S"
)


@cache
def attention_multiplications(separate: bool) -> Rule:
    """The projections, the scores of each query with each key, and the sums of values by those scores."""
    projections = "2*L*E**2 + S*E*E_k + S*E*E_v" if separate else "4*L*E**2"
    return formula(
        "attention.multiplications",
        f"{projections} + 2*L*T*E",
        symbol="M",
        source=SOURCE,
        scores_forgotten=projections,
        projections_forgotten="2*L*T*E",
        sum_of_values_forgotten=f"{projections} + L*T*E",
        heads_multiplied=f"{projections} + 2*h*L*T*E",
    )


EMBEDDING = formula(
    "embedding.parameters",
    "V*E",
    symbol="N",
    source="torch, Embedding",
    vector_for_each_position="L*V*E",
    words_and_features_added="V + E",
)


@frozen
class Heads(Operation):
    """What self-attention and attention on other sequences are made of: E features in h heads."""

    embed_dim: Hyper
    num_heads: Hyper
    dropout: float = 0.0
    bias: bool = True
    add_bias_kv: bool = False
    add_zero_attn: bool = False
    kdim: Hyper | None = None
    vdim: Hyper | None = None
    batch_first: bool = False

    def __post_init__(self) -> None:
        embed_dim, num_heads = self.embed_dim, self.num_heads
        if not every((embed_dim, num_heads), 1):
            raise self.misfit(embed_dim=embed_dim, num_heads=num_heads)
        if isinstance(embed_dim, int) and isinstance(num_heads, int) and embed_dim % num_heads:
            raise self.misfit(embed_dim=embed_dim, num_heads=num_heads)


def _matches(operation: Layer | Join, shape: Quantity, features: Hyper) -> tuple[Quantity, Quantity]:
    """Positions and features of a sequence; raises DoesNotFit where the features are others."""
    if rank(shape) != 2:
        raise operation.misfit(shape=value_of(shape))
    found: Value = value_of(component(shape, 1))
    if isinstance(found, int) and isinstance(features, int) and found != features:
        raise operation.misfit(features=found, wanted=features)
    return component(shape, 0), component(shape, 1)


@final
@frozen
class MultiheadAttention(Heads, Layer):
    """Self-attention on (L, E): every position is a weighted sum over all positions, in h heads of E/h features."""

    def output(self, shape: Quantity) -> Quantity:
        return self._cross().output((shape,) * 3)

    def parameters(self, shape: Quantity) -> Quantity:
        return self._cross().parameters((shape,) * 3)

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return self._cross().multiplications((shape,) * 3, output)

    def macs(self, shape: Quantity, output: Quantity) -> Quantity:
        return self.multiplications(shape, output)

    def reach(self, field: Field) -> Field:
        return WHOLE

    def _cross(self) -> CrossAttention:
        return CrossAttention(**self.arguments, name=self.name)  # type: ignore[arg-type]  # its own fields


@final
@frozen
class CrossAttention(Heads, Join):
    """torch's MultiheadAttention on queries (L, E), keys (S, E_k) and values (S, E_v) of their own."""

    @property
    def kind(self) -> str:
        return "MultiheadAttention"

    def output(self, shapes: tuple[Quantity, ...]) -> Quantity:
        queries, keys, values = self._read(shapes)
        if value_of(keys[0]) != value_of(values[0]):
            raise self.misfit(keys=value_of(keys[0]), values=value_of(values[0]))
        return shape_of({"L": queries[0], "E": queries[1]}, self.name)

    def parameters(self, shapes: tuple[Quantity, ...]) -> Quantity:
        rule = attention_parameters(self._separate, self.bias)
        learned = {"projections": rule(self.name, **self._features(shapes), h=self.num_heads)}
        if self.add_bias_kv:
            learned["appended"] = APPENDED(self.name, E=component(shapes[0], 1))
        return total(learned, self.name)

    def multiplications(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        queries, keys, _ = self._read(shapes)
        more = int(self.add_bias_kv) + int(self.add_zero_attn)
        looked = KEYS(self.name, S=keys[0], m=more) if more else keys[0]
        positions = {"L": queries[0], "S": keys[0], "T": looked}
        rule = attention_multiplications(self._separate or shapes[0] is not shapes[1])
        return rule(self.name, **positions, **self._features(shapes), h=self.num_heads)

    def macs(self, shapes: tuple[Quantity, ...], output: Quantity) -> Quantity:
        return self.multiplications(shapes, output)

    def reach(self, fields: tuple[Field, ...]) -> Field:
        return WHOLE

    @property
    def _separate(self) -> bool:
        """Whether keys or values may have features of their own."""
        return any(dim is not None and dim != self.embed_dim for dim in (self.kdim, self.vdim))

    def _features(self, shapes: tuple[Quantity, ...]) -> dict[str, Quantity]:
        queries, keys, values = self._read(shapes)
        return {"E": queries[1], "E_k": keys[1], "E_v": values[1]}

    def _read(self, shapes: tuple[Quantity, ...]) -> list[tuple[Quantity, Quantity]]:
        if len(shapes) != 3:
            raise self.misfit(shapes=tuple(map(value_of, shapes)))
        wanted = (self.embed_dim, self.kdim or self.embed_dim, self.vdim or self.embed_dim)
        return [_matches(self, shape, features) for shape, features in zip(shapes, wanted, strict=True)]


@final
@frozen
class Embedding(Layer):
    """A learned vector of E numbers for each of V words: (L,) -> (L, E), looked up and not multiplied."""

    num_embeddings: Hyper
    embedding_dim: Hyper
    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False

    def __post_init__(self) -> None:
        if not every((self.num_embeddings, self.embedding_dim), 1):
            raise self.misfit(num_embeddings=self.num_embeddings, embedding_dim=self.embedding_dim)
        words, at = self.num_embeddings, self.padding_idx
        if at is not None and isinstance(words, int) and not -words <= at < words:
            raise self.misfit(num_embeddings=words, padding_idx=at)

    def output(self, shape: Quantity) -> Quantity:
        return shape_of(named([*sizes_of(shape), self.embedding_dim]), self.name)

    def parameters(self, shape: Quantity) -> Quantity:
        return EMBEDDING(self.name, V=self.num_embeddings, E=self.embedding_dim, L=component(shape, 0))

    def multiplications(self, shape: Quantity, output: Quantity) -> Quantity:
        return 0

    def reach(self, field: Field) -> Field:
        return WHOLE
