"""What cannot be read is named: file, column, row, value and remedy, never "is the file whole?"."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import DataSettings, load
from tests.builders.market_files import Frames, frames, write, write_csv


def cell(key: str, column: str, row: int, value: str) -> Callable[[Frames], None]:
    def bend(made: Frames) -> None:
        made[key][column] = made[key][column].astype(object)
        made[key].loc[row - 1, column] = value

    return bend


CELLS = {
    "decimal comma": ("options", "bid", "99,5", "has a decimal comma; write it with a point, 99.5"),
    "not available": ("options", "ask", "N/A", "leave the field empty where there is no value"),
    "null in words": ("underlying", "vwap", "null", "leave the field empty"),
    "thousands": ("underlying", "close", "1,234.50", r"take the thousands separators out \(1234.50\)"),
    "thousands or comma": ("underlying", "close", "1,234", "write 1.234 or 1234"),
    "thousands with a point": ("underlying", "open", "1.234,5", "write 1234.5"),
    "underscore": ("underlying", "volume", "1_000", r"take the thousands separators out \(1000\)"),
    "currency": ("options", "last", "$5.10", "without currency"),
    "percent": ("options", "last", "5%", "sign of percent"),
    "words": ("options", "bid", "five", "write a plain number"),
    "call European": ("chain", "right", "CE", r"write C for a call or P for a put \(CE is a call: C\)"),
    "put European": ("chain", "right", "PE", r"\(PE is a put: P\)"),
    "strike": ("chain", "strike", "100-", "is no number"),
    "no such day": ("chain", "expiry", "2024-02-30", "is no date"),
    "far away": ("underlying", "ts", "27 Nov 2024 9:30", "is no time; write it as 2024-11-27T14:30:00Z"),
    "only a date": ("options", "ts", "2024-11-27", "is a date; a bar needs its time of day"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_cannot_be_read_is_named_with_its_remedy(name: str, tmp_path: Path):
    key, column, value, remedy = CELLS[name]
    made = frames()
    if column == "vwap":
        made["underlying"]["vwap"] = made["underlying"].close
    cell(key, column, 8, value)(made)
    with pytest.raises(DataError, match=rf"{key}\.csv: column '{column}', row 8: ") as caught:
        load(write_csv(tmp_path, made))
    assert repr(value) in str(caught.value)
    with pytest.raises(DataError, match=remedy):
        load(write_csv(tmp_path, made))
    assert "whole" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_row_of_a_parquet_file_of_text_is_named_too(tmp_path: Path):
    made = frames()
    made["options"]["bid"] = made["options"].bid.map(str)
    made["options"].loc[41, "bid"] = "1,5"
    with pytest.raises(DataError, match=r"options.parquet: column 'bid', row 42: '1,5' .* decimal comma"):
        load(write(tmp_path, made))


def test_the_file_of_a_folder_is_named(tmp_path: Path):
    made = frames()
    folder = tmp_path / "parts"
    folder.mkdir()
    made["options"][:300].to_csv(folder / "a.csv", index=False)
    later = made["options"][300:].reset_index(drop=True).astype({"ask": object})
    later.loc[2, "ask"] = "n.a."
    later.to_csv(folder / "b.csv", index=False)
    with pytest.raises(DataError, match=r"parts/b\.csv: column 'ask', row 3: 'n\.a\.'"):
        load(write(tmp_path, made, options=str(folder)))


def test_a_type_that_cannot_hold_prices_is_named(tmp_path: Path):
    made = frames()
    made["underlying"]["close"] = made["underlying"].close > 100
    with pytest.raises(DataError, match=r"underlying.parquet: column 'close' has type BOOLEAN; it must hold numbers"):
        load(write(tmp_path, made))
    made = frames()
    made["options"]["ts"] = made["options"].ts.dt.date
    with pytest.raises(DataError, match=r"column 'ts' has type DATE; it must hold timestamps with a timezone"):
        load(write(tmp_path, made))


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_a_time_of_any_unit_may_be_an_end(unit: str, tmp_path: Path):
    made = frames()
    wanted = load(write(tmp_path, made)).digest
    for key in ("underlying", "options"):
        made[key]["ts"] = (made[key].ts + pd.Timedelta("1min")).dt.as_unit(unit)
    assert load(write(tmp_path, made, stamp="end", interval="1m")).digest == wanted


def rewritten(tmp_path: Path, change: Callable[[bytes], bytes], key: str = "underlying") -> DataSettings:
    settings = write_csv(tmp_path, frames())
    path = tmp_path / f"{key}.csv"
    path.write_bytes(change(path.read_bytes()))
    return settings


TEXTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "UTF-16": (lambda b: b.decode().encode("utf-16"), "underlying.csv is UTF-16 text; save it as UTF-8"),
    "UTF-16 without a mark": (lambda b: b.decode().encode("utf-16-le"), "no UTF-8 text.*save it as UTF-8"),
    "UTF-32": (lambda b: b.decode().encode("utf-32"), "is UTF-32 text"),
    "Latin-1": (lambda b: b.replace(b"SPOT", b"SP\xd6T", 1), "line 2 is not UTF-8; save the file as UTF-8"),
    "empty": (lambda b: b"", "underlying.csv is empty"),
    "blanks": (lambda b: b"\n\n", "is empty"),
    "header only": (lambda b: b.splitlines(keepends=True)[0], "has no rows"),
    "no header": (lambda b: b.split(b"\n", 1)[1].replace(b"SPOT", b"700"), "first line holds values.*name the columns"),
    "Parquet": (lambda b: b"PAR1" + b, "is a Parquet file, whatever its name says"),
    "workbook": (lambda b: b"PK\x03\x04" + b, "a zip archive or a workbook"),
    "cut off": (lambda b: b[:-30], r"line \d+ has \d fields and the header 7; repair the line"),
    "a field too many": (lambda b: b.replace(b"00.0\n", b"00.0,9\n", 1), r"line 2 has 8 fields and the header 7"),
    "open quote": (lambda b: b.replace(b",SPOT,", b',"SPOT,', 1), "line 2|quote"),
    "open quote of a long file": (lambda b: b.replace(b",SPOT,", b',"SPOT,', 1) + b * 4, "a quote is opened that"),
    "typo": (lambda b: b.replace(b"volume", b"volmue", 1), "no column 'volume'.*did you mean 'volmue'.*volume=volmue"),
    "a comment first": (lambda b: b"# made by x\n" + b, "has none of the columns ts, .*: it has # made by x; the"),
    "sep= first": (lambda b: b"sep=,\n" + b, "has none of the columns"),
    "twice": (lambda b: b.replace(b"open", b"close", 1), "has the column 'close' twice; rename or remove one"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_file_that_cannot_be_read_says_why(name: str, tmp_path: Path):
    change, said = TEXTS[name]
    with pytest.raises(DataError, match=said) as caught:
        load(rewritten(tmp_path, change))
    assert "underlying.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "of the kind its name says" not in str(caught.value)


SAME: dict[str, Callable[[bytes], bytes]] = {
    "a mark of UTF-8": lambda b: b"\xef\xbb\xbf" + b,
    "lines of Windows": lambda b: b.replace(b"\n", b"\r\n"),
    "lines of an old Macintosh": lambda b: b.replace(b"\n", b"\r"),
    "no last line end": lambda b: b.rstrip(b"\n"),
    "semicolons": lambda b: b.replace(b",", b";"),
    "tabs": lambda b: b.replace(b",", b"\t"),
    "bars": lambda b: b.replace(b",", b"|"),
    "blanks behind commas of the header": lambda b: b.replace(b",", b", ", 6),
    "quotes": lambda b: b.replace(b"SPOT", b'"SPOT"'),
    "packed": gzip.compress,
    "capitals": lambda b: b.replace(b"ts,symbol,open", b"TS,Symbol,OPEN", 1),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
def test_ways_of_writing_csv_that_change_nothing(name: str, tmp_path: Path):
    wanted = load(write_csv(tmp_path, frames())).digest
    assert load(rewritten(tmp_path, SAME[name])).digest == wanted


@pytest.mark.parametrize(
    ("key", "ours", "theirs"),
    [("options", "bid", "bids"), ("options", "ask", "aks"), ("chain", "multiplier", "mutliplier"),
     ("underlying", "symbol", "symbool"), ("chain", "multiplier", "Multi_plier"),
     ("options", "underlying", "underlyng")],
)  # fmt: skip
def test_an_optional_column_with_a_slip_in_its_name_is_not_passed_over(
    key: str, ours: str, theirs: str, tmp_path: Path
):
    made = frames()
    made[key] = made[key].rename(columns={ours: theirs})
    with pytest.raises(DataError, match=rf"{key}.parquet has no column '{ours}': .*did you mean '{theirs}'"):
        load(write(tmp_path, made))


def test_a_column_of_another_meaning_is_no_slip(tmp_path: Path):
    made = frames()
    wanted = load(write(tmp_path, made)).digest
    made["options"]["bid_size"] = made["options"]["asks"] = made["options"]["bid1"] = "whatever, not read"
    made["underlying"]["Adj Close"] = "x"
    assert load(write(tmp_path, made)).digest == wanted


def test_files_of_a_folder_agree_in_the_columns_that_decide(tmp_path: Path):
    made = frames()
    (tmp_path / "c").mkdir()
    made["chain"][:9].to_parquet(tmp_path / "c" / "a.parquet")
    made["chain"][9:].drop(columns="multiplier").to_parquet(tmp_path / "c" / "b.parquet")
    with pytest.raises(DataError, match=r"c: b.parquet has no column 'multiplier' and a.parquet has"):
        load(write(tmp_path, made, chain=str(tmp_path / "c")))


@pytest.mark.slow
def test_a_folder_says_what_it_holds(tmp_path: Path):
    made = frames()
    folder = tmp_path / "o"
    folder.mkdir()
    with pytest.raises(DataError, match=r"has no file that is Parquet"):
        load(write(tmp_path, made, options=str(folder)))
    (folder / "._x.csv").write_bytes(b"\0\0")
    (folder / ".hidden.parquet").write_bytes(b"\0")
    (folder / "_temporary").mkdir()
    made["options"].to_parquet(folder / "_temporary" / "half.parquet")
    with pytest.raises(DataError, match=r"names that begin with \. or _ are passed over"):
        load(write(tmp_path, made, options=str(folder)))
    made["options"].to_parquet(folder / "rows.PARQUET")
    assert load(write(tmp_path, made, options=str(folder))).digest == load(write(tmp_path, made)).digest
    made["options"].to_csv(folder / "rows.csv")
    with pytest.raises(DataError, match=r"has Parquet \(rows.PARQUET\) and CSV \(rows.csv\)"):
        load(write(tmp_path, made, options=str(folder)))


@pytest.mark.slow
def test_a_parquet_file_that_is_none_says_so(tmp_path: Path):
    settings = write(tmp_path, frames())
    path = tmp_path / "options.parquet"
    whole = path.read_bytes()
    for content, said in ((b"ts,bid\n1,2\n", "is no Parquet file, whatever its name says"), (whole[:-100], "cut off"),
                          (b"", "is empty")):  # fmt: skip
        path.write_bytes(content)
        with pytest.raises(DataError, match=said):
            load(settings)
