"""Calls as chats and people write them: files of about twenty rows, and what they mean, worked out by hand.

A row: when the call was made in UTC, caller, asset, chain, market capitalisation, price, and whether it was changed
afterwards (1, 0; -1: nobody says).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.chats import read_chats
from quantray.callers.chats.settings import standard
from quantray.callers.data import CallsData, load_calls
from quantray.callers.data.settings import CallColumns, CallMaps
from quantray.callers.market import Calls
from quantray.durations import iso
from quantray.errors import DataError
from tests.builders.chats import HEX, MINT, OTHER, PAIR, rows
from tests.builders.golden import GOLDEN, Rows, written

CALLS = GOLDEN / "calls"
NAMES = {MINT: "MINT", OTHER: "OTHER", PAIR: "PAIR", HEX.lower(): "HEX"}


def shown(calls: Calls) -> Rows:
    edited = [-1] * len(calls) if calls.edited is None else calls.edited.tolist()
    each = zip(
        calls.ts, calls.caller, calls.asset, calls.chain, calls.mcap, calls.price_at_call, edited, strict=True
    )  # fmt: skip
    return [
        (iso(int(ts)), calls.callers[caller], NAMES.get(name := calls.assets[asset], name), chain,
         *(None if value != value else float(value) for value in (mcap, price)), float(changed))
        for ts, caller, asset, chain, mcap, price, changed in each
    ]  # fmt: skip


def of_chat(kind: str, path: Path, cache: Path, **other: object) -> Rows:
    data = CallsData("parquet", calls=str(path), format={"calls": kind}, cache=str(cache), **other)  # type: ignore[arg-type]
    return shown(load_calls(data))


@pytest.mark.slow
def test_telegram_is_read_by_its_true_time_and_shows_what_was_edited(tmp_path: Path) -> None:
    """Its ``date`` is a clock in Berlin, on which two messages of October stand at 02:30."""
    file = CALLS / "telegram" / "result.json"
    assert of_chat("telegram", file, tmp_path) == written("""
        2025-05-05T12:00:00Z Whale2     HEX   -      47180      -        0
        2025-05-05T12:01:00Z Whale2     MINT  solana 1200000    -        0
        2025-05-05T12:03:00Z Scout      PAIR  solana -          -        1
        2025-05-05T12:04:00Z Whale2     OTHER solana -          -        0
        2025-05-05T12:05:00Z Scout      MINT  solana -          -        0
        2025-05-05T12:08:00Z Whale2     PAIR  solana -          -        0
        2025-05-05T12:10:00Z Scout      BONK  -      -          0.000021 0
        2025-05-05T12:11:00Z Whale2     HEX   base   -          -        0
        2025-05-05T12:14:00Z AlphaCalls WIF   -      2100000000 -        0
        2025-05-05T12:15:00Z Scout      MINT  solana -          -        0
        2025-05-05T12:17:00Z user333    WIF   -      -          -        0
        2025-05-05T12:18:00Z Whale2     PEPE  -      850000     -        0
        2025-05-05T12:19:00Z Scout      DOGE  -      12500      -        0
        2025-10-26T00:30:00Z Whale2     WIF   -      -          -        0
        2025-10-26T01:30:00Z Whale2     WIF   -      -          -        0
    """)
    chat = read_chats("telegram", [file], standard(), str(tmp_path))
    assert rows(chat, "unparsed", "message, why") == [
        ("4", "names no asset"), ("11", "names several assets"), ("14", "no text"), ("18", "names no asset"),
    ]  # fmt: skip
    assert (chat.counts["messages"], chat.counts["service message"], chat.counts["edited calls"]) == (21, 2, 1)
    assert rows(chat, "chats", "missing") == [3]  # 8, 9 and 22 were deleted


@pytest.mark.slow
def test_discord_is_read_by_its_ids_and_bots_by_their_embeds(tmp_path: Path) -> None:
    """Two parts of a channel, which have one message in common."""
    folder = CALLS / "discord"
    assert of_chat("discord", folder, tmp_path) == written("""
        2025-05-05T12:00:00Z    ScanBot#1234 MINT  solana   47180      -        0
        2025-05-05T12:00:01.250000000Z whale     HEX   -        12500      -        0
        2025-05-05T12:01:30Z    whale        PAIR  solana   -          -        1
        2025-05-05T12:02:00Z    whale        OTHER solana   -          -        0
        2025-05-05T12:03:00Z    whale        MINT  solana   3000000    -        0
        2025-05-05T12:03:30Z    ScanBot#1234 HEX   -        1200000    -        0
        2025-05-05T12:04:30Z    whale        BONK  -        -          0.000021 0
        2025-05-05T12:05:00Z    whale        WIF   base     -          -        0
        2025-05-05T12:06:00Z    ScanBot#1234 PAIR  solana   47180      -        0
        2025-05-05T12:06:30Z    whale        PEPE  -        850000     -        0
        2025-05-05T12:07:00Z    whale        DOGE  -        4200000000 -        0
        2025-05-05T12:07:30Z    whale        HEX   ethereum -          -        0
        2025-05-05T12:08:30Z    whale        WIF   -        -          -        0
        2025-05-06T12:00:00Z    whale        WIF   -        -          -        1
    """)
    chat = read_chats("discord", sorted(folder.iterdir()), standard(), str(tmp_path))
    assert rows(chat, "unparsed", "strftime(ts, '%H:%M:%S'), why") == [
        ("12:01:00", "names no asset"), ("12:04:00", "names several assets"), ("12:05:30", "no text"),
        ("12:08:00", "names no asset"),
    ]  # fmt: skip
    assert (chat.counts["messages"], chat.counts["repeated"], chat.counts["service message"]) == (20, 1, 2)


#: Hour and minute on the exporter's clock; as CSV a message has no id and says nothing of edits.
POSTED = """
    05:00 whale        HEX   -        47180      -        -1
    05:02 ScanBot#1234 MINT  solana   -          -        -1
    05:03 whale        PAIR  solana   3000000    -        -1
    05:05 whale        BONK  -        -          0.000021 -1
    05:07 whale        WIF   base     -          -        -1
    05:08 scout        PEPE  -        850000     -        -1
    05:09 scout        DOGE  -        -          -        -1
    05:10 scout        WIF   -        12500      -        -1
    05:11 whale        HEX   ethereum -          -        -1
    05:13 scout        OTHER solana   -          -        -1
    05:14 scout        WIF   -        -          -        -1
    06:15 whale        WIF   -        1100000000 -        -1
    07:16 whale        BONK  -        -          -        -1
    08:17 whale        BONK  -        -          -        -1
    17:59 ScanBot#1234 MINT  solana   -          -        -1
    18:59 scout        PEPE  -        -          -        -1
