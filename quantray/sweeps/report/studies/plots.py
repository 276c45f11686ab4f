"""``quantray study plot``: the history of a stored study, and Optuna's own pictures of it, as PNG files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import LedgerError, near_miss
from quantray.plain import amount
from quantray.private import give_folder
from quantray.protocols import REPORTED, TABLE
from quantray.report import words
from quantray.space import Candidates, Dimension, Space
from quantray.stats.surface import summarise
from quantray.sweeps.report.history import history_png
from quantray.sweeps.report.studies.layout import arrange
from quantray.sweeps.report.studies.places import open_study
from quantray.sweeps.report.studies.stored import refuse_callers, space_of
from quantray.trial import Trial

if TYPE_CHECKING:
    import optuna

    from quantray.ledger.reader import Reader

KINDS = ("history", "importance", "slice", "contour")
MAX_TRIALS = 2000  # of the best and the latest: what Optuna's pictures are drawn from
CONTOUR_DIMENSIONS = 4  # the most important ones; the picture has the square of it panels


def plot_study(
    where: str | Path, name: str | None, out_dir: str | Path, kinds: Sequence[str] = KINDS, *, limit: int = MAX_TRIALS
) -> list[Path]:
    """Write ``<kind>.png`` for each of ``kinds`` into ``out_dir``; returns the files.

    ``history`` shows every completed trial, ``importance`` what the report says of each parameter and what it was
    computed on (every trial that is stored, where there is no report of them); the others are Optuna's, of at most
    ``limit`` trials. A picture that needs more than there is (two trials, or a dimension that varies) is left out.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise LedgerError(near_miss(kind, KINDS, what="plot"))
    folder = Path(out_dir)
    with open_study(where, name) as study:
        refuse_callers(study)
        folder.mkdir(parents=True, exist_ok=True)
        objective = str(study.described.get("objective") or "objective")
        files = []
        if "history" in kinds:
            import numpy as np

            values = np.array([value for _, value, _ in study.history()], np.float64)
            files.append(history_png(values, folder / "history.png", objective=objective))
        weights, computed_on = importance_of(study)
        if "importance" in kinds and weights:
            files.append(_importance_png(weights, computed_on, folder / "importance.png"))
        others = [kind for kind in kinds if kind not in ("history", "importance")]
        if others:
            half = (limit + 1) // 2
            chosen = {trial.number: trial for trial in (*study.ranked(half), *study.latest(limit - half))}
            trials = [chosen[number] for number in sorted(chosen)]
            files += _optuna_plots(trials, space_of(study), objective.replace("_", " "), folder, others, weights)
    return sorted(files, key=lambda path: KINDS.index(path.stem))


def importance_of(study: Reader) -> tuple[dict[str, float], str]:
    """The importance of each parameter and what it was computed on: what the last report says, while it holds.

    Else the same figure of the trials that are stored; none of a table without a report, whose trials are its best.
    """
    notes = study.notes()
    said = notes.get(REPORTED) or {}
    if said.get("importance") and (TABLE in notes or said["trials"] == study.counts().attempts):
        return dict(said["importance"]), str(said["computed_on"])
    trials = study.ranked(None) if TABLE not in notes else []
    if not trials:
        return {}, ""
    import numpy as np

    values = np.array([np.nan if t.value is None or not t.feasible else t.value for t in trials])
    found = summarise(Candidates.of([t.params for t in trials]), values)
    return dict(found.importance), f"Computed on the {amount(len(trials), 'trial')} that completed."


def _optuna_plots(
    trials: list[Trial], space: Space | None, objective: str, folder: Path, kinds: Sequence[str],
    weights: Mapping[str, float],
) -> list[Path]:  # fmt: skip
    dimensions = varying(trials, space)
    if len(trials) < 2 or not dimensions:
        return []
    rebuilt = optuna_study(trials, dimensions)
    important = sorted((d.name for d in dimensions), key=lambda name: -weights.get(name, 0.0))
    draw: dict[str, Callable[[Any], Any]] = {
        "slice": lambda v: v.plot_slice(rebuilt, params=important, target_name=objective),
        "contour": lambda v: v.plot_contour(rebuilt, params=important[:CONTOUR_DIMENSIONS], target_name=objective),
    }
    return [
        _save(draw[kind], folder / f"{kind}.png", kind) for kind in kinds if kind != "contour" or len(important) > 1
    ]


def varying(trials: Sequence[Trial], space: Space | None) -> list[Dimension]:
    """Dimensions of which the trials have more than one value; their own values where the space is not known."""
    names = space.names if space else tuple(trials[0].params) if trials else ()
    known = {d.name: d for d in space.dimensions} if space else {}
    varying = []
    for name in names:
        values = list(dict.fromkeys(repr(t.params.get(name)) for t in trials))
        if len(values) > 1:
            seen = {repr(t.params[name]): t.params[name] for t in trials}
            varying.append(known.get(name) or Dimension(name, tuple(seen.values())))
    return varying


def optuna_study(trials: Sequence[Trial], dimensions: Sequence[Dimension]) -> optuna.Study:
    """The trials as an Optuna study in memory. Ordered numbers are numbers, so that axes have a scale."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        rebuilt = optuna.create_study(direction="maximize")
        space = {d.name: _axis(d) for d in dimensions}
        ordered = {d.name for d in dimensions if d.ordered}
        rebuilt.add_trials(
            optuna.trial.create_trial(
                params={n: t.params[n] if n in ordered else str(t.params[n]) for n in space},
                distributions=space,
                value=t.value,
                system_attrs={"constraints": list(t.violations)} if t.violations else {},
            )
            for t in trials
        )
    finally:
        optuna.logging.set_verbosity(before)
    return rebuilt


def _axis(d: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if d.values is None:
        return FloatDistribution(float(d.low or 0.0), float(d.high or 0.0), log=d.log)
    if d.ordered:
        return FloatDistribution(float(min(d.values)), float(max(d.values)))
    return CategoricalDistribution(tuple(dict.fromkeys(str(v) for v in d.values)))


def _importance_png(weights: Mapping[str, float], computed_on: str, path: Path) -> Path:
    give_folder("MPLCONFIGDIR", "matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.8 + 0.45 * len(weights)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    names = sorted(weights, key=lambda name: weights[name])  # the strongest on top
    bars = axes.barh([words.label(name) for name in names], [100 * weights[name] for name in names], color="#2f6690")
    axes.bar_label(bars, [f"{100 * weights[name]:.0f} %" for name in names], padding=3)
    axes.set_xlabel("importance: spread of the levels' medians over the spread of all values, %")
    axes.set_title(computed_on, loc="left", fontsize=10)
    axes.margins(x=0.1)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, metadata={"Software": "quantray"})
    return path


def _save(draw: Callable[[Any], Any], path: Path, kind: str) -> Path:
    give_folder("MPLCONFIGDIR", "matplotlib")
    import matplotlib
    import matplotlib.pyplot as plt
    import numpy as np

    with matplotlib.rc_context(), warnings.catch_warnings():  # Optuna sets a style of its own
        warnings.simplefilter("ignore")
        from optuna.visualization import matplotlib as visual

        panels = draw(visual)
        figure = np.ravel(panels)[0].figure
        arrange(figure, list(np.ravel(panels)), kind)
        figure.savefig(path, dpi=110, metadata={"Software": "quantray"})
        plt.close(figure)
    return path
