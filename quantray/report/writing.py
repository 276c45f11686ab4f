"""The files of a finished sweep, all at once."""

from __future__ import annotations

from pathlib import Path

from quantray.report.history import history_png
from quantray.report.html import report_html
from quantray.report.results import Results
from quantray.report.summary import summary_json
from quantray.report.tables import completed_values, trials_frame, write_parquet, write_top_csv


def write_all(results: Results, run_dir: Path) -> dict[str, Path]:
    """Write every output under ``run_dir``; returns file name -> path.

    ``trials.parquet``, ``top_trials.csv``, ``history.png``, ``summary.json`` and ``report.html``; the first two
    have the same bytes for the same trials.
    """
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
