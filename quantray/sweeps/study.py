"""sweep(plan): prepare, search, judge, report. Study is what a notebook holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quantray.errors import ConfigError, Interrupted, TooManyFailures
from quantray.interrupts import forgiven
from quantray.outlets import logger
from quantray.private import give_folder
from quantray.protocols import REPORTED, Reached, Say
from quantray.stats.checks import Verdict
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.judge import judge
from quantray.sweeps.kept import keep
from quantray.sweeps.loop.share import Share
from quantray.sweeps.outcome import concluded
from quantray.sweeps.plan import Plan
from quantray.sweeps.prepare import Opened, opened
from quantray.sweeps.report.card import study_card, study_line
from quantray.sweeps.report.files import write_all
from quantray.sweeps.report.plots import SweepPlots
from quantray.sweeps.report.summary import ended
from quantray.sweeps.report.tables import trials_frame
from quantray.sweeps.report.tracked import record_of
from quantray.sweeps.results import Chosen, Results
from quantray.sweeps.seal import seal
from quantray.sweeps.search import Found, OnProgress, search
from quantray.sweeps.stopped import Stages, stopped
from quantray.tracking import tell
from quantray.trial import Trial

if TYPE_CHECKING:
    import pandas

    from quantray.ledger.mirror_process import MirrorProcess

__all__ = ["Study", "load_slice", "split", "sweep"]

_log = logger(__name__)
_LATER = ("scipy.stats", "quantray.report.charts", "matplotlib.backends.backend_agg", "jinja2", "quantray.report.page")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A finished sweep: its results, and where they were written."""

    plan: Plan
    results: Results
    files: dict[str, Path]

    def __repr__(self) -> str:
        return study_line(self.results)

    def _repr_html_(self) -> str:
        return study_card(self.results).html()

    @property
    def best(self) -> Trial | None:
        """The peak: the feasible trial of the largest objective; None when nothing completed."""
        return self.results.best

    @property
    def pick(self) -> Chosen | None:
        """The survivor that is judged: number, params, value, metrics (searched) and oos; None without survivors."""
        return self.results.pick

    @property
    def plot(self) -> SweepPlots:
        """Pictures, Optuna's and those of the report: ``study.plot.history()``, ``study.plot.equity()``, …"""
        return SweepPlots(self.results)

    def survivors(self) -> pandas.DataFrame:
        """One row a survivor: number, parameters, value (objective), statistic (Student's t), metrics (searched).

        ``number`` is a point of the table where the whole table was tested, else a trial. Raises ConfigError where
        nothing completed, so that nothing was tested.
        """
        if self.results.surviving is None:
            raise ConfigError(f"{self.plan.study}: no candidate completed, so there is nothing that could survive")
        return self.results.surviving.frame.copy()

    @property
    def verdict(self) -> Verdict:
        """Whether to believe the pick, and why."""
        return self.results.verdict

    def trades(self, part: Literal["searched", "held out"] | None = None) -> pandas.DataFrame:
        """The trades of pick and peak, nobody else's: what ``trades.csv`` holds, all or of one ``part``.

        Columns and units: "The trades" in docs/notebook.md. ConfigError for another part.
        """
        from quantray.sweeps.report.trades import trades_frame

        return trades_frame(self.results, part)

    def frame(self) -> pandas.DataFrame:
        """One row a trial: number, state, value, parameters, metrics."""

        return trials_frame(self.results.trials, self.plan.space)

    def report(self, path: str | Path) -> Path:
        """Write the report to ``path`` as one self-contained HTML file."""
        from quantray.sweeps.report.html import report_html

        target = Path(path)
        target.write_text(report_html(self.results), encoding="utf-8")
        return target


