"""sweep(plan): load, check, search, judge, report. Study is what a notebook holds."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import ConfigError, DataError
from quantray.evaluate import METRICS, evaluate_trials
from quantray.judging import best_of, judge
from quantray.objectives import check_constraints, check_objective, ranked
from quantray.plan import Plan
from quantray.protocols import Counts
from quantray.provenance import code_digest, versions
from quantray.report.results import Results
from quantray.report.writing import write_all
from quantray.sharing import check_fields
from quantray.space import Candidates
from quantray.surface import RANGE, exhaust, keep_best, ranges, surface
from quantray.targets import resolve
from quantray.types import Slice, Trial

if TYPE_CHECKING:
    import pandas

_log = logging.getLogger(__name__)
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
        from quantray.report.tables import trials_frame

        return trials_frame(self.results.trials, self.plan.space)

    def report(self, path: str | Path) -> Path:
        """Write the report to ``path`` as one self-contained HTML file."""
        from quantray.report.html import report_html

        target = Path(path)
        target.write_text(report_html(self.results), encoding="utf-8")
        return target


def check(plan: Plan) -> None:
    """Refuse what can be refused without data: names of parameters, metrics and bounds."""
    strategy = resolve(plan.strategy.target)
    if not hasattr(strategy, "__dataclass_fields__") or not (
        hasattr(strategy, "signals") or hasattr(strategy, "trades")
    ):
        raise ConfigError(f"{plan.strategy.target} is no strategy: a frozen dataclass with signals() or trades()")
    check_fields(strategy, [*plan.space.names, *plan.strategy.params])
    check_objective(plan.objective)
    check_constraints(plan.constraints, METRICS)
    if plan.search.kind == "exhaustive":
        ranges(plan)


def split(slice: Slice, fraction: float) -> tuple[Slice, Slice | None]:
    """Sessions the search may see, and the last ``max(1, floor(fraction * n))``, which it never does."""
    n = len(slice)
    if fraction == 0:
        return slice, None
    if n < 3:
        raise DataError(
            f"{n} session{'s' if n != 1 else ''} cannot be split into a search and a held-out part; "
            "set oos.fraction=0, or give at least 3 sessions"
        )
    held = max(1, math.floor(fraction * n))
    return slice.take(0, n - held), slice.take(n - held, n)


def load_slice(plan: Plan) -> Slice:
    """The plan's data, refused when the share of quarantined rows passes a gate."""
    from quantray.data import check_gates, load

    slice = load(plan.data)
    check_gates(slice, plan.gates)
    return slice


def sweep(
    plan: Plan, *, progress: Any = None, say: Say | None = None, done: Callable[[Study], Any] | None = None
) -> Study:
    """Run the plan, or go on with it where an earlier run stopped, and write its report under ``plan.run_dir``.

    ``progress`` is called with :class:`quantray.runner.progress.Progress` as trials are stored; ``say`` with
    sentences a person should read, ``done`` with the study as soon as it is written: before the Optuna study beside
    it has caught up, which Ctrl-C then skips. Raises UserError, before anything is written, for a plan that cannot be
    carried out.
    """
    from quantray.ledger import describe, open_ledger, start_mirror

    began = time.monotonic()
    say = say or _log.warning
    check(plan)
    slice = load_slice(plan)
    train, held_out = split(slice, plan.oos.fraction)
    digests = plan.digests(slice.digest, code_digest())
    _warm(plan, train)
    plan.run_dir.mkdir(parents=True, exist_ok=True)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger):
        mirror = start_mirror(ledger, plan.mirror, expected=plan.search.attempts)
        try:
            run = _exhaust if plan.search.kind == "exhaustive" else _search
            found = run(plan, train, ledger, progress, say)
            if mirror is not None:
                mirror.hurry()  # it catches up while the report is made
            judged = judge(plan, train, held_out, found.trials, found.exact, found.counts.attempts)
            results = Results(
                plan=plan, trials=found.trials, counts=found.counts, verdict=judged.verdict,
                duplicates=found.duplicates, best=best_of(found.trials), in_sample=judged.in_sample,
                out_of_sample=judged.out_of_sample, top_oos=judged.top_oos, surface=judged.surface,
                regret=judged.regret, data=_described(slice, train, held_out), quality=slice.quality,
                digests=digests, versions=versions(), seconds=time.monotonic() - began,
                stop_reason=found.stop_reason, notes=found.notes,
            )  # fmt: skip
            study = Study(plan, results, write_all(results, plan.run_dir))
            if done is not None:
                done(study)
        except BaseException:
            if mirror is not None:
                mirror.stop()
            raise
        _catch_up(mirror, say)
        return study


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


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    trials: Sequence[Trial]
    counts: Counts
    duplicates: dict[str, int]
    stop_reason: str
    exact: Any = None
    notes: tuple[str, ...] = ()


