"""The pass over the candles: of one bucket of assets, what every eligible call offered, as one file of records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, IntArray1D
from quantray.callers.baseline.columns import CODES, LATE, REAL, RECORD, SECONDS
from quantray.callers.data import CallRows, Candles, CandleSlice, Coverage, locate
from quantray.durations import NS
from quantray.errors import DataError
from quantray.files import Pieces, write_npy

#: The records of one bucket.
FILE = "alerts.npy"
#: Seconds of one core for a candle of a call's window, with its reading.
_CANDLE_S = 4e-8


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What a worker is given once. ``horizon_s`` seconds behind the entry are looked at, and no candle behind them."""

    coverage: Coverage
    slice: CandleSlice
    horizon_s: int
    tp: float
    sl: float
    pieces: Pieces
    stem: str  # begins the names of this plan's pieces

    @property
    def buckets(self) -> list[int]:
        """Numbers of the buckets that hold an eligible call."""
        calls = self.coverage.plan.calls
        wanted = {calls.assets[i] for i in np.unique(calls.asset[self.coverage.eligible]).tolist()}
        return [i for i, bucket in enumerate(self.slice.buckets) if wanted.intersection(bucket.assets)]

    def piece(self, bucket: int) -> str:
        """The name of the piece that holds the records of a bucket."""
        return f"{self.stem}/alerts/bucket-{bucket:05d}/{FILE}"

    def read(self, bucket: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        """The records [k] (:data:`RECORD`) of a bucket that was measured."""
        path = self.pieces.path(self.piece(bucket))
        try:
            found: np.ndarray[tuple[int], np.dtype[np.void]] = np.load(path)
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read ({error}); run again, it will be made anew") from None
        return found

    def check_visible(self) -> None:
        """Raise DataError in a worker that sees another file system than the driver."""
        from quantray.callers.stages.work import check_visible

        check_visible(self.slice.folder, self.pieces.folder)


def seconds_of(work: Pass) -> float:
    """What the pass is expected to cost one core."""
    return float(work.coverage.present[work.coverage.eligible].sum()) * _CANDLE_S


def measurer(work: Pass) -> Callable[[int], dict[str, Any]]:
    """What a worker does with a bucket: write its records, return what the ledger notes of them."""
    work.check_visible()
    warm()
    return lambda bucket: {"bucket": bucket, "files": _written(work, bucket)}


def _written(work: Pass, bucket: int) -> dict[str, Any]:
    records, name = measured(work, bucket), work.piece(bucket)
    note = work.pieces.write(name, lambda path: write_npy(path, [records], RECORD, records.shape))
    return {name: note.as_json()}


def measured(work: Pass, bucket: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """The records [k] (:data:`RECORD`) of every eligible call of a bucket, in the order of the calls."""
    coverage = work.coverage
    candles = work.slice.read(bucket, coverage.plan.calls.assets)
    return records_of(coverage, candles, work.horizon_s, work.tp, work.sl, work.slice.jumps)


def records_of(
    coverage: Coverage, candles: Candles, horizon_s: int, tp: float, sl: float,
    jumps: tuple[tuple[str, int, float], ...] = (),
) -> np.ndarray[tuple[int], np.dtype[np.void]]:  # fmt: skip
    """Records [k] of the eligible calls whose assets are in ``candles``.

    The horizon of a call ends ``horizon_s`` after its entry candle began, also where it is entered one candle later.
    ``jumps`` are changes of scale (asset, ns, times).
    """
    from quantray.callers.kernels.columns import Candles as Given
    from quantray.callers.kernels.offers import AMBIGUOUS, HEADFAKE, REASON, late_offers, offers

    rows, step = locate(coverage, candles), coverage.plan.interval_s * NS
    entry_ns = coverage.entry_ns[rows.call]
    until = entry_ns + horizon_s * NS
    given = Given(candles.ts, candles.open, candles.high, candles.low, candles.close, candles.volume, step)
    real, when, code, behind = offers(given, rows.entry, rows.stop, until, tp, sl)
    late = late_offers(given, _later(coverage, candles, rows, behind), behind, tp, sl)
    out = np.zeros(len(rows), RECORD)
    out["call"], out["entry_ns"] = rows.call, entry_ns
    for k, name in enumerate(REAL):
        out[name] = real[:, k]
    for k, name in enumerate(SECONDS):
        out[name] = np.where(when[:, k] < 0, -1, when[:, k] // NS)
    for name, k in zip(CODES, (REASON, AMBIGUOUS, HEADFAKE), strict=True):
        out[name] = code[:, k]
    for k, name in enumerate(LATE):
        out[name] = late[:, k]
    out["dead"] = _dead(coverage, rows, behind, out["silent_s"])
    out["rescaled"] = _rescaled(coverage, rows.call, entry_ns, candles.ts[np.maximum(behind, 1) - 1], jumps)
    return out


def _later(coverage: Coverage, candles: Candles, rows: CallRows, behind: IntArray1D) -> IntArray1D:
    """The candle behind each entry, -1 where it lies behind the horizon or begins later than an entry may, and one."""
    later = rows.entry + 1
    there = later < behind
    at = candles.ts[np.where(there, later, 0)] if len(candles) else np.zeros(len(later), np.int64)
    in_time = at <= coverage.plan.entry_until_ns[rows.call] + coverage.plan.interval_s * NS
    return np.where(there & in_time, later, -1)


def _dead(coverage: Coverage, rows: CallRows, behind: IntArray1D, silent_s: IntArray1D) -> BoolArray1D:
    """Calls whose asset fell silent before the end of the horizon and never printed again in the whole source.

    That is known behind the horizon only, and decides nothing but this flag. What lies in a known outage is no silence.
    """
    silent = silent_s >= coverage.plan.interval_s
    return silent & (rows.stop <= behind) & ~coverage.vendor_gap[rows.call]


def _rescaled(
    coverage: Coverage, calls: IntArray1D, entry_ns: IntArray1D, last_ns: IntArray1D,
    jumps: tuple[tuple[str, int, float], ...],
) -> BoolArray1D:  # fmt: skip
    """Calls within whose horizon the price of their asset changes scale."""
    across, asset = np.zeros(len(calls), bool), coverage.plan.calls.asset[calls]
    place = {name: i for i, name in enumerate(coverage.plan.calls.assets)}
    for name, at, _ in jumps:
        across |= (asset == place.get(name, -1)) & (entry_ns < at) & (at <= last_ns)
    return across


@cache
def warm() -> None:
    """Compile the kernel, or read it from its cache, before workers start and clocks run."""
    from quantray.callers.kernels.columns import Candles as Given
    from quantray.callers.kernels.offers import late_offers, offers

    ts, price = np.arange(2) * NS, np.ones(2)
    for array in (ts, price):
        array.flags.writeable = False
    one = np.zeros(1, np.int64)
    given = Given(ts, price, price, price, price, price, NS)
    behind = offers(given, one, one + 2, one + 2 * NS, 2.0, 0.5)[-1]
    late_offers(given, one + 1, behind, 2.0, 0.5)