"""


def posted(hours: int) -> Rows:
    """The calls, on a clock so many hours behind UTC."""
    return [
        (f"2025-05-05T{int(clock[:2]) + hours:02d}:{clock[3:]}:00Z", *rest)
        for clock, *rest in ((str(row[0]), *row[1:]) for row in written(POSTED))
    ]


@pytest.mark.slow
def test_discord_csv_of_now_names_its_offset(tmp_path: Path) -> None:
    file = CALLS / "discord_csv" / "new [223456789012345678].csv"
    assert of_chat("discord", file, tmp_path) == posted(5)
    chat = read_chats("discord", [file], standard(), str(tmp_path))
    assert {why: chat.counts[why] for why in ("names no asset", "names several assets", "no text")} == {
        "names no asset": 2, "names several assets": 1, "no text": 1,
    }  # fmt: skip


@pytest.mark.slow
def test_discord_csv_of_before_is_asked_for_its_form_and_zone(tmp_path: Path) -> None:
    file = CALLS / "discord_csv" / "old [323456789012345678].csv"
    with pytest.raises(DataError, match=r"messages\.date_format .* and data\.timezone"):
        of_chat("discord", file, tmp_path)
    form = replace(standard(), date_format="%m/%d/%Y %I:%M %p")
    assert of_chat("discord", file, tmp_path, messages=form, timezone="America/New_York") == posted(4)


@pytest.mark.slow
def test_a_zone_moves_no_message_whose_time_is_an_instant(tmp_path: Path) -> None:
    """``data.timezone`` is of times that name none: an id of Discord and seconds of Telegram are none of these."""
    for kind, name in (("telegram", "telegram"), ("discord", "discord_csv/new [223456789012345678].csv")):
        plain, moved = (of_chat(kind, CALLS / name, tmp_path, timezone=zone) for zone in (None, "Asia/Tokyo"))
        assert moved == plain


def test_a_list_of_each_caller_with_short_numbers_and_a_clock_without_a_day() -> None:
    columns = CallMaps(calls=CallColumns(asset="token", ts="time", mcap="entry_mc"))
    data = CallsData("parquet", calls=str(CALLS / "lists"), columns=columns)
    with pytest.raises(DataError, match=r"a clock says no day: say which with data\.date="):
        load_calls(data)
    calls = load_calls(CallsData("parquet", calls=str(CALLS / "lists"), columns=columns, date="2025-05-06"))
    assert shown(calls) == written("""
        2025-05-06T00:00:00Z No.7  BONK  sol  1000000000 - -1
        2025-05-06T00:00:00Z whale WIF   sol  1000000000 - -1
        2025-05-06T02:00:00Z No.7  HEX   eth  700000     - -1
        2025-05-06T09:15:00Z No.7  WIF   sol  999000     - -1
        2025-05-06T10:00:00Z No.7  PEPE  sol  4200000    - -1
        2025-05-06T12:00:00Z whale MINT  sol  47180      - -1
        2025-05-06T12:05:00Z whale PAIR  sol  1200000    - -1
        2025-05-06T12:07:30Z whale HEX   eth  850000     - -1
        2025-05-06T12:30:00Z No.7  BONK  sol  1050000000 - -1
        2025-05-06T13:00:00Z whale HEX   eth  12500      - -1
        2025-05-06T13:01:00Z whale OTHER sol  2100000000 - -1
        2025-05-06T13:05:00Z No.7  MINT  sol  61400      - -1
        2025-05-06T13:06:00Z No.7  PAIR  sol  9990       - -1
        2025-05-06T13:30:00Z whale MINT  sol  -          - -1
        2025-05-06T14:00:00Z whale MINT  sol  47180      - -1
        2025-05-06T14:10:00Z whale HEX   base 3500000    - -1
        2025-05-06T15:00:00Z whale BONK  sol  1100000000 - -1
        2025-05-06T23:59:00Z No.7  OTHER sol  2200000000 - -1
        2025-05-06T23:59:59Z whale WIF   sol  900000000  - -1
    """)
    assert calls.counts["duplicates"] == 1
