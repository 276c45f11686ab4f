"""The family of OCC symbols in SQL: a contract's parts from its symbol, and its symbol from its parts."""

from __future__ import annotations

from collections.abc import Callable

from quantray.files.duckdb_file import text
from quantray.files.formats.symbols import INDEX_OF, OCC, POINT, ROOT
from quantray.files.typed import Cell


def taken_apart(x: str, let: Callable[[str], str]) -> dict[str, Cell]:
    """Cells of a contract from the SQL of its symbol, a text: symbol, underlying, expiry, strike, right."""
    # whatever is not needed for most symbols is left to the others: DuckDB's trim and the like cost more than reading
    word = let(f"CASE WHEN starts_with({x}, ' ') OR suffix({x}, ' ') THEN trim({x}) ELSE {x} END")
    occ = let(f"regexp_full_match({word}, {text(OCC)})")
    bare = let(f"CASE WHEN contains({word}, ':') THEN split_part({word}, ':', 2) ELSE ltrim({word}, '.') END")
    symbol = let(f"CASE WHEN contains({bare}, ' ') THEN replace({bare}, ' ', '') ELSE {bare} END")
    day = let(f"CASE WHEN {occ} THEN TRY_STRPTIME(left(right({symbol}, 15), 6), '%y%m%d')::DATE END")
    strike = let(f"CASE WHEN {occ} THEN TRY_CAST(right({symbol}, 8) AS INTEGER) / 1000.0 END")
    root = let(f"left({symbol}, -15)")
    point = f"regexp_full_match({word}, {text(POINT)})"
    apart = [f"regexp_extract({word}, {text(POINT)}, {k})" for k in range(6)]
    day_p = f"TRY_STRPTIME({apart[3]}, '%y%m%d')::DATE"
    strike_p = f"TRY_CAST({apart[5]} AS DOUBLE)"
    values = {
        "symbol": (symbol, built(f"{apart[1]} || {apart[2]}", day_p, apart[4], strike_p)),
        "underlying": (underlying(root, let), underlying(apart[1])),
        "expiry": (day, day_p), "strike": (strike, strike_p), "right": (f"left(right({symbol}, 9), 1)", apart[4]),
    }  # fmt: skip
    good = f"({day} IS NOT NULL AND {strike} > 0)"
    other = f"coalesce({point} AND {day_p} IS NOT NULL AND {strike_p} > 0, false)"
    bad = f"({x} IS NOT NULL AND CASE WHEN {occ} THEN NOT {good} ELSE NOT {other} END)"
    return {
        name: Cell(f"CASE WHEN {occ} THEN {a} ELSE {b} END", bad if name == "symbol" else None, remedy=no_symbol)
        for name, (a, b) in values.items()
    }


def built(root: str, day: str, right: str, strike: str) -> str:
    """SQL of our symbol."""
    thousands = f"lpad(round({strike} * 1000)::BIGINT::VARCHAR, 8, '0')"
    # of a null concat would make an empty text
    whole = f"concat({root}, strftime({day}, '%y%m%d'), {right}, {thousands})"
    return f"CASE WHEN {day} IS NOT NULL AND {strike} IS NOT NULL THEN {whole} END"  # concat passes over a null


def unbuildable(root: str, strike: str) -> str:
    """Condition: the family has no symbol for these, although the parts are there."""
    thousands = f"({strike} * 1000)"
    return (
        f"({root} IS NOT NULL AND {strike} IS NOT NULL AND NOT ({strike} > 0 AND {thousands} < 1e8 AND "
        f"abs({thousands} - round({thousands})) < 1e-6 AND regexp_full_match({root}, '{ROOT}[0-9]?')))"
    )


def underlying(root: str, let: Callable[[str], str] = str) -> str:
    """SQL of what a root's contracts are written on, without clearing's digit."""
    plain = let(f"CASE WHEN right({root}, 1) <= '9' THEN rtrim({root}, '0123456789') ELSE {root} END")
    cases = " ".join(f"WHEN {text(name)} THEN {text(index)}" for name, index in INDEX_OF.items())
    return f"CASE {plain} {cases} ELSE {plain} END"


def no_symbol(value: str) -> str:
    """What to do about a symbol that is none."""
    return (
        "is no symbol of an option; it is written root, date, right and strike x 1,000, as in SPXW240816C05450000 "
        "(also padded, or after O:)"
    )


def no_contract(value: str) -> str:
    """What to do about parts that make no symbol."""
    return "makes no symbol of the OCC: a root has 1 to 6 capital letters, a strike at most three decimals"
