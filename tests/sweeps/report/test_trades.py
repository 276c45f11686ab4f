"""The table of trades: every figure is the one the simulation used, and held-out trades are of pick and peak alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from quantray.errors import ConfigError
from quantray.plain import original
from quantray.report.tables import write_table_csv
from quantray.sweeps.plan import Capital, Fees
from quantray.sweeps.report.trades import COLUMNS, trades_frame
from quantray.sweeps.scores import sample
from tests.builders.sweep_pages import SHAPES
from tests.builders.sweep_results import results
from tests.builders.trails import PARAMS, odd, trail
from tests.reference.trails import trade_rows

NIGHT = {"evening": True, "lunch": True, "params": {**PARAMS, "entry_window": "23:05-4:00"}}


@pytest.mark.slow
@pytest.mark.parametrize("market", [{}, {"quotes": False}, NIGHT, {"early_ends": True}])
def test_every_row_is_the_trade_as_its_session_has_it(market):
    r = trail(capital=Capital(contracts=3), **market)
    frame = trades_frame(r)
    rows = [row for made in (r.in_sample, r.out_of_sample) for row in trade_rows(r.plan, made)]
    assert len(frame) == len(rows) > 3
    for name in rows[0]:
        wanted = [row[name] for row in rows]
        if isinstance(wanted[0], float):
            np.testing.assert_allclose(frame[name], wanted, rtol=1e-12)
        else:
            assert frame[name].tolist() == wanted, name
    assert frame["trade"].tolist() == list(range(1, len(frame) + 1))
    assert (frame["part"] == "held out").sum() == len(r.out_of_sample.trades)


@pytest.mark.slow
@pytest.mark.parametrize("quotes", [True, False])
def test_what_was_paid_is_what_the_net_and_the_risk_were_made_of(quotes):
    """The per cent of a trade stands on the money that the simulation laid out, slippage and size with it."""
    r = trail(quotes=quotes, capital=Capital(contracts=2))
    r = replace(r, plan=replace(r.plan, fees=Fees(slippage_per_share=0.05)))
    made = sample(r.plan, r.in_sample.slice, PARAMS)
    r = replace(r, in_sample=made)
    frame = trades_frame(r, "searched")
    assert len(frame) == len(made.trades)
    stop = abs(PARAMS["stop_loss_percent"]) / 100
    np.testing.assert_allclose(frame["paid"] * stop + frame["fees"], frame["risk"])
    np.testing.assert_allclose(frame["percent_of_paid"] * frame["paid"] / 100, frame["net"])
    sold = ~((frame["reason"] == "end_of_data") | (frame["exit_price"] <= 0.05))  # else settled: nothing slips
    got = (frame["exit_price"] - 0.05) * 100 * 2
    np.testing.assert_allclose((got - frame["paid"] - frame["fees"])[sold], frame["net"][sold])


@pytest.mark.parametrize("shape", SHAPES)
def test_all_trades_of_pick_and_peak_and_of_nobody_else(shape):
    r = SHAPES[shape]()
    frame = trades_frame(r)
    assert tuple(frame.columns) == COLUMNS
    counted = frame.groupby(["candidate", "part"]).size().to_dict() if len(frame) else {}
    wanted = {}
    for c in (r.pick, r.peak):
        for part, made in (("searched", c and c.inside), ("held out", c and c.outside)):
            if made is not None:
                wanted[c.name, part] = len(made.trades)
    assert counted == wanted
    for part in ("searched", "held out"):
        same = frame[frame["part"] == part].reset_index(drop=True)
        pandas.testing.assert_frame_equal(trades_frame(r, part), same)
    if r.pick is not None:
        np.testing.assert_allclose(frame[frame["candidate"] == "pick"]["net"].sum(), sum(
            made.trades.net.sum() for made in (r.pick.inside, r.pick.outside) if made is not None))  # fmt: skip


def test_pick_and_peak_that_are_one_candidate_are_told_once():
    r = results("exhaustive", edge=3.0)
    same = replace(r, best=replace(r.best, params=r.pick.params))
    assert trades_frame(same)["candidate"].unique().tolist() == ["pick"]


def test_a_part_that_does_not_exist_gets_the_near_miss():
    with pytest.raises(ConfigError, match="unknown part 'serched'; did you mean 'searched'"):
        trades_frame(results(), "serched")


@pytest.mark.parametrize("seed", range(4))
def test_a_black_box_of_any_kind_has_its_table(seed):
    r = odd(seed)
    frame = trades_frame(r)
    assert len(frame) == 80
    assert frame["paid"].isna().all()
    assert frame["percent_of_paid"].isna().all()
    assert set(frame["side"]) <= {"call", "put", "above", "below"}
    traded = frame["contract"].notna()
    assert traded.any()
    assert not traded.all()
    assert (frame["side"].isin(["call", "put"]) == traded).all()
    assert (frame["percent_of_risk"].isna() == (frame["risk"] == 0)).all()


@pytest.mark.slow
def test_the_csv_reads_back_and_runs_nothing_in_a_spreadsheet(tmp_path: Path):
    r = trail()
    sessions = tuple(replace(s, symbol=tuple(f"=cmd|{x}" for x in s.symbol)) for s in r.in_sample.slice.sessions)
    r = replace(r, in_sample=replace(r.in_sample, slice=replace(r.in_sample.slice, sessions=sessions)))
    frame = trades_frame(r)
    write_table_csv(frame, tmp_path / "trades.csv")
    found = pandas.read_csv(tmp_path / "trades.csv")
    assert (frame["contract"].str.startswith("=").sum()) == len(r.in_sample.trades) > 0
    assert not found["contract"].str.startswith("=").any()
    found["contract"] = found["contract"].map(original)
    pandas.testing.assert_frame_equal(found, frame, check_dtype=False)
