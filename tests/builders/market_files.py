"""A small, valid data set of minute bars that tests bend: 2024-11-27, the half day 2024-11-29 and 2024-12-02."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from quantray.sweeps.data.sessions import session_windows
from quantray.sweeps.data.settings import DataSettings

DATES = ("2024-11-27", "2024-11-29", "2024-12-02")
Frames = dict[str, pd.DataFrame]


def frames(quotes: bool = True, prints: bool = True) -> Frames:
    """Underlying (SPOT near 100), chain (strikes 99 100 101, calls and puts of each day) and option rows."""
    rng = np.random.default_rng(5)
    bars, chain, rows = [], [], []
    for window in session_windows("XNYS", DATES[0], DATES[-1]):
        n = window.n_bars(60)
        ts = pd.to_datetime(window.open_ns + np.arange(n) * 60_000_000_000, utc=True)
        close = np.round(100 + np.cumsum(rng.normal(0, 0.02, n)), 2)
        bars.append(pd.DataFrame({"ts": ts, "symbol": "SPOT", "open": close, "high": close + 0.02, "low": close - 0.02,
                                  "close": close, "volume": rng.integers(1, 9, n) * 100.0}))  # fmt: skip
        for right in "CP":
            for strike in (99.0, 100.0, 101.0):
                symbol = f"SPOT {window.date} {right}{strike:g}"
                chain.append({"symbol": symbol, "underlying": "SPOT", "expiry": pd.Timestamp(window.date).date(),
                              "strike": strike, "right": right, "multiplier": 100})  # fmt: skip
                at = np.sort(rng.choice(np.arange(1, n - 1), n // 3, replace=False))
                at = np.concatenate(([0], at, [n - 1]))
                worth = np.maximum((close[at] - strike) * (1 if right == "C" else -1), 0) + 0.3
                made = pd.DataFrame({"ts": ts[at], "symbol": symbol, "underlying": "SPOT"})
                if quotes:
                    made["bid"], made["ask"] = np.round(worth - 0.02, 2), np.round(worth + 0.02, 2)
                if prints:
                    made["last"], made["volume"] = np.round(worth, 2), 3.0
                rows.append(made)
    options = pd.concat(rows).sort_values(["ts", "symbol"], kind="stable").reset_index(drop=True)
    return {"underlying": pd.concat(bars).reset_index(drop=True), "chain": pd.DataFrame(chain), "options": options}


def write(folder: Path, made: Frames, **changes: Any) -> DataSettings:
    """The frames as Parquet files and the settings that read them."""
    for name, frame in made.items():
        frame.to_parquet(folder / f"{name}.parquet")
    paths = {name: str(folder / f"{name}.parquet") for name in made}
    return DataSettings(**{"kind": "parquet", **paths, **changes})


def write_csv(folder: Path, made: Frames) -> DataSettings:
    for name, frame in made.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return DataSettings(kind="parquet", **{name: str(folder / f"{name}.csv") for name in made})


def write_duckdb(folder: Path, made: Frames) -> DataSettings:
    path = folder / "market.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, frame in made.items():
            connection.register("frame", pa.Table.from_pandas(frame))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
            connection.unregister("frame")
    return DataSettings(kind="duckdb", duckdb=str(path))


OPEN = pd.Timestamp("2024-11-27T14:30Z")
NAN = float("nan")
