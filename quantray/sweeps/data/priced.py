"""Sessions from an underlying's grid and option rows of a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from quantray.files.tables import Table
from quantray.runner.threads import abreast, in_order
from quantray.sweeps.data.chain import Contracts, check_underlying, listed_in, read_chain
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.options import OptionGrid, OptionReader, Rows, bars_of, lay_options
from quantray.sweeps.data.quality import count_session
from quantray.sweeps.data.sessions import Span, Window
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.data.standard import standard
from quantray.sweeps.market import Session

_TIMES = 8  # what a session takes while it is made, times what it takes afterwards


def priced_sessions(
    settings: DataSettings, tables: dict[str, Table], symbol: str | None, grids: Iterable[Grid], span: Span,
    counts: Counter[str],
) -> Generator[Session]:  # fmt: skip
    """Sessions that have option rows, in time order; a few are made ahead."""
    options = tables["options"]
    listing = tables.get("chain", options)
    contracts = read_chain(listing, symbol, span)
    check_underlying(options, symbol)
    reader = OptionReader(options, symbol, contracts.symbol)

    read: list[tuple[Window, int]] = []

    def noted() -> Iterator[Grid]:
        for grid in grids:
            read.append((grid.window, grid.interval_s))
            yield grid

    def made(grid: Grid) -> tuple[Session | None, Counter[str]]:
        own = Counter[str]()
        session = _priced(settings, reader, contracts, listing, grid, own)
        if session is not None:
            count_session(own, session, grid.suspects)
        return session, own

    try:
        for session, own in _abreast(noted(), made):
            counts.update(own)
            if session is not None:
                yield session
    finally:
        reader.close()
    counts["option_rows_outside_sessions"] += reader.count_outside(span, [window for window, _ in read])
    if read and settings.interval is None:
        reader.check_interval(read[0][1])


def _abreast(
    grids: Iterable[Grid], made: Callable[[Grid], tuple[Session | None, Counter[str]]]
) -> Iterator[tuple[Session | None, Counter[str]]]:  # fmt: skip
    """What is made of each, in order: the first session alone, which tells how many go on at once."""
    rest = iter(grids)
    for grid in rest:
        found = made(grid)
        yield found
        if found[0] is not None:
            for _, one in in_order(rest, made, abreast(_TIMES * found[0].nbytes)):
                yield one


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Option rows of one session that are of contracts listed in it: ``place`` [rows] is each row's contract."""

    contracts: Contracts
    ends: np.ndarray  # [m] first bar at which each trades no more
    rows: Rows
    place: np.ndarray


def listed_rows(
    reader: OptionReader, chain: Contracts, listing: Table, grid: Grid, counts: Counter[str]
) -> Listed:  # fmt: skip
    """The session's rows; those of symbols that the chain does not know, or does not list there, are counted."""
    window = grid.window
    rows = reader.read(window)
    known = rows.code >= 0
    counts["rows_unknown_symbol"] += int((~known).sum())
    codes = np.flatnonzero(np.bincount(rows.code[known], minlength=1))
    chosen = listed_in(chain, window, codes, listing is reader.table)
    c = chain.take(chosen)
    usual = standard(
        listing.where, c.symbol, c.right, c.strike, c.expiry, c.multiplier, odd=c.adjusted, morning=c.morning,
        counts=counts,
    )  # fmt: skip
    chosen = chosen[usual]
    contracts = chain.take(chosen)
    place = np.full(len(chain.symbol) + 1, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    places = place[rows.code]  # code -1 looks up the last place, which nothing has
    mine = places >= 0
    counts["rows_in_sessions"] += len(rows.code)
    counts["rows_unlisted"] += int((known & ~mine).sum())
    return Listed(contracts, contracts.ends(window, grid.interval_s), rows.take(mine), places[mine])


def _priced(
    settings: DataSettings, reader: OptionReader, chain: Contracts, listing: Table, grid: Grid, counts: Counter[str]
) -> Session | None:
    """The session with its option prices; None (counted) when it has none or only part of them."""
    found = listed_rows(reader, chain, listing, grid, counts)
    where = reader.table.where
    bar = bars_of(found.rows, grid.window, grid.interval_s, where)
    late = bar >= found.ends[found.place]
    counts["rows_after_expiry"] += int(late.sum())
    rows, bar, place = found.rows.take(~late), bar[~late], found.place[~late]
    if not counted_whole(settings, bar, found.ends, grid, counts):
        return None
    contracts, tolerance = found.contracts, settings.arbitrage_tolerance
    shape = (contracts.strike, contracts.right)
    prices = lay_options(
        rows, bar, place, grid, shape, found.ends, quotes=reader.quotes, where=where, tolerance=tolerance,
        counts=counts,
    )  # fmt: skip
    return session_of(grid, contracts, prices)


def counted_whole(
    settings: DataSettings, bar: np.ndarray, ends: np.ndarray, grid: Grid, counts: Counter[str]
) -> bool:  # fmt: skip
    """Whether the options' rows, of these bars [r], are those of a whole session; counted where not."""
    if len(bar) == 0:
        counts["sessions_no_options"] += 1
        return False
    if (int(bar.max()) - int(bar.min()) + 1) / min(grid.n_bars, int(ends.max())) < settings.min_options_span:
        counts["sessions_incomplete"] += 1
        return False
    return True


def session_of(grid: Grid, contracts: Contracts, prices: OptionGrid) -> Session:
    """One immutable session from its bars, contracts and option prices."""
    window = grid.window
    session = Session(
        date=window.date, open_ns=window.open_ns, interval_s=grid.interval_s, open_s=window.open_s,
        open=grid.open, high=grid.high, low=grid.low, close=grid.close, volume=grid.volume, price=grid.price,
        filled=grid.filled, vwap_running=grid.vwap_running,
        symbol=contracts.symbol, strike=contracts.strike, right=contracts.right, expiry=contracts.expiry,
        multiplier=contracts.multiplier, bid=prices.bid, ask=prices.ask, last=prices.last, fresh=prices.fresh,
        closed=grid.closed, ends=contracts.ends(window, grid.interval_s),
    )  # fmt: skip
    for f in fields(session):
        value = getattr(session, f.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return session
