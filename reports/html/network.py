"""A network's analysis as a page: the layers, totals, memory, and what its input has to satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, final

from exercises.exercise import LANGUAGES, Language
from reports.html.blocks import line_html
from reports.html.page import page
from reports.lines import Line, Math, Sayer, inert, joined, token
from reports.markup import Html
from reports.mathematics.mathml import mathml
from reports.words import words
from solver.analysis import NetworkAnalysis
from solver.derivation import value_of
from solver.frozen import frozen
from solver.layers.base import Field
from solver.notation.printing import plain
from solver.notation.reading import read
from solver.notation.unreadable import Unreadable
from solver.rows import COUNTS
from solver.values import Shape, as_formula


def network_html(said: NetworkAnalysis, rows: Sequence[Any] | None = None, *, first: Language = "he") -> str:
    """The page of a network, in each language; `rows` may be groups of layers."""
    languages = sorted(LANGUAGES, key=lambda language: language != first)
    title = {language: words(language).say("analysis.title", network=said.name) for language in languages}
    view = NetworkView(said, tuple(said.rows if rows is None else rows))
    return page(title, "network.html.jinja", languages, view=view, counts=COUNTS)


@final
@frozen
class NetworkView:
    """What the template shows of a network."""

    said: NetworkAnalysis
    rows: tuple[Any, ...]

    def value(self, value: Any) -> Html:
        """A number as it is, a formula as mathematics."""
        known = value_of(value)
        return line_html(inert(known)) if isinstance(known, int) else Html(mathml(as_formula(known)))

    def field(self, seen: Field, say: Sayer) -> Html | Line:
        """The sizes of a field."""
        return self.value(Shape(value_of(axis.size) for axis in seen)) if seen else say("analysis.whole")

    def totals(self, say: Sayer) -> Iterator[tuple[Line, Html | Line]]:
        """What all layers come to: words and values."""
        said, memory = self.said, self.said.memory
        for shape in said.outputs:
            yield say("analysis.output"), self.value(shape)
        for count in ("parameters", "trainable", "frozen", "buffers", "multiplications", "macs"):
            yield say(f"analysis.{count}"), self.value(getattr(said, count))
        yield say("analysis.field"), self.field(said.field, say)
        yield say("analysis.memory_activations"), self.value(memory.activations)
        yield say("analysis.memory_parameters"), self.value(memory.parameters)

    @property
    def inputs(self) -> list[Html]:
        """The shapes that go in."""
        return list(map(self.value, self.said.inputs))

    @property
    def conditions(self) -> Line:
        """What the input has to satisfy: H ≥ 6, W ≥ 6."""
        return _listed(self.said.conditions)

    @property
    def smallest(self) -> Line:
        """The smallest input that fits: H = 32, W = 32."""
        return _listed([f"{name} = {value}" for name, value in (self.said.smallest or {}).items()])

    def text(self, value: Any) -> str:
        """A value on one line."""
        return plain(as_formula(value_of(value)))


def _listed(claims: Sequence[str]) -> Line:
    """Claims as mathematics, and those that are none as they are."""
    read_as = ((claim, read(claim)) for claim in claims)
    return joined((token(claim) if isinstance(said, Unreadable) else Line(Math(said)) for claim, said in read_as), ", ")
