"""``quantray data import`` and ``export`` as they are typed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import quantray.callers.chats
import quantray.callers.data.times
import quantray.files
from quantray.cli import command
from quantray.cli.data_import import in_flags, in_words
from quantray.intake import Progress
from tests.builders.intake import plain_candles


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain_candles(Path("a.csv"), n=50)


def run(*words: str) -> int:
    return command.main(["data", "import", *words])


@pytest.mark.slow
def test_what_was_done_and_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    Path("calls.csv").write_text("caller,asset,ts\nAnn,A,2025-01-01T00:05:00Z\n")
    assert run("a.csv", "calls.csv", "--into", "m.duckdb") == 0
    said = capsys.readouterr().out
    assert "a.csv: 50 rows into candles as plain" in said
    assert "total: 2 sources: 2 taken; 51 new rows in m.duckdb" in said
    assert said.splitlines()[-1] == (
        "next: python -m quantray.run +experiment=caller_policies data=duckdb data.duckdb=m.duckdb"
    )
    assert run("a.csv", "calls.csv", "--into", "m.duckdb") == 0
    assert "2 there already; 0 new rows" in capsys.readouterr().out


@pytest.mark.parametrize(("volume", "strategy"), [("0", " strategy=opening_range_breakout"), ("7", "")])
def test_without_volumes_a_strategy_comes_next_that_needs_none(
    volume: str, strategy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"2024-11-27T14:{minute}:00Z,1,1,1,1,{volume}" for minute in range(30, 40)]
    Path("bars.csv").write_text("\n".join(["ts,open,high,low,close,volume", *rows]))
    assert run("bars.csv", "--into", "m.duckdb", "--table", "underlying") == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"next: python -m quantray.run +experiment=options_sweep{strategy} data=duckdb data.duckdb=m.duckdb"
        " data.chain=synthetic"
    )


@pytest.mark.slow
def test_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.csv").write_text(Path("a.csv").read_text().replace("Z,", "X,"))
    assert run("bad.csv", "--into", "m.duckdb") == 2  # nothing was written
    assert not Path("m.duckdb").exists()
    assert run("a.csv", "bad.csv", "--into", "m.duckdb") == 1  # something was
    assert "bad.csv: failed: 50 rows of 50 cannot be read" in capsys.readouterr().out
    assert run("a.csv", "--into", "m.duckdb", "--dry-run") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.csv"], "needs --into"),
        (["a.csv", "--into", "m.duckdb", "--frm", "2025-01-01"], "did you mean '--from'"),
        (["a.csv", "--into", "m.duckdb", "--column", "ts"], "OURS=THEIRS"),
        (["a.csv", "--into", "m.duckdb", "--max-set-aside", "nan"], "share from 0 to 1"),
        (["a.csv", "--into", "m.duckdb", "--memory", "lots"], "a size like"),
        (["a.csv", "--into", "m.duckdb", "--interval", "1x"], "--interval"),
        (["a.csv", "--into", "m.duckdb", "--format", "thetadta"], "did you mean 'thetadata'"),
        (["a.cvs", "--into", "m.duckdb"], "did you mean 'a.csv'"),
    ],
)
def test_slips_are_answered(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 2
    assert said in capsys.readouterr().err
    assert [p.name for p in Path().iterdir()] == ["a.csv"]


def test_out_again(capsys: pytest.CaptureFixture[str]) -> None:
    run("a.csv", "--into", "m.duckdb")
    capsys.readouterr()
    assert command.main(["data", "export", "m.duckdb", "--out", "out"]) == 0
    assert capsys.readouterr().out == "out/candles.parquet: 50 rows of candles\n"


def test_settings_are_told_as_flags() -> None:
    assert in_flags("say data.ts_unit=ms, or data.columns.options.ts=T") == "say --ts-unit ms, or --column options.ts=T"
    assert in_words(Progress(1, 2, 50, 100, 1000, 2.0)) == "1 of 2 sources, 1,000 rows, 500 rows/s, 2 s left"


ROOMS = [Path(str(room.__file__)).parent for room in (quantray.files, quantray.callers.chats)]
SOURCES = [*(file for room in ROOMS for file in room.rglob("*.py")), Path(quantray.callers.data.times.__file__)]
#: Settings that only a run has, in sentences that are said to a run alone.
OF_RUNS = {"data.allow_paths", "data.duckdb", "data.format.{key}"}


def test_every_setting_that_a_reader_asks_for_is_a_flag_of_the_import(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    asked = {found for file in SOURCES for found in re.findall(
        r"\b(?:data\.[a-z_]+(?:\.\{?[a-z]+\}?)?(?==)|messages\.date_format)", file.read_text())} - OF_RUNS  # fmt: skip
    assert {"data.date", "data.timezone", "messages.date_format"} <= asked
    for setting in asked:
        for sentence in (f"{setting}=X", f"{setting}, or", f"({setting})"):
            said = in_flags(sentence)
            assert set(re.findall(r"--[a-z-]+", said)) & flags, setting
            assert not re.search(r"(data|messages)\.| [,)]", said), said


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys, contextlib\nfrom quantray.cli import command\n"
        "with contextlib.suppress(SystemExit): command.main(['data', 'import', '--help'])\n"
        "assert not {'duckdb', 'pyarrow', 'pandas', 'pydantic'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
