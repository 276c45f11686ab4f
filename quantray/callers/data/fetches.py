"""Candles that were fetched call by call: their assets seem to die where the fetching stopped."""

from __future__ import annotations

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.data.coverage import MANY, Coverage
from quantray.callers.market import Inventory
from quantray.durations import NS, written
from quantray.plain import amount

SHARE = 0.3  # of the assets that fall silent: so many do not die at one distance from their last call, or after as
# many candles


def fetched_per_call(coverage: Coverage, inventory: Inventory) -> str | None:
    """What has to be said where candles reach to the same distance behind each call, or are equally many per asset."""
    calls = coverage.plan.calls
    silent = np.unique(calls.asset[coverage.eligible & coverage.silent & ~coverage.vendor_gap])
    if len(silent) < MANY:
        return None
    last_call = np.full(len(calls.assets), -1, np.int64)
    np.maximum.at(last_call, calls.asset, calls.ts)
    step = inventory.interval_s * NS
    place = {asset: i for i, asset in enumerate(inventory.assets)}
    names = [place[calls.assets[a]] for a in silent.tolist() if calls.assets[a] in place]
    reach = (inventory.last_of(calls.assets)[silent] + step - last_call[silent]) // step
    several, at = _alike(reach, 1)
    equal, many = _alike(inventory.rows[names], 0)
    least = max(MANY, SHARE * len(silent))
    if max(several, equal) < least or _one_end(inventory, names, step):
        return None
    after = written(int(at) * inventory.interval_s)
    how = f"{after} after its last call" if several >= equal else amount(many, "candle")
    return (
        f"Candles were fetched per call: of {len(silent):,} assets that fall silent, {max(several, equal):,} do after "
        f"{how}. So ends a request, not a market: "
        f"{amount(int((coverage.eligible & coverage.silent).sum()), 'call is', 'calls are')} shown "
        "as if their assets had died. Fetch the whole of each call's window, list what is missing under "
        "coverage.outages, or give a shorter hold."
    )


def _alike(values: IntArray1D, beside: int) -> tuple[int, int]:
    """(how many share one value, give or take ``beside`` above it, that value)."""
    found, count = np.unique(values, return_counts=True)
    if not len(found):
        return 0, 0
    after = np.append(np.where(np.diff(found) <= beside, count[1:], 0), 0) if beside else np.zeros(len(count), int)
    best = int(np.argmax(count + after))
    return int((count + after)[best]), int(found[best])


def _one_end(inventory: Inventory, names: list[int], step: int) -> bool:
    """Whether these assets end together: that is the end of a file, which is told of itself."""
    last = inventory.last_ns[names]
    return bool(len(last)) and int(last.max() - last.min()) <= step
