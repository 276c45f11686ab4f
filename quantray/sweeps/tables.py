"""What candidates share: entries and their first-touch tables, built once whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.runner.threads import in_order
from quantray.sweeps.long_option import MODES, LongOption, bar_at, bars_at, by_end
from quantray.sweeps.market import CALL, PUT, Session, Slice
from quantray.sweeps.metrics import COUNTED
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import SignalLists

if TYPE_CHECKING:
    from quantray.sweeps.kernels.columns import Choice, Contracts, Table

BLOCK = 4  # sessions that a task of a Ray is given together: of seconds some 60 MB
MOST_DEPTH = 1_000_000  # of strikes; no chain has more


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Distinct exit levels: take profits rising, stops falling, durations rising (in the order they are touched)."""

    take_profit: np.ndarray  # percent
    stop_loss: np.ndarray  # percent
    duration_s: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """First-touch tables of all entries [E] and, per group of candidates, the list of its entries.

    A group is one signal list with one way of entering. Positions ``ptr[g]:ptr[g+1]`` of the columns ``entry``,
    ``signal_bar``, ``origin_bar`` and ``side`` are its entries in (session, entry, signal, side) order.
    """

    ptr: np.ndarray
    entry: np.ndarray
    signal_bar: np.ndarray
    origin_bar: np.ndarray
    side: np.ndarray
    counts: np.ndarray  # [G, COUNTED]
    when: np.ndarray  # [E, levels + 1]
    exit_bar: np.ndarray
    net: np.ndarray
    exit_price: np.ndarray
    last_reason: np.ndarray  # [E]
    no_bid: np.ndarray
    exit_carried: np.ndarray  # [E, levels + 1]
    session: np.ndarray  # [E]
    contract: np.ndarray
    entry_bar: np.ndarray
    entry_price: np.ndarray
    entry_cost: np.ndarray  # per share, with slippage
    size: np.ndarray  # multiplier x contracts
    entry_carried: np.ndarray

    @property
    def columns(self) -> Table:
        """What kernels read of them."""
        from quantray.sweeps.kernels.columns import Table

        return Table(**{name: getattr(self, name) for name in Table._fields})


@dataclass(frozen=True, slots=True, eq=False)
class _Market:
    """One session's prices as one way of entering sees them; ``rows`` are the contracts the signals can reach."""

    rows: np.ndarray
    slot: np.ndarray  # [m] a contract's place among the rows
    known: np.ndarray
    price: np.ndarray
    bar: np.ndarray
    entry_price: np.ndarray
    last_known: np.ndarray
    stamped: np.ndarray


def _market(session: Session, lists: SignalLists, ways: Sequence[LongOption]) -> _Market:
    rules = ways[0]  # they differ in the contract only
    assert session.ends is not None
    if session.ask is not None and session.bid is not None:
        every = np.arange(len(session.symbol))
        none = np.empty((1, 1), np.int32)  # a fill on a quote happens at its bar
        at_the_end = session.bid[every, session.ends - 1]
        return _Market(every, every, session.bid, session.bid, none, session.ask, at_the_end, session.fresh)
    from quantray.sweeps.kernels.fills import newest_print, print_fills

    assert session.last is not None
    rows = _bought(session, lists, ways)
    slot = np.zeros(len(session.symbol), np.int64)
    slot[rows] = np.arange(len(rows))
    last = session.last[rows]
    age = session.n_bars if rules.max_price_age_seconds is None else session.bars(rules.max_price_age_seconds)
    closed = np.zeros(session.n_bars, np.bool_) if session.closed is None else session.closed
    known, price, bar = print_fills(last, age, rules.stale_fill == "next_print", closed, session.ends[rows])
    return _Market(rows, slot, known, price, bar, price, newest_print(last), ~np.isnan(last))


def _bought(session: Session, lists: SignalLists, ways: Sequence[LongOption]) -> np.ndarray:
    """Contracts that some signal buys in one of these ways."""
    from quantray.sweeps.kernels.contracts import ladder, mark

    chosen = np.zeros(len(session.symbol), np.bool_)
    for rules in ways:
        calls, puts = (ladder(session, right, rules.require_same_day_expiry) for right in (CALL, PUT))
        mark(lists.bar, lists.side, session.close, calls, puts, _choice(rules), chosen)
    return np.flatnonzero(chosen)


