"""Drivers in processes of their own: each does one thing to a ledger, says what it did, and waits to be told more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from quantray.settings import Storage

ROOT = Path(__file__).parents[2]

PROGRAM = """\
import sys, json, time
WRONG = float(sys.argv[2])
if WRONG:  # a machine whose clock is wrong: everything that asks Python gets another time
    right = time.time
    time.time = lambda: right() + WRONG
    time.time_ns = lambda: int((right() + WRONG) * 1e9)
from pathlib import Path
from quantray.ledger import open_ledger
from quantray.settings import Storage
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPACE, SPEC, described
storage = Storage(**json.loads(sys.argv[1]))
ledger = open_ledger(storage, sys.argv[3], "fake", {"space": SPACE.digest}, described=described(), say=lambda _: None)
def answer(x): print(json.dumps(x), flush=True)
answer(ledger.driver)
for line in sys.stdin:
    what, number, points = json.loads(line)
    batch = make_batch(number, points, SPACE)
    if what == "claim":
        answer(list(ledger.claim(batch)))
    elif what == "store":
        answer(list(ledger.store(number, make_trials(batch))))
    elif what == "adopt":
        answer(list(ledger.adopt(number).digests))
    elif what == "compute":
        answer("begun")
        ends = time.monotonic() + points[0]
        while time.monotonic() < ends:
            pass
        answer("done")
ledger.close()
"""


class Driver:
    """One process; ``wrong`` is by how many seconds its clock is."""

    def __init__(self, storage: Storage, folder: Path, *, wrong: float = 0.0) -> None:
        told = {"kind": storage.kind, "url": storage.url, "lease_s": storage.lease_s}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(told), str(wrong), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        self.id = int(self.hear())

    def do(self, what: str, number: int, points: list[float]) -> Any:
        self.say(what, number, points)
        return self.hear()

    def say(self, what: str, number: int, points: list[float]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([what, number, points]) + "\n")
        self.process.stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the driver ended with {self.process.wait()}"
        return json.loads(line)

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def leave(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(30)

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
