"""The picture of a search: objective and best so far over completed trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.private import give_folder


def history_png(values: FloatArray1D, path: Path, *, objective: str = "objective") -> Path:
    """Draw ``values`` [n] (completed trials in number order) and their running maximum.

    The same values give the same bytes. With nothing completed the picture says so.
    """
    give_folder("MPLCONFIGDIR", "matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    values = np.asarray(values, np.float64)
    figure = Figure(figsize=(8, 4.2), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_xlabel("completed trials")
    axes.set_ylabel(objective.replace("_", " "))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if values.size:
        number = np.arange(1, values.size + 1)
        size = float(np.clip(4000 / values.size, 1, 14))
        axes.scatter(number, values, s=size, color="#7a8ba6", alpha=0.6, linewidths=0, label="trial", rasterized=True)
        axes.step(number, np.fmax.accumulate(values), where="post", color="#0b6e4f", linewidth=1.8, label="best so far")
        axes.axhline(0, color="#999999", linewidth=0.6)
        axes.margins(x=0.02)
        axes.legend(frameon=False, loc="lower right")
    else:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no trial completed", ha="center", va="center", transform=axes.transAxes)
    figure.savefig(path, metadata={"Software": "quantray"})
    return path
