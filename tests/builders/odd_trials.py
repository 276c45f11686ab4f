"""Trials of every state, with every kind of level, metric and message, in a ledger and in Optuna's tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from quantray.ledger.optuna_study import OptunaStudy, make_tables
from quantray.ledger.reader import Reader, open_reader
from quantray.ledger.sql_ledger import SqlLedger
from quantray.protocols import Batch
from quantray.settings import Storage
from quantray.space import Candidates, candidate_digest
from quantray.trial import Trial, TrialState
from tests.builders.fakes import described, opened_in

#: Levels that Optuna and JSON could take for one another, names that SQL could, and ranges.
ODD: dict[str, Any] = {
    "flag": [True, False],
    "mixed": [None, 1, "1", 0.1 + 0.2, "%s ' \" \\ ü"],
    "steps": [[1, 2], [3]],
    "one": [7],
    "wide": {"low": -1.0, "high": 1e9},
    "tiny": {"low": 5e-324, "high": 1.0, "log": True},
    "select": [0.1, 0.25, 1],
}
_WHY = ("too_few_trades", "ValueError: '%s' is \x00 no \ud800 \u2028 \"number\" (strategy/a.py, line 3)")


def odd_ledger(storage: Storage, folder: Path, n: int, name: str = "fake") -> SqlLedger:
    """A study of ``n`` trials: COMPLETE, PRUNED and FAIL, feasible and not, with and without metrics."""
    ledger = opened_in(storage, folder, name, described=described(space=ODD))
    add(ledger, 0, n)
    return ledger


def add(ledger: SqlLedger, first: int, n: int, size: int = 50) -> None:
    """``n`` more, from number ``first``."""
    for start in range(first, first + n, size):
        rows = [_params(k) for k in range(start, min(start + size, first + n))]
        batch = Batch(start, Candidates.of(rows), tuple(candidate_digest(row) for row in rows))
        ledger.claim(batch)
        ledger.store(start, [_trial(start + i, row) for i, row in enumerate(rows)])


def _params(k: int) -> dict[str, Any]:
    rng = np.random.default_rng(k)
    drawn = {name: levels[k % len(levels)] for name, levels in ODD.items() if isinstance(levels, list)}
    return {**drawn, "wide": float(rng.uniform(-1.0, 1e9)), "tiny": float(np.exp(rng.uniform(-700, 0)))}


def _trial(k: int, params: dict[str, Any]) -> Trial:
    digest, rng = candidate_digest(params), np.random.default_rng(k)
    if k % 7 == 3:
        return Trial(digest, params, TrialState.FAIL, why=_WHY[1])
    metrics = {
        "n_trades": k, "zero": 0, "nought": -0.0, "win_rate": float(rng.random()), "none": None, "flag": k % 2 == 0,
        "huge": 1.7976931348623157e308, "least": 5e-324, "word": "a \"b\" é \u2028", "count": 2**53 + 1,
    }  # fmt: skip
    if k % 7 == 5:
        return Trial(digest, params, TrialState.PRUNED, why=_WHY[0], metrics=metrics if k % 2 else {})
    violations = ((), (-1.0, 0.0), (k / 3, -5e-324))[k % 3]
    return Trial(digest, params, TrialState.COMPLETE, float(rng.normal()) * 10 ** (k % 40 - 20), violations, metrics)


def mirrored(url: str, name: str = "fake") -> tuple[Reader, OptunaStudy]:
    """The study's reader and its Optuna study, opened as the mirror opens them."""
    make_tables(url)
    reader = open_reader(url, name)
    return reader, OptunaStudy(reader)
