"""The Optuna study beside a ledger, for dashboards and ``optuna.load_study``: a process of its own.

It is told what to do on standard input (one JSON line, then ``finish``), writes Optuna's tables many trials at a time,
and ends when its driver ends.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantray.errors import LedgerError
from quantray.outlets import guarded_streams
from quantray.passwords import learn, masked

if TYPE_CHECKING:
    from quantray.ledger.mirror_queue import Queue
    from quantray.ledger.optuna_study import OptunaStudy
    from quantray.ledger.reader import Reader

HEAD_START_S = 3.0  # nothing is loaded so long, while the driver starts its workers
IDLE_S = 0.5  # how long nothing is looked up after there was nothing to do
SHARE = 0.25  # of the time, while the search runs: in SQLite one writes at a time
LIVE, FINAL = 400, 1000  # trials a transaction, while the search runs and after it


class Filler:
    """Adds what the queue wants to the Optuna study."""

    def __init__(self, reader: Reader, study: OptunaStudy, queue: Queue) -> None:
        self.reader, self.study, self.queue = reader, study, queue

    def live(self) -> int:
        """Add some of what was stored since the last call; how many."""
        return self._add(self.queue.live(self.reader, self.study.done, LIVE))

    def final(self) -> None:
        """Add all that is missing and has room."""
        missing = self.queue.final(self.reader, self.study.done)
        for start in range(0, len(missing), FINAL):
            self._add(missing[start : start + FINAL])

    def _add(self, digests: list[str]) -> int:
        from quantray.ledger.mirror_queue import read
        from quantray.ledger.optuna_rows import COPIED

        return self.study.add(read(self.reader, digests, COPIED)) if digests else 0


@dataclass
class Orders:
    """What the driver said on standard input, read by a thread."""

    parent: int
    said: threading.Event

    def listen(self) -> None:
        threading.Thread(target=self._hear, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _hear(self) -> None:
        if sys.stdin.readline().strip() != "finish":
            os._exit(0)
        self.said.set()
        sys.stdin.read()  # until the driver has what it wants, or is dead
        os._exit(0)

    def _watch(self) -> None:
        while os.getppid() == self.parent:
            time.sleep(1.0)
        os._exit(0)  # the pipe may live on in a child of the driver


def main() -> int:
    """Run the mirror that standard input describes; when told to finish, print how many trials it holds."""
    told = json.loads(sys.stdin.readline())
    learn(told["url"])
    orders = Orders(told["parent"], threading.Event())
    orders.listen()
    orders.said.wait(HEAD_START_S)
    try:
        print(_filled(told, orders), flush=True)
    except Exception as error:  # the ledger is not affected, and its driver repeats one sentence
        print(masked(_sentence(error)), file=sys.stderr, flush=True)
        return 1
    return 0


def _filled(told: Mapping[str, Any], orders: Orders) -> int:
    """Follow the ledger until told to finish, then add what is missing; how many trials there are."""
    filler = opened(told["url"], told["study"], told["max_trials"], told["expected"], told["patience"])
    while not orders.said.is_set():
        start = time.perf_counter()
        added = filler.live()
        took = time.perf_counter() - start
        orders.said.wait(took * (1 / SHARE - 1) if added else IDLE_S)
    filler.final()
    return len(filler.study.done)


def opened(url: str, name: str, max_trials: int, expected: int | None, patience: float) -> Filler:
    """The Optuna study of the study ``name`` at ``url``. A server that goes away is waited for, as drivers do."""
    import optuna

    from quantray.ledger.mirror_queue import Queue
    from quantray.ledger.optuna_study import OptunaStudy, make_tables
    from quantray.ledger.reader import open_reader

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    deadline, pause = time.monotonic() + patience, 0.2
    while True:
        reader: Reader | None = None
        try:
            reader = open_reader(url, name)
            reader.database.patience = patience
            make_tables(url)
            return Filler(reader, OptunaStudy(reader), Queue(max_trials, expected))
        except Exception as error:
            if reader is not None:
                reader.close()
            if not _passes(error) or time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 2.0)


def _passes(error: BaseException | None) -> bool:
    """Whether it is of a moment: a server went away, or another mirror makes Optuna's tables at the same time."""
    from sqlalchemy import exc

    from quantray.ledger import postgres

    while error is not None:
        if isinstance(error, exc.DBAPIError):
            made = "already exists" in str(error.orig) or isinstance(error, exc.IntegrityError)
            return made or (not isinstance(error.orig, sqlite3.Error) and postgres.passes(error))
        error = error.__cause__ or error.__context__
    return False


def _sentence(error: BaseException) -> str:
    """The first line of what went wrong, without the links of a library."""
    from sqlalchemy import exc

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, exc.DBAPIError):
        cause = cause.__cause__ or cause.__context__
    said = str(cause.orig if isinstance(cause, exc.DBAPIError) and not isinstance(error, LedgerError) else error)
    return (said.strip().splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    with guarded_streams(()):
        raise SystemExit(main())
