"""What reading a vendor's file costs beside DuckDB's own reading of it: the same rows, our names, types and checks.

    python -m benchmarks.formats [--rows N] [--runs N]

Plain is ``CREATE TABLE … AS SELECT * FROM read_csv(file)``, which guesses types and checks nothing. Sums over
both tables must be equal, those of the plain one by hand-written SQL.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from benchmarks._page import Report
from quantray.files import formats
from quantray.files.duckdb_file import confined
from quantray.files.parts import parts_of

SMALL = ["--rows", "3000", "--runs", "1"]
FULL = ["--rows", "1000000"]
KINDS = {"ts": "TIMESTAMPTZ", "expiry": "DATE", "expires": "TIMESTAMPTZ", "symbol": "VARCHAR", "underlying": "VARCHAR",
         "right": "VARCHAR"}  # fmt: skip
MINUTE = "TIMESTAMP '2024-08-16 09:30:00' + to_minutes((i // 2600 % 390)::INTEGER)"
STRIKE = "500 + i % 1300 / 2"
#: Format -> what its file holds (SQL over i); sums of START seconds, bids (or closes) and strikes of the plain table.
FILES: dict[str, tuple[str, str]] = {
    "thetadata": (
        f"'SPY' AS symbol, '2024-08-16' AS expiration, format('{{:.3f}}', {STRIKE}) AS strike, "
        "CASE WHEN i // 1300 % 2 = 0 THEN 'CALL' ELSE 'PUT' END AS \"right\", "
        f"strftime({MINUTE} + INTERVAL 1 MINUTE, '%Y-%m-%dT%H:%M:%S.000') AS timestamp, 12 AS bid_size, "
        "5 AS bid_exchange, round(1 + i % 97 / 100, 2) AS bid, 50 AS bid_condition, 14 AS ask_size, 7 AS ask_exchange, "
        "round(1.02 + i % 97 / 100, 2) AS ask, 50 AS ask_condition",
        "sum(epoch(timezone('America/New_York', \"timestamp\"::TIMESTAMP)) - 60), sum(bid), sum(strike)",
    ),
    "massive": (
        f"'O:SPY240816' || CASE WHEN i // 1300 % 2 = 0 THEN 'C' ELSE 'P' END || "
        f"lpad((({STRIKE}) * 1000)::BIGINT::VARCHAR, 8, '0') AS ticker, 3 AS volume, 1.5 AS open, "
        "round(1 + i % 97 / 100, 2) AS close, 1.6 AS high, 1.4 AS low, "
        f"epoch_ns({MINUTE} + INTERVAL 4 HOUR) AS window_start, 2 AS transactions",
        "sum(window_start // 1000000000), sum(close), sum(right(ticker, 8)::INTEGER / 1000)",
    ),
    "cboe": (
        f"'^SPX' AS underlying_symbol, strftime({MINUTE} + INTERVAL 1 MINUTE, '%Y-%m-%d %H:%M:%S') AS quote_datetime, "
        f"'SPXW' AS root, '2024-08-16' AS expiration, {STRIKE} AS strike, "
        "CASE WHEN i // 1300 % 2 = 0 THEN 'C' ELSE 'P' END AS option_type, 0.0 AS open, 0.0 AS high, 0.0 AS low, "
        "0.0 AS close, 0 AS trade_volume, 12 AS bid_size, round(1 + i % 97 / 100, 2) AS bid, 14 AS ask_size, "
        "round(1.02 + i % 97 / 100, 2) AS ask, 5531.1 AS underlying_bid, 5531.3 AS underlying_ask",
        "sum(epoch(timezone('America/New_York', quote_datetime::TIMESTAMP)) - 60), sum(bid), sum(strike)",
    ),
}


def timed(work: Callable[[], object]) -> float:
    """Seconds of one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measured(report: Report, name: str, path: Path, check: str, runs: int) -> None:
    """Sums of both tables, then the seconds of both, in turns."""
    head = formats.head_of(path)
    layout = formats.layout_for(formats.named(name, "data.format"), head, "options")
    with duckdb.connect() as plain, confined([path]) as ours:
        (part,) = parts_of(ours, [path], layout.names)
        read = formats.read_as(part, layout, formats.Ask(interval_s=60, key="options"))
        select = read.select(read.cells, {n: KINDS.get(n, "DOUBLE") for n in read.cells}, why=True)
        pairs = [
            (timed(lambda: ours.execute(f"CREATE OR REPLACE TABLE t AS {select}")),
             timed(lambda: plain.execute(f"CREATE OR REPLACE TABLE t AS SELECT * FROM read_csv('{path}')")))
            for _ in range(runs)
        ]  # fmt: skip
        expected = plain.execute(f"SELECT count(*), {check} FROM t").fetchone()
        price = "bid" if "bid" in read.cells else "close"
        found = ours.execute(f"SELECT count(*), sum(epoch(ts)), sum({price}), sum(strike) FROM t").fetchone()
    assert expected is not None
    assert found is not None
    same = all(abs(a - b) <= 1e-9 * abs(a) for a, b in zip(map(float, expected), map(float, found), strict=True))
    report.equal(f"{name}: rows and sums of START, {price} and strike are those of hand-written SQL", same)
    report.row(
        f"read as {name}", [a for a, _ in pairs], beside=("read_csv, no types told", [b for _, b in pairs]), bound=True
    )


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(arguments)
    report = Report("formats", f"{given.rows:,} rows of a vendor's file under our names and types")
    with tempfile.TemporaryDirectory() as folder:
        for name, (columns, check) in FILES.items():
            path = Path(folder) / f"{name}.csv"
            duckdb.sql(f"COPY (SELECT {columns} FROM range({given.rows}) r(i)) TO '{path}' (HEADER)")
            measured(report, name, path, check, given.runs)
    return report


if __name__ == "__main__":
    main()
