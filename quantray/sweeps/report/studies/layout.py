"""Optuna draws for the screen; this puts its panels where a file can be read: a grid, and a scale that covers none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SLICE_COLUMNS = 4


def arrange(figure: Figure, panels: Sequence[Axes], kind: str) -> None:
    """Lay out a figure of ``plot_slice`` or ``plot_contour`` in place."""
    if kind == "slice":
        _grid(figure, panels)
    else:
        side = 3.2 * len(panels) ** 0.5
        figure.set_size_inches(max(side, 6.0) + 1.2, max(side, 5.0))
    _tick_names(panels)
    figure.tight_layout(rect=(0, 0, 0.91, 1))
    for axes in figure.axes:
        if not any(axes is panel for panel in panels):  # the colour scale
            axes.set_position((0.925, 0.15, 0.015, 0.7))
            axes.set_aspect("auto")
            axes.set_box_aspect(None)
            axes.set_anchor("W")


def _grid(figure: Figure, panels: Sequence[Axes]) -> None:
    """One row becomes several; the first panel of each says what the height means."""
    columns = min(len(panels), SLICE_COLUMNS)
    rows = -(-len(panels) // columns)
    figure.set_size_inches(3.4 * columns + 1.2, 3.1 * rows + 0.5)
    cells = figure.add_gridspec(rows, columns)
    height = panels[0].get_ylabel()
    for i, panel in enumerate(panels):
        panel.set_subplotspec(cells[i // columns, i % columns])
        panel.set_ylabel(height if i % columns == 0 else "")
        panel.tick_params(labelleft=i % columns == 0)


def _tick_names(panels: Sequence[Axes]) -> None:
    """Names as ticks: without quotes, and slanted so that they do not run into each other."""
    for panel in panels:
        for axis in (panel.xaxis, panel.yaxis):
            names = [label.get_text() for label in axis.get_ticklabels()]
            if any(name.startswith("'") for name in names):
                axis.set_ticks(axis.get_ticklocs(), [name.strip("'") for name in names])
                if axis is panel.xaxis:
                    panel.tick_params(axis="x", rotation=30)
