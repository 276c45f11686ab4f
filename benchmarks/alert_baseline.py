"""The alert baseline: its pass over the candles against reading their Parquet alone, and against pandas.

    python -m benchmarks.alert_baseline [--calls 3000] [--candles 2880] [--by-pandas 200] [--whole]

Every call has an asset of its own, so that no candle is read twice. The first line says that the measures equal
those of the pandas version; times are of the processor, of one core, and what else the machine does is not in them.
``--whole`` times a whole run from a plan to its files too, by the clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._page import Report, in_turns
from quantray.callers.baseline import BaselinePlan, BaselineProgress
from quantray.callers.baseline.columns import MULTIPLES, REAL, REASONS, SECONDS
from quantray.callers.baseline.measure import Pass, measured, records_of, warm
from quantray.callers.baseline_study import baseline
from quantray.callers.data import CallsData, CallSettings
from quantray.callers.prepare import survey
from quantray.durations import NS
from quantray.files import Pieces
from quantray.settings import Runner

START = int(np.datetime64("2025-05-01", "ns").astype(np.int64))
STEP = 60 * NS
SMALL = ["--calls", "60", "--candles", "200", "--by-pandas", "20", "--whole"]
FULL = ["--calls", "10000", "--by-pandas", "400", "--whole"]
AT_ONCE = 250  # assets of a file


def market(folder: Path, n_calls: int, n_candles: int) -> CallsData:
    """A call at the first candle of every asset, each a random walk wild enough to touch levels."""
    names = [f"T{i:05d}" for i in range(n_calls)]
    (folder / "candles").mkdir()
    for first in range(0, n_calls, AT_ONCE):
        pq.write_table(
            _walks(names[first : first + AT_ONCE], n_candles + 3, first), folder / f"candles/{first:05d}.parquet"
        )
    calls = pa.table({
        "call_id": names, "caller": [f"caller_{i % 50}" for i in range(n_calls)], "asset": names,
        "ts": pa.array(np.full(n_calls, START // 1000), pa.timestamp("us", tz="UTC")),
    })  # fmt: skip
    pq.write_table(calls, folder / "calls.parquet")
    return CallsData("parquet", calls=str(folder / "calls.parquet"), candles=str(folder / "candles"),
                     cache=str(folder / "cache"), interval="1m")  # fmt: skip


def _walks(names: Sequence[str], n: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    vol = rng.uniform(0.002, 0.03, (len(names), 1))
    close = np.exp(np.cumsum(vol * rng.normal(0, 1, (len(names), n)), axis=1))
    opened = np.concatenate([np.ones((len(names), 1)), close[:, :-1]], axis=1)
    spread = np.exp(vol / 2 * np.abs(rng.normal(0, 1, (2, len(names), n))))
    asset = pa.DictionaryArray.from_arrays(np.repeat(np.arange(len(names), dtype=np.int32), n), pa.array(names))
    times = (START + np.arange(n) * STEP) // 1000
    return pa.table({
        "asset": asset, "ts": pa.array(np.tile(times, len(names)), pa.timestamp("us", tz="UTC")),
        "open": opened.ravel(), "high": (np.maximum(opened, close) * spread[0]).ravel(),
        "low": (np.minimum(opened, close) / spread[1]).ravel(), "close": close.ravel(), "volume": np.ones(close.size),
    })  # fmt: skip


def by_pandas(candles: pd.DataFrame, horizon_s: int, tp: float, sl: float) -> dict[str, Any]:
    """The same measures of one call as a careful person writes them in pandas, column by column."""
    price, begin = candles["open"].iloc[0], candles["ts"].iloc[0]
    until = begin + horizon_s * NS
    c = candles[candles["ts"] < until]
    ends = (c["ts"] + STEP).clip(upper=until)
    lasts = ends.shift(-1).fillna(until).astype("int64") - ends
    found: dict[str, Any] = {"entry_price": price}
    peak, top = c["high"].cummax().clip(lower=price), c["high"].max()
    ath = max(price, top)
    at = c.index[c["high"] >= ath][0] if top > price else None
    found["ath_multiple"], found["highest_close_multiple"] = ath / price, max(c["close"].max(), price) / price
    found["time_to_ath_s"] = 0 if at is None else _known(c, at, ath, begin)
    low = c["low"].cummin().clip(upper=price)
    found["drawdown"], found["drawdown_from_peak"] = 1 - low.iloc[-1] / price, (1 - c["low"] / peak).max()
    above = c.index[c["high"] > price]
    found["drawdown_before_above"] = 1 - low[above[0] if len(above) else c.index[-1]] / price
    touched = {}
    for name, level in MULTIPLES.items():
        hit = c.index[c["high"] >= price * level]
        touched[name] = hit[0] if len(hit) else None
        found[f"time_to_{name}_s"] = _known(c, hit[0], price * level, begin) if len(hit) else None
        found[f"drawdown_before_{name}"] = 1 - low[hit[0]] / price if len(hit) else None
        found[f"drawdown_after_{name}"] = _behind(c, hit[0], price * level) if len(hit) else None
    found["drawdown_after_ath"] = found["drawdown"] if at is None else _behind(c, at, ath)
    found["end_return"] = c["close"].iloc[-1] / price - 1
    found["silent_s"] = max(until - c["ts"].iloc[-1] - STEP, 0) // NS
    found |= _simple(c, price * tp, price * sl, price, begin, until)
    span = until - begin
    found["under_water_share"] = lasts[c["close"] < price].sum() / span
    found["in_profit_share"] = lasts[c["close"] > price].sum() / span
    return found | _path(c, lasts, peak, touched, price)


def _known(c: pd.DataFrame, at: Any, level: float, begin: int) -> int:
    return int((c["ts"][at] - begin + (0 if c["open"][at] >= level else STEP)) // NS)


def _behind(c: pd.DataFrame, at: Any, level: float) -> float | None:
    later = c["low"].loc[at + 1 :]
    return max(1 - later.min() / level, 0.0) if len(later) else None


def _simple(c: pd.DataFrame, target: float, stop: float, price: float, begin: int, until: int) -> dict[str, Any]:
    hit = c.index[(c["low"] <= stop) | (c["high"] >= target)]
    if not len(hit):
        end = c["close"].iloc[-1] / price - 1
        return {"tp_sl_return": end, "tp_sl_reason": "horizon", "tp_sl_time_s": (until - begin) // NS}
    row = c.loc[hit[0]]
    gap, over = row["open"] <= stop, row["open"] >= target
    stopped = gap or (row["low"] <= stop and not over)
    paid = row["open"] if gap else stop if stopped else target
    after = int(row["ts"]) - begin + (0 if gap or over else STEP)
    return {"tp_sl_return": paid / price - 1, "tp_sl_reason": "stop" if stopped else "target",
            "tp_sl_time_s": after // NS}  # fmt: skip


def _path(c: pd.DataFrame, lasts: pd.Series, peak: pd.Series, touched: dict[str, Any], price: float) -> dict[str, Any]:
    found: dict[str, Any] = {"retention_after_1_2x": None, "headfake_depth": None}
    first, second = touched["1_2x"], touched["1_5x"]
    if first is not None:
        stand = lasts.loc[first:]
        kept = stand[c["close"].loc[first:] >= price * 1.1].sum()
        found["retention_after_1_2x"] = kept / stand.sum() if stand.sum() else None
        between = c["low"].loc[first + 1 : second]
        depth = 1 - between.min() / price if len(between) else 0.0
        found["headfake_depth"] = max(depth, 0.0)
    for name in ("1_5x", "2x"):
        given = None
        if touched[name] is not None and touched[name] < c.index[-1]:
            later, before = c["low"].loc[touched[name] + 1 :], peak.shift(1).loc[touched[name] + 1 :]
            given = max(((before - later) / (before - price)).max(), 0.0)
        found[f"giveback_after_{name}"] = given
    return found


def frames(work: Pass, n: int) -> Iterator[tuple[int, pd.DataFrame]]:
    """The first calls with their candles as pandas has them."""
    assets = work.coverage.plan.calls.assets
    left = n
    for number in work.buckets:
        block = work.slice.read(number, assets)
        for asset, rows in block:
            if not left:
                return
            left -= 1
            columns = {name: getattr(block, name)[rows] for name in ("ts", "open", "high", "low", "close")}
            yield asset, pd.DataFrame(columns)


def difference(records: dict[int, Any], rows: dict[int, dict[str, Any]]) -> float:
    """Largest relative difference of any measure; infinite where one exists and the other does not."""
    worst = 0.0
    for call, row in rows.items():
        record = records[call]
        for name in (*REAL, *SECONDS, "tp_sl_reason"):
            ours, theirs = record[name].item(), row[name]
            if name == "tp_sl_reason":
                same = REASONS[ours] == theirs
            else:
                none = ours != ours or (name in SECONDS and ours < 0)
                same = none == (theirs is None)
                if same and not none:
                    worst = max(worst, abs(ours - theirs) / max(abs(theirs), 1.0))
            worst = worst if same else np.inf
    return worst


def whole(report: Report, data: CallsData, folder: Path, horizon_s: int) -> None:
    """A run from its plan to its files, and when the first calls were there."""
    began, first = time.perf_counter(), [0.0]

    def told(event: BaselineProgress) -> None:
        if event.measured and not first[0]:
            first[0] = time.perf_counter() - began

    calls = CallSettings(horizon=horizon_s)
    study = baseline(BaselinePlan("benchmark", data, folder / "run", calls=calls, runner=Runner("local")),
                     progress=told, say=print)  # fmt: skip
    report.row(f"whole run of {len(study.results.alerts):,} calls, plan to report", [time.perf_counter() - began])
    report.row("its first calls after", first)


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=3_000)
    parser.add_argument("--candles", type=int, default=2_880)
    parser.add_argument("--by-pandas", type=int, default=200, help="calls that pandas measures too")
    parser.add_argument("--whole", action="store_true", help="time a whole run too")
    given = parser.parse_args(arguments)
    what = f"{given.calls:,} calls x {given.candles:,} candles, seconds of one core's processor"
    report = Report("alert_baseline", what)
    with tempfile.TemporaryDirectory(prefix="quantray-baseline-") as place:
        _compare(report, given, Path(place))
    return report


def _compare(report: Report, given: argparse.Namespace, folder: Path) -> None:
    data, horizon_s = market(folder, given.calls, given.candles), given.candles * 60
    plan = BaselinePlan("benchmark", data, folder / "run", calls=CallSettings(horizon=horizon_s, max_entry_lag=0))
    found = survey(plan, plan.needs)
    work = Pass(found.coverage, found.slice, horizon_s, 2.0, 0.5, Pieces(folder / "run", "benchmark"), "x")
    warm()
    rows, by_hand = {}, []
    for call, frame in list(frames(work, given.by_pandas)):
        began = time.process_time()
        rows[call] = by_pandas(frame, horizon_s, 2.0, 0.5)
        by_hand.append(time.process_time() - began)
    records = {int(r["call"]): r for bucket in work.buckets for r in measured(work, bucket)}
    worst = difference(records, rows)
    n_measures = len(REAL) + len(SECONDS) + 1
    report.equal(f"{n_measures} measures of {len(rows):,} calls are those of pandas (largest relative difference "
                 f"{worst:.1e})", worst <= 1e-12)  # fmt: skip
    assets = work.coverage.plan.calls.assets
    held = work.slice.read(work.buckets[0], assets)
    reading, passing, memory = in_turns([
        lambda: sum(len(work.slice.read(bucket, assets)) for bucket in work.buckets),
        lambda: sum(len(measured(work, bucket)) for bucket in work.buckets),
        lambda: records_of(work.coverage, held, horizon_s, 2.0, 0.5),
    ], clock=time.process_time)  # fmt: skip
    report.row("reading and measuring", passing, beside=("reading the Parquet alone", reading), bound=True)
    each = [seconds / len(held.assets) for seconds in memory]
    report.row("a call, its candles in memory", each, beside=("pandas", by_hand))
    report.row("a candle, read and measured", [seconds / len(records) / given.candles for seconds in passing])
    size = sum((found.slice.folder / b.file).stat().st_size for b in found.slice.buckets)
    report.row("Parquet", [size / 2**20], unit="MiB")
    report.row(
        "largest memory of this process", [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024], unit="MiB"
    )
    if given.whole:
        whole(report, data, folder, horizon_s)


if __name__ == "__main__":
    main()
