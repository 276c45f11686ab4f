"""Option chains under the symbols of clearing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quantray.sweeps.data import load
from quantray.sweeps.market import Session
from tests.builders.market_files import Frames, write

DAY = "2024-11-15"  # a third Friday


def market(
    dates: tuple[str, ...] = (DAY,), root: str = "SPXW", expiry: Callable[[str], Any] | None = None,
    symbol: Callable[[str, str, float], str] | None = None,
) -> Frames:  # fmt: skip
    """The minute bars of ``frames`` on other days, with calls and puts of 99, 100, 101 under symbols of clearing."""
    bars, chain, rows = [], [], []
    for date in dates:
        ts = pd.date_range(f"{date} 09:30", periods=390, freq="min", tz="America/New_York").tz_convert("UTC")
        close = np.round(100 + np.cumsum(np.random.default_rng(3).normal(0, 0.02, 390)), 2)
        bars.append(pd.DataFrame({"ts": ts, "symbol": "SPX", "open": close, "high": close + 0.02, "low": close - 0.02,
                                  "close": close, "volume": 100.0}))  # fmt: skip
        for right in "CP":
            for strike in (99.0, 100.0, 101.0):
                name = (symbol or osi)(f"{root}", date, strike * (1 if right == "C" else -1))
                chain.append({"symbol": name, "underlying": "SPX", "strike": strike, "right": right,
                              "expiry": (expiry or (lambda d: pd.Timestamp(d).date()))(date)})  # fmt: skip
                worth = np.maximum((close - strike) * (1 if right == "C" else -1), 0) + 0.3
                rows.append(pd.DataFrame({"ts": ts, "symbol": name, "bid": worth - 0.02, "ask": worth + 0.02}))
    options = pd.concat(rows).sort_values(["ts", "symbol"], kind="stable").reset_index(drop=True)
    return {"underlying": pd.concat(bars).reset_index(drop=True), "chain": pd.DataFrame(chain), "options": options}


def osi(root: str, date: str, strike: float) -> str:
    """Clearing's symbol; a negative strike is a put's."""
    return f"{root}{date[2:].replace('-', '')}{'C' if strike > 0 else 'P'}{round(abs(strike) * 1000):08d}"


def first(folder: Path, made: Frames, **changes: Any) -> Session:
    return load(write(folder, made, **changes)).sessions[0]


def with_twins(made: Frames, change: Callable[[str], str], **columns: Any) -> Frames:
    twins = made["chain"].assign(symbol=made["chain"].symbol.map(change), **columns)
    made["chain"] = pd.concat([twins, made["chain"]], ignore_index=True)
    return made
