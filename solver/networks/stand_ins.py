"""What the names of torch stand for in code that is read: layers, containers, tensors without numbers, functions.

A `Leaf` is one of torch's own modules, held as the layer of that kind; `Tensor` is a tensor that is no signal, as a
weight; a `SourceGhost` is a signal. What code does to signals goes through the same table of operations as a live
module's own forward (solver/networks/operations.py), so that both are read alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from math import prod
from typing import Any, Final, final

from solver.derivation import DoesNotFit
from solver.layers import kinds
from solver.layers.base import Layer
from solver.layers.composite import Composite
from solver.networks.arithmetic import OPERATIONS as ARITHMETIC
from solver.networks.arranging import OPERATIONS as ARRANGING
from solver.networks.conditions import Undecided
from solver.networks.guarded import Guarded
from solver.networks.interpreter import (
    BINARY,
    COMPARED,
    MATHEMATICS,
    UNARY,
    Broken,
    Class,
    Dotted,
    Instance,
    Native,
    Super,
    Unread,
    World,
)
from solver.networks.operations import placed, told
from solver.networks.walk import CannotFollow, Ghost, Walk, step_of
from solver.values import Shape

OPERATIONS: Final = ARITHMETIC | ARRANGING

FUNCTIONAL: Final = "torch.nn.functional."
TOLD: Final = {"Conv": ("in_channels",), "Linear": ("in_features",), "Bilinear": ("in1_features", "in2_features")}
"""Arguments that torch has before ours, by how the kind's name begins."""

WHOLE_NUMBERS: Final = (
    "in_channels out_channels in_features out_features in1_features in2_features kernel_size stride padding dilation "
    "groups num_features num_channels num_groups num_parameters normalized_shape output_size num_embeddings "
    "embedding_dim embed_dim num_heads upscale_factor downscale_factor output_padding"
).split()
"""Arguments that torch takes as whole numbers alone."""

ASIDE: Final = ("device", "dtype")
LOSSES: Final = frozenset(
    "CrossEntropyLoss NLLLoss MSELoss L1Loss BCELoss BCEWithLogitsLoss SmoothL1Loss HuberLoss KLDivLoss".split()
)
CONTAINERS: Final = frozenset(("Sequential", "ModuleList", "ModuleDict", "Module", "ParameterList"))
IGNORED: Final = (
    "torch.nn.init.", "torch.manual_seed", "torch.cuda.", "torch.backends.", "torch.set_", "torch.use_", "warnings.",
    "numpy.random.seed", "random.seed",
)  # fmt: skip
"""What changes nothing that is read here: it gives nothing."""

ITSELF: Final = frozenset(
    "to cuda cpu float double half train eval requires_grad_ apply zero_grad compile share_memory bfloat16 "
    "type xpu mps".split()
)
"""Methods of a module that give the module."""

CALLED: Final = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn"}


@final
@dataclass(eq=False)
class Tensor:
    """A tensor that is no signal: its shape, and whether it is learned."""

    shape: tuple[int, ...]
    learned: bool = False
    dtype: str = "float"

    def requires_grad_(self) -> None:
        """It is a tensor."""


