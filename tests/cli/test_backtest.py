"""The commands as their users write them: flags, JSON lists and old names, without naming a file."""

from __future__ import annotations

import csv
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from quantray.cli import backtest, command
from quantray.config.source import CUSTOMARY, VARIABLE
from quantray.config.study_name import flatten
from tests.builders.call_tables import call_rows, candle_rows, changed, write_duckdb

MAY = 120 * 1440  # minutes from 2025-01-01 to 2025-05-01
ASSETS = ("T0", "T1", "T2")
WHO = ("Alpha", "Brook", "Cleo")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen calls of each of three callers in May 2025, on two chains, and five days of prices that swing."""
    rows = [(who, ASSETS[(i + k) % 3], MAY + 5 + 60 * i + k) for k, who in enumerate(WHO) for i in range(14)]
    calls = call_rows(*rows, chain=["solana" if who != "Cleo" else "base" for who, _, _ in rows])
    candles = candle_rows({asset: range(MAY, MAY + 5 * 1440) for asset in ASSETS})
    wave = 1 + 0.4 * np.sin(np.arange(len(candles)) / 200)
    prices = {name: candles[name].to_numpy() * wave for name in ("open", "high", "low", "close")}
    folder = tmp_path_factory.mktemp("made")
    return write_duckdb(folder, name="alerts.duckdb", calls=calls, candles=changed(candles, **prices))


@pytest.fixture
def alerts(made: Path, tmp_path: Path) -> Path:
    """It lies at ``data/alerts.duckdb``."""
    (tmp_path / "data").mkdir()
    return Path(shutil.copy(made, tmp_path / CUSTOMARY))


V1 = 'quantray v1-baseline --from 2025-05-01 --to 2026-01-07 --interval 1m --caller-groups \'["Brook","Alpha"]\''
COMMANDS: dict[str, dict[str, Any]] = {
    V1: {
        "data.from": "2025-05-01", "data.to": "2026-01-07", "data.interval": "1m", "calls.groups": ["Brook", "Alpha"],
        "policy.grid": "v1", "objective": "final_capital",
    },
    f"{V1} --initial-capital 50000 --max-allocation-pct 0.05": {
        "capital.initial": 50_000, "capital.max_allocation_pct": 0.05,
    },
    f"{V1} --tp-mults '[2.0,3.0,4.0]' --sl-mults '[0.90,0.95]'": {
        "policy.tp_mults": [2.0, 3.0, 4.0], "policy.sl_mults": [0.9, 0.95],
    },
    f"{V1} --filter-collapsed": {"filter_collapsed": True, "mode": "both"},
    f"{V1} --taker-fee-bps 30 --slippage-bps 10": {"fees.taker_bps": 30, "fees.slippage_bps": 10},
    "quantray backtest v1-baseline --callers Brook --chain solana": {
        "calls.callers": ["Brook"], "calls.chain": "solana", "policy.grid": "v1",
    },
    "quantray backtest caller-policies --interval-seconds 60 --out-dir results/may": {
        "data.interval": "60s", "run_dir": "results/may", "policy.grid": "mixed",
    },
    f"quantray baseline --duckdb {CUSTOMARY} --chain solana": {"calls.chain": "solana", "baseline.tp": 2.0},
    f"quantray baseline --duckdb {CUSTOMARY} --chain solana --from 2025-05-01 --to 2026-01-07 --interval-seconds 60 "
    "--out-dir results/baseline-2025-05": {
        "data.from": "2025-05-01", "data.to": "2026-01-07", "data.interval": "60s",
        "run_dir": "results/baseline-2025-05",
    },
    "quantray backtest baseline --chain solana": {"calls.chain": "solana", "baseline.sl": 0.5},
    f"quantray v1-baseline --duckdb {CUSTOMARY} --chain solana": {"data.duckdb": CUSTOMARY, "calls.chain": "solana"},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_means_what_its_user_means(
    line: str, alerts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from omegaconf import OmegaConf

    assert command.main([*shlex.split(line)[1:], "--cfg", "job"]) == 0
    cfg: Any = OmegaConf.to_container(OmegaConf.create(capsys.readouterr().out))
    flat = flatten(cfg)
    assert {key: flat[key] for key in COMMANDS[line]} == COMMANDS[line]
    assert (flat["data.kind"], flat["data.duckdb"]) == ("duckdb", CUSTOMARY)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.slow
def test_all_of_it_runs(alerts: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    more = "--initial-capital 50000 --max-allocation-pct 0.05 --tp-mults '[2.0,3.0,4.0]' --sl-mults '[0.90,0.95]' "
    more += "--filter-collapsed --taker-fee-bps 30 --slippage-bps 10 --out-dir out --runner local"
    assert command.main(shlex.split(f"{V1} {more}")[1:]) == 0
    assert f"reading {CUSTOMARY}, which is there" in caplog.text
    assert "no group has the name of Brook, Alpha; taken as callers" in caplog.text
    rows = list(csv.DictReader((tmp_path / "out" / "optimal_policies.csv").open()))
    units = {next(iter(row.values())) for row in rows}
    assert units >= {"Alpha", "Brook"}
    assert "Cleo" not in units
    assert "taken as callers" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_baseline_runs(alerts: Path, tmp_path: Path) -> None:
    line = f"baseline --duckdb {CUSTOMARY} --chain solana --interval-seconds 60 --out-dir out --runner local"
    assert command.main(line.split()) == 0
    assert (tmp_path / "out" / "report.html").is_file()
    assert len(pq.read_table(tmp_path / "out" / "alerts.parquet")) == 28


REFUSED = {
    "--caller-groups '[\"Brook\",\"Alfa\"]'": "did you mean 'Alpha' (14 calls)?",
    "--callers Brok": "calls.callers: unknown caller 'Brok'; did you mean 'Brook' (14 calls)?",
    "--callers nobody": "known: Alpha (14 calls), Brook (14 calls), Cleo (14 calls)",
    "--chain solna": "calls.chain: unknown chain 'solna'; did you mean 'solana' (28 calls)?",
    "--chain tron": "known: solana (28 calls), base (14 calls)",
    "--from 2026-01-07 --to 2025-05-01": "data.from=2026-01-07 lies after data.to=2025-05-01; swap them",
    "--from yesterday": "got 'yesterday'",
    "--from 2025-02-30": "data.from must be a date",
    "--from 2026-01-01": "42 outside dates",
    "--interval 5m": "nothing is resampled: give data.interval=1m if that is theirs",
    "--interval-seconds 30": "nothing is resampled: give data.interval=1m, or load candles of 30s",
    "--interval often": "data.interval='often' must be a duration",
    "--tp-mults '[2.0,'": "a bracket is missing",
    "--tp-mults '[]'": "the list is empty",
    "--tp-mults 2,2": "policy.tp_mults repeats a level",
    "--sl-mults 1.5": "policy.sl=1.5: a stop is a multiple",
    "--sl-mults high": "'high' is no number",
    "--caller-groups '[\"Brook\"'": "is no JSON",
    "--caller-groups [Brook,Alpha]": """write A,B or '["A","B"]', in single quotes""",
    "--caller-groups '[]'": "the list is empty",
    "--callers ''": "the list is empty",
    "--callers A --callers B": "calls.callers is given twice",
    "--capital 5 --initial-capital 6": "capital.initial is given twice, as 5 and 6",
    "--from 2025-05-01 data.from=2025-05-02": "data.from is given by a flag too",
    "--filter-collapsed --filter-collapsed": "filter_collapsed is given twice",
    "--initial-capital lots": "'lots' must be a number",
    "--initial-capital nan": "'nan' must be a number",
    "--max-allocation-pct 5": "a fraction in (0, 1]",
    "--taker-fee-bps -1": "fees.taker_bps must lie in",
    "--min-calls 1.5": "calls.min_per_caller=1.5: it must be a whole number",
    "--callers": "expected one argument; one that begins with - is written --callers=-",
    "--duckdb data/alert.duckdb": "did you mean 'alerts.duckdb'",
    "--tui-mode": "unknown flag '--tui-mode'",
    "--callers '[\"Bro\\nok\",\"x,y\"]'": "did you mean 'Brook' (14 calls)?",
    "--chain \"'; drop table calls; --\"": "unknown chain",
    "--callers 'a\udcff'": "calls.callers=['a\\udcff'] holds half a character",
    "--filter-collapsed=true": "--filter-collapsed takes no value, got 'true'",
    "--callers '${oc.env:HOME}'": "unknown caller '${oc.env:HOME}'",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("flags", REFUSED)
def test_a_bad_value_is_one_sentence_and_nothing_is_written(
    flags: str, alerts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = alerts.read_bytes()
    assert command.main(["v1-baseline", *shlex.split(flags), "--runner", "local"]) == 2
    out, err = capsys.readouterr()
    (refused,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert REFUSED[flags] in refused
    assert "Traceback" not in err
    assert out == ""
    assert alerts.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"data", "cache"}


@pytest.mark.slow
def test_the_word_backtest_changes_nothing(alerts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in backtest.RUNS:
        shown = []
        for words in ([name], ["backtest", name]):
            assert command.main([*words, "--chain", "solana", "--cfg", "job"]) == 0
            shown.append(capsys.readouterr().out)
        assert shown[0] == shown[1]
