"""`frozen` does what `dataclass(frozen=True)` does, which is its oracle here."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import ClassVar

import pytest

from solver.frozen import frozen

WAYS = {  # how a class is made, by ours and by the library's
    "frozen": (frozen, dataclass(frozen=True)),
    "slots": (frozen(slots=True), dataclass(frozen=True, slots=True)),
    "identity": (frozen(eq=False), dataclass(frozen=True, eq=False)),
    "both": (frozen(eq=False, slots=True), dataclass(frozen=True, eq=False, slots=True)),
}


class Words:
    """Fields of every sort."""

    kept: ClassVar[int] = 7
    size: int
    held: tuple[int, ...] = (1,)
    made: list[int] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)
    last: int = field(default=2, kw_only=True)
    found: int = field(init=False)

    def __post_init__(self):
        if self.size < 0:
            raise ValueError(self.size)
        object.__setattr__(self, "found", self.size + 1)


class Nothing:
    """No field."""


class Compared:
    """A class that says itself when it is equal, and how it is written."""

    size: int

    def __eq__(self, other):
        return isinstance(other, type(self) | int)

    def __repr__(self):
        return "compared"


def made(way, plain):
    """A class made in both ways."""
    ours, library = WAYS[way]
    held = {name: value for name, value in vars(plain).items() if name not in ("__dict__", "__weakref__")}
    return [decorator(type(plain.__name__, (), dict(held))) for decorator in (ours, library)]


def said(act, *arguments, **named):
    """What comes of a call: its value, or the error's type and words."""
    try:
        return act(*arguments, **named)
    except Exception as problem:
        return type(problem), str(problem)


def parameters(cls):
    """How a class is called, but for the defaults, which need not be the same objects."""
    called = inspect.signature(cls)
    return [(one.name, one.kind, one.annotation) for one in called.parameters.values()], called.return_annotation


CALLS = [((3,), {}), ((3, (2,), [1], "n"), {"last": 5}), ((), {}), ((-1,), {}), ((1, 2, 3, 4, 5), {}), ((1,), {"q": 1})]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("given", "named"), CALLS)
def test_what_is_made_holds_the_same(way, given, named):
    ours, library = made(way, Words)
    one, other = said(ours, *given, **named), said(library, *given, **named)
    if isinstance(other, tuple):
        assert one == other
    else:
        assert (asdict(one), repr(one)) == (asdict(other), repr(other))
        assert (said(hash, one) == said(hash, other)) is (way in ("frozen", "slots"))  # of a list, and of two objects


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("plain", "given"), [(Nothing, ()), (Words, (3,)), (Compared, (3,))])
def test_values_are_equal_where_the_library_finds_them_equal(way, plain, given):
    for cls in made(way, plain):
        one, two = cls(*given), cls(*given)
        assert one == one and (one == two) is (plain is Compared or way in ("frozen", "slots"))
        assert said(hash, one) == said(hash, one)


def test_what_is_not_compared_does_not_count():
    cls, _ = made("frozen", Words)
    assert cls(3, note="a") == cls(3, note="b") != cls(4)
    assert cls(3) != (3, (1,), [], "", 2) and cls(3).__eq__(3) is NotImplemented


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_a_value_changes(way):
    for cls in made(way, Words):
        value = cls(3)
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'size'"):
            value.size = 1
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'size'"):
            del value.size
        assert value.size == 3


@pytest.mark.parametrize("way", WAYS)
def test_tools_for_dataclasses_know_it(way):
    ours, library = made(way, Words)
    assert [one.name for one in fields(ours)] == [one.name for one in fields(library)]
    assert ours.__match_args__ == library.__match_args__ and hasattr(ours, "__slots__") == hasattr(library, "__slots__")
    assert parameters(ours) == parameters(library)
    assert asdict(replace(ours(3), size=4)) == asdict(library(4))
    assert hasattr(ours(3), "__dict__") == hasattr(library(3), "__dict__")


@frozen
class Plain:
    """Held with a dictionary, in which what is computed is kept."""

    size: int

    @cached_property
    def double(self):
        return 2 * self.size


@frozen(slots=True)
class Slotted:
    """Held without one."""

    size: int


@frozen
class Deep(Plain):
    """A class made from another adds its fields behind."""

    depth: int = 1


class Same(Deep):
    """One that adds nothing is compared by its own class."""


@pytest.mark.parametrize("value", [Plain(3), Slotted(3), Deep(3, 2), Same(3)])
def test_values_are_pickled_and_copied(value):
    assert pickle.loads(pickle.dumps(value)) == value == copy.copy(value) == copy.deepcopy(value)


def test_classes_made_from_others():
    assert Plain(3).double == 6
    assert Deep(3) == Deep(3, 1) != Deep(3, 2) and Deep(3) != Plain(3) and Plain(3) != Deep(3)
    assert Same(3) == Same(3) != Deep(3) and repr(Same(3, 2)) == "Same(size=3, depth=2)"
    assert {Same(3): 1}[Same(3)] == 1 and hash(Deep(3)) == hash((3, 1))


def test_methods_of_its_own_stay():
    for cls in made("frozen", Compared):
        assert repr(cls(3)) == "compared" and cls(3) == 4 and hash(cls(3)) == hash((3,))
