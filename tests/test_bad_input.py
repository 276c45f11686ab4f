"""Bad input from the command line: refused before work starts, one clear sentence, exit 2, nothing written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.cli.exits import USER_ERROR
from quantray.cli.run import main
from tests.builders import market_files

SWEEP = ["+experiment=options_sweep", "runner=local"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory; the market's cache is kept out of the user's home."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, said: str, *overrides: str, kept: tuple[str, ...] = ()) -> None:
    """The command ends with exit code 2 and one sentence that holds ``said``; no other file exists than ``kept``."""
    assert main([*SWEEP, *overrides]) == USER_ERROR
    error = capsys.readouterr().err.strip()
    assert said in error, error
    assert "Traceback" not in error
    assert sorted(p.name for p in Path().iterdir()) == sorted(kept)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("search=tpee", "'tpe'"),
        ("+experiment=opions_sweep", "options_sweep"),
        ("strategi=vwap_reclaim", "'strategy'"),
        ("search.n_trial=3", "n_trials"),
        ("+serch.n_trials=3", "search"),
        ("space.stop_los_percent=[-50]", "stop_loss_percent"),
        ("space.stop_loss_percent=[50]", "stop_loss_percent must be in [-100, 0), got 50"),
        ("space.stop_loss_percent=[]", "space.stop_loss_percent is empty"),
        ("space.stop_loss_percent=[-50,-50]", "repeats"),
        ("space.option_selection_mode=[itm,otn]", "did you mean 'otm'"),
        ("strategy.latency_seconds=0", "latency_seconds must be > 0"),
        ("space.latency_seconds=[0,1]", "latency_seconds must be > 0"),
        ("strategy.latency=1", "latency_seconds"),
        ("strategy._target_=os.system", "only names that begin with"),
        ("objective=sharp", "did you mean 'sharpe'"),
        ("constraints.min_win_rat=.5", "win_rate"),
        ("capital.initial=-1", "capital.initial must be > 0"),
        ("fees.broker_per_contract=-1", "fees.broker_per_contract must be >= 0"),
        ("search.n_trials=0", "search.n_trials must be >= 1"),
        ("oos.fraction=1", "oos.fraction must be in [0, 1), got 1"),
        ("gates.max_quarantined_quotes=2", "share in [0, 1]"),
        ("search.n_trials=many", "n_trials"),
    ],
)
def test_a_wrong_key_or_value(capsys, override, said):
    overrides = [override] if not override.startswith("+exp") else []
    if overrides:
        refused(capsys, said, *overrides)
    else:
        assert main([override]) == USER_ERROR
        assert said in capsys.readouterr().err


def market(folder: Path, change=None, **settings) -> list[str]:
    """Overrides that read a small data set, after ``change`` was done to its frames."""
    frames = market_files.frames()
    if change is not None:
        frames = change(frames) or frames
    made = market_files.write(folder, frames, **settings)
    found = ["data=parquet", f"data.underlying={made.underlying}", f"data.chain={made.chain}",
             f"data.options={made.options}"]  # fmt: skip
    return found + ([f"data.symbol={made.symbol}"] if made.symbol else [])


def drop_close(frames):
    frames["underlying"] = frames["underlying"].rename(columns={"close": "closing"})


def reverse(frames):
    frames["underlying"] = frames["underlying"].iloc[::-1]


def repeat(frames):
    frames["underlying"] = pd.concat([frames["underlying"].iloc[:5], frames["underlying"].iloc[4:]])


def naive(frames):
    frames["underlying"]["ts"] = frames["underlying"]["ts"].dt.tz_localize(None)


def priced(value):
    def change(frames):
        frames["underlying"].loc[7, "close"] = value

    return change


def no_options(frames):
    frames["options"] = frames["options"].iloc[:0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (drop_close, "close"),
        (reverse, "not sorted"),
        (repeat, "duplicated"),
        (naive, "timezone"),
        (priced(np.nan), "close"),
        (priced(0.0), "close"),
        (priced(-1.0), "close"),
        (no_options, "option"),
    ],
)
def test_bad_market_data(capsys, tmp_path_factory, change, said):
    refused(capsys, said, *market(tmp_path_factory.mktemp("market"), change))


@pytest.mark.slow
def test_no_data_for_the_dates(capsys, tmp_path_factory):
    overrides = market(tmp_path_factory.mktemp("market"))
    refused(capsys, "2031-01-02", *overrides, "data.from=2031-01-02", "data.to=2031-01-09")


@pytest.mark.slow
def test_too_few_sessions_for_a_held_out_part(capsys, tmp_path_factory):
    overrides = market(tmp_path_factory.mktemp("market"))
    refused(
        capsys, "oos.fraction=0", *overrides, f"data.from={market_files.DATES[0]}", f"data.to={market_files.DATES[0]}"
    )


@pytest.mark.slow
def test_a_foreign_or_corrupt_database(capsys, tmp_path_factory):
    overrides = market(tmp_path_factory.mktemp("market"))
    Path("run").mkdir()
    Path("run/ledger.db").write_text("this is no database " * 100)
    refused(capsys, "ledger.db", *overrides, "run_dir=run", "oos.fraction=0", kept=("run",))
    Path("run/ledger.db").unlink()
    with sqlite3.connect("run/ledger.db") as other:
        other.execute("CREATE TABLE bank (account TEXT)")
    refused(capsys, "ledger.db", *overrides, "run_dir=run", "oos.fraction=0", kept=("run",))
    assert sorted(p.name for p in Path("run").iterdir()) == ["ledger.db"]


@pytest.mark.slow
def test_a_run_dir_that_cannot_be(capsys):
    Path("file").write_text("")
    refused(capsys, "run_dir=file/run", "run_dir=file/run", kept=("file",))


@pytest.mark.slow
def test_a_database_that_does_not_answer_leaves_no_trace(capsys) -> None:
    address = "storage.url=postgresql://ann:secret@127.0.0.1:1/market"
    small = ("data.synthetic.sessions=4", "data.cache=cache")
    refused(capsys, "127.0.0.1", "storage=postgres", address, *small, kept=("cache",))
