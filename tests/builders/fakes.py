"""Studies with made-up outcomes, for tests of the ledger and of what reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from quantray.ledger import open_ledger
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Storage
from quantray.space import Space, parse_space
from quantray.testing.ledger import make_batch, make_trials

SPEC: dict[str, Any] = {
    "window": ["9:30-10:30", "12:00-15:00"],
    "stretch": [0.001, 0.002, 0.01],
    "take_profit_percent": [25, 50, 75, 100],
    "depth": [1],
    "hold": list(range(60, 660, 60)),
}
SPACE: Space = parse_space(SPEC)


def described(**changes: Any) -> dict[str, Any]:
    return {"space": SPEC, "objective": "return_on_risk_percent", "seed": 0, **changes}


def opened(folder: Path, name: str = "fake", **options: Any) -> SqlLedger:
    """The study ``name`` in ``folder`` on SQLite."""
    return opened_in(Storage(), folder, name, **options)


def opened_in(storage: Storage, folder: Path, name: str = "fake", **options: Any) -> SqlLedger:
    """The study ``name`` in any storage."""
    options.setdefault("described", described())
    return open_ledger(storage, folder, name, options.pop("digests", {"space": SPACE.digest}), **options)


def filled(folder: Path, n: int, name: str = "fake", *, batch: int = 20) -> SqlLedger:
    """A study with the outcomes of ``n`` seeded random points, stored in batches."""
    ledger = opened(folder, name)
    points = np.random.default_rng(7).permutation(int(SPACE.size or 0))[:n]
    for k, start in enumerate(range(0, n, batch)):
        some = make_batch(k, points[start : start + batch], SPACE)
        ledger.claim(some)
        ledger.store(k, make_trials(some))
    return ledger


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder}/ledger.db"
