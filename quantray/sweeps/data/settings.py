"""The ``data`` section of a plan: where a slice comes from and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from quantray.errors import ConfigError, near_miss
from quantray.files.conventions import check_choice, check_date, check_form, check_tables, check_unit, check_zone
from quantray.settings import Limits, data_in_words

#: Configuration keys that are no Python names.
KEYS = {"from": "from_"}
KINDS = ("synthetic", "parquet", "duckdb")
STAMPS = ("start", "end", "at")
FORBID: dict[str, str] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class UnderlyingColumns:
    """Our name -> the file's name. The session's own VWAP and running VWAP are used where the columns exist."""

    __pydantic_config__: ClassVar = FORBID
    ts: str = "ts"
    symbol: str = "symbol"
    open: str = "open"
    high: str = "high"
    low: str = "low"
    close: str = "close"
    volume: str = "volume"
    vwap: str = "vwap"
    vwap_running: str = "vwap_running"


@dataclass(frozen=True, slots=True)
class ChainColumns:
    """Our name -> the file's name. With ``session_date`` a contract is listed on those sessions only."""

    __pydantic_config__: ClassVar = FORBID
    symbol: str = "symbol"
    underlying: str = "underlying"
    expiry: str = "expiry"
    strike: str = "strike"
    right: str = "right"
    multiplier: str = "multiplier"
    session_date: str = "session_date"


@dataclass(frozen=True, slots=True)
class OptionColumns:
    """Our name -> the file's name. ``expiry``, ``strike`` and ``right`` serve when there is no chain."""

    __pydantic_config__: ClassVar = FORBID
    ts: str = "ts"
    symbol: str = "symbol"
    bid: str = "bid"
    ask: str = "ask"
    vwap: str = "vwap"
    close: str = "close"
    last: str = "last"
    volume: str = "volume"
    underlying: str = "underlying"
    expiry: str = "expiry"
    strike: str = "strike"
    right: str = "right"
    multiplier: str = "multiplier"


@dataclass(frozen=True, slots=True)
class ColumnMaps:
    """One map a table."""

    __pydantic_config__: ClassVar = FORBID
    underlying: UnderlyingColumns = UnderlyingColumns()
    chain: ChainColumns = ChainColumns()
    options: OptionColumns = OptionColumns()


@dataclass(frozen=True, slots=True)
class ByTable:
    """One value a table, where the tables of a data set are written in different ways; a mapping becomes one."""

    underlying: str | None = None
    chain: str | None = None
    options: str | None = None


def of_table(value: str | Mapping[str, str | None] | ByTable | None, key: str) -> str | None:
    """What a setting that is one value, or a value a table, says about this table."""
    assert not isinstance(value, Mapping)  # a mapping became a ByTable when the settings were made
    said: str | None = getattr(value, key) if isinstance(value, ByTable) else value
    return said


