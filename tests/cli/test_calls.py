"""The commands about callers: flags, stages, runs, and what a request that cannot be carried out is answered with."""

from __future__ import annotations

import csv
import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from quantray.cli import backtest, flags, run
from quantray.cli import calls as calls_cli
from quantray.cli import command as cli
from quantray.config.study_name import flatten
from tests.builders.call_tables import call_rows, candle_rows, changed, write_duckdb

HEAVY = {"ray", "numba", "pandas", "optuna", "sqlalchemy", "duckdb", "pyarrow", "matplotlib", "scipy"}
CALLERS = ("Anna", "Bert", "Carla")
ASSETS = [f"T{i}" for i in range(6)]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def calls(*more: tuple[str, str, float]) -> pa.Table:
    """Twelve calls of each caller, spread over ten hours and six assets."""
    rows = [(who, ASSETS[(i + k) % 6], 5 + 50 * i + k) for k, who in enumerate(CALLERS) for i in range(12)]
    return call_rows(*rows, *more)


def candles(minutes: int = 900, **columns: Any) -> pa.Table:
    """Minute candles that rise to twice their first price and a little more."""
    return candle_rows({asset: range(minutes) for asset in ASSETS}, **columns)


def market(folder: Path, **tables: pa.Table) -> list[str]:
    """A small market in a DuckDB file, and the overrides that read it."""
    path = write_duckdb(folder, **{"calls": calls(), "candles": candles(), **tables})
    return [f"data.duckdb={path.name}", "data.cache=cache", "policy.hold=1h", "constraints.min_trades=1"]


def left_behind(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"market.duckdb", "cache"}


# flags


