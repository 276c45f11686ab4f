"""The notebook's functions: frames of candidates and of trades."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import quantray as qr
from quantray import api
from quantray.sweeps.metrics import METRICS
from tests.builders.sessions import tiny_slice


def test_every_public_name_is_there_and_is_told_of() -> None:
    assert sorted(qr.__all__, key=str) == sorted(set(qr.__all__))
    for name in qr.__all__:
        thing = getattr(qr, name)
        assert thing.__module__.startswith("quantray.")
        assert (thing.__doc__ or "").strip(), f"{name} says nothing of itself"
    assert set(qr.__all__) <= set(dir(qr))
    with pytest.raises(AttributeError, match="no attribute 'Stud'"):
        _ = qr.Stud
    public = {name for name, thing in vars(api).items() if callable(thing) and name[0] != "_"}
    assert {name for name in public if vars(api)[name].__module__ == api.__name__} <= set(qr.__all__)


@pytest.mark.slow
def test_a_plan_of_the_other_wing_is_refused() -> None:
    assert isinstance(qr.load_callers("+experiment=v1_baseline"), qr.CallerPlan)
    assert isinstance(qr.load_sweep("+experiment=options_sweep"), qr.Plan)
    with pytest.raises(qr.ConfigError, match="options_sweep is a sweep"):
        qr.load_callers("+experiment=options_sweep")
    with pytest.raises(qr.ConfigError, match="v1_baseline is about callers"):
        qr.load_sweep("+experiment=v1_baseline")


@pytest.fixture(scope="module")
def plan():
    return qr.load("+experiment=options_sweep", "space.stretch_threshold=[.0005,.001]", "constraints.min_trades=1")


@pytest.mark.slow
def test_evaluate_gives_parameters_and_metrics(plan):
    slice = tiny_slice(2, n_bars=3000)
    rows = [{"stretch_threshold": s, "stop_loss_percent": -50} for s in (0.0005, 0.001)]
    frame = qr.evaluate(plan, rows, data=slice)
    assert list(frame["stretch_threshold"]) == [0.0005, 0.001]
    assert set(METRICS) <= set(frame.columns)
    assert frame["n_trades"].iloc[0] > frame["n_trades"].iloc[1] > 0


@pytest.mark.slow
def test_trades_say_when_what_and_why(plan):
    slice = tiny_slice(2, n_bars=3000)
    params = {"stretch_threshold": 0.0005}
    frame = qr.trades(plan, params, data=slice)
    row = qr.evaluate(plan, [params], data=slice).iloc[0]
    assert len(frame) == row["n_trades"]
    assert np.isclose(frame["net"].sum(), row["total_pnl"])
    assert (frame["entry_time"] < frame["exit_time"]).all()
    assert ((frame["entry_time"] - frame["signal_time"]) == pd.Timedelta(seconds=1)).all()
    assert str(frame["entry_time"].dt.tz) == "UTC"
    assert set(frame["reason"]) <= {"emergency", "end_of_day", "take_profit", "stop_loss", "time", "end_of_data"}
    assert frame["contract"].str.len().min() > 0


@pytest.mark.slow
def test_a_range_takes_the_place_of_a_list_of_levels():
    wide = qr.load("+experiment=options_sweep", "space.stretch_threshold={low: .001, high: .02}")
    assert wide.space.size is None
    stepped = qr.load("+experiment=options_sweep", "space.stretch_threshold={low: .1, high: .3, step: .1}")
    assert stepped.space.dimensions[1].values == (0.1, 0.2, 0.3)
