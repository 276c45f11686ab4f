"""The files of a finished baseline, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.data import UNPARSED, write_unparsed, write_worklist
from quantray.callers.report.baseline.page import page
from quantray.callers.report.baseline.summary import summary
from quantray.callers.report.baseline.tables import alerts_frame, board_frame
from quantray.callers.report.database import check_database, write_database
from quantray.errors import ConfigError
from quantray.files import Published, room
from quantray.report.json_text import dumped
from quantray.report.tables import write_parquet, write_table_csv

NAMES = (
    "alerts.parquet", "alerts.csv", "leaderboard.parquet", "leaderboard.csv", "worklist.csv", "summary.json",
    "report.html",
)  # fmt: skip
DATABASE = "results.duckdb"
#: Its tables of ours.
TABLES = ("alerts", "leaderboard")


def check_results(run_dir: Path, study: str) -> None:
    """ConfigError, before work starts, where a result would replace what is not this study's."""
    published = Published(run_dir)
    published.check((*NAMES, UNPARSED))
    others = {name: whose for name, whose in published.studies((*NAMES, UNPARSED)).items() if whose != study}
    if others:
        name, whose = next(iter(others.items()))
        raise ConfigError(
            f"{run_dir} holds {name} of the study {whose!r}, and this is {study!r}: its results would take that "
            "one's place; give another run_dir=DIR"
        )
    check_database(run_dir / DATABASE, TABLES)


def write_all(results: BaselineResults, run_dir: Path, say: Callable[[str], Any] | None = None) -> dict[str, Path]:
    """Write every output under ``run_dir``; returns file name -> path.

    The tables have the same bytes for the same results; ``report.html`` and ``summary.json`` hold the wall time too.
    Where calls come from chats, ``unparsed.csv`` lists the messages that are none. ``say`` hears of results that were
    changed since quantray wrote them: they are kept. DiskError without room.
    """
    calls = results.coverage.plan.calls
    names = NAMES if calls.messages is None else (*NAMES, UNPARSED)
    published, places = Published(run_dir), {name: run_dir / name for name in (*names, DATABASE)}
    with room(f"the report in {run_dir}", "every result is stored in the study"), published.staging() as folder:
        paths = {name: folder / name for name in names}
        if calls.messages is not None:
            write_unparsed(calls, paths[UNPARSED])
        alerts, board = alerts_frame(results.alerts), board_frame(results.leaderboard)
        write_parquet(alerts, paths["alerts.parquet"])
        write_table_csv(alerts, paths["alerts.csv"])
        write_table_csv(board, paths["leaderboard.csv"])
        write_parquet(board, paths["leaderboard.parquet"])
        write_worklist(results.coverage, paths["worklist.csv"])
        paths["summary.json"].write_text(dumped(summary(results)), encoding="utf-8")
        paths["report.html"].write_text(page(results), encoding="utf-8")
        tables = {"alerts": [places["alerts.parquet"]], "leaderboard": [places["leaderboard.parquet"]]}
        for sentence in published.write(results.study, paths):
            if say is not None:
                say(sentence)
        write_database(places[DATABASE], tables, folder)
    return places