def _choice(rules: LongOption) -> Choice:
    from quantray.sweeps.kernels.columns import Choice

    return Choice(MODES.index(rules.option_selection_mode), min(rules.strikes_depth, MOST_DEPTH))


def spot_at(session: Session) -> np.ndarray:
    """The underlying's last close before each contract ends, [m]; NaN where there is none yet."""
    return by_end(session, lambda end: _last(session.close[:end])).astype(np.float64)


def _last(close: np.ndarray) -> float:
    """The last number of a column that is none of the missing ones; NaN without one."""
    if len(close) and not np.isnan(close[-1]):
        return float(close[-1])  # nearly always: nothing else is looked at
    known = np.flatnonzero(~np.isnan(close))
    return float(close[known[-1]]) if len(known) else np.nan


def _context(rules: LongOption) -> tuple[Any, ...]:
    """What an entry's exit table depends on beside the contract and the second."""
    r = rules
    return (r.latency_seconds, r.max_price_age_seconds, r.stale_fill, r.end_of_day_exit, r.emergency_exit)


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The groups (``list_of[g]``, ``way_of[g]``) whose tables are built, and the exit levels that count."""

    ways: Sequence[LongOption]
    list_of: np.ndarray
    way_of: np.ndarray
    levels: Levels


def build(
    plan: Plan, data: Slice, lists: Sequence[SignalLists], wanted: Wanted, workers: int = 1, on_ray: bool = False
) -> Tables:
    """Tables for the groups over signal ``lists`` (one a session); sessions are independent, so others share them."""

    def of(k: int) -> _Found:
        return _of_session(plan, data.sessions[k], k, lists[k], wanted)

    if on_ray:
        found = _on_ray(plan, data, lists, wanted)
    elif workers > 1:
        found = [one for _, one in in_order(range(len(data)), of, workers)]
    else:
        found = [of(k) for k in range(len(data))]
    parts = [part for made, _ in found for part in made]
    begin = np.concatenate([[0], np.cumsum([len(part.columns["contract"]) for part in parts])])
    group = np.concatenate([part.group for part in parts])
    order = np.argsort(group, kind="stable")
    rows = [np.vstack([part.rows[:1] + at, part.rows[1:]]) for part, at in zip(parts, begin[:-1], strict=True)]
    column = np.ascontiguousarray(np.concatenate(rows, axis=1).astype(np.int32)[:, order])  # one layout, one kernel
    ptr = np.zeros(len(wanted.list_of) + 1, np.int64)
    np.cumsum(np.bincount(group, minlength=len(wanted.list_of)), out=ptr[1:])
    joined = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    counts = np.zeros((len(wanted.list_of), len(COUNTED)), np.int64)
    for _, tally in found:
        counts += tally
    return Tables(ptr, column[0], column[1], column[2], column[3], counts, **joined)


#: The number of the first of some sessions, these, and their signals.
_Block = tuple[int, tuple[Session, ...], Sequence[SignalLists]]


def _on_ray(plan: Plan, data: Slice, lists: Sequence[SignalLists], wanted: Wanted) -> list[_Found]:
    """What each session adds, made by tasks: a few blocks are on their way at a time, and none is kept."""
    from quantray.runner.spread import spread

    starts = range(0, len(data), BLOCK)
    blocks = ((k, tuple(data.sessions[k : k + BLOCK]), lists[k : k + BLOCK]) for k in starts)
    work = partial(of_block, wanted=wanted)
    made = spread(plan, data.take(0, 0), blocks, work, kind="ray", workers=plan.runner.workers)
    return [one for _, found in made for one in found]


def of_block(plan: Plan, _: Slice, block: _Block, wanted: Wanted) -> list[_Found]:
    """In a task: what each session of the block adds."""
    first, sessions, lists = block
    return [_of_session(plan, one, first + k, lists[k], wanted) for k, one in enumerate(sessions)]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Entries of one session that share a market: their groups, rows [4, entries] of their columns, and tables."""

    group: np.ndarray
    rows: np.ndarray
    columns: dict[str, np.ndarray]


#: What a session adds to the tables, and what was counted on the way, [groups, COUNTED].
_Found = tuple[list[_Part], np.ndarray]


