"""A finished sweep is read again as it was: every figure, page and trade, without its market."""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantray.errors import DataError
from quantray.files import Pieces
from quantray.ledger import ending, open_ledger
from quantray.settings import Storage
from quantray.sweeps.data import load
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.data.stored import StoredSessions
from quantray.sweeps.kept import _told, keep, results_of
from quantray.sweeps.report.card import study_card
from quantray.sweeps.report.plots import SweepPlots
from quantray.sweeps.report.summary import summary_json
from quantray.sweeps.report.trades import trades_frame
from quantray.sweeps.results import Results
from tests.builders import sweep_results


def tripped(results: Results, run_dir: Path) -> Results:
    digests = dict(results.digests)
    with closing(open_ledger(Storage(), run_dir, results.study, digests, described={})) as ledger:
        said: list[str] = []
        keep(results, ledger, {}, said.append)
        assert said == []
        stored = ending.kept(ledger.notes(), Pieces(run_dir, results.study), "")
    return results_of(stored, results.plan, nullcontext)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["searched", "table", "nothing held out", "nothing completed"])
def test_all_that_is_told_comes_back_without_the_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    made = {
        "searched": sweep_results.results,
        "table": lambda: sweep_results.results("exhaustive", edge=3.0),
        "nothing held out": lambda: sweep_results.results(n_unseen=0),
        "nothing completed": sweep_results.nothing_completed,
    }[shape]()
    r = replace(made, plan=replace(made.plan, run_dir=tmp_path))
    again = tripped(r, tmp_path)

    def refused(plan: object) -> None:
        raise AssertionError("the market is read")

    monkeypatch.setattr("quantray.sweeps.kept.load_slice", refused)
    assert summary_json(again) == summary_json(r)
    assert study_card(again).html() == study_card(r).html()
    assert trades_frame(again).equals(trades_frame(r))
    if shape != "nothing completed":
        assert SweepPlots(again).equity()._repr_html_() == SweepPlots(r).equity()._repr_html_()


def test_prices_of_other_data_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sweep_results.results()
    plan = replace(made.plan, run_dir=tmp_path, data=DataSettings())
    again = tripped(replace(made, plan=plan), tmp_path)
    assert again.in_sample is not None
    assert made.in_sample is not None
    there = made.in_sample.slice
    session = again.in_sample.slice.sessions[0]
    assert session.symbol == there.sessions[0].symbol
    monkeypatch.setattr("quantray.sweeps.kept.load_slice", lambda plan: there.take(1, len(there)))
    with pytest.raises(DataError, match=r"the data of sample are not what they were when it ran"):
        _ = session.close
    with pytest.raises(AttributeError):
        _ = session.nothing  # type: ignore[attr-defined]


@pytest.mark.slow
def test_what_is_kept_of_a_session_holds_nothing_of_its_file(tmp_path: Path) -> None:
    few = SyntheticSettings(sessions=2, strikes=2)
    market = load(DataSettings(synthetic=few, cache=str(tmp_path), memory_gb=0.0))
    assert isinstance(market.sessions, StoredSessions)
    assert isinstance(market.sessions[0].strike, np.ndarray)
    told = _told(market)["sessions"]
    assert isinstance(told, list)
    columns = [value for session in told for value in session if isinstance(value, np.ndarray)]
    assert len(columns) >= 2 * len(market)
    assert all(column.base is None for column in columns), "a column that is a view keeps a session's prices in memory"
