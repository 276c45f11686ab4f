"""Seconds that ``quantray data check`` takes: a market of option quotes, and candles with calls.

    python -m benchmarks.data_check [--sessions N] [--candles N]

What it counts is compared with pandas before anything is timed, and with what a run counts while it reads the same.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks._page import Report, in_turns
from quantray.callers.data.checks import check_calls
from quantray.callers.data.settings import CallsData, CallSettings
from quantray.callers.data.settings import Gates as CallGates
from quantray.files.findings import Checked
from quantray.sweeps.data import load
from quantray.sweeps.data.checks import check_market
from quantray.sweeps.data.settings import DataSettings, Gates, SyntheticSettings
from quantray.sweeps.data.slices import synthetic_files

SMALL = ["--sessions", "1", "--candles", "20000"]
FULL = ["--sessions", "24", "--candles", "10000000"]
ASSETS = 50


def candles(folder: Path, n: int) -> CallsData:
    """Minute candles of a random walk an asset, some of them wrong, and a call on each a day, in a DuckDB file."""
    per = max(n // ASSETS, 100)
    with duckdb.connect(str(folder / "calls.duckdb")) as connection:
        connection.execute(
            f"CREATE TABLE candles AS WITH walk AS (SELECT a, i, exp(sum((hash(a, i) % 2001 / 1e6 - 1e-3)) OVER "
            f"(PARTITION BY a ORDER BY i)) AS p FROM range({ASSETS}) t(a), range({per}) r(i)) "
            "SELECT 'T' || a AS asset, TIMESTAMPTZ '2024-01-01 00:00Z' + to_minutes(i) AS ts, p AS open, "
            "CASE WHEN i % 9973 = 77 THEN p * 0.9 ELSE p * 1.001 END AS high, p * 0.999 AS low, p AS close, "
            "1.0 + hash(i, a) % 100 AS volume FROM walk ORDER BY asset, ts"
        )
        connection.execute(
            "CREATE TABLE calls AS SELECT row_number() OVER ()::VARCHAR AS call_id, 'someone' AS caller, asset, "
            "ts + INTERVAL 30 SECOND AS ts, close AS price_at_call FROM candles WHERE minute(ts) = 7 AND hour(ts) = 7"
        )
    return CallsData("duckdb", duckdb=str(folder / "calls.duckdb"))


def beside_pandas(report: Report, folder: Path, data: CallsData) -> None:
    with duckdb.connect(str(data.duckdb), read_only=True) as connection:
        frame = pd.DataFrame(connection.execute("SELECT open, high, low, close FROM candles").fetchnumpy())
    body = frame[["open", "close"]]
    wrong = int(((frame.low > body.min(axis=1)) | (frame.high < body.max(axis=1))).sum())
    found = check_calls(data, CallSettings(), CallGates())
    report.equal(
        f"of {len(frame):,} candles {wrong:,} break OHLC, as pandas counts them", wrong == count(found, "OHLC")
    )
    settings = DataSettings(synthetic=SyntheticSettings(sessions=1, strikes=5), cache=str(folder))
    made, checked = load(settings), check_market(settings, Gates())
    rows = f"of {made.quality['quotes']:,} quotes"
    report.equal(f"{rows} every count and share is that of a run", dict(made.quality) == dict(checked.quality))


def count(found: Checked, check: str) -> int:
    return next(f.count for f in found.findings if f.check == check)


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sessions", type=int, default=3, help="of seconds with 34 contracts each, 440,000 rows a session"
    )
    parser.add_argument("--candles", type=int, default=2_000_000)
    given = parser.parse_args(arguments)
    report = Report("data_check", "every check of a data set, rows found again in the file included")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = candles(folder, given.candles)
        beside_pandas(report, folder, data)
        made = synthetic_files(DataSettings(synthetic=SyntheticSettings(sessions=given.sessions), cache=str(folder)))
        rows = duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(made.options)]).fetchall()[0][0]
        report.row(f"a market, {rows:,} option rows", in_turns([lambda: check_market(made, Gates())], 3)[0])
        report.row(
            f"calls and {given.candles:,} candles",
            in_turns([lambda: check_calls(data, CallSettings(), CallGates())], 3)[0],
        )
    return report


if __name__ == "__main__":
    main()
