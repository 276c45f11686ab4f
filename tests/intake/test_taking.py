"""Good rows are taken in one look; what is wrong with the others is told with its line by a second one."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.intake import Done, Limits
from tests.builders.intake import HEADER, held, plain_candles, query, taken


def one(into: Path, file: Path, **told: object) -> Done:
    (done,) = taken(into, file, **told).done
    return done


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
