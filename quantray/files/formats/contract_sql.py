"""The family of OCC symbols in SQL: a contract's parts from its symbol, and its symbol from its parts."""

from __future__ import annotations

from quantray.files.duckdb_file import text
from quantray.files.formats.symbols import INDEX_OF, OCC, POINT, ROOT
from quantray.files.typed import Cell


def taken_apart(x: str) -> dict[str, Cell]:
    """Cells of a contract from the SQL of its symbol, a text: symbol, underlying, expiry, strike, right."""
    word = f"trim({x})"
    # the last 15 letters are all that is needed of most; a strike in dollars after a point goes its own way
    occ = f"regexp_full_match({word}, {text(OCC)})"
    point = f"regexp_full_match({word}, {text(POINT)})"
    core = f"right({word}, 15)"
    day = f"TRY_STRPTIME(left({core}, 6), '%y%m%d')::DATE"
    strike = f"TRY_CAST(right({core}, 8) AS INTEGER) / 1000.0"
    root = f"rtrim(regexp_replace(left({word}, length({word}) - 15), '^([A-Za-z]+:|[.])', ''))"
    apart = [f"regexp_extract({word}, {text(POINT)}, {k})" for k in range(6)]
    day_p = f"TRY_STRPTIME({apart[3]}, '%y%m%d')::DATE"
    strike_p = f"TRY_CAST({apart[5]} AS DOUBLE)"
    values = {
        "symbol": (f"{root} || {core}", built(f"{apart[1]} || {apart[2]}", day_p, apart[4], strike_p)),
        "underlying": (underlying(root), underlying(apart[1])),
        "expiry": (day, day_p), "strike": (strike, strike_p), "right": (f"left(right({core}, 9), 1)", apart[4]),
    }  # fmt: skip
    good = f"(({occ} AND {day} IS NOT NULL AND {strike} > 0) OR ({point} AND {day_p} IS NOT NULL AND {strike_p} > 0))"
    bad = f"({x} IS NOT NULL AND NOT coalesce({good}, false))"
    return {
        name: Cell(f"CASE WHEN {occ} THEN {a} ELSE {b} END", bad if name == "symbol" else None, remedy=no_symbol)
        for name, (a, b) in values.items()
    }


def built(root: str, day: str, right: str, strike: str) -> str:
    """SQL of our symbol."""
    thousands = f"lpad(round({strike} * 1000)::BIGINT::VARCHAR, 8, '0')"
    return f"({root} || strftime({day}, '%y%m%d') || {right} || {thousands})"


def unbuildable(root: str, strike: str) -> str:
    """Condition: the family has no symbol for these, although the parts are there."""
    thousands = f"({strike} * 1000)"
    return (
        f"({root} IS NOT NULL AND {strike} IS NOT NULL AND NOT (regexp_full_match({root}, '{ROOT}[0-9]?') AND "
        f"{strike} > 0 AND {thousands} < 1e8 AND abs({thousands} - round({thousands})) < 1e-6))"
    )


def underlying(root: str) -> str:
    """SQL of what a root's contracts are written on, without clearing's digit."""
    plain = f"rtrim({root}, '0123456789')"
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
