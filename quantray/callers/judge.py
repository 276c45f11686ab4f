"""Whether to believe what was picked: the account that the report shows, block by block, alone and among many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.callers.blocks import Blocks
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.account import Account
from quantray.callers.results import GROUP, PHRASES, Across, Chosen, Part, Row, Shrunk, UnitResult
from quantray.stats import across, reasons
from quantray.stats.beside import Lane
from quantray.stats.checks import Verdict
from quantray.stats.held_out import HeldOut, held_out_test
from quantray.stats.verdict import ALPHA, Evidence, verdict
from quantray.stats.wording import Unit

POLICY = Unit("policy", "policies")
#: Sign patterns that the held-out test of one unit draws at most, however many were looked at.
MOST_PATTERNS = 1_000_000
#: Shares of the candles' quality that count against a result, under the names that the verdict reads.
_WRONG = ("undated_share", "conflicts_share", "inconsistent_share", "nonpositive_share")


def position(account: Account) -> float:
    """The position in which nets are told where there is no account: the largest that one would allow at its start."""
    return account.amount if account.sizing == "fixed" else account.initial * account.max_allocation_pct


def above(plan: CallerPlan, values: FloatArray1D) -> FloatArray1D:
    """Objectives [n] as what they lie above earning nothing, so that shares of them mean something."""
    zero = {"final_capital": plan.account.initial, "profit_factor": 1.0}.get(plan.objective, 0.0)
    return np.asarray(values, np.float64) - zero


def unit_of(days: int) -> Unit:
    """What a block of so many days of entry is called."""
    return (
        Unit("day of entry", "days of entry") if days == 1 else Unit(f"block of {days} days", f"blocks of {days} days")
    )


def nets_of(plan: CallerPlan, part: Part, blocks: Blocks) -> FloatArray1D:
    """What the account of one policy earned by block of entry [units]; without an account, of one position each."""
    done, trades = part.trades.skip == 0, part.trades
    size = 1.0 if plan.account.limited else position(plan.account)
    return blocks.sums(trades.entry_ns[done], trades.pnl[done] * size)


@dataclass(frozen=True, slots=True)
class Grounds:
    """What all units of a run share: the blocks of training and of what is held out, and the candles' quality."""

    plan: CallerPlan
    quality: Mapping[str, float]
    train: Blocks
    held_out: Blocks | None


def judged(units: Sequence[tuple[UnitResult, Grounds]]) -> tuple[list[UnitResult], Across | None]:
    """The units with their verdicts, callers by the bar that all of them leave, and what that bar is."""
    callers = [unit for unit, _ in units if unit.name != GROUP]
    picked = sum(unit.pick is not None for unit in callers)
    tests = [_test(unit, on, across.FALSE_SHARE / max(picked, 1) if unit.name != GROUP else ALPHA)
             for unit, on in units]  # fmt: skip
    p_values = [t.p_value for (u, _), t in zip(units, tests, strict=True) if u.name != GROUP and t is not None]
    found = across.false_discoveries(np.array([np.nan if p is None else p for p in p_values], np.float64))
    many = found.bar if found.n_tested else across.FALSE_SHARE
    bar = f", the bar of {found.n_tested:,} callers that could be tested" if found.n_tested > 1 else ""
    made = [
        replace(unit, verdict=_verdict(unit, on, test, *((many, bar) if unit.name != GROUP else (ALPHA, ""))))
        for (unit, on), test in zip(units, tests, strict=True)
    ]
    if not callers:
        return made, None
    part, shrunk, common = _shrunk(callers)
    told = Across(
        len(callers), found.n_tested, many, found.level, _false_share(made, found), part, shrunk, common
    )  # fmt: skip
    return made, told


def _false_share(units: Sequence[UnitResult], found: across.FalseDiscoveries) -> float | None:
    """Of the callers that are believed; those that guards or data hold back are not among them."""
    believed = any(u.name != GROUP and u.verdict and across.standing(u.verdict.word) == across.Standing.BELIEVED
                   for u in units)  # fmt: skip
    return found.expected_false_share if believed else None


def _test(unit: UnitResult, on: Grounds, level: float) -> HeldOut | None:
    """The one look at a pick's held-out blocks; None without a pick or without anything held out."""
    if unit.pick is None or unit.pick.held_out is None or on.held_out is None:
        return None
    net, looks = nets_of(on.plan, unit.pick.held_out, on.held_out), n_looks(unit, on.plan)
    at_most = max(1, math.floor(MOST_PATTERNS * level / 100))
    return held_out_test(net, level=level, n_hypotheses=min(looks, at_most), seed=on.plan.seed)


