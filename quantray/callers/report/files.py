"""The files of a finished run of the optimiser, all at once."""

from __future__ import annotations

from pathlib import Path

from quantray.callers.baseline.offered import baseline_of
from quantray.callers.data import UNPARSED, write_unparsed, write_worklist
from quantray.callers.report.baseline.page import page
from quantray.callers.report.baseline.tables import alerts_frame
from quantray.callers.report.database import check_database, write_database
from quantray.callers.report.html import report_html
from quantray.callers.report.summary import summary
from quantray.callers.report.tables import best_frame, calls_frame, survivors_frame
from quantray.callers.report.trades import trades_frame
from quantray.callers.results import CallerResults
from quantray.callers.stages.table import TABLE
from quantray.files import Published, room
from quantray.protocols import Say
from quantray.report.json_text import dumped
from quantray.report.tables import write_parquet, write_table_csv

NAMES = (
    "optimal_policies.csv", "survivors.parquet", "trades.parquet", "trades.csv", "calls.parquet", "worklist.csv",
    "summary.json", "report.html",
)  # fmt: skip
#: What every call offered without a policy: the page that the report links to, and the table behind it.
BASELINE, OFFERED = "baseline.html", "alerts.parquet"
DATABASE = "results.duckdb"


def check_results(run_dir: Path) -> None:
    """ConfigError, before work starts, where a result would replace what quantray did not write."""
    Published(run_dir).check((*NAMES, BASELINE, OFFERED, UNPARSED), [TABLE])
    check_database(run_dir / DATABASE)


def write_all(results: CallerResults, run_dir: Path, say: Say | None = None) -> dict[str, Path]:
    """Write every output under ``run_dir``; returns file name -> path.

    ``optimal_policies.csv``, ``survivors.parquet``, ``trades.*``, ``calls.parquet`` and ``worklist.csv`` have the same
    bytes for the same results; ``results.duckdb`` holds the tables of them, ``report.html`` and ``summary.json``
    the wall time too. Where calls come from chats, ``unparsed.csv`` lists the messages that are none.
    ``say`` hears of results that were changed since quantray wrote them: they are kept. DiskError without room.
    """
    offered = baseline_of(results)
    names = NAMES if offered is None else (*NAMES, BASELINE, OFFERED)
    calls = results.coverage.plan.calls
    names = names if calls.messages is None else (*names, UNPARSED)
    published, places = Published(run_dir), {name: run_dir / name for name in (*names, DATABASE)}
    with room(f"the report in {run_dir}", "every result is stored in the study"), published.staging() as folder:
        paths = {name: folder / name for name in names}
        best = best_frame(results)
        write_table_csv(best, paths["optimal_policies.csv"])
        write_parquet(survivors_frame(results), paths["survivors.parquet"])
        trades = trades_frame(results)
        write_parquet(trades, paths["trades.parquet"])
        write_table_csv(trades, paths["trades.csv"])
        write_parquet(calls_frame(results), paths["calls.parquet"])
        write_worklist(results.coverage, paths["worklist.csv"])
        paths["summary.json"].write_text(dumped(summary(results)), encoding="utf-8")
        paths["report.html"].write_text(report_html(results, offered, BASELINE), encoding="utf-8")
        if calls.messages is not None:
            write_unparsed(calls, paths[UNPARSED])
        if offered is not None:
            paths[BASELINE].write_text(page(offered), encoding="utf-8")
            write_parquet(alerts_frame(offered.alerts), paths[OFFERED])
        write_parquet(best, folder / "best.parquet")
        tables = {
            "policies": results.parts, "best": [folder / "best.parquet"], "survivors": [places["survivors.parquet"]],
            "trades": [places["trades.parquet"]], "calls": [places["calls.parquet"]],
        }  # fmt: skip
        for sentence in published.write(results.study, paths):
            if say is not None:
                say(sentence)
        write_database(places[DATABASE], tables, folder)
    return {**places, "policies": run_dir / TABLE}
