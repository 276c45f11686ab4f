"""What the calls of each caller offered, beside what the policy captured of it."""

from __future__ import annotations

from typing import Any

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report.baseline.words import multiple, seconds, share
from quantray.callers.report.sections import callers, group
from quantray.callers.report.words import metric
from quantray.callers.results import GROUP, CallerResults, Part, UnitResult
from quantray.report.words import DASH, number


def head(r: CallerResults) -> list[str]:
    """Names of the columns; held out first where something is."""
    got = ["training, net", "captured"]
    got = ["held out, net", "captured", *got] if r.split_ns is not None else got
    return ["caller", "calls measured", "highest, median", "after, median", "reach 2x", "end, median", *got]


def rows(r: CallerResults, offered: BaselineResults) -> list[list[str]]:
    """One row a caller in the order of the report's table, the group of all of them first."""
    by_name: dict[str, dict[str, Any]] = {row["caller"]: row for row in offered.leaderboard}
    whole = group(r)
    units = [*([whole] if whole is not None and not r.plan.filter_collapsed else []), *callers(r)]
    by_name[GROUP] = offered.everybody
    return [_row(r, unit, by_name[unit.name]) for unit in units if unit.name in by_name]


def _row(r: CallerResults, unit: UnitResult, found: dict[str, Any]) -> list[str]:
    c = unit.shown
    both = (None, None) if c is None else (c.held_out, c.train)
    parts = both if r.split_ns is not None else both[1:]
    return [
        unit.name, number(found["n_ok"]), multiple(found["median_ath_multiple"]),
        seconds(found["median_time_to_ath_s"]), share(found["hit_rate_2x"]), share(found["median_end_return"]),
        *(cell for part in parts for cell in _captured(part)),
    ]  # fmt: skip


def _captured(part: Part | None) -> tuple[str, str]:
    """Mean net return with the number of trades, and the share of the reachable."""
    if part is None:
        return DASH, DASH
    net, n = part.metrics.get("captured_return"), part.metrics.get("n_trades")
    told = metric("captured_return", net)
    return f"{told} ({number(n)})" if told != DASH else told, share(part.metrics.get("capture_ratio"))
