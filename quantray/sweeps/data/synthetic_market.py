"""The synthetic market as a data set on disk: made once, atomically, then read like any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.digests import digest_of
from quantray.errors import DataError
from quantray.files.caches import Cached, cache_dir
from quantray.outlets import logger
from quantray.runner.threads import abreast, in_order
from quantray.sweeps.data.sessions import NS, Window, session_windows
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.data.synthetic_day import Day, Draw, changed, draw_day, priced

if TYPE_CHECKING:
    import pyarrow as pa

_log = logger(__name__)
VERSION = 1  # of the generator: another number, another market
FIRST, SYMBOL = "2024-11-18", "SYN"
FILES = ("underlying.parquet", "chain.parquet", "options.parquet")
_CELL = 100  # bytes that a second of a contract takes while it is priced


def ensure_market(settings: DataSettings) -> Path:
    """Folder with the Parquet files of the market that ``settings`` describe, made now if it is not there yet."""
    windows = market_windows(settings)
    pauses = [w.pause_ns for w in windows if w.pause_ns is not None]
    key = digest_of(VERSION, settings.synthetic, settings.calendar, [w.date for w in windows], *pauses)[:16]
    name = f"market-seed{settings.synthetic.seed}-{key}"
    cached = Cached(cache_dir(settings.cache) / "synthetic", name, "synthetic market")
    found = cached.find(_log.warning)
    return found if found is not None else cached.make(lambda made: _write(settings, windows, made))


def market_windows(settings: DataSettings) -> tuple[Window, ...]:
    """Its sessions: from ``data.from`` to ``data.to``, or as many as ``data.synthetic.sessions``."""
    first = settings.from_ or FIRST
    count = settings.synthetic.sessions
    if settings.to is not None:
        windows = session_windows(settings.calendar, first, settings.to)
    else:
        beyond = np.datetime64(first, "D") + (count * 2 + 14)
        windows = session_windows(settings.calendar, first, str(beyond))[:count]
    if not windows:
        raise DataError(f"no session of {settings.calendar} from {first} to {settings.to}: choose other dates")
    return windows


def _write(settings: DataSettings, windows: tuple[Window, ...], folder: Path) -> None:
    import pyarrow.parquet as pq

    s, writers = settings.synthetic, dict[str, Any]()

    def made(drawn: tuple[Window, Draw]) -> tuple[Any, Any, Any]:
        return _tables(drawn[0], priced(s, drawn[1]))

    longest = max(window.seconds for window in windows)
    try:
        for _, tables in in_order(_drawn(s, windows), made, abreast(_CELL * 2 * s.strikes * longest)):
            for name, table in zip(FILES, tables, strict=True):
                if name not in writers:
                    writers[name] = pq.ParquetWriter(folder / name, table.schema, compression="zstd")
                writers[name].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()


def _drawn(s: SyntheticSettings, windows: tuple[Window, ...]) -> Iterator[tuple[Window, Draw]]:
    """Sessions with what chance decides of them: each starts where the one before it ended."""
    close: float | None = None
    for window in windows:
        draw = draw_day(s, window.day, window.seconds, close)
        close = float(draw.path.latent[-1])
        yield window, draw


def _tables(window: Window, day: Day) -> tuple[Any, Any, Any]:
    """Arrow tables of one session: underlying, chain, options."""
    import pyarrow as pa

    path, count = day.path, len(day.strike)
    rights = ["C"] * count + ["P"] * count
    strikes = np.tile(day.strike, 2)
    symbols = [
        f"{SYMBOL}{window.date[2:].replace('-', '')}{r}{round(k * 1000):08d}"
        for r, k in zip(rights, strikes, strict=True)
    ]
    date = pa.array([window.day] * 2 * count, pa.int32()).cast(pa.date32())
    chain = pa.table(
        {"session_date": date, "symbol": symbols, "underlying": [SYMBOL] * 2 * count, "expiry": date,
         "strike": strikes, "right": rights, "multiplier": np.full(2 * count, 100.0)}
    )  # fmt: skip
    closed = window.closed(window.open_ns + np.arange(window.seconds) * NS)
    at = np.flatnonzero(path.traded & ~closed)
    columns = {name: getattr(path, name)[at] for name in ("open", "high", "low", "close", "volume")}
    underlying = pa.table({"ts": _stamps(window, at), "symbol": [SYMBOL] * len(at), **columns})
    bar, contract = np.nonzero(changed(day.bid, day.ask, closed).T)
    bid, ask = day.bid[contract, bar], day.ask[contract, bar]
    symbol = pa.DictionaryArray.from_arrays(contract.astype(np.int16), pa.array(symbols))
    options = pa.table({"ts": _stamps(window, bar), "symbol": symbol, "bid": _prices(bid), "ask": _prices(ask)})
    return underlying, chain, options


def _stamps(window: Window, bar: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.array((window.open_ns + bar * NS) // 1000, pa.timestamp("us", tz="UTC"))


def _prices(ticks: np.ndarray) -> pa.Array:
    """Currency; null where withdrawn. A bid of 0 says that there is none."""
    import pyarrow as pa

    return pa.array(ticks / 100, mask=ticks < 0)
