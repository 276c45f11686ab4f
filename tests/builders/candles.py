"""Candles and policies to try rules on: seeded, rough, and small enough to walk through by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from quantray.callers.policies import read_policy
from quantray.callers.policies.tables import Windows
from tests.reference.policies import NS, Candle

MINUTE = 60 * NS


def candles(n, seed=0, *, scale=1.0, vol=0.02, idle=0.2, gap=0.3, interval=MINUTE, grid=0.01):
    """A random walk of ``n`` candles: idle stretches, gaps between close and open, prices on a coarse grid.

    The grid makes equal prices, and so exact touches, frequent.
    """
    rng = np.random.default_rng(seed)
    ts = np.cumsum(np.where(rng.random(n) < idle, rng.integers(1, 20, n), 1)) * interval
    steps = rng.normal(0, vol, (n, 4))
    at = 1.0
    rows = []
    for i in range(n):
        opened = at * np.exp(steps[i, 0]) if rng.random() < gap else at
        closed = opened * np.exp(steps[i, 1])
        high = max(opened, closed) * np.exp(abs(steps[i, 2]))
        low = min(opened, closed) * np.exp(-abs(steps[i, 3]))
        rows.append(np.maximum(np.round(np.array([opened, high, low, closed]) / grid) * grid, grid))
        at = rows[-1][3]
    prices = np.array(rows) * scale
    volume = np.where(rng.random(n) < 0.1, 0.0, rng.lognormal(0, 1, n))
    return columns(ts, *prices.T, volume)


def columns(ts, open_, high, low, close, volume=None):
    """Columns as the kernels want them."""
    arrays = [np.ascontiguousarray(x, np.float64) for x in (open_, high, low, close)]
    volume = np.ones(len(ts)) if volume is None else np.ascontiguousarray(volume, np.float64)
    return SimpleNamespace(
        ts=np.asarray(ts, np.int64), open=arrays[0], high=arrays[1], low=arrays[2], close=arrays[3], volume=volume
    )


def rows(c):
    """The same candles as the reference wants them."""
    return [
        Candle(*row)
        for row in zip(
            c.ts.tolist(), c.open.tolist(), c.high.tolist(), c.low.tolist(), c.close.tolist(), c.volume.tolist(),
            strict=True,
        )
    ]  # fmt: skip


def written(*rows_):
    """Minute candles from (open, high, low, close)."""
    table = np.array(rows_, float)
    return columns(np.arange(len(rows_)) * MINUTE, *table.T)


def whole(c, warm=0):
    """One call on the candle ``warm``, its window to the end."""
    return Windows(np.array([warm]), np.array([len(c.ts)]), np.array([0]))


#: One policy of each kind, and mixes, with levels near enough to be reached on rough candles.
SPECS = [
    {"sl": 0.95},
    {"tp": 1.05},
    {"hold": "10m"},
    {"sl": 0.9, "tp": 1.1, "hold": "1h"},
    {"trailing": {"activation": 0, "trail": 0.05}},
    {"trailing": {"activation": 0.05, "trail": 0.03}, "sl": 0.9, "hold": "2h"},
    {"trailing": [{"activation": 0, "trail": 0.1}, {"activation": 0.1, "trail": 0.02}], "tp": 1.2},
    {"ladder": [[1.03, 0.5], [1.06, 0.3], [1.1, 0.2]], "sl": 0.95},
    {"ladder": [[1.02, 0.33], [1.1, 0.33]], "sl": 0.93, "tp": 1.15, "hold": "1h"},
    {"ladder": [[1.02, 0.1], [1.04, 0.2], [1.06, 0.7]], "trailing": {"activation": 0.03, "trail": 0.04}},
    {"break_even": 1.04, "sl": 0.95, "tp": 1.1},
    {"break_even": 1.03},
    {"phased": [{"after": 1.03, "stop": 0.98}, {"after": 1.08, "stop": 1.04}], "sl": 0.94, "hold": "3h"},
    {"ema_cross": {"fast": 3, "slow": 8}, "sl": 0.9},
    {"rsi_cross": {"period": 5, "level": 60}, "tp": 1.08},
    {"atr_stop": [{"period": 5, "multiple": 2}, {"period": 8, "multiple": 1.5, "anchor": "entry"}]},
    {"volume_z": {"period": 10, "z": 1.5}, "hold": "2h"},
    {"entry": {"dip": 0.03, "wait": "30m"}, "sl": 0.95, "tp": 1.05},
    {"entry": {"dip": 0.02, "wait": "10m"}, "trailing": {"activation": 0.02, "trail": 0.02}, "hold": "1h"},
    {"entry": {"dip": 0.01, "wait": "5m"}, "atr_stop": {"period": 5, "multiple": 1}, "ladder": [[1.01, 0.5]]},
]  # fmt: skip
POLICIES = tuple(read_policy(spec) for spec in SPECS)
