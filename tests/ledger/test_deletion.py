"""fresh=true and deleting are one step: killed at any statement, the next command finishes it; two at once share it."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from quantray.errors import LedgerError
from quantray.files import Pieces
from quantray.ledger import open_ledger, start_mirror
from quantray.ledger.addresses import address
from quantray.ledger.database import Database
from quantray.ledger.deletion import Inventory, delete, unfinished
from quantray.protocols import Counts
from quantray.settings import Mirror, Storage
from quantray.sweeps.loop.ranges import SUFFIX
from quantray.sweeps.report.studies.stored import delete_study, list_studies
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.drivers import ROOT
from tests.builders.fakes import SPACE, described, filled, opened
from tests.builders.servers import Server

pytestmark = pytest.mark.slow

#: Starts the study over, and dies at the statement, commit or removal of a file that is asked for (0: says how many).
PROGRAM = """\
import os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from sqlalchemy import event
at, n = int(sys.argv[2]), 0
def step(*_):
    global n
    n += 1
    if n == at:
        os.kill(os.getpid(), signal.SIGKILL)
from tests.builders.fakes import opened
event.listen(sa.Engine, "before_cursor_execute", step)
event.listen(sa.Engine, "commit", step)
def removal(name, args):
    if name in ("os.remove", "os.rmdir") and ".quantray" in str(args[0]):
        step()
sys.addaudithook(removal)
opened(Path(sys.argv[1]), digests={"plan": "new"}, fresh=True, say=lambda _: None).close()
print(n)
"""


def _start_over(folder: Path, at: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder), str(at)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def _old(folder: Path) -> Pieces:
    """A study with evaluations, notes, the claims of its ranges, an Optuna study and pieces."""
    ledger = filled(folder, 12)
    pieces = Pieces(folder, "fake").open()
    ledger.note(*pieces.noted)
    for name in ("surface/part-0", "surface/part-1", "tables/a"):
        pieces.write(name, lambda path: path.write_bytes(b"old"))
    opened(folder, f"fake{SUFFIX}").close()
    mirror = start_mirror(ledger, Mirror(), expected=12)
    assert mirror is not None
    mirror.finish()
    ledger.close()
    return pieces


def _optuna(folder: Path) -> list[str]:
    import optuna

    return optuna.get_all_study_names(f"sqlite:///{folder}/ledger.db")


def test_killed_at_any_statement_the_next_command_finishes_it(tmp_path: Path) -> None:
    folder, kept = tmp_path / "run", tmp_path / "kept"
    pieces = _old(folder)
    shutil.copytree(folder, kept)
    ended = _start_over(folder, 0)
    assert ended.returncode == 0, ended.stderr
    steps = int(ended.stdout)
    noted = False  # whether the deletion had begun: from then on nothing of the old study is left
    for at in sorted({1, steps, *random.Random(8).sample(range(1, steps + 1), 8)}):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        assert _start_over(folder, at).returncode == -signal.SIGKILL
        if any(row.name == "fake" and row.counts.attempts for row in list_studies(folder)):
            assert not noted  # it died before that: the old study is there, whole
            assert pieces.size()[0] == 3
            with pytest.raises(LedgerError, match="was made by another plan"):
                opened(folder, digests={"plan": "new"})
            opened(folder).close()
            ledger = opened(folder, digests={"plan": "new"}, fresh=True, say=lambda _: None)
        else:
            noted = True
            ledger = opened(folder, digests={"plan": "new"}, say=lambda _: None)
        assert ledger.counts().attempts == 0
        assert dict(ledger.notes()) == {}
        assert unfinished(ledger.database) == []
        assert [row.name for row in list_studies(folder)] == ["fake"]
        ledger.close()
        assert _optuna(folder) == []
        assert pieces.size() == (0, 0)
    assert noted


def test_study_delete_finishes_what_a_killed_one_began(tmp_path: Path) -> None:
    pieces = _old(tmp_path)
    database = Database(address(Storage(), tmp_path), create=True)
    with database.write() as connection:  # as a killed one leaves it: the rows are gone, the rest is not
        places = json.dumps({"files/x": {"run_dir": str(tmp_path)}})
        for table in ("evaluations", "notes", "drivers", "studies"):
            connection.exec_driver_sql(f"DELETE FROM quantray_{table}")
        connection.exec_driver_sql(
            "INSERT INTO quantray_deletions VALUES ('fake', ?, 'elsewhere', 1, '', 0.0)", (places,)
        )
    database.close()
    assert "is deleted" in delete_study(tmp_path, "fake", yes=True)
    assert pieces.size() == (0, 0)
    assert _optuna(tmp_path) == []
    assert list_studies(tmp_path) == []


def test_what_somebody_changed_stays_and_is_named(tmp_path: Path) -> None:
    pieces = _old(tmp_path)
    pieces.path("tables/a").write_text("mine by now")
    said: list[str] = []
    with_database = Database(address(Storage(), tmp_path), create=True)
    assert delete(with_database, "fake", say=said.append)
    with_database.close()
    assert "stays" in said[0]
    assert pieces.path("tables/a").read_text() == "mine by now"


def test_a_study_that_is_driven_is_not_deleted(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 4)
    with pytest.raises(LedgerError, match=f"driven by process {os.getpid()}"):
        opened(tmp_path, fresh=True)
    assert ledger.counts().attempts == 4
    ledger.close()


def _again(storage: Storage, folder: str, start: Any, out: Any, tries: int) -> None:
    for _ in range(tries):
        start.wait()
        try:
            ledger = open_ledger(
                storage, folder, "fake", {"a": "b"}, described=described(), fresh=True, say=lambda _: None
            )
            batch = make_batch(0, [1, 2, 3], SPACE)
            won = ledger.claim(batch)
            ledger.store(0, [t for t, mine in zip(make_trials(batch), won, strict=True) if mine])
            ledger.close()
            out.put("done")
        except LedgerError as error:
            out.put("refused" if "is being driven by process" in str(error) else str(error))
        except BaseException as error:
            out.put(repr(error))


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_several_start_over_at_once(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    """Each starts over, or is told who works on the study; nothing else happens in 80 tries."""
    storage = Storage()
    if where == "postgres":
        server: Server = request.getfixturevalue("server")
        storage = Storage("postgres", server.database("start_over"))
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_again, args=(storage, str(tmp_path), start, out, 20)) for _ in range(4)]
    for process in processes:
        process.start()
    ended = Counter(out.get(timeout=300) for _ in range(80))
    for process in processes:
        process.join(30)
    assert set(ended) <= {"done", "refused"}, ended
    assert ended["done"] >= 20


def test_what_goes_is_counted_in_words() -> None:
    one = Inventory("s", "here", Counts(complete=1), notes=1, mirrored=False, files=1, bytes=1)
    states = "(1 complete, 0 pruned, 0 failed, 0 unfinished)"
    assert str(one).endswith(f"1 evaluation {states}, 1 note, 1 working file of 1 byte")
