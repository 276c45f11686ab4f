"""What a study costs as it grows: no file a trial, no statement a candidate, and little memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from quantray.ledger import bulk, postgres
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


CELLS = st.one_of(st.integers(), st.floats(), st.text(st.characters(blacklist_categories=["Cs"])),
                  st.text("\\\t\n\r\x1e\x1fN.a"))  # fmt: skip


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), max_size=5)))
def test_what_copy_is_given_means_the_values(rows: list[tuple[Any, ...]]) -> None:
    """Whatever they hold: read back character by character, as its documentation says."""
    assert list(uncopied(bulk.copied(rows))) == [tuple(map(str, row)) for row in rows]


def uncopied(text: str) -> Iterator[tuple[str, ...]]:
    """Rows of the text format of ``COPY``."""
    row, cell, at = [], "", 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
            cell += {"t": "\t", "n": "\n", "r": "\r"}.get(text[at], text[at])
        elif text[at] in "\t\n":
            row.append(cell)
            cell = ""
            if text[at] == "\n":
                yield tuple(row)
                row = []
        else:
            assert text[at] != "\r"
            cell += text[at]
        at += 1
    assert (row, cell) == ([], "")


def test_what_copy_refuses_and_a_server_that_is_lost_are_errors_as_of_statements(server: Server) -> None:
    engine = sa.create_engine(server.database("parents").replace("postgresql:", "postgresql+psycopg2:"))
    child = sa.Table("child", sa.MetaData(), sa.Column("parent", sa.Integer))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE parent (id integer PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE child (parent integer REFERENCES parent)")
    with pytest.raises(sa.exc.IntegrityError, match="violates foreign key"), engine.begin() as connection:
        bulk.append(connection, child, ["parent"], [(1,)])
    with engine.connect() as connection:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        server.ask("SELECT pg_terminate_backend(%s)", own)
        with pytest.raises(sa.exc.OperationalError) as lost:
            bulk.append(connection, child, ["parent"], [(1,)])
    assert postgres.passes(lost.value)  # and is waited for, as when any other statement loses the server
    engine.dispose()
