"""A market over the sessions of any exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quantray.sweeps.data import load
from quantray.sweeps.data.sessions import session_windows
from quantray.sweeps.market import Slice
from tests.builders.market_files import write


def market(folder: Path, calendar: str, first: str, last: str, *, in_break: bool = False, **changes: Any) -> Slice:
    """Minute bars and one call and put at 100 of every session between two dates, outside breaks unless asked."""
    bars, chain, rows = [], [], []
    for w in session_windows(calendar, first, last):
        starts = w.open_ns + np.arange(w.n_bars(60)) * 60_000_000_000
        starts = starts[~w.closed(starts) | in_break]
        ts = pd.to_datetime(starts, utc=True)
        close = np.round(100 + np.cumsum(np.random.default_rng(w.day).normal(0, 0.03, len(ts))), 2)
        bars.append(pd.DataFrame({"ts": ts, "open": close, "high": close + 0.02, "low": close - 0.02, "close": close,
                                  "volume": 100.0}))  # fmt: skip
        for right, sign in (("C", 1), ("P", -1)):
            name = f"X {w.date} {right}"
            chain.append({"symbol": name, "expiry": pd.Timestamp(w.date).date(), "strike": 100.0, "right": right})
            worth = np.maximum(sign * (close - 100), 0) + 0.5
            rows.append(pd.DataFrame({"ts": ts, "symbol": name, "bid": worth - 0.02, "ask": worth + 0.02}))
    made = {
        "underlying": pd.concat(bars),
        "chain": pd.DataFrame(chain),
        "options": pd.concat(rows).sort_values("ts", kind="stable"),
    }
    return load(write(folder, made, calendar=calendar, **changes))
