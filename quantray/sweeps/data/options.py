"""Option rows: read session by session, judged, laid on dense grids."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.errors import DataError
from quantray.files.duckdb_file import text
from quantray.files.tables import Table
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.sessions import NS, Span, Window
from quantray.sweeps.data.underlying import stamp
from quantray.sweeps.market import CALL, CROSSED_QUOTE, ZERO_QUOTE

TRADES = ("vwap", "close", "last")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Option rows of one session in the file's order; ``code`` is the contract's place in the chain, -1 unknown."""

    ts: np.ndarray
    code: np.ndarray
    columns: dict[str, np.ndarray]  # bid ask vwap close last volume
    file: np.ndarray | None = None  # number of the row's file, where there are several

    def take(self, rows: np.ndarray) -> Rows:
        """Some of the rows: places [k], or a mask."""
        if rows.dtype == bool and rows.all():
            return self
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Rows(self.ts[rows], self.code[rows], columns, None if self.file is None else self.file[rows])


@dataclass(frozen=True, slots=True, eq=False)
class OptionGrid:
    """[m, n] each, as in ``quantray.sweeps.market.Session``."""

    bid: np.ndarray | None
    ask: np.ndarray | None
    last: np.ndarray | None
    fresh: np.ndarray


class OptionReader:
    """Option rows of one underlying; knows the mode of the data set and every contract's code."""

    def __init__(self, table: Table, symbol: str | None, contracts: Sequence[str]) -> None:
        table.require("symbol")
        table.require_times()
        quotes, prints = table.has("bid", "ask"), any(table.has(name) for name in TRADES)
        if not quotes and not prints:
            table.require("bid", "ask")
        self.table = table
        self.mine = table.of(symbol, "underlying")
        self.quotes = quotes and self._has_quote()
        self.steps: set[int] = set()  # offsets from the open, in seconds, seen so far
        self.seen = self.outside = 0  # rows of sessions read so far, and those of them in a break
        self._turn, self._over = threading.Lock(), False
        labels = ", ".join(text(s) for s in contracts)
        table.connection.execute(f"CREATE TYPE contract_symbol AS ENUM ({labels})")

    def _has_quote(self) -> bool:
        sides = " OR ".join(f"({s} IS NOT NULL AND {s}::DOUBLE > 0)" for s in map(self.table.column, ("bid", "ask")))
        (found,) = self.table.row(f"SELECT count(*) FROM (SELECT 1 FROM {{t}} WHERE {self.mine} AND ({sides}) LIMIT 1)")
        return bool(found)

    def read(self, window: Window) -> Rows:
        """Rows stamped in [open, close); those in its break are counted and left out. Threads take turns."""
        with self._turn:
            if self._over:
                raise DataError(f"{self.table.where}: nothing is read any more")
            rows = self._fetched(window)
            self.seen += len(rows.ts)
            closed = window.closed(rows.ts)
            self.outside += int(closed.sum())
            rows = rows.take(~closed)
            self.steps.update(np.flatnonzero(np.bincount((rows.ts - window.open_ns) // NS)).tolist())
        return rows

    def close(self) -> None:
        """Wait for who reads now; nobody reads after that, and the connection may be closed."""
        with self._turn:
            self._over = True

    def _fetched(self, window: Window) -> Rows:
        t = self.table
        names = ("bid", "ask") if self.quotes else (*TRADES, "volume")
        file = ", file" if t.has("file") else ""
        got = t.fetch(
            f"SELECT epoch_ns({t.column('ts')}) AS ts, "
            f"coalesce(enum_code(TRY_CAST({t.column('symbol')} AS contract_symbol))::INTEGER, -1) AS code, "
            f"{t.numbers(names)}{file} FROM {{t}} WHERE {self.mine} AND {t.between(window.open_ns, window.close_ns)}"
        )
        columns = {name: np.asarray(got[name], np.float64) for name in names}
        return Rows(np.asarray(got["ts"], np.int64), np.asarray(got["code"], np.int64), columns, got.get("file"))

    def count_outside(self, span: Span, read: Sequence[Window]) -> int:
        """Rows of the span that lie in no session; ``read`` are the sessions whose rows were read."""
        (total,) = self.table.row(f"SELECT count(*) FROM {{t}} WHERE {self._stamped(span.start_ns, span.stop_ns)}")
        known = {w.open_ns for w in read}
        others = [w for w in span.windows if w.open_ns not in known]
        for w in others:
            (inside,) = self.table.row(f"SELECT count(*) FROM {{t}} WHERE {self._stamped(w.open_ns, w.close_ns)}")
            total -= inside
        return int(total) - self.seen + self.outside

    def _stamped(self, start_ns: int, stop_ns: int) -> str:
        return f"{self.mine} AND {self.table.between(start_ns, stop_ns)}"

    def check_interval(self, interval_s: int) -> None:
        """Refuse minute rows on bars of seconds: the price of a minute is not known at its first second."""
        steps = np.array(sorted(self.steps), np.int64)
        step = int(np.gcd.reduce(steps - steps[0])) if len(steps) else 0  # minutes stamped …:59 are minutes, too
        if interval_s < 60 and step > 0 and step % 60 == 0 and len(self.steps) >= 25:
            raise DataError(
                f"{self.table.where}: option rows are {step} s apart but the underlying's bars {interval_s} s, and a "
                "row is known only when its own interval has ended; load both at one interval, or, if the rows are "
                f"bars of {interval_s} s that happen to be sparse, say so with data.interval={interval_s}s"
            )


def bars_of(rows: Rows, window: Window, interval_s: int, where: str) -> np.ndarray:
    """Bar of each row [r]; DataError where a row lies off the grid, is out of order or repeated."""
    offset = rows.ts - window.open_ns
    if (offset % (interval_s * NS)).any():
        at = int(np.argmax(offset % (interval_s * NS) != 0))
        raise DataError(
            f"{where}: the row at {stamp(rows.ts[at])} lies between the bars of the underlying ({interval_s} s)"
        )
    if (np.diff(rows.ts) < 0).any():
        file = np.zeros(len(rows.ts), np.int32) if rows.file is None else rows.file  # each file is in time order
        order = np.lexsort((file, rows.code))
        ts, code, file = rows.ts[order], rows.code[order], file[order]
        back = (np.diff(ts) < 0) & (np.diff(code) == 0) & (np.diff(file) == 0)
        if back.any():
            at = int(np.argmax(back))
            raise DataError(
                f"{where}: timestamps are not sorted: one contract has {stamp(ts[at + 1])} after {stamp(ts[at])}"
            )
    return offset // (interval_s * NS)


def lay_options(
    rows: Rows, bar: np.ndarray, place: np.ndarray, grid: Grid, contracts: tuple[np.ndarray, np.ndarray],
    ends: np.ndarray, quotes: bool, where: str, tolerance: float, counts: Counter[str],
) -> OptionGrid:  # fmt: skip
    """Dense grids of one session. ``place`` [rows] is each row's contract there, ``contracts`` (strike, right).

    Nothing stands in a break of the exchange or after it until it is quoted anew, nor from the bar on at which a
    contract ``ends`` [m].
    """
    m, n = len(contracts[0]), grid.n_bars
    cell = place * n + bar
    _check_unique(cell, m * n, rows, where)
    low, high = bounds(grid, *contracts, place, bar, tolerance)
    if quotes:
        bid, ask, replaces = judge_quotes(rows.columns["bid"], rows.columns["ask"], low, high, counts)
        return standing(bid[replaces], ask[replaces], cell[replaces], grid.closed, ends, n)
    price = judge_prints(rows.columns, low, high, counts)
    last = np.full((m, n), np.nan)
    traded = ~np.isnan(price)
    last.ravel()[cell[traded]] = price[traded]
    return OptionGrid(None, None, last, ~np.isnan(last))


def _check_unique(cell: np.ndarray, cells: int, rows: Rows, where: str) -> None:
    if len(cell) and np.bincount(cell, minlength=cells).max() > 1:
        order = np.argsort(cell, kind="stable")
        at = order[int(np.argmax(np.diff(cell[order]) == 0))]
        raise DataError(f"{where}: timestamp {stamp(rows.ts[at])} is duplicated for one contract")


def bounds(
    grid: Grid, strike: np.ndarray, right: np.ndarray, place: np.ndarray, bar: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """No-arbitrage bounds of each row [r] in currency: what exercise pays at least, what the right is worth at most.

    The underlying may have been anywhere between its bar's low and high. Before its first trade there is no lower
    bound, and that trade tells what a right is worth at most: nothing is bought earlier, but a quote may stand until.
    """
    k, call = strike[place], right[place] == CALL
    begin = int(np.argmax(~np.isnan(grid.close)))
    known = np.maximum(bar, begin)
    slack = tolerance * grid.close[known]
    low = np.where(call, grid.low[bar] - k, k - grid.high[bar])
    high = np.where(call, grid.high[known], k)
    return np.maximum(low, 0.0) - slack, high + slack


@dataclass(frozen=True, slots=True, eq=False)
class QuoteFaults:
    """Which rows [r] have a side at all, and which of them are quarantined for which reason, at most one each.

    Zero or negative asks (and negative bids), crossed quotes, and quotes whose ask lies below or whose bid lies above
    the no-arbitrage bounds are quarantined whole. Locked ones are fine. An ask above what the right can be worth at
    most (a stub such as 199999.99, infinity) asks nothing: that side is absent, the bid stands.
    """

    replaces: np.ndarray
    zero: np.ndarray
    crossed: np.ndarray
    bounds: np.ndarray
    absurd_ask: np.ndarray

    def count(self, counts: Counter[str]) -> None:
        for name in QUOTE_FAULTS:
            counts[f"quarantined_quotes_{name}"] += int(getattr(self, name).sum())
        counts["quotes"] += int(self.replaces.sum())
        counts["rows_trade_only"] += int((~self.replaces).sum())


QUOTE_FAULTS = ("zero", "crossed", "bounds", "absurd_ask")


def quote_faults(bid: np.ndarray, ask: np.ndarray, low: np.ndarray, high: np.ndarray) -> QuoteFaults:
    """Judge rows [r] against their no-arbitrage bounds."""
    replaces = ~(np.isnan(bid) & np.isnan(ask))
    zero = (ask <= 0) | (bid < 0)
    outside = ~zero & ((ask < low) | (bid > high) | np.isposinf(bid))
    absurd = ~zero & ~outside & ((ask > high) | np.isposinf(ask))
    crossed = ~zero & ~absurd & (bid > ask)
    return QuoteFaults(replaces, zero, crossed, outside & ~crossed, absurd)


def judge_quotes(
    bid: np.ndarray, ask: np.ndarray, low: np.ndarray, high: np.ndarray, counts: Counter[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sides [r] in currency, as a session stores them, and which rows [r] replace the standing quote.

    A bid of 0 is no bid. What is quarantined (:class:`QuoteFaults`) has the bid NaN and as ask a code.
    """
    found = quote_faults(bid, ask, low, high)
    found.count(counts)
    return *_stored_sides(bid, ask, found), found.replaces


def _stored_sides(bid: np.ndarray, ask: np.ndarray, found: QuoteFaults) -> tuple[np.ndarray, np.ndarray]:
    """Both sides as a session stores them."""
    shown = np.where(bid > 0, bid, np.nan)
    shown[found.zero | found.crossed | found.bounds] = np.nan
    asked = np.where(np.isnan(ask) | found.absurd_ask, np.nan, ask)
    asked[found.zero], asked[found.crossed | found.bounds] = ZERO_QUOTE, CROSSED_QUOTE
    return shown, asked


def judge_prints(columns: dict[str, np.ndarray], low: np.ndarray, high: np.ndarray, counts: Counter[str]) -> np.ndarray:
    """Trade price of each row [r] in currency (vwap, else close, else last), NaN without a trade or quarantined."""
    price, traded, outside = print_faults(columns, low, high)
    counts["prints"] += int(traded.sum())
    counts["quarantined_prints_bounds"] += int(outside.sum())
    return np.where(traded & ~outside, price, np.nan)


def print_faults(
    columns: dict[str, np.ndarray], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(price, whether it is one of a trade, whether that lies outside its no-arbitrage bounds) of each row [r]."""
    price = columns["vwap"]
    for name in ("close", "last"):
        price = np.where(np.isnan(price), columns[name], price)
    traded = ~np.isnan(price) & ~(columns["volume"] <= 0)
    outside = traded & ((price <= 0) | (price < low) | (price > high) | np.isposinf(price))
    return price, traded, outside


def standing(
    bid: np.ndarray, ask: np.ndarray, cell: np.ndarray, closed: np.ndarray | None, ends: np.ndarray, n: int
) -> OptionGrid:
    """Quotes [m, n] of rows in time order whose place in the grid is ``cell``: each stands until it is replaced."""
    m, nothing = len(ends), len(bid)
    source = np.full((m, n), -1, np.int32)
    source.ravel()[cell] = np.arange(len(cell), dtype=np.int32)
    fresh = source >= 0
    first = source[:, 0]
    first[first < 0] = nothing
    if closed is not None:
        # whoever quoted before the break may have gone: nobody knows until the next row
        source[:, closed] = nothing
    for c in np.flatnonzero(ends < n):
        source[c, ends[c] :] = nothing
    begins = np.flatnonzero(source.ravel() >= 0)
    rows, lasts = source.ravel()[begins], np.diff(begins, append=m * n)
    sides = (np.repeat(np.append(side, np.nan)[rows], lasts).reshape(m, n) for side in (bid, ask))
    return OptionGrid(next(sides), next(sides), None, fresh)
