"""Policies broken into what they share: distinct levels (columns of the tables), stop sets, closers, rungs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.codes import Reason
from quantray.callers.policies.parts import (
    AtrStop,
    BreakEven,
    DelayedEntry,
    EmaCross,
    FixedStop,
    Ladder,
    PhasedStop,
    RsiCross,
    TakeProfit,
    TimeStop,
    Trailing,
    Trigger,
)  # fmt: skip
from quantray.callers.policies.policy import Policy
from quantray.errors import ConfigError
from quantray.protocols import Record

if TYPE_CHECKING:
    from quantray.callers.kernels.columns import Levels as LevelColumns
    from quantray.callers.kernels.columns import Policies, Triggers

S = TypeVar("S", bound=np.generic)
NS = 1_000_000_000
#: Fractions that sum to 1 within this leave nothing: the last rung takes all that is left.
WHOLE = 1e-9


def read_only(array: ArrayLike, dtype: type[S]) -> np.ndarray[tuple[int], np.dtype[S]]:
    """The array as kernels take it: contiguous, of one type, not writable. Every other kind would compile them anew."""
    view = np.ascontiguousarray(array, dtype).view()
    view.flags.writeable = False
    return view


def freeze(columns: Record, **dtypes: type[np.generic]) -> None:
    """Make each array that a frozen dataclass holds read-only, whole numbers int64 unless ``dtypes`` names another."""
    for f in fields(columns):
        value = getattr(columns, f.name)
        if isinstance(value, np.ndarray):
            kind = dtypes.get(f.name, np.float64 if value.dtype.kind == "f" else np.int64)
            object.__setattr__(columns, f.name, read_only(value, kind))


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Distinct levels of a grid, in the order of the tables' columns (``quantray.callers.kernels.touch``)."""

    target: FloatArray1D
    stop: FloatArray1D
    arm: FloatArray1D  # multiples of the entry that arm a stop; 1: the entry itself
    trail_ptr: IntArray1D
    trail: FloatArray1D
    raised_ptr: IntArray1D
    raised: FloatArray1D
    hold_s: IntArray1D
    trigger: tuple[Trigger, ...]
    entry: tuple[DelayedEntry | None, ...]
    endless: bool  # some policy has no time stop

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def first(self) -> dict[str, int]:
        """First column of each family of levels."""
        sizes = (len(self.target), len(self.stop), len(self.trail) + len(self.raised), len(self.hold_s))
        at = np.cumsum([0, *sizes, len(self.trigger)]).tolist()
        return dict(zip(("target", "stop", "armed", "hold", "trigger", "end"), at, strict=True))

    def armed(self, k: int) -> int:
        """First column of the stops that arm ``k`` raises: trailing ones, then fixed ones."""
        return self.first["armed"] + int(self.trail_ptr[k] + self.raised_ptr[k])

    @property
    def reason(self) -> IntArray1D:
        """Reason of each column [K]."""
        at = self.first
        out = np.full(at["end"] + 2, Reason.END_OF_DATA, np.int8)
        out[: at["stop"]] = Reason.TARGET
        out[at["stop"] : at["armed"]] = Reason.STOP
        for k in range(len(self.arm)):
            column, n = self.armed(k), int(self.trail_ptr[k + 1] - self.trail_ptr[k])
            out[column : column + n] = Reason.TRAILING_STOP
            out[column + n : column + n + int(self.raised_ptr[k + 1] - self.raised_ptr[k])] = Reason.RAISED_STOP
        out[at["hold"] : at["trigger"]] = Reason.TIME
        out[at["trigger"] : at["end"]] = Reason.TRIGGER
        return out

    @property
    def columns(self) -> LevelColumns:
        """What kernels read of them; durations in ns."""
        from quantray.callers.kernels.columns import Levels as LevelColumns

        found = {name: getattr(self, name) for name in LevelColumns._fields if hasattr(self, name)}
        return LevelColumns(**found, hold=read_only(self.hold_s * NS, np.int64), n_triggers=len(self.trigger))


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """``P`` policies over the columns of their levels, as arrays that kernels read."""

    policies: tuple[Policy, ...]
    levels: Levels
    stop_ptr: IntArray1D
    stop_col: IntArray1D
    close_stop: IntArray1D  # [C]
    close_ptr: IntArray1D
    close_col: IntArray1D
    closer: IntArray1D  # [P]
    variant: IntArray1D  # [P] index into levels.entry
    rung_ptr: IntArray1D  # [P + 1]
    rung_col: IntArray1D
    rung_part: FloatArray1D  # inf: all that is left
    hold: IntArray1D  # [P] index into levels.hold_s, len(hold_s) for none
    distance: FloatArray1D  # [P] of the first stop, NaN without one
    n_parts: IntArray1D  # [P]
    reason: IntArray1D  # [K]

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.policies)

    @property
    def columns(self) -> Policies:
        """What kernels read of it."""
        from quantray.callers.kernels.columns import Policies

        return Policies(**{name: getattr(self, name) for name in Policies._fields})

    def take(self, rows: IntArray1D) -> Program:
        """The policies ``rows`` [k] over the same levels, so that the same tables serve them."""
        rows = np.asarray(rows, np.int64)
        kept, closer = np.unique(self.closer[rows], return_inverse=True)
        close_ptr, close_col = _ragged(self.close_ptr, self.close_col, kept)
        rung_ptr, at = _ragged(self.rung_ptr, np.arange(len(self.rung_col)), rows)
        per_policy = {name: getattr(self, name)[rows] for name in ("variant", "hold", "distance", "n_parts")}
        return replace(
            self, policies=tuple(self.policies[i] for i in rows.tolist()), close_stop=self.close_stop[kept],
            close_ptr=close_ptr, close_col=close_col, closer=closer, rung_ptr=rung_ptr, rung_col=self.rung_col[at],
            rung_part=self.rung_part[at], **per_policy,
        )  # fmt: skip


