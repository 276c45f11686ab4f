"""A day of quotes exactly at parity: every mid is half the underlying's way, so calls less puts are the underlying."""

from __future__ import annotations

import numpy as np

from quantray.sweeps.data.chain import NEVER, Contracts
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.sessions import session_windows
from quantray.sweeps.market import CALL, PUT

STRIKES = (99.0, 100.0, 101.0)


def day(n_quoted: int = 390) -> tuple[Contracts, np.ndarray, Grid, tuple[np.ndarray, ...]]:
    """Contracts, their ends, the grid, and (bid, ask, bar, place) of a quote of each contract in each minute."""
    (window,) = session_windows("XNYS", "2024-11-27", "2024-11-27")
    n = window.n_bars(60)
    close = 100 + np.cumsum(np.random.default_rng(0).normal(0, 0.02, n))
    no = np.zeros(n, bool)
    grid = Grid(window, 60, close, close, close, close, np.ones(n), close, no, None, no, 0)
    rights = np.array([CALL] * 3 + [PUT] * 3, np.int8)
    strikes = np.array(STRIKES * 2)
    m = len(strikes)
    contracts = Contracts(
        tuple(f"{'C' if r == CALL else 'P'}{k:g}" for r, k in zip(rights, strikes, strict=True)),
        np.full(m, window.day, np.int32), strikes, rights, np.full(m, 100.0), np.full(m, NEVER), np.zeros(m, bool),
        np.zeros(m, bool),
    )  # fmt: skip
    place, bar = (grid_of.ravel() for grid_of in np.meshgrid(np.arange(m), np.arange(n_quoted), indexing="ij"))
    mid = 3 + 0.5 * rights[place] * (close[bar] - strikes[place])
    return contracts, np.full(m, n, np.int32), grid, (mid - 0.02, mid + 0.02, bar, place)
