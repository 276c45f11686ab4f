"""The stages of one run in their order: tables, scores, ranking, winners. Each is a list of rows and what is done with

one; the driver decides where rows run and which an earlier run has done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from quantray import measures
from quantray.callers.judge import Grounds, judged
from quantray.callers.metrics import Metric
from quantray.callers.policies import Policy
from quantray.callers.results import GROUP, Across, UnitResult
from quantray.callers.split import HELD_OUT, TRAIN
from quantray.callers.stages.checkpoints import Driver
from quantray.callers.stages.group import Group, depends_on_callers, group_of
from quantray.callers.stages.lanes import lanes_of
from quantray.callers.stages.ranking import Place, columns_of
from quantray.callers.stages.scores import scorer, scores_of
from quantray.callers.stages.survival import Found, blocks_of, tester
from quantray.callers.stages.table import parts_of, piece_of, ranker, ranking_of
from quantray.callers.stages.touch import Touch, buckets_of, toucher
from quantray.callers.stages.warmup import warm
from quantray.callers.stages.winners import examiner
from quantray.callers.stages.work import TableSpec, Unit, Work
from quantray.stats.wording import money

#: Seconds of one core: a candle of a call's window, a column of its tables; a policy on a call; a unit's report.
_CANDLE_S, _LEVEL_S, _PAIR_S, _WINNER_S = 4e-9, 1e-7, 2.5e-7, 0.1


def best_of(note: Mapping[str, Any], objective: str) -> str:
    """The best unit of a part of the table, its value in the unit that tables and pages have it in."""
    ranked = [p for p in note["places"] if p["value"] is not None]
    best = max(ranked, key=lambda p: p["value"], default=None)
    if best is None:
        return ""
    metric = Metric.__members__.get(objective.upper())  # none of an objective of the user's
    share = metric is not None and metric.unit in (measures.Unit.SHARE, measures.Unit.RETURN)
    digits = 2 if objective.endswith("_return") else 1
    told = f"{100 * best['value']:,.{digits}f} %".replace("-", "−") if share else money(best["value"])
    return f"best of these {best['name']} {told}"


class Stages:
    """Made for one run. :meth:`units` goes through all stages, the others are one each."""

    def __init__(self, driver: Driver, work: Work) -> None:
        self.driver, self.work, self.plan = driver, work, work.prepared.plan
        self.base = self._spec(self.plan.policies, marks=True)
        self.parts: list[str] = []  # names of the pieces that are the table, once there are units

    def units(self) -> tuple[list[UnitResult], Across | None, tuple[str, ...]]:
        """Results of every unit that was asked for, what judging all left, and what is to be said of the group."""
        plan, names = self.plan, self.work.prepared.calls.callers
        warm()
        self.touch([self.base])
        depends = depends_on_callers(plan)
        units = [Unit(name, (i,)) for i, name in enumerate(names)] if plan.mode != "grouped" or depends else []
        if plan.mode != "per_caller" and not depends:
            units.append(Unit(GROUP, tuple(range(len(names)))))
        found = [self.ranked("units", units, self.base)]
        notes: tuple[str, ...] = ()
        if depends:
            group = group_of(plan, names, found[0].places, self._trades(found[0]))
            found.append(self.grouped(group))
            notes = group.notes
        self.parts = [piece_of(self.work, f.scores, p) for f in found for p in parts_of(f.scores)]
        hidden = plan.mode == "grouped" and depends  # ranked for the group's sake
        units_found, told = self.examined(found[1:] if hidden else found)
        return units_found, told, notes

    def touch(self, specs: Sequence[TableSpec]) -> None:
        """Stage A for some sets of tables."""
        work = self.work
        rows = [Touch(spec.name, bucket) for spec in specs for bucket in buckets_of(work)]
        by_name = {spec.name: spec for spec in specs}
        self.driver.stage(
            "first touch", rows, lambda r: f"tables/{r.spec}/{r.bucket:06d}", partial(toucher, work, by_name),
            seconds=sum(map(self._touch_s, specs)),
        )  # fmt: skip

    def ranked(self, name: str, units: Sequence[Unit], spec: TableSpec, numbered: bool = True) -> Found:
        """Stage B for some units, then their ranking in this process and their files of the table."""
        work, driver = self.work, self.driver
        scores = scores_of(work, name, units, len(spec.policies))
        pairs = sum(len(work.calls_of(u)) for u in units) * len(spec.policies)
        driver.stage(
            "scores", scores.blocks, lambda b: f"scores/{name}/{b.number:06d}",
            partial(scorer, work, spec, scores), seconds=pairs * _PAIR_S,
        )  # fmt: skip
        done = driver.stage(
            "ranking", parts_of(scores), lambda p: f"{ranking_of(self.plan)}/{name}/{p.number:06d}",
            partial(ranker, work, spec, scores, numbered), seconds=None,
            detail=partial(best_of, objective=self.plan.objective),
        )  # fmt: skip
        places = tuple(Place(**place) for note in done for place in note["places"])
        return Found(spec, scores, places, numbered)

    def grouped(self, group: Group) -> Found:
        """The group on one account: the whole grid anew, or the one policy that is the callers' mean."""
        if group.policies is None:
            return self.ranked(group.name, [group.unit], self.base)
        spec = self._spec(group.policies)
        self.touch([spec])
        return self.ranked(group.name, [group.unit], spec, numbered=False)

    def examined(self, found: Sequence[Found]) -> tuple[list[UnitResult], Across | None]:
        """Stage C: who survives, what the report shows of every unit, in the order of the sets, and the verdicts."""
        rows = [winner for k, f in enumerate(found) for winner in f.winners(k)]
        pairs = sum(len(self.work.calls_of(w.unit)) * len(found[w.found].spec.policies) for w in rows)
        tested = self.driver.passed(
            "survivors", rows, partial(tester, self.work, found, self.base), seconds=pairs * _PAIR_S
        )
        policies = [p for f in found for p in map(f.policy, f.places) if p is not None]
        policies += [found[w.found].spec.policies[t.pick.number] for w, t in zip(rows, tested, strict=True) if t.pick]
        edited = bool(self.work.prepared.calls.changed.any())
        lanes = lanes_of(self.plan, policies, edited=edited) if policies else []
        self.touch([lane.spec for lane in lanes if lane.spec is not None])
        make = partial(examiner, self.work, found, lanes, self.base)
        told = list(zip(rows, tested, strict=True))
        made = self.driver.passed("winners", told, make, seconds=len(policies) * _WINNER_S)
        grounds = [self._grounds(f) for f in found]
        return judged([(unit, grounds[w.found]) for unit, w in zip(made, rows, strict=True)])

    def _grounds(self, found: Found) -> Grounds:
        split, policies = self.work.prepared.split, found.spec.policies
        train = blocks_of(split, policies, TRAIN)
        assert train is not None
        return Grounds(self.plan, self.work.prepared.slice.quality, train, blocks_of(split, policies, HELD_OUT))

    def _spec(self, policies: tuple[Policy, ...], marks: bool = False) -> TableSpec:
        """Tables of some policies in the plan's own market."""
        plan = self.plan
        return TableSpec(policies, plan.order, plan.entry, target_gap=plan.target_gap, marks=marks)

    def _trades(self, found: Found) -> dict[str, int]:
        """Trades of each unit's best policy in training."""
        best = ((w, w.place.best) for w in found.winners(0))
        return {
            w.place.name: int(columns_of(found.scores.columns(w.number)[0])["n_trades"][i])
            for w, i in best if i is not None
        }  # fmt: skip

    def _touch_s(self, spec: TableSpec) -> float:
        coverage = self.work.prepared.coverage
        candles, calls = coverage.present[coverage.eligible].sum(), coverage.eligible.sum()
        return float(candles * _CANDLE_S * spec.ways + calls * spec.levels.first["end"] * spec.ways * _LEVEL_S)
