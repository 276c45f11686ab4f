"""Stage two: tables and a program to the metrics of every policy on one account."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from quantray.policies.account import Account, Costs
from quantray.policies.program import NS, Program
from quantray.policies.tables import CandleColumns, Tables
from quantray.types import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D

DAY_NS = 86_400 * NS


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Calls [n] that share one account: rows of the tables with what ties in the queue are broken by.

    ``call`` is the row of the tables, ``asset`` and ``caller`` small whole numbers, ``rank`` the place of the call in
    (ts, asset, call_id) order. Whatever order they are given in, they queue by (entry time, rank).
    """

    call: IntArray1D
    asset: IntArray1D
    caller: IntArray1D
    rank: IntArray1D

    def __post_init__(self) -> None:
        for f in fields(self):
            if len(getattr(self, f.name)) != len(self.call):
                raise ValueError(f"Pool.{f.name} has {len(getattr(self, f.name))} rows, call has {len(self.call)}")

    def __len__(self) -> int:
        return len(self.call)

    @property
    def sizes(self) -> tuple[int, int]:
        """How many numbers assets and callers take."""
        n = len(self)
        return (int(self.asset.max()) + 1 if n else 1), (int(self.caller.max()) + 1 if n else 1)


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Candles to mark positions on, and the period [start, end) ns of the run in UTC."""

    candles: CandleColumns
    interval_s: int
    start_ns: int
    end_ns: int

    @property
    def closes(self) -> IntArray1D:
        """Every time at which a candle of any asset ends, rising."""
        return np.unique(np.asarray(self.candles.ts)) + self.interval_s * NS

    @property
    def days(self) -> IntArray1D:
        """Midnights UTC at which the days of the period end, the last one at or after its end."""
        first = self.start_ns // DAY_NS + 1
        return np.arange(first, max(-(-self.end_ns // DAY_NS), first) + 1, dtype=np.int64) * DAY_NS


class Block:
    """A program on one pool: what every policy of it shares is computed once."""

    def __init__(self, tables: Tables, program: Program, pool: Pool, account: Account, costs: Costs) -> None:
        from quantray.kernels.policy_score import scratch_of

        self.program, self.account, self.costs = program, account, costs
        order = np.argsort(pool.rank, kind="stable")
        self.tables = tables.take(np.asarray(pool.call)[order])
        self.call = np.asarray(pool.call)[order]
        self.asset, self.caller = np.asarray(pool.asset)[order], np.asarray(pool.caller)[order]
        self.sizes = pool.sizes
        self.closing = closing_of(self.tables, program)
        n, ways = len(pool), self.tables.ways
        entry = self.tables.entry_ns.reshape(n, ways)
        self.queue = np.argsort(entry, axis=0, kind="stable").T.astype(np.int64).copy()
        longest = int(np.diff(program.rung_ptr).max(initial=0)) + 1
        self.scratch = scratch_of(n, longest)

    def _inputs(self, program: Program) -> tuple[Any, ...]:
        t, p = self.tables, program
        return (
            t.keys, t.fill, t.worst, t.time, t.peaks, t.price, t.entry_ns, t.start, t.stop, t.ways, t.order, self.queue,
            self.queue, self.asset, self.caller, self.closing, p.closer, p.variant, p.hold, p.rung_ptr, p.rung_col,
            p.rung_part, p.distance,
        )  # fmt: skip

    def metrics(
        self, market: Market, *, closes: IntArray1D | None = None, daily: bool = False, period_ns: int | None = None
    ) -> dict[str, np.ndarray]:
        """Metrics of every policy as columns [P]; NaN for what does not exist or was not asked for.

        ``closes``: measure the drawdown at these times (``market.closes``); ``daily``: Sharpe and Sortino too.
        """
        from quantray.kernels.policy_metrics import METRICS, N_METRICS
        from quantray.kernels.policy_score import score
        from quantray.policies.program import Reason

        out = np.full((len(self.program), N_METRICS), np.nan)
        reason = self.program.reason
        stops = (reason >= Reason.STOP) & (reason <= Reason.RAISED_STOP)
        none = np.zeros(0, np.int64)
        score(
            *self._inputs(self.program), stops, reason == Reason.END_OF_DATA, self.account.money(self.costs),
            self.account.limits, market.end_ns - market.start_ns if period_ns is None else period_ns,
            market.candles.ts, market.candles.close, market.interval_s * NS, *self.sizes,
            none if closes is None else closes, market.days if daily else none, self.scratch, out,
        )  # fmt: skip
        return columns_of(out, METRICS)

    def drawdowns(self, rows: IntArray1D, market: Market, closes: IntArray1D) -> FloatArray1D:
        """Account drawdown of some policies of the program, at every close of a candle."""
        part = self._take(rows)
        return part.metrics(market, closes=closes)["max_drawdown"]

    def _take(self, rows: IntArray1D) -> Block:
        """The same block with some of its policies; closers are recomputed for those alone."""
        part = object.__new__(Block)
        part.__dict__.update(self.__dict__)
        part.program = self.program.take(rows)
        part.closing = closing_of(self.tables, part.program)
        return part

    def trades(self, p: int, market: Market) -> PolicyTrades:
        """The queue of policy ``p``: every call that got an entry, with its size or why it was skipped."""
        from quantray.kernels.policy_score import settle, trades_of

        s, m = self.scratch, self.account.money(self.costs)
        n, _ = trades_of(p, *self._inputs(self.program), m, s)
        final, n_log = settle(
            n, m, self.account.limits, market.candles.ts, market.candles.close, market.interval_s * NS, *self.sizes, s
        )
        c = np.ascontiguousarray
        return PolicyTrades(
            c(self.call[s.call[:n]]), c(s.asset[:n]), c(s.caller[:n]), c(s.entry_ns[:n]), c(s.exit_ns[:n]), c(s.price[:n]),
            s.gross[:n].copy(), s.net[:n].copy(), s.size[:n].copy(), s.pnl[:n].copy(), s.skip[:n].copy(),
            self.program.reason[s.col[:n]], s.doubt[:n].copy(), s.adverse[:n].copy(), s.n_fills[:n].copy(),
            s.fill_ns[:n].copy(), s.part[:n].copy(), s.multiple[:n].copy(), final,
        )  # fmt: skip

    def equity(self, p: int, market: Market, times: IntArray1D) -> tuple[FloatArray1D, FloatArray1D]:
        """Equity and cash of policy ``p`` at rising ``times`` ns, after what happens at each of them."""
        from quantray.kernels.policy_score import equity_at, settle, trades_of

        s, m, c = self.scratch, self.account.money(self.costs), market.candles
        n, _ = trades_of(p, *self._inputs(self.program), m, s)
        ns = market.interval_s * NS
        _, n_log = settle(n, m, self.account.limits, c.ts, c.close, ns, *self.sizes, s)
        equity, cash = np.empty(len(times)), np.empty(len(times))
        equity_at(np.asarray(times, np.int64), n_log, m, c.ts, c.close, ns, s, equity, cash)
        return equity, cash


@dataclass(frozen=True, slots=True, eq=False)
class PolicyTrades:
    """Queue of one policy on one account, by (entry time, rank): columns [n], fills [n, R] (``n_fills`` of them).

    ``skip`` 0 is executed, else the place in ``SKIPS``; ``gross`` is what one unit of notional brings before costs,
    ``net`` the return after costs, ``pnl`` money. ``reason`` is a :class:`~quantray.policies.program.Reason`.
    """

    call: IntArray1D
    asset: IntArray1D
    caller: IntArray1D
    entry_ns: IntArray1D
    exit_ns: IntArray1D
    entry_price: FloatArray1D
    gross: FloatArray1D
    net: FloatArray1D
    size: FloatArray1D
    pnl: FloatArray1D
    skip: IntArray1D
    reason: IntArray1D
    ambiguous: BoolArray1D
    adverse: FloatArray1D
    n_fills: IntArray1D
    fill_ns: np.ndarray
    part: FloatArray2D
    multiple: FloatArray2D
    final_capital: float

    def __len__(self) -> int:
        return len(self.call)


#: Why a position was not opened, by the code in ``PolicyTrades.skip``.
SKIPS = ("", "max_positions", "max_positions_per_asset", "max_positions_per_caller", "no_cash", "below_minimum")


def columns_of(out: FloatArray2D, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Rows of the kernel as columns; counts as whole numbers."""
    whole = ("n_trades", "skipped_", "no_entry", "stop_outs")
    return {
        name: out[:, j].astype(np.int64) if name.startswith(whole) else out[:, j].copy() for j, name in enumerate(names)
    }


def closing_of(tables: Tables, program: Program) -> np.ndarray:
    """What closes the remainder: column [E, C] of each closer of the program."""
    from quantray.kernels.policy_combine import closing_columns

    out = np.empty((len(tables.price), len(program.close_stop)), np.int32)
    rows = np.arange(len(tables.price))
    p = program
    closing_columns(tables.keys, tables.fill, rows, p.stop_ptr, p.stop_col, p.close_stop, p.close_ptr, p.close_col, out)
    return out


def returns(tables: Tables, program: Program, costs: Costs) -> tuple[FloatArray2D, np.ndarray]:
    """Net return [n, P] of every call under every policy, no account between, and the column that ended it [n, P].

    NaN and -1 where the call got no entry. ``program.reason`` names the columns.
    """
    from quantray.kernels.policy_combine import grid_returns

    net = np.empty((tables.n_calls, len(program)))
    last = np.empty((tables.n_calls, len(program)), np.int16)
    p = program
    grid_returns(
        tables.keys, tables.fill, tables.ways, closing_of(tables, program), p.closer, p.variant, p.rung_ptr, p.rung_col,
        p.rung_part, costs.side, costs.basis == "entry", net, last,
    )  # fmt: skip
    return net, last
