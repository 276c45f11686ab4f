"""The rows of one source into one table: good ones in one look, what is wrong with the others in a second one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quantray.errors import DataError, near_miss
from quantray.files.conventions import FIRST, LAST
from quantray.files.duckdb_file import quoted
from quantray.files.formats import Read
from quantray.intake.columns import BATCH, type_of
from quantray.intake.known import Reading
from quantray.intake.overlaps import settle
from quantray.intake.target import Target
from quantray.intake.wanted import Wanted
from quantray.plain import amount, one_line

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEEDED = {
    "underlying": ("ts", "open", "high", "low", "close"), "options": ("ts", "symbol"), "chain": ("symbol",),
    "candles": ("asset", "ts", "open", "high", "low", "close"), "calls": ("call_id", "caller", "asset", "ts"),
}  # fmt: skip
#: Without one of these a row is none: it is set aside. Any other cell may be empty.
KEYS = ("ts", "symbol", "asset", "caller", "call_id")
TIMES = ("ts", "expiry", "session_date")
FIRST_ROWS = 100_000  # in which names are looked for where no row is wanted
NOT_STORED = ("expires",)
REJECTS = ("reject_errors", "reject_scans")


@dataclass(slots=True)
class Taken:
    """What became of a source's rows. ``aside``: reason -> rows; ``shown``: (reason, line, what stands there)."""

    table: str
    rows: int = 0
    equal: int = 0
    contradicting: int = 0
    aside: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0
    shown: list[tuple[str, int, str]] = field(default_factory=list)
    missed: tuple[str, ...] = ()  # where no row is wanted: of each filter a name that no row has, and the near miss
    broken: list[int] = field(default_factory=list)  # lines that are no rows, which every later look passes over


@dataclass(frozen=True, slots=True)
class Limits:
    """How many examples a reason has, and which share of a source's rows may be unreadable or contradict others."""

    examples: int = 3
    set_aside: float = 0.05


def take(
    target: Target, reading: Reading, read: Read, batch: int, wanted: Wanted, name: str, limits: Limits,
    *, rejecting: bool = False,
) -> Taken:  # fmt: skip
    """Take the wanted rows under a new number. DataError where too many of them cannot be used.

    ``rejecting``: lines that are no rows of the file are counted instead of stopping the reading.
    """
    table, taken = reading.table, Taken(reading.table)
    _require(read, table, name)
    columns = [c for c in read.cells if c not in NOT_STORED]
    target.widen(table, columns, name)
    into = ", ".join(quoted(c) for c in (*columns, BATCH))
    rule = " AND ".join([*([f"({read.only})"] if read.only else []), wanted.rule(table, read.cells)])
    kinds = {c: type_of(c) for c in columns}
    lenient = {c: replace(cell, bad=None) for c, cell in read.cells.items()}
    select = replace(read, cells=lenient, only=rule).select(columns, kinds, _code(read, batch))
    target.connection.execute(f"INSERT INTO {table} ({into}) {_rejecting(select) if rejecting else select}")
    if rejecting:
        _count_broken(target.connection, taken, limits)
        read = replace(read, part=replace(read.part, source=_passing_over(read.part.source)))
    _set_aside(target, read, taken, rule, limits)
    taken.rows = _number(target.connection, f"SELECT count(*) FROM {table} WHERE {BATCH} = {batch}")
    _check_share(name, taken.unreadable, taken.rows, limits, f"cannot be read: {_first(taken)}")
    if not taken.rows:
        taken.missed = tuple(_missed(target.connection, read, wanted, table))
    if taken.rows:
        overlap = settle(target, table, batch)
        taken.equal, taken.contradicting = overlap.equal, overlap.contradicting
        if overlap.longer:
            raise DataError(f"{name}: {overlap.longer}")
        why = "contradict others of the same name and time: is it another vendor's file, or adjusted otherwise?"
        _check_share(name, taken.contradicting, taken.rows - taken.contradicting, limits, why)
    return taken


