"""What a finished sweep hands to its report: everything that is shown, nothing that is computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.plan import Plan
from quantray.protocols import Counts
from quantray.stats.surface import Regret, SurfaceSummary
from quantray.stats.verdict import Verdict
from quantray.types import Slice, Trades, Trial

Row = Mapping[str, float | int | None]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The trades of one candidate on one part of the data, with its metrics there."""

    slice: Slice
    trades: Trades
    metrics: Row
    value: float | None = None  # the objective on this part; None where it does not exist


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """One finished (or interrupted) sweep. ``trials`` are in number order and may be cut to the best ones of a

    complete table (``counts`` then says how many there were). ``in_sample`` and ``out_of_sample`` are the best
    trial's; both are None when nothing completed, the second also when nothing was held out.
    """

    plan: Plan
    trials: Sequence[Trial]
    counts: Counts
    verdict: Verdict
    duplicates: Mapping[str, int] = field(default_factory=dict)  # source -> count
    best: Trial | None = None
    in_sample: Sample | None = None
    out_of_sample: Sample | None = None
    top_oos: Mapping[int, Row] = field(default_factory=dict)  # trial number -> metrics out of sample
    surface: SurfaceSummary | None = None  # exact where the table is finite and cheap, else of the trials
    regret: Regret | None = None  # of a sampled search against the exact surface
    data: Mapping[str, Any] = field(default_factory=dict)  # what the data is: source, underlying, dates, seed, …
    quality: Mapping[str, float] = field(default_factory=dict)  # counts and shares of what was quarantined
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # wall time; in no file that is compared
    stop_reason: str = ""
    notes: Sequence[str] = ()  # sentences the reader should see (a cut table, a skipped surface, …)

    @property
    def study(self) -> str:
        return self.plan.study


def write_all(results: Results, run_dir: Path) -> dict[str, Path]:
    """Write every output under ``run_dir``; returns file name -> path.

    ``trials.parquet``, ``top_trials.csv``, ``history.png``, ``summary.json`` and ``report.html``; the first two
    have the same bytes for the same trials.
    """
    from quantray.report.history import history_png
    from quantray.report.html import report_html
    from quantray.report.summary import summary_json
    from quantray.report.tables import completed_values, trials_frame, write_parquet, write_top_csv

    run_dir.mkdir(parents=True, exist_ok=True)
    paths = {
        name: run_dir / name
        for name in ("trials.parquet", "top_trials.csv", "history.png", "summary.json", "report.html")
    }
    frame = trials_frame(results.trials, results.plan.space)
    write_parquet(frame, paths["trials.parquet"])
    write_top_csv(frame, paths["top_trials.csv"], results.plan.report.top)
    history_png(completed_values(frame), paths["history.png"])
    paths["summary.json"].write_text(summary_json(results), encoding="utf-8")
    paths["report.html"].write_text(report_html(results), encoding="utf-8")
    return paths
