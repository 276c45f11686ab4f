"""What a notebook calls: ``import quantray as qr`` offers these, and each is what the command line uses too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from quantray.asked import BASELINE, a_sweep, about_callers, asked, followed, loading, the_baseline
from quantray.errors import ConfigError, near_miss
from quantray.space import Candidates
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import sample, score
from quantray.sweeps.trades import ExitReason, Trades
from quantray.trial import TrialState

if TYPE_CHECKING:
    import pandas

    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.baseline.progress import BaselineProgress
    from quantray.callers.baseline_study import BaselineStudy
    from quantray.callers.plan import CallerPlan
    from quantray.callers.progress import Progress as CallerProgress
    from quantray.callers.study import CallerStudy
    from quantray.protocols import Say
    from quantray.sweeps.search import OnProgress
    from quantray.sweeps.study import Study

PARTS = ("search", "held_out", "all")

#: The shipped experiments, so that an editor knows the plan of each by its name.
Sweeps = Literal["+experiment=options_sweep", "+experiment=options_table"]
Policies = Literal["+experiment=caller_policies", "+experiment=v1_baseline"]
Baseline = Literal["+experiment=alert_baseline"]


@overload
def load(experiment: Sweeps, /, *overrides: str) -> Plan: ...
@overload
def load(experiment: Policies, /, *overrides: str) -> CallerPlan: ...
@overload
def load(experiment: Baseline, /, *overrides: str) -> BaselinePlan: ...
@overload
def load(run_dir: Path, /, *study: str) -> Study | CallerStudy | BaselineStudy: ...
@overload
def load(*overrides: str) -> Plan | CallerPlan | BaselinePlan | Study | CallerStudy | BaselineStudy: ...
def load(*overrides: str | Path) -> Plan | CallerPlan | BaselinePlan | Study | CallerStudy | BaselineStudy:
    """A checked plan from what the command line takes: ``qr.load("+experiment=options_sweep", "seed=1")``.

    A :class:`quantray.Plan` for :func:`sweep`; of an experiment about callers (``"+experiment=v1_baseline"``) a
    :class:`quantray.CallerPlan` for :func:`optimise`, of ``"+experiment=alert_baseline"`` a
    :class:`quantray.BaselinePlan` for :func:`baseline`.

    Or a finished run again, by its directory or by the name of its study in ``outputs``: ``qr.load("outputs/tour")``,
    with the name of the study behind it where a directory or database holds several. It is what :func:`sweep`,
    :func:`optimise` or :func:`baseline` returned; nothing is computed. Raises LedgerError for a run that has not ended,
    DataError where what is kept of it is damaged or gone.
    """
    from quantray.reopened import is_place, reopened

    with loading("load"):
        if overrides and is_place(overrides[0]):
            return reopened(*overrides)
        return _made(*overrides)


def _made(*overrides: Any) -> Plan | CallerPlan | BaselinePlan:
    from quantray.config.plans import load_plan

    return load_plan(*overrides)


def load_sweep(*overrides: str) -> Plan:
    """The same for what must be a sweep; ConfigError when it is about callers."""
    return a_sweep(_made(*overrides), "load_sweep")


def load_callers(*overrides: str) -> CallerPlan:
    """The same for what must be about callers, e.g. ``qr.load_callers("+experiment=v1_baseline")``."""
    return about_callers(_made(*overrides), "load_callers")


def load_baseline(*overrides: str) -> BaselinePlan:
    """The same for what must be the alert baseline: ``+experiment=alert_baseline`` is there without being given."""
    named = any(str(line).lstrip("+").startswith("experiment=") for line in overrides)
    return the_baseline(_made(*(() if named else (BASELINE,)), *overrides), "load_baseline")


def sweep(
    plan: Plan | str, *overrides: str, progress: OnProgress | Literal[False] | None = None, say: Say | None = None
) -> Study:
    """Run a plan, or go on with it where an earlier run stopped (see :func:`quantray.sweeps.study.sweep`).

    ``plan`` is what :func:`load` gives, or the first of the overrides that it takes:
    ``qr.sweep("+experiment=options_sweep", "search.n_trials=50")``. In a notebook, or an interactive session on a
    terminal, the run shows how far it is; ``progress`` takes that over (False: nothing is shown), ``say`` takes its
    sentences. Interrupted (Ctrl-C, or the kernel's) it raises Interrupted, and the same call goes on.
    """
    from quantray.sweeps.report.terminal import Terminal
    from quantray.sweeps.study import sweep as run

    made = a_sweep(asked(plan, overrides, "sweep", _made), "sweep")
    with followed(made.study, progress, say, lambda out, err: Terminal(made, out=out, err=err)) as seen:
        return run(made, progress=seen.progress, say=seen.say, reached=seen.reached)


def optimise(
    plan: CallerPlan | str,
    *overrides: str,
    progress: Callable[[CallerProgress], object] | Literal[False] | None = None,
    say: Say | None = None,
) -> CallerStudy:
    """The best policy of each caller; goes on where an earlier run stopped.

    Takes a plan or overrides, ``progress`` and ``say``, as :func:`sweep` does; see
    :func:`quantray.callers.study.optimise`.
    """
    from quantray.callers.report.terminal import CallerTerminal
    from quantray.callers.study import optimise as run

    made = about_callers(asked(plan, overrides, "optimise", _made), "optimise")
    with followed(made.study, progress, say, lambda out, err: CallerTerminal(made, out=out, err=err)) as seen:
        return run(made, progress=seen.progress, say=seen.say)


def baseline(
    plan: BaselinePlan | str = BASELINE,
    *overrides: str,
    progress: Callable[[BaselineProgress], object] | Literal[False] | None = None,
    say: Say | None = None,
) -> BaselineStudy:
    """What every call did after it was made; goes on where an earlier run stopped.

    Takes a plan or overrides, ``progress`` and ``say``, as :func:`sweep` does, and :func:`load_baseline`'s experiment
    without being told; see :func:`quantray.callers.baseline_study.baseline`.
    """
    from quantray.callers.baseline_study import baseline as run
    from quantray.callers.report.baseline.terminal import BaselineTerminal

    made = the_baseline(asked(plan, overrides, "baseline", load_baseline), "baseline")
    with followed(made.study, progress, say, lambda out, err: BaselineTerminal(made, out=out, err=err)) as seen:
        return run(made, progress=seen.progress, say=seen.say)


def load_slice(plan: Plan, part: str = "search") -> Slice:
    """The plan's data: the sessions the ``search`` may see, those ``held_out`` from it, or ``all``."""
    from quantray.sweeps.study import load_slice as read
    from quantray.sweeps.study import split

    a_sweep(plan, "load_slice")
    if part not in PARTS:
        raise ConfigError(near_miss(part, PARTS, what="part"))
    whole = read(plan)
    if part == "all":
        return whole
    seen, unseen = split(whole, plan.oos.fraction)
    if part == "search":
        return seen
    if unseen is None:
        raise ConfigError("oos.fraction=0 holds nothing out")
    return unseen


def evaluate(
    plan: Plan,
    candidates: Candidates | pandas.DataFrame | Sequence[Mapping[str, object]],
    data: Slice | None = None,
) -> pandas.DataFrame:
    """One row a candidate: its parameters, state, value, reason (``why``) and metrics.

    ``candidates`` are points of the space, a frame with one column a parameter, or a list of mappings; what they do
    not name takes the strategy's own value. ``data`` defaults to the sessions the search sees.
    """
    import pandas

    a_sweep(plan, "evaluate")
    points = _points(candidates)
    scores = score(plan, data if data is not None else load_slice(plan), points)
    columns: dict[str, Any] = {name: points.column(name) for name in points.names}
    columns["state"] = [tuple(TrialState)[s].value for s in scores.state]
    columns["value"] = scores.value
    columns["why"] = [scores.metrics.why.get(i) for i in range(len(points))]
    return pandas.DataFrame(columns | dict(scores.metrics.columns))


def trades(plan: Plan, candidate: Mapping[str, object], data: Slice | None = None) -> pandas.DataFrame:
    """The executed trades of one candidate, one row each; times are UTC, money is in the data's currency.

    ``data`` defaults to the sessions the search sees.
    """
    import pandas

    a_sweep(plan, "trades")
    market = data if data is not None else load_slice(plan)
    found = sample(plan, market, dict(candidate)).trades
    dates, symbols = market.dates, {k: market.sessions[k].symbol for k in np.unique(found.session).tolist()}
    columns: dict[str, Any] = {"session": [dates[s] for s in found.session]}
    for name in ("origin", "signal", "entry", "exit"):
        columns[f"{name}_time"] = pandas.to_datetime(_times(market, found, f"{name}_bar"), utc=True)
    columns["contract"] = [
        symbols[s][c] if c >= 0 else None for s, c in zip(found.session.tolist(), found.contract, strict=True)
    ]
    columns["side"] = np.where(found.side > 0, "above", "below")
    columns["reason"] = [ExitReason(int(r)).name.lower() for r in found.reason]
    for name in ("entry_price", "exit_price", "fees", "net", "risk", "entry_carried", "exit_carried"):
        columns[name] = getattr(found, name)
    return pandas.DataFrame(columns)


def _times(market: Slice, found: Trades, column: str) -> np.ndarray:
    bars = getattr(found, column).astype(np.int64)
    opens = np.array([s.open_ns for s in market.sessions], np.int64)
    steps = np.array([s.interval_s for s in market.sessions], np.int64) * 1_000_000_000
    times: np.ndarray = opens[found.session] + bars * steps[found.session]
    return times


def _points(
    candidates: Candidates | pandas.DataFrame | Mapping[str, object] | Sequence[Mapping[str, object]],
) -> Candidates:
    if isinstance(candidates, Candidates):
        return candidates
    if hasattr(candidates, "to_dict"):
        candidates = [{str(name): _plain(v) for name, v in row.items()} for row in candidates.to_dict("records")]
    if isinstance(candidates, Mapping):
        candidates = [candidates]
    return Candidates.of(list(candidates))


def _plain(value: object) -> object:
    return value.item() if hasattr(value, "item") else value
