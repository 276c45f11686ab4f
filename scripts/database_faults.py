"""Disturb the Postgres server of a run at random moments and compare: the table of docs/ledger.md.

``python scripts/database_faults.py --times 12``: each run (in turn random, quasi-random and TPE) has its connections
cut or its server restarted during three random batches; its table is then held against that of an undisturbed run.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from quantray.ledger import open_reader
from quantray.settings import Storage
from tests.builders.runs import Calls, made_plan, run
from tests.builders.servers import Server

KINDS = ("random", "qmc", "tpe")
HEAD = (
    "| search | disturbed | transactions tried again | stored | evaluated again | same table |\n"
    "|---|---|---|---|---|---|"
)


class Fault:
    """Cuts or restarts during the batches it chose."""

    def __init__(self, server: Server, rng: random.Random) -> None:
        self._server = server
        self.plan = dict(sorted((call, rng.choice(("cut", "restart"))) for call in rng.sample(range(2, 12), 3)))
        self._down = rng.uniform(0.2, 3.0)
        self._starting: threading.Thread | None = None

    def __call__(self, call: int) -> None:
        self.settle()
        if self.plan.get(call) == "cut":
            self._server.cut()
        elif self.plan.get(call) == "restart":
            self._starting = self._server.restart_after(self._down)

    def settle(self) -> None:
        if self._starting is not None:
            self._starting.join()
            self._starting = None


def disturbed(server: Server, kind: str, number: int, seed: int) -> tuple[str, bool]:
    """A line of the table, and whether it is as it must be."""
    with tempfile.TemporaryDirectory() as folder:
        expected = run(made_plan(Storage(), Path(folder) / "straight", kind, seed=number))
        name = f"faults_{seed}_{number}"
        storage = Storage("postgres", server.database(name))
        fault = Fault(server, random.Random(1000 * seed + number))
        calls = Calls(fault)
        plan = made_plan(storage, Path(folder) / "faulty", kind, seed=number)
        retries: list[int] = []
        same = run(plan, calls, retries) == expected
        fault.settle()
        with open_reader(str(storage.url)) as study:
            stored, again = study.counts().attempts, study.repeated()
    again += len(calls.digests) - len(set(calls.digests))
    what = ", ".join(f"{kind} in batch {call}" for call, kind in fault.plan.items())
    line = f"| {kind} | {what} | {retries[0]} | {stored} | {again} | {'yes' if same else 'NO'} |"
    return line, same and again == 0 and stored == len(expected)


def main() -> int:
    """Print the table; 1 when a row is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=12, help="how many runs (12)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (0)")
    given = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="quantray-faults-") as folder:
        server = Server(Path(folder))
        print(HEAD)
        for i in range(given.times):
            line, good = disturbed(server, KINDS[i % len(KINDS)], i, given.seed)
            bad += not good
            print(line, flush=True)
        server.close()
    print(f"{given.times} runs, {bad} not as they must be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
