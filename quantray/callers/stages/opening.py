"""Before the first row: the cluster is there, the study is ours, and nobody else works on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from quantray.callers.stages.checkpoints import Asked, Driver
from quantray.errors import begun
from quantray.files.holding import busy
from quantray.protocols import REQUEST
from quantray.settings import Runner, Storage

if TYPE_CHECKING:
    from quantray.ledger.sql_ledger import SqlLedger


class Stored(Asked, Protocol):
    """What a request says of where its ledger lies."""

    @property
    def storage(self) -> Storage: ...
    @property
    def fresh(self) -> bool: ...


@contextmanager
def opened(
    driver: Driver, plan: Stored, digests: Mapping[str, str], described: Mapping[str, Any], request: Mapping[str, Any]
) -> Iterator[None]:
    """The study's ledger and pieces for the driver, which nobody else has meanwhile.

    ``described`` are the sections of the plan under the names that its digests have: what a refusal tells;
    ``request`` is the whole of it, which the study keeps.
    """
    from quantray.ledger import ending
    from quantray.ledger.studies import open_ledger

    ledger = open_ledger(
        plan.storage, plan.run_dir, plan.study, digests, described=described, fresh=plan.fresh, say=driver.say
    )
    with closing(ledger):
        _refuse_others(ledger)
        with driver.pieces.open().held():
            ending.begin(ledger)
            ledger.note(*driver.pieces.noted)
            ledger.note(REQUEST, request)
            driver.resume(ledger)
            with begun():
                yield


def reach(runner: Runner) -> None:
    """Connect to the cluster before anything is written. Ray of this machine is started where it is used."""
    if runner.kind == "ray" and runner.address != "local":
        from quantray.runner import cluster

        cluster.start(runner)
        cluster.check_nodes(runner)


def _refuse_others(ledger: SqlLedger) -> None:
    """LedgerError where another process has the study open: rows are not claimed, both would do everything."""
    from quantray.ledger import drivers

    with ledger.database.read() as connection:
        live = drivers.live(connection, ledger.study, ledger.database.now(connection))
    others = [f"process {d.pid} on {d.host.split('/')[0]}" for d in live if d.id != ledger.driver]
    if others:
        raise busy(f"study {ledger.name!r} in {ledger.database.name}", ", ".join(others))
