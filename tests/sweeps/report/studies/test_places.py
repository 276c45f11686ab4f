"""Where studies are looked for, and what a name means that is a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.sweeps.report.studies.places import databases, place_of
from tests.builders.stored_studies import kept


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_name_that_is_a_place_is_one(tmp_path: Path) -> None:
    kept(tmp_path / "outputs" / "one", 20, "vwap")
    kept(tmp_path / "runs", 20, "other")
    assert place_of(None, None) == ("outputs", None)
    assert place_of(None, "vwap") == ("outputs", "vwap")
    assert place_of(None, "typo") == ("outputs", "typo")
    assert place_of("runs", "vwap") == ("runs", "vwap")
    for place in (
        "runs",
        "runs/ledger.db",
        "outputs/one",
        str(tmp_path / "runs"),
        "sqlite:///runs/ledger.db",
        "no/run",
    ):
        assert place_of(None, place) == (place, None)
    (tmp_path / "vwap").mkdir()  # a study of outputs stays one
    assert place_of(None, "vwap") == ("outputs", "vwap")


def test_a_path_that_is_none_is_named() -> None:
    with pytest.raises(LedgerError, match="no/run does not exist; give a ledger file, a run's directory"):
        databases(*[where for where, _ in [place_of(None, "no/run")]])
