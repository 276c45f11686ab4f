"""The per-caller optimiser from a plan to its results, stage by stage; what an earlier run finished stays done."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from quantray.callers.grouping import Group, callers_first, group_of
from quantray.callers.lanes import lanes_of
from quantray.callers.plan import CallerPlan
from quantray.callers.prepare import Prepared, Say, prepare
from quantray.callers.progress import Progress
from quantray.callers.ranking import Place
from quantray.callers.results import CallerResults, UnitResult
from quantray.callers.scores import scorer, scores_of
from quantray.callers.stored import Driver, described, digests_of, remove_others
from quantray.callers.summing import notes_of
from quantray.callers.table import parts_of, path_of, ranker
from quantray.callers.touch import buckets_of, toucher
from quantray.callers.winners import Found, examiner
from quantray.callers.work import TableSpec, Unit, Work, work_of
from quantray.digests import digest_of
from quantray.policies.policy import Policy
from quantray.provenance import versions
from quantray.runner.dataflow import flow

_log = logging.getLogger(__name__)
#: Seconds of one core: a candle of a call's window, a column of its tables; a policy on a call; a unit's report.
_CANDLE_S, _LEVEL_S, _PAIR_S, _WINNER_S = 4e-9, 1e-7, 2.5e-7, 0.1


def run(
    plan: CallerPlan, *, progress: Callable[[Progress], Any] | None = None, say: Say | None = None
) -> CallerResults:
    """Carry out the plan, or go on with it where an earlier run stopped.

    ``progress`` is told of every finished row of a stage, ``say`` sentences a person should read. Files are written
    under ``plan.run_dir``: ``policies/part-*.parquet`` (the table), ``work/`` (tables and scores, from which a killed
    run goes on) and the ledger. Raises UserError before anything is written there for a plan that cannot be carried
    out, :class:`~quantray.errors.Interrupted` on Ctrl-C.
    """
    from quantray.ledger.opening import open_ledger

    say = say or _log.warning
    early = Driver(plan, None, progress, say)
    prepared = prepare(plan, say, early.reached)
    digests = digests_of(prepared)
    plan.run_dir.mkdir(parents=True, exist_ok=True)
    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=described(plan), fresh=plan.fresh, say=say
    )
    with closing(ledger):
        driver = Driver(plan, ledger, progress, say)
        driver.began = early.began
        name = digest_of(digests)[:12]
        remove_others(plan.run_dir / "work", [plan.run_dir / "work" / name])
        folder = plan.run_dir / "work" / name
        folder.mkdir(parents=True, exist_ok=True)
        units, notes = Stages(driver, work_of(prepared, folder)).units()
    return _results(prepared, digests, units, notes, driver)


def _results(
    prepared: Prepared, digests: dict[str, str], units: Sequence[UnitResult], notes: Sequence[str], driver: Driver
) -> CallerResults:
    calls = prepared.calls
    return CallerResults(
        plan=prepared.plan,
        units=tuple(units),
        coverage=prepared.coverage,
        table=prepared.plan.run_dir / "policies",
        quality=prepared.slice.quality,
        counts=calls.counts,
        split_ns=prepared.split.split_ns,
        calls_source=calls.source,
        candles_source=prepared.slice.source,
        digests=digests,
        versions=versions(),
        reused=driver.reused,
        seconds=time.monotonic() - driver.began,
        notes=tuple(notes_of(prepared, units) + list(notes)),
    )


class Stages:
    """Tables, scores, ranking, winners of one run: each a list of rows that workers turn into files."""

    def __init__(self, driver: Driver, work: Work) -> None:
        self.driver, self.work, self.plan = driver, work, work.prepared.plan
        self.base = TableSpec(self.plan.policies, self.plan.order, self.plan.entry, marks=True)
        self.table = self.plan.run_dir / "policies"

    def units(self) -> tuple[list[UnitResult], tuple[str, ...]]:
        """Results of every unit that was asked for, and what is to be said of the group."""
        calls = self.work.prepared.calls
        self.touch(self.base)
        callers: Found | None = None
        group: Group | None = None
        found: list[Found] = []
        if callers_first(self.plan):
            callers = self.ranked("callers", [Unit(name, (i,)) for i, name in enumerate(calls.callers)], self.base)
        if self.plan.mode != "per_caller":
            places = callers.places if callers is not None else ()
            group = group_of(self.plan, calls.callers, places, self._trades(callers))
            found.append(self.grouped(group))
        if callers is not None and self.plan.mode != "grouped":
            found.insert(0, callers)
        self._clean([f for f in (callers, *found) if f is not None])
        units = [unit for one in found for unit in self.examined(one)]
        return units, () if group is None else group.notes

    def touch(self, spec: TableSpec) -> None:
        """Stage A for one set of tables."""
        work = self.work
        self.driver.stage(
            "first touch", f"callers/tables/{spec.name}", buckets_of(work), partial(work.tables_folder, spec),
            partial(toucher, work, spec), seconds=self._touch_s(spec),
        )  # fmt: skip

    def ranked(self, name: str, units: Sequence[Unit], spec: TableSpec, numbered: bool = True) -> Found:
        """Stage B for some units, then their ranking and their files of the table."""
        work, driver = self.work, self.driver
        scores = scores_of(work, name, units, len(spec.policies))
        pairs = sum(len(work.calls_of(u)) for u in units) * len(spec.policies)
        driver.stage(
            "scores", f"callers/scores/{name}", scores.blocks, scores.path, partial(scorer, work, spec, scores),
            seconds=pairs * _PAIR_S,
        )  # fmt: skip
        done = driver.stage(
            "ranking", f"callers/ranking/{name}", parts_of(scores), partial(path_of, self.table, scores),
            partial(ranker, work, spec, scores, self.table, numbered), seconds=pairs * _PAIR_S / 10,
        )  # fmt: skip
        places = tuple(Place(**place) for note in done for place in note["places"])
        return Found(spec, scores, places, numbered)

    def grouped(self, group: Group) -> Found:
        """The group on one account: the whole grid anew, or the one policy that is the callers' mean."""
        if group.policies is None:
            return self.ranked(group.name, [group.unit], self.base)
        spec = TableSpec(group.policies, self.plan.order, self.plan.entry)
        self.touch(spec)
        return self.ranked(group.name, [group.unit], spec, numbered=False)

    def examined(self, found: Found) -> list[UnitResult]:
        """Stage C: what the report shows of every unit of a set."""
        winners = found.winners
        policies: list[Policy] = [p for p in map(found.policy, found.places) if p is not None]
        lanes = lanes_of(self.plan, policies) if policies else []
        for lane in lanes:
            if lane.spec is not None:
                self.touch(lane.spec)
        make = partial(examiner, self.work, found, lanes, self.base)
        runner = self.driver.runner(len(policies) * _WINNER_S)
        units: list[UnitResult] = []
        self.driver.reached("winners", 0, len(winners))
        try:
            for _, unit in flow(runner, winners, make, name="winners"):
                units.append(unit)
                self.driver.reached("winners", len(units), len(winners))
        except KeyboardInterrupt:
            raise self.driver.interrupted("winners", len(units), len(winners)) from None
        return units

    def _trades(self, callers: Found | None) -> dict[str, int]:
        """Trades of each caller's best policy in training."""
        if callers is None:
            return {}
        from quantray.callers.ranking import columns_of

        found = {}
        for winner in callers.winners:
            if winner.place.best is not None:
                train = columns_of(callers.scores.columns(winner.number)[0])
                found[winner.place.name] = int(train["n_trades"][winner.place.best])
        return found

    def _clean(self, found: Sequence[Found]) -> None:
        expected = [path_of(self.table, f.scores, part) for f in found for part in parts_of(f.scores)]
        remove_others(self.table, expected)

    def _touch_s(self, spec: TableSpec) -> float:
        prepared = self.work.prepared
        eligible = prepared.coverage.eligible
        columns = spec.levels.first["end"] * spec.ways
        candles = prepared.coverage.present[eligible].sum()
        return float(candles * _CANDLE_S * spec.ways + eligible.sum() * columns * _LEVEL_S)
