"""Seconds to import a clean file, beside DuckDB's own CREATE TABLE of it with the types that are known.

python benchmarks/data_import.py [ROWS] [RUNS]
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from quantray.intake import Request, import_data

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


def main() -> None:
    words = [*sys.argv[1:], *("8000000", "5")[len(sys.argv) - 1 :]]
    rows, runs = int(words[0]), int(words[1])
    with TemporaryDirectory() as folder:
        for name in ("quotes.csv", "quotes.csv.gz", "quotes.parquet"):
            source = made(Path(folder) / name, rows)
            ratios, seconds = [], []
            for k in range(runs):
                spent = []
                for way in (plain, ours):
                    into = Path(folder) / f"{name}-{k}-{way.__name__}.duckdb"
                    begin = time.perf_counter()
                    way(source, into)
                    spent.append(time.perf_counter() - begin)
                files = [Path(folder) / f"{name}-{k}-{way.__name__}.duckdb" for way in (plain, ours)]
                same = fingerprint(files[0]) == fingerprint(files[1])
                for file in files:
                    file.unlink()
                assert same, "the tables differ"
                ratios.append(spent[1] / spent[0])
                seconds.append(spent[1])
            beside = f"{max(ratios):.2f} times at worst, {statistics.median(ratios):.2f} in the median of {runs}"
            print(
                f"{name}: {rows:,} rows, {statistics.median(seconds):.2f} s; beside CREATE TABLE {beside} "
                f"(limit {LIMIT}); the tables are equal"
            )
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")


if __name__ == "__main__":
    main()