@dataclass(frozen=True, slots=True)
class SyntheticSettings:
    """The synthetic market. ``edge`` 0 is a martingale; above 0 a drift follows each reclaim of the VWAP.

    ``edge`` is that drift over its two minutes, in standard deviations of the same two minutes.
    ``strikes``, ``strike_step`` and ``daily_vol`` also serve ``data.chain=synthetic`` on a real underlying:
    ``daily_vol`` is what its first session is priced with, later ones by what earlier sessions showed.
    """

    __pydantic_config__: ClassVar = FORBID
    seed: int = 0
    sessions: int = 12  # from data.from on, when data.to is not given
    spot: float = 400.0
    strikes: int = 17
    strike_step: float = 1.0
    daily_vol: float = 0.009  # standard deviation of the diffusion from open to close
    vol_of_day: float = 0.25  # standard deviation of the log of a day's level
    jumps_per_day: float = 1.0
    jump_mean: float = -0.0005  # of the log jump
    jump_vol: float = 0.004
    trade_share: float = 0.8  # seconds with a trade
    withdrawn_share: float = 0.01  # time in which a contract has no quote
    edge: float = 0.0

    def __post_init__(self) -> None:
        limits = {
            "sessions": (1, 10_000), "spot": (1, 1e6), "strikes": (1, 1000), "strike_step": (0.01, 1e5),
            "daily_vol": (1e-4, 0.2), "vol_of_day": (0, 2), "jumps_per_day": (0, 50), "jump_mean": (-0.2, 0.2),
            "jump_vol": (0, 0.2), "trade_share": (0.05, 1), "withdrawn_share": (0, 0.5), "edge": (0, 20),
            "seed": (0, 2**63 - 1),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"data.synthetic.{name} must be in [{low:g}, {high:g}], got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where the market comes from. Paths are files or folders; for ``duckdb`` they are names of tables.

    ``from_`` and ``to`` are session dates (ISO, both included); null is the data's first and last.
    ``chain``: a path, ``synthetic`` (modelled options on a real underlying), or null (read from the options' rows).
    ``timezone``, ``ts_unit``, ``date_format`` and ``stamp`` say what a file leaves open, ``format`` whose it is
    (docs/formats.md); each is one value or one a table.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "synthetic"
    from_: str | None = None
    to: str | None = None
    underlying: str | None = None
    chain: str | None = None
    options: str | None = None
    duckdb: str | None = None
    allow_paths: str | tuple[str, ...] = ()  # folders and files that views of the DuckDB file may read
    interval: str | None = None  # 1s, 1m, …; null: as the bars are
    calendar: str = "XNYS"
    symbol: str | None = None  # which underlying, when a file holds several
    timezone: str | Mapping[str, str | None] | ByTable | None = None  # of times without one: America/New_York
    ts_unit: str | Mapping[str, str | None] | ByTable | None = (
        None  # of times that are whole numbers: s, ms, us or ns since 1970
    )
    date_format: str | Mapping[str, str | None] | ByTable | None = (
        None  # of dates that are not written YYYY-MM-DD: %m/%d/%Y
    )
    stamp: str | Mapping[str, str | None] | ByTable | None = (
        None  # what a time is: the start of its interval, its end, or a moment at which something was seen
    )
    format: str | Mapping[str, str | None] | ByTable | None = (
        None  # whose files they are: thetadata, massive, …; null: ours, or guessed by the header
    )
    adjusted: str | None = None  # accept: prices that splits and dividends changed, beside options
    columns: ColumnMaps = ColumnMaps()
    synthetic: SyntheticSettings = SyntheticSettings()
    min_session_coverage: float = 0.95  # share of a session's minutes with a bar of the underlying
    min_options_span: float = 0.5  # share of a session between its first and last option row
    arbitrage_tolerance: float = 0.002  # of the underlying's price
    suspect_move: float = 0.005  # a bar this far from both neighbours, on one side, is counted as suspect
    suspect_bars: str = "keep"  # keep | carry (cleans with hindsight: needs the next bar)
    cache: str | None = None  # null: the user's cache directory
    memory_gb: float = 2.0  # of the market, and of the nets of a table: what takes more is kept on disk

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"data.kind: {near_miss(self.kind, KINDS, what='kind of data')}")
        if self.allow_paths and self.kind != "duckdb":
            raise ConfigError(f"data.allow_paths is for views of a DuckDB file; it means nothing to data={self.kind}")
        if self.adjusted not in (None, "accept"):
            raise ConfigError(f"data.adjusted must be accept or null, got {self.adjusted!r}")
        if self.suspect_bars not in ("keep", "carry"):
            raise ConfigError(f"data.suspect_bars must be keep or carry, got {self.suspect_bars!r}")
        if not self.memory_gb >= 0:
            raise ConfigError(f"data.memory_gb must be >= 0, got {self.memory_gb}")
        for name in ("min_session_coverage", "min_options_span", "arbitrage_tolerance"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"data.{name} is a share in [0, 1], got {getattr(self, name)}")
        if not 0 < self.suspect_move <= 1:
            raise ConfigError(f"data.suspect_move must be in (0, 1], got {self.suspect_move}")
        for key, value in (("from", self.from_), ("to", self.to)):
            check_date(f"data.{key}", value)
        if self.from_ and self.to and self.from_ > self.to:
            raise ConfigError(f"data.from={self.from_} lies after data.to={self.to}")
        if self.interval is not None:
            seconds_of(self.interval)
        for name, check in CHECKS.items():
            said = _by_table(name, getattr(self, name))
            object.__setattr__(self, name, said)
            for f in fields(ByTable):
                one = of_table(said, f.name)
                if one is not None:
                    check(f"data.{name}.{f.name}" if isinstance(said, ByTable) else f"data.{name}", one)

    @property
    def in_words(self) -> str:
        """Where the data come from, and which dates."""
        places = {"duckdb": (self.duckdb,), "parquet": (self.underlying, self.chain, self.options)}
        return data_in_words(self.kind, places.get(self.kind, ()), self.from_, self.to)

    @property
    def reading(self) -> tuple[Any, ...] | None:
        """What was said about what the files leave open, for the plan's digest; None when nothing was."""
        said: tuple[Any, ...] = (self.timezone, self.ts_unit, self.date_format)
        more = (self.format, self.stamp, self.adjusted)
        if any(value is not None for value in more):
            said = (*said, *more)
        return said if any(value is not None for value in said) else None


def _check_stamp(key: str, value: str) -> None:
    check_choice(key, value, STAMPS)


def _check_format(key: str, value: str) -> None:
    from quantray.files.formats import named

    named(value, key)


#: Settings that are one value, or one a table, and how a value is checked.
CHECKS: dict[str, Callable[[str, str], None]] = {
    "timezone": check_zone, "ts_unit": check_unit, "date_format": check_form, "stamp": _check_stamp,
    "format": _check_format,
}  # fmt: skip


def _by_table(name: str, value: str | ByTable | Mapping[str, Any] | None) -> str | ByTable | None:
    if not isinstance(value, Mapping):
        return value
    check_tables(f"data.{name}", value, [f.name for f in fields(ByTable)])
    return ByTable(**value)


def seconds_of(interval: str) -> int:
    """Seconds of ``1s``, ``5s``, ``1m``, …"""
    number, unit = interval[:-1], interval[-1:]
    if not number.isdigit() or int(number) < 1 or unit not in ("s", "m"):
        raise ConfigError(f"data.interval must be like 1s or 1m, got {interval!r}")
    return int(number) * (60 if unit == "m" else 1)


@dataclass(frozen=True, slots=True)
class Gates(Limits):
    """Largest shares of options, of their prices and of sessions that may be wrong."""

    max_quarantined_quotes: float = 0.05
    max_quarantined_prints: float = 0.05
    max_unknown_symbols: float = 0.05
    max_quarantined_sessions: float = 0.5
