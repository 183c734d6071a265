"""What code meets beyond Python: how its imports are called, what their attributes are, what is an operator's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from solver.networks.interpreter.values import Class, Instance


class World(ABC):
    """The libraries that code imports, and their objects. It says NotImplemented of what it does not know."""

    usual: Mapping[str, str]
    """What is imported by which name: {"nn": "torch.nn"}."""

    @abstractmethod
    def exports(self, module: str, name: str) -> bool:
        """Whether `from module import *` gives a name."""

    @abstractmethod
    def imported(self, name: str, line: int) -> Any:
        """What a dotted name stands for. Raises Broken where a library that we know has nothing of this name."""

    @abstractmethod
    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """The value of a call of something that is no function of the code."""

    @abstractmethod
    def attribute(self, value: Any, name: str) -> Any:
        """An attribute of something that is not the code's own."""

    @abstractmethod
    def made(self, kind: Class) -> Instance:
        """An empty object of a class."""

    @abstractmethod
    def assigned(self, of: Any, name: str, value: Any) -> None:
        """Notices what is assigned to an attribute."""

    @abstractmethod
    def operated(self, name: str, operands: Sequence[Any]) -> Any:
        """The value of an operator on operands one of which is not plain."""

    @abstractmethod
    def items(self, value: Any) -> Iterable[Any] | None:
        """What a loop over something that is not plain goes through; None where nobody knows."""
