"""The underlying's rows, read a stretch of sessions at a time: a market of any length takes the memory of a stretch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from quantray.errors import DataError
from quantray.files.tables import Table
from quantray.sweeps.data.sessions import Span, Window
from quantray.sweeps.data.underlying import (
    PRICES,
    Bars,
    Steps,
    bad_prices,
    has_volume,
    in_time_order,
    inconsistent,
    interval_from,
    stamp,
    steps_of,
)  # fmt: skip

ROWS = 2_000_000  # of a stretch, about: 150 MB
COLUMNS = (*PRICES, "volume", "vwap", "vwap_running")


class BarReader:
    """The underlying's rows, a stretch of sessions at a time: first all are looked at, then each is read for its grids.

    A row without any price and volume is a bar without a trade and left out. An underlying of which no row has a volume
    above 0, as an index, has none: its bars all count, with volume NaN.
    """

    def __init__(self, table: Table, symbol: str | None, span: Span) -> None:
        table.require("ts", *PRICES)
        self._table, self._symbol = table, symbol
        self._traded = has_volume(table, symbol)
        (rows,) = table.row(f"SELECT count(*) FROM {{t}} WHERE {self._stamped(span.start_ns, span.stop_ns)}")
        self._stretches = stretches_of(span, int(rows))
        self._only: Bars | None = None  # one stretch is read once
        if len(self._stretches) > 1:
            self._rows(span.start_ns, span.stop_ns, ())  # the order of all

    def _stamped(self, start_ns: int, stop_ns: int) -> str:
        return f"{self._table.of(self._symbol)} AND {self._table.between(start_ns, stop_ns)}"

    def look(self, counts: Counter[str]) -> Looked:
        """Check every row. Raises DataError."""
        seen = Looked(self._table.where)
        for stretch in self._stretches:
            bars = self._bars(stretch, seen)
            if len(self._stretches) == 1:
                self._only = bars
        seen.check(self._traded)
        counts["bars_outside_sessions"] += seen.outside
        counts["inconsistent_bars"] += seen.inconsistent
        return seen

    def read(self) -> Iterator[tuple[tuple[Window, ...], Bars]]:
        """The sessions of each stretch with their bars, in time order."""
        for stretch in self._stretches:
            yield stretch.windows, self._bars(stretch) if self._only is None else self._only

    def _rows(self, start_ns: int, stop_ns: int, names: Sequence[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        t = self._table
        file = ", file" if t.has("file") else ""
        columns = f", {t.numbers(names)}" if names else ""
        got = t.fetch(
            f"SELECT epoch_ns({t.column('ts')}) AS ts{columns}{file} FROM {{t}} "
            f"WHERE {self._stamped(start_ns, stop_ns)}"
        )
        found = {name: np.asarray(got[name], np.float64) for name in names}
        return in_time_order(t.where, np.asarray(got["ts"], np.int64), found, got.get("file"))

    def _bars(self, stretch: Stretch, seen: Looked | None = None) -> Bars:
        """Bars of the stretch; ``seen`` takes note of them."""
        ts, columns = self._rows(stretch.start_ns, stretch.stop_ns, COLUMNS)
        empty = np.all([np.isnan(columns[p]) for p in PRICES], axis=0)
        if not self._traded:
            columns["volume"] = np.full(len(ts), np.nan)
        idle = empty & ~(columns["volume"] > 0)
        inside = np.zeros(len(ts), bool)
        bars = Bars(ts, columns)
        for window in stretch.windows:
            rows = bars.of(window)
            inside[rows] = ~window.closed(ts[rows])
        keep = inside & ~idle & ~(columns["volume"] == 0)
        kept = Bars(ts[keep], {name: column[keep] for name, column in columns.items()})
        if seen is not None:
            seen.outside += int((~inside).sum())
            seen.inside += int(inside.sum())
            seen.note_bad(ts, columns, inside & ~idle, self._traded)
            seen.note_bars(kept, stretch.windows)
        return kept


@dataclass(slots=True, eq=False)
class Looked:
    """What was seen of all rows, stretch by stretch."""

    where: str
    outside: int = 0
    inside: int = 0
    bars: int = 0
    inconsistent: int = 0
    steps: list[Steps] = field(default_factory=list)
    bad: dict[str, tuple[int, float, int]] = field(default_factory=dict)  # column -> time and value of the first, rows
    fault: DataError | None = None  # of the first time that is no whole second

    def note_bad(self, ts: np.ndarray, columns: dict[str, np.ndarray], rows: np.ndarray, traded: bool) -> None:
        for name, bad in bad_prices(columns, rows, traded).items():
            if bad.any():
                at = int(np.argmax(bad))
                when, value, n = self.bad.get(name, (int(ts[at]), float(columns[name][at]), 0))
                self.bad[name] = when, value, n + int(bad.sum())

    def note_bars(self, bars: Bars, windows: Sequence[Window]) -> None:
        self.bars += len(bars.ts)
        self.inconsistent += int(inconsistent(bars.columns).sum())
        if self.fault is None:
            try:
                self.steps += steps_of(self.where, bars, windows)
            except DataError as error:
                self.fault = error

    def check(self, traded: bool) -> None:
        """DataError for the first value of a column that it may not have, and where no session has a bar."""
        for name in COLUMNS:
            if name not in self.bad:
                continue
            when, value, n = self.bad[name]
            said = f"{self.where}: {name} at {stamp(when)} is {value:g}, it must be "
            if name.startswith("vwap"):
                raise DataError(f"{said}above 0 or null")
            wanted = "a number above 0" if name != "volume" else "a number, 0 or more"
            raise DataError(f"{said}{wanted} ({n} such rows)")
        if self.inside and not self.bars:
            raise DataError(f"{self.where}: no bar of the sessions has a volume above 0")

    def interval(self, given: int | None) -> int:
        """Seconds between bars, see ``interval_from``."""
        if self.fault is not None:
            raise self.fault
        return interval_from(self.where, self.steps, given)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some sessions in a row, and all time that belongs to them: rows in [start, stop)."""

    windows: tuple[Window, ...]
    start_ns: int
    stop_ns: int


def stretches_of(span: Span, rows: int) -> list[Stretch]:
    """The sessions of a span that has so many rows, in stretches of about ROWS; they leave no time out."""
    windows = span.windows
    step = max(1, len(windows) * ROWS // max(rows, 1))
    cuts = list(range(0, len(windows), step))
    times = [span.start_ns, *(windows[k].open_ns for k in cuts[1:]), span.stop_ns]
    return [Stretch(windows[k : k + step], *times[i : i + 2]) for i, k in enumerate(cuts)]
