from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.files.formats import named, shelf
from quantray.files.formats.shelf import format_of

MINE = """
title: My broker
zone: Europe/Berlin
layouts:
  bars:
    table: underlying
    header: [when, o, h, l, c]
    time: {from: when, stamp: end}
    columns: {open: o, high: h, low: l, close: {from: c, per: 100}}
"""
BARS = {"table": "underlying", "header": ["t"], "time": "t"}


def test_what_came_with_quantray_can_be_read():
    found = shelf()
    wanted = {"thetadata", "massive", "databento", "cboe", "optionsdx", "lean", "kibot", "firstrate", "ibkr"}
    assert wanted <= set(found)
    assert all(layout.table and layout.wanted for f in found.values() for layout in f.layouts)


@pytest.mark.parametrize("folder", ["conf/format", "conf/shared/format"])
def test_ones_own_is_added_and_shadows(folder: str, tmp_path: Path):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "mine.yaml").write_text(MINE)
    (tmp_path / folder / "cboe.yaml").write_text(MINE)
    found = shelf(tmp_path)
    assert found["mine"].title == found["cboe"].title == "My broker"
    layout = found["mine"].layouts[0]
    assert layout.time is not None
    assert (layout.time.zone, layout.time.stamp, layout.columns["close"].per) == ("Europe/Berlin", "end", 100)
    assert "thetadata" in found


def test_a_name_that_is_none_gets_the_near_miss():
    with pytest.raises(ConfigError, match=r"data\.format=masive: unknown format 'masive'; did you mean 'massive'"):
        named("masive", "data.format")


WRONG: dict[str, tuple[object, str]] = {
    "no mapping": (["a"], "a format must be a mapping"),
    "no layouts": ({"title": "x", "layouts": {}}, "layouts is empty"),
    "a typo at the top": ({"layout": {}}, "layout: unknown key 'layout'; did you mean 'layouts'"),
    "a typo": ({"layouts": {"a": {**BARS, "colums": {}}}}, "layouts.a: colums: unknown key 'colums'; did you mean"),
    "no table": ({"layouts": {"a": {"header": ["t"]}}}, "layouts.a: table is missing"),
    "another table": ({"layouts": {"a": {**BARS, "table": "option"}}}, "did you mean 'options'"),
    "nothing to know it by": ({"layouts": {"a": {"table": "underlying", "time": "t"}}}, "a layout has a header"),
    "no time": ({"layouts": {"a": {"table": "underlying", "header": ["t"]}}}, "time is missing"),
    "a stamp": ({"layouts": {"a": {**BARS, "time": {"from": "t", "stamp": "close"}}}}, "unknown stamp 'close'"),
    "a unit": ({"layouts": {"a": {**BARS, "time": {"from": "t", "unit": "min"}}}}, "unknown unit 'min'"),
    "a zone": ({"zone": "America/New_Yrok", "layouts": {"a": BARS}}, "did you mean 'America/New_York'"),
    "two sources": ({"layouts": {"a": {**BARS, "columns": {"open": {"from": "a", "value": "b"}}}}}, "has one of from"),
    "a factor": ({"layouts": {"a": {**BARS, "columns": {"open": {"from": "a", "per": 0.1}}}}}, "per must be a whole"),
    "a group": ({"layouts": {"a": {**BARS, "columns": {"open": {"file": "x"}}}}}, "x is no group of the pattern"),
    "a pattern": ({"layouts": {"a": {**BARS, "file": "(x"}}}, "is no pattern"),
    "half a contract": ({"layouts": {"a": {**BARS, "contract": {"root": "r"}}}}, "a contract has occ alone, or all"),
    "a flag": ({"layouts": {"a": {**BARS, "weak": "yes"}}}, "weak must be true or false"),
    "a list": ({"layouts": {"a": {**BARS, "header": "t"}}}, "header must be a list"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_a_file_gets_wrong_is_named(name: str):
    raw, sentence = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        format_of("mine", raw)
    assert sentence in str(caught.value)


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path):
    (tmp_path / "conf" / "format").mkdir(parents=True)
    (tmp_path / "conf" / "format" / "mine.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match=r"mine\.yaml cannot be read"):
        shelf(tmp_path)