def _ragged(ptr: IntArray1D, values: IntArray1D, rows: IntArray1D) -> tuple[IntArray1D, IntArray1D]:
    """Some rows of a table whose row i is ``values[ptr[i]:ptr[i + 1]]``, as (ptr, values)."""
    sizes = np.diff(ptr)[rows]
    out = np.concatenate([[0], np.cumsum(sizes)])
    return out, values[np.repeat(ptr[rows] - out[:-1], sizes) + np.arange(out[-1])]


def levels_of(policies: Sequence[Policy]) -> Levels:
    """The distinct levels of all policies."""
    arms = sorted({m for p in policies for m in _raises(p)})
    trails = [sorted({t.trail for p in policies for t in p.all(Trailing) if 1.0 + t.activation == a}) for a in arms]
    raised = [sorted({level for p in policies for a2, level in _fixed_after(p) if a2 == a}, reverse=True) for a in arms]
    targets = {t.tp for p in policies for t in p.all(TakeProfit)}
    targets |= {m for p in policies for ladder in p.all(Ladder) for m, _ in ladder.rungs}
    return Levels(
        target=_floats(sorted(targets)),
        stop=_floats(sorted({s.sl for p in policies for s in p.all(FixedStop)}, reverse=True)),
        arm=_floats(arms),
        trail_ptr=np.cumsum([0, *map(len, trails)]),
        trail=_floats([t for group in trails for t in group]),
        raised_ptr=np.cumsum([0, *map(len, raised)]),
        raised=_floats([r for group in raised for r in group]),
        hold_s=np.array(sorted({t.hold_s for p in policies for t in p.all(TimeStop)}), np.int64),
        trigger=tuple(dict.fromkeys(t for p in policies for t in p.triggers)),
        entry=tuple(dict.fromkeys(p.entry for p in policies)),
        endless=any(p.hold_s is None for p in policies),
    )


