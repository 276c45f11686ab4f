"""Files of chats as a DuckDB file: who called, which messages count once, what is kept of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.chats import Messages, standard
from quantray.errors import ConfigError, DataError
from tests.builders.chats import HEX, MINT, OTHER, T0, chat, discord, posted, read, rows, said, telegram, written


@pytest.mark.slow
def test_who_called_is_an_account_and_not_its_name(tmp_path: Path) -> None:
    path = telegram(tmp_path, [
        said(1, MINT, 1), said(2, OTHER, 2, **{"from": "Whale \U0001f433"}),
        said(3, HEX, 3, **{"from": "Bob", "from_id": "user2"}), said(4, MINT, 4, **{"from": "Bob", "from_id": "user3"}),
        said(5, OTHER, 5, **{"from": None, "from_id": "user4"}),
    ])  # fmt: skip
    made = read("telegram", [path], tmp_path / "cache")
    assert rows(made, columns="caller") == [
        "Whale \U0001f433",
        "Whale \U0001f433",
        "Bob (user2)",
        "Bob (user3)",
        "user4",
    ]
    by_chat = read("telegram", [path], tmp_path / "cache", replace(standard(), caller="chat"))
    assert set(rows(by_chat, columns="caller")) == {"Chat 77"}


@pytest.mark.slow
def test_forwarded_messages(tmp_path: Path) -> None:
    path = telegram(tmp_path, [said(1, MINT, forwarded_from="Src"), said(2, OTHER, 1)])
    callers = {}
    for forwarded in ("keep", "source", "skip"):
        made = read("telegram", [path], tmp_path / "cache", replace(standard(), forwarded=forwarded))
        callers[forwarded] = rows(made, columns="caller")
        alone = read("telegram", [path], tmp_path / "other", Messages(forwarded=forwarded))
        assert rows(alone, columns="caller") == callers[forwarded]  # what is said without patterns is not lost
    assert callers == {"keep": ["Whale", "Whale"], "source": ["Src", "Whale"], "skip": ["Whale"]}


@pytest.mark.slow
def test_a_message_of_two_exports_counts_once_as_it_was_before_its_edit(tmp_path: Path) -> None:
    early = telegram(tmp_path / "early", [said(1, MINT), said(2, OTHER, 9)])
    late = telegram(tmp_path / "late", [said(1, HEX, edited_unixtime=str(T0 + 500)), said(3, HEX, 10)])
    for files in ([early, late], [late, early]):
        made = read("telegram", files, tmp_path / f"cache{files[0].parent.name}")
        assert rows(made, columns="message, asset, edited") == [
            ("1", MINT, False),
            ("2", OTHER, False),
            ("3", HEX, False),
        ]
        assert made.counts["repeated"] == 1
    alone = read("telegram", [late], tmp_path / "cache")
    assert rows(alone, columns="message, asset, edited") == [("1", HEX, True), ("3", HEX, False)]


@pytest.mark.slow
def test_parts_of_a_channel_that_overlap(tmp_path: Path) -> None:
    name = "G - calls [123456789012345678]"
    first = discord(tmp_path / f"{name}.json", [posted(1, MINT), posted(2, "gm")])
    second = discord(tmp_path / f"{name} [part 2].json", [posted(2, "gm"), posted(61.5, HEX)])
    made = read("discord", [first, second], tmp_path / "cache")
    assert rows(made, columns="asset, epoch_ms(ts)") == [(MINT, (T0 + 1) * 1000), (HEX, T0 * 1000 + 61_500)]
    assert (made.counts["messages"], made.counts["repeated"]) == (3, 1)
    assert rows(made, "chats", "missing") == [None]


def test_gaps_in_ids_are_counted_where_ids_count(tmp_path: Path) -> None:
    service = said(4, "", type="service")
    account = {"chats": {"list": [
        chat([said(1, "gm"), said(2, "gm"), service, said(9, "gm")]),
        chat([said(1, "gm"), said(900, "gm")], "private_group", 78),
    ]}}  # fmt: skip
    made = read("telegram", [written(tmp_path / "r.json", account)], tmp_path / "cache")
    assert rows(made, "chats", "name, missing") == [("Chat 77", 5), ("Chat 78", None)]
    assert any("Chat 77: 5 of 9 (55.6%)" in sentence for sentence in made.told)


def test_every_message_that_is_no_call_is_kept_with_its_reason(tmp_path: Path) -> None:
    undated = said(5, MINT, 5) | {"date_unixtime": "x"}
    path = telegram(tmp_path, [
        said(1, MINT), said(2, "gm"), said(3, ""), said(4, "x" * 70_000, 4), undated, said(6, "", type="service"),
        said(7, MINT, 7, **{"from": None, "from_id": None}),
    ])  # fmt: skip
    made = read("telegram", [path], tmp_path / "cache")
    why = dict(rows(made, "unparsed", "message, why"))
    assert why == {"2": "names no asset", "3": "no text", "4": "too long", "5": "no time", "7": "no author"}
    assert made.counts["service message"] == 1
    assert made.counts["calls"] + len(why) + 1 == made.counts["messages"] == 7


@pytest.mark.slow
def test_the_same_files_are_read_once_and_other_patterns_anew(tmp_path: Path) -> None:
    path, cache = telegram(tmp_path, [said(1, MINT)]), tmp_path / "cache"
    first = read("telegram", [path], cache)
    mark = first.file.stat().st_mtime_ns
    again = read("telegram", [path], cache, standard())
    assert (again.file, again.file.stat().st_mtime_ns, again.told) == (first.file, mark, first.told)
    turned = replace(standard(), assets=dict(reversed(standard().assets.items())))
    assert read("telegram", [path], cache, turned).file != first.file
    telegram(tmp_path, [said(1, MINT), said(2, OTHER)])
    assert len(rows(read("telegram", [path], cache), columns="call_id")) == 2
    left = [p.name for p in first.file.parent.iterdir()]
    assert sorted(left) == ["_quantray.json", "calls.duckdb"]


def test_what_cannot_be_read_leaves_nothing_behind(tmp_path: Path) -> None:
    path, cache = telegram(tmp_path, [said(1, MINT)]), tmp_path / "cache"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="ends in the middle"):
        read("telegram", [path], cache)
    assert not list((cache / "chats").iterdir())
    with pytest.raises(DataError, match="no message at all"):
        read("telegram", [telegram(tmp_path, [])], cache)
    with pytest.raises(DataError, match="no file of a chat"):
        read("telegram", [], cache)
    with pytest.raises(ConfigError, match="did you mean 'telegram'"):
        read("telegrm", [path], cache)
