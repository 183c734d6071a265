"""Answers that are code: a class of a network, a training loop. They are read and not run, and judged by requirement.

A network has to run on the input, give the right shape, learn as many numbers, be called as asked, and have the
structure of the reference up to what makes no difference; what is met earns its share. A known mistake is named,
with its line. What we cannot read costs nothing: it is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from inspect import signature
from math import prod
from typing import Any, Final

from exercises.exercise import Code, Numbers, Part
from grader.verdict import Judgement, Requirement, Right, Slip, Slipped, Unreadable, Verdict, Wrong
from solver.derivation import DoesNotFit
from solver.networks.interpreter.stopped import Broken, Stopped, Unread
from solver.networks.likeness import Act, Difference, acts, alike, differences
from solver.networks.source import CodeNetwork, from_notebook, read_source
from solver.networks.training import Training, read_training
from solver.networks.walk import CannotFollow
from solver.patterns import pattern
from solver.values import Shape

SHARES: Final = {"runs": 2, "signature": 1, "output": 2, "parameters": 2, "structure": 3}
"""What each requirement of a network weighs."""

UNREAD: Final = (
    "syntax", "too_long", "too_deep", "too_many_steps", "construct", "unknown_name", "unknown_operation",
    "needs_values", "no_network", "needs_arguments", "no_training",
)  # fmt: skip
BROKEN: Final = (
    "missing_name", "missing_attribute", "wrong_arguments", "missing_arguments", "not_whole", "no_super_init",
    "not_callable", "no_forward", "no_output", "not_a_layer", "layer_on_signal", "raised", "wrong_type", "misfit",
    "misfit_sum", "misfit_channels", "misfit_features", "misfit_reshape", "unread", "forbidden",
    "other_objective", "no_objective", "batch_merged",
)  # fmt: skip
SLIPS: Final = (
    "no_super_init", "flatten_missing", "padding_missing", "downsample_missing", "softmax_on_logits", "relu_on_logits",
    "redundant_bias", "no_skip", "activation_before_sum", "activation_missing", "pooling_missing",
    "other_pooling", "other_activation", "other_width", "norm_missing", "skip_shrinks", "layers_in_a_list",
    "padding_differs", "unused_layers", "batch_merged",
)  # fmt: skip
LOOP_SLIPS: Final = (
    "no_backward", "no_step", "no_zero_grad", "zero_grad_outside", "step_before_backward", "zero_after_backward",
    "softmax_before_cross_entropy", "predictions_in_objective", "arguments_exchanged", "nll_without_log_softmax",
    "backward_on_number", "forward_without_gradients", "other_network", "outside_batches", "uphill", "output_detached",
    "inputs_in_objective", "backward_on_output", "backward_on_sum",
)  # fmt: skip
EVENTS: Final = ("zero", "loss", "backward", "step")
"""What has to happen to each batch."""
LAST: Final = {"Softmax": "softmax_on_logits", "LogSoftmax": "softmax_on_logits", "Sigmoid": "softmax_on_logits",
               "ReLU": "relu_on_logits"}  # fmt: skip
_FENCED = pattern(r"\A[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:\n\s*\1\s*)?\Z", re.DOTALL)
ACTIVATIONS: Final = ("ReLU", "Tanh", "Sigmoid", "LeakyReLU")


def judged(part: Part, code: Code, numbers: Numbers, text: str) -> Judgement:
    """The judgement of code that was handed in; of a notebook, its cells are the answer."""
    text = _FENCED.sub(r"\n\2", from_notebook(text, code.wanted))  # as pasted; lines keep their numbers
    if not text.strip():
        return Judgement(part.id, text, "", Unreadable("empty"))
    try:
        return _network(part, code, numbers, text) if code.input else _training(part, text)
    except Unread as unread:
        where = Requirement("unread", False, unread.line)
        reason = Unreadable(f"code_{unread.reason}", _at(text, unread.line), unread.word)
        return Judgement(part.id, text, "", reason, requirements=(where,) if unread.line else ())


def _at(text: str, line: int) -> int:
    """Where a line begins, behind its blanks."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return 0
    here = lines[line - 1]
    return sum(len(each) + 1 for each in lines[: line - 1]) + len(here) - len(here.lstrip())


# --- networks


@lru_cache(maxsize=64)
def reference(source: str, code: Code) -> CodeNetwork:
    """The network that is asked for."""
    return read_source(source, code.input, wanted=code.wanted, arguments=code.arguments)


def _network(part: Part, code: Code, numbers: Numbers, text: str) -> Judgement:
    right = reference(code.right(numbers), code)
    try:
        found = read_source(text, code.input, wanted=code.wanted, arguments=code.arguments)
    except Broken as broken:
        return _broken(part, code, right, text, broken)
    return _compared(part, code, right, found, text)


def _compared(part: Part, code: Code, right: CodeNetwork, found: CodeNetwork, text: str) -> Judgement:
    """The judgement of a network that runs."""
    required = tuple(_required(code, right, found))
    read_as = f"{found.name}: {found.output}, {found.parameters}"
    return Judgement(part.id, text, read_as, _verdict(part, required, _slips(right, found)), requirements=required)


