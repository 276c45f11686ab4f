"""Plans of the alert baseline on small markets."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from quantray.callers.baseline import BaselinePlan, BaselineSettings
from quantray.callers.baseline_study import BaselineStudy, baseline
from quantray.callers.data import CallsData, CallSettings
from quantray.settings import Runner

#: What is compared between runs: no file with the wall time in it.
TABLES = ("alerts.parquet", "alerts.csv", "leaderboard.parquet", "leaderboard.csv", "worklist.csv")


def plan_on(data: CallsData, run_dir: Path, **other: Any) -> BaselinePlan:
    given: dict[str, Any] = {
        "calls": CallSettings(horizon="2h"), "baseline": BaselineSettings(min_calls=3), "runner": Runner("local", 2),
    }  # fmt: skip
    return BaselinePlan("test", data, run_dir, **{**given, **other})


def finished(data: CallsData, run_dir: Path, **other: Any) -> BaselineStudy:
    return baseline(plan_on(data, run_dir, **other), say=lambda sentence: None)


def bytes_of(run_dir: Path) -> dict[str, str]:
    """Digest of every table of a run."""
    return {name: hashlib.sha256((run_dir / name).read_bytes()).hexdigest() for name in TABLES}
