"""From settings to a slice: read, check, lay on grids, count what was set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from quantray.errors import DataError, near_miss
from quantray.files.tables import Table
from quantray.plain import amount
from quantray.sweeps.data.bar_reader import BarReader
from quantray.sweeps.data.grid import Grid, coverage_of, lay
from quantray.sweeps.data.modelled import day_variances, model_options
from quantray.sweeps.data.priced import priced_sessions, session_of
from quantray.sweeps.data.quality import count_session, summary_of
from quantray.sweeps.data.sessions import NS, Span, Window, span_of
from quantray.sweeps.data.settings import DataSettings, seconds_of
from quantray.sweeps.data.sources import open_tables
from quantray.sweeps.data.stored import Shelf, found_market
from quantray.sweeps.data.synthetic_market import FILES, VERSION, ensure_market
from quantray.sweeps.data.underlying import Bars
from quantray.sweeps.market import Session, Slice


def load(settings: DataSettings) -> Slice:
    """The market that ``settings`` describe, checked and immutable. Raises DataError when it cannot be used."""
    if settings.kind == "synthetic":
        return _load_synthetic(settings)
    check_given(settings)
    if settings.kind == "parquet" and settings.options is None and settings.chain != "synthetic":
        raise DataError("no option data: give data.options=FILE, or data.chain=synthetic for modelled options")
    stored = found_market(settings)
    if stored is not None:
        return stored
    tables = open_tables(settings)
    try:
        with closing(Shelf(settings)) as shelf:
            return _load_tables(settings, tables, shelf)
    finally:
        tables["underlying"].connection.close()


def check_given(settings: DataSettings) -> None:
    """DataError where the settings name no underlying, or options twice."""
    if settings.kind == "parquet" and settings.underlying is None:
        raise DataError("data=parquet needs bars of an underlying: data.underlying=FILE")
    if settings.options is not None and settings.chain == "synthetic":
        raise DataError("data.chain=synthetic models the options: leave data.options out, or give a chain")


def _load_synthetic(settings: DataSettings) -> Slice:
    made = load(synthetic_files(settings))
    s = settings.synthetic
    edge = "no planted edge" if s.edge == 0 else f"PLANTED EDGE {s.edge:g}"
    source = f"synthetic market, seed {s.seed}, {edge}, generator {VERSION}, {len(made)} sessions from {made.dates[0]}"
    return replace(made, source=source)


def synthetic_files(settings: DataSettings) -> DataSettings:
    """The settings that read the files of the synthetic market, which is made where the cache has it not."""
    given = [k for k in ("underlying", "chain", "options", "duckdb", "symbol") if getattr(settings, k) is not None]
    if given:
        raise DataError(f"data.{given[0]} means nothing to data=synthetic; did you mean data=parquet?")
    folder = ensure_market(settings)
    underlying, chain, options = (str(folder / name) for name in FILES)
    return replace(settings, kind="parquet", underlying=underlying, chain=chain, options=options)


def _load_tables(settings: DataSettings, tables: dict[str, Table], shelf: Shelf) -> Slice:
    table, counts = tables["underlying"], Counter[str]()
    table.require_times()
    symbol = symbol_of(settings, table)
    span = reached_span(settings, table, symbol)
    reader = BarReader(table, symbol, span)
    looked = reader.look(counts)
    given = None if settings.interval is None else seconds_of(settings.interval)
    if looked.bars == 0:
        raise _no_data(settings, table, symbol)
    counts["rows_set_aside"] = sum(n for one in tables.values() for n in one.aside.values())
    interval = looked.interval(given)
    grids = (
        grid for windows, bars in reader.read() for grid in grids_of(settings, bars, windows, interval, counts)
    )  # fmt: skip
    name = symbol or Path(table.where).stem
    if settings.chain == "synthetic":
        made = modelled_sessions(settings, grids, name, counts)
    else:
        made = priced_sessions(settings, tables, symbol, grids, span, counts)
    dates = []
    with closing(made):  # nobody reads any more when the connection is closed
        for session in made:
            shelf.add(session)
            dates.append(session.date)
    if not dates:
        raise _nothing_left(counts)
    where = ", ".join(dict.fromkeys(Path(t.where).name for t in tables.values()))
    modelled = ", options modelled on it (not a market)" if settings.chain == "synthetic" else ""
    imported = "".join(f"; {table.origin}" for table in tables.values() if table.origin)
    source = f"{name} {dates[0]} to {dates[-1]} from {where}{modelled}{imported}"
    return shelf.market(name, source, summary_of(counts), _reading(tables))


def modelled_sessions(
    settings: DataSettings, grids: Iterable[Grid], name: str, counts: Counter[str]
) -> Generator[Session]:  # fmt: skip
    """Sessions with options that are modelled on their bars, in time order."""
    for grid, variance in day_variances(grids, settings.synthetic.daily_vol**2):
        session = session_of(grid, *model_options(grid, variance, settings.synthetic, name, counts))
        count_session(counts, session, grid.suspects)
        yield session


def _reading(tables: dict[str, Table]) -> str:
    """What formats decided about the tables, and what was set aside of each, for reports."""
    told = []
    for key, table in tables.items():
        words = [*table.said, *(f"{amount(n, 'row')} set aside: {reason}" for reason, n in table.aside.items())]
        words += [f"{amount(n, 'row')} withdraw a quote: {reason}" for reason, n in table.withdrawn.items()]
        if words:
            told.append(f"{key} {'; '.join(words)}")
    return ". ".join(told)


def symbol_of(settings: DataSettings, table: Table) -> str | None:
    """The underlying's symbol where the table tells several apart."""
    if not table.has("symbol"):
        return settings.symbol
    found = table.fetch(f"SELECT DISTINCT {table.column('symbol')} AS s FROM {{t}} ORDER BY 1")["s"]
    if np.ma.getmaskarray(found).any():
        raise DataError(f"{table.where}: rows without a symbol in {table.names['symbol']!r}; fill it, or leave it out")
    present = [str(s) for s in found]
    if settings.symbol is not None:
        if settings.symbol not in present:
            raise DataError(f"data.symbol: {table.where}: {near_miss(settings.symbol, present, what='symbol')}")
        return settings.symbol
    if len(present) > 1:
        raise DataError(f"{table.where} holds {', '.join(present[:20])}: choose one with data.symbol={present[0]}")
    return present[0] if present else None