class SourceGhost(Ghost):
    """A signal, as code that is read sees it."""

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes, the batch axis among them."""
        return tuple(map(self.walk.guarded, self.full))

    def become(self, other: Ghost) -> None:
        """Stands for what another one stands for, as after an operation in place."""
        self.__dict__.update(other.__dict__)


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
class Module(Instance):
    """A module of the code's own class, or one of torch's containers (then `kind` is its dotted name)."""

    ready: bool = False
    """Whether `super().__init__()` has been called."""

    @property
    def container(self) -> str:
        """Sequential, ModuleList or ModuleDict, if it is one or is built on one."""
        for kind in self.kind.order() if isinstance(self.kind, Class) else (self.kind,):
            name = kind.name.rpartition(".")[2] if isinstance(kind, Dotted) else ""
            if name in CONTAINERS and name != "Module":
                return str(name)
        return ""

    def children(self) -> Iterator[tuple[str, Any]]:
        """The modules that are registered in it, by name."""
        for name, value in self.fields.items():
            if isinstance(value, Module | Leaf):
                yield name, value

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        """The parameters that are registered in it, by name."""
        for name, value in self.fields.items():
            if isinstance(value, Tensor) and value.learned:
                yield name, value


@final
@dataclass(eq=False)
class Leaf(Instance):
    """One of torch's own modules: its layer, what torch was told of its input, and the line that makes it."""

    layer: Any = None
    told: dict[str, int] = field(default_factory=dict)
    line: int = 0

    def weights(self) -> Iterator[tuple[str, Tensor]]:
        """Its parameters by name."""
        for name, value in self.fields.items():
            if isinstance(value, Tensor) and value.learned:
                yield name, value

    def children(self) -> Iterator[tuple[str, Any]]:
        """It has none."""
        yield from ()


def leaf(kind: str, arguments: list[Any], named: dict[str, Any], line: int) -> Leaf:
    """The module that torch's constructor makes. Raises Broken where torch would raise."""
    layer_kind = kinds()[kind]
    leading = next((names for start, names in TOLD.items() if kind.startswith(start)), ())
    own = [each.name for each in fields(layer_kind) if each.name != "name"]
    known = [*leading, *own]
    if len(arguments) > len(known):
        raise Broken("wrong_arguments", line, kind)
    given = dict(zip(known, arguments, strict=False))
    more = {name: value for name, value in named.items() if name not in ASIDE}
    if kind in ("Identity", "Tanh", "Sigmoid", "Softsign", "LogSigmoid"):
        given, more = {}, {}
    unknown = [name for name in more if name not in known or name in given]
    if unknown:
        raise Broken("wrong_arguments", line, f"{kind}({unknown[0]}=…)")
    given |= more
    for name in WHOLE_NUMBERS:
        if _fraction(given.get(name)):
            raise Broken("not_whole", line, f"{kind}({name}={given[name]})")
    inside = {name: given.pop(name) for name in leading if name in given}
    missing = [name for name in leading if name not in inside]
    try:
        layer = layer_kind(**{name: _tupled(value) for name, value in given.items()})
    except TypeError:
        raise Broken("wrong_arguments", line, kind) from None
    except (DoesNotFit, ValueError) as error:
        raise Broken("wrong_arguments", line, f"{kind}: {error}"[:80]) from None
    if missing:
        raise Broken("wrong_arguments", line, f"{kind}: {', '.join(missing)}")
    told_of = {**inside, **{name: given[name] for name in ("num_features", "num_channels") if given.get(name)}}
    made = Leaf(Dotted(f"torch.nn.{kind}"), {}, layer, told_of, line)
    made.fields |= _weights(made, line)
    return made


def lazy(kind: str, arguments: list[Any], named: dict[str, Any], line: int) -> Leaf:
    """A lazy module: what it is told it learns from its first input."""
    layer_kind = kinds()[kind.removeprefix("Lazy")]
    own = [each.name for each in fields(layer_kind) if each.name not in ("name", "num_features")]
    given = dict(zip(own, map(_tupled, arguments), strict=False)) | {key: _tupled(each) for key, each in named.items()}
    try:
        return Leaf(Dotted(f"torch.nn.{kind}"), {}, layer_kind(**given), {}, line)
    except (TypeError, DoesNotFit, ValueError):
        raise Broken("wrong_arguments", line, kind) from None


