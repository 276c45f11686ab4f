"""Bars of a longer interval among bars of a shorter one: a hitch that no look at single rows shows.

An hour's candle begins when its first minute's does, has the larger volume and would hold as the finished one of the
two (docs/calls_data.md, "Which row is the candle"): a run would know an hour ahead. It is told from a finished bar by
what it contains: no price of the bars until the next such one lies outside of it, and its volume is theirs together.
"""

from __future__ import annotations

from math import log

from quantray.durations import written
from quantray.files.duckdb_file import quoted
from quantray.intake.columns import SHAPES
from quantray.intake.target import Target, overlaps_of

UNLIKELY = 1e-9  # that of bars of one interval so many have a volume above that of all that follow
MOST = 0.9  # share of the bars with such a volume that is no chance


def longer_bars(target: Target, table: str, contested: str) -> str:
    """What is wrong where rows of contested keys are bars of a longer interval; "" where nothing shows it.

    ``contested``: the table of the keys of the newest batch. Those of before are looked at too whenever there are twice
    as many: a file a day has one each.
    """
    shape, columns = SHAPES[table], target.columns[table]
    if not shape.by_volume or "volume" not in columns or "interval_s" in columns or shape.when not in columns:
        return ""
    connection = target.connection
    label = quoted(shape.label) if shape.label in columns else "''"
    key = f"{label} AS label, {shape.when} AS ts"
    beside = f"SELECT DISTINCT {key} FROM {overlaps_of(table)}"
    if shape.label in columns:
        beside += f" WHERE {label} IN (SELECT k0 FROM {contested})"
    new, n = connection.execute(
        f"SELECT (SELECT count(*) FROM {contested}), (SELECT count(*) FROM ({beside}))"
    ).fetchone() or (0, 0)
    if n < 3 or (new < 3 and n & (n - 1)):
        return ""
    low, high = ("low", "high") if {"low", "high"} <= set(columns) else ("close", "close")
    volume = "CASE WHEN isnan(volume) THEN 0 ELSE volume END AS volume"
    bars = f"SELECT {key}, {low} AS low, {high} AS high, {volume} FROM {table}"
    found = connection.execute(
        f"WITH odd AS ({beside}), bars AS ({bars}), "
        "step AS (SELECT label, min(gap) AS gap FROM (SELECT label, lead(ts) OVER (PARTITION BY label ORDER BY ts) "
        "- ts AS gap FROM odd) GROUP BY label HAVING min(gap) > INTERVAL 0 SECOND), "
        "held AS (SELECT b.*, s.gap FROM bars b JOIN odd USING (label, ts) JOIN step s USING (label)), "
        "told AS (SELECT h.label, h.ts, any_value(h.gap) AS gap, count(*) AS n, bool_and(h.low <= b.low AND "
        "h.high >= b.high) AND any_value(h.volume) >= sum(b.volume) * (1 - 1e-9) AND sum(b.volume) > 0 AS longer "
        "FROM held h JOIN bars b ON h.label = b.label AND b.ts > h.ts AND b.ts < h.ts + h.gap GROUP BY h.label, h.ts) "
        "SELECT label, epoch(any_value(gap))::BIGINT, strftime(min(ts) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') "
        f"FROM told GROUP BY label HAVING count(*) FILTER (longer) >= {MOST} * count(*) "
        f"AND sum(ln(n + 1)) FILTER (longer) > {-log(UNLIKELY)} ORDER BY label LIMIT 1"
    ).fetchone()
    if found is None:
        return ""
    who = f" of {found[0]}" if found[0] else ""
    return (
        f"bars{who} of {written(int(found[1]))} lie among shorter ones (from {found[2]} on), where they would tell the "
        "future: import one interval alone, each into a file of its own"
    )
