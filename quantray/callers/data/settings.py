"""The sections ``data``, ``calls`` and ``coverage`` of a per-caller plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from quantray.callers.chats import KINDS as CHATS
from quantray.callers.chats import Messages
from quantray.callers.data.synthetic_settings import SyntheticCalls
from quantray.durations import duration_s, interval_s
from quantray.errors import ConfigError, near_miss
from quantray.files.conventions import check_choice, check_date, check_tables, check_unit, check_zone
from quantray.settings import Limits, data_in_words

#: Configuration keys that are no Python names.
KEYS = {"from": "from_"}
KINDS = ("synthetic", "parquet", "duckdb")
TABLES = ("calls", "candles")
STAMPS = ("start", "end")
FORBID: dict[str, str] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class CallColumns:
    """Our name -> the table's name. ``call_id`` and what follows ``ts`` may be absent, or null: not read."""

    __pydantic_config__: ClassVar = FORBID
    call_id: str | None = "call_id"
    caller: str = "caller"
    asset: str = "asset"
    ts: str = "ts"
    chain: str | None = "chain"
    price_at_call: str | None = "price_at_call"
    mcap: str | None = "mcap"
    edited: str | None = "edited"  # whether the call was changed after it was made


@dataclass(frozen=True, slots=True)
class CandleColumns:
    """Our name -> the table's name. Without ``interval_s`` the interval is found from the timestamps."""

    __pydantic_config__: ClassVar = FORBID
    asset: str = "asset"
    interval_s: str = "interval_s"
    ts: str = "ts"
    open: str = "open"
    high: str = "high"
    low: str = "low"
    close: str = "close"
    volume: str = "volume"


@dataclass(frozen=True, slots=True)
class CallMaps:
    """One map a table."""

    __pydantic_config__: ClassVar = FORBID
    calls: CallColumns = CallColumns()
    candles: CandleColumns = CandleColumns()


