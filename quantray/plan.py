"""A checked request: what to evaluate, on which data, at what costs, how to search, where to keep it.

Every section is a frozen dataclass whose fields are the configuration's keys; a wrong value cannot exist.
``Plan.digests`` is what resume compares: everything that changes a result, and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from quantray.digests import digest_of
from quantray.errors import ConfigError, near_miss
from quantray.passwords import learn
from quantray.space import Space

FORBID: dict[str, str] = {"extra": "forbid"}
_ADDRESS = re.compile(r"(ray://)?([^\s/:@]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}")

#: Counts changes of the rules in docs/rules.md. A study of other rules is refused: its figures mean something else.
RULES_VERSION = 2


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """Which strategy, and its parameters that do not vary. ``source`` is the digest of its file's bytes."""

    target: str
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Fees:
    """Costs per contract and side, in currency; slippage per share, null: 0.02 on prints, 0 on quotes."""

    __pydantic_config__: ClassVar = FORBID
    broker_per_contract: float = 0.65
    exchange_per_contract: float = 0.65
    slippage_per_share: float | None = None

    def __post_init__(self) -> None:
        for name in ("broker_per_contract", "exchange_per_contract", "slippage_per_share"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise ConfigError(f"fees.{name} must be >= 0, got {value}")

    def slippage(self, has_quotes: bool) -> float:
        """Slippage per share; without quotes half a spread is paid on average, so it defaults to 0.02."""
        if self.slippage_per_share is not None:
            return self.slippage_per_share
        return 0.0 if has_quotes else 0.02

    def per_contract(self) -> float:
        """Both sides of one contract."""
        return 2 * (self.broker_per_contract + self.exchange_per_contract)


@dataclass(frozen=True, slots=True)
class Capital:
    """Limits on what may be held at once; null is no limit. With either set candidates run sequentially."""

    __pydantic_config__: ClassVar = FORBID
    contracts: int = 1
    initial: float | None = None
    max_open_positions: int | None = None

    def __post_init__(self) -> None:
        if self.contracts < 1:
            raise ConfigError(f"capital.contracts must be >= 1, got {self.contracts}")
        if self.initial is not None and not 0 < self.initial < float("inf"):
            raise ConfigError(f"capital.initial must be > 0 or null, got {self.initial}")
        if self.max_open_positions is not None and self.max_open_positions < 1:
            raise ConfigError(f"capital.max_open_positions must be >= 1 or null, got {self.max_open_positions}")


@dataclass(frozen=True, slots=True)
class Constraints:
    """``min_trades`` prunes; ``bounds`` maps ``min_<metric>`` / ``max_<metric>`` to a bound, feasible when met."""

    min_trades: int = 10
    bounds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.min_trades < 0:
            raise ConfigError(f"constraints.min_trades must be >= 0, got {self.min_trades}")


@dataclass(frozen=True, slots=True)
class Search:
    """How candidates are chosen. ``batch`` and ``in_flight`` belong to the plan, never to the workers."""

    __pydantic_config__: ClassVar = FORBID
    kind: str = "tpe"
    n_trials: int = 300
    max_attempts: int | None = None
    n_startup_trials: int = 10
    n_ei_candidates: int = 24
    batch: int = 16
    in_flight: int = 2
    max_failures: int = 50
    timeout_s: float | None = None
    target: float | None = None  # stop when a feasible value reaches it
    sampler: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in ("n_trials", "batch", "in_flight", "n_ei_candidates"):
            if getattr(self, name) < 1:
                raise ConfigError(f"search.{name} must be >= 1, got {getattr(self, name)}")
        for name in ("max_failures", "n_startup_trials"):
            if getattr(self, name) < 0:
                raise ConfigError(f"search.{name} must be >= 0, got {getattr(self, name)}")
        if self.max_attempts is not None and self.max_attempts < 1:
            raise ConfigError(f"search.max_attempts must be >= 1 or null, got {self.max_attempts}")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise ConfigError(f"search.timeout_s must be > 0 seconds or null, got {self.timeout_s}")
        if self.target is not None and not math.isfinite(self.target):
            raise ConfigError(f"search.target must be a finite number or null, got {self.target}")
        if self.kind == "exhaustive" and self.sampler is not None:
            raise ConfigError(
                "search.sampler: search=exhaustive evaluates every point and asks no sampler; leave it out"
            )

    @property
    def attempts(self) -> int:
        """Cap of COMPLETE + PRUNED + FAIL."""
        return self.max_attempts if self.max_attempts is not None else 10 * self.n_trials


@dataclass(frozen=True, slots=True)
class Runner:
    """Where batches run. ``workers`` null: every core.

    Per-caller stages expected to cost one core less than ``in_process_s`` seconds run on threads of this process even
    with ``kind=ray`` on one machine, where they are done before actors have started; 0 always takes actors.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "ray"
    workers: int | None = None
    address: str = "local"
    in_process_s: float = 60.0

    def __post_init__(self) -> None:
        if self.kind not in ("ray", "local"):
            raise ConfigError(f"runner: {near_miss(self.kind, ('ray', 'local'), what='runner')}")
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"runner.workers must be >= 1 or null, got {self.workers}")
        if self.address not in ("local", "auto") and not _ADDRESS.fullmatch(self.address):
            raise ConfigError(f"runner.address={self.address}: give local, auto, HOST:PORT or ray://HOST:PORT")
        if not self.in_process_s >= 0:
            raise ConfigError(f"runner.in_process_s must be >= 0 s, got {self.in_process_s}")


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the ledger lives; ``url`` null: in the run's directory, or for postgres what the environment says.

    ``lease_s``: a driver on another machine is taken for dead after so many seconds without a sign of life.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "sqlite"
    url: str | None = field(default=None, repr=False)  # it may hold a password
    lease_s: float = 60.0

    def __post_init__(self) -> None:
        learn(self.url or ())
        known = ("sqlite", "postgres", "postgres_embedded", "memory")
        if self.kind not in known:
            raise ConfigError(f"storage: {near_miss(self.kind, known, what='storage')}")
        if not 1 <= self.lease_s <= 86_400:
            raise ConfigError(f"storage.lease_s must be in [1, 86400] seconds, got {self.lease_s}")


@dataclass(frozen=True, slots=True)
class Mirror:
    """The Optuna study kept beside the ledger for dashboards, filled by a process of its own."""

    __pydantic_config__: ClassVar = FORBID
    enabled: bool = True
    max_trials: int = 1000  # newest and best first; a surface is mirrored by its best trials

    def __post_init__(self) -> None:
        if self.max_trials < 0:
            raise ConfigError(f"mirror.max_trials must be >= 0, got {self.max_trials}")


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """The last ``fraction`` of sessions is held out and never shown to the search; 0 holds out nothing."""

    __pydantic_config__: ClassVar = FORBID
    fraction: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.fraction < 1:
            raise ConfigError(f"oos.fraction must be in [0, 1), got {self.fraction}")


@dataclass(frozen=True, slots=True)
class Gates:
    """Limits on the quality of data: a run is refused when a share passes its limit.

    The quarantined ones are about options and their underlying, the others about calls and candles.
    """

    __pydantic_config__: ClassVar = FORBID
    max_quarantined_quotes: float = 0.05
    max_quarantined_prints: float = 0.05
    max_unknown_symbols: float = 0.05
    max_quarantined_sessions: float = 0.5
    max_undated_candles: float = 0.01
    max_conflicting_candles: float = 0.0
    max_inconsistent_candles: float = 0.01
    max_nonpositive_candles: float = 0.01
    max_zero_volume_candles: float = 1.0
    max_missing_candles: float = 1.0
    max_scale_jumps: float = 1.0
    max_lone_prints: float = 1.0
    max_excluded_calls: float = 1.0

    def __post_init__(self) -> None:
        for f in fields(self):
            if not 0 <= getattr(self, f.name) <= 1:
                raise ConfigError(f"gates.{f.name} is a share in [0, 1], got {getattr(self, f.name)}")


@dataclass(frozen=True, slots=True)
class Report:
    """What the report holds."""

    __pydantic_config__: ClassVar = FORBID
    top: int = 20
    surface_max_points: int = 5_000_000  # a sampled search is compared with the exact surface up to this size

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ConfigError(f"report.top must be >= 1, got {self.top}")
        if self.surface_max_points < 0:
            raise ConfigError(f"report.surface_max_points must be >= 0, got {self.surface_max_points}")


@dataclass(frozen=True, slots=True)
class Plan:
    """One sweep. ``data`` are the settings its slice is loaded with (see ``quantray.data``)."""

    study: str
    strategy: StrategySpec
    space: Space
    data: Any
    run_dir: Path
    seed: int = 0
    fresh: bool = False
    objective: str = "return_on_risk_percent"
    fees: Fees = Fees()
    capital: Capital = Capital()
    constraints: Constraints = Constraints()
    search: Search = Search()
    runner: Runner = Runner()
    storage: Storage = Storage()
    mirror: Mirror = Mirror()
    oos: OutOfSample = OutOfSample()
    gates: Gates = Gates()
    report: Report = Report()

    def digests(self, slice_digest: str, code: str) -> dict[str, str]:
        """The parts that resume compares, by name; ``code`` is the digest of quantray's kernels."""
        s = self.search
        sampler = digest_of(dict(s.sampler or {}), s.n_startup_trials, s.n_ei_candidates)
        reading = getattr(self.data, "reading", None)  # zone, unit and form of times that the files leave open
        return {
            "rules_version": str(RULES_VERSION),
            "strategy": digest_of(self.strategy.target, dict(self.strategy.params), self.strategy.source),
            "code": code,
            "space": self.space.digest,
            "data": slice_digest if reading is None else digest_of(slice_digest, reading),
            "costs": digest_of(self.fees),
            "capital": digest_of(self.capital),
            "constraints": digest_of(self.constraints.min_trades, dict(self.constraints.bounds)),
            "objective": self.objective,
            "oos": digest_of(self.oos),
            "seed": str(self.seed),
            "search": f"{s.kind} batch={s.batch} in_flight={s.in_flight} sampler={sampler[:8]}",
        }
