"""Which rows of a source are wanted: dates, names, roots and expiries, as conditions applied while DuckDB reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from quantray.errors import ConfigError
from quantray.files.conventions import check_date
from quantray.files.duckdb_file import text
from quantray.files.typed import Cell

EXCHANGE = "America/New_York"  # whose dates are meant for an underlying and its options
NAMED_BY = {
    "underlying": "symbol", "options": "underlying", "chain": "underlying", "candles": "asset", "calls": "asset",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Nothing given: every row. Dates are included; of candles and calls they are days in UTC."""

    from_: str | None = None
    to: str | None = None
    symbols: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    expiries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key, value in (("--from", self.from_), ("--to", self.to), *(("--expiry", day) for day in self.expiries)):
            check_date(key, value)
        if self.from_ and self.to and self.from_ > self.to:
            raise ConfigError(f"--from {self.from_} lies after --to {self.to}; swap them")

    @property
    def text(self) -> str:
        """The same for the same rows; empty where every row is wanted."""
        words = [f"{key} {value}" for key, value in (("from", self.from_), ("to", self.to)) if value]
        for key, values in (("symbol", self.symbols), ("root", self.roots), ("expiry", self.expiries)):
            words += [f"{key} {','.join(sorted(set(values)))}"] if values else []
        return " ".join(words)

    def rule(self, table: str, cells: Mapping[str, Cell]) -> str:
        """The condition over a table's cells. A row of which a cell cannot be read is let through, to be counted."""
        rules = []
        if table != "chain" and "ts" in cells:
            zone = EXCHANGE if table in ("underlying", "options") else "UTC"
            ts = f"({cells['ts'].value})::TIMESTAMPTZ"  # DuckDB compares no two precisions with a zone
            rules += [f"{ts} >= TIMESTAMPTZ {text(_midnight(self.from_, zone, 0))}"] if self.from_ else []
            rules += [f"{ts} < TIMESTAMPTZ {text(_midnight(self.to, zone, 1))}"] if self.to else []
        for _, value, names in self.named(table, cells):
            rules.append(f"{value} IN ({', '.join(map(text, names))})")
        return " AND ".join(f"({rule}) IS NOT FALSE" for rule in rules) or "true"

    def named(self, table: str, cells: Mapping[str, Cell]) -> list[tuple[str, str, tuple[str, ...]]]:
        """(flag, SQL of a row's name as text, the names that are wanted) of each flag that says something here."""
        found = []
        if self.symbols and NAMED_BY[table] in cells:
            found.append(("--symbol", f"({cells[NAMED_BY[table]].value})", self.symbols))
        if self.roots and table in ("options", "chain") and "symbol" in cells:
            symbol = f"({cells['symbol'].value})"
            found.append(("--root", f"left({symbol}, length({symbol}) - 15)", self.roots))
        if self.expiries and "expiry" in cells:
            found.append(("--expiry", f"({cells['expiry'].value})::DATE::VARCHAR", self.expiries))
        return found


def _midnight(day: str | None, zone: str, later: int) -> str:
    start = date.fromisoformat(str(day)) + timedelta(days=later)
    return datetime(start.year, start.month, start.day, tzinfo=ZoneInfo(zone)).isoformat()
