"""Option contracts: which exist, and which are listed in a session."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantray.errors import DataError, near_miss
from quantray.files.formats.symbols import told_underlying
from quantray.files.tables import Table
from quantray.sweeps.data.sessions import NS, Span, Window
from quantray.sweeps.data.standard import adjusted, settles_in_the_morning
from quantray.sweeps.market import CALL, PUT

RIGHTS = {"C": CALL, "P": PUT}
NEVER = np.iinfo(np.int64).max  # a contract without a time of day ends at the close


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """Columns [k] in the order (right: calls first, expiry, strike, symbol).

    ``listed`` maps a session date to the contracts that the chain names for it; None: the chain has no dates.
    """

    symbol: tuple[str, ...]
    expiry: np.ndarray  # int32, days since 1970-01-01: the last trading day on or before the dated one
    strike: np.ndarray
    right: np.ndarray  # int8
    multiplier: np.ndarray
    expires_ns: np.ndarray  # the instant at which it ends, where the data say so; else NEVER
    adjusted: np.ndarray  # bool: its symbol says that it delivers something else than a standard contract
    morning: np.ndarray  # bool: settled at the open of its expiry, so it trades the session before for the last time
    listed: dict[str, np.ndarray] | None = None

    def take(self, index: np.ndarray) -> Contracts:
        """The contracts at the places ``index`` [m], without the dates of the chain."""
        return Contracts(
            tuple(self.symbol[i] for i in index),
            self.expiry[index], self.strike[index], self.right[index], self.multiplier[index], self.expires_ns[index],
            self.adjusted[index], self.morning[index],
        )  # fmt: skip

    def ends(self, window: Window, interval_s: int) -> np.ndarray:
        """First bar at which each contract [k] trades no more in the session: that of its own end, or the close.

        A bar within which a contract ends is not its own any more: the bar's price is from after the end.
        """
        n = window.n_bars(interval_s)
        bars = (np.minimum(self.expires_ns, window.close_ns) - window.open_ns) // (interval_s * NS)
        return np.where(self.expiry == window.day, np.clip(bars, 0, n), n).astype(np.int32)


def read_chain(table: Table, symbol: str | None, span: Span) -> Contracts:
    """Contracts of ``symbol`` in a chain, or in option rows that carry expiry, strike and right."""
    table.require("symbol", "expiry", "strike", "right")
    check_underlying(table, symbol)
    dated = table.key == "chain" and table.has("session_date")
    of = f"{table.column('underlying')}" if table.has("underlying") else "NULL::VARCHAR"
    date = f"{table.column('session_date')}::VARCHAR" if dated else "NULL"
    rows = table.fetch(
        f"SELECT DISTINCT {table.column('symbol')} AS symbol, "
        f"date_diff('day', DATE '1970-01-01', {table.column('expiry')}) AS expiry, {table.number('strike')}, "
        f'{table.column("right")} AS "right", {table.number("multiplier")}, '
        f"coalesce(epoch_ns({table.column('expires')}), {NEVER}) AS expires, {of} AS underlying, {date} AS date "
        f"FROM {{t}} WHERE {table.of(symbol, 'underlying')} ORDER BY ALL"
    )
    if len(rows["symbol"]) == 0:
        raise DataError(f"{table.where} has no option contract{f' of {symbol}' if symbol else ''}")
    contracts = _contracts(table.where, rows, symbol, span)
    if not table.has("underlying"):
        _check_one_underlying(table.where, contracts)
    if not dated:
        return contracts
    return _with_dates(contracts, rows["symbol"].tolist(), rows["date"].tolist())


def check_underlying(table: Table, symbol: str | None) -> None:
    """Refuse rows that do not tell their underlying, tell it in two ways, or are of several of which none is chosen.

    Such rows would be left out, or taken for another's, without a word.
    """
    if not table.has("underlying"):
        return
    found = table.fetch(f"SELECT DISTINCT {table.column('underlying')} AS u FROM {{t}} ORDER BY 1")["u"]
    blank = np.ma.getmaskarray(found)
    names = [str(name) for name in found[~blank]]
    column = table.names["underlying"]
    if blank.any() or (len(names) > 1 and any(not name.strip() for name in names if name != symbol)):
        raise DataError(f"{table.where}: rows without an underlying in {column!r}; fill it, or leave the column out")
    if symbol is None:
        if len(names) > 1:
            raise DataError(
                f"{table.where} has options on {', '.join(names[:20])}: choose one with data.symbol={names[0]}"
            )
        return
    for name in names:
        if name != symbol and name.strip().casefold() == symbol.strip().casefold():
            raise DataError(
                f"{table.where}: {column!r} has {name!r}, and the underlying is {symbol!r}; write one name everywhere"
            )
    if names and symbol not in names:
        raise DataError(f"{table.where} has no option of {symbol!r}: {near_miss(symbol, names, what='underlying')}")


def _check_one_underlying(where: str, contracts: Contracts) -> None:
    """Refuse contracts of one expiry whose symbols are of several underlyings, where no column tells whose they are."""
    of: dict[int, tuple[str, str]] = {}
    for symbol, day in zip(contracts.symbol, contracts.expiry.tolist(), strict=True):
        name = told_underlying(symbol)
        if name is None:
            continue
        first = of.setdefault(day, (name, symbol))
        if first[0] != name:
            raise DataError(
                f"{where}: {first[1]!r} and {symbol!r} are options on {first[0]} and on {name} by their symbols, and "
                "no column tells the underlying; add a column underlying, or keep the contracts of one"
            )


def _contracts(where: str, rows: dict[str, np.ndarray], underlying: str | None, span: Span) -> Contracts:
    known: dict[str, tuple[int, int, float, float, int]] = {}
    of: dict[str, str | None] = {}
    names = ("symbol", "expiry", "strike", "right", "multiplier", "expires", "underlying")
    for symbol, expiry, strike, right, given, expires, its in zip(*(rows[n].tolist() for n in names), strict=True):
        multiplier = 100.0 if given != given else given
        if (
            not isinstance(symbol, str)
            or expiry is None
            or right not in RIGHTS
            or not (0 < strike < np.inf and 0 < multiplier < np.inf)
        ):
            when = None if expiry is None else np.datetime64(int(expiry), "D")
            raise DataError(
                f"{where}: contract {symbol!r} has expiry {when}, strike {strike:g}, right {right!r} and multiplier "
                f"{multiplier:g}; it needs a date, a number above 0, C or P, and a number above 0"
            )
        contract = (-RIGHTS[right], int(expiry), float(strike), float(multiplier), int(expires))
        if known.setdefault(symbol, contract) != contract:
            raise DataError(
                f"{where}: contract {symbol!r} appears with two different expiries, strikes, rights or multipliers; "
                "keep the true one"
            )
        of[symbol] = its if isinstance(its, str) else underlying
    return _ordered(known, of, span)


def _ordered(
    known: dict[str, tuple[int, int, float, float, int]], of: dict[str, str | None], span: Span
) -> Contracts:  # fmt: skip
    """The contracts with the days on which they trade for the last time, in their order."""
    dated = np.array([known[s][1] for s in known], np.int64)
    ends = np.array([known[s][4] for s in known], np.int64)
    last = dict(zip(known, span.last_days(dated, ends).tolist(), strict=True))
    ordered = sorted(known, key=lambda s: (known[s][0], last[s], known[s][2], s))
    values, symbols = [known[s] for s in ordered], tuple(ordered)
    expiry = np.array([last[s] for s in ordered], np.int32)
    expires = np.array([v[4] for v in values], np.int64)
    return Contracts(
        symbols,
        expiry,
        np.array([v[2] for v in values], np.float64),
        np.array([-v[0] for v in values], np.int8),
        np.array([v[3] for v in values], np.float64),
        expires,
        adjusted(symbols, [of[s] for s in ordered]),
        settles_in_the_morning(symbols, expiry, span.days) | span.by_the_open(expiry, expires),
    )


def _with_dates(contracts: Contracts, symbols: list[str], dates: list[str]) -> Contracts:
    place = {s: i for i, s in enumerate(contracts.symbol)}
    listed: dict[str, set[int]] = {}
    for symbol, date in zip(symbols, dates, strict=True):
        listed.setdefault(str(date), set()).add(place[symbol])
    arrays = {date: np.array(sorted(found), np.int64) for date, found in listed.items()}
    return replace(contracts, listed=arrays)


def listed_in(contracts: Contracts, window: Window, priced: np.ndarray, derived: bool) -> np.ndarray:
    """Indices [m] of the session's contracts, none of which has ended by its open.

    The chain's own dates decide where it has them. A chain read from option rows lists what has a row that day; a
    chain without dates lists every contract of the day's expiry and of each expiry with a row (``priced``: indices
    of contracts with a row), never one contract of an expiry and not its neighbour for want of a price.
    """
    c = contracts
    if c.listed is not None:
        chosen = c.listed.get(window.date, np.zeros(0, np.int64))
    elif derived:
        chosen = np.unique(priced)
    else:
        chosen = np.flatnonzero(np.isin(c.expiry, np.union1d(c.expiry[priced], [window.day])))
    later = c.expiry[chosen] > window.day
    today = (c.expiry[chosen] == window.day) & (c.expires_ns[chosen] > window.open_ns) & ~c.morning[chosen]
    alive: np.ndarray = chosen[later | today]
    return alive