@dataclass(frozen=True, slots=True)
class CallsData:
    """Where calls and candles come from: names of tables (``duckdb``) or files and folders (``parquet``).

    ``from_`` and ``to`` are UTC dates of calls (ISO, both included); candles reach beyond them as far as needed.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "synthetic"
    from_: str | None = None
    to: str | None = None
    duckdb: str | None = None
    calls: str | None = None
    candles: str | None = None
    allow_paths: str | tuple[str, ...] = ()  # folders and files that views of the DuckDB file may read
    interval: str | None = None  # 1m, 15m, 1h, …; null: as the candles are, one interval
    ts_unit: str | Mapping[str, str] | None = None  # s, ms, us or ns, where times are numbers; or {calls: ms, …}
    timezone: str | Mapping[str, str] | None = None  # of times that name none (null: UTC); or {calls: Europe/Rome, …}
    date: str | None = None  # of calls whose times are clocks alone, 12:30: the day of all of them
    stamp: str | Mapping[str, str] | None = None  # of a candle: its start | its end; null: its start, on the grid
    format: str | Mapping[str, str] | None = None  # whose files they are; or {calls: telegram, candles: binance}
    messages: Messages = Messages()  # how calls are read from chats
    columns: CallMaps = CallMaps()
    synthetic: SyntheticCalls = SyntheticCalls()
    bucket_rows: int = 500_000  # candles of one bucket, about; an asset is never split
    print_filter: str = "report"  # report | clip (cleans with hindsight: needs the next candle)
    print_filter_k: float = 1.3  # a high or low this many times its neighbours' is a lone print
    scale_jump: float = 50.0  # a candle this many times its neighbour, or this many times less, changes the scale
    cache: str | None = None  # null: the user's cache directory

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"data.kind: {near_miss(self.kind, KINDS, what='kind of data')}")
        if self.allow_paths and self.kind != "duckdb":
            raise ConfigError(f"data.allow_paths is for views of a DuckDB file; it means nothing to data={self.kind}")
        if self.print_filter not in ("report", "clip"):
            raise ConfigError(f"data.print_filter must be report or clip, got {self.print_filter!r}")
        self._check_times()
        check_tables("data.format", self.format, TABLES)
        for name in ("print_filter_k", "scale_jump"):
            if not 1 < getattr(self, name) < float("inf"):
                raise ConfigError(f"data.{name} must be above 1, got {getattr(self, name)}")
        if self.bucket_rows < 1:
            raise ConfigError(f"data.bucket_rows must be >= 1, got {self.bucket_rows}")
        for key, value in (("from", self.from_), ("to", self.to), ("date", self.date)):
            check_date(f"data.{key}", value)
        if self.from_ and self.to and self.from_ > self.to:
            raise ConfigError(f"data.from={self.from_} lies after data.to={self.to}; swap them")
        if self.interval is not None:
            interval_s(self.interval)

    def _check_times(self) -> None:
        checks = {"ts_unit": check_unit, "stamp": _check_stamp, "timezone": check_zone}
        for name, check in checks.items():
            given, key = getattr(self, name), f"data.{name}"
            check_tables(key, given, TABLES)
            for table in TABLES:
                value = of_table(given, table)
                if value is not None:
                    check(f"{key}.{table}" if isinstance(given, Mapping) else key, value)
        if isinstance(self.stamp, Mapping) and "calls" in self.stamp:
            raise ConfigError("data.stamp says whether a candle's time is its start or its end; a call has neither")

    def format_of(self, table: str) -> str | None:
        """The format of the files of ``calls`` or ``candles``; a single name is of the table that it has."""
        found = of_table(self.format, table)
        alone = not isinstance(self.format, Mapping) and (found in CHATS) != (table == "calls")
        return None if alone else found

    def unit_of(self, table: str) -> str | None:
        """Unit of the times of ``calls`` or ``candles`` where they are numbers."""
        return of_table(self.ts_unit, table)

    def zone_of(self, table: str) -> str | None:
        """Zone of the times of ``calls`` or ``candles`` that name none; None: UTC."""
        return of_table(self.timezone, table)

    @property
    def candle_stamp(self) -> str | None:
        return of_table(self.stamp, "candles")

    @property
    def in_words(self) -> str:
        """Where calls and candles come from, and the dates of the calls."""
        places = {"duckdb": (self.duckdb,), "parquet": (self.calls, self.candles)}
        return data_in_words(self.kind, places.get(self.kind, ()), self.from_, self.to)

    @property
    def reading(self) -> tuple[object, ...]:
        """How files are read: what a study's data depend on beside them."""
        times = (*((self.unit_of(t), self.zone_of(t)) for t in TABLES), (self.candle_stamp,))
        formats = tuple(self.format_of(t) for t in TABLES)
        if not any(formats) and self.date is None:
            return times
        return (*times, formats, self.messages if formats[0] in CHATS else None, self.date)

    @property
    def interval_s(self) -> int | None:
        return None if self.interval is None else interval_s(self.interval)


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Which calls count. Callers named and callers of the groups are added up; neither: every caller.

    ``groups``: names of groups in ``group_file``, files (``whales.yaml``, ``lists.json#whales``), or a mapping of
    name to callers. ``aliases``: spelling to caller (or caller to spellings), as a mapping, a YAML/JSON file, or a
    table or Parquet/CSV file with the columns alias and caller.
    """

    __pydantic_config__: ClassVar = FORBID
    callers: str | tuple[str, ...] | None = None
    groups: str | tuple[str, ...] | Mapping[str, tuple[str, ...]] | None = None
    group_file: str | None = None
    aliases: str | Mapping[str, str | tuple[str, ...]] | None = None
    min_per_caller: int = 1
    dedupe_window: str | int = 0  # same caller and asset within it: the first is kept
    chain: str | None = None  # case does not matter
    min_mcap: float | None = None
    max_mcap: float | None = None
    delay: str | int = 0  # from the call to the earliest entry
    max_entry_lag: str | int | None = None  # of the entry candle behind that; null: two intervals
    horizon: str | int | None = None  # that the data must hold behind the entry; null: the grid's longest hold

    def __post_init__(self) -> None:
        for name in ("callers", "groups"):
            if getattr(self, name) is not None and not getattr(self, name):
                raise ConfigError(f"calls.{name} is empty; name at least one, or leave it out for every caller")
        if self.min_per_caller < 1:
            raise ConfigError(f"calls.min_per_caller must be >= 1, got {self.min_per_caller}")
        for name in ("dedupe_window", "delay", "max_entry_lag", "horizon"):
            if getattr(self, name) is not None:
                duration_s(getattr(self, name), f"calls.{name}")
        low, high = self.min_mcap, self.max_mcap
        if low is not None and high is not None and low > high:
            raise ConfigError(f"calls.min_mcap={low:g} lies above calls.max_mcap={high:g}; swap them")

    @property
    def dedupe_s(self) -> int:
        return duration_s(self.dedupe_window, "calls.dedupe_window")

    @property
    def horizon_s(self) -> int | None:
        return None if self.horizon is None else duration_s(self.horizon, "calls.horizon")


@dataclass(frozen=True, slots=True)
class Gates(Limits):
    """Largest shares of candles, assets and calls that may be wrong."""

    max_undated_candles: float = 0.01
    max_conflicting_candles: float = 0.0
    max_inconsistent_candles: float = 0.01
    max_nonpositive_candles: float = 0.01
    max_zero_volume_candles: float = 1.0
    max_missing_candles: float = 1.0
    max_scale_jumps: float = 1.0
    max_lone_prints: float = 1.0
    max_excluded_calls: float = 1.0


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """What excludes a call. ``entry``: only data up to its entry. ``window``: also a share of its whole window.

    ``outages``: a YAML/JSON list of ``{asset, from, to}`` (UTC; no asset: all of them; no ``to``: the source ends
    there) where candles are missing because the vendor has none.
    """

    __pydantic_config__: ClassVar = FORBID
    mode: str = "entry"
    min_share: float = 0.8
    outages: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("entry", "window"):
            raise ConfigError(f"coverage.mode: {near_miss(self.mode, ('entry', 'window'), what='mode')}")
        if not 0 <= self.min_share <= 1:
            raise ConfigError(f"coverage.min_share is a share in [0, 1], got {self.min_share}")


def _check_stamp(key: str, value: str) -> None:
    check_choice(key, value, STAMPS)


def of_table(given: str | Mapping[str, str] | None, table: str) -> str | None:
    """The value of one table: of the mapping by table, or the one that holds for both."""
    return given.get(table) if isinstance(given, Mapping) else given