def _missed(connection: DuckDBPyConnection, read: Read, wanted: Wanted, table: str) -> Iterator[str]:
    """Names that are wanted and that no row has, with what is there.

    Where nothing else is wanted, that no row was taken says that the name is nowhere, and a few rows show what is.
    """
    named = wanted.named(table, read.cells)
    few = f" LIMIT {FIRST_ROWS}" if len(named) == 1 and not (wanted.from_ or wanted.to) else ""
    for flag, value, names in named:
        first = f"SELECT {value} AS name FROM {read.source}{few}"
        there = {str(row[0]) for row in connection.execute(f"SELECT DISTINCT name FROM ({first})").fetchall() if row[0]}
        yield from (f"{flag}: {near_miss(name, there, what='name')}" for name in names if there and name not in there)


def _require(read: Read, table: str, name: str) -> None:
    missing = [column for column in NEEDED[table] if column not in read.cells]
    if table == "options" and not {"bid", "ask"} <= set(read.cells) and not {"vwap", "close", "last"} & set(read.cells):
        missing.append("bid and ask, or a price of trades")
    if table == "chain" and not {"expiry", "strike", "right"} <= set(read.cells):
        missing.append("expiry, strike and right")
    if missing:
        has = ", ".join(one_line(c) for c in list(read.part.columns)[:12])
        raise DataError(
            f"{name}: {table} needs {', '.join(missing)}, and the file has {has}; say what is what with "
            f"--column {table}.{missing[0].split()[0]}=NAME, or give --format"
        )


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a row cannot be used: the condition, the SQL of what stands there (empty: nothing), and what to do."""

    reason: str
    condition: str
    raw: str = ""
    remedy: object = None


def _bad(read: Read) -> list[_Fault]:
    """What can be wrong with a row, in the order in which it is looked for."""
    found = [
        _Fault(f"column {read.names[c]!r} cannot be read", cell.bad, read.raws[c], cell.remedy)
        for c, cell in read.cells.items()
        if cell.bad
    ]
    for c, name in ((c, read.names[c]) for c in TIMES if c in read.cells):
        time = f"({read.cells[c].value})::{type_of(c)}"  # DuckDB compares no two precisions with a zone
        outside = f"{time} IS NOT NULL AND NOT ({time} >= {type_of(c)} '{FIRST}' AND {time} < {type_of(c)} '{LAST}')"
        reason = f"column {name!r} lies outside of the years of markets, {FIRST[:4]} to {int(LAST[:4]) - 1}"
        found.append(_Fault(reason, f"({outside})", read.raws[c]))
    found += [_Fault(f"no {c}", f"(({read.cells[c].value}) IS NULL)") for c in KEYS if c in read.cells]
    return found


def _code(read: Read, batch: int) -> str:
    """SQL of the batch of a row that is taken, 0 for one that cannot be used, -k for what the format sets aside."""
    aside = [f"WHEN {rule} THEN -{k}" for k, rule in enumerate(read.aside.values(), 1)]
    bad = " OR ".join(fault.condition for fault in _bad(read))
    cases = [*aside, *([f"WHEN {bad} THEN 0"] if bad else [])]
    return f"CASE {' '.join(cases)} ELSE {batch} END" if cases else str(batch)


def _set_aside(target: Target, read: Read, taken: Taken, rule: str, limits: Limits) -> None:
    """Count what is not taken and remove it; only then, and only if there is any, look again for lines and reasons."""
    connection, table = target.connection, taken.table
    codes = dict(connection.execute(f"SELECT {BATCH}, count(*) FROM {table} WHERE {BATCH} <= 0 GROUP BY 1").fetchall())
    if not codes:
        return
    connection.execute(f"DELETE FROM {table} WHERE {BATCH} <= 0")
    for k, (reason, condition) in enumerate(read.aside.items(), 1):
        if n := codes.get(-k, 0):
            taken.aside[reason] = n
            _show(connection, read, taken, reason, f"{rule} AND {condition}", "", limits)
    taken.unreadable += codes.get(0, 0)
    if codes.get(0, 0):
        _explain(connection, read, taken, rule, limits)


def _explain(connection: DuckDBPyConnection, read: Read, taken: Taken, rule: str, limits: Limits) -> None:
    before = " AND ".join(f"NOT coalesce({condition}, false)" for condition in read.aside.values()) or "true"
    faults = _bad(read)
    cases = " ".join(f"WHEN {fault.condition} THEN {k}" for k, fault in enumerate(faults, 1))
    found = dict(
        connection.execute(
            f"SELECT CASE {cases} END AS why, count(*) FROM {read.source} WHERE {rule} AND {before} GROUP BY 1"
        ).fetchall()
    )
    for k, fault in enumerate(faults, 1):
        if found.get(k):
            taken.aside[fault.reason] = found[k]
            here = f"{rule} AND {before} AND CASE {cases} END = {k}"
            _show(connection, read, taken, fault.reason, here, fault.raw, limits, fault.remedy)


def _show(
    connection: DuckDBPyConnection, read: Read, taken: Taken, reason: str, condition: str, raw: str, limits: Limits,
    remedy: object = None,
) -> None:  # fmt: skip
    """A few lines of a reason, with what stands there."""
    if not limits.examples:
        return
    value = f"({raw})::VARCHAR" if raw else "''"
    rows = connection.execute(
        f"SELECT line, {value} FROM {read.numbered} WHERE {condition} ORDER BY line LIMIT {limits.examples}"
    ).fetchall()
    header = 1 if _has_header(read) else 0
    for line, shown in rows:
        what = f"{_cut(shown)!r}{f' {remedy(shown)}' if callable(remedy) else ''}" if raw else ""
        taken.shown.append((reason, _line(int(line) + header, taken.broken), what))


def _line(line: int, broken: list[int]) -> int:
    """The line of the file, where ``line`` counts without the broken ones."""
    for other in broken:
        if other > line:
            break
        line += 1
    return line


def _has_header(read: Read) -> bool:
    return read.part.delimited and "header = true" in read.part.source


def _rejecting(source: str) -> str:
    """The same reader of text, which keeps a list of lines that are no rows instead of stopping at the first."""
    return source.replace("hive_partitioning = false", "store_rejects = true, hive_partitioning = false", 1)


def _passing_over(source: str) -> str:
    """The same reader, which says nothing of such lines."""
    return source.replace("hive_partitioning = false", "ignore_errors = true, hive_partitioning = false", 1)


def _count_broken(connection: DuckDBPyConnection, taken: Taken, limits: Limits) -> None:
    """Lines that DuckDB could not split into the columns of the file."""
    rows = connection.execute(
        "SELECT error_type::VARCHAR, list(DISTINCT line ORDER BY line) FROM reject_errors GROUP BY 1 ORDER BY 1"
    ).fetchall()
    for name in REJECTS:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
    for kind, lines in rows:
        n = len(lines)
        reason = f"broken line ({str(kind).replace('_', ' ').lower()})"
        taken.aside[reason] = n
        taken.unreadable += n
        taken.shown += [(reason, int(line), "") for line in lines[: limits.examples]]
        taken.broken += map(int, lines)
    taken.broken.sort()


def _check_share(name: str, bad: int, good: int, limits: Limits, why: str) -> None:
    share = bad / max(bad + good, 1)
    if bad and share > limits.set_aside:
        raise DataError(
            f"{name}: {amount(bad, 'row')} of {bad + good:,} {why}; nothing of it is taken: give the setting that is "
            f"missing, repair the file, or raise the limit with --max-set-aside {min(1, -(-share // 0.01) * 0.01):.2g}"
        )


def _first(taken: Taken) -> str:
    if not taken.shown:
        return ", ".join(taken.aside) or "see the file"
    reason, line, what = taken.shown[0]
    return f"line {line:,}: {reason}{f': {what}' if what else ''}"


def _cut(value: object) -> str:
    shown = one_line("" if value is None else str(value))
    return shown if len(shown) <= 60 else f"{shown[:60]}…"


def _number(connection: DuckDBPyConnection, query: str) -> int:
    (n,) = connection.execute(query).fetchone() or (0,)
    return int(n)
