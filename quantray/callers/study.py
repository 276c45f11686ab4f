"""optimise(plan): the best policy per caller, with its files. CallerStudy is what a notebook holds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from quantray.callers.plan import CallerPlan
from quantray.callers.policies.policy import Policy
from quantray.callers.progress import Progress
from quantray.callers.report.units import ByUnit
from quantray.callers.results import CallerResults
from quantray.errors import DataError, Interrupted, UnknownName, near_miss
from quantray.outlets import logger
from quantray.protocols import Say
from quantray.stats.checks import Verdict

if TYPE_CHECKING:
    import pandas

    from quantray.callers.report.plots import CallerPlots

_log = logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class CallerStudy:
    """A finished run of the optimiser: its results, and where they were written."""

    plan: CallerPlan
    results: CallerResults
    files: dict[str, Path]

    def __repr__(self) -> str:
        from quantray.callers.report.card import study_line

        return study_line(self.results)

    def _repr_html_(self) -> str:
        from quantray.callers.report.card import study_card

        return study_card(self.results).html()

    @property
    def best(self) -> dict[str, Policy]:
        """Unit (a caller, or the group) -> its best policy; units without one are left out.

        In this mapping as in the next two, a name that is not there is answered with the near miss, or with why it has
        nothing (UnknownName, a KeyError).
        """
        return self._by_unit("best policy", {u.name: u.policy for u in self.results.units if u.policy is not None})

    @property
    def pick(self) -> dict[str, Policy]:
        """Unit -> the survivor that was put to the held-out test; units where nothing survives are left out."""
        return self._by_unit("pick", {u.name: u.pick.policy for u in self.results.units if u.pick is not None})

    @property
    def verdict(self) -> dict[str, Verdict]:
        """Unit -> whether to believe its pick, and why."""
        return self._by_unit("verdict", {u.name: u.verdict for u in self.results.units if u.verdict is not None})

    @property
    def plot(self) -> CallerPlots:
        """Pictures of the report: ``callers.plot.leaderboard()``, ``callers.plot.equity("…")``, …"""
        from quantray.callers.report.plots import CallerPlots

        return CallerPlots(self.results)

    def survivors(self, unit: str | None = None) -> pandas.DataFrame:
        """One row a survivor, as in ``survivors.parquet``; of one ``unit`` where it is named (UnknownName: unknown)."""
        from quantray.callers.report.tables import survivors_frame

        frame = survivors_frame(self.results)
        return frame if unit is None else frame[frame["unit"] == self.results.unit(unit).name].reset_index(drop=True)

    def trades(self, unit: str | None = None, *, part: str | None = None) -> pandas.DataFrame:
        """What ``trades.parquet`` holds: one row a call that got an entry, of each unit's pick, or of its best policy.

        Of one ``unit`` where it is named, of one ``part`` (``train`` or ``held_out``, as in the column of that name)
        where that is. Columns and units: "trades.parquet" in docs/caller_report.md. Raises UnknownName.
        """
        from quantray.callers.report.tables import PARTS
        from quantray.callers.report.trades import trades_frame

        frame = trades_frame(self.results)
        if unit is not None:
            frame = frame[frame["unit"] == self.results.unit(unit).name]
        if part is not None:
            if part not in PARTS:
                raise UnknownName(near_miss(part, PARTS, what="part"))
            frame = frame[frame["part"] == part]
        return frame.reset_index(drop=True)

    def _by_unit(self, what: str, found: dict[str, T]) -> dict[str, T]:
        return ByUnit(found, what, [unit.name for unit in self.results.units])

    def frame(self) -> pandas.DataFrame:
        """One row a unit: what ``optimal_policies.csv`` holds."""
        from quantray.callers.report.tables import best_frame

        return best_frame(self.results)

    def table(self, unit: str | None = None) -> pandas.DataFrame:
        """The whole grid, one row a unit and policy; of one ``unit`` where it is named (UnknownName: unknown).

        Figures are of the training calls; with ``report.held_out=all`` there are rows of the held-out ones too.
        """
        from quantray.callers.report.tables import policy_table

        if unit is not None:
            self.results.unit(unit)
        return policy_table(self.results, unit)

    def report(self, path: str | Path) -> Path:
        """Write the report to ``path`` as one self-contained HTML file."""
        from quantray.callers.baseline.offered import baseline_of
        from quantray.callers.report.html import report_html

        target, offered = Path(path), None
        with suppress(DataError):  # the candles it was measured on may be deleted by now
            offered = baseline_of(self.results)
        target.write_text(report_html(self.results, offered), encoding="utf-8")
        return target


def check_files(plan: CallerPlan) -> None:
    """ConfigError where a file, folder or link in the run's directory is in the way of what this run will write."""
    from quantray.callers.report.files import check_results
    from quantray.files import Pieces

    Pieces(plan.run_dir, plan.study).check()
    check_results(plan.run_dir)


def optimise(
    plan: CallerPlan,
    *,
    progress: Callable[[Progress], object] | None = None,
    say: Say | None = None,
    done: Callable[[CallerStudy], object] | None = None,
) -> CallerStudy:
    """Run the plan, or go on with it where an earlier run stopped, and write its results under ``plan.run_dir``.

    ``progress`` is called with :class:`quantray.callers.progress.Progress` as buckets and blocks finish, ``say`` with
    sentences a person should read, ``done`` with the study once everything is written. Raises UserError for a plan
    that cannot be carried out, DiskError where there is no room.
    """
    from quantray.callers.pipeline import run
    from quantray.callers.report.files import write_all
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
        study = CallerStudy(plan, results, write_all(results, plan.run_dir, say))
        if done is not None:
            done(study)
        finish(results, study.files, say)
    tell(plan.tracking, lambda: record_of(plan.run_dir), say)
    return study
