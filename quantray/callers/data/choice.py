"""One candle a time: which of several rows holds, and which row is no candle at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.market import PRICES, Candles

COLUMNS = (*PRICES, "volume")
#: (assets, starts) of candles -> their rows in the order of the table: (asset, start, values of COLUMNS).
InOrder = Callable[[Sequence[str], IntArray1D], list[tuple[str, int, tuple[float, ...]]]]
Columns = dict[str, FloatArray1D]


def assembled(
    assets: tuple[str, ...], index: IntArray1D, ts: IntArray1D, columns: Columns, in_order: InOrder,
    traded: BoolArray1D | None = None,
) -> Candles:  # fmt: skip
    """Candles from rows [r] in any order, one a key (asset, start in UTC ns); ``index`` [r] is into ``assets``.

    Rows without volume of the assets that are ``traded`` [assets] are no candles, and a row without a price that is a
    number above 0 is none. Of rows with one key the one of the largest volume holds (a candle in progress has less
    than the finished one), at equal volumes the later row; exact copies are one.
    """
    idle = np.zeros(len(ts), bool) if traded is None else traded[index] & (columns["volume"] == 0)
    if idle.any():
        index, ts = index[~idle], ts[~idle]
        columns = {name: values[~idle] for name, values in columns.items()}
    priced = np.all([np.isfinite(columns[p]) & (columns[p] > 0) for p in PRICES], axis=0)
    unpriced = sorted(set(zip(index[~priced].tolist(), ts[~priced].tolist(), strict=True)))
    if unpriced:
        index, ts = index[priced], ts[priced]
        columns = {name: values[priced] for name, values in columns.items()}
    order = np.lexsort((ts, index))
    if _repeated(index[order], ts[order]).any():
        order = np.lexsort((*(columns[name] for name in COLUMNS[:-1]), _volume(columns), ts, index))
    index, ts = index[order], ts[order]
    columns = {name: values[order] for name, values in columns.items()}
    same = _repeated(index, ts)
    copies = same & _alike(columns)
    ties: tuple[tuple[str, int], ...] = ()
    if same.any():
        ties = _decide_ties(assets, index, ts, columns, same, copies, in_order)
        kept = np.append(~same[1:], True)  # the last of each key
        index, ts = index[kept], ts[kept]
        columns = {name: values[kept] for name, values in columns.items()}
    found, first = np.unique(index, return_index=True)
    for array in (ts, *columns.values()):
        array.flags.writeable = False
    there = _among(unpriced, index, ts)
    return Candles(
        assets=tuple(assets[i] for i in found.tolist()),
        index=found.astype(np.int32),
        offsets=np.append(first, len(ts)).astype(np.int64),
        ts=ts,
        **columns,
        duplicates=int(copies.sum()),
        conflicts=int((same & ~copies).sum()),
        idle=int(idle.sum()),
        ties=ties,
        unpriced=tuple((assets[i], i, at) for i, at in unpriced if (i, at) not in there),
    )


def _among(unpriced: list[tuple[int, int]], index: IntArray1D, ts: IntArray1D) -> set[tuple[int, int]]:
    """Those of which another row of the same key has a price."""
    if not unpriced:
        return set()
    some = np.isin(ts, [at for _, at in unpriced])
    return set(zip(index[some].tolist(), ts[some].tolist(), strict=True)).intersection(unpriced)


def _volume(columns: Columns) -> FloatArray1D:
    """An unknown volume is less than any."""
    return np.where(np.isnan(columns["volume"]), -1.0, columns["volume"])


def _repeated(index: IntArray1D, ts: IntArray1D) -> BoolArray1D:
    """True for a row with the key of the row before it."""
    same = np.zeros(len(ts), bool)
    same[1:] = (index[1:] == index[:-1]) & (ts[1:] == ts[:-1])
    return same


def _alike(columns: Columns) -> BoolArray1D:
    """True for a row with the values of the row before it."""
    alike = np.ones(len(columns["volume"]), bool)
    for values in columns.values():
        alike[1:] &= (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
    return alike


def _decide_ties(
    assets: tuple[str, ...], index: IntArray1D, ts: IntArray1D, columns: Columns, same: BoolArray1D,
    copies: BoolArray1D, in_order: InOrder,
) -> tuple[tuple[str, int], ...]:  # fmt: skip
    """Where rows that differ share the largest volume, the last of the key gets the later row's values.

    Only the table knows which is later, so it is asked for these keys alone, which are returned.
    """
    volume, key = _volume(columns), np.cumsum(~same) - 1
    last = np.flatnonzero(np.append(~same[1:], True))
    top = volume == volume[last][key]
    differ = same & ~copies & top & np.append(False, top[:-1])
    if not differ.any():
        return ()
    rows = last[np.unique(key[differ])]
    place = {(assets[int(index[row])], int(ts[row])): int(row) for row in rows}
    for asset, at, values in in_order([asset for asset, _ in place], ts[rows]):
        row = place[asset, at]
        prices = np.array(values[:-1])
        now = -1.0 if np.isnan(values[-1]) else values[-1]
        if now == volume[row] and (np.isfinite(prices) & (prices > 0)).all():
            for name, value in zip(COLUMNS, values, strict=True):
                columns[name][row] = value
    return tuple(place)
