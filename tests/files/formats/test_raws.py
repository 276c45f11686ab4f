from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files.duckdb_file import confined
from quantray.files.formats import Ask, read_as
from quantray.files.formats.shelf import format_of
from quantray.files.parts import Part, parts_of

KINDS = {"ts": "TIMESTAMPTZ", "symbol": "VARCHAR"}


def values(tmp_path: Path, text: str, columns: dict[str, object], ask: Ask | None = None, **keys: object) -> object:
    """The rows of a file, of the columns that a layout describes."""
    path = tmp_path / "a.csv"
    path.write_text(text)
    raw = {"layouts": {"it": {"table": "underlying", "header": ["t"], "time": {"from": "t", "unit": "s"},
                              "columns": columns, **keys}}}  # fmt: skip
    (layout,) = format_of("mine", raw).layouts
    with confined([path]) as connection:
        (part,) = parts_of(connection, [path])
        read = read_as(part, layout, ask or Ask())
        select = read.select(columns, {name: KINDS.get(name, "DOUBLE") for name in columns})
        return connection.execute(select).fetchall()


def test_units_divide_to_the_nearest_double(tmp_path: Path):
    text = "t,a,b\n1,1950001,1.95\n1,4153,4153000000\n"
    columns = {"open": {"from": "a", "per": 10000}, "close": {"from": "b", "fixed": 1000000000}}
    assert values(tmp_path, text, columns) == [(195.0001, 1.95), (0.4153, 4.153)]


def test_what_means_nothing_is_nothing_and_names_lose_their_prefix(tmp_path: Path):
    text = "t,s,a\n1,I:SPX,9223372036854775807\n1,x,5\n"
    columns = {
        "symbol": {"from": "s", "strip": "I:", "upper": True},
        "open": {"from": "a", "none": ["9223372036854775807"]},
    }
    assert values(tmp_path, text, columns) == [("SPX", None), ("X", 5.0)]


def test_a_column_may_be_a_setting_a_constant_or_the_middle_of_two(tmp_path: Path):
    text = "t,bid,ask\n1,1.1,1.3\n1,0,1.3\n1,1.4,1.3\n"
    columns = {"symbol": {"setting": "symbol"}, "open": {"mid": ["bid", "ask"]}, "volume": {"value": "7"}}
    assert values(tmp_path, text, columns, Ask(symbol="SPX")) == [
        ("SPX", 1.2, 7.0),
        ("SPX", None, 7.0),
        ("SPX", None, 7.0),
    ]
    with pytest.raises(DataError, match=r"say data\.symbol=NAME"):
        values(tmp_path, text, columns)


def test_a_column_that_the_file_lacks_is_not_read_and_a_needed_one_is_named(tmp_path: Path):
    assert values(tmp_path, "t,a\n1,2\n", {"open": "a"}) == [(2.0,)]
    with pytest.raises(DataError, match="has no column for the time of a row: unknown column 'tt'; did you mean 't'"):
        values(tmp_path, "t,a\n1,2\n", {"open": "a"}, time={"from": "tt", "unit": "s"})


def test_a_column_that_stands_in_the_file_twice_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="has the column 'a' twice"):
        values(tmp_path, "t,A,a\n1,2,3\n", {"open": "a"})


def test_a_database_has_no_name_of_a_file():
    layout = {"table": "underlying", "header": ["t"], "file": r"(?P<day>\d+)\.csv", "time": {"from": "t"},
              "columns": {"symbol": {"file": "day"}}}  # fmt: skip
    raw = {"layouts": {"it": layout}}
    (made,) = format_of("mine", raw).layouts
    with pytest.raises(DataError, match="day stands in the name of such a file"):
        read_as(Part("market.bars", {"t": ("t", "TIMESTAMP WITH TIME ZONE")}), made, Ask())
