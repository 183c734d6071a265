"""Lines and blocks as HTML: escaped, isolated, mathematics as MathML; what kind a block is becomes its class."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from typing import Final, assert_never

from reports.bidi import direction
from reports.document import (
    Answer,
    Badge,
    Block,
    Cell,
    Heading,
    Items,
    Paragraph,
    Picture,
    Section,
    Space,
    Step,
    Table,
    Typed,
    Working,
)
from reports.lines import Line, Math, Run, Span, Text, typed_line
from reports.markup import Html, escape, joined
from reports.mathematics.mathml import mathml
from solver.notation.printing import plain

# --- lines


def line_html(line: Line) -> Html:
    """A line as markup.

    >>> line_html(Line("a < ", Text("3×5", "ltr")))
    'a &lt; <bdi dir="ltr">3×5</bdi>'
    """
    return joined(map(_run, line.runs))


def _run(run: Run) -> Html:
    match run:
        case Text(text, ""):
            return escape(text)
        case Text(text, turned):
            return Html(f'<bdi dir="{turned}">{escape(text)}</bdi>')
        case Math(formula, display, equals):
            return mathml(formula, display=display, equals=equals)
        case Span(runs, style, to):
            inside = joined(map(_run, runs))
            match style:
                case "nb":
                    return Html(f'<span class="nb">{inside}</span>')
                case "strong":
                    return Html(f"<b>{inside}</b>")
                case "soft":
                    return Html(f"<small>{inside}</small>")
                case "mark":
                    return Html(f'<mark class="at">{inside}</mark>')
                case "link":
                    return Html(f'<a href="{escape(to)}">{inside}</a>')
                case _:
                    assert_never(style)
        case _:
            assert_never(run)


def typed_html(text: str, at: int | None = None) -> Html:
    """Text that somebody typed, inert and cut where it is very long, as the block it stands in shows it."""
    return line_html(typed_line(text, at))


# --- blocks


def blocks_html(blocks: tuple[Block, ...]) -> Html:
    """Blocks one below the other; pictures that follow each other share a line where it has room."""
    printed: list[Html] = []
    for pictures, group in groupby(blocks, key=lambda block: isinstance(block, Picture)):
        several = [block_html(block) for block in group]
        if pictures and len(several) > 1:
            several = [Html(f'<div class="figures">{joined(several)}</div>')]
        printed += several
    return joined(printed, "\n")


def block_html(block: Block) -> Html:
    """A block as markup."""
    match block:
        case Heading():
            return _heading(block)
        case Paragraph(line, kind):
            tag = "footer" if kind == "foot" else "p"
            return Html(f"<{tag}{_class(kind)}>{line_html(line)}</{tag}>")
        case Answer(label, line, formula_id):
            mark = f' data-formula="{escape(formula_id)}"' if formula_id else ""
            is_formula = len(line.runs) == 1 and isinstance(line.runs[0], Math)
            scrolls = ' class="formula" tabindex="0"' if is_formula else ""  # what may scroll can be reached by keys
            said = f"<b>{line_html(label)}</b> <span{scrolls}>{line_html(line)}</span>"
            return Html(f'<p class="answer"{mark}>{said}</p>')
        case Items(lines, numbered):
            tag = "ol" if numbered else "ul"
            inside = joined(Html(f"<li>{line_html(line)}</li>") for line in lines)
            return Html(f'<{tag} class="options">{inside}</{tag}>')
        case Typed():
            return _typed(block)
        case Working(steps):
            inside = joined(
                Html(
                    f'<li class="{verdict}" data-step="{verdict}"><code dir="ltr">{escape(typed)}</code> '
                    f"<span>{line_html(said)}</span></li>"
                )
                for verdict, typed, said in steps
            )
            return Html(f'<ol class="working">{inside}</ol>')
        case Space(label, lines):
            return Html(f'<p class="space" data-lines="{lines}"><b>{line_html(label)}</b></p>')
        case Step():
            return _step(block)
        case Table():
            return _table(block)
        case Picture(svg, _, caption):
            under = f"<figcaption>{line_html(caption)}</figcaption>" if caption else ""
            return Html(f"<figure>{_drawing(svg)}{under}</figure>")
        case Section():
            return _section(block)
        case _:
            assert_never(block)


def _typed(typed: Typed, scrolls: str = "") -> Html:
    kind = "typed code" if typed.code else "typed"
    if typed.code:
        scrolls = ' tabindex="0"'
    return Html(f'<pre class="{kind}" dir="{direction(typed.text)}"{scrolls}>{typed_html(typed.text, typed.at)}</pre>')


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


_ELEMENTS: Final = {"exercise": "article", "report": "article", "header": "header", "steps": "div", "summary": "div"}


def _section(section: Section) -> Html:
    tag = _ELEMENTS.get(section.kind.split()[0], "section")
    kind = "" if section.kind in ("header", "report") else _class(section.kind)
    mark = f' id="{escape(section.id)}"' if section.id else ""
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in section.data.items())
    return Html(f"<{tag}{kind}{mark}{data}>\n{blocks_html(section.blocks)}\n</{tag}>")


def _heading(heading: Heading) -> Html:
    tag, said = f"h{heading.level}", line_html(heading.line)
    if not heading.marks and not heading.verdict:
        return Html(f"<{tag}>{said}</{tag}>")
    verdict = f' <span class="verdict">{line_html(heading.verdict)}</span>' if heading.verdict else ""
    return Html(f'<{tag}><span>{said}</span>{verdict} <span class="marks">{line_html(heading.marks)}</span></{tag}>')


def _step(step: Step) -> Html:
    kind = "step apart" if step.apart else "step"
    mark = f' data-formula="{escape(step.formula_id)}"' if step.formula_id else ""
    notes = "".join(f'<p class="note">{line_html(note)}</p>' for note in step.notes)
    truth = ""
    if step.truth is not None:
        truth = f'<p class="truth {"yes" if step.truth[0] else "no"}">{line_html(step.truth[1])}</p>'
    badges = joined(map(_badge, step.badges))
    checks = f'<ul class="checks">{badges}</ul>' if badges else ""
    return Html(
        f'<div class="{kind}" data-rule="{escape(step.rule)}"{mark}>'
        f'<div class="reason"><p>{line_html(step.reason)}</p>{notes}</div>'
        f'<div class="claim">{_equation(step)}{truth}{_inner(step)}</div>{checks}</div>'
    )


def _inner(step: Step) -> str:
    """The smaller steps of a lemma, which readers open; a sign tells how many."""
    if not step.inner:
        return ""
    inside = joined(map(_step, step.inner))
    return f'<details class="inner"><summary>{line_html(step.opens)}</summary>{inside}</details>'


def _equation(step: Step) -> str:
    """A grid of `math` elements, which phones can break and in which each side can be found."""
    sides = []
    for place, (left, right) in enumerate(step.rows):
        if left is None and (place == 0 or step.truth is not None):
            sides.append(f'<span class="whole">{mathml(right, display=True)}</span>')
        else:
            if left is not None or not step.short:
                sides.append(f'<span class="left">{mathml(left, display=True) if left is not None else ""}</span>')
            sides.append(f'<span class="right">{mathml(right, display=True, equals=True)}</span>')
    row = ' row"' if len(step.rows) == 1 else '"'
    kind = ' short"' if step.short else f'{row} tabindex="0"'  # as above
    return f'<div class="equation{kind} dir="ltr">{"".join(sides)}</div>' if sides else ""


def _badge(badge: Badge) -> Html:
    data = {"check": badge.verdict, "method": badge.method, **badge.data}
    said = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    label = escape(badge.label)
    return Html(f'<li class="check {badge.verdict}"{said} aria-label="{label}">{line_html(badge.line)}</li>')


def _table(table: Table) -> Html:
    head = joined(Html(f'<th scope="col"{_class(cell.kind)}>{_content(cell)}</th>') for cell in table.head)
    rows = joined((_row(row, table) for row in table.rows), "\n")
    kind = ' class="stack"' if table.stacked else ""
    return Html(
        f'<div class="wide" tabindex="0"><table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        "</table></div>"
    )


def _row(row: tuple[Cell, ...], table: Table) -> Html:
    first, *rest = row
    cells = [Html(f'<th scope="row"{_class(first.kind)}>{_named(first)}</th>')]
    for cell, head in zip(rest, table.head[1:], strict=True):
        label = f' data-label="{escape(str(head.content))}"' if table.stacked else ""
        cells.append(Html(f"<td{_class(cell.kind)}{label}>{_content(cell)}</td>"))
    return Html(f"<tr>{joined(cells)}</tr>")


def _named(cell: Cell) -> Html:
    """The content of a cell that names its row; a formula alone has words too, for readers that know no MathML."""
    match cell.content:
        case Line(runs=(Math(formula),)):
            return Html(mathml(formula).replace("<math", f'<math aria-label="{escape(plain(formula))}"', 1))
        case _:
            return _content(cell)


def _content(cell: Cell) -> Html:
    match cell.content:
        case Typed() as typed:
            return _typed(typed, ' tabindex="0"')  # a cell is never high, so a long text scrolls
        case Fraction() as share:
            return _bar(share)
        case line:
            return line_html(line)


def _bar(share: Fraction) -> Html:
    """A bar; the number that it shows stands beside it, so it is hidden from those who hear the page."""
    width = round(100 * float(min(max(share, Fraction(0)), Fraction(1))), 1)
    return Html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width}" height="8"/></svg>'
    )


def _drawing(svg: str) -> str:
    """A drawing without what only a file of its own needs; a broad one can be moved on narrow screens."""
    drawn = svg[svg.index("<svg") :].replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)
    broad = 'class="figure broad"' in drawn[: drawn.index(">")]
    return f'<div class="wide" dir="ltr" tabindex="0">{drawn}</div>' if broad else drawn
