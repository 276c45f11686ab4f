"""From a plan to what the stages work on: calls, their windows, a slice of candles, which calls count and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from quantray.callers.data import (
    CallPlan,
    Calls,
    CallsData,
    CallSettings,
    CandleSlice,
    Coverage,
    CoverageSettings,
    Needs,
    check_candle_gates,
    compare_prices,
    cover,
    fetched_per_call,
    listed_counts,
    load_calls,
    materialise,
    needs_of,
    open_candles,
    plan_calls,
    require_eligible,
)  # fmt: skip
from quantray.callers.data.settings import Gates
from quantray.callers.plan import CallerPlan
from quantray.callers.results import GROUP
from quantray.callers.split import Split, split_calls
from quantray.errors import DataError
from quantray.plain import amount
from quantray.protocols import Say

Reached = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What every stage reads and none changes."""

    plan: CallerPlan
    windows: CallPlan
    slice: CandleSlice
    coverage: Coverage
    split: Split
    told: tuple[str, ...] = ()  # what the data say of themselves, and a reader must know

    @property
    def calls(self) -> Calls:
        return self.windows.calls


def market_needs(plan: CallerPlan, interval_s: int) -> Needs:
    """How much of the market is asked for: the horizon, and the longest dip wait and warm-up of any policy."""
    hold = plan.horizon_s
    if plan.entry == "close":
        hold += interval_s  # it counts from the end of the entry candle
    wait = max((p.entry.wait_s for p in plan.policies if p.entry is not None), default=0)
    warmup = max(p.warmup_candles for p in plan.policies) * interval_s
    endless = any(p.hold_s is None for p in plan.policies)
    return needs_of(plan.calls, hold, max_dip_wait_s=wait, warmup_s=warmup, endless=endless)


def _loaded(plan: Asked) -> Calls:
    calls = load_calls(plan.data, plan.calls)
    if GROUP in calls.callers:
        raise DataError(
            f"{calls.source}: a caller is named {GROUP!r}, as the group is; give calls.aliases another name"
        )
    return calls


def planned(plan: CallerPlan, calls: Calls | None = None) -> CallPlan:
    """The calls that count (loaded unless given) and the window of each."""
    return windows_of(plan, lambda interval_s: market_needs(plan, interval_s), calls)


def windows_of(plan: Asked, needs: Callable[[int], Needs], calls: Calls | None = None) -> CallPlan:
    """The same for whatever is asked: ``needs`` says, for an interval in seconds, how much market a call needs."""
    calls = _loaded(plan) if calls is None else calls
    with open_candles(plan.data) as source:
        compare_prices(calls, source)
        inventory = source.inventory
        return plan_calls(calls, inventory.interval_s, needs(inventory.interval_s), inventory.end_ns)


def sliced(plan: CallerPlan, windows: CallPlan | None = None) -> CandleSlice:
    """The slice of candles of all windows: one of the cache, or a new one."""
    windows = planned(plan) if windows is None else windows
    with open_candles(plan.data) as source:
        return materialise(windows, source, plan.data)


def covered(plan: Asked, windows: CallPlan) -> Coverage:
    """Which calls have an entry, read from the source: no slice is made, no gate is asked."""
    with open_candles(plan.data) as source:
        return cover(windows, source, plan.coverage, bucket_rows=plan.data.bucket_rows)


def prepare(plan: CallerPlan, say: Say | None = None, reached: Reached | None = None) -> Prepared:
    """Load, plan, slice, cover and split; refused where nothing is eligible or a gate is passed.

    ``reached`` is told the name of each stage as it begins. Raises DataError and ConfigError.
    """
    found = survey(plan, lambda interval_s: market_needs(plan, interval_s), say, reached)
    split = split_calls(found.coverage, plan.oos.fraction)
    return Prepared(plan, found.windows, found.slice, found.coverage, split, found.told)


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The calls that count, where the candles of their windows lie, and which of them have an entry."""

    windows: CallPlan
    slice: CandleSlice
    coverage: Coverage
    told: tuple[str, ...]


class Asked(Protocol):
    """What a request of this wing says of its calls and candles."""

    @property
    def data(self) -> CallsData: ...
    @property
    def calls(self) -> CallSettings: ...
    @property
    def coverage(self) -> CoverageSettings: ...
    @property
    def gates(self) -> Gates: ...


def survey(
    plan: Asked, needs: Callable[[int], Needs], say: Say | None = None, reached: Reached | None = None
) -> Survey:
    """Load, plan, slice and cover, ``needs`` being what a call needs of candles of an interval (seconds)."""
    reached = reached or (lambda stage: None)
    reached("calls")
    calls = _loaded(plan)
    reached("candles")
    with open_candles(plan.data) as source:
        inventory = source.inventory
        windows = plan_calls(calls, inventory.interval_s, needs(inventory.interval_s), inventory.end_ns)
        made = materialise(windows, source, plan.data)
        reached("coverage")
        coverage = cover(windows, source, plan.coverage, candles=made.candles(windows))
        told = (
            *calls.told, *source.told, compare_prices(calls, source).note, fetched_per_call(coverage, source.inventory),
            _unpriced(made),
        )  # fmt: skip
    require_eligible(coverage, plan.gates.max_excluded_calls)
    check_candle_gates(made.quality, plan.gates, made.unpriced)
    if say is not None and coverage.note:
        say(coverage.note)
    return Survey(windows, made, coverage, tuple(note for note in told if note))


def _unpriced(made: CandleSlice) -> str | None:
    """Which assets have candles without a price."""
    n = sum(made.unpriced.values())
    if not n:
        return None
    who = amount(n, "candle has no price above 0 and is", "candles have no price above 0 and are")
    return f"{who} left out as missing: {listed_counts(made.unpriced)}."
