"""What a finished study leaves is found again as it was, or refused; and is of the past once somebody works on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.failures import Reason
from quantray.files import Pieces
from quantray.ledger import ending, open_ledger
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Storage

DIGESTS = {"data": "a", "code": "b"}


@dataclass(frozen=True)
class Found:
    """What a run found; not a record of quantray: its results are."""

    study: str = "one"
    digests: dict[str, str] = field(default_factory=lambda: dict(DIGESTS))
    results: tuple[Reason, ...] = (Reason(1, "FAIL", "why", 2),)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(open_ledger(Storage(), tmp_path, "one", DIGESTS, described={})) as opened:
        yield opened


def keep(ledger: SqlLedger, run_dir: Path, found: Found = Found()) -> list[str]:
    said: list[str] = []
    files = {"b.html": run_dir / "b.html", "a.csv": run_dir / "a.csv"}
    ending.keep(ledger, run_dir, found, files, {Found: lambda kept: kept.results}, said.append)
    return said


def test_results_are_kept_and_found_whole_or_refused(ledger: SqlLedger, tmp_path: Path) -> None:
    pieces = Pieces(tmp_path, "one")
    assert keep(ledger, tmp_path) == []
    stored = ending.kept(ledger.notes(), pieces, "a run")
    assert stored.part("results", {"Found": lambda kept: kept}) == Found().results
    assert (stored.part("files"), stored.part("run_dir")) == (["b.html", "a.csv"], str(tmp_path))
    path = stored.path
    content = path.read_bytes()
    for damage in (content[:-1], content[:-1] + bytes([content[-1] ^ 1]), b""):
        path.write_bytes(damage)
        with pytest.raises(DataError, match="are damaged; a run makes them again"):
            ending.kept(ledger.notes(), pieces, "a run")
    path.unlink()
    with pytest.raises(DataError, match="are missing; a run makes them again"):
        ending.kept(ledger.notes(), pieces, "a run")


def test_what_cannot_be_kept_is_said_and_ends_no_run(ledger: SqlLedger, tmp_path: Path) -> None:
    said = keep(ledger, tmp_path, Found(results=(object(),)))  # type: ignore[arg-type]
    assert said == [
        "the results of one are not kept for qr.load, which opens finished runs again: builtins.object is no record of "
        "quantray"
    ]
    assert ending.KEPT not in ledger.notes()


def test_a_study_that_somebody_works_on_has_no_end(ledger: SqlLedger, tmp_path: Path) -> None:
    keep(ledger, tmp_path)
    pieces, report = Pieces(tmp_path, "one"), tmp_path / "b.html"
    report.write_text("told")

    def standing(digest: str | None = "x") -> ending.Standing | None:
        return ending.standing(Storage(), pieces, lambda: digest)

    assert standing() is None
    ending.seal(ledger, pieces, "x", {"b.html": report})
    found = standing()
    assert found is not None
    assert found.files == {"b.html": report}
    assert standing("y") is None
    assert standing(None) is None
    report.write_text("other")
    assert standing() is None
    ending.seal(ledger, pieces, "x", {"b.html": report})
    assert standing() is not None
    ending.begin(ledger)
    assert standing() is None
    assert not ledger.notes()[ending.KEPT]
    ending.seal(ledger, pieces, None, {"b.html": report})  # what cannot be known again is not sealed
    assert standing(None) is None


def test_a_source_of_the_same_size_with_its_old_time_is_another(tmp_path: Path) -> None:
    source = tmp_path / "bars.csv"
    source.write_text("1.25")
    before, stat = ending.states_of([source]), source.stat()
    assert before is not None
    assert ending.states_of([source]) == before
    time.sleep(0.02)  # a tick of the kernel's clock
    source.write_text("1.52")
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert ending.states_of([source]) != before
    assert ending.states_of([source, tmp_path / "none"]) is None
