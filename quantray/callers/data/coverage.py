"""Coverage: which calls have an entry, and how many of their candles are there.

Only what is known by the entry excludes a call. Silence afterwards excludes nothing: assets that die stop printing,
and leaving them out leaves survivors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.data.candles import CandleSource
from quantray.callers.data.outages import Outage, in_outage, read_outages, source_ends
from quantray.callers.data.settings import CoverageSettings
from quantray.callers.market import CallPlan, Candles, Exclusion, Inventory, on_grid
from quantray.durations import NS, iso, written
from quantray.errors import DataError
from quantray.plain import amount

SELECTS = (
    "coverage.mode=window leaves calls out by candles after their entry: it selects on the future, "
    "and assets that died are among those left out"
)


BY_ENTRY = CoverageSettings()
#: Assets that end with one and the same candle are taken for the end of a file from so many on.
MANY = 3


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Per call [n]: why it is left out (Exclusion), its entry candle, and how much of its window is there."""

    plan: CallPlan
    settings: CoverageSettings
    reason: IntArray1D  # int8, Exclusion
    entry_ns: IntArray1D  # start of the entry candle, -1 where there is none in time
    entry_open: FloatArray1D  # NaN where there is none
    present: IntArray1D  # candles of the window
    expected: IntArray1D  # candles it would hold without a gap
    warmup_present: IntArray1D  # of those, before the earliest entry
    longest_gap_s: IntArray1D  # longest silence from the entry to the end of the window; 0 without an entry
    silent: BoolArray1D  # the asset's last candle in the whole source starts before the window's last interval
    vendor_gap: BoolArray1D  # the window meets a known outage
    source_end_ns: IntArray1D  # where the source ends for the call's asset
    outages: tuple[Outage, ...]
    common_end_ns: int | None  # last candle that many assets share before the source ends: a file's end
    at_common_end: BoolArray1D  # the asset's last candle is that one

    def __len__(self) -> int:
        return len(self.reason)

    @property
    def eligible(self) -> BoolArray1D:
        """Calls [n] that nothing leaves out."""
        eligible: BoolArray1D = self.reason == Exclusion.NONE
        return eligible

    @property
    def share(self) -> FloatArray1D:
        """Candles present of those expected [n], a fraction."""
        return self.present / np.maximum(self.expected, 1)

    @property
    def thin(self) -> BoolArray1D:
        """Less than ``coverage.min_share`` of the window is there [n]: listed, not left out."""
        return self.share < self.settings.min_share

    @property
    def counts(self) -> dict[str, int]:
        """Calls by reason, in the order in which reasons apply; ``eligible`` first."""
        found = np.bincount(self.reason, minlength=len(Exclusion))
        return {"eligible" if e is Exclusion.NONE else e.name.lower(): int(found[e]) for e in Exclusion}

    @property
    def cut_off(self) -> BoolArray1D:
        """Eligible calls [n] whose asset ends with many others, before their window does, and no outage says why."""
        return self.eligible & self.silent & ~self.vendor_gap & self.at_common_end

    @property
    def note(self) -> str | None:
        """What has to be said beside every result of this selection."""
        return SELECTS if self.settings.mode == "window" else None


