"""``quantray baseline`` and ``+experiment=alert_baseline``: flags, refusals that write nothing, runs that go on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

import quantray as qr
from quantray.cli import command as cli
from quantray.cli import flags, run
from quantray.config.plans import load_plan
from tests.builders.call_tables import call_rows, candle_rows, changed, write_duckdb

CHAINS = ["Solana"] * 7 + ["base"] * 5
CALLS = call_rows(*[(("Anna", "Bert")[i % 2], "T0", float(10 + i)) for i in range(12)], chain=CHAINS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_duckdb(tmp_path, calls=CALLS, candles=candle_rows({"T0": range(300)}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


VALUES: dict[str, tuple[str, Any]] = {
    "calls.horizon": ("24h", "24h"), "baseline.tp": ("3", 3), "baseline.sl": (".4", 0.4), "fees.taker_bps": ("20", 20),
    "data.from": ("2025-05-01",) * 2, "calls.chain": ("solana",) * 2, "run_dir": ("out", "out"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("flag", [f for f in flags.BASELINE if f.key in VALUES], ids=lambda f: f.name)
def test_a_flag_sets_its_key(flag: flags.Flag, capsys: pytest.CaptureFixture[str]) -> None:
    value, expected = VALUES[flag.key]
    for name in (flag.name, *flag.also):
        assert cli.main(["baseline", "--duckdb", "market.duckdb", name, value, "--cfg", "job"]) == 0
        cfg: Any = OmegaConf.create(capsys.readouterr().out)
        assert OmegaConf.select(cfg, flag.key) == expected
        assert not {"policy", "capital", "constraints", "objective", "oos", "seed", "mode"} & set(cfg)


REFUSED = {
    ("policy=fixed",): "policy is of runs over policies, and the alert baseline has no policy",
    ("policy.tp_mults=[2]",): "policy.tp_mults is of runs over policies",
    ("objective=expectancy",): "objective is of runs over policies",
    ("oos.fraction=.1",): "oos.fraction is of runs over policies",
    ("capital.initial=5",): "capital.initial is of runs over policies",
    ("baseline.tpp=3",): "baseline.tpp: unknown key 'tpp'; did you mean 'tp'?",
    ("baseline.tp=1",): "baseline.tp=1.0 must be above 1",
    ("baseline.tp=.inf",): "baseline.tp",
    ("baseline.sl=1.5",): "baseline.sl=1.5 must lie between 0 and 1",
    ("baseline.sl=null",): "baseline.sl",
    ("baseline.min_calls=0",): "baseline.min_calls must be >= 1",
    ("baseline.min_calls=2.5",): "baseline.min_calls=2.5: it must be a whole number",
    ("baseline.order_by=median_ath",): "did you mean 'median_ath_multiple'?",
    ("baseline=fast",): "unknown choice of baseline 'fast'; known: standard",
    ("~baseline",): "baseline is about the alert baseline",
    ("calls.horizon=0",): "calls.horizon=0: a horizon is at least 1s",
    ("calls.horizon=often",): "calls.horizon='often' must be a duration",
    ("strategy=morning_call",): "strategy belongs to sweeps",
}


@pytest.mark.parametrize("overrides", REFUSED, ids=" ".join)
def test_a_wrong_request_is_answered_with_key_value_and_remedy(overrides: tuple[str, ...]) -> None:
    with pytest.raises(qr.ConfigError) as refused:
        load_plan("+experiment=alert_baseline", "data.duckdb=market.duckdb", *overrides)
    assert REFUSED[overrides] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize("given", [("baseline.tp=3",), ("baseline=standard",)])
def test_a_key_of_the_baseline_means_nothing_to_policies(given: tuple[str, ...]) -> None:
    with pytest.raises(qr.ConfigError, match=r"is about the alert baseline; give \+experiment=alert_baseline"):
        load_plan("+experiment=v1_baseline", "data.duckdb=market.duckdb", *given)


@pytest.mark.slow
def test_plans_have_the_type_of_what_runs_them() -> None:
    plan = qr.load("+experiment=alert_baseline", "data.duckdb=market.duckdb")
    assert isinstance(plan, qr.BaselinePlan)
    assert isinstance(qr.load_baseline("data.duckdb=market.duckdb"), qr.BaselinePlan)
    with pytest.raises(qr.ConfigError, match=r"qr\.load_callers does not take; call qr\.load_baseline"):
        qr.load_callers("+experiment=alert_baseline", "data.duckdb=market.duckdb")
    with pytest.raises(qr.ConfigError, match=r"which qr\.optimise does not take; call qr\.baseline"):
        qr.optimise(plan)  # type: ignore[arg-type]
    with pytest.raises(qr.ConfigError, match=r"is about callers and their policies, which .*; call qr\.load_callers"):
        qr.load_baseline("+experiment=v1_baseline", "data.duckdb=market.duckdb")
    with pytest.raises(qr.ConfigError, match=r"is a sweep, which .*; call qr\.load_sweep"):
        qr.load_baseline("+experiment=options_sweep")


Tables = Callable[[], dict[str, pa.Table]]
GIVEN = ["--horizon", "1h", "--out-dir", "out"]
BAD: dict[str, tuple[Tables, list[str], str]] = {
    "a chain spelt near another": (
        dict, ["--chain", "solan", *GIVEN],
        "calls.chain: unknown chain 'solan'; did you mean 'Solana' (7 calls)?",
    ),
    "a chain nobody called on": (
        dict, ["--chain", "eth", *GIVEN], "unknown chain 'eth'; known: Solana (7 calls), base (5 calls)",
    ),
    "a wrong table": (dict, ["data.candles=candels", *GIVEN], "unknown table 'candels'; did you mean 'candles'?"),
    "a horizon longer than the data": (
        dict, ["--horizon", "100h", "--out-dir", "out"],
        "no call is eligible: too_new=12 of 12 calls; the candles end at 2025-01-01T05:00:00Z, before any call has "
        "been followed for 100h: add later candles, or give calls.horizon=288m or less",
    ),
    "assets by another name": (
        lambda: {"candles": candle_rows({"t-0": range(300)})}, GIVEN,
        "no call is eligible: no_candles=12 of 12 calls; no asset that was called has candles with a price",
    ),
    "an interval that is not the file's": (dict, ["--interval-seconds", "300", *GIVEN], "candles of 5m are expected"),
    "candles without a price": (
        lambda: {"candles": changed(candle_rows({"T0": range(300)}), open=[-1.0] * 300)}, GIVEN,
        "no asset that was called has candles with a price then",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD)
def test_bad_data_is_one_sentence_and_writes_nothing(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables, given, answer = BAD[name]
    if tables():
        write_duckdb(folder, calls=CALLS, **tables())
    assert cli.main(["baseline", "--duckdb", "market.duckdb", "--runner", "local", "data.cache=cache", *given]) == 2
    out, error = capsys.readouterr()
    (refused,) = [line for line in error.splitlines() if line.startswith("error: ")]
    assert answer in refused
    assert "Traceback" not in error
    assert out == ""
    assert set(os.listdir(folder)) <= {"market.duckdb", "cache"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["report.html", "alerts.parquet", "summary.json", "results.duckdb", "leaderboard.csv"])
def test_a_folder_that_holds_something_else_is_refused(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / name).write_text("mine")
    assert cli.main(["baseline", "--duckdb", "market.duckdb", "--runner", "local", "data.cache=cache", *GIVEN]) == 2
    assert f"{name}" in capsys.readouterr().err
    assert os.listdir(folder / "out") == [name]
    assert (folder / "out" / name).read_text() == "mine"


@pytest.mark.slow
def test_a_run_prints_its_callers_and_goes_on_with_the_same_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--duckdb", "market.duckdb", "--chain", "SOLANA", "--from", "2025-01-01", "--to", "2025-01-02",
               "--interval-seconds", "60", "data.cache=cache", "runner=local", *GIVEN]  # fmt: skip
    assert cli.main(["baseline", *command]) == 0
    first = capsys.readouterr()
    assert "7 of 7 calls measured" in first.out
    assert "out/report.html" in first.out
    assert "first touch" in first.err
    before = (folder / "out" / "alerts.parquet").read_bytes()
    assert cli.main(["backtest", "baseline", *command]) == 0
    assert "nothing to do. 2 callers" in capsys.readouterr().out
    (folder / "out" / "report.html").unlink()
    assert cli.main(["backtest", "baseline", *command]) == 0
    assert "1 bucket reused" in capsys.readouterr().out
    assert (folder / "out" / "alerts.parquet").read_bytes() == before
    facts = json.loads((folder / "out" / "summary.json").read_text())
    assert facts["everybody"]["n_ok"] == 7
    assert facts["calls"]["other_chain"] == 5
    assert run.main(["+experiment=alert_baseline", "data.duckdb=market.duckdb", "calls.chain=solana",
                     "calls.horizon=1h", "data.from=2025-01-01", "data.to=2025-01-02", "data.interval=1m",
                     "runner=local", "data.cache=cache", "run_dir=by_keys"]) == 0  # fmt: skip
    assert (folder / "by_keys" / "alerts.parquet").read_bytes() == before
    assert pq.read_table(folder / "out" / "leaderboard.parquet").num_rows == 2


@pytest.mark.slow
def test_the_report_of_policies_links_to_the_baseline_of_its_calls(folder: Path) -> None:
    given = ["data.duckdb=market.duckdb", "policy.hold=1h", "data.cache=cache", "runner=local", "run_dir=v1"]
    assert run.main(["+experiment=v1_baseline", *given, "constraints.min_trades=1"]) == 0
    report = (folder / "v1" / "report.html").read_text()
    assert '<a href="baseline.html">' in report
    assert "What the calls offered" in report
    assert "alert baseline" in (folder / "v1" / "baseline.html").read_text()


@pytest.mark.slow
def test_the_study_tools_tell_of_a_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no trials, so nothing counts some: not even none."""
    assert cli.main(["baseline", "--duckdb", "market.duckdb", "calls.horizon=1h", "--runner", "local"]) == 0
    capsys.readouterr()
    assert cli.main(["study", "list"]) == 0
    assert "1 bucket measured" in capsys.readouterr().out
    assert cli.main(["study", "show"]) == 0
    shown = capsys.readouterr().out
    assert "alert baseline" in shown
    assert "candidate" not in shown
    for tool in ("export", "plot"):
        assert cli.main(["study", tool, "--out", "x"]) == 2
        assert "open alerts.csv" in capsys.readouterr().err
