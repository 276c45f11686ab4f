"""Several processes on one study: no candidate is claimed twice, none is lost; a killed one leaves its claims."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quantray.ledger import open_ledger, open_reader
from quantray.ledger.addresses import address
from quantray.protocols import Counts
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Runner, Search, Storage
from quantray.space import Candidates, parse_space
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.testing.ledger import make_batch, make_trials
from quantray.trial import Trial, TrialState
from tests.builders.fakes import SPACE, opened
from tests.builders.servers import Server

pytestmark = pytest.mark.slow

POINTS = 240
TABLE = parse_space({"a": list(range(25)), "b": list(range(20))})


def _drive(folder: str, seed: int, start: multiprocessing.synchronize.Barrier, out: multiprocessing.Queue) -> None:
    ledger = opened(Path(folder), say=lambda _: None)
    order = list(range(POINTS))
    random.Random(seed).shuffle(order)
    start.wait()
    won: list[str] = []
    for k in range(0, POINTS, 8):
        batch = make_batch(k, order[k : k + 8], SPACE)
        mine = [d for d, owned in zip(batch.digests, ledger.claim(batch), strict=True) if owned]
        ledger.store(k, [t for t in make_trials(batch) if t.digest in mine])
        won += mine
    out.put(won)
    ledger.close()


def test_processes_share_the_candidates(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    count = 5
    start, out = context.Barrier(count), context.Queue()
    processes = [context.Process(target=_drive, args=(str(tmp_path), i, start, out)) for i in range(count)]
    for process in processes:
        process.start()
    won = [out.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    every = [digest for some in won for digest in some]
    assert len(every) == len(set(every)) == POINTS
    assert sum(bool(some) for some in won) > 1
    ledger = opened(tmp_path)
    trials = list(ledger.trials())
    assert [t.number for t in trials] == list(range(POINTS))
    assert {t.digest for t in trials} == set(every)
    assert ledger.counts().claimed == 0
    ledger.close()


def test_a_killed_driver_leaves_its_batch_to_the_next(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from quantray.testing.ledger import make_batch, make_trials\n"
        "from tests.builders.fakes import SPACE, opened\n"
        "ledger = opened(Path(sys.argv[1]))\n"
        "done, lost = make_batch(0, [1, 2, 3], SPACE), make_batch(1, [6, 5, 4], SPACE)\n"
        "ledger.claim(done); ledger.store(0, make_trials(done)); ledger.claim(lost)\n"
        "print('claimed', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        said: list[str] = []
        watcher = opened(tmp_path, say=said.append)
        assert f"process {process.pid} " in said[0]
        assert [p.number for p in watcher.batches()] == [0]  # the claims of a live driver are its own
        os.kill(process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet buried by its parent
        pending = list(watcher.batches())
    lost = make_batch(1, [6, 5, 4], SPACE)
    assert [p.number for p in pending] == [0, 1]
    assert pending[1].digests == lost.digests
    assert dict(pending[1].stored) == {}
    watcher.store(1, make_trials(lost))
    assert [t.number for t in watcher.trials()] == list(range(6))
    assert watcher.counts().claimed == 0
    watcher.close()
    states = [t.state.value for points in ([1, 2, 3], [6, 5, 4]) for t in make_trials(make_batch(0, points, SPACE))]
    resumed = opened(tmp_path)
    assert resumed.counts() == Counts(*(states.count(s) for s in ("COMPLETE", "PRUNED", "FAIL")), 0)
    assert resumed.counts().attempts == 6
    resumed.close()


def _noted_down(file: str) -> object:
    """An objective that writes a line for each of its evaluations, in one write."""

    def evaluate(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        batch = make_batch(0, [TABLE.number(candidates.params(i)) for i in range(len(candidates))], TABLE)
        with open(file, "ab", buffering=0) as log:
            log.write("".join(f"{digest}\n" for digest in batch.digests).encode())
        return [
            Trial(digest, batch.candidates.params(i), TrialState.COMPLETE, int(digest[:4], 16) / 7)
            for i, digest in enumerate(batch.digests)
        ]

    return evaluate


def _search(
    storage: Storage,
    folder: str,
    kind: str,
    seed: int,
    start: multiprocessing.synchronize.Barrier,
    out: multiprocessing.Queue,
) -> None:
    plan = Plan(
        "race", StrategySpec("none"), TABLE, None, Path(folder), seed=seed, storage=storage,
        search=Search(kind=kind, n_trials=2000, batch=16), runner=Runner("local", 1),
    )  # fmt: skip
    ledger = open_ledger(storage, folder, plan.study, {}, described={}, say=lambda _: None)
    sweep = Sweep(plan, make_searcher(plan.search, plan.space, plan.seed), ledger)
    start.wait()
    ended = run_local(plan, Slice("NONE", (), "no data"), sweep, _noted_down(f"{folder}/evaluated"))  # type: ignore[arg-type]
    ledger.close()
    out.put((ended.reason, ended.sentence, dict(ended.duplicates)))


@pytest.mark.parametrize(("kind", "seeds"), [("random", (3, 3)), ("qmc", (3, 4))])
@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_two_drivers_race_for_500_points_with_2000_asks(
    request: pytest.FixtureRequest, tmp_path: Path, where: str, kind: str, seeds: tuple[int, int]
) -> None:
    storage = Storage()
    if where == "postgres":
        server: Server = request.getfixturevalue("server")
        storage = Storage("postgres", server.database(f"race_{kind}_{seeds[1]}"))
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=_search, args=(storage, str(tmp_path), kind, seed, start, out)) for seed in seeds
    ]
    for process in processes:
        process.start()
    ended = [out.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert [reason for reason, _, _ in ended] == ["exhausted", "exhausted"]
    assert all("every point of the space was tried" in sentence for _, sentence, _ in ended)
    evaluated = (tmp_path / "evaluated").read_text().split()
    assert len(evaluated) == len(set(evaluated)) == 500
    assert sum(duplicates["database"] for _, _, duplicates in ended) >= 1
    with open_reader(address(storage, tmp_path)) as study:
        assert study.counts() == Counts(complete=500)
        assert [t.number for t in study.trials()] == list(range(500))
        assert {t.digest for t in study.trials()} == set(evaluated)
        assert (study.repeated(), study.late()) == (0, 0)
