"""A real SIGINT: it ends within seconds, what was finished is stored, and the next run goes on there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import open_reader
from quantray.runner.interrupt import interruptible
from quantray.runner.local import run_local
from tests.builders.objectives import EMPTY, evaluate, make_plan, open_sweep, table

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "ray"])
@pytest.mark.parametrize("pause", [0.3, 30.0], ids=["short", "long"])
def test_sigint_ends_the_run_and_the_next_one_goes_on(tmp_path: Path, kind: str, pause: float) -> None:
    """``long``: nothing is ever finished, the batches in work are given up."""
    command = [sys.executable, "-m", "tests.builders.interrupted", kind, str(tmp_path / "run"), str(pause)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if pause < 1:
        assert process.stdout.readline().startswith("stored")
    else:
        _wait_for_claims(tmp_path / "run")
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert time.monotonic() - began < 20
    assert "the same command goes on there" in out
    assert "Traceback" not in err
    plan = make_plan(tmp_path / "run", n_trials=100, batch=4)
    stored = table(plan)
    assert (len(stored) >= 4) == (pause < 1)
    sweep = open_sweep(plan)
    run_local(plan, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    fresh = make_plan(tmp_path / "straight", n_trials=100, batch=4)
    sweep = open_sweep(fresh)
    run_local(fresh, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    assert table(plan) == table(fresh)


def _wait_for_claims(folder: Path) -> None:
    """Until the sweep has claimed its first batches and had time to give them to its workers."""
    deadline = time.monotonic() + 120
    while not _claimed(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(5)


def _claimed(folder: Path) -> int:
    if not (folder / "ledger.db").exists():
        return 0
    try:
        with open_reader(f"sqlite:///{folder / 'ledger.db'}", "test") as study:
            return study.counts().claimed
    except LedgerError:  # it is being made
        return 0


def test_the_first_signal_is_a_wish_and_the_second_an_order() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
