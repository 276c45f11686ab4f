"""The Optuna study beside a ledger, for dashboards and ``optuna.load_study``: a process of its own.

It is told what to do on standard input (one JSON line, then ``finish``), adds trials through Optuna's public
``add_trial`` at a fraction of a core, and ends when its driver ends. Only this process writes Optuna's tables.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import optuna
from sqlalchemy import exc

from quantray.errors import LedgerError
from quantray.ledger import postgres
from quantray.ledger.addresses import masked
from quantray.ledger.database import PATIENCE_S
from quantray.ledger.mirror_queue import Mirrorable, Queue, read
from quantray.ledger.reader import Reader, open_reader
from quantray.ledger.sqlite_file import TIMEOUT_S
from quantray.outlets import guarded_streams
from quantray.passwords import learn
from quantray.space import Dimension, parse_space

MARK = "quantray"  # a user attribute of the Optuna studies that are ours: which study they mirror
IDLE_S = 0.5  # how long nothing is looked up after there was nothing to do
CHUNK = 32


def storage(url: str) -> optuna.storages.RDBStorage:
    """Optuna's tables in the ledger's database, patient with its other writers."""
    lite = url.startswith("sqlite")
    arguments = {"timeout": TIMEOUT_S, "isolation_level": "IMMEDIATE"} if lite else {}
    return optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": arguments})


def open_study(reader: Reader, url: str) -> optuna.Study:
    """Create or load the mirror of the reader's study. A study of that name that is not ours is refused.

    The mirror of an earlier study of that name, which a process that died may have left or begun too late, is replaced.
    """
    study = _create(reader, url)
    if MARK in study.user_attrs and study.user_attrs[MARK] != identity(reader) and not _adopted(study, reader):
        with suppress(KeyError):  # another mirror was faster
            study._storage.delete_study(study._study_id)
        study = _create(reader, url)
    if MARK not in study.user_attrs:
        if study.get_trials(deepcopy=False):
            raise LedgerError(f"the database holds an Optuna study {reader.name!r} of its own; it was left as it is")
        objective = reader.described.get("objective")
        if isinstance(objective, str):
            study.set_metric_names([objective])
        study.set_user_attr(MARK, identity(reader))
    return study


def identity(reader: Reader) -> str:
    """What tells the study from an earlier or later one of its name in the same database."""
    return f"study {reader.study} of {reader.created_at!r}"


def _adopted(study: optuna.Study, reader: Reader) -> bool:
    """Whether it mirrors the reader's study though its mark is that of release 0.1.0, which did not say so."""
    if str(study.user_attrs[MARK]).startswith("study "):
        return False
    digests = [str(trial.user_attrs.get("digest")) for trial in study.get_trials(deepcopy=False)]
    if len(list(read(reader, digests))) != len(digests):
        return False
    study.set_user_attr(MARK, identity(reader))
    return True


def _create(reader: Reader, url: str) -> optuna.Study:
    for patience in (0.2, 1.0, 3.0, None):
        try:
            return optuna.create_study(
                study_name=reader.name, storage=storage(url), direction="maximize", load_if_exists=True
            )
        except Exception:  # another mirror is creating Optuna's tables at this moment
            if patience is None:
                raise
            time.sleep(patience)
    raise AssertionError("unreachable")


def distributions(space: Mapping[str, object]) -> dict[str, optuna.distributions.BaseDistribution]:
    """The dimensions as Optuna knows them: the real values, never indices."""
    return {d.name: _distribution(d) for d in parse_space(space).dimensions}


def _distribution(d: Dimension) -> optuna.distributions.BaseDistribution:
    if d.values is not None:
        return optuna.distributions.CategoricalDistribution(tuple(_choice(v) for v in d.values))
    return optuna.distributions.FloatDistribution(float(d.low or 0.0), float(d.high or 0.0), log=d.log)


def _choice(value: object) -> bool | int | float | str | None:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)


def frozen(row: Mirrorable, space: Mapping[str, optuna.distributions.BaseDistribution]) -> optuna.trial.FrozenTrial:
    """A stored trial as Optuna's: metrics and the reason are user attributes, violations constraints.

    Optuna spends a millisecond an attribute, so what says nothing is left out: metrics that do not exist, counts of
    0, and every metric of a trial without a value. The ledger has them all.
    """
    trial = row.trial
    attributes: dict[str, Any] = {"digest": trial.digest, "number": trial.number}
    if trial.value is not None:
        attributes |= {name: value for name, value in trial.metrics.items() if value}
    if trial.why:
        attributes["why"] = trial.why
    known = {name: _choice(value) for name, value in trial.params.items() if name in space}
    result = optuna.trial.create_trial(
        state=optuna.trial.TrialState[str(trial.state)],
        value=trial.value,
        params=known,
        distributions={name: space[name] for name in known},
        user_attrs=attributes,
        system_attrs={"constraints": list(trial.violations)} if trial.violations else {},
    )
    result.datetime_start = datetime.fromtimestamp(row.claimed_at)
    result.datetime_complete = datetime.fromtimestamp(row.stored_at)
    return result


