"""Calls in the words of messages: addresses, links, tickers, sizes, chains; hostile words."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quantray.callers.chats import AssetPattern, Messages, standard
from quantray.callers.chats.parsing import is_key
from tests.builders.chats import HEX, MINT, OTHER, PAIR, read, rows, said, telegram

CALL = "asset, chain, mcap, price_at_call"


def found(folder: Path, texts: list[Any], messages: Messages | None = None, columns: str = CALL) -> list[Any]:
    """What is read from each text, None where it is no call."""
    path = telegram(folder, [said(i, text, i) for i, text in enumerate(texts, 1)])
    made = read("telegram", [path], folder / "cache", messages)
    by = {int(message): row for message, *row in rows(made, columns=f"message, {columns}")}
    return [tuple(by[i]) if i in by else None for i in range(1, len(texts) + 1)]


def link(href: str) -> list[Any]:
    return ["look ", {"type": "text_link", "text": "here", "href": href}]


@pytest.mark.slow
def test_what_names_an_asset(tmp_path: Path) -> None:
    cases: dict[Any, Any] = {
        f"ape {MINT} MC: $47.18k": (MINT, "solana", "47.18k", None),
        f"{MINT}\n{MINT}": (MINT, "solana", None, None),
        f"CA:{MINT}.": (MINT, "solana", None, None),
        f"{HEX} market cap 1,250,000 on base, price: $0.0012": (HEX, "base", "1250000", 0.0012),
        f"mint {MINT} https://dexscreener.com/solana/{PAIR}": (MINT, "solana", None, None),
        f"chart dexscreener.com/Base/{HEX}": (HEX, "base", None, None),
        f"https://pump.fun/coin/{MINT}?x=1 at 3.2M mcap": (MINT, "solana", "3.2M", None),
        f"https://birdeye.so/token/{MINT}?chain=solana": (MINT, "solana", None, None),
        f"https://birdeye.so/base/token/{HEX}": (HEX, "base", None, None),
        f"gmgn.ai/sol/token/{MINT}": (MINT, "solana", None, None),
        "$wif is moving, ETH chain": ("WIF", "ethereum", None, None),
        "worth $500, up 3x": None,
        f"https://solscan.io/account/{MINT}": None,
        f"{MINT} or {OTHER}": None,
        "ha" * 20: None,
        f"x{HEX}": None,
        f"{HEX}ff": None,
        "5" * 87: None,
    }
    got = found(tmp_path, list(cases))
    assert dict(zip(cases, got, strict=True)) == cases
    assert found(tmp_path, [link(f"https://dexscreener.com/solana/{PAIR}")]) == [(PAIR, "solana", None, None)]


@pytest.mark.slow
@pytest.mark.parametrize(("several", "calls"), [("skip", []), ("first", [MINT]), ("all", [MINT, OTHER])])
def test_a_message_that_names_several(tmp_path: Path, several: str, calls: list[str]) -> None:
    path = telegram(tmp_path, [said(4, f"{MINT} {OTHER} {MINT}")])
    made = read("telegram", [path], tmp_path / "cache", replace(standard(), several=several))
    assert sorted(rows(made, columns="asset")) == sorted(calls)
    assert len(set(rows(made, columns="call_id"))) == len(calls)
    assert rows(made, "unparsed", "why") == ([] if calls else ["names several assets"])


def test_patterns_of_ones_own(tmp_path: Path) -> None:
    mine = Messages(
        assets={"pair": AssetPattern(r"(?i)long (\w+)", r"\1USDT", upper=True), "left out": None},
        mcap={"cap": r"cap=(\S+)"}, skip="(?i)result",
    )  # fmt: skip
    got = found(tmp_path, ["Long wif cap=3b", "long doge RESULT", f"{MINT}"], mine)
    assert got == [("WIFUSDT", None, "3b", None), None, None]


@pytest.mark.parametrize(
    "text",
    ["(" * 60_000, "a" * 65_000 + "!", "\u202e\u200f" + MINT[::-1], "0x" * 30_000, "$" * 60_000, "mc " * 20_000,
     "https://" * 8_000, "\0" * 1000, "'; DROP TABLE messages; --", "\U0001f433" * 9_000, "x" * 70_000],
)  # fmt: skip
def test_hostile_words_take_no_longer_than_others(tmp_path: Path, text: str) -> None:
    began = time.monotonic()
    assert found(tmp_path, [text, f"buy {MINT}"])[1] == (MINT, "solana", None, None)
    assert time.monotonic() - began < 20


def test_a_name_of_the_right_length_is_no_key() -> None:
    assert is_key(MINT)
    assert is_key(OTHER)
    assert not is_key("h" * 44)
    assert not is_key("T" + "9" * 33)  # as long as an address of Tron
    assert not is_key(MINT + "0")
