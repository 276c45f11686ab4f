"""Runs about callers by the command line: their files, their exit codes, and how they go on."""

from __future__ import annotations

import csv
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from quantray.cli import command as cli
from quantray.cli import run
from tests.builders.call_files import ASSETS, calls, candles, left_behind, market
from tests.builders.call_tables import call_rows, candle_rows, changed


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# what cannot be carried out

Tables = Callable[[], dict[str, pa.Table]]
BAD: dict[str, tuple[Tables, list[str], str]] = {
    "no caller left": (dict, ["calls.min_per_caller=50"], "no caller left: 36 calls read, of these left out: 36"),
    "no call in these days": (dict, ["data.from=2030-01-01"], "36 outside dates"),
    "a caller spelt near another": (dict, ["calls.callers=[Ana]"], "did you mean 'Anna' (12 calls)?"),
    "a group nobody knows": (dict, ["calls.groups=[whales]"], "no group file says who belongs to it"),
    "no call eligible": (lambda: {"candles": candles(20)}, [], "no call is eligible: too_new=36 of 36 calls"),
    "a missing file": (dict, ["data.duckdb=markt.duckdb"], "did you mean 'market.duckdb'"),
    "a missing table": (dict, ["data.candles=candels"], "no table of candles: unknown table 'candels'; did you mean"),
    "a missing column": (lambda: {"candles": candles().drop_columns(["close"])}, [], "close"),
    "a column by a wrong name": (dict, ["data.columns.calls.caller=who"], "who"),
    "mixed intervals": (
        lambda: {"candles": pa.concat_tables([candles(2000), candle_rows({"U": range(0, 2000, 5)}, step=5)])}, [],
        "interval",
    ),
    "another interval": (lambda: {"candles": changed(candles(), interval_s=[60] * 5400)}, ["data.interval=5m"], "5m"),
    "candles stamped at their end": (
        lambda: {"candles": changed(candles(), ts=[
            us // 1000 + 59_999 for us in candles()["ts"].cast(pa.int64()).to_pylist()])},
        ["data.ts_unit=ms"], "so stamped is the END of a candle",
    ),
    "contradicting candles": (
        lambda: {"candles": pa.concat_tables([candles(), candle_rows({"T0": range(10, 15)}, price=2.0)])}, [],
        "gate max_conflicting_candles: ",
    ),
    "too many calls left out": (
        lambda: {"calls": calls(*[("Anna", f"N{i}", 9.0) for i in range(9)])}, ["gates.max_excluded_calls=.1"],
        "gate max_excluded_calls: 20.00% of the calls are left out (no_candles=9)",
    ),
    "a call twice": (
        lambda: {"calls": changed(calls(), call_id=["c"] * 36)}, [],
        "call_id 'c' belongs to several calls; make it unique",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
def test_bad_data_is_one_sentence_and_writes_no_result(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables, overrides, answer = BAD[name]
    keys = market(tmp_path, **tables())
    assert run.main(["+experiment=v1_baseline", *keys, *overrides, "runner=local"]) == 2
    out, error = capsys.readouterr()
    (refused,) = [line for line in error.splitlines() if line.startswith("error: ")]
    assert answer in refused
    assert "Traceback" not in error
    assert out == ""
    assert not left_behind(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "override",
    [
        "policy.sl_mults=[1]",
        "policy.tp_mults=[.9]",
        "policy.ladder=[[2,.6],[3,.6]]",
        "policy.hold=0",
        "search.n_trials=3",
    ],
)
def test_a_bad_level_is_refused_before_any_work(
    override: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = "policy=mixed" if "ladder" in override else "policy=v1"
    override = override.replace("policy.ladder=", "policy.ladders=[") + ("]" if "ladder" in override else "")
    assert run.main(["+experiment=v1_baseline", grid, override, "data.duckdb=missing.duckdb"]) == 2
    out, error = capsys.readouterr()
    assert len(error.splitlines()) == 1
    assert error.startswith("error: policy.") or "belongs to sweeps" in error
    assert "missing" not in error
    assert out == ""
    assert not left_behind(tmp_path)


# runs


@pytest.mark.slow
def test_a_run_ends_with_its_files_and_goes_on_without_doing_them_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [*market(tmp_path), "runner=local"]
    assert cli.main(["v1-baseline", *keys, "--name", "small"]) == 0
    shown = capsys.readouterr().out
    assert "Anna" in shown
    assert "outputs/small/report.html" in shown
    folder = tmp_path / "outputs" / "small"
    for name in (
        "report.html",
        "optimal_policies.csv",
        "results.duckdb",
        "trades.parquet",
        "summary.json",
        "ledger.db",
    ):
        assert (folder / name).is_file()
    before = (folder / "optimal_policies.csv").read_bytes()
    assert run.main(["+experiment=v1_baseline", *keys, "study.name=small"]) == 0
    assert (folder / "optimal_policies.csv").read_bytes() == before
    capsys.readouterr()
    assert run.main(["+experiment=v1_baseline", *keys, "study.name=small", "fees=dear"]) == 2
    refused = capsys.readouterr().err
    assert "fresh=true" in refused
    assert "slippage_bps" in refused or "costs" in refused
    assert left_behind(tmp_path) == {"outputs"}


@pytest.mark.slow
def test_the_study_tools_tell_of_callers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["v1-baseline", *market(tmp_path), "--runner", "local", "--name", "small"]) == 0
    capsys.readouterr()
    assert cli.main(["study", "list"]) == 0
    assert "4 of 4 ranked" in capsys.readouterr().out
    assert cli.main(["study", "show", "small"]) == 0
    shown = capsys.readouterr().out
    assert "final_capital" in shown
    assert ["ranked", "4"] in [line.split() for line in shown.splitlines()]
    for tool in ("export", "plot"):
        assert cli.main(["study", tool, "small", "--out", "x"]) == 2
        assert "is about callers and has no trials" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
def test_no_trade_is_said_and_never_a_winner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = market(tmp_path)
    assert run.main(["+experiment=v1_baseline", *keys, "runner=local", "capital.minimum=1e9", "study.name=none"]) == 0
    shown = capsys.readouterr()
    assert "no trade" in (shown.out + shown.err).lower()
    rows = list(csv.DictReader((tmp_path / "outputs" / "none" / "optimal_policies.csv").open()))
    assert rows
    assert all(row["state"] == "no_trades" and not row["policy"] for row in rows)


@pytest.mark.slow
def test_a_multirun_of_callers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = market(tmp_path)
    args = ["+experiment=v1_baseline", *keys, "runner=local", "-m", "fees=standard,dear", "run_dir=runs"]
    assert run.main(args) == 0
    assert "job 2 of 2" in capsys.readouterr().err
    overview = (tmp_path / "runs" / "overview.html").read_text()
    folders = [report.parent.name for report in (tmp_path / "runs").glob("*/report.html")]
    assert len(folders) == 2
    assert all(f'href="{folder}/report.html"' in overview for folder in folders)


@pytest.mark.slow
def test_ctrl_c_repeats_the_command_that_goes_on(tmp_path: Path) -> None:
    many = call_rows(*[(f"caller {i % 60}", ASSETS[i % 6], 5 + (i % 700)) for i in range(6000)])
    keys = [*market(tmp_path, calls=many, candles=candles(3000))[:2], "--runner", "local", "--name", "stopped"]
    command = [sys.executable, "-m", "quantray", "caller-policies", *keys]
    ours = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    work = tmp_path / "outputs" / "stopped" / ".quantray"
    until = time.monotonic() + 120
    while time.monotonic() < until and ours.poll() is None and not work.exists():
        time.sleep(0.02)
    ours.send_signal(signal.SIGINT)
    _, error = ours.communicate(timeout=120)
    assert ours.returncode == 130, error
    assert "Traceback" not in error
    assert f"go on with: quantray caller-policies {shlex.join(keys)}" in error
    report = tmp_path / "outputs" / "stopped" / "report.html"
    assert not report.exists() or "Not judged" in report.read_text()
