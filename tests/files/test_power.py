"""The power fails: what the ledger notes is on the disk, and the same command gives the same bytes."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from quantray.callers.stages import scores
from quantray.config.plans import load_plan
from quantray.files import Pieces
from quantray.ledger import open_reader
from quantray.sweeps.study import sweep
from tests.builders.call_plans import bytes_of, finished, market, shown
from tests.builders.commands import carried_out, compared, words
from tests.builders.power import Disk

pytestmark = pytest.mark.slow


class PowerCut(BaseException):
    """Nothing runs after it."""


def noted(ledger: Path, study: str) -> dict[str, list[object]]:
    """Piece -> what the ledger notes of it."""
    with open_reader(f"sqlite:///{ledger}", study) as reader:
        notes = reader.notes()
    found: dict[str, list[object]] = {}
    for key, note in notes.items():
        if key.startswith("callers/"):
            found |= note["files"]
        elif key.startswith("surface/part/"):
            found[key] = note["file"]
    return found


def restored(disk: Disk, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's directory as the disk has it after the cut; the ledger has everything that was ever noted."""
    monkeypatch.undo()
    left = run_dir.parent / "left"
    disk.cut(left)
    with sqlite3.connect(run_dir / "ledger.db") as source, sqlite3.connect(left / "ledger.db") as target:
        source.backup(target)
    for thread in threading.enumerate():  # which a cut run does not wait for, and the cut would have ended
        if thread.name.startswith("quantray-worker"):
            thread.join(30)
    shutil.rmtree(run_dir)
    left.rename(run_dir)


@pytest.mark.parametrize("rows", [1, 4, 9, 14, 22, 999])
def test_a_run_about_callers(rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quantray.callers.pipeline import run
    from tests.builders.call_plans import plan_on

    monkeypatch.setattr(scores, "PAIRS", 200)
    data = market(tmp_path, bucket_rows=300)
    whole = finished(data, tmp_path / "whole", mode="both")
    plan, count = plan_on(data, tmp_path / "run", mode="both"), 0
    disk = Disk(tmp_path / "run")

    def told(progress: object) -> None:
        nonlocal count
        count += getattr(progress, "total", 0) > 0
        if count == rows:
            raise PowerCut

    with monkeypatch.context() as watched:
        disk.watch(watched)
        with suppress(PowerCut):
            run(plan, progress=told, say=str)
        restored(disk, tmp_path / "run", watched)
    pieces, notes = Pieces(tmp_path / "run", "test"), noted(tmp_path / "run" / "ledger.db", "test")
    assert set(pieces.states(notes).values()) <= {"whole"}
    said: list[str] = []
    again = run(plan, say=said.append)
    assert again.remade == 0, said
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")
    assert shown(again) == shown(whole)


@pytest.mark.parametrize("parts", [1, 2, 99])
def test_a_complete_table(parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("quantray.sweeps.grid.points.RANGE", 10)
    assert carried_out("table", "run_dir=whole") == 0
    plan, count = load_plan(words("table", "run_dir=run")), 0
    disk = Disk(tmp_path / "run")

    def told(progress: object) -> None:
        nonlocal count
        count += 1
        if count == parts:
            raise PowerCut

    with monkeypatch.context() as watched:
        disk.watch(watched)
        with suppress(PowerCut):
            sweep(plan, progress=told, say=str)
        restored(disk, tmp_path / "run", watched)
    notes = noted(tmp_path / "run" / "ledger.db", "mine")
    assert len(notes) == min(parts, 4)
    said: list[str] = []
    sweep(plan, say=said.append)
    assert not [sentence for sentence in said if "evaluated again" in sentence]
    assert compared(tmp_path / "run", "table") == compared(tmp_path / "whole", "table")


def test_the_shim_loses_what_was_not_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the syncs of pieces this test's machine would find nothing: the test can fail."""
    run = tmp_path / "run"
    run.mkdir()
    disk = Disk(run)
    with monkeypatch.context() as watched:
        disk.watch(watched)
        pieces = Pieces(run, "test").open()
        pieces.write("a/b", lambda path: path.write_bytes(b"noted"))
        (pieces.folder / "a" / "c").write_bytes(b"not synced")
    disk.cut(tmp_path / "left")
    left = tmp_path / "left" / pieces.folder.relative_to(run)
    assert (left / "a" / "b").read_bytes() == b"noted"
    assert not (left / "a" / "c").exists()
