"""Messages of Discord: the time of their ids, the words of embeds, many files of one channel, CSV without a zone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantray.callers.chats.discord import channel_of, discord_messages, discord_rows, snowflake_us
from quantray.errors import DataError
from tests.builders.chats import T0, discord, posted, written

HEADER = "AuthorID,Author,Date,Content,Attachments,Reactions\n"


def test_an_id_is_the_time(tmp_path: Path) -> None:
    assert snowflake_us(175928847299117063) == 1_462_015_105_796_000  # the example of Discord's own documentation
    assert snowflake_us(5) is None
    late = posted(60.25, "a") | {"timestamp": "2025-05-05T09:00:00"}  # a clock without a zone is not looked at
    (message,) = discord_messages([discord(tmp_path / "c.json", [late])])
    assert message.ts_us == round((T0 + 60.25) * 10**6)


def test_a_bot_puts_the_token_into_its_embed(tmp_path: Path) -> None:
    embed = {"title": "New", "url": "https://pump.fun/coin/X", "description": "d",
             "fields": [{"name": "MC", "value": "47.18k"}, None, {"name": 5}]}  # fmt: skip
    edited = posted(1, "", embeds=[embed, "no"], timestampEdited="2025-05-05T12:30:00+00:00")
    forwarded = posted(2, "b", reference={"type": "Forward"}, forwardedMessage={"content": "inner"})
    joined = posted(3, "", type="GuildMemberJoin")
    first, second, third = discord_messages([discord(tmp_path / "c.json", [edited, forwarded, joined])])
    assert first.text == "New\nd\nMC: 47.18k"
    assert (first.links, first.changed, first.service) == ("https://pump.fun/coin/X", True, False)
    assert (second.text, second.forwarded, second.changed) == ("b\ninner", True, False)
    assert third.service


def test_the_parts_of_a_channel_are_one_chat() -> None:
    whole = Path("G - Text - calls [123456789012345678].json")
    part = Path("G - Text - calls [123456789012345678] [part 2].json")
    assert channel_of(whole) == channel_of(part) == ("123456789012345678", "G - Text - calls")
    assert channel_of(Path("calls.csv")) == ("calls", "calls")


def rows(path: Path, form: str | None = None, zone: str | None = None) -> list[int | None]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return [m.ts_us for m in discord_rows(connection, [path], form, zone)]


def test_dates_of_csv_have_an_offset_or_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "calls [123456789012345678].csv"
    path.write_text(HEADER + '"1","a","2025-05-05T14:00:00.0000000+02:00","x, ""y""\nz",,\n')
    assert rows(path) == [T0 * 10**6]
    path.write_text(HEADER + "1,a,05/06/2025 8:00 AM,x,,\n1,a,11/02/2025 1:30 AM,x,,\n1,a,soon,x,,\n")
    with pytest.raises(DataError, match=r"05/06/2025 8:00 AM|11/02/2025|soon") as caught:
        rows(path)
    assert "messages.date_format" in str(caught.value)
    assert "data.timezone" in str(caught.value)
    found = rows(path, "%m/%d/%Y %I:%M %p", "America/New_York")
    assert found == [(T0 + 86400) * 10**6, None, None]  # an hour that is on the clock twice is no time


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no export of DiscordChatExporter"):
        list(discord_messages([written(tmp_path / "x.json", {"guild": {}})]))
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no column 'AuthorID'"):
        rows(tmp_path / "x.csv")
