"""The files of a finished run of the optimiser, all at once."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from quantray.callers.results import CallerResults
from quantray.calls import write_worklist
from quantray.report.callers_database import write_database
from quantray.report.callers_html import report_html
from quantray.report.callers_summary import summary
from quantray.report.callers_tables import best_frame, calls_frame
from quantray.report.callers_trades import trades_frame
from quantray.report.summary import dumped
from quantray.report.tables import write_parquet, write_table_csv


def write_all(results: CallerResults, run_dir: Path) -> dict[str, Path]:
    """Write every output under ``run_dir``; returns file name -> path.

    ``optimal_policies.csv``, ``trades.parquet``, ``calls.parquet`` and ``worklist.csv`` have the same bytes for the
    same results; ``results.duckdb`` holds the tables of them, ``report.html`` and ``summary.json`` the wall time too.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    names = ("optimal_policies.csv", "trades.parquet", "calls.parquet", "worklist.csv", "summary.json", "report.html")
    paths = {name: run_dir / name for name in names}
    best = best_frame(results)
    write_table_csv(best, paths["optimal_policies.csv"])
    write_parquet(trades_frame(results), paths["trades.parquet"])
    write_parquet(calls_frame(results), paths["calls.parquet"])
    write_worklist(results.coverage, paths["worklist.csv"])
    paths["summary.json"].write_text(dumped(summary(results)), encoding="utf-8")
    paths["report.html"].write_text(report_html(results), encoding="utf-8")
    with TemporaryDirectory() as folder:
        beside = Path(folder) / "best.parquet"
        write_parquet(best, beside)
        tables = {"best": beside, "trades": paths["trades.parquet"], "calls": paths["calls.parquet"]}
        paths["results.duckdb"] = write_database(run_dir / "results.duckdb", results.table, tables)
    return {**paths, "policies": results.table}
