"""Identical sweeps at once: search.n_trials counts the trials of all of them, in the database, and is not passed."""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quantray.ledger import open_ledger, open_reader
from quantray.ledger.addresses import address
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Storage
from quantray.space import Candidates
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.testing.ledger import make_batch
from quantray.trial import Trial, TrialState
from tests.builders.desks import SMALL, Desk
from tests.builders.fakes import SPACE, opened
from tests.builders.objectives import score
from tests.builders.runs import EMPTY, made_plan, run
from tests.builders.servers import Server
from tests.shelf.counting import GATE


def test_room_is_set_aside_and_shared(tmp_path: Path) -> None:
    """10 trials: what one has set aside, claimed or completed is not another's; what is given back is."""
    said: list[str] = []
    first = opened(tmp_path, say=said.append)
    first.expect(4)
    assert not first.shared
    second = opened(tmp_path, say=lambda _: None)
    assert second.shared
    assert second.reserve(16, 10, 100) == 3  # 10 without the 4 that the first may be about to claim, in two parts
    batch = make_batch(0, [1, 2, 3, 4], SPACE)
    assert first.claim(batch) == (True,) * 4
    assert first.shared
    assert "also driven by" in said[0]
    assert first.reserve(16, 10, 100) == 2
    assert second.reserve(16, 10, 100) == 2
    second.expect(0)
    assert first.reserve(16, 10, 100) == 3
    assert first.reserve(16, 4, 100) == 0
    assert first.reserve(16, 10, 6) == 1
    second.close()
    assert first.reserve(16, 10, 100) == 6
    first.close()


def test_a_driver_that_is_alone_counts_alone(tmp_path: Path) -> None:
    for _ in range(2):  # the second resumes
        ledger = opened(tmp_path)
        ledger.expect(8)
        ledger.claim(make_batch(0, [1, 2], SPACE))
        assert not ledger.shared
        assert ledger.others == 0
        ledger.close()


def _slow(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    """A third is pruned, so that room is given back until the end."""
    time.sleep(0.005)
    found = [score(candidates.params(i)) for i in range(len(candidates))]
    return [
        replace(t, state=TrialState.PRUNED, value=None, violations=(), why="too_few_trades")
        if int(t.digest[:2], 16) % 3 == 0
        else t
        for t in found
    ]


def _drive(plan: Plan, folder: str, start: Any, out: Any) -> None:
    ledger = open_ledger(plan.storage, folder, plan.study, {}, described={}, say=lambda _: None)
    start.wait()
    while True:
        sweep = Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)
        ended = run_local(plan, EMPTY, sweep, _slow)
        while ledger.counts().claimed and not ledger.orphans():
            time.sleep(0.02)
        if ledger.counts().complete >= plan.search.n_trials:
            break
    ledger.close()
    out.put((ended.reason, ended.counts.complete))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["random", "qmc", "tpe"])
@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_three_identical_sweeps_store_what_is_asked_for(
    request: pytest.FixtureRequest, tmp_path: Path, where: str, kind: str
) -> None:
    storage = Storage()
    if where == "postgres":
        server: Server = request.getfixturevalue("server")
        storage = Storage("postgres", server.database(f"together_{kind}"))
    plan = made_plan(storage, tmp_path, kind, n_trials=60)
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_drive, args=(plan, str(tmp_path), start, out)) for _ in range(3)]
    for process in processes:
        process.start()
    ended = [out.get(timeout=200) for _ in processes]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    with open_reader(address(storage, tmp_path)) as study:
        assert study.counts().complete == 60
        assert study.counts().claimed == 0
        assert study.repeated() == 0
        assert len({t.digest for t in study.trials()}) == study.counts().attempts
    assert {reason for reason, _ in ended} == {"n_trials"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["random", "qmc", "tpe"])
def test_alone_it_is_as_it_was(tmp_path: Path, kind: str) -> None:
    """One driver: the same trials in the same order, every time."""
    straight = run(made_plan(Storage(), tmp_path / "a", kind))
    assert run(made_plan(Storage(), tmp_path / "b", kind)) == straight


class Heard:
    """A driver's lines about the study's count, each with what the driver itself had evaluated by then."""

    def __init__(self, desk: Desk, process: subprocess.Popen[str]) -> None:
        self.desk, self.process = desk, process
        self.counts: list[tuple[int, int]] = []
        self.said = ""
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if found := re.match(r"counted: ([\d,]+) of 640,.*one of 2 drivers", line):
                self.counts.append((int(found[1]), self.desk.first().count(self.process.pid)))

    def end(self) -> None:
        assert self.process.wait(timeout=240) == 0, self.said
        self._thread.join(60)


@pytest.mark.slow
def test_each_of_two_on_a_table_shows_the_studys_count(tmp_path: Path) -> None:
    """While it runs: what the other has stored counts in every line that says that there is another.

    Both begin to evaluate at the same moment, however long each took to start: who is alone for half of the table has
    nothing of another to show.
    """
    desk = Desk(tmp_path / "desk", pause=0.04)
    desk.env[GATE] = str(desk.folder / "open")
    command = ["quantray.run", *SMALL, "search=exhaustive", "runner=local", "runner.workers=1", "run_dir=out"]
    drivers = [Heard(desk, desk.start(*command)) for _ in range(2)]
    deadline = time.monotonic() + 120
    while len(list(desk.folder.glob("open.*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    (desk.folder / "open").touch()
    for driver in drivers:
        driver.end()
    assert len(desk.first()) == 640
    for driver in drivers:
        assert 0 < desk.first().count(driver.process.pid) < 640
        shown = [n for n, _ in driver.counts]
        assert shown, driver.said
        assert shown == sorted(shown)
        last, own = driver.counts[-1]
        assert own < last <= 640, driver.counts
