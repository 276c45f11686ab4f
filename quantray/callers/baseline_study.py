"""baseline(plan): what every call did, with its files. BaselineStudy is what a notebook holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.baseline.results import BaselineResults
from quantray.callers.baseline.trace import CallCandles, Milestone, candles_of, milestones_of
from quantray.callers.report.baseline.stored import StoredBaseline, of_caller, only, open_baseline
from quantray.errors import ConfigError, Interrupted, near_miss
from quantray.outlets import logger
from quantray.protocols import Say

if TYPE_CHECKING:
    import pandas

    from quantray.callers.baseline.progress import BaselineProgress

__all__ = ["BaselineStudy", "StoredBaseline", "baseline", "check_files", "open_baseline"]

_log = logger(__name__)
Follow = Callable[["BaselineProgress"], object]


@dataclass(frozen=True, slots=True, eq=False)
class BaselineStudy:
    """A finished run of the alert baseline: its results, and where they were written."""

    plan: BaselinePlan
    results: BaselineResults
    files: dict[str, Path]

    def __repr__(self) -> str:
        from quantray.callers.report.baseline.card import study_line

        return study_line(self.results)

    def _repr_html_(self) -> str:
        from quantray.callers.report.baseline.card import study_card

        return study_card(self.results).html()

    def alerts(self, caller: str | None = None) -> pandas.DataFrame:
        """One row a call, what ``alerts.parquet`` holds; of one ``caller`` where it is named (ConfigError: unknown)."""
        from quantray.callers.report.baseline.tables import alerts_frame

        return of_caller(alerts_frame(self.results.alerts), caller)

    def leaderboard(self) -> pandas.DataFrame:
        """One row a caller, in its order: what ``leaderboard.csv`` holds."""
        from quantray.callers.report.baseline.tables import board_frame

        return board_frame(self.results.leaderboard)

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` holds."""
        from quantray.callers.report.baseline.summary import summary

        return summary(self.results)

    def candles(self, call_id: str) -> CallCandles:
        """The call's candles over its horizon. ConfigError for an unknown call, DataError for one without an entry."""
        return only(candles_of(self.results.slice, [self._row(call_id)], self.plan.horizon_s), call_id)

    def milestones(self, call_id: str) -> list[Milestone]:
        """Entry, levels as they were touched, highest price, exit of the simple trade and end, in order of time."""
        return milestones_of(self._row(call_id), self.plan.horizon_s)

    def report(self, path: str | Path) -> Path:
        """Write the report to ``path`` as one self-contained HTML file."""
        from quantray.callers.report.baseline.page import page

        target = Path(path)
        target.write_text(page(self.results), encoding="utf-8")
        return target

    def _row(self, call_id: str) -> dict[str, Any]:
        ids = self.results.coverage.plan.calls.call_id
        if call_id not in ids:
            raise ConfigError(near_miss(call_id, ids, what="call"))
        return self.results.alerts.row(ids.index(call_id))


def check_files(plan: BaselinePlan) -> None:
    """ConfigError where a file, folder or link in the run's directory is in the way of what this run will write."""
    from quantray.callers.report.baseline.files import check_results
    from quantray.files import Pieces

    Pieces(plan.run_dir, plan.study).check()
    check_results(plan.run_dir, plan.study)


def baseline(
    plan: BaselinePlan, *, progress: Follow | None = None, say: Say | None = None,
    done: Callable[[BaselineStudy], object] | None = None,
) -> BaselineStudy:  # fmt: skip
    """Run the plan, or go on with it where an earlier run stopped, and write its results under ``plan.run_dir``.

    ``progress`` is called with :class:`quantray.callers.baseline.progress.BaselineProgress` as stages begin and buckets
    of assets finish, ``say`` with sentences a person should read, ``done`` with the study once everything is written.
    Raises UserError for a plan that cannot be carried out, DiskError where there is no room.
    """
    from quantray.callers.baseline.pipeline import run, written_now
    from quantray.callers.report.baseline.files import write_all
    from quantray.callers.report.tracked import record_of
    from quantray.callers.reported import stopped, written
    from quantray.callers.seal import finish
    from quantray.tracking import tell

    say = say or _log.warning
    check_files(plan)
    try:
        results = run(plan, progress=progress, say=say)
    except Interrupted as error:
        raise stopped(error, plan) from None
    with written():
        if progress is not None:
            progress(written_now(results))
        study = BaselineStudy(plan, results, write_all(results, plan.run_dir, say))
        if done is not None:
            done(study)
        finish(results, study.files, say)
    tell(plan.tracking, lambda: record_of(plan.run_dir), say)
    return study
