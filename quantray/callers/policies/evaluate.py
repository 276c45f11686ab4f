"""Stage two: tables and a program to the metrics of every policy on one account."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.callers.metrics import COUNTS, METRICS
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.program import NS, Program, freeze, read_only
from quantray.callers.policies.tables import CandleColumns, Tables

if TYPE_CHECKING:
    from quantray.callers.kernels.columns import Marks, Queue

DAY_NS = 86_400 * NS


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Calls [n] that share one account: rows of the tables with what ties in the queue are broken by.

    ``call`` is the row of the tables, ``asset`` and ``caller`` whole numbers, ``rank`` the place of the call in
    (ts, asset, call_id) order. Whatever order they are given in, they queue by (entry time, rank).
    """

    call: IntArray1D
    asset: IntArray1D
    caller: IntArray1D
    rank: IntArray1D

    def __post_init__(self) -> None:
        freeze(self)
        for f in fields(self):
            if len(getattr(self, f.name)) != len(self.call):
                raise ValueError(f"Pool.{f.name} has {len(getattr(self, f.name))} rows, call has {len(self.call)}")

    def __len__(self) -> int:
        return len(self.call)


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Candles to mark positions on, and the period [start, end) ns of the run in UTC.

    ``moments`` are times beside the candles' at which something is bought or sold: entries, and where a source ends.
    """

    candles: CandleColumns
    interval_s: int
    start_ns: int
    end_ns: int
    moments: IntArray1D = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def columns(self) -> Marks:
        """What kernels read of the candles."""
        from quantray.callers.kernels.columns import Marks

        ts, close = read_only(self.candles.ts, np.int64), read_only(self.candles.close, np.float64)
        return Marks(ts, close, self.interval_s * NS)

    @property
    def closes(self) -> IntArray1D:
        """Every time [t] (ns) at which equity may change, rising: a candle of any asset ends or begins, or a moment.

        Between two of them nothing happens, so that what a policy's equity was does not depend on whose candles the
        others are.
        """
        ts = np.unique(np.asarray(self.candles.ts, np.int64))
        return np.unique(np.concatenate([ts, ts + self.interval_s * NS, self.moments]))

    @property
    def days(self) -> IntArray1D:
        """Midnights UTC [days] (ns) at which the days of the period end, the last one at or after its end.

        What is held until a source ends beyond the period counts on its last day.
        """
        first = self.start_ns // DAY_NS + 1
        days = np.arange(first, max(-(-self.end_ns // DAY_NS), first) + 1, dtype=np.int64) * DAY_NS
        days[-1] = max(days[-1], self.moments.max(initial=0))
        return days


class Block:
    """A program on one pool: what every policy of it shares is computed once."""

    def __init__(self, tables: Tables, program: Program, pool: Pool, account: Account, costs: Costs) -> None:
        from quantray.callers.kernels.columns import scratch_of

        self.program, self.account, self.money = program, account, account.money(costs)
        order = np.argsort(pool.rank, kind="stable")
        self.tables = tables.take(pool.call[order])
        self.call = pool.call[order]
        # numbered anew: an account keeps one counter for each asset and caller that it knows
        assets, self.asset = np.unique(pool.asset[order], return_inverse=True)
        callers, self.caller = np.unique(pool.caller[order], return_inverse=True)
        self.names, self.sizes = (assets, callers), (len(assets), len(callers))
        self.closing = _closing_of(self.tables, program)
        n, ways = len(pool), self.tables.ways
        entry = self.tables.entry_ns.reshape(n, ways)
        self.queue = np.argsort(entry, axis=0, kind="stable").T.astype(np.int64).copy()
        longest = int(np.diff(program.rung_ptr).max(initial=0)) + 1
        self.scratch = scratch_of(n, longest)

    def metrics(
        self, market: Market, *, closes: IntArray1D | None = None, daily: bool = False
    ) -> dict[str, np.ndarray]:
        """Metrics of every policy as columns [P]; NaN for what does not exist or was not asked for.

        ``closes``: measure the drawdown at these times (``market.closes``); ``daily``: Sharpe and Sortino too.
        """
        none = np.zeros(0, np.int64)
        out, *_ = self._score(market, none if closes is None else closes, market.days if daily else none)
        return _columns_of(out)

    def _score(self, market: Market, closes: IntArray1D, days: IntArray1D) -> tuple[FloatArray2D, int, float, int]:
        """Metrics [P, M]; then trades, cash at the end and events of the last policy, which stay in the scratch."""
        from quantray.callers.kernels.columns import Period
        from quantray.callers.kernels.score import score

        out = np.full((len(self.program), len(METRICS)), np.nan)
        period = Period(market.start_ns, market.end_ns, closes, days)
        n, final, n_log = score(
            self.tables.columns, self.program.columns, self._queue, self.money, market.columns, period, self.scratch,
            out,
        )  # fmt: skip
        return out, n, final, n_log

    @property
    def _queue(self) -> Queue:
        from quantray.callers.kernels.columns import Queue

        return Queue(self.queue, self.asset, self.caller, self.closing, *self.sizes)

    def unit_nets(self, market: Market, first_ns: int, length_ns: int, n_units: int) -> FloatArray2D:
        """What the account of every policy earned by the time of entry, [P, units] of ``length_ns`` from ``first_ns``.

        The trades, sizes and skips are those of :meth:`metrics`; money, or returns of one position without an account.
        """
        from quantray.callers.kernels.unit_nets import unit_nets

        out = np.zeros((len(self.program), n_units))
        unit_nets(
            self.tables.columns, self.program.columns, self._queue, self.money, market.columns, (first_ns, length_ns),
            self.scratch, out,
        )  # fmt: skip
        return out

    def drawdowns(self, rows: IntArray1D, market: Market, closes: IntArray1D) -> FloatArray1D:
        """Account drawdown [k], a fraction, of the policies ``rows`` [k], measured at the times ``closes`` [t] ns."""
        return self.take(rows).metrics(market, closes=closes)["max_drawdown"]

    def take(self, rows: IntArray1D) -> Block:
        """The same block with the policies ``rows`` [k]; closers are computed for those alone. Scratch is shared."""
        part = object.__new__(Block)
        part.__dict__.update(self.__dict__)
        part.program = self.program.take(rows)
        part.closing = _closing_of(self.tables, part.program)
        return part

    def trades(self, p: int, market: Market) -> PolicyTrades:
        """The queue of policy ``p``: every call that got an entry, with its size or why it was skipped."""
        none = np.zeros(0, np.int64)
        _, n, final, _ = self.take(np.array([p]))._score(market, none, none)
        s = self.scratch
        names = {"entry_price": "price", "ambiguous": "doubt"}
        columns = {f.name: getattr(s, names.get(f.name, f.name), None) for f in fields(PolicyTrades)}
        columns |= {"call": self.call[s.call[:n]], "reason": self.program.reason[s.col[:n]]}
        columns |= {"asset": self.names[0][s.asset[:n]], "caller": self.names[1][s.caller[:n]]}
        return PolicyTrades(**{k: v[:n].copy() for k, v in columns.items() if v is not None}, final_capital=final)

    def reached(self, p: int, market: Market) -> FloatArray1D:
        """The highest gain before costs, a fraction, that each trade [t] of policy ``p`` could have reached."""
        none = np.zeros(0, np.int64)
        _, n, *_ = self.take(np.array([p]))._score(market, none, none)
        peaks: FloatArray1D = self.scratch.peak[:n].copy()
        return peaks

    def equity(self, p: int, market: Market, times: IntArray1D) -> tuple[FloatArray1D, FloatArray1D]:
        """Equity and cash [t] in currency of policy ``p`` at rising ``times`` [t] ns, after what happens at each."""
        from quantray.callers.kernels.curve import curve

        none = np.zeros(0, np.int64)
        _, _, _, n_log = self.take(np.array([p]))._score(market, none, none)
        equity, cash = np.empty(len(times)), np.empty(len(times))
        moments = np.array(times, np.int64)
        curve(n_log, self.money, market.columns, moments, self.scratch, equity, cash)
        return equity, cash


@dataclass(frozen=True, slots=True, eq=False)
class PolicyTrades:
    """Queue of one policy on one account, by (entry time, rank): columns [n], fills [n, R] (``n_fills`` of them).

    ``skip`` is a :class:`~quantray.callers.codes.Skip`; ``gross`` is what one unit of notional brings before costs,
    ``net`` the return after costs, ``pnl`` money. ``reason`` is a :class:`~quantray.callers.codes.Reason`.
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


