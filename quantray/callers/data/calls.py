"""Load calls: read the table, settle who called, keep what the settings ask for, count the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from quantray.callers.data.columns import CallTable, edited_of
from quantray.callers.data.filters import Kept, filtered
from quantray.callers.data.lists import is_list_file, read_list
from quantray.callers.data.names import alias_table, callers_among_groups, chosen, near_names, numbered
from quantray.callers.data.settings import CallsData, CallSettings
from quantray.callers.data.source import ns_of, opened
from quantray.callers.market import Calls
from quantray.digests import digest_of
from quantray.durations import iso
from quantray.errors import ConfigError, DataError, near_miss
from quantray.files.duckdb_file import confined, open_market, quoted
from quantray.files.folders import data_files
from quantray.files.tables import READERS, guarded, reader_of
from quantray.outlets import logger
from quantray.plain import amount, one_line

_log = logger(__name__)
EVERY_CALL = CallSettings()


def load_calls(data: CallsData, settings: CallSettings = EVERY_CALL) -> Calls:
    """The calls that count, in (ts, asset, call_id) order, with what each filter left out.

    Raises DataError for a table that cannot be used or when no caller is left, ConfigError for a wrong name.
    """
    with opened(data, "calls") as tables:
        table = tables["calls"]
        table.require("caller", "asset")
        for key, column in (("chain", "chain"), ("min_mcap", "mcap"), ("max_mcap", "mcap")):
            if getattr(settings, key) is not None:
                table.require(column)
        rows = _read(table, data)
        undated = table.undated
        if not len(rows["ts"]) + undated:
            raise DataError(f"{table.where} has no calls; load some")
    aliases = _aliases(settings.aliases, data)
    spelt = np.array([aliases.get(name, name) for name in rows["caller"]], dtype=object)
    aliased = int(sum(a != b for a, b in zip(spelt, rows["caller"], strict=True)))
    rows["caller"] = spelt
    made = Counter(name for name in spelt.tolist() if name)
    everyone = sorted(made)
    _check_chain(settings.chain, rows["chain"], table.where)
    keep, groups, absent = chosen(settings, aliases, everyone, made)
    people = callers_among_groups(settings, {*made, *aliases})
    if people:
        _log.warning("calls.groups: no group has the name of %s; taken as callers", ", ".join(map(one_line, people)))
    kept = filtered(rows, data, settings, keep, undated)
    if not len(kept.rows):
        raise DataError(f"no caller left: {_sentence(kept.counts)} ({table.where}); widen the filters")
    _check_ids(table.where, rows["call_id"], kept.rows)
    counts = {"read": kept.counts["read"], "aliased": aliased, **kept.counts}
    where = f"{table.where} ({table.origin})" if table.origin else table.where
    found = _columns(rows, kept, groups, absent, near_names(everyone), where, counts)
    return replace(found, groups_of_one=people, told=table.told, messages=table.messages)


def _read(table: CallTable, data: CallsData) -> dict[str, np.ndarray]:
    """Columns of every row with a time; text columns as objects, None where null or empty.

    Where a call has no id, one is made of its caller, asset and time: the same wherever the row stands.
    """
    names = [name for name in ("call_id", "caller", "asset") if table.has(name)]
    texts = [f"nullif(trim({table.column(c)}::VARCHAR), '') AS {quoted(c)}" for c in names]
    texts.append(f"{table.column('chain')}::VARCHAR AS chain" if table.has("chain") else "NULL::VARCHAR AS chain")
    ns, numbers = ns_of(table, data.unit_of("calls")), table.numbers(("price_at_call", "mcap"))
    got = table.fetch(f"SELECT {', '.join(texts)}, {ns} AS ts, {numbers}, {edited_of(table)} AS edited FROM {{t}}")
    rows: dict[str, np.ndarray] = {}
    for name in (*names, "chain"):
        rows[name] = np.ma.getdata(got[name]).astype(object)
        rows[name][np.ma.getmaskarray(got[name])] = None
    rows["ts"] = np.asarray(got["ts"], np.int64)
    for name in ("price_at_call", "mcap"):
        rows[name] = np.asarray(got[name], np.float64)
    rows["edited"] = np.asarray(got["edited"], np.int8)
    given = rows.setdefault("call_id", np.full(len(rows["ts"]), None))
    for i in (i for i, call_id in enumerate(given.tolist()) if call_id is None):
        given[i] = digest_of(rows["caller"][i], rows["asset"][i], int(rows["ts"][i]))[:16]
    return rows


def _aliases(given: object, data: CallsData) -> dict[str, str]:
    """Spelling -> caller from a mapping, a YAML/JSON file, a Parquet/CSV file or a table beside the calls."""
    if given is None:
        return {}
    if not isinstance(given, str):
        return alias_table(given, "calls.aliases")
    where = f"calls.aliases={given}"
    if is_list_file(given):
        return alias_table(read_list(given, "calls.aliases"), where)
    if any(given.lower().endswith(suffix) for suffix in READERS):
        files = data_files("aliases", given)
        connection, source = confined(files), reader_of(files)
    elif data.kind == "duckdb" and data.duckdb is not None:
        connection, market = open_market(data.duckdb, data.allow_paths)
        found = market.find(given)
        if found is None:
            connection.close()
            raise ConfigError(f"{where}: {near_miss(given, market.shown, what='table')}")
        source = market.source(found)
    else:
        raise ConfigError(f"{where} is neither a YAML, JSON, Parquet or CSV file nor a table")
    query = f"SELECT alias::VARCHAR, caller::VARCHAR FROM {source} ORDER BY ALL"
    try:
        rows = guarded(where, lambda: connection.execute(query).fetchall())
    finally:
        connection.close()
    pairs: dict[str, str] = {}
    for alias, caller in rows:
        if pairs.setdefault(alias, caller) != caller:
            raise ConfigError(f"{where}: {alias!r} has two callers, {pairs[alias]!r} and {caller!r}")
    return alias_table(pairs, where)


def _check_chain(wanted: str | None, chain: np.ndarray, where: str) -> None:
    """ConfigError with the near miss and the calls on each chain where no call is on the one asked for."""
    if wanted is None:
        return
    there = Counter(str(name) for name in chain.tolist() if name is not None)
    if wanted.casefold() not in {name.casefold() for name in there}:
        unnamed = len(chain) - sum(there.values())
        more = f"; {amount(unnamed, 'call names none', 'calls name none')}" if unnamed else ""
        raise ConfigError(f"calls.chain: {near_miss(wanted, there, what='chain', counts=there)} ({where}{more})")


def _sentence(counts: dict[str, int]) -> str:
    left_out = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n and name != "read")
    return f"{amount(counts['read'], 'call')} read, of these left out: {left_out or 'none'}"


def _check_ids(where: str, call_id: np.ndarray, rows: np.ndarray) -> None:
    ids = call_id[rows].tolist()
    if len(set(ids)) != len(ids):
        seen: set[str] = set()
        twice = next(i for i in ids if i in seen or seen.add(i))  # type: ignore[func-returns-value]
        raise DataError(
            f"{where}: call_id {twice!r} belongs to several calls; make it unique, or leave "
            "the column unread with data.columns.calls.call_id=null"
        )


def _columns(
    rows: dict[str, np.ndarray], kept: Kept, groups: dict[str, tuple[str, ...]], absent: tuple[str, ...],
    near: tuple[tuple[str, str], ...], source: str, counts: dict[str, int],
) -> Calls:  # fmt: skip
    at = kept.rows
    (callers, caller), (assets, asset) = (numbered(rows[name][at]) for name in ("caller", "asset"))
    here = set(callers)
    ts = rows["ts"][at]
    return Calls(
        call_id=tuple(rows["call_id"][at].tolist()),
        caller=caller.astype(np.int32),
        asset=asset.astype(np.int32),
        ts=ts,
        price_at_call=rows["price_at_call"][at],
        mcap=rows["mcap"][at],
        chain=tuple(rows["chain"][at].tolist()),
        callers=callers,
        assets=assets,
        groups={name: tuple(c for c in who if c in here) for name, who in groups.items()},
        source=f"{source}, {iso(ts[0])} to {iso(ts[-1])}",
        counts={**counts, "kept": len(at)},
        near_names=near,
        absent=absent,
        edited=None if (rows["edited"][at] < 0).all() else rows["edited"][at],
    )
