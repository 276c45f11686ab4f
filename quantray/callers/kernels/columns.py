"""What the kernels of this wing are given and give back: arrays under their names, and few numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Candles(NamedTuple):
    """Candles [r], each asset's contiguous and in time order."""

    ts: np.ndarray  # [r] UTC ns of the START
    open: np.ndarray  # [r] in the quote currency, as high, low and close
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray  # [r] read by indicators alone
    interval: int  # ns


class Blocks(NamedTuple):
    """Highest and lowest price of every :data:`quantray.callers.kernels.touch.BLOCK` candles, [r // BLOCK]."""

    top: np.ndarray
    bottom: np.ndarray


class Entries(NamedTuple):
    """Entries [E]: a call entered one way; ``price`` is NaN, ``start`` -1 where there is none."""

    start: np.ndarray  # [E] row of the first candle to scan
    stop: np.ndarray  # [E] end of the window, exclusive
    ends: np.ndarray  # [E] UTC ns at which the source ends
    price: np.ndarray  # [E] paid, in the quote currency
    time: np.ndarray  # [E] UTC ns
    whole: np.ndarray  # [E] whether the first candle's high counts


class Levels(NamedTuple):
    """Distinct levels of a grid, as multiples of the entry price where nothing else is said."""

    target: np.ndarray  # rising
    stop: np.ndarray  # falling
    arm: np.ndarray  # [A] rising; arm k raises trail[trail_ptr[k]:trail_ptr[k + 1]] and raised[raised_ptr[k]:…]
    trail_ptr: np.ndarray  # [A + 1]
    trail: np.ndarray  # fractions of the peak, rising within an arm
    raised_ptr: np.ndarray  # [A + 1]
    raised: np.ndarray  # falling within an arm
    hold: np.ndarray  # [H] ns, rising
    n_triggers: int
    endless: bool  # some policy has no time stop


class Rules(NamedTuple):
    """How a candle is read: ``quantray.callers.codes.Intrabar`` and ``TargetGap``."""

    order: int
    gap_pays: int


class Touched(NamedTuple):
    """First-touch tables of ``E`` entries and ``K`` columns; see ``quantray.callers.kernels.touch``."""

    keys: np.ndarray  # [E, K] int32: bar * 8 + phase
    fill: np.ndarray  # [E, K] multiple of the entry price
    worst: np.ndarray  # [E, K] lowest multiple up to it
    time: np.ndarray  # [E, K] UTC ns
    peaks: np.ndarray  # [E, H + 1] highest multiple up to each time stop, and to the end


class Triggers(NamedTuple):
    """Indicators [G]: which, its two parameters, and what it sees before the call."""

    kind: np.ndarray
    first: np.ndarray
    second: np.ndarray
    warmup: np.ndarray  # [G] ns


class Table(NamedTuple):
    """First-touch tables with their entries: row ``call * ways + way`` [E]."""

    keys: np.ndarray  # [E, K], as the next four in :class:`Touched`
    fill: np.ndarray
    worst: np.ndarray
    time: np.ndarray
    peaks: np.ndarray
    price: np.ndarray  # [E] NaN: no entry
    entry_ns: np.ndarray  # [E] UTC ns
    start: np.ndarray  # [E] rows of the candles that positions are marked on, stop exclusive
    stop: np.ndarray
    ways: int
    order: int  # codes.Intrabar


class Policies(NamedTuple):
    """``P`` policies over the columns of their tables; see ``quantray.callers.policies.program.Program``."""

    stop_ptr: np.ndarray
    stop_col: np.ndarray
    close_stop: np.ndarray  # [C]
    close_ptr: np.ndarray
    close_col: np.ndarray
    closer: np.ndarray  # [P]
    variant: np.ndarray  # [P] way of entering
    rung_ptr: np.ndarray  # [P + 1]
    rung_col: np.ndarray
    rung_part: np.ndarray  # fraction of the size; inf: all that is left
    hold: np.ndarray  # [P] column of ``peaks``
    distance: np.ndarray  # [P] of the first stop, a fraction; NaN without one
    reason: np.ndarray  # [K] codes.Reason of each column


