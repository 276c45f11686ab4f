from __future__ import annotations

from pathlib import Path

from quantray.files.duckdb_file import confined
from quantray.files.formats.relation import Ask, Lets, Read
from quantray.files.parts import parts_of
from quantray.files.typed import Cell


def test_an_expression_has_one_name_and_stands_behind_what_it_uses():
    let = Lets()
    one = let("a + 1")
    two = let(f"{one} * 2")
    assert let("a + 1") == one
    assert let.layers == [{one: "a + 1"}, {two: f"{one} * 2"}]


def test_rows_are_numbered_before_they_are_two_and_values_are_worked_out_behind(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n2\n")
    let = Lets()
    value = let("TRY_CAST(c0 AS DOUBLE)")
    with confined([path]) as connection:
        (part,) = parts_of(connection, [path])
        read = Read(part, {"x": "x"}, {"x": Cell(value)}, {"x": "c0"}, sides=("C", "P"), by_name=True,
                    lets=tuple(let.layers))  # fmt: skip
        rows = connection.execute(f"SELECT line, side, {value}, filename FROM {read.numbered}").fetchall()
        select = read.select(["x"], {"x": "DOUBLE"}, "file_index", why=True)
        assert connection.execute(select).fetchall() == [(1.0, 0, None), (1.0, 0, None), (2.0, 0, None), (2.0, 0, None)]
    assert rows == [(n, side, float(n), str(path)) for n in (1, 2) for side in "CP"]
    assert not read.native
    assert not read.fine


def test_what_was_asked_is_what_columns_are_read_by():
    assert Ask(timezone="Asia/Tokyo", ts_unit="ms", exchange="UTC").reading.timezone == "Asia/Tokyo"
