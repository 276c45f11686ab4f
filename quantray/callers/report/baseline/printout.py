"""What a run of the alert baseline prints when it is done: figures with n beside them, callers, notes, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report.baseline.summary import statuses
from quantray.callers.report.baseline.words import STATUS_WORDS, count, multiple, ratio, seconds, share
from quantray.plain import amount, one_line
from quantray.report.listing import listing
from quantray.report.words import DASH, duration

if TYPE_CHECKING:
    from rich.console import RenderableType

FILES = {
    "report.html": "the report: open it in a browser",
    "alerts.parquet": "one row a call",
    "alerts.csv": "the same as CSV",
    "leaderboard.parquet": "one row a caller",
    "leaderboard.csv": "the same as CSV",
    "results.duckdb": "alerts and leaderboard, to be asked in SQL",
    "worklist.csv": "which candles to fetch",
    "unparsed.csv": "messages of chats that are no call, and why",
    "summary.json": "the same as data",
    "ledger.db": "what is done: the same command goes on with it",
}
FIRST, LAST = 12, 4
SHORTEST = 12  # place for a caller's name
WIDE = 96  # columns from which on the last column is shown
HEAD = ("caller", "calls", "highest", "after", "2x", "drawdown", "end", "sold, net", "factor")


def ending(r: BaselineResults, files: Mapping[str, Path], width: int = 80) -> Iterator[RenderableType]:
    """Counts, bad news, callers in the order of the leaderboard, and where everything lies."""
    from rich.text import Text

    yield Text()
    yield Text(one_line(r.study), style="bold")
    reused = f", {amount(r.reused, 'bucket')} reused" if r.reused else ""
    left = [f"{count(n)} {STATUS_WORDS[name]}" for name, n in statuses(r).items() if name != "ok" and n]
    told = "; ".join([f"{count(r.everybody['n_ok'])} of {amount(len(r.alerts), 'call')} measured", *left])
    yield Text(f"{told}, in {duration(r.seconds)}{reused}")
    every = r.everybody
    yield Text(
        f"Highest price {multiple(every['median_ath_multiple'])} after {seconds(every['median_time_to_ath_s'])}, "
        f"drawdown {share(every['median_drawdown'])}, at the end {share(every['median_end_return'])}: medians. "
        f"{share(every['hit_rate_2x'])} reach 2x."
    )
    yield Text()
    for note in r.notes:
        yield Text(note, style="yellow")
    yield Text()
    yield from _callers(r, width)
    yield Text()
    ledger = r.plan.run_dir / "ledger.db"
    yield from listing({**files, **({ledger.name: ledger} if ledger.exists() else {})}, FILES)


def _callers(r: BaselineResults, width: int) -> Iterator[RenderableType]:
    """A line a caller; those without a place are dim."""
    from rich.text import Text

    board = r.leaderboard
    few = len(board) <= FIRST + LAST + 1
    shown = board if few else [*board[:FIRST], *board[-LAST:]]
    last = len(HEAD) if width >= WIDE else -1
    head, rows = HEAD[:last], [_cells(row)[:last] for row in shown]
    widths = [max(len(line[k]) for line in [head, *rows]) for k in range(len(head))]
    widths[0] = min(widths[0], max(width - sum(widths[1:]) - 2 * len(widths), SHORTEST))
    yield Text(_line(head, widths), style="dim")
    for row, cells in zip(shown, rows, strict=True):
        if not few and row is board[-LAST]:
            yield Text(f"… {len(board) - FIRST - LAST:,} more in the report …", style="dim")
        yield Text(_line(cells, widths), style="" if row["place"] is not None else "dim")


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        one_line(row["caller"]),
        count(row["n_ok"]),
        multiple(row["median_ath_multiple"]),
        seconds(row["median_time_to_ath_s"]),
        share(row["hit_rate_2x"]),
        share(row["median_drawdown"]),
        share(row["median_end_return"]),
        share(row["expectancy"]),
        DASH if row["profit_factor"] is None else ratio(row["profit_factor"]),
    )


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    name = cells[0] if len(cells[0]) <= widths[0] else cells[0][: widths[0] - 1] + "…"
    return "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))])