def cover(
    plan: CallPlan, source: CandleSource, settings: CoverageSettings = BY_ENTRY, *,
    candles: Iterable[Candles] | None = None, bucket_rows: int = 500_000,
) -> Coverage:  # fmt: skip
    """Coverage of every call. ``candles``: read from these (a slice that covers the plan) instead of the source."""
    found, inventory = _Found(len(plan)), source.inventory
    by_asset = plan.calls.by_asset
    for block in source.candles(plan.spans, bucket_rows) if candles is None else candles:
        for asset, rows in block:
            _measure(plan, by_asset[asset], block.ts[rows], block.open[rows], found)
        _without_price(plan, by_asset, block, found)
    expected = on_grid(plan.start_ns, plan.end_ns, inventory.interval_s, inventory.phase_ns)
    outages = read_outages(settings.outages)
    source_end = source_ends(plan, inventory.end_ns, outages)
    reason = _reasons(plan, source_end, found)
    if settings.mode == "window":
        low = found.present / np.maximum(expected, 1) < settings.min_share
        reason[(reason == Exclusion.NONE) & low] = Exclusion.LOW_COVERAGE
    common_end, last_of_asset = _common_end(plan, inventory), inventory.last_of(plan.calls.assets)[plan.calls.asset]
    late = (found.entry_ns < 0) | (found.entry_ns > plan.entry_until_ns)
    return Coverage(
        plan=plan,
        settings=settings,
        reason=reason,
        entry_ns=np.where(late, -1, found.entry_ns),
        entry_open=np.where(late, np.nan, found.entry_open),
        present=found.present,
        expected=expected,
        warmup_present=found.warmup,
        longest_gap_s=np.where(late, 0, found.gap_ns // NS),
        silent=_silent(plan, inventory),
        vendor_gap=in_outage(plan, outages),
        source_end_ns=source_end,
        outages=outages,
        common_end_ns=common_end,
        at_common_end=last_of_asset == (-2 if common_end is None else common_end),
    )


class _Found:
    """What was seen of each call's window, filled asset by asset."""

    def __init__(self, n: int) -> None:
        self.entry_ns = np.full(n, -1, np.int64)
        self.entry_open = np.full(n, np.nan)
        self.present, self.warmup, self.gap_ns = (np.zeros(n, np.int64) for _ in range(3))


def _measure(plan: CallPlan, calls: np.ndarray, ts: np.ndarray, opened: np.ndarray, found: _Found) -> None:
    """One asset: its candles in time order against the windows of its calls."""
    first, entry, stop = (np.searchsorted(ts, t[calls]) for t in (plan.start_ns, plan.entry_from_ns, plan.end_ns))
    found.present[calls] = stop - first
    found.warmup[calls] = entry - first
    has = entry < stop
    calls, entry, stop = calls[has], entry[has], stop[has]
    found.entry_ns[calls] = ts[entry]
    found.entry_open[calls] = opened[entry]
    step = plan.interval_s * NS
    ends = ts + step
    idle = np.append(ts[1:] - ends[:-1], 0)
    last = np.maximum(plan.end_ns[calls] - ends[stop - 1], 0)
    inner = np.array([idle[e : s - 1].max(initial=0) for e, s in zip(entry.tolist(), stop.tolist(), strict=True)])
    found.gap_ns[calls] = np.maximum(inner, np.where(last >= step, last, 0)) if len(calls) else 0


def _without_price(plan: CallPlan, by_asset: tuple[np.ndarray, ...], block: Candles, found: _Found) -> None:
    """A candle without a price is none, but the first one behind a call is where it would have bought."""
    for _, asset, at in reversed(block.unpriced):
        calls = by_asset[asset] if asset >= 0 else by_asset[0][:0]
        inside = (plan.entry_from_ns[calls] <= at) & (at < plan.end_ns[calls])
        calls = calls[inside & ((found.entry_ns[calls] < 0) | (found.entry_ns[calls] > at))]
        found.entry_ns[calls] = at
        found.entry_open[calls] = np.nan


def _reasons(plan: CallPlan, source_end: np.ndarray, found: _Found) -> np.ndarray:
    """First reason that holds, in the order of Exclusion."""
    reason = np.zeros(len(plan), np.int8)
    checks = (
        (Exclusion.TOO_NEW, source_end < plan.end_ns),
        (Exclusion.NO_CANDLES, found.entry_ns < 0),
        (Exclusion.LATE_ENTRY, found.entry_ns > plan.entry_until_ns),
        (Exclusion.BAD_PRICE, ~(np.isfinite(found.entry_open) & (found.entry_open > 0))),
    )
    for code, holds in checks:
        reason[(reason == Exclusion.NONE) & holds] = code
    return reason


def _silent(plan: CallPlan, inventory: Inventory) -> np.ndarray:
    last = inventory.last_of(plan.calls.assets)[plan.calls.asset]
    return last < plan.end_ns - plan.interval_s * NS


def _common_end(plan: CallPlan, inventory: Inventory) -> int | None:
    """The last candle of at least :data:`MANY` assets, before that of the source: assets do not die in one minute."""
    last, count = np.unique(inventory.last_of(plan.calls.assets), return_counts=True)
    many = (count >= MANY) & (last >= 0) & (last < inventory.last_ns.max(initial=-1))
    return int(last[many][np.argmax(count[many])]) if many.any() else None


def require_eligible(coverage: Coverage, max_excluded: float = 1.0) -> None:
    """Refuse a plan of which no call is eligible, or more than ``max_excluded`` of the calls are left out."""
    counts = {name: n for name, n in coverage.counts.items() if n}
    left = coverage.counts["eligible"]
    shown = ", ".join(f"{name}={n}" for name, n in counts.items() if name != "eligible")
    if left == 0:
        raise DataError(f"no call is eligible: {shown} of {amount(len(coverage), 'call')}; {_remedy(coverage)}")
    share = 1 - left / len(coverage)
    if share > max_excluded:
        raise DataError(
            f"gate max_excluded_calls: {share:.2%} of the calls are left out ({shown}), the limit is "
            f"{max_excluded:.2%}; fetch the candles of the worklist, or raise gates.max_excluded_calls"
        )


def _remedy(coverage: Coverage) -> str:
    """What would make some call eligible, by the reason of most of them."""
    plan, most = coverage.plan, max(Exclusion, key=lambda e: int((coverage.reason == e).sum()))
    if most is not Exclusion.TOO_NEW:
        return f"{_ABOUT[most]}; `quantray calls coverage --worklist FILE` says what to fetch"
    held = plan.needs.max_hold_s
    reach = int((coverage.source_end_ns - plan.end_ns).max()) // NS + held
    ends = iso(int(coverage.source_end_ns.max()))
    fits = f"or give calls.horizon={written(reach)} or less" if reach > 0 else "or earlier calls (data.to)"
    return (
        f"the candles end at {ends}, before any call has been followed for {written(held)}: add later candles, {fits}"
    )


_ABOUT = {
    Exclusion.NO_CANDLES: "no asset that was called has candles with a price then: do both tables name assets alike?",
    Exclusion.LATE_ENTRY: "the first candle comes later than calls.max_entry_lag allows",
    Exclusion.BAD_PRICE: "the entry candles have no price above 0",
    Exclusion.LOW_COVERAGE: "coverage=window leaves out what has less than coverage.min_share of its candles",
    Exclusion.NONE: "nothing is left out",
}