def _search(plan: Plan, train: Slice, ledger: Any, progress: Any, say: Say) -> _Found:
    """Ask, evaluate, tell; then compare with the exact surface where that is cheap."""
    from quantray.runner.sweep import Sweep
    from quantray.search import make_searcher

    searcher = make_searcher(plan.search, plan.space, plan.seed)
    ended = _runner(plan)(plan, train, Sweep(plan, searcher, ledger, progress), evaluate_trials)
    size = plan.space.size
    exact, notes = None, []
    if size is not None and size <= plan.report.surface_max_points and _shared(plan):
        exact = surface(plan, train)
    elif size is not None:
        notes.append(
            f"The exact surface of {size:,} points was not computed: it is larger than report.surface_max_points, "
            "or its candidates share nothing (a black box, limits of capital)."
        )
    return _Found(list(ledger.trials()), ledger.counts(), dict(ended.duplicates), ended.sentence, exact, tuple(notes))


def _warm(plan: Plan, train: Slice) -> None:
    """Compile the kernels (or read them from their cache) before workers start and clocks run."""
    if hasattr(resolve(plan.strategy.target), "signals"):
        first = {d.name: d.values[0] if d.values is not None else d.low for d in plan.space.dimensions}
        evaluate_trials(plan, train.take(0, 1), Candidates.of([first]))


def _runner(plan: Plan) -> Any:
    if plan.runner.kind == "ray":
        from quantray.runner.tune import run_tune

        return run_tune
    from quantray.runner.local import run_local

    return run_local


def _shared(plan: Plan) -> bool:
    """A surface is cheap where candidates share their tables: not for a black box, nor with limits of capital."""
    limited = plan.capital.initial is not None or plan.capital.max_open_positions is not None
    return hasattr(resolve(plan.strategy.target), "signals") and not limited


def _exhaust(plan: Plan, train: Slice, ledger: Any, progress: Any, say: Say) -> _Found:
    """Every point once; the best of them become the study's trials."""
    from quantray.runner.progress import Progress

    began, size, earlier = time.monotonic(), plan.space.size or 0, -1

    def on_part(counts: Counts, best: Trial | None) -> None:
        nonlocal earlier
        elapsed = time.monotonic() - began
        earlier = max(counts.attempts - RANGE, 0) if earlier < 0 else earlier
        rate = (counts.attempts - earlier) / elapsed if elapsed > 0 else 0.0
        eta = (size - counts.attempts) / rate if rate > 0 else None
        if progress is not None:
            progress(Progress(counts, {}, best, size, rate, elapsed, eta))

    exact = exhaust(plan, train, ledger, on_part)
    kept = max(plan.report.top, plan.mirror.max_trials)
    keep_best(plan, train, ledger, exact.values, kept)
    trials = ranked(list(ledger.trials()))
    notes = (
        f"The table has {plan.space.size:,} points, all in surface/*.parquet; "
        f"the trials listed are the best {len(trials):,}.",
    )
    return _Found(sorted(trials, key=lambda t: t.number), exact.counts, {}, "exhausted", exact, notes)


def _described(slice: Slice, train: Slice, held_out: Slice | None) -> dict[str, Any]:
    from quantray.data import describe as describe_slice

    return {
        **describe_slice(slice),
        "sessions_searched": list(train.dates),
        "sessions_held_out": [] if held_out is None else list(held_out.dates),
    }
