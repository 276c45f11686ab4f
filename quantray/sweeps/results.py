"""What a finished sweep hands to its report: everything that is shown, nothing that is computed twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantray.cards import Card, line
from quantray.failures import Reason, counted
from quantray.protocols import Counts
from quantray.report import words
from quantray.stats.checks import Verdict
from quantray.stats.surface import Regret, SurfaceSummary
from quantray.sweeps.lanes import Stress
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import Sample
from quantray.sweeps.survivors import Surviving
from quantray.trial import Trial

Row = Mapping[str, float | int | None]
#: What a card tells of a candidate beside its objective.
TOLD = ("n_trades", "total_pnl", "win_rate", "profit_factor", "sharpe", "max_drawdown")


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """One candidate of which everything is told: ``peak`` (the objective's maximum) or ``pick``.

    ``number`` is the peak's trial; the pick's point of the table, or its trial where there is no table.
    """

    name: str
    number: int
    params: Mapping[str, Any]
    value: float  # objective on the sessions searched
    inside: Sample
    outside: Sample | None  # None: nothing was held out
    statistic: float | None = None  # Student's t of its mean net per session searched
    reason: str = ""  # of a pick: why this one of the survivors
    objective: str = ""  # what ``value`` is a figure of

    @property
    def metrics(self) -> Row:
        """On the sessions searched."""
        return self.inside.metrics

    @property
    def oos(self) -> Row | None:
        """Metrics on the sessions held out; None where there are none."""
        return None if self.outside is None else self.outside.metrics

    def __repr__(self) -> str:
        told = [f"{words.label(self.objective)} {words.metric(self.objective, self.value)} searched"]
        if self.outside is not None:
            told.append(f"{words.metric(self.objective, self.outside.value)} held out")
        told += [f"{name}={words.parameter(value)}" for name, value in self.params.items()]
        return line("Chosen", f"{self.name} {self.number:,}", told)

    def _repr_html_(self) -> str:
        parts: list[tuple[float | None, Row]] = [(self.value, self.metrics)]
        if self.outside is not None:
            parts.append((self.outside.value, self.outside.metrics))
        figures = [(words.label(self.objective), *(words.metric(self.objective, value) for value, _ in parts))]
        figures += [
            (words.label(name), *(words.metric(name, row.get(name)) for _, row in parts))
            for name in TOLD
            if name != self.objective
        ]
        return Card(
            "candidate", f"{self.name} {self.number:,}", sentences=[self.reason], figures=frozenset({1, 2}),
            head=("", "searched", "held out")[: len(parts) + 1], rows=figures,
            foot=", ".join(f"{name}={words.parameter(value)}" for name, value in self.params.items()),
        ).html()  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """One finished (or interrupted) sweep. ``trials`` are in number order and may be cut to the best ones of a

    complete table (``counts`` then says how many there were). ``best`` is the objective's maximum, the peak;
    ``in_sample`` and ``out_of_sample`` are its samples: both are None when nothing completed, the second also when
    nothing was held out.
    """

    plan: Plan
    trials: Sequence[Trial]
    counts: Counts
    verdict: Verdict
    duplicates: Mapping[str, int] = field(default_factory=dict)  # source -> count
    best: Trial | None = None
    in_sample: Sample | None = None
    out_of_sample: Sample | None = None
    pick: Chosen | None = None  # the survivor that is judged; None: nothing survives, or there is no objective
    surviving: Surviving | None = None  # None: nothing completed
    stress: Stress | None = None  # of the pick
    more_sessions: int | None = None  # like those searched, that are missing for the best to survive
    top_oos: Mapping[int, Row] = field(default_factory=dict)  # trial number -> metrics out of sample, where asked for
    surface: SurfaceSummary | None = None  # exact where the table is finite and cheap, else of the trials
    regret: Regret | None = None  # of a sampled search against the exact surface
    data: Mapping[str, Any] = field(default_factory=dict)  # what the data is: source, underlying, dates, seed, …
    quality: Mapping[str, float] = field(default_factory=dict)  # counts and shares of what was quarantined
    repeated: Mapping[str, int] = field(default_factory=dict)  # evaluated again at most, after the death of: its
    # driver (claimed again) | its worker (given to another one)
    table: str = ""  # SHA-256 of trials.parquet, hex
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # wall time; in no file that is compared
    stop_reason: str = ""
    why: Sequence[Reason] | None = None  # candidates did not complete, the commonest reason first; None: see trials
    notes: Sequence[str] = ()  # sentences the reader should see (a cut table, a skipped surface, …)
    unread: str = ""  # why nothing was simulated for the report although there is a best: the data are gone or changed

    @property
    def reasons(self) -> Sequence[Reason]:
        """Why candidates did not complete, the commonest first."""
        if self.why is not None:
            return self.why
        return counted((t.number, str(t.state), t.why, 1) for t in self.trials if t.why)

    @property
    def peak(self) -> Chosen | None:
        """The objective's maximum; None when nothing completed."""
        if self.best is None or self.best.value is None or self.in_sample is None:
            return None
        statistic = self.surviving.peak_statistic if self.surviving else None
        return Chosen(
            "peak", self.best.number, self.best.params, self.best.value, self.in_sample, self.out_of_sample, statistic,
            objective=self.plan.objective,
        )  # fmt: skip

    @property
    def shown(self) -> Chosen | None:
        """Whom the report is about: the pick, or the peak where there is none."""
        return self.pick or self.peak

    @property
    def study(self) -> str:
        return self.plan.study
