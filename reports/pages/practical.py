"""The practical's report: the step sizes, the training and its minimum, the test, and what the network looks at."""

from __future__ import annotations

from collections.abc import Iterator

from exercises.exercise import Language
from exercises.practical import figures
from exercises.practical.record import Evaluation, Result
from reports.document import Block, Cell, Document, Heading, Paragraph, Section, Table
from reports.lines import Line, Sayer, Text
from reports.pages.exhibits import exhibited
from reports.words import words


def practical_report(result: Result, language: Language) -> Document:
    """The report of a run in one language."""
    say = Sayer(words(language))
    made = result.made
    sets = {name: made[name] for name in ("train", "validation", "test")}
    title = words(language).say("practical.title")
    head = (Paragraph(say("practical.report"), "kind"), Heading(1, say("practical.title")))
    blocks: list[Block] = [Section("header", head), Paragraph(say("practical.data", **sets), "statement")]
    if made["data"] != "MNIST":
        blocks.append(Paragraph(say("practical.small"), "pending"))
    blocks += exhibited(figures.samples(result), language)
    blocks += [Heading(2, say("practical.sweep_title")), Paragraph(say("practical.sweep_note", batch=made["batch"]))]
    blocks += [_sweep(result, say), *exhibited(figures.sweep(result), language)]
    blocks += [Heading(2, say("practical.training_title"))]
    best, steps = result.main.best, result.main.steps[-1]
    after = "practical.overfits" if best < steps else "practical.still_falls"
    blocks += [Paragraph(say(after, step=best, steps=steps)), *exhibited(figures.training(result), language)]
    blocks += [Heading(2, say("practical.test_title")), Paragraph(say("practical.error_note")), _tested(result, say)]
    for figure in (figures.filters, figures.predictions, figures.confusion):  # the small one beside the table
        blocks += exhibited(figure(result), language)
    return Document(language, title, (Section("exercise", tuple(blocks)), Paragraph(_made(result, say), "foot")))


def _sweep(result: Result, say: Sayer) -> Table:
    """The validation cost at the end, and at its smallest, for each step size."""
    rows = []
    for line in result.sweep:
        costs = [cost for cost in line.validation if cost is not None]
        cells = (_number(line.validation[-1]), _number(min(costs, default=None)), _percent(line.errors[-1]))
        rows.append((_cell(f"{line.eta:g}"), *map(_cell, cells)))
    head = ("eta", "last_cost", "least_cost", "validation_error")
    return Table(tuple(Cell(say(f"practical.column.{name}")) for name in head), tuple(rows))


def _tested(result: Result, say: Sayer) -> Table:
    """Test error and test cost of the last parameters, and of those at the smallest validation cost."""
    head = ("parameters", "test_error", "test_cost")
    rows = (
        (Cell(say.count("practical.last_parameters", result.made["epochs"])), *_evaluated(result.last)),
        (Cell(say("practical.early_parameters", step=result.main.best)), *_evaluated(result.early)),
    )
    return Table(tuple(Cell(say(f"practical.column.{name}")) for name in head), rows)


def _evaluated(said: Evaluation) -> Iterator[Cell]:
    yield _cell(_percent(said.error))
    yield _cell(_number(said.cost))


def _cell(text: str) -> Cell:
    return Cell(Line(Text(text, "ltr")), "number")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _made(result: Result, say: Sayer) -> Line:
    made = result.made
    return say("practical.made", seed=made["seed"], torch=made["torch"], data=made["data"], hash=result.fingerprint)
