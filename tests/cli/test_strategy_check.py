"""``quantray strategy check``: which strategy is meant, what is said, how it ends."""

import sys
from pathlib import Path

import pytest

from quantray.cli import command as cli
from quantray.cli.strategy_check import plan_of
from quantray.errors import ConfigError

PLANTED = Path(__file__).parents[1] / "shelf" / "planted.py"
FEW = ["--bars", "30", "--points", "1", "data.synthetic.sessions=1", "data.synthetic.strikes=3"]
MINE = """
from dataclasses import dataclass
import numpy as np
import quantray

@dataclass(frozen=True, kw_only=True)
class Mine(quantray.LongOption):
    top: float = 0.8

    def signals(self, session):
        bar = np.flatnonzero(session.close >= np.nanmax(session.close) * {share})[:1].astype(np.int32)
        return quantray.Signals(bar, np.ones(len(bar), np.int8), bar)
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = sys.modules["strategy"]
    monkeypatch.setattr(module, "__path__", list(module.__path__))
    monkeypatch.delitem(sys.modules, "strategy.mine_alone", raising=False)


def check(*given: str) -> int:
    return cli.main(["strategy", "check", *given])


@pytest.mark.slow
def test_a_file_of_one_s_own_is_looked_at_where_it_lies(tmp_path, capfd):
    file = tmp_path / "elsewhere" / "mine_alone.py"
    file.parent.mkdir()
    file.write_text(MINE.format(share="1"))
    assert check(str(file), *FEW) == 1
    said = capfd.readouterr().out
    assert "strategy.mine_alone.Mine: " in said
    assert "LOOK-AHEAD in 2024-11-18, up to bar " in said
    assert "    before signal at bar " in said or "    after  signal at bar " in said


@pytest.mark.slow
def test_the_shelf_passes_by_name_file_and_target(capfd):
    assert check("opening_range_breakout", *FEW) == 0
    assert "passed: nothing that it decided depends on what comes later" in capfd.readouterr().out
    shelf = Path(__file__).parents[2] / "strategy"
    for way in (str(shelf / "vwap_reclaim.py"), "strategy.vwap_reclaim.VwapReclaim", "vwap_reclaim"):
        plan = plan_of(way, ["space.stretch_threshold=[.001]", "data.synthetic.sessions=1"])
        assert plan.strategy.target == "strategy.vwap_reclaim.VwapReclaim"
        assert plan.space.names[1] == "stretch_threshold"


@pytest.mark.slow
def test_faults_are_told_with_the_line_of_the_user(capfd):
    assert check(f"{PLANTED}:Falls", *FEW) == 1
    said = capfd.readouterr().out
    assert "planted.py, line " in said
    assert "not passed" in said


@pytest.mark.slow
@pytest.mark.parametrize(("given", "sentence"), [
    ("vwap_reclam", "did you mean 'vwap_reclaim'"),
    ("nowhere.py", "does not exist; opening_range_breakout and vwap_reclaim are shipped and checked by name"),
    ("nowhere", "known: opening_range_breakout, "),
    (str(PLANTED), "several strategies: Fair"),
    (f"{PLANTED}:Faire", "did you mean 'Fair'"),
    ("strategy.planted.nothing", "unknown class"),
])  # fmt: skip
def test_what_is_no_strategy_is_refused_in_a_sentence(given, sentence, capfd):
    assert check(given, *FEW) == 2
    assert sentence in capfd.readouterr().err


@pytest.mark.slow
def test_a_file_that_cannot_be_imported_says_why(tmp_path, capfd):
    (tmp_path / "broken_alone.py").write_text("import nothing_of_this_name\n")
    assert check("broken_alone.py", *FEW) == 2
    assert "nothing_of_this_name" in capfd.readouterr().err
    (tmp_path / "my-strategy.py").write_text("")
    assert check("my-strategy.py", *FEW) == 2
    assert "rename the file" in capfd.readouterr().err


def test_what_needs_a_yaml_is_said():
    with pytest.raises(ConfigError, match=r"conf/strategy/planted\.yaml"):
        plan_of("strategy.planted.Fair", ["strategy.bars=3"])


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["conf/strategy", "conf/sweeps/strategy"])
def test_the_yaml_of_its_name_is_found_wherever_a_run_finds_it(folder, tmp_path):
    shelf, groups = tmp_path / "strategy", tmp_path / folder
    shelf.mkdir()
    groups.mkdir(parents=True)
    (shelf / "mine_alone.py").write_text(MINE.format(share=0.5))
    text = "# @package _global_\nstrategy:\n  _target_: strategy.mine_alone.Mine\nspace:\n  top: [.5, .6, .7]\n"
    (groups / "mine_alone.yaml").write_text(text)
    for way in ("mine_alone", "strategy/mine_alone.py"):
        assert plan_of(way, ["data.synthetic.sessions=1"]).space.size == 3