def _reach(table: Table, symbol: str | None) -> tuple[int, int] | None:
    ts = table.column("ts")
    low, high = table.row(f"SELECT min(epoch_ns({ts})), max(epoch_ns({ts})) FROM {{t}} WHERE {table.of(symbol)}")
    return None if low is None else (int(low), int(high))


def reached_span(settings: DataSettings, table: Table, symbol: str | None) -> Span:
    """Sessions of the calendar that both the data and the settings reach."""
    reach = _reach(table, symbol)
    if reach is None:
        raise DataError(f"{table.where} has no rows{f' of {symbol}' if symbol else ''}")
    span = span_of(settings.calendar, *reach, settings.from_, settings.to)
    if not span.windows:
        raise _no_data(settings, table, symbol)
    return span


def _no_data(settings: DataSettings, table: Table, symbol: str | None) -> DataError:
    reach = _reach(table, symbol) or (0, 0)
    first, last = (datetime.fromtimestamp(ns // NS, UTC).date().isoformat() for ns in reach)
    asked = "".join(f" {k} {v}" for k, v in (("from", settings.from_), ("to", settings.to)) if v)
    what = f" of {symbol}" if symbol else ""
    return DataError(
        f"no data{what} in any session of {settings.calendar}{asked}: {table.where} reaches from {first} to {last}; "
        "choose data.from and data.to inside, or the data.calendar of its exchange"
    )


def grids_of(
    settings: DataSettings, bars: Bars, windows: tuple[Window, ...], interval: int, counts: Counter[str]
) -> Iterator[Grid]:
    """A grid for each session with enough bars; the others are counted."""
    for window in windows:
        coverage = coverage_of(bars, window, interval)
        if coverage == 0:
            counts["sessions_missing"] += 1
        elif coverage < settings.min_session_coverage:
            counts["sessions_incomplete"] += 1
        else:
            carry = settings.suspect_bars == "carry"
            yield lay(bars, window, interval, settings.suspect_move, carry)


def _nothing_left(counts: Counter[str]) -> DataError:
    empty, cut = counts["sessions_no_options"], counts["sessions_incomplete"]
    if empty and not cut:
        return DataError(f"no option data: none of the {empty} sessions has an option row; check data.options")
    return DataError(
        f"no usable session: {cut} incomplete (data.min_session_coverage, data.min_options_span) and {empty} without "
        "options"
    )
