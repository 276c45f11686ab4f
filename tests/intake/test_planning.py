"""What a file serves as is told by its head, before anything is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.intake import Request, import_data
from tests.builders import vendor_candles as vendor
from tests.builders.intake import plain_candles, taken

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("massive_options.csv", {"options": "massive"}),
        ("massive_stocks.csv", {"underlying": "massive"}),
        ("thetadata_bars.csv", {"options": "thetadata"}),
        ("thetadata_stock.csv", {"underlying": "thetadata"}),
        ("cboe_quotes.csv", {"underlying": "cboe", "options": "cboe"}),
        ("spx_15m_202408.txt", {"underlying": "optionsdx", "options": "optionsdx"}),
    ],
)
def test_a_vendors_file_serves_as_what_it_holds(name: str, tables: dict[str, str], tmp_path: Path) -> None:
    request = Request((str(GOLDEN / name),), tmp_path / "m.duckdb", interval_s=60)
    (done,) = import_data(request, dry_run=True).done
    assert {reading.table: reading.format for reading in done.readings} == tables


def test_what_cannot_be_told_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    plain_candles(tmp_path / "a.csv")
    for k in range(7):
        (tmp_path / f"x{k}.csv").write_text("some,other,columns\n1,2,3\n")
    with pytest.raises(DataError) as caught:
        taken(tmp_path / "m.duckdb", tmp_path)
    assert str(caught.value).count("known by its columns (some, other, columns)") == 5
    assert "… and 2 more" in str(caught.value)
    assert not (tmp_path / "m.duckdb").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("timestamp,open,high,low,close,volume\n1,1,1,1,1,1\n", "if it is a file of ccxt, --format ccxt; else"),
        (f"ts,open\n1,{'x' * 200_000}\n", "longer than"),
    ],
)
def test_a_file_that_is_no_file_of_ours_is_told_what_to_do(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "WIF_USDT.csv").write_text(content, newline="")
    with pytest.raises(DataError, match=said):
        taken(tmp_path / "m.duckdb", tmp_path / "WIF_USDT.csv")


def test_what_lies_beside_data_is_passed_over_with_what_it_is(tmp_path: Path) -> None:
    vendor.freqtrade(tmp_path / "in" / "BTC_USDT_USDT-1m-futures.feather")
    odd = [vendor.freqtrade(tmp_path / "in" / f"BTC_USDT_USDT-8h-{what}.feather") for what in ("mark", "funding_rate")]
    outcome = taken(tmp_path / "m.duckdb", tmp_path / "in")
    assert [done.readings[0].format for done in outcome.done] == ["freqtrade"]
    ((why, names),) = outcome.found.passed.items()
    assert "at which nobody trades" in why
    assert sorted(names) == sorted(map(str, odd))
    with pytest.raises(DataError, match=r"there is nothing to import; .*mark\.feather is of no use: freqtrade: prices"):
        taken(tmp_path / "n.duckdb", odd[0])


@pytest.mark.parametrize("tables", [(), ("underlying",)])
@pytest.mark.parametrize("time", ["Datetime", "timestamp", "Date Time", "Open Time"])
def test_a_column_under_another_usual_name_is_told_as_what_can_be_typed(
    time: str, tables: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{time},Open,High,Low,Close,Volume\n2025-01-02T15:00:00Z,1,1,1,1,5\n")
    with pytest.raises(DataError) as caught:
        taken(tmp_path / "m.duckdb", file, tables=tables)
    said = str(caught.value)
    assert f"column {time!r} looks like ts: --table underlying --column " in said
    words = shlex.split(said.partition(": --table ")[2])
    assert words == ["underlying", "--column", f"ts={time}"]
    told = {"tables": (words[0],), "columns": {"": dict([words[2].split("=")])}}
    assert taken(tmp_path / "m.duckdb", file, **told).tables["underlying"] == 1  # and it works


@pytest.mark.parametrize(
    ("header", "part"),
    [("Date,Time,Open,High,Low,Close", "time: {from: [Date, Time]"),
     ("quote_datetime,root,expiration,strike,option_type,bid,ask", "contract: {root: root, expiry: expiration, ")],
)  # fmt: skip
def test_a_time_or_contract_in_several_columns_is_no_column_to_be_named(header: str, part: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
    with pytest.raises(DataError, match=re.escape(part)) as caught:
        taken(tmp_path / "m.duckdb", file)
    assert "--column" not in str(caught.value)


def test_a_file_without_a_header_is_never_asked_for_names_of_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "it.csv"
    file.write_text("20250102 0930,1,2,3,4\n20250102 0931,1,2,3,4\n")
    for tables in ((), ("underlying",), ("candles",)):
        with pytest.raises(DataError, match=r"it has no header: .*first line") as caught:
            taken(tmp_path / "m.duckdb", file, tables=tables)
        assert "--column" not in str(caught.value)


def test_a_list_of_calls_whose_file_is_the_caller_is_told_its_table(tmp_path: Path) -> None:
    file = tmp_path / "Ann.csv"
    file.write_text("asset,ts,mcap\nX,2025-01-02T15:00:00Z,47.18k\n")
    with pytest.raises(DataError, match="those of a list of calls: --table calls"):
        taken(tmp_path / "m.duckdb", file)
