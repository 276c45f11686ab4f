"""Data that is wrong in one way, at three strengths each: what ``quantray data check`` must find.

A corruption takes frames, a strength and a generator, and gives the frames with that one thing wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from quantray.callers.data import CallsData, SyntheticCalls
from quantray.callers.data.checks import check_calls
from quantray.callers.data.settings import CallSettings
from quantray.callers.data.settings import Gates as CallGates
from quantray.callers.data.synthetic_file import synthetic_source
from quantray.files.findings import ORDER, Checked, Finding
from quantray.sweeps.data.checks import check_market
from quantray.sweeps.data.settings import DataSettings, Gates, SyntheticSettings
from quantray.sweeps.data.synthetic_market import FILES, ensure_market

Frames = dict[str, pd.DataFrame]
KEYS = ("calls", "candles")
SECOND, MINUTE = pd.Timedelta(seconds=1), pd.Timedelta(minutes=1)


@dataclass(frozen=True)
class Corruption:
    """``check`` of ``table`` must find it; ``unit`` says what a strength counts."""

    table: str
    check: str
    unit: str
    strengths: tuple[float, ...]
    make: Callable[[Frames, float, np.random.Generator], Frames]

    @property
    def name(self) -> str:
        return f"{self.table}: {self.check}"


def market(cache: str, *, sessions: int = 2, strikes: int = 5, seed: int = 0) -> Frames:
    """Frames of a synthetic market: seconds, with the options of each day."""
    made = SyntheticSettings(seed=seed, sessions=sessions, strikes=strikes)
    folder = ensure_market(DataSettings(from_="2024-11-26", synthetic=made, cache=cache))
    names = ("underlying", "chain", "options")
    frames = {key: pd.read_parquet(folder / file) for key, file in zip(names, FILES, strict=True)}
    frames["options"]["symbol"] = frames["options"]["symbol"].astype(str)
    return frames


def calls(cache: str, *, assets: int = 12, seed: int = 0) -> Frames:
    """Frames of synthetic calls and their candles."""
    import duckdb

    made = SyntheticCalls(seed=seed, assets=assets)
    source = synthetic_source(CallsData(synthetic=made, cache=cache))
    with duckdb.connect(str(source.duckdb), read_only=True) as connection:
        return {key: connection.sql(f"SELECT * FROM {key}").to_arrow_table().to_pandas() for key in KEYS}


def checked(frames: Frames, folder: Path, beside: tuple[Frames, Path] | None = None) -> Checked:
    """What the checks find in the frames, written as Parquet; those that lie ``beside`` already are not written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for key, frame in frames.items():
        there = beside is not None and beside[0][key] is frame
        paths[key] = str((beside[1] if beside is not None and there else folder) / f"{key}.parquet")
        if not there:
            frame.to_parquet(paths[key], index=False)
    if "candles" in frames:
        return check_calls(CallsData("parquet", **paths), CallSettings(), CallGates())
    return check_market(DataSettings("parquet", **paths), Gates())


def finding(found: Checked, corruption: Corruption) -> Finding:
    """The finding of the corruption's check, the gravest where there are several."""
    mine = [f for f in found.findings if (f.table, f.check) == (corruption.table, corruption.check)]
    return min(mine, key=lambda f: ORDER.index(f.severity))


def is_found(clean: Checked, found: Checked, corruption: Corruption) -> bool:
    """Graver than on the clean data; of what is only noted, more than there."""
    try:
        now = finding(found, corruption)
    except ValueError:
        return False
    before = [f for f in clean.findings if (f.table, f.check) == (corruption.table, corruption.check)]
    rank, count = (min(ORDER.index(f.severity) for f in before), max(f.count for f in before)) if before else (3, 0)
    return ORDER.index(now.severity) < rank or (ORDER.index(now.severity) == rank and now.count > count)


def _some(frame: pd.DataFrame, n: float, rng: np.random.Generator) -> np.ndarray:
    """Places of rows, away from the ends; a number below 1 is a share."""
    size = len(frame)
    return np.sort(rng.choice(np.arange(10, size - 10), max(int(n if n >= 1 else n * size), 1), replace=False))


def _with(frames: Frames, key: str, frame: pd.DataFrame) -> Frames:
    return {**frames, key: frame.reset_index(drop=True)}


