"""Tiny markets in memory for unit tests: quick, seeded, with every kind of gap the types allow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from quantray.sweeps.market import CALL, CROSSED_QUOTE, PUT, ZERO_QUOTE, Session, Slice

DATES = (
    "2024-11-25", "2024-11-26", "2024-11-27", "2024-12-02", "2024-12-03", "2024-12-04", "2024-12-05", "2024-12-06",
    "2024-12-09", "2024-12-10", "2024-12-11", "2024-12-12", "2024-12-13",
)  # fmt: skip
OPEN_S = 34_200
YEAR_S = 252 * 23_400.0


def tiny_slice(
    n_sessions: int = 3,
    seed: int = 0,
    quotes: bool = True,
    *,
    interval_s: int = 1,
    n_bars: int | None = None,
    n_strikes: int = 7,
    next_day: bool = False,
    lunch: bool = False,
    early_ends: bool = False,
    evening: bool = False,
) -> Slice:
    """A few sessions of a random walk around 100 with Black-Scholes options; not a market to draw conclusions from.

    The first 3 bars have no trade yet, about 1 in 10 is carried; quotes have absent sides, zero and crossed ones.
    ``n_bars`` defaults to the whole session (23,400 s); ``next_day`` adds contracts that expire a day later; with
    ``lunch`` the exchange closes for a tenth of the session, with ``early_ends`` contracts end at bars of their own,
    with ``evening`` the session opens an hour before midnight of the day before.
    """
    n = n_bars or 23_400 // interval_s
    sessions = tuple(
        _session(DATES[k], np.random.default_rng([seed, k]), quotes, interval_s, n, n_strikes, next_day)
        for k in range(n_sessions)
    )
    hours = np.random.default_rng([seed, 99])
    sessions = tuple(_with_hours(s, hours, lunch, early_ends, evening) for s in sessions)
    return Slice("TINY", sessions, f"tiny random walk, seed {seed}")


def _with_hours(session: Session, rng: np.random.Generator, lunch: bool, early_ends: bool, evening: bool) -> Session:
    n, m = session.n_bars, len(session.symbol)
    changes: dict[str, Any] = {"open_s": 23 * 3600} if evening else {}
    prices = {name: getattr(session, name) for name in ("bid", "ask", "last") if getattr(session, name) is not None}
    prices = {name: grid.copy() for name, grid in prices.items()}
    if early_ends:
        ends = np.where(rng.random(m) < 0.5, n, rng.integers(0, n + 1, m)).astype(np.int32)
        for grid in prices.values():
            grid[np.arange(n)[None, :] >= ends[:, None]] = np.nan
        changes |= {"ends": ends, **prices}
    if lunch:
        first = int(rng.integers(3, n - n // 10))
        closed = (np.arange(n) >= first) & (np.arange(n) < first + n // 10)
        bars = {name: getattr(session, name).copy() for name in ("open", "high", "low", "close", "price")}
        for grid in (*bars.values(), *prices.values()):
            grid[..., closed] = np.nan
        changes |= {
            "closed": closed,
            "filled": session.filled | closed,
            "volume": np.where(closed, 0.0, session.volume),
        }
        changes |= {**bars, **prices}
    return replace(session, **changes)


def _session(date: str, rng: np.random.Generator, quotes: bool, step: int, n: int, strikes: int, next_day: bool
             ) -> Session:  # fmt: skip
    day = int(np.datetime64(date, "D").astype(np.int64))
    walk = 100 * np.exp(np.cumsum(rng.normal(0, 0.0002 * np.sqrt(step), n)))
    filled = rng.random(n) < 0.1
    filled[:3], filled[3] = True, False
    at = np.maximum.accumulate(np.where(filled, 0, np.arange(n)))
    close = np.round(walk, 2)[at]
    high, low = close + np.round(rng.random(n) * 0.03, 2), close - np.round(rng.random(n) * 0.03, 2)
    for column in (high, low):
        column[filled] = close[filled]
    for column in (close, high, low):
        column[:3] = np.nan
    expiries = (day, day + 1) if next_day else (day,)
    grid = [(right, expiry, float(round(walk[0])) + k - strikes // 2)
            for right in (CALL, PUT) for expiry in expiries for k in range(strikes)]  # fmt: skip
    right = np.array([g[0] for g in grid], np.int8)
    expiry = np.array([g[1] for g in grid], np.int32)
    strike = np.array([g[2] for g in grid])
    left = (np.arange(n, 0, -1) * step)[None, :] + (expiry - day)[:, None] * 23_400.0
    value = _black_scholes(walk[None, :], strike[:, None], right[:, None], 0.0002 * np.sqrt(left))
    bid, ask, last, fresh = _prices(value, rng, quotes)
    return Session(
        date=date, open_ns=int(np.datetime64(f"{date}T14:30", "ns").astype(np.int64)), interval_s=step, open_s=OPEN_S,
        open=close.copy(), high=high, low=low, close=close,
        volume=np.where(filled, 0.0, rng.integers(1, 50, n) * 100.0), price=(high + low + close) / 3, filled=filled,
        vwap_running=None,
        symbol=tuple(f"TINY {date} {'C' if g[0] == CALL else 'P'}{g[2]:g} +{g[1] - day}" for g in grid),
        strike=strike, right=right, expiry=expiry, multiplier=np.full(len(grid), 100.0),
        bid=bid, ask=ask, last=last, fresh=fresh,
    )  # fmt: skip


def _black_scholes(spot: np.ndarray, strike: np.ndarray, right: np.ndarray, sd: np.ndarray) -> np.ndarray:
    d = np.log(spot / strike) / sd + sd / 2
    return right * (spot * ndtr(right * d) - strike * ndtr(right * (d - sd)))


def _prices(value: np.ndarray, rng: np.random.Generator, quotes: bool) -> tuple[np.ndarray | None, ...]:
    """Rows at about every other bar; between them a quote stands and a print is absent."""
    m, n = value.shape
    fresh = rng.random((m, n)) < (0.5 if quotes else 0.2)
    if not quotes:
        last = np.where(fresh, np.maximum(np.round(value, 2), 0.01), np.nan)
        return None, None, last, fresh
    half = np.maximum(0.01, np.round(value * 0.01, 2))
    bid, ask = np.round(value - half, 2), np.round(value, 2) + half
    bid[bid <= 0] = np.nan
    kind = rng.random((m, n))
    bid[kind < 0.02] = np.nan
    ask[kind < 0.005] = np.nan
    for low, code in ((0.990, ZERO_QUOTE), (0.995, CROSSED_QUOTE)):
        bad = (kind > low) & (kind < low + 0.005)
        bid[bad], ask[bad] = np.nan, code
    row = np.maximum.accumulate(np.where(fresh, np.arange(n), -1), axis=1)
    contract = np.arange(m)[:, None]
    bid, ask = (np.where(row < 0, np.nan, side[contract, row]) for side in (bid, ask))
    return bid, ask, None, fresh