def judged_live(part: Part, code: Code, numbers: Numbers, module: Any) -> Judgement:
    """The judgement of a module that its author has made and runs anyway: its forward is followed on shapes."""
    from solver.networks.torch_module import read_module, takes_batches  # torch, which whoever has a module has loaded

    text, right = str(module), reference(code.right(numbers), code)
    try:
        imported = read_module(module, code.input)
    except DoesNotFit as misfit:
        told = Requirement("misfit", False, 0, (misfit.about or misfit.rule,))
        return Judgement(part.id, text, "", Wrong("code_breaks"), requirements=(told,))
    except CannotFollow as stopped:
        if stopped.reason != "raised":
            return Judgement(part.id, text, "", Unreadable("code_needs_values", 0, stopped.operation))
        told = Requirement("raised", False, 0, (stopped.detail or stopped.operation,))
        return Judgement(part.id, text, "", Wrong("code_breaks"), requirements=(told,))
    if not takes_batches(module, code.input):
        merged = Requirement("batch_merged", False, 0, ("forward",))
        verdict = Slipped(((Slip("", "batch_merged"),),), part.slip / 2)
        return Judgement(part.id, text, "", verdict, requirements=(merged,))
    parameters = list(signature(type(module).forward).parameters.values())[1:]
    needed = tuple(each.name for each in parameters if each.default is each.empty and "VAR" not in each.kind.name)
    return _compared(part, code, right, CodeNetwork(imported, type(module).__name__, ((), needed), {}), text)


def _broken(part: Part, code: Code, right: CodeNetwork, text: str, broken: Broken) -> Judgement:
    """The judgement of a network that torch would refuse."""
    required = Requirement(*_told(broken))
    slip = _why(code, right, text, broken)
    verdict: Verdict = Slipped(((slip,),), part.slip / 2) if slip else Wrong("code_breaks")
    return Judgement(part.id, text, "", verdict, requirements=(required,))


def _told(broken: Broken) -> tuple[str, bool, int, tuple[str, ...]]:
    """What torch would say, of a layer and its input what was expected, what came and where from."""
    premises = {} if broken.misfit is None else broken.misfit.premises
    shape = premises.get("shape", ())
    for name, channels in (("in_channels", 0), ("in_features", -1), ("num_features", 0), ("num_channels", 0)):
        if name in premises and shape:
            said = (broken.word, broken.made_by, str(premises[name]), str(shape[channels]))
            return f"misfit_{'features' if name == 'in_features' else 'channels'}", False, broken.line, said
    if len(paths := _paths(broken)) == 2:
        return "misfit_sum", False, broken.line, paths
    if broken.misfit is not None and broken.misfit.rule == "reshaped" and isinstance(shape, Shape):
        sizes = tuple(map(str, premises["sizes"]))
        wanted = f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
        return "misfit_reshape", False, broken.line, (str(prod(shape)), str(shape), wanted)
    return broken.reason, False, broken.line, (broken.word, broken.made_by)


def _paths(broken: Broken) -> tuple[str, ...]:
    """The sizes of two paths that do not fit together."""
    if broken.misfit is None or not broken.misfit.rule.startswith("join"):
        return ()
    return tuple(str(size) for name, size in broken.misfit.premises.items() if name.startswith("n_"))


