"""What a finished run hands to its report: everything that is shown, nothing that is computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.data.coverage import Coverage
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.policies.policy import Policy
from quantray.stats.checks import Verdict

Row = Mapping[str, float | int | None]  # metric -> value, None where it does not exist

#: Name of the unit that holds the calls of every caller kept, on one account.
GROUP = "(all callers)"
#: Re-simulations of a winner: name -> what is different. ``at_zero``: an asset that never prints again pays nothing.
LANES = {
    "one candle late": "entered at the next candle",
    "dead at zero": "assets that never print again end worthless",
    "target first": "a target inside a candle fills before the stop of the same candle",
    "raise first": "stops are raised by a candle's high before its low is looked at",
    "costs 50/100 bps": "taker / slippage per side",
    "costs 75/150 bps": "taker / slippage per side",
    "costs 50/200 bps": "taker / slippage per side",
}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The winner on one part of the calls (train or held out): its metrics, queue of trades and account."""

    metrics: Row
    trades: PolicyTrades
    times: IntArray1D  # [t] UTC ns: closes of candles at which equity was measured (thinned to what a chart shows)
    equity: FloatArray1D  # [t]; empty without an account
    start_ns: int
    end_ns: int
    jumped: int = 0  # executed trades that hold across a change of scale


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A policy one step from the winner in the grid: which level differs, and what it earns (None: unranked)."""

    policy: int  # place in plan.policies
    change: str  # e.g. "tp 2 -> 2.5"
    value: float | None  # objective in the training part
    held_out: float | None
    n_trades: int


@dataclass(frozen=True, slots=True, eq=False)
class UnitResult:
    """One caller, or the group: the best policy and what speaks for and against it.

    ``state``: ``ranked`` (there is a best policy), ``infeasible``, ``no_trades``, ``unranked``, or ``no_calls`` (none
    that may be trained on). ``collapsed``: ``kept``, ``collapsed`` or ``no_trades``, over the grid.
    """

    name: str
    state: str
    n_calls: int  # after the filters
    n_eligible: int
    n_train: int
    n_held_out: int
    n_dropped: int  # eligible, before the split, but held across it
    collapsed: str
    collapsed_held_out: str | None  # None where nothing is held out
    counts: Mapping[str, int]  # policies of the grid by state
    best: int | None = None  # place in plan.policies; None also for a policy made of the callers' means
    policy: Policy | None = None
    value: float | None = None  # objective in the training part
    held_out_value: float | None = None  # the one that counts
    train: Part | None = None
    held_out: Part | None = None
    neighbours: Sequence[Neighbour] = ()
    lanes: Mapping[str, tuple[Row, Row | None]] = field(default_factory=dict)  # lane -> metrics (train, held out)
    top: Sequence[tuple[int, Row, Row | None]] = ()  # best policies: place in plan.policies, metrics train, held out
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CallerResults:
    """One finished run. ``units`` are the callers in order of name, then the group where it was asked for."""

    plan: CallerPlan
    units: Sequence[UnitResult]
    coverage: Coverage
    table: Path  # folder of the Parquet parts among the pieces: one row per unit, policy and part of the data
    quality: Mapping[str, float] = field(default_factory=dict)  # counts and shares of what is wrong with the candles
    counts: Mapping[str, int] = field(default_factory=dict)  # of the calls: read, left out by each filter, kept
    split_ns: int | None = None  # calls from here on are held out
    calls_source: str = ""
    candles_source: str = ""
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    reused: int = 0  # stages and blocks of an earlier run that were not done again; in no file that is compared
    remade: int = 0  # stages and blocks whose files were damaged or gone; in no file that is compared
    seconds: float = 0.0  # wall time; in no file that is compared
    notes: Sequence[str] = ()  # sentences the reader should see
    slice: Path | None = None  # folder of the candles that the calls were measured on without a policy; None: not

    @property
    def parts(self) -> list[Path]:
        """The Parquet parts of the table."""
        return sorted(self.table.glob("part-*.parquet"))

    @property
    def study(self) -> str:
        return self.plan.study

    @property
    def ranked(self) -> list[UnitResult]:
        """Units that have a best policy."""
        return [u for u in self.units if u.state == "ranked"]

    def unit(self, name: str) -> UnitResult:
        """The unit called ``name``; KeyError otherwise."""
        for unit in self.units:
            if unit.name == name:
                return unit
        raise KeyError(name)

    def as_dict(self) -> dict[str, Any]:
        """Unit -> best policy and values: what a notebook prints."""
        from quantray.callers.policies import written

        return {
            u.name: {"state": u.state, "policy": u.policy and written(u.policy), "value": u.value,
                     "held_out": u.held_out_value}
            for u in self.units
        }  # fmt: skip
