"""The same session with another future: everything behind one bar is changed, everything up to it is left.

A strategy that decides by what was known decides the same up to that bar, whichever of these futures follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from quantray.sweeps.market import Session

PRICES = ("open", "high", "low", "close", "price")
QUOTES = ("bid", "ask", "last")
LEVEL = 1.5  # times the last price, of the futures that leap
WILD = 20.0  # times the session's own usual change, of the noise
Columns = dict[str, np.ndarray]
Way = Callable[[Session, int, np.random.Generator], Columns]


def with_future(session: Session, bar: int, way: str, rng: np.random.Generator) -> Session:
    """The session with every column behind ``bar`` changed in one of the :data:`WAYS`; its arrays are read-only.

    Prices stay numbers above 0; breaks and absent quotes stay what they are. Before the session's first trade nothing
    is changed, whatever ``bar`` is: there is no price to change.
    """
    first = int(np.argmax(~np.isnan(session.close))) if session.n_bars else 0
    changed: dict[str, Any] = {**WAYS[way](session, max(bar, first) + 1, rng)}
    for column in changed.values():
        column.flags.writeable = False
    return replace(session, **changed)


def _copied(session: Session, more: tuple[str, ...] = ()) -> Columns:
    """Copies of the columns that every future changes, and of some ``more``; those that the session has."""
    names = (*PRICES, *QUOTES, "volume", "vwap_running", *more)
    return {name: column.copy() for name in names if (column := getattr(session, name)) is not None}


def _scaled(session: Session, start: int, factor: np.ndarray, quotes: np.ndarray, volume: np.ndarray) -> Columns:
    """Prices times ``factor`` [n - start], quotes times ``quotes`` [m, n - start], volumes times ``volume``."""
    made = _copied(session)
    for name in (*PRICES, "vwap_running"):
        if name in made:
            made[name][start:] *= factor
    made["volume"][start:] *= volume
    for name in QUOTES:
        if name in made:
            side = made[name][:, start:]
            np.multiply(side, quotes, out=side, where=side > 0)  # codes of quarantined quotes stay codes
    return made


def _noise(session: Session, start: int, rng: np.random.Generator) -> Columns:
    n, m = session.n_bars - start, len(session.symbol)
    steps = np.diff(np.log(session.close[session.close > 0]))
    usual = float(np.std(steps)) if len(steps) > 1 else 0.0
    factor = np.exp(np.clip(np.cumsum(rng.normal(0, max(WILD * usual, 1e-4), n)), -0.4, 0.4))
    quotes = np.exp(np.clip(np.cumsum(rng.normal(0, 0.02, (m, n)), axis=1), -1, 1))
    return _scaled(session, start, factor, quotes, np.exp(rng.normal(0, 1.5, n)))


def _leap(times: float) -> Way:
    def made(session: Session, start: int, rng: np.random.Generator) -> Columns:
        """Every price at one level, ``times`` the last; volume, where there is any, at 1."""
        found = _copied(session, ("filled",))
        for name in (*PRICES, "vwap_running"):
            if name in found:
                found[name][start:] = np.where(np.isnan(found[name][start:]), np.nan, session.close[start - 1] * times)
        found["volume"][start:] = np.where(np.isnan(session.volume[start:]), np.nan, 1.0)
        found["filled"][start:] = False if session.closed is None else session.closed[start:]
        for name in QUOTES:
            if name in found:
                side = found[name][:, start:]
                side[side > 0] = 7.0 * times if name != "bid" else 6.9 * times
        return found

    return made


def _mirror(session: Session, start: int, rng: np.random.Generator) -> Columns:
    """Falls become rises: every price is reflected at the last one, highs become lows."""
    found = _copied(session)
    at = session.close[start - 1] ** 2
    for name, of in (("open", "open"), ("high", "low"), ("low", "high"), ("close", "close"), ("price", "price")):
        found[name][start:] = at / getattr(session, of)[start:]
    if "vwap_running" in found:
        found["vwap_running"][start:] = at / found["vwap_running"][start:]
    found["volume"][start:] = session.volume[start:][rng.permutation(session.n_bars - start)]
    for name in QUOTES:
        if name in found:
            side = found[name][:, start:]
            side[side > 0] = np.ceil(100 * side[side > 0] * 1.3) / 100
    return found


def _backwards(session: Session, start: int, rng: np.random.Generator) -> Columns:
    """The rest of the session from its end, with its volumes and its bars without a trade."""
    if session.closed is not None:
        return _noise(session, start, rng)  # a break must stay where the calendar has it
    found = _copied(session, ("filled", "fresh"))
    for column in found.values():
        column[..., start:] = column[..., start:][..., ::-1].copy()
    if session.ends is not None:
        for name in QUOTES:
            if name in found:
                found[name][np.arange(session.n_bars)[None, :] >= session.ends[:, None]] = np.nan
    return found


#: How the future is changed.
WAYS: dict[str, Way] = {
    "noise": _noise, "a leap up": _leap(LEVEL), "a fall": _leap(1 / LEVEL), "standing still": _leap(1.0),
    "mirrored": _mirror, "backwards": _backwards,
}  # fmt: skip
