"""Option contracts: which exist, and which are listed in a session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.data.source import Table
from quantray.errors import DataError
from quantray.types import CALL, PUT

RIGHTS = {"C": CALL, "CALL": CALL, "P": PUT, "PUT": PUT}


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """Columns [k] in the order (right: calls first, expiry, strike, symbol).

    ``listed`` maps a session date to the contracts that the chain names for it; None: the chain has no dates.
    """

    symbol: tuple[str, ...]
    expiry: np.ndarray  # int32, days since 1970-01-01
    strike: np.ndarray
    right: np.ndarray  # int8
    multiplier: np.ndarray
    listed: dict[str, np.ndarray] | None = None

    def take(self, index: np.ndarray) -> Contracts:
        return Contracts(
            tuple(self.symbol[i] for i in index),
            self.expiry[index], self.strike[index], self.right[index], self.multiplier[index],
        )  # fmt: skip


def read_chain(table: Table, symbol: str | None) -> Contracts:
    """Contracts of ``symbol`` in a chain, or in option rows that carry expiry, strike and right."""
    table.require("symbol", "expiry", "strike", "right")
    dated = table.key == "chain" and table.has("session_date")
    rows = table.fetch(
        f"SELECT DISTINCT {table.column('symbol')}::VARCHAR AS symbol, "
        f"date_diff('day', DATE '1970-01-01', {table.column('expiry')}::DATE) AS expiry, {table.number('strike')}, "
        f'upper({table.column("right")}::VARCHAR) AS "right", {table.number("multiplier")}, '
        f"{table.column('session_date') + '::DATE::VARCHAR' if dated else 'NULL'} AS date "
        f"FROM {{t}} WHERE {table.of(symbol, 'underlying')} ORDER BY ALL"
    )
    if len(rows["symbol"]) == 0:
        raise DataError(f"{table.where} has no option contract{f' of {symbol}' if symbol else ''}")
    contracts = _contracts(table.where, rows)
    if not dated:
        return contracts
    return _with_dates(contracts, rows["symbol"].tolist(), rows["date"].tolist())


def _contracts(where: str, rows: dict[str, np.ndarray]) -> Contracts:
    known: dict[str, tuple[int, int, float, float]] = {}
    columns = (rows[name].tolist() for name in ("symbol", "expiry", "strike", "right", "multiplier"))
    for symbol, expiry, strike, right, given in zip(*columns, strict=True):
        multiplier = 100.0 if given != given else given
        if not isinstance(symbol, str) or expiry is None or right not in RIGHTS or not strike > 0 or not multiplier > 0:
            raise DataError(
                f"{where}: contract {symbol!r} has expiry {expiry}, strike {strike}, right {right!r} and multiplier "
                f"{multiplier:g}; it needs a date, a number above 0, C or P, and a number above 0"
            )
        contract = (-RIGHTS[right], int(expiry), float(strike), float(multiplier))
        if known.setdefault(symbol, contract) != contract:
            raise DataError(f"{where}: contract {symbol!r} appears with two different expiries, strikes or rights")
    ordered = sorted(known, key=lambda s: (known[s][:3], s))
    values = [known[s] for s in ordered]
    return Contracts(
        tuple(ordered),
        np.array([v[1] for v in values], np.int32),
        np.array([v[2] for v in values], np.float64),
        np.array([-v[0] for v in values], np.int8),
        np.array([v[3] for v in values], np.float64),
    )


def _with_dates(contracts: Contracts, symbols: list[str], dates: list[str]) -> Contracts:
    place = {s: i for i, s in enumerate(contracts.symbol)}
    listed: dict[str, set[int]] = {}
    for symbol, date in zip(symbols, dates, strict=True):
        listed.setdefault(str(date), set()).add(place[symbol])
    arrays = {date: np.array(sorted(found), np.int64) for date, found in listed.items()}
    c = contracts
    return Contracts(c.symbol, c.expiry, c.strike, c.right, c.multiplier, arrays)


def listed_in(contracts: Contracts, date: str, day: int, priced: np.ndarray, derived: bool) -> np.ndarray:
    """Indices of the session's contracts, none of them expired.

    The chain's own dates decide where it has them. A chain read from option rows lists what has a row that day; a
    chain without dates lists every contract of the day's expiry and of each expiry with a row (``priced``: indices
    of contracts with a row), never one contract of an expiry and not its neighbour for want of a price.
    """
    if contracts.listed is not None:
        chosen = contracts.listed.get(date, np.zeros(0, np.int64))
    elif derived:
        chosen = np.unique(priced)
    else:
        expiries = np.union1d(contracts.expiry[priced], [day])
        chosen = np.flatnonzero(np.isin(contracts.expiry, expiries))
    return chosen[contracts.expiry[chosen] >= day]
