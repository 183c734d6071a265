"""Every figure as a picture: one SVG for pages, print and files."""

from __future__ import annotations

from exercises.diagram import Block, Neuron, Planes, Shared, Sliding, Units, Volumes
from exercises.exercise import Language
from exercises.exhibit import BarChart, BoxPlot, Figure, HeatMap, ImageGrid, LineChart, Panels
from reports.figures.charts import bar_chart, box_plot, line_chart, panels
from reports.figures.grids import heat_map, image_grid
from reports.figures.networks import block, neuron, units, volumes
from reports.figures.planes import planes
from reports.figures.rows import shared, sliding
from reports.markup import Html


def drawing(figure: Figure, language: Language) -> Html:
    """The figure in one language."""
    match figure:
        case LineChart():
            return line_chart(figure, language)
        case Panels():
            return panels(figure, language)
        case BarChart():
            return bar_chart(figure, language)
        case BoxPlot():
            return box_plot(figure, language)
        case HeatMap():
            return heat_map(figure, language)
        case ImageGrid():
            return image_grid(figure, language)
        case Neuron():
            return neuron(figure, language)
        case Shared():
            return shared(figure, language)
        case Sliding():
            return sliding(figure, language)
        case Planes():
            return planes(figure, language)
        case Volumes():
            return volumes(figure, language)
        case Block():
            return block(figure, language)
        case Units():
            return units(figure, language)
