"""Checks of the underlying's rows one by one: times, order, copies, prices, volumes, scale. Nothing is refused here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantray.durations import NS
from quantray.files.findings import Finding, Row, Severity, graded, gravest, ok
from quantray.files.tables import Table
from quantray.plain import amount
from quantray.sweeps.data.sessions import Span
from quantray.sweeps.data.underlying import PRICES, Bars, bad_prices, has_volume, inconsistent

KEY = "underlying"
NAMES = (*PRICES, "volume", "vwap", "vwap_running")
INCONSISTENT = 0.01  # share of bars above which their highs and lows say nothing
JUMP = 1.4  # of the price between one bar and the next
HUGE_JUMP = 3.0  # no market does that overnight
AROUND = 20  # bars on either side that must stand at the new and the old level
APART_NS = 7 * 86_400 * NS  # sessions farther apart than this are not compared


@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """The underlying's rows as they lie in the table, [r] in time order; ``inside`` a session, ``idle`` without any
    price and volume. ``back`` are places in the file's order whose time lies before the one above."""

    where: str
    ts: np.ndarray
    columns: dict[str, np.ndarray]
    inside: np.ndarray
    idle: np.ndarray
    back: tuple[int, ...]
    unsorted: int
    traded: bool

    @property
    def again(self) -> np.ndarray:
        """Rows with the time of the row before [r]."""
        return np.concatenate([[False], np.diff(self.ts) == 0]) if len(self.ts) else np.zeros(0, bool)

    @property
    def bad(self) -> dict[str, np.ndarray]:
        """By column, which rows [r] of sessions hold no number that it may have; idle rows are not asked."""
        return bad_prices(self.columns, self.inside & ~self.idle, self.traded)

    def usable(self) -> Bars:
        """Bars that a run would lay on its grid, if it did not stop at what is wrong with the others."""
        wrong = np.logical_or.reduce(list(self.bad.values()))
        keep = self.inside & ~self.idle & ~self.again & ~wrong & ~(self.columns["volume"] == 0)
        return Bars(self.ts[keep], {name: column[keep] for name, column in self.columns.items()})


def raw_bars(table: Table, symbol: str | None, span: Span) -> RawBars:
    """Rows with a time, in the reach of the sessions."""
    table.require("ts", *PRICES)
    file = ", file" if table.has("file") else ""
    got = table.fetch(
        f"SELECT epoch_ns({table.column('ts')}) AS ts, {table.numbers(NAMES)}{file} FROM {{t}} "
        f"WHERE {table.of(symbol)} AND {table.between(span.start_ns, span.stop_ns)}"
    )
    ts = np.asarray(got["ts"], np.int64)
    columns = {name: np.asarray(got[name], np.float64) for name in NAMES}
    back = np.diff(ts) < 0
    if file:
        back &= np.diff(np.asarray(got["file"])) == 0
    places = tuple(int(ts[i + 1]) for i in np.flatnonzero(back)[:5].tolist())
    if (np.diff(ts) < 0).any():
        order = np.argsort(ts, kind="stable")
        ts, columns = ts[order], {name: column[order] for name, column in columns.items()}
    traded = has_volume(table, symbol)
    if not traded:
        columns["volume"] = np.full(len(ts), np.nan)
    idle = np.all([np.isnan(columns[p]) for p in PRICES], axis=0) & ~(columns["volume"] > 0)
    inside = np.zeros(len(ts), bool)
    for window in span.windows:
        low, high = np.searchsorted(ts, (window.open_ns, window.close_ns))
        inside[low:high] = ~window.closed(ts[low:high])
    return RawBars(table.where, ts, columns, inside, idle, places, int(back.sum()), traded)


def row_checks(bars: RawBars) -> list[Finding]:
    """What single rows show."""
    return [_order(bars), _copies(bars), _prices(bars), _ohlc(bars), _scale(bars)]


def undated(table: Table) -> Finding:
    """Rows without a time."""
    total, missing = table.row(f"SELECT count(*), count(*) - count({table.column('ts')}) FROM {{t}}")
    if not missing:
        return ok("times", table.key, total, "every row has a time")
    return Finding(
        "times", table.key, Severity.ERROR, missing, total, "rows without a time lie nowhere; a run refuses them",
        "remove them, or fill the time in",
    )  # fmt: skip


def shown(
    bars: RawBars | Bars, mask: np.ndarray, what: Callable[[int], str], size: np.ndarray | None = None
) -> tuple[Row, ...]:
    """The gravest rows of the mask [r]."""
    return tuple(Row(int(bars.ts[i]), "", what(i)) for i in gravest(mask, size))


def prices_of(columns: dict[str, np.ndarray], i: int) -> str:
    """``open 1 high 2 low 3 close 4`` of row ``i`` of ``columns`` [r]."""
    return " ".join(f"{name} {columns[name][i]:.10g}" for name in PRICES)


