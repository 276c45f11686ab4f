"""A finished run is opened by its directory or its name; what cannot be is answered in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import quantray as qr
from quantray.reopened import is_place
from quantray.sweeps.report.html import report_html
from quantray.sweeps.study import Study
from tests.builders.sweep_plans import SMALL

LINE = ["+experiment=options_sweep", "runner=local", *SMALL]


@pytest.mark.slow
def test_a_finished_sweep_is_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = qr.sweep(*LINE, "study.name=tour", progress=False)
    places: list[tuple[str | Path, ...]] = [
        ("tour",), ("outputs/tour",), (Path("outputs/tour"),), (tmp_path / "outputs" / "tour",), ("outputs", "tour"),
        (str(tmp_path / "outputs" / "tour" / "ledger.db"),),
    ]  # fmt: skip
    for place in places:
        again = qr.load(*place)  # type: ignore[arg-type]
        assert isinstance(again, Study)
        assert again.plan == study.plan
        assert again.files == study.files
    assert report_html(again.results) == report_html(study.results)
    assert again.trades().equals(study.trades())
    assert again.frame().equals(study.frame())
    assert standing_changes_nothing(again)
    os.rename("outputs/tour", "outputs/a=b moved")
    moved = qr.load("outputs/a=b moved")
    assert isinstance(moved, Study)
    assert moved._repr_html_() == study._repr_html_()
    assert all(path.is_file() for path in moved.files.values())
    os.rename("outputs/a=b moved", "outputs/tuor")
    with pytest.raises(qr.ConfigError, match=r"is no key=value, and no directory of a run; did you mean 'tuor'"):
        qr.load("toor")
    kept = next(Path("outputs/tuor/.quantray").glob("*/*/results.npz"))
    kept.write_bytes(kept.read_bytes()[:-7])
    with pytest.raises(qr.DataError, match=r"results\.npz are damaged; qr\.sweep with the same plan makes them again"):
        qr.load("outputs/tuor")
    qr.sweep(*LINE, "study.name=tour", "run_dir=outputs/tuor", progress=False)
    assert isinstance(qr.load("outputs/tuor"), Study)
    qr.sweep(*LINE, "study.name=tour", "run_dir=outputs/tuor", "search.n_trials=1", "fresh=true", progress=False)
    assert qr.load("outputs/tuor").results.counts.complete == 1  # type: ignore[union-attr]


def standing_changes_nothing(study: Study) -> bool:
    """Opening writes nothing: the command is still answered from what stands."""
    from quantray.sweeps.seal import standing

    return standing(study.plan) is not None


def test_a_foreign_folder_is_answered_with_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(qr.LedgerError, match=r"empty holds no ledger\.db"):
        qr.load("empty")
    with pytest.raises(qr.LedgerError, match="gone does not exist"):
        qr.load(Path("gone"))
    Path("file").write_text("no database")
    with pytest.raises(qr.LedgerError):
        qr.load("file")
    with pytest.raises(qr.ConfigError, match="'seed=1' is none"):
        qr.load("empty", "seed=1")


def test_overrides_are_no_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs/lr=1").mkdir(parents=True)
    Path("seed=1").mkdir()
    Path("here").mkdir()
    for place in (Path("x"), "here", "runs/lr=1", "sqlite:///x.db", "postgresql+psycopg2://u@h/db?a=b"):
        assert is_place(place), place
    for other in ("seed=1", "+experiment=options_sweep", "run_dir=runs/lr", "storage.url=sqlite:///x", "", " ", None, 3,
                  "not there", "x" * 5000, "a\0b"):  # fmt: skip
        assert not is_place(other), other
