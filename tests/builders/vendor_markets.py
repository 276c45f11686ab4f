"""One market of calls in our own layout and in those of vendors: the same calls, the same candles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from quantray.callers.data import CallsData
from tests.builders import chats, vendor_candles
from tests.builders.call_plans import market
from tests.builders.call_tables import data_of

Rows = list[tuple[Any, ...]]


def address(asset: str) -> str:
    """An address for ``TOKEN7``; their order is that of the names."""
    return f"0x{'ab' * 19}{int(asset.removeprefix('TOKEN')):02x}"


def three(folder: Path, **settings: Any) -> dict[str, CallsData]:
    """``own``: a DuckDB file with addresses; ``binance``: zips of klines and a chat of Telegram, assets by their names;
    ``birdeye``: answers of its API and two parts of a channel of Discord, assets by their addresses.
    """
    base = market(folder, **settings)
    with duckdb.connect(str(base.duckdb), read_only=True) as connection:
        calls = connection.execute("SELECT caller, asset, epoch_us(ts) FROM calls ORDER BY call_id").fetchall()
        candles = connection.execute(
            "SELECT asset, epoch(ts)::BIGINT, open, high, low, close, volume FROM candles ORDER BY ALL"
        ).fetchall()
        tables = {name: connection.sql(f"FROM {name}").to_arrow_table() for name in ("calls", "candles")}
    edited = tables["calls"].append_column("edited", pa.array([False] * len(calls)))
    own = data_of(_made(folder / "own"), edited, tables["candles"], bucket_rows=base.bucket_rows)
    both = {key: replace(base, kind="parquet", duckdb=None) for key in ("binance", "birdeye")}
    return {
        "own": own,
        "binance": replace(both["binance"], **_binance(folder / "binance", calls, candles)),
        "birdeye": replace(both["birdeye"], **_birdeye(folder / "birdeye", calls, candles)),
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _of(candles: Rows, asset: str) -> list[vendor_candles.Row]:
    return [row[1:] for row in candles if row[0] == asset]  # type: ignore[misc]


def _binance(folder: Path, calls: Rows, candles: Rows) -> dict[str, Any]:
    for asset in sorted({row[0] for row in candles}):
        vendor_candles.binance(folder / "bars" / f"{asset}-1m-2025-01.zip", _of(candles, asset), digits=16)
    messages = [
        chats.said(1000 + i, ["long ", {"type": "hashtag", "text": f"${asset}"}], 0, date_unixtime=str(us // 10**6),
                   from_id=caller, **{"from": caller})
        for i, (caller, asset, us) in enumerate(calls)
    ]  # fmt: skip
    chats.telegram(folder / "chat", messages)
    return {"candles": str(folder / "bars"), "calls": str(folder / "chat"),
            "format": {"calls": "telegram", "candles": "binance"}}  # fmt: skip


def _birdeye(folder: Path, calls: Rows, candles: Rows) -> dict[str, Any]:
    for asset in sorted({row[0] for row in candles}):
        vendor_candles.birdeye(folder / "bars" / f"{asset}.json", _of(candles, asset), address(asset))
    messages = []
    for i, (caller, asset, us) in enumerate(calls):
        author = {"id": caller, "name": caller, "discriminator": "0000"}
        embed = {"title": "New call", "description": f"CA {address(asset).replace('ab', 'Ab')}", "fields": []}
        messages.append(chats.posted(us / 10**6 - chats.T0, "", i, embeds=[embed], author=author))
    middle = len(messages) // 2
    for part, some in (("", messages[: middle + 3]), (" [part 2]", messages[middle:])):
        chats.discord(folder / "chat" / f"calls [123456789012345678]{part}.json", some)
    return {"candles": str(folder / "bars"), "calls": str(folder / "chat"), "format": None}
