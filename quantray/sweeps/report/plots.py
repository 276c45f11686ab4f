"""Pictures of a finished sweep for a notebook: Optuna's own, and those of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import ConfigError, near_miss
from quantray.plain import amount
from quantray.report import effects, words
from quantray.report.figure import Backend, Figure, backend_of, figure_of
from quantray.report.picture import Picture, beside
from quantray.report.svg import Chart
from quantray.sweeps.objective import ranked
from quantray.sweeps.report import candidates, planes, sections, survival, track
from quantray.sweeps.report import survival_charts as charts
from quantray.sweeps.report.studies.layout import arrange
from quantray.sweeps.report.studies.plots import optuna_study, varying
from quantray.sweeps.results import Results
from quantray.trial import Trial, TrialState

if TYPE_CHECKING:
    from types import ModuleType

    import optuna
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Drawn

#: Trials that Optuna's pictures are drawn from: the best and the latest; of the history more.
MOST, MOST_OF_HISTORY = 2000, 20_000
SHEET = Path(__file__).with_name("templates") / "report.css"
CONTOUR_DIMENSIONS = 4  # the most important ones; the picture has the square of it panels


class SweepPlots:
    """Pictures of one study. Each shows itself in a notebook and has ``save(path)``.

    Optuna's own take ``backend``: ``"plotly"`` or ``"matplotlib"``; by default plotly where it is installed. They are
    drawn from at most 2,000 trials, the best and the latest, of the parameters that vary. ConfigError names what is
    missing where there is nothing to draw, and the near miss of a wrong parameter.
    """

    def __init__(self, results: Results) -> None:
        self._r = results

    def __repr__(self) -> str:
        return f"SweepPlots({', '.join(f'.{name}()' for name in vars(SweepPlots) if name[0] != '_')})"

    def history(self, *, backend: Backend | None = None) -> Figure:
        """The objective of the trials in their order, and the best so far (Optuna)."""
        self._of_a_search("the order of its points means nothing")
        trials = _thinned([t for t in self._r.trials if t.state is TrialState.COMPLETE])
        name = words.label(self._r.plan.objective)
        study = self._optuna(trials)
        return self._figure("history", trials, backend, lambda v: v.plot_optimization_history(study, target_name=name))

    def importances(self) -> Picture:
        """How far each parameter decides the objective: the figures of the report, and what they were computed on."""
        surface = self._r.surface
        known = surface.importance if surface is not None and surface.n_valued else {}
        if not known:
            raise ConfigError(f"{self._r.study}: nothing varies in what completed, so no parameter has an importance")
        ordered = sorted(known, key=lambda name: -known[name])
        drawn = effects.importances([(words.label(name), known[name]) for name in ordered])
        return Picture(
            f"{self._r.study}: importance of each parameter. {candidates.computed_on(self._r)}", drawn, SHEET
        )

    def slice(self, *parameters: str, backend: Backend | None = None) -> Figure:
        """The objective by each parameter (Optuna): these ``parameters``, or all, the most important first."""
        return self._by_parameter("slice", parameters, backend)

    def parallel_coordinate(self, *parameters: str, backend: Backend | None = None) -> Figure:
        """Each trial as a line through its parameters (Optuna)."""
        return self._by_parameter("parallel_coordinate", parameters, backend)

    def contour(self, *parameters: str, backend: Backend | None = None) -> Figure:
        """The objective over each pair of parameters (Optuna); by default of the four most important ones."""
        return self._by_parameter("contour", self._several(parameters), backend)

    def rank(self, *parameters: str, backend: Backend | None = None) -> Figure:
        """Trials over each pair of parameters, coloured by their rank (Optuna)."""
        return self._by_parameter("rank", self._several(parameters), backend)

    def edf(self, *, backend: Backend | None = None) -> Figure:
        """Which share of the trials has which objective or less (Optuna)."""
        self._of_a_search("its trials are its best points alone")
        trials, name = self._trials(), words.label(self._r.plan.objective)
        study = self._optuna(trials)
        return self._figure("distribution", trials, backend, lambda v: v.plot_edf(study, target_name=name))

    def equity(self) -> Picture:
        """Equity of the pick (of the peak where nothing survives) and its drawdown, searched, then held out."""
        return self._of_shown(
            "equity and drawdown", track.equity_chart(self._r, track.tracks(self._r)), "made no trade"
        )

    def sessions(self) -> Picture:
        """Net of each session of the same candidate, the held-out ones in their own colour."""
        return self._of_shown("net of each session", sections.session_bars(self._r), "was not traded")

    def plane(self, rows: str | None = None, columns: str | None = None) -> Picture:
        """Survivors over two parameters, with pick and peak; the best objective where nothing survives.

        By default over the two on which that depends most.
        """
        r, s = self._r, self._r.surviving
        found = s.planes if s is not None else ()
        names = [n for n in r.plan.space.names if any(n in (p.rows, p.columns) for p in found)]
        if s is None or not found or r.shown is None:
            raise ConfigError(f"{r.study}: no two parameters vary in what completed, so there is no plane")
        for name in (rows, columns):
            if name is not None and name not in names:
                raise ConfigError(near_miss(name, names, what="parameter"))
        if rows is None and columns is None:
            chosen = planes.first_of(r, s)
        else:
            wanted = {name for name in (rows, columns) if name is not None}
            fits = [p for p in found if wanted <= {p.rows, p.columns}]
            if not fits or rows == columns:
                raise ConfigError(f"{r.study}: a plane is over two different parameters of: {', '.join(names)}")
            chosen = fits[0]
        what = "share that survives" if s.n else f"best {words.label(r.plan.objective)}"
        marks = planes.marks_of(r, {chosen.rows: chosen.row_levels, chosen.columns: chosen.column_levels})
        svg = planes.draw(chosen, bool(s.n), marks, planes.figure_of(r.plan.objective), planes.WIDTHS[0])
        title = f"{what} by {words.label(chosen.rows)} and {words.label(chosen.columns)}"
        return Picture(f"{r.study}: {title}", svg, SHEET)

    def survivors(self, *parameters: str) -> Picture:
        """Share of survivors at each level of these ``parameters``, by default of all on which surviving depends."""
        levels = self._r.surviving.levels if self._r.surviving else {}
        if not levels:
            raise ConfigError(f"{self._r.study}: nothing survives, so there is nothing to draw")
        for name in parameters:
            if name not in levels:
                raise ConfigError(near_miss(name, levels, what="parameter"))
        chosen = self._r.pick.params if self._r.pick else {}
        told = parameters or [name for name in levels if survival.telling(levels[name])] or list(levels)
        drawn = [(words.label(name), charts.level_chart(levels[name], chosen.get(name))) for name in told]
        return Picture(f"{self._r.study}: share of survivors by level", beside(drawn), SHEET)

    def _of_shown(self, what: str, chart: Chart | None, missing: str) -> Picture:
        """A picture of the candidate that the report is about."""
        r = self._r
        if r.shown is None:
            raise ConfigError(f"{r.study}: nothing completed, so there is nothing to draw")
        if chart is None:
            raise ConfigError(f"{r.study}: the {r.shown.name} {missing}, so there is nothing to draw")
        return Picture(f"{r.study}: {what} of the {r.shown.name}, {survival.called(r, r.shown)}", chart.wide, SHEET)

    def _several(self, parameters: Sequence[str]) -> list[str]:
        """Those that were named, or the most important ones: two or more."""
        varying = self._varying()
        chosen = list(dict.fromkeys(parameters)) or varying[:CONTOUR_DIMENSIONS]
        if len(chosen) < 2:
            raise ConfigError(f"{self._r.study}: this picture takes two or more parameters of: {', '.join(varying)}")
        return chosen

    def _of_a_search(self, why: str) -> None:
        if self._r.plan.search.kind == "exhaustive":
            raise ConfigError(
                f"{self._r.study} is a complete table, and {why}; study.plot.slice() shows its best points"
            )

    def _by_parameter(self, kind: str, parameters: Sequence[str], backend: Backend | None) -> Figure:
        trials, name = self._trials(), words.label(self._r.plan.objective)
        varying = self._varying()
        for parameter in parameters:
            if parameter not in varying:
                raise ConfigError(near_miss(parameter, varying, what="parameter that varies"))
        study, params = self._optuna(trials), list(parameters or varying)
        return self._figure(
            kind.replace("_", " "), trials, backend,
            lambda v: getattr(v, f"plot_{kind}")(study, params=params, target_name=name),
        )  # fmt: skip

    def _figure(
        self, what: str, trials: Sequence[Trial], backend: Backend | None, draw: Callable[[ModuleType], object]
    ) -> Figure:
        chosen = backend_of(backend)
        n = sum(t.state is TrialState.COMPLETE for t in trials)
        more = ", the best of the table" if self._r.plan.search.kind == "exhaustive" else ""
        return figure_of(f"{self._r.study}: {what}, {amount(n, 'trial')}{more}", chosen, draw, _laid_out(what))

    def _trials(self) -> list[Trial]:
        """The best and the latest that completed, by number."""
        done = [t for t in self._r.trials if t.state is TrialState.COMPLETE]
        if len(done) < 2:
            raise ConfigError(f"{self._r.study}: {amount(len(done), 'trial')} completed; a picture takes two or more")
        half = (MOST + 1) // 2
        chosen = {t.number: t for t in (*ranked(done)[:half], *done[-(MOST - half) :])}
        return [chosen[number] for number in sorted(chosen)]

    def _varying(self) -> list[str]:
        """Parameters of which the trials have more than one value, the most important first."""
        known = self._r.surface.importance if self._r.surface else {}
        names = [d.name for d in varying(self._trials(), self._r.plan.space)]
        if not names:
            raise ConfigError(f"{self._r.study}: no parameter varies in what completed, so there is nothing to draw")
        return sorted(names, key=lambda name: -known.get(name, 0.0))

    def _optuna(self, trials: Sequence[Trial]) -> optuna.Study:
        if len(trials) < 2:
            raise ConfigError(f"{self._r.study}: {amount(len(trials), 'trial')} completed; a picture takes two or more")
        return optuna_study(trials, varying(trials, self._r.plan.space))


def _thinned(trials: Sequence[Trial]) -> list[Trial]:
    """Of very many: each that was the best so far, and every so many of the others."""
    if len(trials) <= MOST_OF_HISTORY:
        return list(trials)
    kept, best, every = [], -float("inf"), -(-len(trials) // MOST_OF_HISTORY)
    for i, trial in enumerate(trials):
        value = -float("inf") if trial.value is None else trial.value
        if value > best or i % every == 0:
            kept.append(trial)
        best = max(best, value)
    return kept


def _laid_out(what: str) -> Callable[[Drawn, Sequence[Axes]], object]:
    """Where matplotlib puts its panels."""
    kind = what.partition(" ")[0]

    def arranged(figure: Drawn, panels: Sequence[Axes]) -> None:
        if kind in ("slice", "contour"):
            arrange(figure, panels, kind)
        else:
            figure.set_size_inches(9, 4.5 if kind != "rank" else 7)

    return arranged
