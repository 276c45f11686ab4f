"""A checked request of the per-caller optimiser: which calls, which policies, at what costs, ranked by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.callers.data.settings import CallsData, CallSettings, CoverageSettings, Gates
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.objective import DEFAULT_TIES, OF_ACCOUNT, Bounds, check_ties, objective
from quantray.callers.policies.policy import Policy
from quantray.cards import Card, line
from quantray.command_line import Overrides
from quantray.digests import digest_of
from quantray.durations import written
from quantray.errors import ConfigError, near_miss
from quantray.plain import amount
from quantray.report import words
from quantray.settings import OutOfSample, Report, Runner, Storage, Tracking

#: Counts changes of the rules in docs/policies.md and docs/calls_data.md. A study of other rules is refused: its
#: figures mean something else.
RULES_VERSION = 2

#: Whose calls share one account and one policy: each caller's own, all callers' that are kept, or both tables.
MODES = ("per_caller", "grouped", "both")
#: How the policy of the group is found: optimised anew on the pool, or from the callers' own targets and stops.
GROUPINGS = ("pool", "mean", "weighted")
#: ``both`` ranks by stop_first and shows the winners under target_first beside it.
INTRABAR = ("stop_first", "target_first", "both")
ENTRIES = ("open", "close")
#: What a target pays that the open has jumped: its own price, as a resting order is filled, or the open.
TARGET_GAPS = ("limit", "open")
#: How long the data must reach behind the entry for a policy without a time stop, in seconds.
ENDLESS_S = 48 * 3600


@dataclass(frozen=True, slots=True)
class CallerPlan:
    """One run of the optimiser. ``grid`` is the ``policy`` section as it was written, ``policies`` what it means."""

    study: str
    data: CallsData
    policies: tuple[Policy, ...]
    run_dir: Path
    grid: Mapping[str, Any] = field(default_factory=dict)
    calls: CallSettings = CallSettings()
    coverage: CoverageSettings = CoverageSettings()
    mode: str = "per_caller"
    grouped: str = "pool"
    filter_collapsed: bool = False  # the group leaves out callers whom no policy of the grid keeps above water
    intrabar: str = "stop_first"
    entry: str = "open"
    target_gap: str = "limit"
    costs: Costs = Costs()
    account: Account = Account()
    bounds: Bounds = Bounds()
    objective: str = "captured_return"  # a metric, arithmetic over metrics, or a function strategy.<file>.<name>
    objective_source: str = field(init=False, default="")  # digest of that function's file
    ties: tuple[str, ...] = DEFAULT_TIES
    oos: OutOfSample = OutOfSample()
    stress: bool = True  # winners again under higher costs and one candle late
    seed: int = 0
    fresh: bool = False
    runner: Runner = Runner(kind="local")
    storage: Storage = Storage()
    tracking: Tracking = Tracking()
    gates: Gates = Gates()
    report: Report = Report()
    asked: Overrides | None = field(default=None, compare=False, repr=False)  # as it was typed; None: made by hand

    def __post_init__(self) -> None:
        choices = (
            ("mode", self.mode, MODES), ("grouped", self.grouped, GROUPINGS),
            ("intrabar", self.intrabar, INTRABAR), ("entry", self.entry, ENTRIES),
            ("target_gap", self.target_gap, TARGET_GAPS),
        )  # fmt: skip
        for key, value, known in choices:
            if value not in known:
                raise ConfigError(f"{key}: {near_miss(value, known, what=key)}")
        if not self.policies:
            raise ConfigError("policy: the grid is empty; give at least one policy")
        self._check_horizon()
        object.__setattr__(self, "objective_source", objective(self.objective).source)
        check_ties(self.ties)
        self._check_money()
        if self.mode == "per_caller" and (self.filter_collapsed or self.grouped != "pool"):
            key = "filter_collapsed=true" if self.filter_collapsed else f"grouped={self.grouped}"
            raise ConfigError(f"{key} is about the group, and mode=per_caller has none; set mode=grouped or mode=both")
        if self.mode != "per_caller" and self.grouped != "pool":
            _check_means(self.policies)

    def _check_money(self) -> None:
        """What only an account can tell is refused where there is none."""
        if self.account.limited:
            return
        if needs := sorted(OF_ACCOUNT.intersection(objective(self.objective).metrics)):
            of = "" if needs == [self.objective] else f" for {' and '.join(needs)}"
            raise ConfigError(f"objective={self.objective} needs an account{of}; set capital.limited=true")
        if self.bounds.max_drawdown is not None:
            raise ConfigError("constraints.max_drawdown is of the account; set capital.limited=true, or leave it out")
        if self.filter_collapsed:
            raise ConfigError("filter_collapsed asks for final capital; set capital.limited=true")

    def _check_horizon(self) -> None:
        given, longest = self.calls.horizon_s, max((p.hold_s or 0 for p in self.policies), default=0)
        if given is not None and given < max(longest, 1):
            need = f"the grid holds up to {written(longest)}" if longest else "a horizon is at least 1s"
            raise ConfigError(
                f"calls.horizon={self.calls.horizon}: {need}, and the data of an eligible call must reach as far; "
                f"give calls.horizon={written(max(longest, 1))} or more, or leave it out"
            )

    @property
    def horizon_s(self) -> int:
        """Seconds behind the entry that decide who is eligible, covered and before the split: ``calls.horizon``.

        By default the longest hold of the grid; a policy without a time stop counts as 48 hours.
        """
        given = self.calls.horizon_s
        return max(p.hold_s or ENDLESS_S for p in self.policies) if given is None else given

    @property
    def order(self) -> str:
        """The order inside a candle that the ranking is made under: the pessimistic one unless another is asked for."""
        return "stop_first" if self.intrabar == "both" else self.intrabar

    def digests(self, calls: str, data: str, code: str) -> dict[str, str]:
        """The parts that resume compares, by name.

        ``calls`` is the digest of the call plan and its coverage, ``data`` of the slice, ``code`` of the kernels.
        """
        return {
            "rules_version": str(RULES_VERSION),
            "calls": calls,
            "data": data,
            "reading": digest_of(self.data.reading),
            "code": code,
            "policy": digest_of([p.digest for p in self.policies]),
            "costs": digest_of(self.costs),
            "capital": digest_of(self.account),
            "constraints": digest_of(self.bounds),
            "objective": " ".join([self.objective, *([self.objective_source] if self.objective_source else [])]),
            "ties": ",".join(self.ties),
            "mode": f"{self.mode} grouped={self.grouped} filter_collapsed={self.filter_collapsed}",
            "market": f"intrabar={self.intrabar} entry={self.entry} target_gap={self.target_gap} stress={self.stress}",
            "oos": digest_of(self.oos),
            "seed": str(self.seed),
        }

    def __repr__(self) -> str:
        return line(
            "CallerPlan", self.study, [self._policies, f"best by {self.objective}", f"{self._held_out} held out"]
        )

    def _repr_html_(self) -> str:
        costs = f"{self.costs.taker_bps:g} + {self.costs.slippage_bps:g} bp a side, fee and slippage"
        grid = ((key, str(value)) for key, value in self.grid.items() if value is not None)
        rows = [
            ("policies", self._policies),
            *((f"policy.{key}", text) for key, text in grid),
            ("best by", self.objective),
            ("accounts", self.mode.replace("_", " ")),
            ("data", self.data.in_words),
            ("held out", self._held_out),
            ("costs", costs),
            ("runs on", self.runner.in_words),
            ("results in", str(self.run_dir)),
        ]
        foot = "callers = qr.optimise(plan) runs it, or goes on with it where an earlier run stopped"
        return Card("plan about callers and their policies", self.study, rows=rows, foot=foot).html()

    @property
    def _policies(self) -> str:
        return amount(len(self.policies), "policy", "policies")

    @property
    def _held_out(self) -> str:
        share = self.oos.fraction
        return f"the last {words.percent(share, 0)} of the calls" if share else "nothing"


def _check_means(policies: tuple[Policy, ...]) -> None:
    """Means of levels exist only on a grid of one target and one stop each."""
    for policy in policies:
        if policy.tp is None or policy.sl is None or len(policy.parts) - (policy.hold_s is not None) != 2:
            raise ConfigError("grouped=mean and weighted need a grid of targets and stops alone; use grouped=pool")
