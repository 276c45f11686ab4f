"""The commands about callers: flags, stages, runs, and what a request that cannot be carried out is answered with."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from quantray.cli import command as cli
from tests.builders import chats
from tests.builders.call_files import calls, left_behind, market
from tests.builders.chats import HEX, MINT, said


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# stages


@pytest.mark.slow
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


@pytest.mark.slow
def test_messages_of_a_chat_are_shown_with_what_is_no_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited = said(2, HEX, 60, edited_unixtime=str(chats.T0 + 99))
    chats.telegram(tmp_path / "chat", [said(1, f"{MINT} mc 47.18k"), edited, said(3, "gm [red]x[/] \x1b[2J", 70)])
    keys = ["data.calls=chat", "data.cache=cache"]
    assert cli.main(["calls", "messages", *keys, "--unparsed", "u.csv", "--out", "m.json"]) == 0
    shown = capsys.readouterr().out
    assert MINT in shown
    assert "edited" in shown
    assert "gm [red]x[/]" in shown
    assert "\x1b" not in shown
    assert json.loads((tmp_path / "m.json").read_text())["calls"]["edited"] == 1
    assert [row["why"] for row in csv.DictReader((tmp_path / "u.csv").open())] == ["names no asset"]
    assert cli.main(["calls", "messages", *keys, "messages.assets.solana=null", "messages.assets.evm=null"]) == 2
    assert cli.main(["calls", "messages", *market(tmp_path)]) == 2
    assert "is no chat; give data.calls=result.json" in capsys.readouterr().err


@pytest.mark.slow
def test_a_stage_of_a_sweep_or_into_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calls", "plan", "+experiment=options_sweep"]) == 2
    assert "is a sweep, which quantray calls plan does not take" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert cli.main(["calls", "coverage", *market(tmp_path), "--worklist", "file/x.csv"]) == 2
    assert "file/x.csv cannot be written" in capsys.readouterr().err
