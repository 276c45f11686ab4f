"""Seconds to import a clean file, beside DuckDB's own CREATE TABLE of it with the types that are known.

python -m benchmarks.data_import [--rows N] [--runs N]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks._page import Report
from quantray.intake import Request, import_data

SMALL = ["--rows", "4000", "--runs", "1"]
FULL = ["--rows", "6000000"]
TYPES = {"ts": "TIMESTAMPTZ", "symbol": "VARCHAR", "underlying": "VARCHAR", "bid": "DOUBLE", "ask": "DOUBLE"}
LIMIT = 1.5


def made(path: Path, rows: int) -> Path:
    """Minute quotes of 40 contracts, one contract after another, as vendors write them."""
    pack = ", COMPRESSION gzip" if path.suffix == ".gz" else ""
    kind = "FORMAT parquet" if path.suffix == ".parquet" else f"FORMAT csv, HEADER{pack}"
    start = "TIMESTAMP '2024-08-01 13:30:00'"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        ts = f"({start} + to_seconds(t * 60))"
        ts = f"timezone('UTC', {ts})" if path.suffix == ".parquet" else f"strftime({ts}, '%Y-%m-%dT%H:%M:%SZ')"
        connection.execute(
            f"COPY (SELECT {ts} AS ts, 'SPY240930C' || lpad((500000 + s * 1000)::VARCHAR, 8, '0') AS symbol, "
            "'SPY' AS underlying, round(t % 977 / 100 + s, 2) AS bid, round(t % 977 / 100 + s + .1, 2) AS ask "
            f"FROM range(40) r(s), range({rows // 40}) q(t) ORDER BY s, t) TO '{path}' ({kind})"
        )
    return path


def plain(source: Path, into: Path) -> None:
    """What DuckDB does alone."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    reader = f"read_csv('{source}', auto_detect = false, header = true, delim = ',', columns = {{{columns}}})"
    with duckdb.connect(str(into), config={"memory_limit": "2GB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"CREATE TABLE options AS FROM {reader if source.suffix != '.parquet' else repr(str(source))}"
        )


def ours(source: Path, into: Path) -> None:
    import_data(Request((str(source),), into))


def fingerprint(file: Path) -> tuple[object, ...]:
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(f"SELECT count(*), sum(hash({', '.join(TYPES)})::HUGEINT) FROM options").fetchone()
    assert found is not None
    return found


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(arguments)
    report = Report("data_import", f"{given.rows:,} option quotes into a DuckDB file")
    with TemporaryDirectory() as folder:
        for name in ("quotes.csv", "quotes.csv.gz", "quotes.parquet"):
            source = made(Path(folder) / name, given.rows)
            seconds: dict[str, list[float]] = {"plain": [], "ours": []}
            same = []
            for k in range(given.runs):
                files = [Path(folder) / f"{name}-{k}-{way.__name__}.duckdb" for way in (plain, ours)]
                for way, into in zip((plain, ours), files, strict=True):
                    begin = time.perf_counter()
                    way(source, into)
                    seconds[way.__name__].append(time.perf_counter() - begin)
                same.append(fingerprint(files[0]) == fingerprint(files[1]))
                for file in files:
                    file.unlink()
            report.equal(f"{name}: the tables of all {given.runs} runs have the same rows", all(same))
            report.row(
                f"{name}", seconds["ours"], beside=("CREATE TABLE, checking nothing", seconds["plain"]), bound=True
            )
            allowed = [LIMIT * taken for taken in seconds["plain"]]
            report.row(f"{name}", seconds["ours"], beside=(f"the limit set, {LIMIT} times CREATE TABLE", allowed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.row("largest memory of this process", [peak], unit="MiB")
    return report


if __name__ == "__main__":
    main()