def _fraction(value: Any) -> bool:
    """Whether a size, or one of several, is a number that is not whole."""
    each = value if isinstance(value, tuple | list) else (value,)
    return any(isinstance(one, float) for one in each)


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _weights(made: Leaf, line: int) -> dict[str, Tensor | None]:
    """The parameters that a module registers."""
    layer, told_of = made.layer, made.told
    try:
        example = _example(layer, told_of)
        count = int(layer.parameters(example)) if example is not None else 0
    except (DoesNotFit, TypeError, ZeroDivisionError) as error:
        raise Broken("wrong_arguments", line, f"{layer.kind}: {error}"[:80]) from None
    biased = bool(getattr(layer, "bias", False)) and count > 0
    first = getattr(layer, "out_channels", getattr(layer, "out_features", None))
    if isinstance(first, int) and not layer.kind.startswith("ConvTranspose"):
        bias = first if biased else 0
        rest = (count - bias) // first
        kernel = getattr(layer, "kernel_size", ())
        kernel = kernel if isinstance(kernel, tuple) else (kernel,) * getattr(layer, "axes", 0)
        shape = (first, rest // prod(kernel), *kernel) if kernel else (first, rest)
        return {"weight": Tensor(shape, True), "bias": Tensor((bias,), True) if bias else None}
    if not count:
        return {}
    if biased and "Norm" in layer.kind:
        return {"weight": Tensor((count // 2,), True), "bias": Tensor((count // 2,), True)}
    return {"weight": Tensor((count,), True)}


def _example(layer: Layer, told_of: dict[str, int]) -> Any:
    """A shape on which a layer says how many numbers it learns."""
    axes = getattr(layer, "axes", None)
    match layer.kind:
        case "Linear":
            return Shape((told_of["in_features"],))
        case "Bilinear":
            return (Shape((told_of["in1_features"],)), Shape((told_of["in2_features"],)))
        case "LayerNorm" | "RMSNorm":
            normalized = layer.arguments["normalized_shape"]
            return Shape(normalized if isinstance(normalized, tuple) else (normalized,))
        case "Embedding":
            return Shape((1,))
        case "MultiheadAttention":
            return Shape((1, layer.arguments["embed_dim"]))
        case "PReLU":
            return Shape((layer.arguments["num_parameters"], 1))
        case "GroupNorm":
            return Shape((told_of["num_channels"], 1))
        case kind if "in_channels" in told_of or kind.startswith(("BatchNorm", "InstanceNorm")):
            channels = told_of.get("in_channels", told_of.get("num_features", 0))
            return Shape((channels, *(64,) * (axes or 1)))
        case _:
            return None


# --- the world


@final
class TorchWorld(World):
    """torch, and the few other libraries whose names stand in networks' code."""

    def __init__(self) -> None:
        self.walk: Walk | None = None
        self.lines: dict[int, int] = {}
        """Record of the walk -> the line that made it."""
        self.losses: list[tuple[str, int]] = []

    # --- names and calls

    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """A call of a name of torch's, of a module, or of something nobody knows."""
        line = self.interpreter.line
        if isinstance(function, Dotted):
            return self.named(_canonical(function.name), args, named, line)
        if isinstance(function, Leaf | Module):
            return self.module(function, args, named)
        if isinstance(function, int | float | str | list | tuple | dict | Tensor | SourceGhost | None):
            raise Broken("not_callable", line, type(function).__name__)
        raise Unread("unknown_operation", line, type(function).__name__)

    def named(self, name: str, args: list[Any], named: dict[str, Any], line: int) -> Any:
        """A call of something imported."""
        last = name.rpartition(".")[2]
        if name.startswith("torch.nn.") and last[:1].isupper():
            return self.constructed(last, args, named, line)
        if name in MATHEMATICS and callable(MATHEMATICS[name]):
            return self.interpreter.bounded(lambda: MATHEMATICS[name](*args, **named), name, line)
        if name.startswith(IGNORED):
            return False if last == "is_available" else next((each for each in args if isinstance(each, Tensor)), None)
        if name == "collections.OrderedDict":
            return dict(*map(_pairs, args), **named)
        if name in ("functools.partial",):
            return Native(last, lambda *more, **also: self.interpreter.call(args[0], [*args[1:], *more], named | also))
        if name in ("torch.Size",):
            return tuple(args[0])
        if name.startswith("torch.") and (_holds(SourceGhost, args) or _holds(SourceGhost, list(named.values()))):
            return self.operation(last, args, named)
        if name.startswith("torch.") and last in MAKERS:
            return self.tensor(last, args, named, line)
        if name.startswith("torch.") and any(isinstance(each, Tensor) for each in args):
            return self.aside(last, args)
        if name.startswith(("torch.device", "torch.no_grad", "torch.inference_mode", "torch.compile", "torch.jit.")):
            return args[0] if args and isinstance(args[0], Module) else Dotted(name)
        raise Unread("unknown_name", line, name)

    def constructed(self, kind: str, args: list[Any], named: dict[str, Any], line: int) -> Any:
        """A module or parameter of torch's."""
        if kind in LOSSES:
            return Leaf(Dotted(f"torch.nn.{kind}"), {}, None, {}, line)
        if kind in ("Parameter", "Buffer"):
            shape = args[0].shape if args and isinstance(args[0], Tensor) else ()
            return Tensor(tuple(shape), learned=kind == "Parameter" and named.get("requires_grad", True) is True)
        if kind in CONTAINERS:
            made = Module(Dotted(f"torch.nn.{kind}"), {}, True)
            self.filled(made, args, line)
            return made
        if kind.removeprefix("Lazy") in kinds() and kind.startswith("Lazy"):
            return lazy(kind, args, named, line)
        if kind not in kinds() or issubclass(kinds()[kind], Composite):
            raise Unread("unknown_name", line, f"nn.{kind}")
        return leaf(kind, args, named, line)

    def filled(self, made: Module, args: list[Any], line: int) -> None:
        """Puts modules into a container, as its constructor does."""
        if made.container == "Sequential" and not (len(args) == 1 and isinstance(args[0], dict)):
            entries = {str(place): each for place, each in enumerate(args)}
        elif not args:
            entries = {}
        elif isinstance(args[0], dict):
            entries = args[0]
        else:
            entries = {str(place): each for place, each in enumerate(self.interpreter.items(args[0]))}
        for name, value in entries.items():
            if not isinstance(value, Module | Leaf):
                raise Broken("wrong_type", line, f"{made.container}: {type(value).__name__}")
            made.fields[name] = value

    def made(self, kind: Class) -> Instance:
        """An object of a class of the code: a module where the class is built on one of torch's."""
        if is_module(kind):
            return Module(kind)
        if any(isinstance(base, Dotted) and base.name.startswith("torch") for base in kind.order()):
            raise Unread("construct", kind.line, kind.name)
        return Instance(kind)

    def assigned(self, of: Instance, name: str, value: Any) -> None:
        """torch takes no module before its own constructor has run."""
        if isinstance(of, Module) and not of.ready and isinstance(value, Module | Leaf | Tensor):
            raise Broken("no_super_init", self.interpreter.line, name)

    # --- attributes

    def attribute(self, value: Any, name: str) -> Any:
        """What torch's objects say of themselves."""
        match value:
            case Super():
                return self._of_super(value, name)
            case Module() | Leaf():
                return self._of_module(value, name)
            case SourceGhost():
                return self._of_ghost(value, name)
            case Tensor():
                return self._of_tensor(value, name)
            case Guarded() | int() | float() if name in ("item", "bit_length", "is_integer"):
                return Native(name, lambda: value)
            case _:
                return NotImplemented

    def _of_super(self, value: Super, name: str) -> Any:
        of = value.of
        if name == "__init__" and isinstance(of, Module):

            def initial(*args: Any, **named: Any) -> None:
                of.ready = True
                if of.container:
                    self.filled(of, list(args), self.interpreter.line)

            return Native(name, initial)
        if name == "__init__":
            return Native(name, lambda *args, **named: None)
        return self._of_module(of, name) if isinstance(of, Module) else NotImplemented

    def _of_module(self, of: Any, name: str) -> Any:
        if name in ITSELF:
            return Native(name, lambda *args, **named: of)
        if isinstance(of, Leaf) and of.layer is not None:
            found = of.told.get(name, of.layer.arguments.get(name, NotImplemented))
            if found is not NotImplemented:
                return found
        if name in LISTINGS:
            return Native(name, lambda *args, **named: LISTINGS[name](of))
        if name == "training":
            return False
        if name == "forward" or (name == "__call__"):
            return Native(name, lambda *args, **named: self.module(of, list(args), named))
        if isinstance(of, Module):
            return self._of_container(of, name)
        return NotImplemented

    def _of_container(self, of: Module, name: str) -> Any:
        def add(key: Any, value: Any) -> None:
            self.assigned(of, str(key), value)
            of.fields[str(key)] = value

        def append(value: Any) -> Module:
            add(sum(key.isdigit() for key in of.fields), value)
            return of

        def extend(values: Any) -> Module:
            for value in self.interpreter.items(values):
                append(value)
            return of

        known: dict[str, Callable[..., Any]] = {
            "add_module": add, "register_module": add, "register_parameter": add,
            "register_buffer": lambda key, value, *more, **named: of.fields.__setitem__(key, value),
            "append": append, "extend": extend,
            "keys": lambda: [key for key, _ in of.children()], "values": lambda: [each for _, each in of.children()],
            "items": lambda: list(of.children()),
            "load_state_dict": lambda *args, **named: None, "state_dict": dict,
            "register_forward_hook": lambda *args: None,
        }  # fmt: skip
        return Native(name, known[name]) if name in known else NotImplemented

    def _of_ghost(self, of: SourceGhost, name: str) -> Any:
        if name == "shape":
            return of.shape
        if name in ("ndim", "T", "mT", "dtype", "device", "data", "is_cuda", "requires_grad"):
            if name in ("T", "mT"):
                return self.operation("transpose", [of, -2, -1], {})
            return {"ndim": len(of.full), "data": of, "dtype": Dotted(f"torch.{of.element}")}.get(name, False)
        if name not in OPERATIONS and name.rstrip("_") not in OPERATIONS:
            return NotImplemented
        return Native(name, lambda *args, **named: self.operation(name, [of, *args], named))

    def _of_tensor(self, of: Tensor, name: str) -> Any:
        if name in ("shape", "dtype"):
            return getattr(of, name)
        if name in ("size", "dim", "numel"):
            said = {"dim": len(of.shape), "numel": prod(of.shape)}
            return Native(name, lambda *at: said.get(name, of.shape[at[0]] if at else of.shape))
        if name in ("data", "grad", "T"):
            return Tensor(of.shape[::-1], of.learned) if name == "T" else of
        return Native(name, lambda *args, **named: self.aside(name, [of, *args]))

    # --- operations

    def operated(self, name: str, operands: Sequence[Any]) -> Any:
        """An operator one of whose operands is a signal, a tensor, a module or a size in symbols."""
        if name == "isinstance":
            return self._is_one(*operands)
        first = operands[0]
        if isinstance(first, Module | Leaf):
            return self._of_container_operator(name, first, operands)
        if any(isinstance(each, SourceGhost) for each in operands):
            if name == "__pos__":
                return first
            if isinstance(first, SourceGhost):
                return self.operation(name, list(operands), {})
            return self.operation(f"__r{name[2:]}", [operands[1], first], {})
        if any(isinstance(each, Tensor) for each in operands):
            return self.aside(name, list(operands))
        if any(isinstance(each, Guarded) for each in operands):
            found = [plain for table in (UNARY, BINARY, COMPARED) for own, plain in table.values() if own == name]
            try:
                return found[0](*operands) if found else NotImplemented
            except (Undecided, TypeError):
                raise Unread("needs_values", self.interpreter.line) from None
        return NotImplemented

    def _of_container_operator(self, name: str, first: Any, operands: Sequence[Any]) -> Any:
        if name == "__bool__":
            return True
        if name == "__getitem__" and isinstance(first, Module) and first.container:
            return self._entry(first, operands[1])
        if name in ("__eq__", "__ne__"):
            return (first is operands[1]) is (name == "__eq__")
        if name == "__setitem__" and isinstance(first, Module) and first.container:
            first.fields[str(operands[1])] = operands[2]
            return None
        return NotImplemented

    def _entry(self, of: Module, index: Any) -> Any:
        values = [each for _, each in of.children()]
        if isinstance(index, str):
            if index not in of.fields:
                raise Broken("missing_attribute", self.interpreter.line, index)
            return of.fields[index]
        if isinstance(index, slice):
            part = Module(Dotted(f"torch.nn.{of.container}"), {}, True)
            part.fields |= {str(place): each for place, each in enumerate(values[index])}
            return part
        return self.interpreter.bounded(lambda: values[index])

    def _is_one(self, value: Any, kind: Any) -> Any:
        if not isinstance(kind, Dotted):
            return NotImplemented
        name = _canonical(kind.name)
        if name in ("torch.Tensor", "torch.autograd.Variable"):
            return isinstance(value, SourceGhost | Tensor)
        if name == "torch.nn.Module":
            return isinstance(value, Module | Leaf)
        if isinstance(value, Leaf | Module):
            of = value.kind.name if isinstance(value.kind, Dotted) else ""
            return of == name or (isinstance(value, Module) and name == f"torch.nn.{value.container}")
        return False

    def operation(self, name: str, args: list[Any], named: dict[str, Any]) -> Any:
        """What a function or method of torch's does to signals."""
        if self.walk is None:
            raise Unread("needs_values", self.interpreter.line, name)
        plain = name if name in OPERATIONS else name.rstrip("_") if name[-1:] == "_" and name[:2] != "__" else name
        handler = OPERATIONS.get(plain)
        if handler is None:
            raise Unread("unknown_operation", self.interpreter.line, name.strip("_"))
        before = len(self.walk.records)
        made = self._asked(lambda: handler(self.walk, plain, *args, **named), args)
        if made is NotImplemented:
            raise Unread("unknown_operation", self.interpreter.line, name.strip("_"))
        self._note(before)
        in_place = name.endswith("_") and not name.startswith("__")
        if in_place and isinstance(args[0], SourceGhost) and isinstance(made, Ghost):
            args[0].become(made)
            return args[0]
        return made

    def _note(self, before: int) -> None:
        records = self.walk.records if self.walk is not None else ()
        for number in range(before, len(records)):
            self.lines[number] = self.interpreter.line

    def _asked(self, ask: Callable[[], Any], given: Sequence[Any]) -> Any:
        line = self.interpreter.line
        try:
            return ask()
        except DoesNotFit as misfit:
            raise self.misfit(misfit, given, line) from None
        except CannotFollow as error:
            reason = error.reason if error.reason in ("needs_values", "unknown_operation") else "needs_values"
            raise Unread(reason, line, error.operation) from None
        except Undecided:
            raise Unread("needs_values", line) from None
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, ZeroDivisionError) as error:
            raise Broken("wrong_arguments", line, f"{type(error).__name__}: {error}"[:100]) from None

    def misfit(self, misfit: DoesNotFit, given: Sequence[Any], line: int) -> Broken:
        """A layer and an input that do not fit, and what made the input."""
        broken = Broken("misfit", line, str(misfit.about or misfit.rule))
        broken.misfit = misfit
        broken.made_by = self.maker(next((each for each in given if isinstance(each, SourceGhost)), None))
        return broken

    def maker(self, x: SourceGhost | None) -> str:
        """The last step with weights before a signal."""
        walk = self.walk
        if x is None or walk is None:
            return ""
        index = x.index - walk.given
        while index >= 0:
            _, inputs, _, name, _, facts, _ = walk.records[index]
            if facts[1]:
                return name
            index = inputs[0] - walk.given
        return ""

    def tensor(self, name: str, args: list[Any], named: dict[str, Any], line: int) -> Any:
        """A tensor that code makes: of sizes, or like numbers that it lists."""
        if name in ("tensor", "as_tensor", "FloatTensor") and args:
            return Tensor(_listed(args[0]))
        sizes = args[0] if args and isinstance(args[0], list | tuple) else args
        if not isinstance(sizes, list | tuple) or not all(isinstance(size, int) for size in sizes):
            raise Unread("needs_values", line, name)
        if name in ("arange", "linspace"):
            return Tensor((max(sizes[-1:] or [0]),))
        return Tensor(tuple(sizes))

    def aside(self, name: str, args: list[Any]) -> Any:
        """A function of tensors that are no signals, whose shape stays or is that of the largest."""
        tensors = [each for each in args if isinstance(each, Tensor)]
        if name in ("__bool__", "item", "tolist", "__getitem__", "__lt__", "__gt__"):
            raise Unread("needs_values", self.interpreter.line, name.strip("_"))
        if name in ("view", "reshape"):
            sizes = tuple(args[1]) if len(args) == 2 and isinstance(args[1], tuple | list) else tuple(args[1:])
            if all(isinstance(size, int) for size in sizes):
                left = prod(tensors[0].shape) // max(1, prod(size for size in sizes if size != -1))
                return Tensor(tuple(left if size == -1 else size for size in sizes), tensors[0].learned)
        widest = max(tensors, key=lambda each: len(each.shape))
        return widest if name.endswith("_") else Tensor(widest.shape, any(each.learned for each in tensors))

    # --- modules

    def module(self, of: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """The signal after a module."""
        interpreter, walk = self.interpreter, self.walk
        if isinstance(of, Leaf) and of.layer is None:
            self.losses.append((of.kind.name.rpartition(".")[2], interpreter.line))
            raise Unread("needs_values", interpreter.line, "loss")
        if walk is None or not (_holds(SourceGhost, args) or _holds(SourceGhost, list(named.values()))):
            raise Unread("needs_values", interpreter.line)
        before, walk.path = walk.path, self._path(walk, of)
        try:
            if isinstance(of, Leaf):
                return self._through_leaf(walk, of, args, named)
            walk.called.add(id(of))
            forward = interpreter.found(of.kind, "forward", of)
            if forward is not NotImplemented:
                return interpreter.call(forward, args, named)
            if of.container != "Sequential":
                raise Broken("not_callable", interpreter.line, of.container or "forward")
            (x,) = args
            for _, inner in of.children():
                x = self.module(inner, list(x) if isinstance(x, tuple) else [x], {})
            return x
        finally:
            walk.path = before

    def _path(self, walk: Walk, of: Any) -> str:
        if id(of) not in walk.modules:  # in a plain list: torch runs it and does not register it
            register(walk, of, f"unregistered_{len(walk.modules)}", loose=True)
        path, _ = walk.modules[id(of)]
        return path

    def _through_leaf(self, walk: Walk, of: Leaf, args: list[Any], named: dict[str, Any]) -> Any:
        layer = of.layer
        path, own = walk.modules[id(of)]
        kind = layer.kind
        x = args[0] if args else next(iter(named.values()), None)
        if kind in ("Flatten", "Unflatten"):
            outer, _, name = path.rpartition(".")
            walk.path = outer
            arguments = [layer.arguments[each] for each in THROUGH[kind]]
            before = len(walk.records)
            made = self._asked(lambda: OPERATIONS[kind.lower()](walk, name or kind.lower(), x, *arguments), args)
            self._note(before)
            return made
        if len(args) != 1 or named or not isinstance(x, SourceGhost) or not isinstance(layer, Layer):
            if kind == "Bilinear" and len(args) == 2:
                weights = [of.fields.get("weight"), of.fields.get("bias")]
                return self.operation("bilinear", [*args, *weights], {})
            raise Unread("unknown_operation", self.interpreter.line, kind)
        before = len(walk.records)

        def through() -> Any:
            signal, step = placed(walk, x, step_of((type(layer), layer), lambda: layer))
            signal = told(walk, step.layer, signal, of.told, path)
            used = walk.weights.used
            learned = used.isdisjoint(own)
            used.update(own)
            return walk.layer(step, signal, walk.again(path or kind), learned=learned or not own)

        made = self._asked(through, args)
        walk.called.add(id(of))
        self._note(before)
        return made

    def items(self, value: Any) -> Iterable[Any] | None:
        """What a loop over a container or a shape goes through."""
        if isinstance(value, Module) and value.container:
            return [key if value.container == "ModuleDict" else each for key, each in value.children()]
        if hasattr(value, "__next__") or isinstance(value, set):
            return value  # type: ignore[no-any-return]  # an iterator of Python's own
        if isinstance(value, Guarded):
            raise Unread("needs_values", self.interpreter.line)
        return value if type(value).__name__ in ("dict_keys", "dict_values", "dict_items") else None


MAKERS: Final = frozenset(
    "zeros ones empty full rand randn tensor as_tensor arange linspace eye randint FloatTensor Tensor".split()
)
THROUGH: Final = {"Flatten": ("start_dim", "end_dim"), "Unflatten": ("dim", "unflattened_size")}


def _inside(of: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """A module and all that are registered in it, outer ones first, each once."""
    seen = set() if seen is None else seen
    if id(of) in seen:
        return
    seen.add(id(of))
    yield path, of
    for name, inner in of.children():
        yield from _inside(inner, f"{path}.{name}" if path else name, seen)


def _parameters(of: Any) -> list[Tensor]:
    found = {id(tensor): tensor for _, module in _inside(of) for _, tensor in module.weights()}
    return list(found.values())


LISTINGS: Final[dict[str, Callable[[Any], Any]]] = {
    "modules": lambda of: [module for _, module in _inside(of)],
    "named_modules": lambda of: list(_inside(of)),
    "children": lambda of: [module for _, module in of.children()],
    "named_children": lambda of: list(of.children()),
    "parameters": _parameters,
    "named_parameters": lambda of: [
        (f"{path}.{name}".lstrip("."), tensor) for path, module in _inside(of) for name, tensor in module.weights()
    ],
    "buffers": lambda of: [],
}
"""What a module lists of itself."""


def register(walk: Walk, network: Any, path: str = "", loose: bool = False) -> int:
    """Names all modules and parameters of a network for a walk; how many numbers are registered, shared ones once."""
    total = 0
    for inner_path, module in _inside(network, path):
        own = []
        for name, tensor in module.weights():
            if id(tensor) not in walk.weights.owners:
                count = prod(tensor.shape)
                walk.weights.owners[id(tensor)] = (f"{inner_path}.{name}".lstrip("."), count)
                total += count
            own.append(id(tensor))
        walk.modules[id(module)] = (inner_path, tuple(own))
    return 0 if loose else total


def is_module(kind: Class) -> bool:
    """Whether a class is built on nn.Module or on one of torch's containers."""
    bases = {_canonical(base.name) for base in kind.order() if isinstance(base, Dotted)}
    return any(base.rpartition(".")[2] in CONTAINERS and base.startswith("torch.nn.") for base in bases)


def _canonical(name: str) -> str:
    """A dotted name as torch's own documentation writes it."""
    first, _, rest = name.partition(".")
    name = f"{CALLED.get(first, first)}.{rest}" if rest else CALLED.get(first, first)
    return name.replace("torch.nn.modules.", "torch.nn.")


def _holds(kind: type, values: Any) -> bool:
    """Whether one of the values is of this type, also in lists."""
    if isinstance(values, list | tuple):
        return any(_holds(kind, value) for value in values)
    return isinstance(values, kind)


def _pairs(items: Any) -> Any:
    return [tuple(item) for item in items] if isinstance(items, list) else items


def _listed(values: Any) -> tuple[int, ...]:
    """The shape of numbers in lists."""
    shape: list[int] = []
    while isinstance(values, list | tuple):
        shape.append(len(values))
        values = values[0] if values else None
    return tuple(shape)