def _order(bars: RawBars) -> Finding:
    if not bars.unsorted:
        return ok("order", KEY, len(bars.ts), "rows stand in time order")
    return Finding(
        "order", KEY, Severity.ERROR, bars.unsorted, len(bars.ts),
        "rows stand behind later ones: the file was joined or sorted by something else; a run refuses it",
        "sort it by ts", tuple(Row(ts, "", "earlier than the row above it") for ts in bars.back),
    )  # fmt: skip


def _copies(bars: RawBars) -> Finding:
    again = bars.again
    n = int(again.sum())
    if not n:
        return ok("duplicates", KEY, len(bars.ts), "no time stands twice")
    values = np.array([bars.columns[name] for name in (*PRICES, "volume")])
    same = np.all((values[:, 1:] == values[:, :-1]) | (np.isnan(values[:, 1:]) & np.isnan(values[:, :-1])), axis=0)
    other = again & ~np.concatenate([[True], same])
    told = "all of them exact copies" if not other.any() else f"{int(other.sum()):,} of them with other values"
    return Finding(
        "duplicates", KEY, Severity.ERROR, n, len(bars.ts),
        f"one time stands in several rows, {told}; a run refuses them, as it cannot know which is true",
        "keep one row of each time", shown(bars, again, lambda i: prices_of(bars.columns, i), other.astype(float)),
    )  # fmt: skip


def _prices(bars: RawBars) -> Finding:
    bad = bars.bad
    wrong = np.logical_or.reduce(list(bad.values()))
    of = int((bars.inside & ~bars.idle).sum())
    if not wrong.any():
        return ok("prices", KEY, of, "every price is a finite number above 0")
    first = {i: next(name for name, mask in bad.items() if mask[i]) for i in gravest(wrong)}
    return Finding(
        "prices", KEY, Severity.ERROR, int(wrong.sum()), of,
        "prices or volumes that are NaN, zero, negative or infinite; a run refuses them",
        "correct these rows, or remove them: a missing bar carries the last close",
        tuple(Row(int(bars.ts[i]), "", f"{name} is {bars.columns[name][i]:g}") for i, name in first.items()),
    )  # fmt: skip


def _ohlc(bars: RawBars) -> Finding:
    rows = bars.inside & ~bars.idle & ~np.logical_or.reduce(list(bars.bad.values()))
    wrong, of = inconsistent(bars.columns) & rows, int(rows.sum())
    if not wrong.any():
        return ok("OHLC", KEY, of, "every open and close lies between low and high")
    opened, high, low, close = (bars.columns[p] for p in PRICES)
    by = np.maximum(low - np.minimum(opened, close), np.maximum(opened, close) - high) / close
    return Finding(
        "OHLC", KEY, graded(float(wrong.sum() / of), 0.0, INCONSISTENT), int(wrong.sum()), of,
        "an open or close outside the bar's own low and high: rounding, or columns of two sources",
        "look whether open, high, low and close are mapped rightly; correct these rows",
        shown(bars, wrong, lambda i: prices_of(bars.columns, i), by),
    )  # fmt: skip


def _scale(bars: RawBars) -> Finding:
    """Steps of the price that stay: splits, other units, another symbol."""
    usable = bars.usable()
    ts, close, opened = usable.ts, usable.columns["close"], usable.columns["open"]
    if len(ts) < 2:
        return ok("scale", KEY, len(ts), "the price keeps its scale")
    ratio = opened[1:] / close[:-1]
    steps = (np.maximum(ratio, 1 / ratio) >= JUMP) & (np.diff(ts) <= APART_NS)
    jumps: list[tuple[int, float]] = []
    for i in np.flatnonzero(steps).tolist():
        before, after = close[max(i + 1 - AROUND, 0) : i + 1], close[i + 1 : i + 1 + AROUND]
        times = float(np.median(after) / np.median(before))
        if max(times, 1 / times) >= JUMP:
            jumps.append((i + 1, times))
    if not jumps:
        return ok("scale", KEY, len(ts) - 1, "the price keeps its scale")
    jumps.sort(key=lambda jump: -abs(np.log(jump[1])))
    gaps = np.diff(ts)
    grave = any(max(t, 1 / t) >= HUGE_JUMP or gaps[i - 1] < 3600 * NS for i, t in jumps)
    return Finding(
        "scale", KEY, Severity.ERROR if grave else Severity.WARNING, len(jumps), len(ts) - 1,
        f"the price changes its scale {amount(len(jumps), 'time')} and stays there: a split that is not adjusted, "
        "another unit or another symbol; strikes and history do not fit both sides",
        "load one scale (prices as they were traded, with the strikes of the time), or only one side of it",
        tuple(Row(int(ts[i]), "", f"close {close[i]:.10g}, {t:.4g} times the {close[i - 1]:.10g} before")
              for i, t in jumps[:5]),
    )  # fmt: skip
