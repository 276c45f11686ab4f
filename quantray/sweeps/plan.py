"""A checked request: what to evaluate, on which data, at what costs, how to search, where to keep it.

Every section is a frozen dataclass whose fields are the configuration's keys; a wrong value cannot exist.
``Plan.digests`` is what resume compares: everything that changes a result, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from quantray.cards import Card, line
from quantray.command_line import Overrides
from quantray.digests import digest_of
from quantray.errors import ConfigError
from quantray.plain import amount
from quantray.plugins import resolve
from quantray.report import words
from quantray.settings import FORBID, RUSTUNA, Mirror, OutOfSample, Report, Runner, Search, Storage, Tracking
from quantray.space import Space

if TYPE_CHECKING:
    from quantray.sweeps.data.settings import DataSettings, Gates

#: Counts changes of the rules in docs/rules.md. A study of other rules is refused: its figures mean something else.
RULES_VERSION = 2


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """Which strategy, and its parameters that do not vary. ``source`` is the digest of its file's bytes."""

    target: str
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    @property
    def resolved(self) -> type:
        """The strategy's class. Raises ConfigError for no importable target."""
        found: type = resolve(self.target)
        return found

    @property
    def gives_signals(self) -> bool:
        """Which kind it is: one that decides entries only, so that candidates share tables, or a black box.

        Of the first kind compiled kernels do the work, which release the interpreter.
        """
        return hasattr(self.resolved, "signals")


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

    @property
    def limited(self) -> bool:
        """Whether what is held at once is limited: then trades depend on those before, in other sessions too."""
        return self.initial is not None or self.max_open_positions is not None


@dataclass(frozen=True, slots=True)
class Constraints:
    """``min_trades`` prunes; ``bounds`` maps ``min_<metric>`` / ``max_<metric>`` to a bound, feasible when met."""

    min_trades: int = 10
    bounds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.min_trades < 0:
            raise ConfigError(f"constraints.min_trades must be >= 0, got {self.min_trades}")

    @property
    def written(self) -> dict[str, float]:
        """The bounds under the names that a configuration gives them: ``max_drawdown`` is a metric and its bound."""
        return {key.replace("max_max_", "max_"): bound for key, bound in self.bounds.items()}


def _gates() -> Gates:
    """The usual ones. They stand beside the data's settings, which ``import quantray`` does not load."""
    from quantray.sweeps.data.settings import Gates

    return Gates()


@dataclass(frozen=True, slots=True)
class Plan:
    """One sweep. ``data`` are the settings its slice is loaded with (see ``quantray.sweeps.data``)."""

    study: str
    strategy: StrategySpec
    space: Space
    data: DataSettings
    run_dir: Path
    seed: int = 0
    fresh: bool = False
    objective: str = "return_on_risk_percent"  # a metric, arithmetic over metrics, or a function strategy.<file>.<name>
    objective_source: str = ""  # digest of that function's file
    fees: Fees = Fees()
    capital: Capital = Capital()
    constraints: Constraints = Constraints()
    search: Search = Search()
    runner: Runner = Runner()
    storage: Storage = Storage()
    mirror: Mirror = Mirror()
    tracking: Tracking = Tracking()
    oos: OutOfSample = OutOfSample()
    gates: Gates = field(default_factory=_gates)
    report: Report = Report()
    asked: Overrides | None = field(default=None, compare=False, repr=False)  # as it was typed; None: made by hand

    @property
    def sources(self) -> Mapping[str, str]:
        """Targets of the strategy and of an objective's function with the digests of their files, which every worker

        must have.
        """
        found = {self.strategy.target: self.strategy.source, self.objective: self.objective_source}
        return {target: source for target, source in found.items() if source}

    def digests(self, slice_digest: str, code: str) -> dict[str, str]:
        """The parts that resume compares, by name; ``code`` is the digest of quantray's kernels."""
        s = self.search
        sampler = digest_of(dict(s.sampler or {}), s.n_startup_trials, s.n_ei_candidates)
        engine = f"rustuna {RUSTUNA}" if s.kind == "rustuna" else s.kind
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
            "objective": " ".join([self.objective, *([self.objective_source] if self.objective_source else [])]),
            "oos": digest_of(self.oos),
            "seed": str(self.seed),
            "search": f"{engine} batch={s.batch} in_flight={s.in_flight} sampler={sampler[:8]}",
        }

    def __repr__(self) -> str:
        return line(
            "Plan", self.study, [self.strategy.target.rpartition(".")[2], self._searched, f"{self._held_out} held out"]
        )

    def _repr_html_(self) -> str:
        rows = [
            ("strategy", self.strategy.target),
            ("objective", self.objective),
            ("search", self._searched),
            ("data", "" if self.data is None else self.data.in_words),
            ("held out", self._held_out),
            ("runs on", self.runner.in_words),
            ("results in", str(self.run_dir)),
        ]
        dimensions = [(d.name, d.in_words) for d in self.space.dimensions]
        foot = "study = qr.sweep(plan) runs it, or goes on with it where an earlier run stopped"
        return Card("plan of a sweep", self.study, rows=[*rows, *dimensions], foot=foot).html()

    @property
    def _searched(self) -> str:
        """How candidates are chosen, and out of how many."""
        from quantray.search import searched_by

        size, kind = self.space.size, searched_by(self.search)
        of = "" if size is None else f" of {amount(size, 'point')}"
        trials = "" if self.search.kind == "exhaustive" else f", {amount(self.search.n_trials, 'trial')}"
        return f"{kind}{trials}{of}"

    @property
    def _held_out(self) -> str:
        share = self.oos.fraction
        return f"the last {words.percent(share, 0)} of sessions" if share else "nothing"
