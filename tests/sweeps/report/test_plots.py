"""Pictures of a sweep: what is drawn, what is saved, and the sentence where there is nothing to draw."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from quantray.errors import ConfigError
from quantray.report import figure
from quantray.report.picture import Picture
from quantray.sweeps.report.plots import SweepPlots, _thinned
from tests.builders import sweep_results
from tests.builders.sweep_pages import SHAPES

OURS = ("equity", "sessions", "plane", "survivors", "importances")
OPTUNAS = ("history", "slice", "contour", "rank", "parallel_coordinate", "edf")


def table() -> SweepPlots:
    return SweepPlots(sweep_results.results("exhaustive", edge=3.0))


@pytest.mark.parametrize("name", OURS)
def test_ours_are_drawings_that_stand_alone(name: str, tmp_path: Path) -> None:
    picture: Picture = getattr(table(), name)()
    saved = picture.save(tmp_path / f"{name}.svg")
    root = ElementTree.parse(saved).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.attrib["width"]) > 300
    text = saved.read_text(encoding="utf-8")
    used = set(re.findall(r"var\((--\w+)\)", text))
    assert used
    assert not [colour for colour in used if f"{colour}:" not in text]
    rules = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]
    for classes in set(re.findall(r'<(?!text)\w+ class="([^"]+)"', text)):
        assert any(re.search(rf"\.{name}\b", rules) for name in classes.split()), f"nothing styles {classes}"
        assert any(re.search(rf"\.{name}\b", picture._repr_html_()) for name in classes.split())
    with pytest.raises(ConfigError, match=r"x\.png: .* saved as \.svg"):
        picture.save(tmp_path / "x.png")


def test_every_shape_is_drawn_or_says_why_not() -> None:
    """A picture is there or a ConfigError with the study's name: nothing else."""
    drawn = 0
    for shape in SHAPES.values():
        plots = SweepPlots(shape())
        for name in OURS:
            with contextlib.suppress(ConfigError):
                assert getattr(plots, name)().svg.startswith("<svg")
                drawn += 1
    assert drawn > 12


def test_a_plane_is_of_any_two_parameters() -> None:
    plots = table()
    assert "stop loss % and take profit %" in plots.plane("stop_loss_percent", "take_profit_percent").title.replace(
        "take profit % and stop loss %", "stop loss % and take profit %"
    )
    with pytest.raises(ConfigError, match="did you mean 'stop_loss_percent'"):
        plots.plane("stop_los_percent")
    with pytest.raises(ConfigError, match="two different parameters"):
        plots.plane("stop_loss_percent", "stop_loss_percent")
    with pytest.raises(ConfigError, match="unknown parameter 'x'"):
        plots.survivors("x")


def test_importances_are_those_of_the_report() -> None:
    r = sweep_results.results("exhaustive", edge=3.0)
    assert r.surface is not None
    picture = SweepPlots(r).importances()
    for share in r.surface.importance.values():
        assert f">{100 * share:.0f} %<" in picture.svg
    assert "the exact table" in picture.title


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTUNAS)
def test_optunas_are_drawn_by_matplotlib(name: str, tmp_path: Path) -> None:
    two = () if name in ("history", "edf") else ("stop_loss_percent", "take_profit_percent")
    made = getattr(SweepPlots(sweep_results.results()), name)(*two, backend="matplotlib")
    assert made.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert "data:image/png;base64" in str(made._repr_mimebundle_()["text/html"])
    assert "trials" in made.title


@pytest.mark.slow
def test_optunas_are_drawn_by_plotly(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="plotly is not installed")
    plots = SweepPlots(sweep_results.results())
    for name in OPTUNAS:
        made = getattr(plots, name)()
        assert made.backend == "plotly"
        assert len(made.figure.data) > 0
    page = made.save(tmp_path / "x.html").read_text(encoding="utf-8")
    assert not re.search(r"<script[^>]+src=", page)
    with pytest.raises(ConfigError, match='or draw it with backend="matplotlib"'):
        made.save(tmp_path / "x.png")


def test_what_cannot_be_drawn_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    plots = SweepPlots(sweep_results.results())
    with pytest.raises(ConfigError, match="did you mean 'plotly'"):
        plots.history(backend="ploty")
    with pytest.raises(ConfigError, match="did you mean 'stop_loss_percent'"):
        plots.slice("stop_los_percent")
    with pytest.raises(ConfigError, match="takes two or more parameters"):
        plots.contour("stop_loss_percent")
    with pytest.raises(ConfigError, match="complete table"):
        table().history()
    nothing = SweepPlots(sweep_results.nothing_completed())
    for name in OPTUNAS:
        with pytest.raises(ConfigError, match="0 trials completed"):
            getattr(nothing, name)()
    monkeypatch.setattr(figure, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'quantray\[notebook\]'"):
        plots.history(backend="plotly")
    assert "plotly" not in sys.modules or figure.backend_of(None) == "matplotlib"


def test_a_long_history_keeps_every_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantray.sweeps.report.plots.MOST_OF_HISTORY", 10)
    trials = [t for t in sweep_results.results().trials if t.value is not None]
    kept = _thinned(trials)
    assert len(kept) < len(trials)
    best = -float("inf")
    for trial in trials:
        if (trial.value or 0.0) > best:
            best = trial.value or 0.0
            assert trial in kept
