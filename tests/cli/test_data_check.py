"""``quantray data check``: what it takes, what it writes, how it ends."""

import json
import re
import shlex
from pathlib import Path

import duckdb
import pytest

from quantray.cli import command as cli
from tests.builders.market_files import frames, write_duckdb


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(*given: str) -> int:
    return cli.main(["data", "check", *given])


def written() -> dict[str, object]:
    return json.loads(Path("outputs/data_check/check.json").read_text())


CALLS = (
    "CREATE TABLE calls AS SELECT 'a' AS call_id, 'x' AS caller, 'T' AS asset, TIMESTAMPTZ '2025-01-01 00:05Z' AS ts; "
    "CREATE TABLE candles AS SELECT 'T' AS asset, TIMESTAMPTZ '2025-01-01 00:00Z' + to_minutes(i) AS ts, 1.0 AS open, "
    "1.0 AS high, 1.0 AS low, 1.0 AS close, 1.0 + i AS volume FROM range(60) r(i)"
)


@pytest.mark.slow
def test_a_file_is_known_by_its_tables(tmp_path, capfd):
    write_duckdb(tmp_path, frames())
    with duckdb.connect("it's calls.duckdb") as connection:
        connection.execute(CALLS)
    assert check("market.duckdb") == 0
    assert {f["table"] for f in written()["findings"]} == {"underlying", "options"}
    assert check("it's calls.duckdb") == 0
    assert {f["table"] for f in written()["findings"]} == {"calls", "candles"}
    assert check("data=duckdb", "data.duckdb=market.duckdb", "--out", "here") == 0
    assert Path("here/check.html").is_file()
    assert "a run takes this data" in capfd.readouterr().out


@pytest.mark.slow
def test_errors_end_with_1_and_what_cannot_be_opened_with_2(tmp_path, capfd):
    made = frames()
    made["underlying"].loc[5, "close"] = -1.0
    write_duckdb(tmp_path, made)
    assert check("market.duckdb") == 1
    assert written()["worst"] == "error"
    assert "underlying: prices" in capfd.readouterr().out
    assert check("markt.duckdb") == 2
    assert "did you mean 'market.duckdb'" in capfd.readouterr().err
    assert check("data.duckd=market.duckdb") == 2
    assert "did you mean 'duckdb'" in capfd.readouterr().err


@pytest.mark.slow
def test_a_file_that_holds_both_or_neither_asks(tmp_path, capfd):
    write_duckdb(tmp_path, frames())
    with duckdb.connect("market.duckdb") as connection:
        connection.execute(CALLS)
    assert check("market.duckdb") == 2
    assert "say which with" in capfd.readouterr().err
    with duckdb.connect("other.duckdb") as connection:
        connection.execute("CREATE TABLE bars AS SELECT 1 AS x")
    assert check("other.duckdb") == 2
    assert "bars" in capfd.readouterr().err
    assert not Path("outputs").exists()


def test_help_and_typos_answer(capfd):
    with pytest.raises(SystemExit):
        check("--help")
    assert "quantray data check market.duckdb" in capfd.readouterr().out
    assert cli.main(["data", "chek"]) == 2
    assert "did you mean 'check'" in capfd.readouterr().err


DOCS = Path(__file__).parents[2] / "docs"


def commands(page: str, begin: str) -> list[list[str]]:
    """Commands of a page's first block of code."""
    block = (DOCS / page).read_text().split("```sh\n")[1].split("```")[0]
    return [shlex.split(line)[len(begin.split()) :] for line in block.splitlines() if line.startswith(begin)]


@pytest.mark.slow
def test_the_commands_of_the_page_work(tmp_path, capfd):
    made = write_duckdb(tmp_path, frames())
    assert made.duckdb == str(tmp_path / "market.duckdb")
    frames()["underlying"].to_parquet("bars.parquet")
    frames()["options"].merge(frames()["chain"].drop(columns="underlying"), on="symbol").sort_values("ts").to_parquet(
        "quotes.parquet"
    )
    with duckdb.connect("calls.duckdb") as connection:
        connection.execute(CALLS)
        connection.execute("COPY calls TO 'calls.csv'")
        Path("candles").mkdir()
        connection.execute("COPY candles TO 'candles/a.parquet'")
    asked = commands("data_check.md", "quantray data check")
    assert len(asked) == 5
    for given in asked[1:]:  # the first is of the synthetic market, whose checks have tests of their own
        assert check(*given) == 0, (given, capfd.readouterr())


def test_the_page_tells_what_the_tests_hold():
    """Every corruption has its row, and the smallest strength that a test holds is one that the page says is found."""
    from tests.builders.corruptions import CALLS as OF_CALLS
    from tests.builders.corruptions import MARKET
    from tests.callers.data.test_checks import SMALLEST as SMALLEST_OF_CALLS
    from tests.sweeps.data.test_checks import SMALLEST

    rows = dict(
        re.findall(r"^\| (\w+: [\w ]+) \| [^|]+ \| ([^|]+) \|$", (DOCS / "data_check.md").read_text(), re.MULTILINE)
    )
    smallest = {**SMALLEST, **SMALLEST_OF_CALLS}
    for corruption in (*MARKET, *OF_CALLS):
        told = dict(cell.split(": ") for cell in rows[corruption.name].split("; "))
        assert set(told) == {f"{s:g}" for s in corruption.strengths}
        assert told[f"{smallest.get(corruption.name, corruption.strengths[0]):g}"] in ("error", "warning", "note")
