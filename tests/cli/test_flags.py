"""Flags of the commands: which key each one sets, in any order beside overrides, and what a wrong one is told."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from quantray.cli import backtest, flags, run
from quantray.cli import calls as calls_cli
from quantray.cli import command as cli
from quantray.config.study_name import flatten


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_flags_and_overrides_stand_in_any_order_and_say_what_the_keys_say(capsys: pytest.CaptureFixture[str]) -> None:
    typed = "--from 2025-05-01 capital.initial=5e4 --tp-mults 2,3 fees=dear --callers A,B --duckdb x --cfg job"
    assert cli.main(["v1-baseline", *shlex.split(typed)]) == 0
    by_flags = capsys.readouterr().out
    keys = "capital.initial=5e4 data.duckdb=x fees=dear data.from=2025-05-01 policy.tp_mults=[2,3] calls.callers=[A,B]"
    assert run.main(["+experiment=v1_baseline", *keys.split(), "--cfg", "job"]) == 0
    assert by_flags == capsys.readouterr().out


@pytest.mark.slow
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
