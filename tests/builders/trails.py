"""Results of one candidate whose trades are real: what the pages of pick and peak tell is held to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quantray.protocols import Counts
from quantray.space import candidate_digest
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Capital, Plan
from quantray.sweeps.results import Results
from quantray.sweeps.scores import Sample, sample
from quantray.sweeps.trades import Trades
from quantray.trial import Trial, TrialState
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan
from tests.builders.sweep_results import nothing_completed

PARAMS: dict[str, Any] = {
    "stretch_threshold": 0.001, "reclaim_percentage": 0.5, "cooldown_period_seconds": 60, "take_profit_percent": 25,
    "stop_loss_percent": -50,
}  # fmt: skip


def trail(
    n_seen: int = 4, n_unseen: int = 2, *, capital: Capital | None = None, target: str = "", params: Any = None,
    **market: Any,
) -> Results:  # fmt: skip
    """The sweep whose peak is the candidate with ``params``, on a tiny market of its own; its trades are evaluated."""
    given = PARAMS if params is None else params
    space = {name: [value] for name, value in given.items()}
    plan = sweep_plan(space, capital=capital or Capital(), **({"target": target} if target else {}))
    whole = tiny_slice(n_seen + n_unseen, **{"interval_s": 10, "n_strikes": 5, **market})
    seen, unseen = whole.take(0, n_seen), whole.take(n_seen, n_seen + n_unseen)
    return told(plan, sample(plan, seen, given), sample(plan, unseen, given) if n_unseen else None)


def told(plan: Plan, inside: Sample, outside: Sample | None) -> Results:
    """Results whose peak has these samples."""
    params = plan.space.point(0)
    best = Trial(candidate_digest(params), params, TrialState.COMPLETE, inside.value or 0.0, (), inside.metrics)
    return Results(
        plan, (best,), Counts(1), nothing_completed().verdict, best=best, in_sample=inside, out_of_sample=outside
    )


def odd_box(market: Slice, rng: np.random.Generator, n: int) -> Trades:
    """Trades as a black box may give them: no contract or one that does not exist, sides of its own, no prices."""
    bars = market.sessions[0].n_bars
    entry = rng.integers(0, bars, n)
    return Trades(
        session=np.sort(rng.integers(0, len(market), n)), signal_bar=entry.astype(float), origin_bar=entry,
        side=rng.choice([-1, 0, 1, 7], n), contract=rng.choice([-1, 0, 3, 10_000], n), entry_bar=entry,
        exit_bar=entry + rng.integers(0, 2 * bars, n), entry_price=rng.choice([np.nan, 0.0, 2.5, np.inf], n),
        exit_price=rng.choice([np.nan, 1.0, -4.0], n), reason=rng.integers(0, 6, n), fees=rng.choice([0.0, np.nan], n),
        net=np.round(rng.normal(0, 50, n), 2), risk=rng.choice([0.0, 10.0], n), entry_carried=np.zeros(n, bool),
        exit_carried=np.zeros(n, bool),
    )  # fmt: skip


def odd(seed: int = 0, n: int = 40) -> Results:
    """A sweep of a black box whose trades are odd in every way that is let through."""
    rng, market = np.random.default_rng(seed), tiny_slice(5, interval_s=60, n_strikes=2)
    seen, unseen = market.take(0, 3), market.take(3, 5)
    plan = sweep_plan({"net": [1.0]}, target="strategy.plugins.Rich")
    empty = {"n_trades": n, "max_drawdown": None}
    inside, outside = (Sample(part, odd_box(part, rng, n), empty, 1.0) for part in (seen, unseen))
    return told(replace(plan), inside, outside)
