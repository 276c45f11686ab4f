"""``quantray data check`` of a market: all checks of its tables; none stops at the first thing that is wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from quantray.durations import written
from quantray.errors import DataError
from quantray.files.findings import Checked, Finding, Severity
from quantray.files.located import located
from quantray.files.tables import Table
from quantray.sweeps.data.bar_checks import raw_bars, row_checks, undated
from quantray.sweeps.data.chain import check_underlying, read_chain
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.option_checks import walk_options
from quantray.sweeps.data.option_findings import gate_findings, option_findings
from quantray.sweeps.data.options import OptionReader
from quantray.sweeps.data.quality import summary_of
from quantray.sweeps.data.session_checks import session_checks, walked
from quantray.sweeps.data.sessions import Span
from quantray.sweeps.data.settings import DataSettings, Gates, seconds_of
from quantray.sweeps.data.slices import check_given, grids_of, reached_span, symbol_of, synthetic_files
from quantray.sweeps.data.sources import open_tables
from quantray.sweeps.data.underlying import Bars, inconsistent, interval_of


def check_market(settings: DataSettings, gates: Gates) -> Checked:
    """Look at everything. DataError where the tables cannot be opened or read, or hold no row of the underlying."""
    settings = synthetic_files(settings) if settings.kind == "synthetic" else settings
    check_given(settings)
    tables = open_tables(settings)
    try:
        return _checked(settings, tables, gates)
    finally:
        tables["underlying"].connection.close()


def _checked(settings: DataSettings, tables: dict[str, Table], gates: Gates) -> Checked:
    table, counts = tables["underlying"], Counter[str]()
    table.require("ts")
    symbol = symbol_of(settings, table)
    span = reached_span(settings, table, symbol)
    raw = raw_bars(table, symbol, span)
    bars = raw.usable()
    found = [*_set_aside(table), undated(table), *row_checks(raw)]
    name = symbol or Path(table.where).stem
    facts = {"underlying": f"{name}, {len(raw.ts):,} rows", "sessions": f"{len(span.windows):,}"}
    interval, said = _interval(settings, table, bars, span)
    quality: dict[str, float] = {}
    if said is not None:
        found.append(said)
    else:
        facts["interval"] = written(interval)
        found += session_checks(walked(settings, raw, bars, span, interval), span, raw, interval)
        grids = list(grids_of(settings, bars, span.windows, interval, counts))
        counts["bars_outside_sessions"] += int((~raw.inside).sum())
        counts["inconsistent_bars"] += int(inconsistent(bars.columns).sum())
    found = located(table, found, f"epoch_ns({table.column('ts')})")
    if said is None:
        more, quality = _options(settings, tables, symbol, grids, span, counts, gates, facts)
        found += more
    where = ", ".join(dict.fromkeys(t.where for t in tables.values()))
    return Checked(where, facts, tuple(found), quality)


def _interval(
    settings: DataSettings, table: Table, bars: Bars, span: Span
) -> tuple[int, Finding | None]:  # fmt: skip
    """The bars' interval; a finding where there is none."""
    given = None if settings.interval is None else seconds_of(settings.interval)
    try:
        return interval_of(table.where, bars, span.windows, given), None
    except DataError as error:
        return 0, Finding(
            "interval", "underlying", Severity.ERROR, 1, 0, f"{error}", "nothing that needs an interval was looked at"
        )


def _options(
    settings: DataSettings, tables: dict[str, Table], symbol: str | None, grids: list[Grid], span: Span,
    counts: Counter[str], gates: Gates, facts: dict[str, str],
) -> tuple[list[Finding], dict[str, float]]:  # fmt: skip
    """The checks of the options, and what a run would count."""
    if settings.chain == "synthetic" or "options" not in tables:
        facts["options"] = "modelled" if settings.chain == "synthetic" else "none were named"
        return [], {}
    options = tables["options"]
    listing = tables.get("chain", options)
    dated = undated_options(options)
    if dated.count:
        return [dated], {}
    try:
        chain = read_chain(listing, symbol, span)
        check_underlying(options, symbol)
        reader = OptionReader(options, symbol, chain.symbol)
        walk = walk_options(settings, reader, chain, listing, grids, counts)
        counts["option_rows_outside_sessions"] += reader.count_outside(span, [grid.window for grid in grids])
        if grids and settings.interval is None:
            reader.check_interval(grids[0].interval_s)
    except DataError as error:
        return [dated, _refused(error)], {}
    facts["options"] = f"{len(chain.symbol):,} contracts, {walk.tally['rows']:,} rows in sessions"
    interval = grids[0].interval_s if grids else 60
    found = [*_set_aside(options), dated, *option_findings(walk, quotes=reader.quotes, interval_s=interval)]
    found = located(options, found, f"epoch_ns({options.column('ts')})", options.column("symbol"))
    quality = summary_of(counts)
    return [*found, *gate_findings(quality, gates)], quality


def _set_aside(table: Table) -> list[Finding]:
    """Rows that the format of the file says are none."""
    return [
        Finding(
            "set aside", table.key, Severity.NOTE, n, 0, f"rows that the format sets aside while it reads: {reason}"
        )
        for reason, n in table.aside.items()
    ]


def undated_options(options: Table) -> Finding:
    """Option rows without a time."""
    options.require("ts")
    return undated(options)


def _refused(error: DataError) -> Finding:
    return Finding("refused", "options", Severity.ERROR, 1, 0, f"{error}", "nothing else of the options was looked at")
