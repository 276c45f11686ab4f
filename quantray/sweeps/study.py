"""sweep(plan): load, check, search, judge, report. Study is what a notebook holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import TooManyFailures
from quantray.outlets import logger
from quantray.provenance import versions
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.judge import best_of, judge
from quantray.sweeps.loop.share import Share
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.refusals import check
from quantray.sweeps.report.files import write_all
from quantray.sweeps.report.tables import table_digest, trials_frame
from quantray.sweeps.results import Results
from quantray.sweeps.search import Found, Opened, opened, search
from quantray.trial import Trial

if TYPE_CHECKING:
    import pandas

__all__ = ["Study", "check", "load_slice", "split", "sweep"]

_log = logger(__name__)
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A finished sweep: its results, and where they were written."""

    plan: Plan
    results: Results
    files: dict[str, Path]

    @property
    def best(self) -> Trial | None:
        """The best feasible trial; None when nothing completed."""
        return self.results.best

    @property
    def verdict(self) -> Any:
        """Whether to believe the best trial, and why."""
        return self.results.verdict

    def frame(self) -> pandas.DataFrame:
        """One row a trial: number, state, value, parameters, metrics."""
        from quantray.sweeps.report.tables import trials_frame

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
    progress: Any = None,
    say: Say | None = None,
    done: Callable[[Study], Any] | None = None,
    share: Share | None = None,
    began: float | None = None,
) -> Study:
    """Run the plan, or go on with it where an earlier run stopped, and write its report under ``plan.run_dir``.

    ``progress`` is called with :class:`quantray.sweeps.loop.progress.Progress` as trials are stored; ``say`` with
    sentences a person should read, ``done`` with the study as soon as it is written: before the Optuna study beside
    it has caught up, which Ctrl-C then skips. ``share`` says that the study has several drivers, which ``began``
    then (``time.monotonic()``): this one finishes it (see :func:`quantray.sweeps.search.search`). Raises UserError,
    before anything is written, for a plan that cannot be carried out, and :class:`TooManyFailures`, after everything
    is written, when more candidates failed than ``search.max_failures`` allows, or all of them.
    """
    from quantray.ledger import start_mirror

    began = time.monotonic() if began is None else began
    say = say or _log.warning
    with opened(plan, say) as study_of:
        mirror = start_mirror(study_of.ledger, plan.mirror, expected=plan.search.attempts)
        try:
            found = search(study_of, progress, say, share=share)
            assert found is not None  # only a driver that is not the last has none
            if mirror is not None:
                mirror.hurry()  # it catches up while the report is made
            results = _judged(study_of, found, began)
            study = Study(plan, results, write_all(results, plan.run_dir, found.parts, say))
            if done is not None:
                done(study)
        except BaseException:
            if mirror is not None:
                mirror.stop()
            raise
        _catch_up(mirror, say)
        if found.failure is not None:
            raise TooManyFailures(found.failure)
        return study


def _judged(o: Opened, found: Found, began: float) -> Results:
    plan = o.plan
    judged = judge(plan, o.train, o.held_out, found.trials, found.exact, found.counts, found.reasons)
    return Results(
        plan=plan, trials=found.trials, counts=found.counts, verdict=judged.verdict,
        duplicates=found.duplicates, best=best_of(found.trials), in_sample=judged.in_sample,
        out_of_sample=judged.out_of_sample, top_oos=judged.top_oos, surface=judged.surface,
        regret=judged.regret, data=_described(o.slice, o.train, o.held_out), quality=o.slice.quality,
        digests=o.digests, versions=versions(), seconds=time.monotonic() - began,
        stop_reason=found.stop_reason, why=found.reasons, notes=found.notes, repeated=found.repeated,
        table=table_digest(trials_frame(found.trials, plan.space)),
    )  # fmt: skip


def _catch_up(mirror: Any, say: Say) -> None:
    """Wait for the Optuna study to hold what it should; Ctrl-C ends the wait, not the run."""
    if mirror is None:
        return
    say("bringing the Optuna study for dashboards up to date (Ctrl-C skips that; the results are complete)")
    try:
        report = mirror.finish()
    except KeyboardInterrupt:
        mirror.stop()
        say("the Optuna study beside the ledger was left incomplete; the next run of this study completes it")
        return
    if report.error:
        say(f"the Optuna study beside the ledger is incomplete: {report.error}; the ledger is not affected")


def _described(market: Slice, train: Slice, held_out: Slice | None) -> dict[str, Any]:
    from quantray.sweeps.data import describe as describe_slice

    return {
        **describe_slice(market),
        "sessions_searched": list(train.dates),
        "sessions_held_out": [] if held_out is None else list(held_out.dates),
    }