def _set(key: str, *columns: str, to: Callable[[pd.DataFrame], object]) -> Callable[..., Frames]:
    """Write into ``columns`` of some rows."""

    def make(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
        frame = frames[key].copy()
        at = _some(frame, n, rng)
        for column in columns:
            frame.loc[at, column] = to(frame.iloc[at])
        return _with(frames, key, frame)

    return make


def _copies(key: str) -> Callable[..., Frames]:
    def make(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
        frame = frames[key]
        order = np.sort(np.concatenate([np.arange(len(frame)), _some(frame, n, rng)]))
        return _with(frames, key, frame.iloc[order])

    return make


def _conflicts(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
    frame = frames["candles"]
    more = frame.iloc[_some(frame, n, rng)].copy()
    more["close"] = more["high"] = more["high"] * 1.01
    return _with(frames, "candles", pd.concat([frame, more]))


def _swapped(key: str) -> Callable[..., Frames]:
    """Rows exchanged with one of the same series a hundred rows later."""

    def make(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
        frame = frames[key]
        order = np.arange(len(frame))
        for at in _some(frame.iloc[:-200], n, rng).tolist():
            order[[at, at + 100]] = order[[at + 100, at]]
        return _with(frames, key, frame.iloc[order])

    return make


def _stretch(frame: pd.DataFrame, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Rows of some time inside a session, well away from its ends."""
    ts = frame["ts"]
    day = ts.dt.date
    mine = ts[day == day.iloc[0]]
    first, last = mine.iloc[0] + 1800 * SECOND, mine.iloc[-1] - 1800 * SECOND - seconds * SECOND
    start = first + (last - first) * rng.random()
    return ((ts >= start) & (ts < start + seconds * SECOND)).to_numpy()


def _gap(frames: Frames, seconds: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"]
    return _with(frames, "underlying", frame[~_stretch(frame, seconds, rng)])


def _still(frames: Frames, seconds: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"].copy()
    at = np.flatnonzero(_stretch(frame, seconds, rng))
    for column in ("open", "high", "low", "close"):
        frame.loc[at, column] = frame["close"].iloc[at[0] - 1]
    return _with(frames, "underlying", frame)


def _idle(frames: Frames, seconds: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"].copy()
    frame.loc[_stretch(frame, seconds, rng), "volume"] = 0
    return _with(frames, "underlying", frame)


def _scaled(frames: Frames, times: float, rng: np.random.Generator) -> Frames:
    """From the second session on."""
    frame = frames["underlying"].copy()
    late = (frame["ts"].dt.date > frame["ts"].dt.date.iloc[0]).to_numpy()
    for column in ("open", "high", "low", "close"):
        frame.loc[late, column] = frame.loc[late, column] / times
    return _with(frames, "underlying", frame)


def _lone(frames: Frames, share: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"].copy()
    (at,) = _some(frame, 1, rng)
    for column in ("open", "high", "low", "close"):
        frame.loc[at, column] = round(frame.loc[at, column] * (1 + share), 2)
    return _with(frames, "underlying", frame)


def _cut(frames: Frames, minutes: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"]
    last = frame["ts"].iloc[-1] - pd.Timedelta(minutes=minutes)
    return _with(frames, "underlying", frame[frame["ts"] <= last])


def _dropped(frames: Frames, sessions: float, rng: np.random.Generator) -> Frames:
    """Sessions between the first and the last."""
    day = frames["underlying"]["ts"].dt.date
    gone = sorted(day.unique())[1 : 1 + int(sessions)]
    return _with(frames, "underlying", frames["underlying"][~day.isin(gone)])


def _saturday(frames: Frames, rows: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"]
    last = frame["ts"].iloc[-1].normalize()
    more = frame.iloc[: int(rows)].copy()
    more["ts"] += last - more["ts"].iloc[0].normalize() + pd.Timedelta(days=(5 - last.day_of_week) % 7)
    return _with(frames, "underlying", pd.concat([frame, more]).sort_values("ts"))


def _later(*keys: str, unit: pd.Timedelta = SECOND) -> Callable[..., Frames]:
    def make(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
        changed = {key: frames[key].assign(ts=frames[key]["ts"] + n * unit) for key in keys}
        return {**frames, **changed}

    return make


def _frozen(frames: Frames, seconds: float, rng: np.random.Generator) -> Frames:
    frame = frames["options"]
    return _with(frames, "options", frame[~_stretch(frame, seconds, rng)])


def _leaping(frames: Frames, times: float, rng: np.random.Generator) -> Frames:
    """One quote near the money."""
    frame, spot = frames["options"].copy(), frames["underlying"]["close"].iloc[0]
    chain = frames["chain"]
    near = chain.loc[(chain["strike"] - spot).abs().idxmin(), "symbol"]
    mine = np.flatnonzero((frame["symbol"] == near).to_numpy() & (frame["bid"] > 0.5).to_numpy() & frame["ask"].notna())
    at = int(rng.choice(mine[5 : len(mine) // 3]))
    frame.loc[at, ["bid", "ask"]] *= times
    return _with(frames, "options", frame)


def _other_price(frames: Frames, share: float, rng: np.random.Generator) -> Frames:
    frame = frames["underlying"].copy()
    for column in ("open", "high", "low", "close"):
        frame[column] *= 1 + share
    return _with(frames, "underlying", frame)


def _strange(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
    frame = frames["options"].copy()
    frame.loc[_some(frame, n, rng), "symbol"] = "NOBODY"
    return _with(frames, "options", frame)


MARKET = (
    Corruption("underlying", "times", "rows", (1, 10, 100), _set("underlying", "ts", to=lambda rows: pd.NaT)),
    Corruption("underlying", "order", "rows", (1, 10, 100), _swapped("underlying")),
    Corruption("underlying", "duplicates", "rows", (1, 10, 100), _copies("underlying")),
    Corruption("underlying", "prices", "rows", (1, 10, 100), _set("underlying", "close", to=lambda rows: np.nan)),
    Corruption("underlying", "OHLC", "rows", (1, 10, 100),
               _set("underlying", "high", to=lambda rows: rows["low"] - 0.01)),
    Corruption("underlying", "scale", "times", (1.5, 2, 10), _scaled),
    Corruption("underlying", "lone prints", "of the price", (0.002, 0.01, 0.05), _lone),
    Corruption("underlying", "gaps", "seconds", (10, 60, 600), _gap),
    Corruption("underlying", "stale", "seconds", (10, 60, 600), _still),
    Corruption("underlying", "zero volume", "seconds", (10, 60, 600), _idle),
    Corruption("underlying", "sessions", "sessions", (1, 2, 3), _dropped),
    Corruption("underlying", "short sessions", "minutes", (5, 30, 120), _cut),
    Corruption("underlying", "extra sessions", "rows", (1, 100, 10_000), _saturday),
    Corruption("underlying", "clock", "hours", (1, 5, -5),
               _later("underlying", "options", unit=pd.Timedelta(hours=1))),
    Corruption("underlying", "stamp", "bars", (1, -1), _later("underlying", "options")),
    Corruption("options", "times", "rows", (1, 10, 100), _set("options", "ts", to=lambda rows: pd.NaT)),
    Corruption("options", "order", "rows", (1, 10, 100), _swapped("options")),
    Corruption("options", "duplicates", "rows", (1, 10, 100), _copies("options")),
    Corruption("options", "off grid", "rows", (1, 10, 100),
               _set("options", "ts", to=lambda rows: rows["ts"] + pd.Timedelta(milliseconds=500))),
    Corruption("options", "unknown symbols", "rows, or share of them", (1, 0.01, 0.1), _strange),
    Corruption("options", "crossed quotes", "rows, or share of them", (1, 100, 0.02),
               _set("options", "bid", to=lambda rows: rows["ask"] + 0.01)),
    Corruption("options", "zero quotes", "rows, or share of them", (1, 100, 0.02),
               _set("options", "bid", "ask", to=lambda rows: 0.0)),
    Corruption("options", "quotes out of bounds", "rows, or share of them", (1, 100, 0.02),
               _set("options", "bid", "ask", to=lambda rows: 5000.0)),
    Corruption("options", "absurd asks", "rows, or share of them", (1, 100, 0.02),
               _set("options", "ask", to=lambda rows: 199_999.99)),
    Corruption("options", "stale", "seconds", (60, 300, 1800), _frozen),
    Corruption("options", "lone prints", "times", (1.3, 2, 5), _leaping),
    Corruption("options", "parity", "of the price", (0.002, 0.005, 0.02), _other_price),
    Corruption("options", "stamp", "bars", (1, -1, 2, -2), _later("options")),
)  # fmt: skip


def _candle_stretch(frames: Frames, minutes: float, rng: np.random.Generator) -> np.ndarray:
    """Candles of one asset for some minutes; the asset is made to trade all the time before."""
    frame = frames["candles"]
    ts = frame["ts"]
    mine = (frame["asset"] == frame["asset"].iloc[0]).to_numpy()
    first, last = ts[mine].iloc[100], ts[mine].iloc[-100] - pd.Timedelta(minutes=minutes)
    start = first + (last - first) * rng.random()
    return mine & ((ts >= start) & (ts < start + pd.Timedelta(minutes=minutes))).to_numpy()


def _candles_stand(frames: Frames, minutes: float, rng: np.random.Generator) -> Frames:
    frame = frames["candles"].copy()
    at = np.flatnonzero(_candle_stretch(frames, minutes, rng))
    for column in ("open", "high", "low", "close", "volume"):
        frame.loc[at, column] = frame[column].iloc[at[0] - 1]
    return _with(frames, "candles", frame)


def _outage(frames: Frames, minutes: float, rng: np.random.Generator) -> Frames:
    """Every asset misses the same minutes."""
    frame = frames["candles"]
    ts = frame["ts"]
    start = ts.min() + (ts.max() - ts.min()) * (0.3 + 0.4 * rng.random())
    start = start.floor("min")
    return _with(frames, "candles", frame[~((ts >= start) & (ts < start + pd.Timedelta(minutes=minutes)))])


def _spiked(frames: Frames, times: float, rng: np.random.Generator) -> Frames:
    frame = frames["candles"].copy()
    at = _some(frame, 1, rng)
    frame.loc[at, "high"] *= times
    return _with(frames, "candles", frame)


def _redenominated(frames: Frames, times: float, rng: np.random.Generator) -> Frames:
    frame = frames["candles"].copy()
    mine = np.flatnonzero((frame["asset"] == frame["asset"].iloc[0]).to_numpy())
    late = mine[len(mine) // 2 :]
    for column in ("open", "high", "low", "close"):
        frame.loc[late, column] *= times
    return _with(frames, "candles", frame)


def _other_asset(frames: Frames, n: float, rng: np.random.Generator) -> Frames:
    frame = frames["calls"].copy()
    frame.loc[_some(frame, n, rng), "asset"] = "NOTHING"
    return _with(frames, "calls", frame)


CALLS = (
    Corruption("candles", "times", "rows", (1, 100, 0.02), _set("candles", "ts", to=lambda rows: pd.NaT)),
    Corruption("candles", "duplicates", "rows", (1, 10, 100), _copies("candles")),
    Corruption("candles", "conflicts", "rows", (1, 10, 100), _conflicts),
    Corruption("candles", "prices", "rows", (1, 100, 0.02), _set("candles", "close", to=lambda rows: 0.0)),
    Corruption("candles", "OHLC", "rows", (1, 100, 0.02), _set("candles", "high", to=lambda rows: rows["low"] * 0.9)),
    Corruption("candles", "zero volume", "rows", (1, 100, 0.02), _set("candles", "volume", to=lambda rows: 0.0)),
    Corruption("candles", "gaps", "minutes", (5, 15, 120), _outage),
    Corruption("candles", "stale", "minutes", (2, 5, 60), _candles_stand),
    Corruption("candles", "scale", "times", (10, 100, 1000), _redenominated),
    Corruption("candles", "lone prints", "times", (1.2, 1.5, 4), _spiked),
    Corruption("calls", "times", "rows", (1, 10, 100), _set("calls", "ts", to=lambda rows: pd.NaT)),
    Corruption("calls", "names", "rows", (1, 10, 100), _set("calls", "caller", to=lambda rows: None)),
    Corruption("calls", "duplicates", "rows", (1, 10, 100), _copies("calls")),
    Corruption("calls", "assets", "rows", (1, 10, 100), _other_asset),
    Corruption("calls", "reach", "days", (30, 300, -300), _later("calls", unit=pd.Timedelta(days=1))),
    Corruption("calls", "clock", "hours", (1, 5, -5), _later("calls", unit=pd.Timedelta(hours=1))),
    Corruption("calls", "stamp", "candles", (1, -1, 2, -2), _later("candles", unit=MINUTE)),
)  # fmt: skip