def _of_session(plan: Plan, session: Session, k: int, lists: SignalLists, wanted: Wanted) -> _Found:
    """What the session of number ``k`` adds."""
    ways, parts = wanted.ways, list[_Part]()
    counts = np.zeros((len(wanted.list_of), len(COUNTED)), np.int32)
    contexts: dict[tuple[Any, ...], list[int]] = {}
    for v, rules in enumerate(ways):
        contexts.setdefault(_context(rules), []).append(v)
    for members in contexts.values():
        market = _market(session, lists, [ways[v] for v in members])
        opened = [_open(session, market, lists, ways[v], wanted.list_of, wanted.way_of == v, counts) for v in members]
        found = np.concatenate([columns for _, columns in opened], axis=1)
        key = found[0].astype(np.int64) * session.n_bars + found[1]
        distinct, entry = np.unique(key, return_inverse=True)
        contract, bar = np.divmod(distinct, session.n_bars)
        made = _tables(plan, session, k, market, ways[members[0]], contract, bar, wanted.levels)
        parts.append(_Part(np.concatenate([g for g, _ in opened]), np.vstack([entry, found[2:]]), made))
    return parts, counts


def _open(
    session: Session, market: _Market, lists: SignalLists, rules: LongOption, list_of: np.ndarray, mine: np.ndarray,
    counts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    from quantray.sweeps.kernels.columns import Chain, Fills, Ladder, Signals
    from quantray.sweeps.kernels.contracts import ladder
    from quantray.sweeps.kernels.entries import open_entries

    assert session.ends is not None
    groups, rows = np.flatnonzero(mine), market.rows
    found = (ladder(session, right, rules.require_same_day_expiry) for right in (CALL, PUT))
    calls, puts = (Ladder(one.strikes, market.slot[one.rows]) for one in found)
    cutoff, late = bars_at(session, rules.late_entry_cutoff)[rows], bar_at(session, rules.late_entry_cutoff)
    ptr, opened, tally = open_entries(
        list_of[groups], Signals(lists.ptr, lists.bar, lists.side, lists.origin),
        Chain(session.close, session.filled, cutoff, late, session.ends[rows]), calls, puts, _choice(rules),
        session.bars(rules.latency_seconds), Fills(market.entry_price, market.bar, session.has_quotes),
    )  # fmt: skip
    counts[groups] += tally
    return np.repeat(groups, np.diff(ptr)), opened


def _tables(
    plan: Plan, session: Session, k: int, market: _Market, rules: LongOption, contract: np.ndarray, bar: np.ndarray,
    levels: Levels,
) -> dict[str, np.ndarray]:  # fmt: skip
    from quantray.sweeps.kernels import columns
    from quantray.sweeps.kernels.touch import exit_tables

    slippage = plan.fees.slippage(session.has_quotes)
    fees = plan.capital.contracts * plan.fees.per_contract()
    paid_in = market.entry_price[contract, bar]  # a fill that waited for a print stands at the print's own bar
    chain = _contracts(session, market, rules, plan.capital.contracts)
    durations = np.array([session.bars(d) for d in levels.duration_s], np.int64)
    made = exit_tables(
        columns.Entries(contract, bar, paid_in), chain, columns.Fills(market.price, market.bar, session.has_quotes),
        columns.Levels(levels.take_profit, levels.stop_loss, durations), session.bars(rules.latency_seconds),
        columns.Costs(slippage, fees),
    )  # fmt: skip
    return {
        **made._asdict(), "exit_carried": ~market.stamped[contract[:, None], np.maximum(made.exit_bar, 0)],
        "session": np.full(len(contract), k, np.int32), "contract": market.rows[contract].astype(np.int32),
        "entry_bar": bar.astype(np.int32), "entry_price": paid_in, "entry_cost": paid_in + slippage,
        "size": chain.size[contract], "entry_carried": ~market.stamped[contract, bar],
    }  # fmt: skip


def _contracts(session: Session, market: _Market, rules: LongOption, contracts: int) -> Contracts:
    """The contracts that the signals can reach [m], of ``contracts`` pieces each."""
    from quantray.sweeps.kernels.columns import Contracts

    assert session.ends is not None
    rows = market.rows
    return Contracts(
        known=market.known,
        last_known=market.last_known,
        strike=session.strike[rows],
        is_call=session.right[rows] == CALL,
        expires=session.expiry[rows] == session.day,
        size=session.multiplier[rows] * contracts,
        spot=spot_at(session)[rows],
        ends=session.ends[rows],
        day_end=bars_at(session, rules.end_of_day_exit)[rows],
        emergency=bars_at(session, rules.emergency_exit)[rows],
    )
