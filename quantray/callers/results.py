"""What a finished run hands to its report: everything that is shown, nothing that is computed twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.data.coverage import Coverage
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.policies.policy import Policy
from quantray.errors import UnknownName, near_miss
from quantray.report.ended import Ended
from quantray.stats.across import Standing, standing
from quantray.stats.checks import Verdict
from quantray.stats.compared import Compared
from quantray.stats.pick import Pick
from quantray.stats.survivors import Survivors

Row = Mapping[str, float | int | None]  # metric -> value, None where it does not exist

#: Name of the unit that holds the calls of every caller kept, on one account.
GROUP = "(all callers)"
#: How a lane goes on after "it loses money".
PHRASES = {
    "one candle late": "entered one candle later",
    "dead at zero": "where assets that never print again end worthless",
    "target first": "where a target inside a candle fills before its stop",
    "raise first": "where stops are raised before the low of the same candle",
    "calls never edited": "without the calls that were edited after they were made",
    "costs 50/100 bps": "with fees of 50 bp and slippage of 100 bp a side",
    "costs 75/150 bps": "with fees of 75 bp and slippage of 150 bp a side",
    "costs 50/200 bps": "with fees of 50 bp and slippage of 200 bp a side",
}
#: Re-simulations of a winner: name -> what is different. ``at_zero``: an asset that never prints again pays nothing.
LANES = {
    "one candle late": "entered at the next candle",
    "dead at zero": "assets that never print again end worthless",
    "target first": "a target inside a candle fills before the stop of the same candle",
    "raise first": "stops are raised by a candle's high before its low is looked at",
    "calls never edited": "calls that were edited after they were made are left out",
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
    held_out: float | None  # with report.held_out=all
    n_trades: int


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """One policy of which everything is told: ``peak`` (the objective's maximum) or ``pick``."""

    name: str
    number: int | None  # place in plan.policies; None for a policy made of the callers' means
    policy: Policy
    value: float | None  # objective in the training part
    held_out_value: float | None
    train: Part | None
    held_out: Part | None
    neighbours: Sequence[Neighbour] = ()
    lanes: Mapping[str, tuple[Row, Row | None]] = field(default_factory=dict)  # lane -> metrics (train, held out)
    statistic: float | None = None  # Student's t of its mean net per block of days
    reason: str = ""  # of a pick: why this one of the survivors


@dataclass(frozen=True, slots=True)
class LevelShare:
    """One level of one axis of the grid: how many of the family have it, and how many of these survive."""

    level: float | int | str | None
    n: int
    n_survivors: int


@dataclass(frozen=True, slots=True, eq=False)
class Surviving:
    """What the step-down test says of a unit's family: every policy with ``constraints.min_trades`` in training.

    A block is ``days`` UTC days of entry. ``tested`` keeps the rows that pass, ``numbers``, ``values`` (objective)
    and ``statistic`` [survivors] are of those that meet every bound as well.
    """

    tested: Survivors
    days: int
    numbers: IntArray1D
    values: FloatArray1D
    statistic: FloatArray1D
    family: FloatArray1D  # mean net of the family, [searched blocks]
    n_held_out: int  # blocks
    best_statistic: float | None = None  # of the whole family
    peak_statistic: float | None = None
    pick: Pick | None = None  # its ``number`` is a place in the policies that were ranked
    compared: Compared | None = None
    more_units: int | None = None  # blocks like these until the best would survive
    levels: Mapping[str, tuple[LevelShare, ...]] = field(default_factory=dict)  # per axis that varies


@dataclass(frozen=True, slots=True, eq=False)
class UnitResult:
    """One caller, or the group: the best policy, the survivor that is judged, and what speaks for and against it.

    ``best`` and what follows are of the objective's maximum, the peak; ``pick`` is the survivor put to the test.
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
    edited: float | None = None  # share of its calls that were edited after they were made; None: nobody knows
    best: int | None = None  # place in plan.policies; None also for a policy made of the callers' means
    policy: Policy | None = None
    value: float | None = None  # objective in the training part
    held_out_value: float | None = None  # the one that counts
    train: Part | None = None
    held_out: Part | None = None
    neighbours: Sequence[Neighbour] = ()
    lanes: Mapping[str, tuple[Row, Row | None]] = field(default_factory=dict)  # lane -> metrics (train, held out)
    top: Sequence[tuple[int, Row, Row | None]] = ()  # best policies: place in plan.policies, metrics train, held out
    surviving: Surviving | None = None
    pick: Chosen | None = None  # None: nothing survives
    verdict: Verdict | None = None

    @property
    def peak(self) -> Chosen | None:
        """The best policy with all that is told of it; None without one."""
        if self.policy is None:
            return None
        statistic = self.surviving.peak_statistic if self.surviving else None
        return Chosen(
            "peak", self.best, self.policy, self.value, self.held_out_value, self.train, self.held_out,
            neighbours=self.neighbours, lanes=self.lanes, statistic=statistic,
        )  # fmt: skip

    @property
    def shown(self) -> Chosen | None:
        """Whom the report is about and the verdict judges: the pick, or the peak where there is none."""
        return self.pick or self.peak

    @property
    def n_survivors(self) -> int:
        """Policies that survive and meet every bound."""
        return len(self.surviving.numbers) if self.surviving else 0


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A caller's mean net return a trade, drawn towards that of all callers as far as its own trades are few."""

    n_trades: int
    own: float
    mean: float


@dataclass(frozen=True, slots=True)
class Across:
    """What is left of each caller when all of them are judged together."""

    n_callers: int
    n_tested: int  # with a pick and enough held-out blocks with trades
    bar: float  # held-out p-value up to which one is believed
    level: float  # share of false ones among the believed that is allowed
    expected_false_share: float | None  # of the believed; None where nobody is
    part: str  # whose trades the means are of
    shrunk: Mapping[str, Shrunk] = field(default_factory=dict)  # caller ->
    common: float | None = None  # what a newcomer would be expected to have


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
    across: Across | None = None  # None: one caller, or none of them was judged
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
        """The unit called ``name``; a wrong one is answered with the near miss (UnknownName, a KeyError)."""
        for unit in self.units:
            if unit.name == name:
                return unit
        raise UnknownName(near_miss(name, [unit.name for unit in self.units], what="caller"))

    def ended(self) -> Ended:
        """What the study keeps of its report: the callers counted, or the group where it is alone."""
        units = [u for u in self.units if u.name != GROUP] or list(self.units)
        words = [u.verdict.word for u in units if u.verdict is not None]
        counted = Counter(str(standing(word)) for word in words)
        told = ", ".join(f"{counted[str(s)]:,} {s}" for s in Standing if counted[str(s)])
        one = units[0].verdict if len(units) == 1 else None
        return Ended(
            objective=self.plan.objective, verdict=str(one.word) if one else told, headline=one.headline if one else "",
            seconds=round(self.seconds, 3), units=len(units), ranked=sum(u.state == "ranked" for u in units),
            picks=sum(u.pick is not None for u in units),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Unit -> best policy and values: what a notebook prints."""
        from quantray.callers.policies import written

        return {
            u.name: {"state": u.state, "policy": u.policy and written(u.policy), "value": u.value,
                     "held_out": u.held_out_value, "pick": u.pick and written(u.pick.policy)}
            for u in self.units
        }  # fmt: skip