def _why(code: Code, right: CodeNetwork, text: str, broken: Broken) -> Slip | None:
    """The known mistake behind what torch would refuse."""
    if broken.reason in ("no_super_init", "batch_merged"):
        return Slip("", broken.reason)
    if broken.misfit is None:
        return None
    rule, shape = broken.misfit.rule, broken.misfit.premises.get("shape", ())
    if rule == "Linear" and len(shape) > 1:
        return Slip("", "flatten_missing", broken.word)
    if len(paths := _paths(broken)) == 2:
        small, large = sorted(map(int, paths))
        return Slip("", "downsample_missing" if small in (large // 2, -(-large // 2)) else "skip_shrinks")
    return Slip("", "padding_missing") if _runs_padded(code, right, text) else None


def _runs_padded(code: Code, right: CodeNetwork, text: str) -> bool:
    """Whether the network runs as it should on an input that is as much larger as the asked one pads it."""
    padding = next((dict(act.arguments).get("padding", 0) for act in acts(right.imported)), 0)
    channels, *sizes = code.input
    if not isinstance(padding, int) or not padding:
        return False
    padded = (channels, *(size + 2 * padding for size in sizes))
    try:
        return read_source(text, padded, wanted=code.wanted, arguments=code.arguments).output == right.output
    except Stopped:
        return False


def _required(code: Code, right: CodeNetwork, found: CodeNetwork) -> Iterator[Requirement]:
    """What is asked of a network that runs."""
    yield Requirement("runs", True)
    asked, given = len(right.signature[1]), len(found.signature[1])
    yield Requirement("signature", asked == given or not given, 0, (str(asked), str(given)))
    yield Requirement("output", right.output == found.output, 0, (str(right.output), str(found.output)))
    yield Requirement("parameters", right.parameters == found.parameters, 0, (str(found.parameters),))
    yield Requirement("structure", alike(right.imported, found.imported))
    kinds = {act.kind: act.name for act in acts(found.imported)}
    for kind in code.forbidden:
        if kind in kinds:
            yield Requirement("forbidden", False, found.lines.get(kinds[kind], 0), (kind,))


def _verdict(part: Part, required: Sequence[Requirement], slips: tuple[Slip, ...]) -> Verdict:
    """Right where all is met; else what is met earns its share, and known mistakes are named."""
    if all(each.met for each in required):
        return Right()
    met = sum(SHARES.get(each.name, 0) for each in required if each.met)
    share = Fraction(met, sum(SHARES.values()))
    if slips:
        return Slipped((slips,), max(part.slip, share) if len(slips) == 1 else share)
    return Wrong("code_differs", share)


# --- mistakes in a network


def _slips(right: CodeNetwork, found: CodeNetwork) -> tuple[Slip, ...]:
    """The known mistakes that explain every difference; none where one of them is not explained."""
    said = list(differences(right.imported, found.imported))
    if found.loose:
        return (Slip("", "layers_in_a_list"),)
    if not said:
        unused = found.imported.unused
        return (Slip("", "unused_layers", unused[0].name),) if unused and found.parameters > right.parameters else ()
    here, there = list(acts(right.imported)), list(acts(found.imported))
    if _summed_late(said, here):
        return (Slip("", "activation_before_sum"),)
    named = dict.fromkeys(_named(each, there, found) for each in said)
    return tuple(slip for slip in named if slip is not None) if None not in named else ()


def _summed_late(said: Sequence[Difference], here: Sequence[Act]) -> bool:
    """Whether all that differs is on which side of a sum the last activation stands."""
    moved = [each.found or each.wanted for each in said]
    sides = {each.found is None for each in said}
    kinds = {act.kind for act in moved if act is not None}
    return sides == {True, False} and len(kinds) == 1 and any(act.kind == "Add" for act in here) and kinds <= {
        *ACTIVATIONS, "Add",
    }  # fmt: skip


def _named(each: Difference, there: Sequence[Act], found: CodeNetwork) -> Slip | None:
    """The known mistake that a difference is."""
    match each:
        case Difference(None, Act() as extra):
            if "Pool" in extra.kind:
                return Slip("", "other_pooling")
            if extra.kind in LAST and extra == there[-1]:
                return Slip("", LAST[extra.kind])
            return Slip("", "other_activation", extra.name) if extra.kind in ACTIVATIONS else None
        case Difference(Act(kind, _, name), None):
            if kind == "Add":
                return Slip("", "no_skip")
            if kind in ACTIVATIONS:
                return Slip("", "activation_missing", _layer_before(each.after, there, found))
            if "Norm" in kind:
                return Slip("", "norm_missing", _layer_before(each.after, there, found))
            if "Pool" in kind:
                other = any("Pool" in act.kind and act.kind != kind for act in there)
                return Slip("", "other_pooling" if other else "pooling_missing")
            return None
        case Difference(Act(kind), Act(other_kind, _, name)) if kind != other_kind:
            return Slip("", "other_activation", name) if {kind, other_kind} <= set(ACTIVATIONS) else None
        case Difference(Act(kind) as wanted, Act(_, _, name) as other):
            changed = set(each.arguments)
            if changed <= {"out_channels", "out_features"}:
                return Slip("", "other_width", name)
            if changed == {"padding"}:
                return Slip("", "padding_differs" if dict(other.arguments).get("padding") else "padding_missing", name)
            if changed == {"bias"} and dict(other.arguments).get("bias") and not dict(wanted.arguments).get("bias"):
                return Slip("", "redundant_bias", name)
    return None


def _layer_before(after: Act | None, there: Sequence[Act], found: CodeNetwork) -> str:
    """The last layer with a name of the code's own up to an act; none behind a sum."""
    if after is None or after.kind == "Add":
        return ""
    named = [act.name for act in there[: there.index(after) + 1] if act.name in found.made]
    return named[-1] if named else ""


# --- training loops


def _training(part: Part, text: str) -> Judgement:
    said: Training = read_training(text)
    read_as = ", ".join(name for name, _ in said.events)
    met = tuple(Requirement(f"loop_{name}", True, line) for name, line in said.events if name in EVENTS)
    missed = tuple(Requirement(name, False, line) for name, line in said.slips)
    if said.objective not in ("CrossEntropyLoss", "") and not missed:
        line = next((line for name, line in said.events if name == "loss"), 0)
        other = Requirement("other_objective", False, line, (said.objective,))
        return Judgement(part.id, text, read_as, Wrong("code_differs", part.slip), requirements=(*met, other))
    verdict: Verdict = Right()
    if missed:
        verdict = Slipped((tuple(Slip("", name) for name, _ in said.slips),))
    elif not any(name == "loss" for name, _ in said.events):
        missing = Requirement("no_objective", False)
        return Judgement(part.id, text, read_as, Wrong("code_differs"), requirements=(*met, missing))
    return Judgement(part.id, text, read_as, verdict, requirements=(*met, *missed))


