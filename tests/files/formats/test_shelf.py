from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from quantray.errors import ConfigError, DataError
from quantray.files.formats import Ask, Layout, named, shelf
from quantray.files.formats.shelf import format_of
from tests.builders.golden import rows_of

ROOT = Path(__file__).parents[3]

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


def test_the_format_that_the_docs_show_reads_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    (tmp_path / "conf" / "format").mkdir(parents=True)
    (tmp_path / "conf" / "format" / "mybroker.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0])
    path = tmp_path / "quotes.csv"
    path.write_text(
        "CP;K;Sym;Expiry;BidCents;AskCents;Stamp\nC;545.5;SPY;2024-08-16;123;125;16.08.2024 15:31\n"
        "P;545.5;SPY;2024-08-16;-1;-1;16.08.2024 15:31\n"
    )
    monkeypatch.chdir(tmp_path)
    found = rows_of(path, "options", "ts symbol bid ask", Ask(interval_s=60, key="options"))
    assert found == [
        ("2024-08-16T13:30:00Z", "SPY240816C00545500", 1.23, 1.25),  # 15:31 in Berlin is 13:31 of UTC
        ("2024-08-16T13:30:00Z", "SPY240816P00545500", 0.0, None),
    ]
    with pytest.raises(DataError, match=r"data\.interval=1m"):
        rows_of(path, "options", "ts", Ask(key="options"))
    rows = re.findall(r"^\| (`.+?) \|", page.partition("| key | means |")[2], re.MULTILINE)
    told = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert told >= SHOWN
    assert {f.name for f in fields(Layout)} >= SHOWN


#: What the page has to tell of a layout; the keys of documents and calls are told in docs/calls_data.md.
SHOWN = {
    "header", "row", "names", "file", "weak", "columns", "sides", "time", "contract", "aside", "withdrawn", "once",
    "last_by", "adjusted", "refuse", "doubts",
}  # fmt: skip
