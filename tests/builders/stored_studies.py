"""Studies that are stored, shown and ranked."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from quantray.trial import Trial, TrialState
from tests.builders.fakes import filled


def kept(folder: Path, n: int = 80, name: str = "fake") -> list[Trial]:
    ledger = filled(folder, n, name)
    ledger.note("duplicates", {"sampler": 4, "memory": 1, "database": 0})
    ledger.note("versions", {"optuna": "5.0.0"})
    trials = list(ledger.trials())
    ledger.close()
    return trials


def shown_as(renderable: object) -> str:
    from rich.console import Console

    console = Console(width=200, record=True, file=StringIO())
    console.print(renderable)
    return console.export_text()


def ranking(trials: list[Trial]) -> list[Trial]:
    complete = [t for t in trials if t.state is TrialState.COMPLETE]
    return sorted(complete, key=lambda t: (not t.feasible, -(t.value or 0.0), t.number))