def _columns_of(out: FloatArray2D) -> dict[str, np.ndarray]:
    """Rows of the kernel [P, M] as columns; counts as whole numbers."""
    return {name: out[:, j].astype(np.int64) if name in COUNTS else out[:, j].copy() for j, name in enumerate(METRICS)}


def _closing_of(tables: Tables, program: Program) -> np.ndarray:
    """What closes the remainder: column [E, C] of each closer of the program."""
    from quantray.callers.kernels.combine import closing_columns

    out = np.empty((len(tables.price), len(program.close_stop)), np.int32)
    closing_columns(tables.keys, tables.fill, program.columns, out)
    return out


def returns(
    tables: Tables, program: Program, costs: Costs, net: FloatArray2D | None = None, last: np.ndarray | None = None
) -> tuple[FloatArray2D, np.ndarray]:
    """Net return [n, P] of every call under every policy, no account between, and the column that ended it [n, P].

    NaN and -1 where the call got no entry. ``program.reason`` names the columns; ``net`` and ``last`` (int16) are
    filled where they are given.
    """
    from quantray.callers.kernels.combine import grid_returns

    shape = (tables.n_calls, len(program))
    net = np.empty(shape) if net is None else net
    last = np.empty(shape, np.int16) if last is None else last
    closing, on_entry = _closing_of(tables, program), costs.basis == "entry"
    grid_returns(tables.columns, program.columns, closing, costs.side, on_entry, net, last)
    return net, last
