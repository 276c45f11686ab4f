"""What a study costs as it grows: no file a trial, no statement a candidate, and little memory."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from quantray.runner.local import run_local
from quantray.settings import Runner, Search, Storage
from quantray.space import Candidates, Digests, Space, parse_space
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.testing.ledger import make_batch, make_trials
from quantray.trial import Trial, TrialState
from tests.builders.fakes import opened_in
from tests.builders.runs import EMPTY, swept
from tests.builders.servers import Server

pytestmark = pytest.mark.slow

TABLE: Space = parse_space({name: list(range(12)) for name in "abcdef"})
ENDLESS: Space = parse_space({"x": {"low": 0.0, "high": 1.0}, **{name: list(range(12)) for name in "abcde"}})
METRICS = {f"metric_{i}": i / 7 for i in range(15)}


class Measured:
    """A trivial objective; ``after`` each batch something is looked at."""

    def __init__(self, space: Space, after: Any) -> None:
        self._digests, self._after, self.done = Digests(space), after, 0

    def __call__(self, plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        self.done += len(candidates)
        self._after(self.done)
        return [
            Trial(digest, candidates.params(i), TrialState.COMPLETE, int(digest[:8], 16) / 7, metrics=METRICS)
            for i, digest in enumerate(self._digests.of(candidates))
        ]


def _plan(storage: Storage, folder: Path, space: Space, kind: str, n: int, batch: int) -> Plan:
    search = Search(kind=kind, n_trials=n, batch=batch)
    return Plan(
        "grow", StrategySpec("none"), space, None, folder, search=search, runner=Runner("local", 1), storage=storage
    )


@pytest.mark.parametrize(
    ("space", "kind", "n", "batch", "limit"),
    [(TABLE, "random", 5_000, 256, 2.0), (ENDLESS, "random", 5_000, 256, 2.0)],
    ids=["table", "continuous"],
)
def test_memory_for_ten_thousand_trials(
    tmp_path: Path, space: Space, kind: str, n: int, batch: int, limit: float
) -> None:
    """Megabytes that Python holds, from a third of the run to its end, for 10,000 trials; and the files there are."""
    readings: list[tuple[int, int]] = []

    def look(done: int) -> None:
        if done >= n // 3 and (not readings or done >= n):
            gc.collect()
            readings.append((done, tracemalloc.get_traced_memory()[0]))

    plan = _plan(Storage(), tmp_path, space, kind, n, batch)
    tracemalloc.start()
    try:
        sweep = swept(plan)
        run_local(plan, EMPTY, sweep, Measured(space, look))
    finally:
        tracemalloc.stop()
    assert sweep.ledger.counts().complete == n
    assert {path.name for path in tmp_path.iterdir()} <= {"ledger.db", "ledger.db-wal", "ledger.db-shm"}
    sweep.ledger.close()
    (began, before), (ended, after) = readings
    assert (after - before) / (1 << 20) * 10_000 / (ended - began) <= limit


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_a_batch_costs_the_same_few_statements_however_large(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    counted = []
    for size in (16, 256):
        storage = Storage("sqlite", str(tmp_path / f"{size}.db"))
        if where == "postgres":
            server: Server = request.getfixturevalue("server")
            storage = Storage("postgres", server.database(f"statements_{size}"))
        with opened_in(storage, tmp_path) as ledger:
            batch = make_batch(0, range(size), TABLE)
            sent: list[str] = []
            sa.event.listen(
                ledger.database.engine, "before_cursor_execute", lambda *given, sent=sent: sent.append(given[2])
            )
            ledger.claim(batch)
            ledger.store(0, make_trials(batch))
            counted.append(len(sent))
    assert counted[0] == counted[1] <= 14
