"""What quotes near the money say about the underlying: its price by put-call parity, and when it moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.sweeps.data.chain import Contracts
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.options import standing
from quantray.sweeps.market import CALL, PUT

NEAR = 0.03  # distance from the money, as a share of the spot
MOST_CONTRACTS = 24
CARRY = 0.10  # a year: interest and dividends, which parity leaves out


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Standing mids [k, n] of contracts near the money, NaN where a side is absent, and half their spreads.

    ``pairs``: places of a call and the put of its strike.
    """

    index: np.ndarray  # [k] places among the session's contracts
    right: np.ndarray
    strike: np.ndarray
    mid: np.ndarray
    half: np.ndarray
    fresh: np.ndarray
    pairs: tuple[tuple[int, int], ...]
    days: int  # to the expiry


def near_quotes(
    contracts: Contracts, ends: np.ndarray, grid: Grid, rows: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
) -> Near | None:
    """Quotes of the nearest expiry near the money; None without any. ``rows`` [r]: (bid, ask, bar, place) as stored."""
    bid, ask, bar, place = rows
    spot = float(np.nanmedian(grid.close))
    away = np.abs(contracts.strike / spot - 1)
    quoted = np.zeros(len(away), bool)
    quoted[place] = True
    close = np.flatnonzero((away <= NEAR) & quoted)
    if not len(close):
        return None
    expiry = contracts.expiry[close].min()
    close = close[contracts.expiry[close] == expiry]
    index = np.sort(close[np.argsort(away[close], kind="stable")][:MOST_CONTRACTS])
    to = np.full(len(away), -1, np.int64)
    to[index] = np.arange(len(index))
    mine = to[place] >= 0
    cell = to[place[mine]] * grid.n_bars + bar[mine]
    made = standing(bid[mine], ask[mine], cell, grid.closed, ends[index], grid.n_bars)
    assert made.bid is not None
    assert made.ask is not None
    ask_side = np.where(made.ask > 0, made.ask, np.nan)
    right, strike = contracts.right[index], contracts.strike[index]
    puts = {float(k): int(j) for j, k in enumerate(strike) if right[j] == PUT}
    pairs = tuple((i, puts[float(strike[i])]) for i in range(len(index)) if right[i] == CALL and strike[i] in puts)
    return Near(
        index, right, strike, (made.bid + ask_side) / 2, (ask_side - made.bid) / 2, made.fresh, pairs,
        int(expiry) - grid.window.day,
    )  # fmt: skip


def parity_errors(near: Near, grid: Grid, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Implied price less the underlying's close, and by how much that is beyond what spreads and carry explain.

    Both [pairs, n]; NaN where a quote is absent, and at bars without a trade of their own. Positive excess is outside.
    Put-call parity: call - put = price - strike, less interest and dividends, for contracts that end together.
    """
    calls, puts = (np.array([pair[k] for pair in near.pairs], np.int64) for k in (0, 1))
    spot = np.where(grid.filled | grid.suspect, np.nan, grid.close)
    error = near.strike[calls][:, None] + near.mid[calls] - near.mid[puts] - spot
    allowed = near.half[calls] + near.half[puts] + spot * (tolerance + CARRY * max(near.days, 0) / 365)
    return error, np.abs(error) - allowed


def changes(near: Near, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Mean change of the mids as the underlying's rise would move them, and the underlying's own change; [n - 1]."""
    moved = np.diff(near.mid, axis=1) * near.right[:, None]
    known = np.isfinite(moved)
    total, count = np.where(known, moved, 0.0).sum(axis=0), known.sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan), np.diff(grid.close)


def lone_mids(near: Near, grid: Grid) -> list[tuple[int, int, float, float]]:
    """(contract, bar, mid, mid before) of quotes away from the one before and the one after, which agree.

    Away is half of its price and three times the usual spread, while the underlying moved by less than half of it.
    """
    found = []
    usual = float(np.nanmedian(near.half)) if np.isfinite(near.half).any() else 0.0
    for k in range(len(near.index)):
        at = np.flatnonzero(near.fresh[k] & np.isfinite(near.mid[k]))
        if len(at) < 3:
            continue
        mid, spot = near.mid[k][at], grid.close[at]
        up, down = mid[1:-1] - mid[:-2], mid[1:-1] - mid[2:]
        away = np.minimum(np.abs(up), np.abs(down))
        spots = np.maximum(np.abs(spot[1:-1] - spot[:-2]), np.abs(spot[1:-1] - spot[2:]))
        odd = (up * down > 0) & (away > np.maximum(0.5 * np.minimum(mid[:-2], mid[2:]), 6 * usual))
        odd &= ~(spots > away / 2) & (np.abs(mid[2:] - mid[:-2]) < away / 4)
        found += [(k, int(at[i + 1]), float(mid[i + 1]), float(mid[i])) for i in np.flatnonzero(odd).tolist()]
    return found
