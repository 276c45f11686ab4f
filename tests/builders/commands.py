"""Small runs of both kinds by the command line, in this process or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from quantray.cli import command, run
from tests.builders.call_files import market

#: 40 points in seconds: no Optuna study, nothing held out.
SWEEP = [
    "data.synthetic.sessions=2", "oos.fraction=0", "constraints.min_trades=0", "report.surface_max_points=1",
    "mirror.enabled=false", "runner=local", "space.strikes_depth=1", "space.take_profit_percent=[25,35,50,60,70]",
    "space.stop_loss_percent=[-25,-35,-50,-60]", "space.max_trade_duration_seconds=[60,120]",
    "space.entry_window=9:30-15:45", "space.stretch_threshold=0.002", "space.reclaim_percentage=0.5",
    "space.cooldown_period_seconds=60", "space.option_selection_mode=itm", "data.cache=cache",
]  # fmt: skip
KINDS = ("table", "sampled", "callers")
#: Files of a finished run that have the same bytes for the same results.
COMPARED = {
    "table": ("trials.parquet", "top_trials.csv", "trades.csv", "surface/*.parquet"),
    "sampled": ("trials.parquet", "top_trials.csv", "trades.csv"),
    "callers": ("optimal_policies.csv", "trades.parquet", "calls.parquet", "policies/*.parquet"),
}


def words(kind: str, *more: str) -> list[str]:
    """Overrides of a small run of that kind; the working directory holds its market (:func:`prepare`)."""
    if kind == "callers":
        keys = ["data.duckdb=market.duckdb", "data.cache=cache", "policy.hold=1h", "constraints.min_trades=1"]
        return ["+experiment=v1_baseline", *keys, "runner=local", "study.name=mine", *more]
    search = ["search=exhaustive"] if kind == "table" else ["search=random", "search.n_trials=8", "search.batch=4"]
    return [*SWEEP, *search, "study.name=mine", *more]


def prepare(folder: Path, kind: str) -> None:
    """What the run reads."""
    if kind == "callers":
        market(folder)


def carried_out(kind: str, *more: str) -> int:
    """The exit code of the run, in this process."""
    return run.main(words(kind, *more))


def deleted(where: str) -> int:
    """The exit code of deleting the study."""
    return command.main(["study", "delete", "mine", "--where", where, "--yes"])


def process(folder: Path, args: list[str], **env: str) -> subprocess.Popen[str]:
    """``python -m quantray.run`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "quantray.run", *args], cwd=folder, env={**os.environ, **env}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finished(folder: Path, args: list[str], code: int = 0, **env: str) -> str:
    """What a run in a process of its own says; it must end with ``code``."""
    ours = process(folder, args, **env)
    out, err = ours.communicate(timeout=300)
    assert ours.returncode == code, f"{args}: exit {ours.returncode}\n{out[-2000:]}\n{err[-4000:]}"
    assert "Traceback" not in err, err
    return out + err


def compared(run_dir: Path, kind: str) -> dict[str, bytes]:
    """Name -> content of what must be the same."""
    paths = (path for pattern in COMPARED[kind] for path in sorted(run_dir.glob(pattern)))
    return {str(path.relative_to(run_dir)): path.read_bytes() for path in paths}
