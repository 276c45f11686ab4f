"""From messages in a table to calls in a table, by the patterns of the settings: SQL, whose patterns RE2 runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantray.callers.chats.messages import MAX_TEXT
from quantray.callers.chats.settings import AssetPattern, Messages
from quantray.files.duckdb_file import text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: What a link looks like in a text, with or without its scheme.
LINK = r"(?i)\bhttps?://[^\s<>\"]+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s<>\"]*"
LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
#: Letters of a text that is shown beside a call.
SHOWN = 200

#: Every message once, in the version that is nearest to what was sent: the first edit of what two exports hold. A
#: version without an edit shows what was sent, so that its later ones do not make it one with hindsight.
ONCE = """
CREATE TABLE once AS
SELECT * EXCLUDE (place), row_number() OVER (ORDER BY ts_us, chat, message) AS row FROM (
  SELECT *, row_number() OVER (
    PARTITION BY chat, message ORDER BY coalesce(changed, false), edited_us NULLS FIRST, length(text) DESC, text, links
  ) AS place FROM (SELECT * REPLACE (coalesce(text, '') AS text, coalesce(links, '') AS links) FROM messages)
) WHERE place = 1
"""
#: Messages that may be calls, with their links apart from their words.
WORDS = """
CREATE TABLE words AS SELECT row,
  regexp_replace(text, {link}, ' ', 'g') AS text,
  concat_ws(chr(10), list_aggregate(regexp_extract_all(text, {link}), 'string_agg', chr(10)), links) AS links
