"""A picture of Optuna's, drawn by plotly or matplotlib: a notebook shows it, and it can be saved."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from quantray.cards import enclosed
from quantray.errors import ConfigError, near_miss
from quantray.outlets import clean
from quantray.plain import one_line
from quantray.private import give_folder
from quantray.report.picture import check_ending

if TYPE_CHECKING:
    from types import ModuleType

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

Backend = Literal["plotly", "matplotlib"]
BACKENDS = ("plotly", "matplotlib")
REMEDY = "plotly is not installed: pip install 'quantray[notebook]' brings it, backend=\"matplotlib\" does without"
_STILL = ', or draw it with backend="matplotlib", which saves .png, .svg and .pdf'
_DPI = 110


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One picture: its ``title``, and ``figure``, plotly's or matplotlib's own, to be changed by hand."""

    title: str
    backend: str
    figure: object

    def __repr__(self) -> str:
        ending = "html" if self.backend == "plotly" else "png"
        return f"Figure({clean(one_line(self.title))}; {self.backend}, .save('picture.{ending}') writes it)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        """Plotly's as plotly shows itself where it is, matplotlib's as an image."""
        if self.backend == "plotly":
            shown: dict[str, object] = self.figure._repr_mimebundle_(include, exclude)  # type: ignore[attr-defined]
            return shown
        told, image = clean(one_line(self.title)), base64.b64encode(self._still("png")).decode()
        tag = f'<img alt="{escape(told)}" style="max-width:100%" src="data:image/png;base64,{image}">'
        return {"text/html": enclosed(tag), "text/plain": repr(self)}

    def save(self, path: str | Path) -> Path:
        """Write it: plotly's as one .html page that needs no network, matplotlib's as .png, .svg or .pdf.

        ConfigError for a name of another ending.
        """
        target = Path(path)
        if self.backend == "plotly":
            check_ending(target, (".html",), _STILL)
            self.figure.write_html(target, include_plotlyjs=True)  # type: ignore[attr-defined]
        else:
            check_ending(target, (".png", ".svg", ".pdf"))
            target.write_bytes(self._still(target.suffix[1:].lower()))
        return target

    def _still(self, kind: str) -> bytes:
        sink = io.BytesIO()
        self.figure.savefig(sink, format=kind, dpi=_DPI, bbox_inches="tight")  # type: ignore[attr-defined]
        return sink.getvalue()


def backend_of(asked: str | None) -> str:
    """Which one draws: what was asked for, else plotly where it is installed. ConfigError where it cannot."""
    if asked is not None and asked not in BACKENDS:
        raise ConfigError(near_miss(asked, BACKENDS, what="backend"))
    if asked is None:
        return "plotly" if find_spec("plotly") is not None else "matplotlib"
    if asked == "plotly" and find_spec("plotly") is None:
        raise ConfigError(REMEDY)
    return asked


def figure_of(
    title: str, backend: str, draw: Callable[[ModuleType], object], arrange: Callable[[Drawn, Sequence[Axes]], object]
) -> Figure:
    """What ``draw`` makes with the plots of Optuna for a backend; ``arrange`` lays out matplotlib's panels in place."""
    with warnings.catch_warnings():  # Optuna calls its pictures experimental
        warnings.simplefilter("ignore")
        if backend == "plotly":
            from optuna import visualization

            made = draw(visualization)
            made.update_layout(title=clean(one_line(title)))  # type: ignore[attr-defined]
            return Figure(title, backend, made)
        return Figure(title, backend, _drawn(title, draw, arrange))


def _drawn(
    title: str, draw: Callable[[ModuleType], object], arrange: Callable[[Drawn, Sequence[Axes]], object]
) -> Drawn:
    """Matplotlib's figure, taken from the screen that Optuna draws for."""
    give_folder("MPLCONFIGDIR", "matplotlib")
    import matplotlib
    import matplotlib.pyplot as plt

    with matplotlib.rc_context():  # Optuna sets a style of its own
        from optuna.visualization import matplotlib as visualization

        panels: list[Axes] = list(np.ravel(np.asarray(draw(visualization), object)))
        made = panels[0].get_figure(root=True)
        assert made is not None
        if len(panels) == 1:
            panels[0].set_title(clean(one_line(title)).replace("$", r"\$"), pad=26)
        arrange(made, panels)
        plt.close(made)
        return made
