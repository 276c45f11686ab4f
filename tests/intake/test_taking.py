"""Good rows are taken in one look; what is wrong with the others is told with its line by a second one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from quantray.intake import Done, Limits, Wanted
from tests.builders.intake import HEADER, held, plain_candles, query, taken


def one(into: Path, file: Path, **told: object) -> Done:
    (done,) = taken(into, file, **told).done
    return done


@pytest.mark.slow
def test_each_reason_has_its_number_and_its_lines(tmp_path: Path) -> None:
    lines = plain_candles(tmp_path / "a.csv", n=40).read_text().splitlines()
    lines[3] = lines[3].replace(",3.0,", ",3,0,", 1)  # one field too many
    lines[5] = lines[5].replace("2025-01-01T", "yesterday ")
    lines[7] = lines[7].replace("A,", ",", 1)
    lines[9] = ",".join([*lines[9].split(",")[:2], "N/A", *lines[9].split(",")[3:]])
    lines[11] = lines[11].replace(",5.0", ",1_000")
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    done = one(tmp_path / "m.duckdb", tmp_path / "a.csv")
    (part,) = done.taken
    assert (part.rows, part.unreadable) == (35, 5)
    assert {reason: [line for why, line, _ in part.shown if why == reason] for reason in part.aside} == {
        "broken line (too many columns)": [4],
        "column 'ts' cannot be read": [6],
        "no asset": [8],
        "column 'open' cannot be read": [10],
        "column 'volume' cannot be read": [12],
    }
    assert any("'N/A' is no number" in what for _, _, what in part.shown)
    assert query(tmp_path / "m.duckdb", "SELECT rows FROM quantray_provenance") == [(35,)]


def test_at_most_so_many_examples(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(plain_candles(file, n=50).read_text().replace(",5.0\n", ",x\n"))
    done = one(tmp_path / "m.duckdb", file, limits=Limits(2, 1.0))
    assert done.taken[0].aside == {"column 'volume' cannot be read": 50}
    assert [line for _, line, _ in done.taken[0].shown] == [2, 3]


@pytest.mark.slow
def test_too_many_refuse_the_file_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    lines = plain_candles(file, n=50).read_text().splitlines()
    for k in (1, 2, 3):
        lines[k] = lines[k].replace("T00", " o'clock")
    file.write_text("\n".join(lines) + "\n")
    done = one(tmp_path / "m.duckdb", file, limits=Limits())
    assert done.state == "failed"
    assert "3 rows of 50 cannot be read: line 2: column 'ts'" in done.why
    assert "--max-set-aside 0.06" in done.why
    assert not (tmp_path / "m.duckdb").exists()
    assert one(tmp_path / "m.duckdb", file, limits=Limits(3, 0.06)).state == "taken"


def test_vendors_rows_that_mean_nothing_are_set_aside_by_name(tmp_path: Path) -> None:
    golden = Path(__file__).parents[1] / "golden" / "databento_cbbo.csv"
    done = one(tmp_path / "m.duckdb", golden, interval_s=60)
    assert done.taken[0].aside == {"no time": 1}
    assert done.taken[0].unreadable == 0


def test_quotes_and_trades_are_not_mixed_in_one_table(tmp_path: Path) -> None:
    into = tmp_path / "m.duckdb"
    quotes, trades = tmp_path / "options_q.csv", tmp_path / "options_t.csv"
    quotes.write_text("ts,symbol,bid,ask\n2025-01-02T15:00:00Z,X,1,2\n")
    trades.write_text("ts,symbol,close,volume\n2025-01-02T15:00:00Z,X,1,2\n")
    assert one(into, quotes).state == "taken"
    done = one(into, trades)
    assert done.state == "failed"
    assert "bid and ask of options" in done.why
    assert query(into, "SELECT bid FROM options") == [(1.0,)]


@pytest.mark.parametrize("name", ['a"b', "x'; DROP TABLE candles; --", "\x1b[31m", "сцена", "a\tb", "{t}", "%s"])
def test_columns_of_any_name_are_names(name: str, tmp_path: Path) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    file = tmp_path / "a.csv"
    file.write_text(
        plain_candles(file).read_text().replace(HEADER, HEADER.replace("volume", quoted), 1), encoding="utf-8"
    )
    done = one(tmp_path / "m.duckdb", file, columns={"": {"volume": name}})
    assert done.state == "taken", done.why
    assert [volume for *_, volume in held(tmp_path / "m.duckdb")] == [5.0] * 10


#: Noon of 2025-01-01 as a whole number -> its unit.
NOON = {1_735_732_800 * per: unit for unit, per in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9))}


@pytest.mark.parametrize("number", NOON)
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_number_in_another_unit_is_never_a_time_outside_of_the_years_of_markets(
    number: int, unit: str, tmp_path: Path
) -> None:
    table = "candles" if unit in ("s", "us") else "underlying"
    into, file = tmp_path / "m.duckdb", tmp_path / "a.csv"
    header = HEADER if table == "candles" else HEADER.replace("asset", "symbol")
    file.write_text(f"{header}\nA,{number},1,1,1,1,5\n")
    done = one(into, file, ts_unit=unit, tables=(table,), limits=Limits())
    if unit == NOON[number]:
        assert query(into, f"SELECT strftime(ts, '%Y-%m-%dT%H:%M') FROM {table}") == [("2025-01-01T12:00",)]
    else:
        assert done.state == "failed"
        assert f"is no time in {unit}; it looks like data.ts_unit={NOON[number]} (2025-01-01T12:00:00Z)" in done.why


@pytest.mark.slow
@pytest.mark.parametrize("when", ["0001-01-01", "1970-01-01", "2200-01-01", "9999-12-31"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_stands_for_no_time_is_set_aside_whatever_its_type(when: str, kind: str, tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", tmp_path / f"a.{kind}"
    rows = (
        f"VALUES ('A', '{when} 00:00:00+00', 1.5, 1.5, 1.5, 1.5, 5.0), ('A', '2025-01-01 12:00:00+00', 2, 2, 2, 2, 5)"
    )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        cast = f"SELECT * REPLACE (ts::TIMESTAMPTZ AS ts) FROM ({rows}) AS t({HEADER})"
        connection.execute(f"COPY ({cast}) TO '{file}'")
    (part,) = one(into, file).taken
    assert part.aside == {"column 'ts' lies outside of the years of markets, 1971 to 2199": 1}
    assert when in part.shown[0][2]
    assert query(into, "SELECT open FROM candles") == [(2.0,)]


def test_a_contract_that_expires_outside_of_the_years_of_markets_is_set_aside(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", tmp_path / "a.csv"
    header = "ts,symbol,underlying,expiry,strike,right,bid,ask"
    row = "2025-01-02T15:00:00Z,{0},SPY,{1},600,C,1,2"
    file.write_text("\n".join([header, row.format("A", "2025-01-17"), row.format("B", "9999-12-31")]) + "\n")
    (part,) = one(into, file, tables=("options",)).taken
    assert part.rows == 1
    assert list(part.aside) == ["column 'expiry' lies outside of the years of markets, 1971 to 2199"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet", "text.parquet"])
def test_an_hour_that_a_change_of_clocks_skips_or_repeats_is_set_aside_whatever_the_type(
    kind: str, tmp_path: Path
) -> None:
    file = tmp_path / f"a.{kind}"
    when = ("2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-11-03 03:30:00", "2024-11-04 00:30:00")
    rows = ", ".join(f"('A', '{t}', 1.0, 1.0, 1.0, 1.0, 5.0)" for t in when)
    stored = "ts" if kind.startswith("text") else "ts::TIMESTAMP AS ts"
    with duckdb.connect() as connection:
        made = f"SELECT asset, {stored}, * EXCLUDE (asset, ts) FROM (VALUES {rows}) AS t({HEADER})"
        connection.execute(f"COPY ({made}) TO '{file}'")
    (part,) = one(tmp_path / "m.duckdb", file, timezone="America/New_York").taken
    assert (part.rows, part.aside) == (2, {"column 'ts' cannot be read": 2})
    assert "shows exactly once" in part.shown[0][2]
    assert query(tmp_path / "m.duckdb", "SELECT epoch(ts)::BIGINT FROM candles ORDER BY 1") == [
        (1_730_622_600,), (1_730_698_200,),
    ]  # fmt: skip


@pytest.mark.slow
def test_nanoseconds_are_of_the_years_of_markets_too(tmp_path: Path) -> None:
    times = pa.array([0, 1_735_732_800 * 10**9], pa.timestamp("ns", tz="UTC"))
    prices = {name: pa.array([1.5, 1.5]) for name in ("open", "high", "low", "close", "volume")}
    parquet.write_table(pa.table({"asset": ["A", "A"], "ts": times, **prices}), tmp_path / "a.parquet")
    (part,) = one(tmp_path / "n.duckdb", tmp_path / "a.parquet", wanted=Wanted(from_="2025-01-01")).taken
    assert (part.rows, part.aside) == (1, {})
    (part,) = one(tmp_path / "m.duckdb", tmp_path / "a.parquet").taken
    assert (part.rows, list(part.aside)) == (
        1, ["column 'ts' lies outside of the years of markets, 1971 to 2199"],
    )  # fmt: skip
