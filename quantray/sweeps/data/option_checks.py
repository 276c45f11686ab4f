"""Checks of option rows, session by session as a run reads them; what a run refuses is counted and left out here."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from quantray.durations import NS
from quantray.files.findings import MOST, Row, gravest
from quantray.files.tables import Table
from quantray.stats.shift import LeadLag
from quantray.sweeps.data.chain import Contracts
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.options import (
    QUOTE_FAULTS,
    OptionReader,
    bounds,
    print_faults,
    quote_faults,
)
from quantray.sweeps.data.parity import Near, changes, lone_mids, near_quotes, parity_errors
from quantray.sweeps.data.priced import Listed, counted_whole, listed_rows
from quantray.sweeps.data.quality import count_session
from quantray.sweeps.data.session_checks import Run, long_runs
from quantray.sweeps.data.settings import DataSettings

KEY = "options"
SOME = 0.005  # share of quotes that may be wrong before it is worth a look
PARITY, NO_PARITY = 0.02, 0.5  # shares of pairs outside
MOVED = 2.0  # full spreads that the underlying moves while quotes stand still


AT_ONCE = 2  # sessions that are judged at a time


@dataclass(slots=True)
class OptionWalk:
    """What one session shows, or several: counts of a run, counts of these checks, and the gravest rows of each."""

    tolerance: float
    counts: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    worst: defaultdict[str, list[tuple[float, Row]]] = field(default_factory=lambda: defaultdict(list))
    still: list[Run] = field(default_factory=list)
    moves: LeadLag = field(default_factory=LeadLag)
    moved: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    errors_bp: list[float] = field(default_factory=list)

    def add(self, session: OptionWalk) -> None:
        """Take what a session showed."""
        self.counts.update(session.counts)
        self.tally.update(session.tally)
        for check, rows in session.worst.items():
            self._keep(check, rows)
        self.still += session.still
        self.errors_bp += session.errors_bp
        for pair in session.moved:
            self.moves.add(*pair)

    def _keep(self, check: str, rows: list[tuple[float, Row]]) -> None:
        self.worst[check] = sorted([*self.worst[check], *rows], key=lambda pair: -pair[0])[:MOST]

    def judge(self, settings: DataSettings, found: Listed, grid: Grid, *, quotes: bool) -> OptionWalk:
        """Look at one session's rows."""
        self.tally["rows"] += len(found.rows.ts)
        keep, bar = self._misplaced(found, grid)
        late = bar >= found.ends[found.place]
        self.counts["rows_after_expiry"] += int((keep & late).sum())
        keep &= ~late
        rows, bar, place = found.rows.take(keep), bar[keep], found.place[keep]
        if not counted_whole(settings, bar, found.ends, grid, self.counts):
            return self
        count_session(self.counts, grid, grid.suspects)
        clean = Listed(found.contracts, found.ends, rows, place)
        low, high = bounds(grid, found.contracts.strike, found.contracts.right, place, bar, self.tolerance)
        if quotes:
            self._quotes(clean, bar, grid, low, high)
        else:
            self._prints(clean, low, high)
        return self

    def _misplaced(self, found: Listed, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Which rows a grid could hold, and the bar of each."""
        rows, place = found.rows, found.place
        offset, step = rows.ts - grid.window.open_ns, grid.interval_s * NS
        off = offset % step != 0
        self._note("off grid", off, found, lambda i: "between two bars of the underlying")
        bar = offset // step
        cell = place * grid.n_bars + bar
        order = np.argsort(cell, kind="stable")
        again = np.zeros(len(cell), bool)
        again[order[1:]] = np.diff(cell[order]) == 0
        again &= ~off
        self._note("duplicates", again, found, lambda i: _values(found, i))
        if (np.diff(rows.ts) < 0).any():
            back = np.zeros(len(cell), bool)
            file = np.zeros(len(cell), np.int64) if rows.file is None else rows.file
            by = np.lexsort((file, place))
            same = (np.diff(place[by]) == 0) & (np.diff(np.asarray(file)[by]) == 0)
            back[by[1:]] = (np.diff(rows.ts[by]) < 0) & same
            self._note("order", back, found, lambda i: "earlier than the row above it")
        return ~off & ~again, bar

    def _note(
        self, check: str, mask: np.ndarray, found: Listed, what: Callable[[int], str], size: np.ndarray | None = None
    ) -> None:
        """Count the rows of the mask, and remember the gravest."""
        if not mask.any():
            return
        self.tally[check] += int(mask.sum())
        symbols = found.contracts.symbol
        self._keep(check, [
            (0.0 if size is None else float(size[i]), Row(int(found.rows.ts[i]), symbols[found.place[i]], what(i)))
            for i in gravest(mask, size)
        ])  # fmt: skip

    def _quotes(self, found: Listed, bar: np.ndarray, grid: Grid, low: np.ndarray, high: np.ndarray) -> None:
        bid, ask = found.rows.columns["bid"], found.rows.columns["ask"]
        faults = quote_faults(bid, ask, low, high)
        faults.count(self.counts)
        beyond = np.nan_to_num(np.maximum(bid - high, low - ask), nan=0.0, posinf=np.inf)
        size = {"crossed": bid - ask, "bounds": beyond, "absurd_ask": ask - high, "zero": -ask}
        for name in QUOTE_FAULTS:
            self._note(name, getattr(faults, name), found, lambda i: _quote(bid, ask, low, high, i), size[name])
        self.tally["locked"] += int((bid == ask).sum())
        # what is out of bounds stays in: bounds are of the underlying's price, which may be what is wrong
        wrong, r = faults.zero | faults.crossed, faults.replaces
        shown = np.where((bid > 0) & ~wrong, bid, np.nan), np.where(wrong | faults.absurd_ask, np.nan, ask)
        near = near_quotes(found.contracts, found.ends, grid, (shown[0][r], shown[1][r], bar[r], found.place[r]))
        if near is None:
            return
        self.moved.append(changes(near, grid))
        self._still(near, grid)
        odd = lone_mids(near, grid)
        self.tally["lone prints"] += len(odd)
        self._keep("lone prints", [
            (mid / before, Row(_ns(grid, at), found.contracts.symbol[near.index[k]],
                               f"mid {mid:.10g}, before and after {before:.10g}"))
            for k, at, mid, before in odd
        ])  # fmt: skip
        if near.pairs:
            self._parity(near, grid, found.contracts)

    def _still(self, near: Near, grid: Grid) -> None:
        """Stretches in which no quote near the money changes while the underlying moves."""
        mid = near.mid
        moved = (np.diff(mid, axis=1) != 0) & ~(np.isnan(mid[:, 1:]) & np.isnan(mid[:, :-1]))
        same = np.concatenate([[False], ~moved.any(axis=0)]) & np.isfinite(mid).any(axis=0)
        spread = 2 * float(np.nanmedian(near.half)) if np.isfinite(near.half).any() else np.inf
        self.tally["bars near the money"] += int(np.isfinite(mid).any(axis=0).sum())
        for run in long_runs(same, 0, 1, grid.interval_s):
            close = grid.close[max(run.ts_ns - 1, 0) : run.ts_ns + run.bars]
            known = close[np.isfinite(close)]
            if len(known) and known.max() - known.min() > MOVED * spread:
                self.still.append(Run(_ns(grid, run.ts_ns), run.bars, run.usual))

    def _parity(self, near: Near, grid: Grid, contracts: Contracts) -> None:
        error, excess = parity_errors(near, grid, self.tolerance)
        known = np.isfinite(excess)
        outside = known & (excess > 0)
        self.tally["pairs"] += int(known.sum())
        self.tally["parity"] += int(outside.sum())
        if known.any():
            self.errors_bp.append(1e4 * float(np.median((error / grid.close)[known])))
        if not outside.any():
            return
        size = np.where(outside, excess, -np.inf)
        top = np.argsort(-size, axis=None, kind="stable")[:MOST]
        rows = []
        for i, at in np.stack(np.unravel_index(top, size.shape), axis=1).tolist():
            if outside[i, at]:
                symbol, close = contracts.symbol[near.index[near.pairs[i][0]]], grid.close[at]
                what = f"call, put and strike say {close + error[i, at]:.10g}, the underlying {close:.10g}"
                rows.append((float(size[i, at]), Row(_ns(grid, at), symbol, what)))
        self._keep("parity", rows)

    def _prints(self, found: Listed, low: np.ndarray, high: np.ndarray) -> None:
        price, traded, outside = print_faults(found.rows.columns, low, high)
        self.counts["prints"] += int(traded.sum())
        self.counts["quarantined_prints_bounds"] += int(outside.sum())

        def told(i: int) -> str:
            return f"{price[i]:.10g}, worth {low[i]:.6g} to {high[i]:.6g}"

        self._note("print bounds", outside, found, told, np.maximum(price - high, low - price))


def walk_options(
    settings: DataSettings, reader: OptionReader, chain: Contracts, listing: Table, grids: Sequence[Grid],
    counts: Counter[str],
) -> OptionWalk:  # fmt: skip
    """Every session, in order; while one is judged the next is read. Raises DataError as a run does."""
    walk = OptionWalk(settings.arbitrage_tolerance, counts)
    waiting: deque[Future[OptionWalk]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for grid in grids:
            found = listed_rows(reader, chain, listing, grid, counts)
            one = OptionWalk(settings.arbitrage_tolerance)
            waiting.append(pool.submit(one.judge, settings, found, grid, quotes=reader.quotes))
            if len(waiting) > AT_ONCE:
                walk.add(waiting.popleft().result())
        for future in waiting:
            walk.add(future.result())
    return walk


def _ns(grid: Grid, bar: int) -> int:
    return grid.window.open_ns + bar * grid.interval_s * NS


def _values(found: Listed, i: int) -> str:
    return " ".join(f"{name} {column[i]:.10g}" for name, column in found.rows.columns.items() if column[i] == column[i])


def _quote(bid: np.ndarray, ask: np.ndarray, low: np.ndarray, high: np.ndarray, i: int) -> str:
    return f"bid {bid[i]:.10g} ask {ask[i]:.10g}, worth {low[i]:.6g} to {high[i]:.6g}"