FROM once WHERE why IS NULL
"""


def parse(connection: DuckDBPyConnection, messages: Messages) -> None:
    """Make the tables ``once`` (with ``why`` a message is no call), ``hits`` and ``facts`` from ``messages``."""
    connection.execute(ONCE)
    connection.execute("ALTER TABLE once ADD COLUMN why VARCHAR")
    connection.execute(f"UPDATE once SET why = {_why(messages)}")
    connection.execute(WORDS.format(link=text(LINK)))
    connection.execute(
        "CREATE TABLE hits (row BIGINT, rank INTEGER, pattern VARCHAR, place INTEGER, asset VARCHAR, chain VARCHAR)"
    )
    for rank, (name, pattern) in enumerate(messages.searched.items()):
        connection.execute(_hits(rank, name, pattern))
        if pattern.check == "solana":
            _check_keys(connection, rank)
    connection.execute(f"CREATE TABLE facts AS SELECT row, {_facts(messages)} FROM words")
    connection.execute(_NAMED)
    connection.execute(
        "UPDATE once SET why = CASE WHEN n IS NULL THEN 'names no asset' ELSE 'names several assets' END "
        "FROM (SELECT w.row AS here, n FROM words w LEFT JOIN named ON w.row = named.row) AS found "
        f"WHERE once.row = found.here AND (n IS NULL{' OR n > 1' if messages.several == 'skip' else ''})"
    )


#: How many assets the first pattern that found any has found, by message, and these.
_NAMED = """
CREATE TABLE named AS SELECT row, count(DISTINCT lower(asset)) AS n, min(rank) AS rank FROM (
  SELECT * FROM hits QUALIFY rank = min(rank) OVER (PARTITION BY row)
) GROUP BY row
"""


def _why(messages: Messages) -> str:
    """SQL of why a message can be no call at all, NULL where it may be one."""
    reasons = [
        ("service", "service message"),
        ("ts_us IS NULL", "no time"),
        ("author_id IS NULL" if messages.caller == "author" else "false", "no author"),
        ("text = '' AND links = ''", "no text"),
        (f"length(text) > {MAX_TEXT}", "too long"),
        ("forwarded" if messages.forwarded == "skip" else "false", "forwarded"),
        (f"regexp_matches(text, {text(messages.skip)})" if messages.skip else "false", "skipped by its words"),
    ]
    return "CASE " + " ".join(f"WHEN {sql} THEN {text(why)}" for sql, why in reasons) + " END"


def _hits(rank: int, name: str, pattern: AssetPattern) -> str:
    """Every asset that one pattern finds, in the order of the message."""
    where = {"text": "text", "links": "links", "both": "concat_ws(chr(10), text, links)"}[pattern.where]
    find = text(pattern.find)
    # the pattern again on what it found: what stands around it may be gone, and with it a word's edge or an anchor
    made = [
        f"regexp_replace(found, {find}, {text(template)})" if template is not None else "NULL::VARCHAR"
        for template in (pattern.asset, pattern.chain)
    ]
    if pattern.upper:
        made[0] = f"upper({made[0]})"
    return (
        f"INSERT INTO hits SELECT row, {rank}, {text(name)}, place, {made[0]}, {made[1]} FROM ("
        f"SELECT row, unnest(found) AS found, generate_subscripts(found, 1) AS place FROM "
        f"(SELECT row, regexp_extract_all({where}, {find}) AS found FROM words)) WHERE trim({made[0]}) <> ''"
    )


def _check_keys(connection: DuckDBPyConnection, rank: int) -> None:
    """Remove what is no public key of Solana: base58 of 32 bytes."""
    import pyarrow as pa

    names = connection.execute("SELECT DISTINCT asset FROM hits WHERE rank = ?", [rank]).fetchall()
    wrong = pa.table({"name": pa.array([name for (name,) in names if not is_key(name)], pa.string())})
    connection.register("wrong_keys", wrong)
    connection.execute("DELETE FROM hits WHERE rank = ? AND asset IN (SELECT name FROM wrong_keys)", [rank])
    connection.unregister("wrong_keys")


def is_key(name: str) -> bool:
    """Whether base58 of exactly 32 bytes, as the address of a Solana token is.

    >>> is_key("So11111111111111111111111111111111111111112"), is_key("h" + 20 * "aH" + "a"), is_key("0x")
    (True, False, False)
    """
    if not 32 <= len(name) <= 44 or any(letter not in LETTERS for letter in name):
        return False
    value = 0
    for letter in name:
        value = value * 58 + LETTERS.index(letter)
    zeros = len(name) - len(name.lstrip("1"))
    return zeros + (value.bit_length() + 7) // 8 == 32


def _facts(messages: Messages) -> str:
    """SQL of market capitalisation, price and chain of a message: what the first pattern finds that finds anything."""
    both = "concat_ws(chr(10), text, links)"
    columns = []
    for name, section in (("mcap", messages.mcap), ("price", messages.price)):
        found = [
            f"nullif(regexp_replace(regexp_extract(text, {text(find)}, 1), '[,\\s]', '', 'g'), '')"
            for find in section.values() if find is not None
        ]  # fmt: skip
        columns.append(f"{_first(found)} AS {name}")
    chains = [
        f"CASE WHEN regexp_matches({both}, {text(find)}) THEN {text(chain)} END"
        for chain, find in messages.chains.items() if find is not None
    ]  # fmt: skip
    return ", ".join([*columns, f"{_first(chains)} AS chain"])


def _first(found: list[str]) -> str:
    return f"coalesce({', '.join(found)})" if found else "NULL::VARCHAR"


def calls_sql(messages: Messages) -> str:
    """The calls, in (ts, asset, call_id) order, from the tables that :func:`parse` made and ``people``.

    Their ``ts`` is an instant: without a zone it would be put on the clock of ``data.timezone`` a second time.
    """
    several = "true" if messages.several == "all" else "place = 1"
    more = "once.chat || '/' || once.message || CASE WHEN n > 1 THEN '/' || asset ELSE '' END"
    call_id = more if messages.several == "all" else "once.chat || '/' || once.message"
    by = "once.author_id" if messages.caller == "author" else "once.chat"
    person = "people.name"
    if messages.forwarded == "source":
        person = f"CASE WHEN once.forwarded THEN coalesce(once.source, {person}) ELSE {person} END"
    return f"""
SELECT {call_id} AS call_id, {person} AS caller, asset, make_timestamptz(once.ts_us) AS ts,
  coalesce(lower(hit.chain), facts.chain) AS chain, TRY_CAST(facts.price AS DOUBLE) AS price_at_call,
  facts.mcap AS mcap, once.changed AS edited, once.chat_name AS chat, once.message AS message,
  left(once.text, {SHOWN}) AS text
FROM (
  SELECT row, n, asset, chain, row_number() OVER (PARTITION BY row ORDER BY seen, asset) AS place FROM (
    SELECT hits.row, n, asset, any_value(hits.chain) AS chain, min(place) AS seen FROM hits
    JOIN named ON named.row = hits.row AND named.rank = hits.rank GROUP BY hits.row, n, asset
  )
) AS hit
JOIN once ON once.row = hit.row JOIN facts ON facts.row = hit.row JOIN people ON people.id = {by}
WHERE once.why IS NULL AND {several} ORDER BY ts, asset, call_id
"""
