"""The section of the strategy: another one brings its space; what is wrong with one's own is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.config.plans import load_plan
from quantray.errors import ConfigError
from tests.builders.own_choices import write


@pytest.mark.slow
def test_another_strategy_brings_its_space() -> None:
    plan = load_plan("strategy=opening_range_breakout")
    assert plan.strategy.target.endswith("OpeningRangeBreakout")
    assert "range_minutes" in plan.space.names
    assert "stretch_threshold" not in plan.space.names


GOOD = """
from dataclasses import dataclass

import numpy as np

from quantray import LongOption, Signals


@dataclass(frozen=True, kw_only=True)
class Own(LongOption):
    minute: int = 5

    def signals(self, session):
        return Signals(np.array([self.minute], np.int32), np.array([-1], np.int8), np.array([self.minute], np.int32))
"""
YAML = "# @package _global_\nstrategy:\n  _target_: strategy.{name}.Own\nspace:\n  minute: [5, 10]\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("wrong_syntax", "def signals(self", "def signals(self:", r"cannot be imported: .*wrong_syntax\.py, line 13"),
        ("wrong_module", "numpy as", "numpyy as", r"not installed: .*'numpyy' \(strategy/wrong_module\.py, line 4\)"),
        ("wrong_name", "import LongOption", "import LongOptio", r"'LongOptio'.* \(strategy/wrong_name\.py, line 6\)"),
        ("wrong_value", "\n\n@data", "\n1 / 0\n@data", r"ZeroDivisionError: .* \(strategy/wrong_value\.py, line 8\)"),
        ("wrong_exit", "\n\n@data", "\nraise SystemExit\n@data", r"SystemExit: .* \(strategy/wrong_exit\.py, line 8\)"),
        ("thawed", "(frozen=True, kw_only=True)", "", r"TypeError: .*non-frozen.* \(strategy/thawed\.py, line 9\)"),
        (
            "plain_class",
            "@dataclass(frozen=True, kw_only=True)\n",
            "",
            r"fields of its own \(minute\) and no",
        ),
        ("orphan", "(LongOption)", "", r"no option_selection_mode: inherit quantray\.LongOption"),
        ("another", "class Own", "class Owm", "unknown class 'Own'; did you mean 'Owm'"),
        ("fieldless", "minute: int", "minutes: int", "unknown parameter 'minute'; did you mean 'minutes'"),
        ("sound", "minute: int", "minute: NoSuchType", None),
    ],
)
def test_what_is_wrong_with_a_strategys_file_is_told_with_its_line(
    own: Path, name: str, old: str, new: str, says: str | None
) -> None:
    assert old in GOOD
    text = GOOD if says is not None else f"from __future__ import annotations\n{GOOD}"
    (own.parent / "strategy").mkdir(exist_ok=True)
    (own.parent / "strategy" / f"{name}.py").write_text(text.replace(old, new))
    write(own, f"strategy/{name}", YAML.format(name=name))
    if says is None:
        assert load_plan(f"strategy={name}").space.size == 2
    else:
        with pytest.raises(ConfigError, match=says):
            load_plan(f"strategy={name}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (YAML.removeprefix("# @package _global_\n"), "must begin with the line '# @package _global_'"),
        (YAML.replace("  minute", "\tminute"), r"conf/strategy/mine\.yaml, line 5, is no YAML: found character"),
        (YAML + "space: {}\n", r"conf/strategy/mine\.yaml, line 6, is no YAML: found duplicate key space"),
        (YAML + "# \x00", r"conf/strategy/mine\.yaml is no YAML: unacceptable character"),
        (None, r"strategy/mine\.py is there and its YAML is not; conf/strategy/mine\.yaml names the class"),
    ],
)
def test_what_is_wrong_with_its_yaml_is_told_with_its_line(own: Path, text: str | None, says: str) -> None:
    (own.parent / "strategy").mkdir(exist_ok=True)
    (own.parent / "strategy" / "mine.py").write_text(GOOD)
    if text is not None:
        write(own, "strategy/mine", text.format(name="mine") if "space: {}" not in text else text)
    with pytest.raises(ConfigError, match=says):
        load_plan("strategy=mine")


def test_a_yaml_that_is_no_text_is_named(own: Path) -> None:
    write(own, "strategy/mine", "")
    (own / "strategy" / "mine.yaml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"conf/strategy/mine\.yaml cannot be read"):
        load_plan("strategy=mine")