def compile_policies(policies: Sequence[Policy], levels: Levels | None = None) -> Program:
    """The program of some policies; ``levels`` may hold more than theirs. ConfigError for none."""
    if not policies:
        raise ConfigError("policy: the grid is empty; give at least one policy")
    lv = levels or levels_of(policies)
    stop_sets: dict[tuple[int, ...], int] = {}
    closers: dict[tuple[int, tuple[int, ...]], int] = {}
    closer, rungs, hold = [], [], []
    at = lv.first
    for p in policies:
        stops = tuple(_stop_columns(p, lv))
        s = stop_sets.setdefault(stops, len(stop_sets)) if stops else -1
        h = len(lv.hold_s) if p.hold_s is None else int(np.searchsorted(lv.hold_s, p.hold_s))
        ends = [at["trigger"] + lv.trigger.index(t) for t in p.triggers]
        ends += [at["hold"] + h] if p.hold_s is not None else []
        closer.append(closers.setdefault((s, (*ends, at["end"])), len(closers)))
        rungs.append(_rungs(p, lv))
        hold.append(h)
    return Program(
        policies=tuple(policies),
        levels=lv,
        stop_ptr=np.cumsum([0, *map(len, stop_sets)]),
        stop_col=_ints([k for cols in stop_sets for k in cols]),
        close_stop=_ints([s for s, _ in closers]),
        close_ptr=np.cumsum([0, *(len(cols) for _, cols in closers)]),
        close_col=_ints([k for _, cols in closers for k in cols]),
        closer=_ints(closer),
        variant=_ints([lv.entry.index(p.entry) for p in policies]),
        rung_ptr=np.cumsum([0, *map(len, rungs)]),
        rung_col=_ints([k for r in rungs for k, _ in r]),
        rung_part=_floats([part for r in rungs for _, part in r]),
        hold=_ints(hold),
        distance=_floats([np.nan if p.stop_distance is None else p.stop_distance for p in policies]),
        n_parts=_ints([p.n_parts for p in policies]),
        reason=lv.reason,
    )


def _raises(policy: Policy) -> list[float]:
    return [1.0 + t.activation for t in policy.all(Trailing)] + [after for after, _ in _fixed_after(policy)]


def _fixed_after(policy: Policy) -> list[tuple[float, float]]:
    """(multiple that arms it, stop) of break-even and phases."""
    pairs = [(float(part.after), 1.0) for part in policy.all(BreakEven)]
    return pairs + [(float(part.after), float(part.stop)) for part in policy.all(PhasedStop)]


def _stop_columns(policy: Policy, lv: Levels) -> list[int]:
    columns = [lv.first["stop"] + int(np.flatnonzero(lv.stop == policy.sl)[0])] if policy.sl is not None else []
    for part in policy.all(Trailing):
        k = int(np.searchsorted(lv.arm, 1.0 + part.activation))
        group = lv.trail[lv.trail_ptr[k] : lv.trail_ptr[k + 1]]
        columns.append(lv.armed(k) + int(np.searchsorted(group, part.trail)))
    for after, stop in _fixed_after(policy):
        k = int(np.searchsorted(lv.arm, after))
        group = lv.raised[lv.raised_ptr[k] : lv.raised_ptr[k + 1]]
        trails = int(lv.trail_ptr[k + 1] - lv.trail_ptr[k])
        columns.append(lv.armed(k) + trails + int(np.flatnonzero(group == stop)[0]))
    return columns


def _rungs(policy: Policy, lv: Levels) -> list[tuple[int, float]]:
    """(column, fraction) of its targets, rising; a take profit and a full ladder's last rung take all that is left."""
    ladder = policy.one(Ladder)
    rungs = list(ladder.rungs) if ladder else []
    if rungs and sum(part for _, part in rungs) >= 1.0 - WHOLE:
        rungs[-1] = (rungs[-1][0], np.inf)
    if policy.tp is not None:
        rungs = [(m, part) for m, part in rungs if m < policy.tp] + [(policy.tp, np.inf)]
    return [(int(np.searchsorted(lv.target, m)), part) for m, part in rungs]


def trigger_columns(triggers: Sequence[Trigger], interval_s: int) -> Triggers:
    """Kind, two parameters and warm-up of each, on candles of ``interval_s``."""
    from quantray.callers.kernels.columns import Triggers
    from quantray.callers.kernels.triggers import Indicator

    rows: list[tuple[int, float, float]] = []
    for t in triggers:
        if isinstance(t, EmaCross):
            rows.append((Indicator.EMA_CROSS, t.fast, t.slow))
        elif isinstance(t, RsiCross):
            rows.append((Indicator.RSI_CROSS, t.period, t.level))
        elif isinstance(t, AtrStop):
            rows.append((Indicator.ATR_PEAK if t.anchor == "peak" else Indicator.ATR_ENTRY, t.period, t.multiple))
        else:
            rows.append((Indicator.VOLUME_Z, t.period, t.z))
    table = np.array(rows, float).reshape(-1, 3)
    warmup = np.array([t.warmup for t in triggers], np.int64) * interval_s * NS
    return Triggers(table[:, 0].astype(np.int64), table[:, 1].copy(), table[:, 2].copy(), warmup)


def _floats(values: Sequence[float]) -> FloatArray1D:
    return np.array(values, np.float64)


def _ints(values: Sequence[int]) -> IntArray1D:
    return np.array(values, np.int64)