def sweep(
    plan: Plan,
    *,
    progress: OnProgress | None = None,
    say: Say | None = None,
    done: Callable[[Study], object] | None = None,
    reached: Reached | None = None,
    share: Share | None = None,
    began: float | None = None,
) -> Study:
    """Run the plan, or go on with it where an earlier run stopped, and write its report under ``plan.run_dir``.

    ``progress`` is called with :class:`quantray.sweeps.loop.progress.Progress` as trials are stored, ``reached`` with
    the name of each stage as it begins, ``say`` with sentences a person should read, ``done`` with the study as soon as
    it is written: before the Optuna study beside it has caught up, which Ctrl-C then skips. ``share`` says that the
    study has several drivers, which ``began`` then (``time.monotonic()``): this one finishes it (see
    :func:`quantray.sweeps.search.search`). Raises UserError, before anything is written, for a plan that cannot be
    carried out, and :class:`TooManyFailures`, after everything is written, when more candidates failed than
    ``search.max_failures`` allows, or all of them.
    """
    began, say = time.monotonic() if began is None else began, say or _log.warning
    stages, left = Stages(reached), list[str]()
    with stages.told(), opened(plan, say, stages) as made:
        with _mirrored(made, say, left) as mirror:
            results, found = _concluded(made, stages, mirror, progress, say, share, began)
            with stages.told(made):
                stages("writing")
                study = Study(plan, results, write_all(results, plan.run_dir, found.parts, say))
                made.ledger.note(REPORTED, ended(results).as_json())
                if done is not None:
                    done(study)
                keep(results, made.ledger, study.files, say)
        if found.failure is None and share is None and plan.search.timeout_s is None and not left:
            seal(plan, made.ledger, study.files)
    tell(plan.tracking, lambda: record_of(plan.run_dir), say)
    if found.failure is not None:
        raise TooManyFailures(found.failure)
    return study


def _concluded(
    made: Opened, stages: Stages, mirror: MirrorProcess | None, progress: OnProgress | None, say: Say,
    share: Share | None, began: float,
) -> tuple[Results, Found]:  # fmt: skip
    """Search and judge."""
    stages("searching")
    threading.Thread(target=_read_ahead, name="quantray-read-ahead", daemon=True).start()
    try:
        found = search(made, progress, say, share=share)
        assert found is not None  # only a driver that is not the last has none
        if mirror is not None:
            mirror.hurry()  # it catches up while the report is made
        stages("judging")
        judged = judge(made.plan, made.train, made.held_out, found.trials, found.exact, found.counts, found.reasons)
        return concluded(made, found, judged, time.monotonic() - began), found
    except Interrupted as stop:
        raise stopped(made, str(stop), began) from None
    except KeyboardInterrupt:
        raise stopped(made, stages.sentence(made), began) from None


def _read_ahead() -> None:
    """Import beside the search what judges it and writes its report: seconds that nobody has to wait for."""
    give_folder("MPLCONFIGDIR", "matplotlib")
    for name in _LATER:
        with suppress(ImportError):  # whoever needs it says so
            import_module(name)


@contextmanager
def _mirrored(made: Opened, say: Say, left: list[str]) -> Iterator[MirrorProcess | None]:
    """An Optuna study beside the ledger while the search runs; it is waited for at the end, where Ctrl-C skips it.

    ``left`` gets a sentence where it stays incomplete.
    """
    from quantray.ledger import start_mirror

    mirror: MirrorProcess | None = start_mirror(made.ledger, made.plan.mirror, expected=made.plan.search.attempts)
    try:
        yield mirror
    except BaseException:
        if mirror is not None:
            mirror.stop()
        raise
    if mirror is None:
        return
    try:
        if not mirror.caught_up(within=1.0):
            say("bringing the Optuna study for dashboards up to date (Ctrl-C skips that; the results are complete)")
        report = mirror.finish()
    except KeyboardInterrupt:
        forgiven()
        mirror.stop()
        left.append("the Optuna study beside the ledger was left incomplete; the next run of this study completes it")
        say(left[0])
        return
    if report.error:
        left.append(f"the Optuna study beside the ledger is incomplete: {report.error}; the ledger is not affected")
        say(left[0])
