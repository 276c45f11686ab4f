"""A small complete table of a sweep, as it is stored."""

from __future__ import annotations

from pathlib import Path

from quantray.config.plans import load_plan
from quantray.sweeps.plan import Plan
from quantray.sweeps.study import sweep


def stored_table(folder: Path) -> Plan:
    """The plan of a table that was run in ``folder``."""
    plan = table(folder)
    sweep(plan)
    return plan


def table(folder: Path) -> Plan:
    """The plan of a table of four sessions; bounds and few trades leave some points out."""
    space = ["space.entry_window=['9:30-15:45']", "space.stretch_threshold=[.001,.002]", "space.strikes_depth=[1]"]
    plan = load_plan(
        "+experiment=options_table", "data.synthetic.sessions=4", *space, f"run_dir={folder}", "mirror.enabled=false",
        "study.name=table", "constraints.min_trades=3", "constraints.min_win_rate=0.3",
    )  # fmt: skip
    assert isinstance(plan, Plan)
    return plan
