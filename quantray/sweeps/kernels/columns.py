"""What the kernels of this wing are given and give back: arrays under their names, and few numbers.

Bars are whole numbers from the session's open; money is the data's currency; prices are per share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from quantray.sweeps.trades import ExitReason


class Signals(NamedTuple):
    """Signal lists of one session: list k is ``[ptr[k]:ptr[k + 1]]`` of the others."""

    ptr: np.ndarray
    bar: np.ndarray  # decides
    side: np.ndarray  # 1 above, -1 below
    origin: np.ndarray  # bar of the first event


class Ladder(NamedTuple):
    """Contracts of one right and expiry."""

    strikes: np.ndarray  # rising
    rows: np.ndarray  # which contract each is


class Choice(NamedTuple):
    """Which contract a signal buys: a :class:`quantray.sweeps.kernels.contracts.Mode`, and strikes from the spot."""

    mode: int
    depth: int


class Chain(NamedTuple):
    """Where and until when ``m`` contracts may be bought in one session."""

    close: np.ndarray  # [n] of the underlying
    filled: np.ndarray  # [n] whether its bar is a carried one
    cutoff: np.ndarray  # [m] first bar whose signal is too late for a contract
    late: int  # that of the session
    ends: np.ndarray  # [m] bar from which a contract trades no more


class Fills(NamedTuple):
    """What an order wanted at a bar pays, and when."""

    price: np.ndarray  # [m, n] NaN where nothing is to be had
    bar: np.ndarray  # [m, n]; of quotes: at the bar itself, and this is empty
    quotes: bool


class Entries(NamedTuple):
    """Positions that are opened in one session [E]."""

    contract: np.ndarray
    bar: np.ndarray
    price: np.ndarray


class Contracts(NamedTuple):
    """The contracts of one session [m]."""

    known: np.ndarray  # [m, n] price seen at a bar on the side on which a position is left
    last_known: np.ndarray  # price where a contract ends
    strike: np.ndarray
    is_call: np.ndarray
    expires: np.ndarray  # this session
    size: np.ndarray  # multiplier x contracts
    spot: np.ndarray  # the underlying's price where a contract ends
    ends: np.ndarray  # bar, the session's close for most
    day_end: np.ndarray  # bar of the end-of-day exit
    emergency: np.ndarray  # bar of the emergency exit


class Levels(NamedTuple):
    """Distinct exit levels in the order in which they are touched."""

    take_profit: np.ndarray  # percent, rising
    stop_loss: np.ndarray  # percent, falling
    duration: np.ndarray  # bars, rising


class Costs(NamedTuple):
    """What a trade costs."""

    slippage: float  # per share and side
    fees: float  # money, of the whole position, both sides


class Touched(NamedTuple):
    """First-touch tables of ``E`` entries; see ``quantray.sweeps.kernels.touch``."""

    when: np.ndarray  # [E, K] int32
    exit_bar: np.ndarray  # [E, K] int32
    net: np.ndarray  # [E, K] money
    exit_price: np.ndarray  # [E, K]
    last_reason: np.ndarray  # [E] trades.ExitReason of the last column
    no_bid: np.ndarray  # [E] whether the last column is worth by exercise only


class Table(NamedTuple):
    """First-touch tables of the entries of all sessions, and the entries of each group of candidates."""

    ptr: np.ndarray  # [G + 1]
    entry: np.ndarray  # rows [E] of a group are entry[ptr[g]:ptr[g + 1]]
    when: np.ndarray  # [E, K], as the next two and the reason in :class:`Touched`
    exit_bar: np.ndarray
    net: np.ndarray
    last_reason: np.ndarray  # [E], as all that follow
    no_bid: np.ndarray
    exit_carried: np.ndarray  # [E, K]
    session: np.ndarray
    entry_bar: np.ndarray
    entry_cost: np.ndarray  # paid per share, with slippage
    size: np.ndarray  # multiplier x contracts
    entry_carried: np.ndarray


class Candidates(NamedTuple):
    """Candidates [N]: a group, and the columns of three exit levels."""

    group: np.ndarray
    tp: np.ndarray
    sl: np.ndarray
    held: np.ndarray
    stop_percent: np.ndarray


class Rules(NamedTuple):
    """What holds for every candidate."""

    reason: np.ndarray  # trades.ExitReason of each column but the last, which has the entry's own
    fees: float  # money, of the whole position
    interval: float  # s
    cash: float  # money at the start; inf: no limit
    max_open: int  # positions at a time


class Listed(NamedTuple):
    """Trades [n] of a block of candidates, one after the other, each one's in (session, entry, signal, side) order.

    Where only sums are asked for, the last seven are left as they are.
    """

    net: np.ndarray  # money, as risk and cost
    risk: np.ndarray
    session: np.ndarray
    cost: np.ndarray  # what an entry ties up
    entry_bar: np.ndarray
    exit_bar: np.ndarray
    reason: np.ndarray  # trades.ExitReason
    no_bid: np.ndarray
    entry_carried: np.ndarray
    exit_carried: np.ndarray


class Scratch(NamedTuple):
    """Room for what is worked out on the way, used again for the next block of ``b`` candidates."""

    start: np.ndarray  # [b + 1] trades of candidate i are [start[i]:start[i + 1]] of the listed ones
    row: np.ndarray  # [n] of the tables, and its column, of each trade
    column: np.ndarray
    order: np.ndarray  # [n]
    ordered: np.ndarray  # [n]
    keep: np.ndarray  # [n]
    heap: np.ndarray  # [n] exits of open positions
    heap_bar: np.ndarray
    refused: np.ndarray  # [b, 2] by the number of open positions, and for want of cash
    tally: np.ndarray  # [reasons]
    traded: np.ndarray  # [sessions] nets of those with a trade


class Outcome(NamedTuple):
    """What comes out for N candidates: metrics [M, N], and net per session.

    ``whole`` is the memory of ``amount``: metrics that count are whole numbers there, and have no amount.
    """

    amount: np.ndarray
    whole: np.ndarray
    net: np.ndarray  # [N, sessions] 0 without a trade


def listed_of(n: int) -> Listed:
    """Room for ``n`` trades."""
    whole = dict.fromkeys(("session", "entry_bar", "exit_bar"), np.int32)
    flags = dict.fromkeys(("no_bid", "entry_carried", "exit_carried"), np.bool_)
    kinds = {**whole, **flags, "reason": np.int8}
    return Listed(**{name: np.zeros(n, kinds.get(name, np.float64)) for name in Listed._fields})


def scratch_of(n: int, block: int, sessions: int) -> Scratch:
    """Room for ``n`` trades of a ``block`` of candidates in so many sessions; all trades are one candidate's now."""
    i32, i64 = np.int32, np.int64
    start = np.full(block + 1, n, i64)
    start[0] = 0
    return Scratch(
        start=start, row=np.zeros(n, i32), column=np.zeros(n, i32), order=np.zeros(n, i32), ordered=np.zeros(n),
        keep=np.ones(n, np.bool_), heap=np.zeros(n, i64), heap_bar=np.zeros(n, i64),
        refused=np.zeros((block, 2), i64), tally=np.zeros(len(ExitReason), i64), traded=np.zeros(sessions),
    )  # fmt: skip


def outcome_of(metrics: int, n: int, sessions: int) -> Outcome:
    """Room for so many metrics of ``n`` candidates; net per session begins at 0."""
    # columns a power of two apart would share the few places that one candidate's numbers have in a cache
    amount = np.empty((metrics, n + 8))[:, :n]
    return Outcome(amount, amount.view(np.int64), np.zeros((n, sessions)))