WORDS = [*((name,) for name in backtest.RUNS), *(("calls", stage) for stage in calls_cli.STAGES)]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_help_says_which_key_each_flag_is(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([*words, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for flag in calls_cli.FLAGS if words[0] == "calls" else backtest.RUNS[words[0]][1]:
        assert {flag.name, *flag.also} <= set(re.findall(r"--[a-z-]+", shown))
        assert f"[{flag.key}]" in shown


VALUES = {
    "data.duckdb": ("my calls.duckdb", "my calls.duckdb"), "data.from": ("2025-05-01",) * 2,
    "data.to": ("2025-05-31",) * 2, "data.interval": ("1m", "1m"), "calls.callers": ("A, 12,it's", ["A", "12", "it's"]),
    "calls.groups": ("whales,lists.yaml#b", ["whales", "lists.yaml#b"]), "calls.group_file": ("g.yaml", "g.yaml"),
    "calls.min_per_caller": ("3", 3), "calls.chain": ("solana", "solana"), "calls.dedupe_window": ("1h", "1h"),
    "policy": ("fixed", {"grid": "fixed"}), "policy.tp_mults": ("none,2,3", [None, 2, 3]),
    "policy.sl_mults": (".9,.95", [0.9, 0.95]), "policy.hold": ("1h,48h", ["1h", "48h"]),
    "capital.initial": ("50000", 50_000), "capital.max_allocation_pct": (".05", 0.05),
    "capital.max_risk_per_trade": ("100", 100), "fees": ("dear", {"slippage_bps": 50}),
    "objective": ("sharpe", "sharpe"), "mode": ("grouped", "grouped"), "filter_collapsed": (None, True),
    "intrabar": ("both", "both"), "target_gap": ("open", "open"), "oos.fraction": (".2", 0.2),
    "runner": ("local", {"kind": "local"}), "runner.workers": ("2", 2), "run_dir": ("~/x y", "~/x y"),
    "study.name": ("mine", "mine"), "fresh": (None, True), "fees.taker_bps": ("20", 20), "fees.slippage_bps": ("5", 5),
}  # fmt: skip


@pytest.mark.parametrize("flag", backtest.EVERY, ids=lambda f: f.name)
def test_a_flag_sets_its_key(flag: flags.Flag, capsys: pytest.CaptureFixture[str]) -> None:
    from omegaconf import OmegaConf

    value, expected = ("60", "60s") if flag.name == "--interval-seconds" else VALUES[flag.key]
    own = [] if flag.key == "data.duckdb" else ["data.duckdb=x"]
    for name in (flag.name, *flag.also):
        given = [name] if value is None else [name, value]
        assert cli.main(["v1-baseline", *own, *given, "--cfg", "job"]) == 0
        cfg: Any = OmegaConf.to_container(OmegaConf.create(capsys.readouterr().out))
        flat = {**cfg, **flatten(cfg)}
        if isinstance(expected, dict):
            assert expected.items() <= flat[flag.key].items()
        else:
            assert flat[flag.key] == expected


def test_flags_and_overrides_stand_in_any_order_and_say_what_the_keys_say(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "--from 2025-05-01 capital.initial=5e4 --tp-mults 2,3 fees=dear --callers A,B --duckdb x --cfg job"
    assert cli.main(["v1-baseline", *shlex.split(typed)]) == 0
    by_flags = capsys.readouterr().out
    keys = "capital.initial=5e4 data.duckdb=x fees=dear data.from=2025-05-01 policy.tp_mults=[2,3] calls.callers=[A,B]"
    assert run.main(["+experiment=v1_baseline", *keys.split(), "--cfg", "job"]) == 0
    assert by_flags == capsys.readouterr().out


def test_caller_policies_and_several_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["caller-policies", "-m", "policy=v1,trailing", "--fees", "dear", "-c", "job"]) == 0
    shown = capsys.readouterr().out
    assert "name: caller_policies-v1-dear" in shown
    assert "name: caller_policies-trailing-dear" in shown


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        (["v1-baseline", "--caller", "A"], "unknown flag '--caller'; did you mean '--callers'?"),
        (["calls", "plan", "--worklist", "x"], "unknown flag '--worklist'"),
        (["v1-baseline", "--capital", "much"], "--capital/--initial-capital: 'much' must be a number"),
        (["v1-baseline", "--policy"], "--policy: expected one argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_flag_is_one_sentence(args: list[str], answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(args) == 2
    error = capsys.readouterr().err
    assert answer in error
    assert len(error.splitlines()) == 1


QUICK = {
    "help": ["v1-baseline", "--help"],
    "help of a stage": ["calls", "coverage", "--help"],
    "help of the import": ["import-results", "--help"],
    "no verb": [],
    "a wrong verb": ["stdy"],
    "the version": ["--version"],
    "a wrong flag": ["v1-baseline", "--polcy", "v1"],
    "a wrong key": ["v1-baseline", "polcy=v1"],
    "a wrong level": ["caller-policies", "--sl-mults", "1.2"],
    "a wrong stage key": ["calls", "slice", "data.intervall=1m"],
    "a sweep's key": ["run", "+experiment=v1_baseline", "search=tpe"],
    "the configuration": ["v1-baseline", "--cfg", "job"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_help_and_errors_load_nothing_heavy(name: str) -> None:
    program = (
        "import contextlib, sys\nfrom quantray import cli\n"
        f"with contextlib.suppress(SystemExit): cli.main({QUICK[name]!r})\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "quantray" in loaded
    assert not loaded & HEAVY


# stages


def test_the_stages_show_what_they_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = ("Anna", "T0", 890.0)  # its window ends behind the source
    gone = ("Bertt", "NEW", 30.0)  # an asset without candles, a caller spelt like another
    keys = market(tmp_path, calls=calls(late, gone))
    assert cli.main(["calls", "plan", *keys, "--out", "plan.json"]) == 0
    shown = capsys.readouterr().out
    assert "Bert | Bertt" in shown
    assert "1h" in shown
    facts = json.loads((tmp_path / "plan.json").read_text())
    assert facts["calls"]["callers"] == {"Anna": 13, "Bert": 12, "Bertt": 1, "Carla": 12}
    assert facts["windows"]["max_hold"] == "1h"

    options = ["--worklist", "out/worklist.csv", "--listed", "out/listed.csv"]
    assert cli.main(["calls", "coverage", *keys, *options]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert ["too", "new", "1"] in [line.split() for line in shown]
    assert ["no", "candles", "1"] in [line.split() for line in shown]
    listed = list(csv.DictReader((tmp_path / "out" / "listed.csv").open()))
    assert [(row["asset"], row["reason"]) for row in listed] == [("NEW", "no_candles"), ("T0", "too_new")]
    assert [row["asset"] for row in csv.DictReader((tmp_path / "out" / "worklist.csv").open())] == ["NEW", "T0"]

    assert cli.main(["calls", "slice", *keys, "--out", "slice.json"]) == 0
    shown = capsys.readouterr().out
    made = json.loads((tmp_path / "slice.json").read_text())
    assert made["folder"] in shown
    assert (tmp_path / made["folder"] / "bucket=0000" / "candles.parquet").is_file()
    assert made["quality"]["assets_without_candles"] == 1
    assert left_behind(tmp_path) == {"plan.json", "out", "slice.json"}


def test_a_stage_of_a_sweep_or_into_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calls", "plan", "+experiment=options_sweep"]) == 2
    assert "is a sweep and has no calls" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert cli.main(["calls", "coverage", *market(tmp_path), "--worklist", "file/x.csv"]) == 2
    assert "file/x.csv cannot be written" in capsys.readouterr().err


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
    folders = sorted((tmp_path / "runs").iterdir())
    assert len(folders) == 2
    assert all((folder / "report.html").is_file() for folder in folders)


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
    assert not (tmp_path / "outputs" / "stopped" / "report.html").exists()
