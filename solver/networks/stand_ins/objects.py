"""Objects of torch's: tensors without numbers, signals, modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, final

from solver.networks.interpreter.values import Class, Dotted, Instance
from solver.networks.stand_ins.names import CONTAINERS, canonical
from solver.networks.walk import Ghost, Walk
from solver.values import Shape


@final
@dataclass(eq=False)
class Tensor:
    """A tensor that is no signal: its shape, whether it is a parameter, and whether that is trained."""

    shape: tuple[int, ...]
    learned: bool = False
    dtype: str = "float"
    trained: bool = True

    def requires_grad_(self, requires_grad: Any = True) -> Tensor:
        """Whether it is trained from now on; `operations.is_tensor` knows tensors by this method, as torch's."""
        self.trained = bool(requires_grad)
        return self


@final
class EachOf(int):
    """So many for each input of the batch, of which one is followed: x.size(0), x.numel()."""

    def __mul__(self, other: int) -> int:
        made = int.__mul__(self, other)
        return made if isinstance(other, EachOf) or not isinstance(made, int) else EachOf(made)

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> int:
        made = int.__floordiv__(self, other)
        return made if isinstance(other, EachOf) or not isinstance(made, int) else EachOf(made)


class SourceGhost(Ghost):
    """A signal, as code that is read sees it; `merged` where the batch has become one axis with all others."""

    merged: bool = False

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes, the batch axis among them."""
        sizes = map(self.walk.guarded, self.sizes)
        return (EachOf(1), *sizes) if self.batched else tuple(sizes)


def ghost(
    walk: Walk, index: int, sizes: Shape, batched: bool, seen: Any, roles: Any, element: Any = "float"
) -> SourceGhost:
    """A signal of these."""
    made = SourceGhost()
    made.__dict__.update(
        walk=walk, index=index, sizes=sizes, batched=batched, field=seen, roles=roles, element=element
    )
    return made


@dataclass(eq=False)
class Registered(Instance):
    """A module: what is assigned to it is registered in it."""

    def children(self) -> Iterator[tuple[str, Registered]]:
        """The modules that are registered in it, by name."""
        for name, value in self.fields.items():
            if isinstance(value, Registered):
                yield name, value

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        """The parameters that are registered in it, by name."""
        for name, value in self.fields.items():
            if isinstance(value, Tensor) and value.learned:
                yield name, value


@final
@dataclass(eq=False)
class Module(Registered):
    """A module of the code's own class, or one of torch's containers (then `kind` is its dotted name)."""

    ready: bool = False
    """Whether `super().__init__()` has been called."""

    @property
    def container(self) -> str:
        """Sequential, ModuleList or ModuleDict, if it is one or is built on one; "" for other modules."""
        for kind in self.kind.order() if isinstance(self.kind, Class) else (self.kind,):
            if isinstance(kind, Dotted) and kind.last in CONTAINERS and kind.last != "Module":
                return kind.last
        return ""


@final
@dataclass(eq=False)
class Leaf(Registered):
    """One of torch's own modules: its layer, what torch was told of its input, and the line that makes it.

    An objective has no layer.
    """

    layer: Any = None
    told: dict[str, int] = field(default_factory=dict)
    line: int = 0


def container(kind: str, entries: dict[str, Any] | None = None) -> Module:
    """One of torch's containers, with these in it."""
    return Module(Dotted(f"torch.nn.{kind}"), dict(entries or {}), True)


def is_module(kind: Class) -> bool:
    """Whether a class is built on nn.Module or on one of torch's containers."""
    bases = {canonical(base.name) for base in kind.order() if isinstance(base, Dotted)}
    return any(base.rpartition(".")[2] in CONTAINERS and base.startswith("torch.nn.") for base in bases)


def holds(kind: type, values: Any) -> bool:
    """Whether one of the values is of this type, also in lists."""
    if isinstance(values, list | tuple):
        return any(holds(kind, value) for value in values)
    return isinstance(values, kind)
