"""``quantray data check`` of calls and candles: all checks of both; none stops at the first thing that is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from quantray.callers.data import call_checks, candle_checks
from quantray.callers.data.calls import load_calls
from quantray.callers.data.candles import CandleSource, open_candles
from quantray.callers.data.choice import COLUMNS
from quantray.callers.data.settings import CallsData, CallSettings, Gates
from quantray.callers.data.source import ns_of, opened
from quantray.callers.market import Calls
from quantray.durations import written
from quantray.errors import DataError
from quantray.files.findings import MOST, Checked, Finding, Row, Severity
from quantray.files.located import located


def check_calls(data: CallsData, settings: CallSettings, gates: Gates) -> Checked:
    """Look at everything. DataError where the tables cannot be opened or have none of the columns."""
    found, facts = _calls_alone(data)
    quality: dict[str, float] = {}
    calls: Calls | None = None
    try:
        calls = load_calls(data, settings)
        facts |= {"calls": f"{len(calls):,}", "callers": f"{len(calls.callers):,}"}
    except DataError as error:
        found.append(_refused("calls", error))
    source_name = "" if calls is None else calls.source
    try:
        with open_candles(data) as source:
            inventory = source.inventory
            facts |= {"candles": f"{int(inventory.rows.sum()):,}", "assets": f"{len(inventory.assets):,}",
                      "interval": written(inventory.interval_s)}  # fmt: skip
            of_candles, quality = candle_checks.candle_findings(source, data, gates)
            of_candles = [_with_copies(source, f) for f in of_candles]
            name = source.table.column("asset")
            found = [*located(source.table, of_candles, source.ns, name), *found]
            if calls is not None:
                found += call_checks.candle_findings(calls, source)
            source_name = source_name or inventory.source
    except DataError as error:
        found = [_refused("candles", error), *found]
    return Checked(source_name, facts, tuple(found), quality)


def _calls_alone(data: CallsData) -> tuple[list[Finding], dict[str, str]]:
    with opened(data, "calls") as tables:
        table = tables["calls"]
        table.require("caller", "asset")
        found = call_checks.row_findings(table, data.unit_of("calls"))
        located_rows = located(table, found, ns_of(table, data.unit_of("calls")), table.column("caller"))
        return located_rows, {}


def _with_copies(source: CandleSource, finding: Finding) -> Finding:
    """Times that stand twice, where some do: nothing else asks the table for them."""
    if not finding.count or finding.check not in ("duplicates", "conflicts"):
        return finding
    asset = f"{source.table.column('asset')}::VARCHAR"
    values = ", ".join(source.table.column(name) for name in COLUMNS)
    sign = "=" if finding.check == "duplicates" else ">"
    got = source.table.fetch(
        f"SELECT {asset} AS asset, {source.ns} AS ns, count(*) AS n FROM {{t}} WHERE {source.rows} GROUP BY 1, 2 "
        f"HAVING count(*) > 1 AND count(DISTINCT ({values})) {sign} 1 ORDER BY ns, asset LIMIT {MOST}"
    )
    rows = zip(*(np.ma.getdata(got[c]).tolist() for c in ("asset", "ns", "n")), strict=True)
    return replace(finding, rows=tuple(Row(int(at), str(name), f"{n} rows") for name, at, n in rows))


def _refused(table: str, error: DataError) -> Finding:
    return Finding("refused", table, Severity.ERROR, 1, 0, f"{error}", "nothing else of the table was looked at")
