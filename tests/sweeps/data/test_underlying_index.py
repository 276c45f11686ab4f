"""An index has no volume and is an underlying all the same; docs/data.md."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantray.api import load_slice
from quantray.errors import DataError
from quantray.space import Candidates
from quantray.sweeps.data import DataSettings, load
from quantray.sweeps.data.settings import ColumnMaps, UnderlyingColumns
from quantray.sweeps.evaluate import evaluate, trades
from quantray.sweeps.market import Slice
from tests.builders.market_files import Frames, frames, write, write_csv
from tests.builders.sweep_plans import FIXED, sweep_plan

BREAKOUT = "strategy.opening_range_breakout.OpeningRangeBreakout"
RULES = {k: [v] for k, v in (FIXED | {"range_minutes": 15, "last_signal": "15:00"}).items()}


def without(made: Frames, how: str) -> Frames:
    if how == "no column":
        made["underlying"] = made["underlying"].drop(columns="volume")
    else:
        made["underlying"]["volume"] = {"zero": 0.0, "null": np.nan}[how]
    return made


def index(folder: Path, how: str = "no column") -> Slice:
    return load(write(folder, without(frames(), how)))


@pytest.mark.slow
@pytest.mark.parametrize("writer", [write, write_csv])
@pytest.mark.parametrize("how", ["no column", "zero", "null"])
def test_an_index_is_spot_and_nothing_is_carried(how: str, writer, tmp_path: Path):
    whole, got = load(write(tmp_path, frames())), load(writer(tmp_path, without(frames(), how)))
    assert got.digest == index(tmp_path).digest
    for a, b in zip(whole, got, strict=True):
        assert a.has_volume
        assert not b.has_volume
        assert np.isnan(b.volume).all()
        for name in ("open", "high", "low", "close", "price", "filled", "strike", "bid", "ask"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_a_missing_bar_of_an_index_is_carried(tmp_path: Path):
    made = without(frames(), "no column")
    made["underlying"] = made["underlying"].drop(index=[10]).reset_index(drop=True)
    session = load(write(tmp_path, made)).sessions[0]
    assert session.filled.nonzero()[0].tolist() == [10]
    assert session.close[10] == session.close[9]


@pytest.mark.slow
def test_a_strategy_that_needs_no_volume_trades_the_index_as_it_trades_the_stock(tmp_path: Path):
    plan = sweep_plan(RULES, target=BREAKOUT)
    params = {name: values[0] for name, values in RULES.items()}
    stock, got = load(write(tmp_path, frames())), index(tmp_path)
    assert len(trades(plan, stock, params)) > 1
    np.testing.assert_array_equal(trades(plan, stock, params).net, trades(plan, got, params).net)


@pytest.mark.slow
def test_a_strategy_that_needs_volumes_is_refused_by_name_before_any_work(tmp_path: Path):
    settings = write(tmp_path, without(frames(), "zero"))
    plan = replace(sweep_plan(), data=settings)
    said = r"VwapReclaim needs volumes and SPOT has none \(2024-11-27\).*vwap_running.*opening_range_breakout"
    with pytest.raises(DataError, match=said):
        load_slice(plan, "all")
    with pytest.raises(DataError, match=said):
        evaluate(plan, load(settings), Candidates.of([{"strikes_depth": 1}]))
    assert len(load_slice(replace(sweep_plan(RULES, target=BREAKOUT), data=settings), "all")) == 3


@pytest.mark.slow
def test_a_vwap_of_the_data_sets_own_does_instead_of_volumes(tmp_path: Path):
    made = without(frames(), "no column")
    made["underlying"]["day_vwap"] = made["underlying"].close.expanding().mean()
    maps = ColumnMaps(underlying=UnderlyingColumns(vwap_running="day_vwap"))
    plan = replace(sweep_plan(), data=write(tmp_path, made, columns=maps))
    assert (
        evaluate(plan, load_slice(plan, "all"), Candidates.of([{"stretch_threshold": 0.0005}])).row(0)["n_signals"] > 0
    )


def test_dates_do_not_make_an_index_of_a_stock(tmp_path: Path):
    made = frames()
    made["underlying"].loc[made["underlying"].ts.dt.date.astype(str) == "2024-12-02", "volume"] = 0.0
    whole = load(write(tmp_path, made))
    assert whole.dates == ("2024-11-27", "2024-11-29")
    assert whole.quality["sessions_missing"] == 1
    with pytest.raises(DataError, match="no bar of the sessions has a volume above 0"):
        load(write(tmp_path, made, from_="2024-12-01"))


def test_modelled_options_on_an_index(tmp_path: Path):
    write(tmp_path, without(frames(), "no column"))
    path = str(tmp_path / "underlying.parquet")
    got = load(DataSettings(kind="parquet", underlying=path, chain="synthetic"))
    assert got.has_quotes
    assert len(got) == 3
