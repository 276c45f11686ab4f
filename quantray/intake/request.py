"""What an import is asked for, and what became of every source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from quantray.errors import ConfigError, near_miss
from quantray.files.conventions import check_date, check_form, check_unit, check_zone
from quantray.files.formats import Ask
from quantray.intake.columns import SHAPES, TABLES
from quantray.intake.known import Reading
from quantray.intake.sources import Item
from quantray.intake.taking import Limits, Taken
from quantray.intake.target import MEMORY
from quantray.intake.wanted import EXCHANGE, Wanted

STAMPS = ("start", "end", "at")


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that were read: a Parquet file with our columns, how they were read, and what was left out, by reason."""

    path: Path
    format: str
    told: tuple[str, ...]
    aside: Mapping[str, int]


class CallReader(Protocol):
    """Reads files of calls and chats; it is given by who knows both rooms."""

    def serves(self, path: Path, request: Request) -> bool:
        """Whether a file is a chat, or is said to be one or a list of calls."""

    def read(self, path: Path, request: Request, into: Path) -> Calls:
        """Write its calls to the file ``into``. DataError for what cannot be read."""


@dataclass(frozen=True, slots=True)
class Request:
    """Sources, where to, and what was said about them. ``columns``: table -> ours -> theirs; table "" is every one."""

    sources: tuple[str, ...]
    into: Path
    format: str | None = None
    tables: tuple[str, ...] = ()
    wanted: Wanted = Wanted()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    timezone: str | None = None
    ts_unit: str | None = None
    stamp: str | None = None
    date_format: str | None = None
    date: str | None = None  # of calls whose times are clocks alone
    interval_s: int | None = None
    adjusted: str | None = None
    limits: Limits = Limits()
    memory: str = MEMORY
    calls: CallReader | None = None  # of lists of calls and of chats; without one they are files like others

    def __post_init__(self) -> None:
        for table in (*self.tables, *(name for name in self.columns if name)):
            if table not in TABLES:
                raise ConfigError(f"--table {table}: {near_miss(table, TABLES, what='table')}")
        for table, names in self.columns.items():
            known = SHAPES[table].order if table else tuple(c for shape in SHAPES.values() for c in shape.order)
            for ours in names:
                if ours not in known:
                    raise ConfigError(f"--column {ours}: {near_miss(ours, known, what='column of ours')}")
        if self.timezone is not None:
            check_zone("--timezone", self.timezone)
        if self.ts_unit is not None:
            check_unit("--ts-unit", self.ts_unit)
        if self.date_format is not None:
            check_form("--date-format", self.date_format, clock=True)
        check_date("--date", self.date)
        if self.stamp is not None and self.stamp not in STAMPS:
            raise ConfigError(f"--stamp: {near_miss(self.stamp, STAMPS, what='stamp')}")

    def ask(self, table: str) -> Ask:
        """What was said about a table, for its reader. Times of candles and calls without a zone are UTC."""
        ours = table in ("underlying", "options", "chain")
        symbols = self.wanted.symbols
        return Ask(
            timezone=self.timezone or (None if ours else "UTC"), ts_unit=self.ts_unit, date_format=self.date_format,
            stamp=self.stamp, interval_s=self.interval_s, adjusted=self.adjusted,
            symbol=symbols[0] if len(symbols) == 1 else None, exchange=EXCHANGE if ours else "UTC", key=table,
        )  # fmt: skip

    def mapping(self, table: str) -> dict[str, str]:
        """Our column -> theirs, as the command line says."""
        every = {ours: theirs for ours, theirs in self.columns.get("", {}).items() if ours in SHAPES[table].order}
        return {**every, **self.columns.get(table, {})}


TAKEN, THERE, FAILED, WOULD = "taken", "there already", "failed", "would be taken"


@dataclass(slots=True)
class Done:
    """What became of one item. ``why``: of one that was replaced or refused, in a sentence."""

    item: Item
    state: str
    readings: tuple[Reading, ...] = ()
    taken: list[Taken] = field(default_factory=list)
    why: str = ""
    replaced: int = 0  # rows that it had brought before

    @property
    def rows(self) -> int:
        """Rows that are new in the file."""
        return sum(t.rows - t.equal for t in self.taken)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: items and bytes, done and in all, rows so far, seconds."""

    items: int
    of_items: int
    bytes: int
    of_bytes: int
    rows: int
    seconds: float

    @property
    def left_s(self) -> float | None:
        """Seconds that are left if it goes on so; None while nothing is known."""
        if self.bytes <= 0 or self.seconds <= 0:
            return None
        return (self.of_bytes - self.bytes) * self.seconds / self.bytes


def size_of(item: Item) -> int:
    """Bytes of what is read for an item, for the progress; a table of a server has none."""
    try:
        return os.stat(str(item.path)).st_size if item.path is not None else 0
    except OSError:
        return 0