def n_looks(unit: UnitResult, plan: CallerPlan) -> int:
    """Policies whose held-out values are shown: pick and peak, or all of them with ``report.held_out=all``."""
    if plan.report.held_out == "all":
        return len(plan.policies)
    return len({c.policy for c in (unit.pick, unit.peak) if c is not None})


def _verdict(unit: UnitResult, on: Grounds, test: HeldOut | None, alpha: float, bar: str) -> Verdict:
    plan, found, pick = on.plan, unit.surviving, unit.pick
    assert found is not None
    evidence = Evidence(
        found.tested, None if pick is None else found.pick, n_held_out=found.n_held_out, family=found.family,
        alpha=alpha, bar=bar, n_looks=max(n_looks(unit, plan), 1), more_units=found.more_units,
        unit=unit_of(found.days), candidate=POLICY, basis=_basis(plan), edited=unit.edited, seed=plan.seed,
    )  # fmt: skip
    shown = unit.shown
    jumped = sum(p.jumped for p in (shown.train, shown.held_out) if p is not None) if shown is not None else 0
    quality = {
        "quarantined_candles_share": max(on.quality.get(name, 0.0) for name in _WRONG),
        reasons.RESCALED: jumped,
    }
    if pick is None or pick.train is None:
        made, also = verdict(evidence), [reasons.data_quality(quality)]
        also += [] if unit.edited is None else [reasons.told_in_time(unit.edited)]
        return replace(made, checks=(*made.checks, *(check for check in also if check.passed is False)))
    ended = pick.train.metrics.get("end_of_data_share")
    return verdict(replace(
        evidence,
        searched=nets_of(plan, pick.train, on.train),
        held_out=None if pick.held_out is None or on.held_out is None else nets_of(plan, pick.held_out, on.held_out),
        test=test,
        metrics={**pick.train.metrics, "carried_entry_share": 0.0, "carried_exit_share": ended},
        quality=quality,
        lanes=lanes_of(plan, pick),
        neighbours=above(plan, np.array([np.nan if n.value is None else n.value for n in pick.neighbours])),
        compared=found.compared,
        figures={"block_days": found.days, "n_looks": evidence.n_looks},
    ))  # fmt: skip


def _basis(plan: CallerPlan) -> str:
    """What a net is of."""
    if plan.account.limited:
        return " on its account"
    return f" with every call traded at {position(plan.account):,.2f} (there is no account)"


def lanes_of(plan: CallerPlan, pick: Chosen) -> list[Lane]:
    """What is left of the pick's training account in each lane; what was not simulated is left out."""
    return [
        Lane(name, PHRASES[name], net) for name, (train, _) in pick.lanes.items()
        if (net := _net(plan, train)) is not None
    ]  # fmt: skip


def _net(plan: CallerPlan, row: Row) -> float | None:
    if plan.account.limited:
        final = row.get("final_capital")
        return None if final is None else final - plan.account.initial
    mean, n = row.get("captured_return"), row.get("n_trades") or 0
    return 0.0 if mean is None else mean * n * position(plan.account)


def _shrunk(callers: Sequence[UnitResult]) -> tuple[str, dict[str, Shrunk], float | None]:
    """Mean net return a trade of each caller's policy, held out where something is, drawn towards that of all."""
    held = any(u.shown is not None and u.shown.held_out is not None for u in callers)
    returns = {}
    for unit in callers:
        part = None if unit.shown is None else unit.shown.held_out if held else unit.shown.train
        net = np.zeros(0) if part is None else part.trades.net[part.trades.skip == 0]
        if net.size:
            returns[unit.name] = net
    if len(returns) < 2:
        return "held_out" if held else "train", {}, None
    found = across.shrunk(
        np.array([net.mean() for net in returns.values()]),
        np.array([net.std(ddof=1) if net.size > 1 else np.nan for net in returns.values()]),
        np.array([net.size for net in returns.values()]),
    )
    common = found.common if math.isfinite(found.common) else None
    made = {
        name: Shrunk(int(net.size), float(net.mean()), float(mean))
        for (name, net), mean in zip(returns.items(), found.mean, strict=True)
    }
    return "held_out" if held else "train", made if common is not None else {}, common
