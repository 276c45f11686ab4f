"""The sections of a plan that decide its results, as a ledger keeps them beside the study."""

from __future__ import annotations

from typing import Any

from quantray.ledger.difference import plain_sections, renamed, request_of
from quantray.space import Dimension
from quantray.sweeps.data.settings import KEYS
from quantray.sweeps.plan import Plan


def describe(plan: Plan) -> dict[str, Any]:
    """The sections of a plan that decide its results, as JSON; ``space`` is what ``parse_space`` reads."""
    search = plan.search
    sections = {
        "strategy": {"target": plan.strategy.target, **plan.strategy.params, "file": plan.strategy.source[:8]},
        "space": {d.name: _dimension(d) for d in plan.space.dimensions},
        "data": plan.data,
        "fees": plan.fees,
        "capital": plan.capital,
        "constraints": plan.constraints,
        "objective": plan.objective,
        "oos": plan.oos,
        "seed": plan.seed,
        "search": {
            name: getattr(search, name)
            for name in ("kind", "batch", "in_flight", "n_startup_trials", "n_ei_candidates", "sampler")
        },
    }
    return plain_sections(sections)


def request(plan: Plan) -> dict[str, Any]:
    """The whole plan as the configuration that gives it again, but for where its ledger lies: that may be a secret."""
    sections = {
        "study": {"name": plan.study},
        "strategy": {"_target_": plan.strategy.target, **plan.strategy.params},
        "space": {d.name: _dimension(d) for d in plan.space.dimensions},
        "data": renamed(plan.data, KEYS),
        "constraints": {"min_trades": plan.constraints.min_trades, **plan.constraints.written},
        **{name: getattr(plan, name) for name in ("seed", "objective", "fees", "capital", "search", "runner")},
        **{name: getattr(plan, name) for name in ("mirror", "tracking", "oos", "gates", "report")},
    }
    return request_of(sections, plan.run_dir, plan.asked)


def _dimension(d: Dimension) -> object:
    return list(d.values) if d.values is not None else {"low": d.low, "high": d.high, "log": d.log}