class Queue(NamedTuple):
    """Calls [n] of one account in the order in which they queue, for each of ``V`` ways of entering."""

    calls: np.ndarray  # [V, n] rows of calls
    asset: np.ndarray  # [n] of a call, from 0 on
    caller: np.ndarray  # [n]
    closing: np.ndarray  # [E, C] what closes the remainder: a column of the tables
    n_assets: int
    n_callers: int


class Money(NamedTuple):
    """Costs and rules of the account; see ``quantray.callers.policies.account``."""

    cost: float  # of a side, a fraction of its notional
    on_entry: bool  # of the entry's notional on both sides
    limited: bool
    initial: float  # money, as amount, risk and minimum
    sizing: int  # codes.Sizing
    fraction: float
    risk: float
    amount: float
    basis: int  # codes.Basis
    minimum: float
    max_positions: int
    max_per_asset: int
    max_per_caller: int


class Marks(NamedTuple):
    """Candles that open positions are marked on."""

    ts: np.ndarray  # [r] UTC ns of the START
    close: np.ndarray  # [r]
    interval: int  # ns


class Period(NamedTuple):
    """The time that is measured, UTC ns: [since, before), and moments at which equity is wanted (none: not asked)."""

    since: int
    before: int
    closes: np.ndarray  # rising, for the drawdown
    days: np.ndarray  # rising, for daily ratios


class Scratch(NamedTuple):
    """Columns of the trades of one policy, used again for the next: [n], [n, R] and the event log [n * (R + 1)].

    Times are UTC ns; sizes, gains and the account's money in its currency; everything else is a multiple of the entry
    price or a fraction of the size.
    """

    call: np.ndarray
    col: np.ndarray  # column that ended it
    n_fills: np.ndarray
    fill_ns: np.ndarray  # [n, R]
    part: np.ndarray  # [n, R]
    multiple: np.ndarray  # [n, R]
    gross: np.ndarray
    adverse: np.ndarray
    peak: np.ndarray
    doubt: np.ndarray
    net: np.ndarray
    last: np.ndarray
    entry_ns: np.ndarray
    exit_ns: np.ndarray
    asset: np.ndarray
    caller: np.ndarray
    price: np.ndarray
    first: np.ndarray  # rows of the candles that it is marked on
    stop: np.ndarray
    size: np.ndarray
    skip: np.ndarray  # codes.Skip
    pnl: np.ndarray
    left: np.ndarray
    seen: np.ndarray
    held: np.ndarray  # open positions in the order in which they were opened
    returns: np.ndarray  # numbers whose quantiles are wanted
    drops: np.ndarray
    distance: np.ndarray
    event: np.ndarray  # log; see account.event_of
    event_ns: np.ndarray
    heap: np.ndarray  # exits of open positions
    heap_ns: np.ndarray


def scratch_of(n: int, fills: int) -> Scratch:
    """Room for ``n`` trades of at most ``fills`` fills."""
    i64, f64 = np.int64, np.float64
    log = n * (fills + 1)
    wide = {"fill_ns": i64, "part": f64, "multiple": f64}
    kinds = {"col": np.int32, "n_fills": i64, "doubt": np.bool_, "skip": np.int8}
    floats = ("gross", "adverse", "peak", "net", "last", "price", "size", "pnl", "left", "returns", "drops", "distance")
    made: dict[str, np.ndarray] = {}
    for name in Scratch._fields:
        shape = (n, fills) if name in wide else (log if name in ("event", "event_ns", "heap", "heap_ns") else n)
        made[name] = np.zeros(shape, wide.get(name) or kinds.get(name) or (f64 if name in floats else i64))
    return Scratch(**made)
