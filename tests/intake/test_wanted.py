"""Filters are applied while DuckDB reads, and let through what cannot be read, so that it is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.intake import Wanted
from tests.builders.intake import query, taken

HEADER = "ts,symbol,underlying,expiry,strike,right,bid,ask"
ROWS = (
    "2024-08-16T03:59:00Z,SPXW240816C05450000,SPX,2024-08-16,5450,C,1,2",  # still the 15th in New York
    "2024-08-16T13:30:00Z,SPXW240816C05450000,SPX,2024-08-16,5450,C,1,2",
    "2024-08-16T13:30:00Z,SPX240816C05450000,SPX,2024-08-16,5450,C,1,2",
    "2024-08-17T13:30:00Z,SPY240823P00545000,SPY,2024-08-23,545,P,1,2",
)


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    (tmp_path / "o.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    return tmp_path / "o.csv"


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (Wanted(), (0, 1, 2, 3)),
        (Wanted(from_="2024-08-16", to="2024-08-16"), (1, 2)),
        (Wanted(to="2024-08-15"), (0,)),
        (Wanted(symbols=("SPX",)), (0, 1, 2)),
        (Wanted(roots=("SPXW",)), (0, 1)),
        (Wanted(roots=("SPX", "SPY")), (2, 3)),
        (Wanted(expiries=("2024-08-23",)), (3,)),
        (Wanted(roots=("SPXW",), from_="2024-08-16"), (1,)),
    ],
)
def test_rows_that_are_wanted(wanted: Wanted, rows: tuple[int, ...], chain: Path, tmp_path: Path) -> None:
    into = tmp_path / "m.duckdb"
    taken(into, chain, wanted=wanted)
    got = query(into, "SELECT strftime(ts, '%Y-%m-%dT%H:%M:%SZ'), symbol FROM options ORDER BY ALL")
    assert got == sorted(tuple(ROWS[k].split(",")[:2]) for k in rows)


def test_names_that_would_be_sql_are_names(chain: Path, tmp_path: Path) -> None:
    (done,) = taken(tmp_path / "m.duckdb", chain, wanted=Wanted(symbols=("SPX') OR ('1'='1",))).done
    assert (done.state, done.rows) == ("taken", 0)


@pytest.mark.parametrize(
    "given", [{"from_": "16.8.2024"}, {"expiries": ("today",)}, {"from_": "2025-01-02", "to": "2025-01-01"}]
)
def test_dates_are_dates(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Wanted(**given)  # type: ignore[arg-type]


def test_the_same_rows_have_one_text() -> None:
    assert Wanted(roots=("B", "A")).text == Wanted(roots=("A", "B", "A")).text == "root A,B"
    assert Wanted().text == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(roots=("SPWX",)), "--root: unknown name 'SPWX'; did you mean 'SPX"),
        (Wanted(symbols=("SPQ",)), "--symbol: unknown name 'SPQ'; did you mean"),
        (Wanted(expiries=("2024-08-24",)), "--expiry: unknown name '2024-08-24'; did you mean '2024-08-23'?"),
        (Wanted(to="2024-08-15", roots=("SPYW",)), "--root: unknown name 'SPYW'; did you mean"),
        (Wanted(symbols=("spx",)), "--symbol: unknown name 'spx'; did you mean 'SPX'?"),
    ],
)
def test_a_name_that_no_row_has_is_told_with_the_near_miss(
    wanted: Wanted, said: str, chain: Path, tmp_path: Path
) -> None:
    (done,) = taken(tmp_path / "m.duckdb", chain, wanted=wanted).done
    ((missed,),) = (part.missed for part in done.taken)
    assert missed.startswith(said)
    (other,) = taken(tmp_path / "n.duckdb", chain, wanted=Wanted(to="2020-01-01", roots=("SPXW",))).done
    assert other.taken[0].missed == ()
