"""Small sweeps by the options experiment."""

from __future__ import annotations

from pathlib import Path

from quantray.config.plans import load_plan
from quantray.sweeps.plan import Plan

SMALL = [
    "+experiment=options_sweep", "runner=local", "data.synthetic.sessions=4", "search.n_trials=48", "search.batch=8",
    "constraints.min_trades=3", "space.stretch_threshold=[.001,.002,.003]", "mirror.enabled=false",
    "report.surface_max_points=1",
]  # fmt: skip


def plan_of(where: Path, *more: str) -> Plan:
    return load_plan(*SMALL, f"run_dir={where}", "study.name=small", *more)