class Filler:
    """Adds what the queue wants to the Optuna study."""

    def __init__(self, url: str, name: str, max_trials: int, expected: int | None) -> None:
        self.reader = open_reader(url, name)
        self.study = open_study(self.reader, url)
        self.space = distributions(self.reader.described.get("space") or {})
        self.queue = Queue(max_trials, expected)
        for trial in self.study.get_trials(deepcopy=False):
            self.queue.done.add(str(trial.user_attrs.get("digest")))

    def fill(self, digests: Iterable[str], *, share: float, stop: threading.Event) -> int:
        """Add these trials, using ``share`` of the time; ``stop`` ends it early."""
        added = 0
        for row in read(self.reader, digests):
            start = time.perf_counter()
            self.study.add_trial(frozen(row, self.space))
            self.queue.done.add(row.trial.digest)
            added += 1
            if stop.wait((time.perf_counter() - start) * (1 / share - 1)):
                break
        return added

    def close(self) -> None:
        with suppress(Exception):  # of a server that is gone
            self.study._storage.remove_session()
            self.study._storage.engine.dispose()  # type: ignore[attr-defined]
            self.reader.close()

    def run(self, orders: Orders) -> None:
        """Follow the ledger until told to finish or the driver is gone; finishing adds what is missing."""
        while not orders.said.is_set():
            wanted = self.queue.live(self.reader, CHUNK) if self.queue.leads(self.reader, orders.driver) else []
            if not self.fill(wanted, share=orders.share, stop=orders.said):
                orders.said.wait(IDLE_S)
        never = threading.Event()
        while not orders.gone and self.queue.leads(self.reader, orders.driver):
            added = self.fill(self.queue.final(self.reader, 10 * CHUNK), share=1.0, stop=never)
            print(len(self.queue.done), flush=True)
            if not added:
                return


@dataclass
class Orders:
    """What the driver said on standard input, read by a thread."""

    driver: int
    parent: int
    share: float
    said: threading.Event
    gone: bool = False

    def listen(self) -> None:
        threading.Thread(target=self._hear, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _hear(self) -> None:
        self.gone = sys.stdin.readline().strip() != "finish"
        self.said.set()
        if not self.gone:
            sys.stdin.read()  # until the driver has what it wants, or is dead
            os._exit(0)

    def _watch(self) -> None:
        while os.getppid() == self.parent:
            time.sleep(1.0)
        os._exit(0)  # the pipe may live on in a child of the driver


def delete_mirrored(url: str, name: str) -> None:
    """Delete the Optuna study ``name`` if it is a mirror; one that somebody else made stays."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tables = storage(url)
    try:
        study = optuna.load_study(study_name=name, storage=tables)
    except KeyError:
        return
    if MARK in study.user_attrs:
        optuna.delete_study(study_name=name, storage=tables)
    tables.engine.dispose()


def main() -> int:
    """Run the mirror that standard input describes; when told to finish, print how many trials it holds."""
    with suppress(OSError):
        os.nice(5)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    told = json.loads(sys.stdin.readline())
    learn(told["url"])
    orders = Orders(told["driver"], told["parent"], told["share"], threading.Event())
    orders.listen()
    try:
        print(_filled(told, orders), flush=True)
    except Exception as error:  # the ledger is not affected, and its driver repeats one sentence
        print(masked(_sentence(error)), file=sys.stderr, flush=True)
        return 1
    return 0


def _filled(told: Mapping[str, Any], orders: Orders) -> int:
    """Fill until it is over; how many trials there are then. A server that goes away is waited for, as drivers do."""
    deadline, pause, patience = 0.0, 0.2, float(told.get("patience", PATIENCE_S))
    while True:
        filler: Filler | None = None
        try:
            filler = Filler(told["url"], told["study"], told["max_trials"], told["expected"])
            deadline, pause = 0.0, 0.2
            filler.run(orders)
            return len(filler.queue.done)
        except Exception as error:
            deadline = deadline or time.monotonic() + patience
            if not _passes(error) or time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
        finally:
            if filler is not None:
                filler.close()


def _passes(error: BaseException | None) -> bool:
    """Whether a server went away that may come back; Optuna and the ledger wrap what SQLAlchemy says."""
    while error is not None:
        if isinstance(error, exc.DBAPIError):
            return not isinstance(error.orig, sqlite3.Error) and postgres.passes(error)
        error = error.__cause__ or error.__context__
    return False


def _sentence(error: BaseException) -> str:
    """The first line of what went wrong, without the links of a library."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, exc.DBAPIError):
        cause = cause.__cause__ or cause.__context__
    said = str(cause.orig if isinstance(cause, exc.DBAPIError) and not isinstance(error, LedgerError) else error)
    return (said.strip().splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    with guarded_streams(()):
        raise SystemExit(main())
