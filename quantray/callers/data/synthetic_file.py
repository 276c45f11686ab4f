"""The synthetic market as a DuckDB file with the tables calls and candles: made once, then read like any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.callers.data.settings import CallMaps, CallsData
from quantray.callers.data.synthetic import CHAINS, MINUTE, MadeCalls, MadeToken, make_calls, make_token
from quantray.callers.data.synthetic_settings import SyntheticCalls
from quantray.digests import digest_of
from quantray.durations import day_ns, written
from quantray.errors import ConfigError, DataError
from quantray.files.caches import Cached
from quantray.outlets import logger

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_log = logger(__name__)
VERSION = 2  # of the generator: another number, another market
FIRST = "2024-11-18"
SUPPLY = (6.0, 9.0)  # tokens, as powers of ten


def synthetic_source(data: CallsData) -> CallsData:
    """The same settings reading the file of the synthetic market, which is made now if it is not there yet."""
    given = [key for key in ("duckdb", "calls", "candles") if getattr(data, key) is not None]
    if given:
        raise DataError(f"data.{given[0]} means nothing to data=synthetic; did you mean data=duckdb?")
    return replace(
        data, kind="duckdb", duckdb=str(ensure_file(data)), columns=CallMaps(), ts_unit=None, timezone=None, stamp=None
    )


def ensure_file(data: CallsData) -> Path:
    """The DuckDB file of the market that ``data`` describes."""
    from quantray.files.caches import cache_dir

    settings, interval = data.synthetic, data.interval_s or 60
    _check(data, interval)
    first, days = data.from_ or FIRST, settings.days
    if data.to is not None:
        days = int((np.datetime64(data.to) - np.datetime64(first)).astype(int)) + 1
        if days < 1:
            raise ConfigError(f"data.to={data.to} lies before data.from={first}, the synthetic market's first day")
    key = digest_of(VERSION, settings, first, days, interval)[:16]
    home = cache_dir(data.cache) / "synthetic"
    name = f"calls-{written(interval)}-seed{settings.seed}-{key}"
    cached, file = Cached(home, name, "synthetic market"), f"{name}.duckdb"
    found = cached.find(_log.warning)
    if found is None:
        found = cached.make(lambda made: _write(made / file, settings, day_ns(first), days, interval))
    return found / file


def _check(data: CallsData, interval: int) -> None:
    if interval % 60 or 86_400 % interval:
        raise ConfigError(f"data.interval={data.interval}: synthetic candles are whole minutes that divide a day")
    if not isinstance(data.synthetic.edge, int | float):
        from quantray.errors import near_miss

        for name in data.synthetic.edge:
            if name not in data.synthetic.caller_names:
                raise ConfigError(f"data.synthetic.edge: {near_miss(name, data.synthetic.caller_names, what='caller')}")


def _write(path: Path, settings: SyntheticCalls, first_ns: int, days: int, interval: int) -> None:
    import duckdb

    lead = -(-round(settings.lead_hours * 3600) // interval) * (interval // 60)  # whole candles
    minutes = lead + days * 1440 + -(-round(settings.tail_hours * 3600) // interval) * (interval // 60)
    start = first_ns - lead * MINUTE
    calls = make_calls(settings, first_ns, days)
    names = asset_names(settings.assets)
    price, known = np.full(len(calls.ts), np.nan), np.full(len(calls.ts), np.nan)
    connection = duckdb.connect(str(path))
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE candles (asset VARCHAR, interval_s INTEGER, ts TIMESTAMPTZ, open DOUBLE, high DOUBLE, "
            "low DOUBLE, close DOUBLE, volume DOUBLE)"
        )
        for low in range(0, settings.assets, 32):
            tables = []
            for number in range(low, min(low + 32, settings.assets)):
                token = make_token(settings, number, start, minutes, interval, calls)
                mine = np.flatnonzero(calls.asset == number)
                price[mine], known[mine] = token.quoted(calls.ts[mine] - start, interval)
                tables.append(_candle_table(names[number], interval, token))
            _append(connection, "candles", tables)
        _append_calls(connection, settings, calls, names, price, known)
    finally:
        connection.close()


def asset_names(count: int) -> tuple[str, ...]:
    width = max(3, len(str(count)))
    return tuple(f"TOKEN{i + 1:0{width}d}" for i in range(count))


def _candle_table(name: str, interval: int, token: MadeToken) -> pa.Table:
    import pyarrow as pa

    n = len(token.ts)
    columns = {c: getattr(token, c) for c in ("open", "high", "low", "close", "volume")}
    ts = pa.array(token.ts // 1000, pa.timestamp("us", tz="UTC"))
    return pa.table({"asset": [name] * n, "interval_s": np.full(n, interval, np.int32), "ts": ts, **columns})


def _append(connection: DuckDBPyConnection, table: str, parts: list[pa.Table]) -> None:
    import pyarrow as pa

    connection.register("made", pa.concat_tables(parts))
    connection.execute(f"INSERT INTO {table} SELECT * FROM made")
    connection.unregister("made")


def _append_calls(
    connection: DuckDBPyConnection,
    settings: SyntheticCalls,
    calls: MadeCalls,
    names: tuple[str, ...],
    price: FloatArray1D,
    known: FloatArray1D,
) -> None:
    import pyarrow as pa

    connection.execute(
        "CREATE TABLE calls (call_id VARCHAR, caller VARCHAR, asset VARCHAR, ts TIMESTAMPTZ, chain VARCHAR, "
        "price_at_call DOUBLE, mcap DOUBLE)"
    )
    supply = 10 ** np.random.default_rng([settings.seed, 3]).uniform(*SUPPLY, settings.assets)
    callers, width = settings.caller_names, len(str(len(calls.ts)))
    table = pa.table(
        {
            "call_id": [f"call{i + 1:0{width}d}" for i in range(len(calls.ts))],
            "caller": [callers[c] for c in calls.caller.tolist()],
            "asset": [names[a] for a in calls.asset.tolist()],
            "ts": pa.array(calls.ts // 1000, pa.timestamp("us", tz="UTC")),
            "chain": [CHAINS[a % len(CHAINS)] for a in calls.asset.tolist()],
            "price_at_call": pa.array(price, mask=np.isnan(price)),
            "mcap": pa.array(known * supply[calls.asset], mask=np.isnan(known)),
        }
    )
    _append(connection, "calls", [table])
