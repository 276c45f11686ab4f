"""How a vendor's or a tool's file is laid out: which of its columns is which of ours, in what unit, on which clock.

A layout is data, read from YAML (docs/formats.md). It holds names and words, never SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from quantray.errors import ConfigError, near_miss
from quantray.files.conventions import UNITS, check_zone

TABLES = ("underlying", "options", "chain", "candles", "calls")
#: What a time says of its interval: its start, its end, or a moment in which something was seen (known from then on).
STAMPS = ("start", "end", "at")
#: Units of times that are whole numbers; ``digits`` is told by their length, as 10 digits are seconds of our days.
TIME_UNITS = (*UNITS, "digits")
BY_HAND = "never guessed"


@dataclass(frozen=True, slots=True)
class Column:
    """Where a value of ours stands: in a column, in the file's name, in a setting, or nowhere: it is always the same.

    ``per`` of the file's units make one of ours; ``fixed`` is the same for files that hold plain numbers or whole ones
    in a smaller unit. ``nulls`` are values that mean that there is none, ``absent`` is what columns hold where
    there is none. Of a name ``strip`` is taken from its front.
    """

    source: str | None = None
    per: int = 1
    nulls: tuple[str, ...] = ()
    group: str | None = None  # of the layout's pattern of file names; or several in a text, {base}/{quote}
    value: str | None = None
    setting: str | None = None
    fixed: int = 1
    strip: str = ""
    upper: bool = False  # in capital letters
    whole: bool = False  # a broken number is none: the file would be of another kind
    absent: Mapping[str, str | None] = field(default_factory=dict)  # column -> value: where all hold, there is none
    mid: tuple[str, ...] = ()  # bid and ask: the middle between them

    def __post_init__(self) -> None:
        if sum(x is not None for x in (self.source, self.group, self.value, self.setting, self.mid or None)) != 1:
            raise ConfigError("a column has one of from, file, setting, value and mid")
        if self.mid and len(self.mid) != 2:
            raise ConfigError("mid takes two columns: bid and ask")
        for name in ("per", "fixed"):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int) or given < 1:
                raise ConfigError(f"{name} must be a whole number above 0, got {given!r}")
        if self.setting not in (None, "symbol"):
            raise ConfigError(f"setting: {near_miss(str(self.setting), ['symbol'], what='setting')}")

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the pattern of file names that the value is made of."""
        if self.group is None:
            return ()
        return tuple(re.findall(r"\{(\w+)\}", self.group)) or (self.group,)

    @property
    def shown(self) -> str:
        if self.setting is not None:
            return f"data.{self.setting}"
        if self.mid:
            return " and ".join(self.mid)
        return self.source or (f"the file's name ({self.group})" if self.group else repr(self.value))


@dataclass(frozen=True, slots=True)
class Time:
    """Where the time of a row stands, and what it says of the row's interval."""

    parts: tuple[Column, ...]  # one column, or a date and a clock, which are joined by a blank
    form: str | None = None  # as strptime takes it; None: ISO, or a whole number with its unit
    unit: str | None = None
    of_day: Column | None = None  # a number of ``unit`` since midnight of the date in ``parts``
    zone: str | None = None  # of what names none
    stamp: str = "start"

    def __post_init__(self) -> None:
        if not 1 <= len(self.parts) <= 2:
            raise ConfigError("a time has one column, or two: a date and a clock")
        if self.stamp not in STAMPS:
            raise ConfigError(f"stamp: {near_miss(self.stamp, STAMPS, what='stamp')}")
        if self.unit is not None and self.unit not in TIME_UNITS:
            raise ConfigError(f"unit: {near_miss(self.unit, TIME_UNITS, what='unit')}")
        if self.of_day is not None and self.unit not in UNITS:
            raise ConfigError("of_day needs a unit: s, ms, us or ns")
        if self.zone is not None:
            check_zone("zone", self.zone)


@dataclass(frozen=True, slots=True)
class Contract:
    """What names an option contract: one text of the family of OCC symbols, or the parts it is built from."""

    occ: Column | None = None
    root: Column | None = None
    expiry: Column | None = None
    strike: Column | None = None
    right: Column | None = None
    unit: str | None = None  # of an expiry that is a whole number

    def __post_init__(self) -> None:
        parts = (self.root, self.expiry, self.strike, self.right)
        if (self.occ is None) == any(part is None for part in parts) or (self.occ and any(parts)):
            raise ConfigError("a contract has occ alone, or all of root, expiry, strike and right")


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file of a format, serving as one of our tables."""

    name: str
    table: str
    title: str = ""
    header: tuple[str, ...] = ()  # a file that has all of these columns is of this kind
    row: tuple[str, ...] = ()  # patterns of the first fields of a file without a header …
    names: tuple[str, ...] = ()  # … and what its columns are called here, in order
    file: str | None = None  # pattern of the file's name, with named groups
    unless: str | None = None  # pattern of names of other files that look the same
    weak: bool = False  # its header is that of many, so it is taken by name alone
    columns: Mapping[str, Column] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)  # a row is a call and a put: its letter -> the right
    time: Time | None = None
    contract: Contract | None = None
    aside: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)  # reason -> column -> value: all hold
    withdrawn: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)  # the same: nobody quotes any more
    once: bool = False  # rows repeat one value for each contract: what is the same is one row
    last_by: tuple[str, ...] = ()  # rows are events: the last of a contract's interval, in the order of these, counts
    adjusted: bool = False  # prices are changed by splits and dividends
    refuse: str | None = None  # it is known, and cannot be read; why
    beside: str | None = None  # it lies beside such data and is none itself: what it is
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.table not in TABLES:
            raise ConfigError(f"table: {near_miss(self.table, TABLES, what='table')}")
        if not (self.header or self.names):
            raise ConfigError("a layout has a header, or names for the columns of a file without one")
        if self.row and not self.names:
            raise ConfigError("row is for files without a header: give the names of their columns")
        groups: set[str] = set()
        for pattern in (*self.row, *filter(None, (self.file, self.unless))):
            try:
                groups |= set(re.compile(pattern).groupindex)
            except re.error as error:
                raise ConfigError(f"{pattern!r} is no pattern: {error}") from None
        for column in self.each():
            for group in column.groups:
                if group not in groups:
                    raise ConfigError(f"file: {group} is no group of the pattern {self.file!r}")
        if (
            (self.refuse or self.beside) is None
            and self.table != "chain"
            and self.time is None
            and self.table != "calls"
        ):
            raise ConfigError("time is missing: which column holds the time of a row?")

    def each(self) -> Iterable[Column]:
        """Every column that the layout speaks of."""
        yield from self.columns.values()
        if self.time is not None:
            yield from self.time.parts
            yield from () if self.time.of_day is None else (self.time.of_day,)
        c = self.contract
        yield from () if c is None else (x for x in (c.occ, c.root, c.expiry, c.strike, c.right) if x is not None)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns by which it is known, as a file has them."""
        return self.header or self.names


@dataclass(frozen=True, slots=True)
class Format:
    """A vendor or a tool, and the kinds of files that it writes."""

    name: str
    title: str
    layouts: tuple[Layout, ...]
    doubts: tuple[str, ...] = ()

    def of(self, table: str) -> tuple[Layout, ...]:
        """Its layouts that serve as ``table``."""
        return tuple(layout for layout in self.layouts if layout.table == table and layout.beside is None)
