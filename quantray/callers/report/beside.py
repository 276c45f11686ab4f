"""What the calls of each caller offered, beside what the policy captured of it."""

from __future__ import annotations

from typing import Any

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report.baseline.words import figure, multiple, seconds, share
from quantray.callers.report.sections import callers, group
from quantray.callers.report.words import metric
from quantray.callers.results import GROUP, CallerResults, Part, UnitResult
from quantray.report.sheet import Sheet
from quantray.report.words import DASH, number


def sheet(r: CallerResults, offered: BaselineResults) -> Sheet:
    """One row a caller in the order of the report's table, the group of all of them first."""
    by_name: dict[str, dict[str, Any]] = {row["caller"]: row for row in offered.leaderboard}
    whole = group(r)
    units = [*([whole] if whole is not None and not r.plan.filter_collapsed else []), *callers(r)]
    by_name[GROUP] = offered.everybody
    rows = [_row(r, unit, by_name[unit.name]) for unit in units if unit.name in by_name]
    head = _head(r)
    return Sheet(
        "What the calls offered", head, [[text for text, _ in row] for row in rows],
        values={k: [row[k][1] for row in rows] for k in range(1, len(head))},
        signed=[k for k, name in enumerate(head) if name.startswith(("median end", "net"))],
    )  # fmt: skip


def _head(r: CallerResults) -> list[str]:
    """Names of the columns; held out first where something is."""
    got = ["net training", "captured training"]
    got = ["net held out", "captured held out", *got] if r.split_ns is not None else got
    return ["caller", "calls", "median highest", "median time to it", "reach 2x", "median end", *got]


def _row(r: CallerResults, unit: UnitResult, found: dict[str, Any]) -> list[tuple[str, float | None]]:
    """Each cell as text, and the figure in it."""
    c = unit.shown
    both = (None, None) if c is None else (c.held_out, c.train)
    parts = both if r.split_ns is not None else both[1:]
    told = (("n_ok", number), ("median_ath_multiple", multiple), ("median_time_to_ath_s", seconds),
            ("hit_rate_2x", share), ("median_end_return", share))  # fmt: skip
    return [
        (unit.name, None),
        *((word(found[name]), figure(word, found[name])) for name, word in told),
        *(cell for part in parts for cell in _captured(part)),
    ]


def _captured(part: Part | None) -> tuple[tuple[str, float | None], tuple[str, float | None]]:
    """Mean net return with the number of trades, and the share of the reachable."""
    if part is None:
        return (DASH, None), (DASH, None)
    net, n, caught = (part.metrics.get(name) for name in ("captured_return", "n_trades", "capture_ratio"))
    told = metric("captured_return", net)
    named = f"{told} ({number(n)})" if told != DASH else told
    return (named, figure(share, net)), (share(caught), figure(share, caught))
