"""Candles as vendors and tools write them: twenty minutes of one asset, and any candles in two of the layouts."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

T0 = 1_746_446_400  # 2025-05-05T12:00:00Z
TOKEN = "0xAbCdEf0123456789aBcDeF0123456789abcdef01"
#: Seconds, open, high, low, close, volume.
Row = tuple[int, float, float, float, float, float]
ROWS: list[Row] = [
    (T0 + 60 * i, 1.5 + i / 8, 2.25 + i / 8, 1.25 + i / 8, 1.75 + i / 8, 100.0 + i) for i in range(20)
]  # fmt: skip


def binance(path: Path, rows: Sequence[Row] = ROWS, *, digits: int = 13, header: bool = False) -> Path:
    """One CSV in a zip, as data.binance.vision has it; ``digits`` 16: microseconds."""
    scale = 10 ** (digits - 10)
    lines = [
        f"{t * scale},{o!r},{h!r},{low!r},{c!r},{v!r},{(t + 60) * scale - 1},{v * c!r},9,{v / 2!r},{v * c / 2!r},0\n"
        for t, o, h, low, c, v in rows
    ]
    names = ("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
             "taker_buy_quote_volume,ignore\n")  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{path.stem}.csv", "".join([names if header else "", *lines]))
    path.with_suffix(".zip.CHECKSUM").write_text(f"0  {path.name}\n")
    return path


def birdeye(path: Path, rows: Sequence[Row] = ROWS, address: str = TOKEN) -> Path:
    items = [
        {"o": o, "h": h, "l": low, "c": c, "v": v, "unixTime": t, "address": address, "type": "1m", "currency": "usd"}
        for t, o, h, low, c, v in rows
    ]
    return document(path, {"success": True, "data": {"items": items}})


def birdeye_v3(path: Path) -> Path:
    items = [
        {"o": o, "h": h, "l": low, "c": c, "v": v, "v_usd": v * c, "unix_time": t, "address": TOKEN, "type": "1m"}
        for t, o, h, low, c, v in ROWS
    ]
    return document(path, {"success": True, "data": {"items": items}})


def geckoterminal(path: Path, *, meta: bool = True) -> Path:
    """Newest first."""
    data = {"id": "x", "type": "ohlcv_request_response", "attributes": {"ohlcv_list": [list(r) for r in ROWS[::-1]]}}
    told = {"base": {"address": TOKEN, "name": "X", "symbol": "X"}, "quote": {"address": "0x1", "symbol": "W"}}
    return document(path, {"data": data, **({"meta": told} if meta else {})})


def ccxt(path: Path, rows: Sequence[Row] = ROWS, scale: int = 1000) -> Path:
    return document(path, [[t * scale, *rest] for t, *rest in rows])


def freqtrade(path: Path) -> Path:
    import pyarrow as pa
    from pyarrow import feather, parquet

    columns = list(zip(*ROWS, strict=True))
    times = pa.array([t * 1000 for t in columns[0]], pa.timestamp("ms", tz="UTC"))
    names = ("open", "high", "low", "close", "volume")
    table = pa.table(
        {"date": times} | {name: pa.array(values) for name, values in zip(names, columns[1:], strict=True)}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".feather":
        feather.write_feather(table, path)
    else:
        parquet.write_table(table, path)
    return path


def document(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path
