"""Symbols of option contracts: the OCC's and its relatives, taken apart and built; which roots settle at the open.

Written padded (``SPXW  240816C05450000``) or not, after a vendor's prefix (``O:``), or after a point with the strike in
dollars (``.SPXW240816C5450``). Ours are not padded and have no prefix: root, date, right, strike times 1,000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

#: Roots whose contracts of the monthly date settle at that morning's open, and the root of their PM-settled twins.
AM_MONTHLY = {"SPX": "SPXW", "NDX": "NDXP", "RUT": "RUTW", "DJX": "", "RUI": "", "MXEA": "", "MXEF": ""}
#: Roots that always do.
AM_ALWAYS = frozenset({"VIX", "VIXW"})
#: Root -> the index that its contracts are of, where that is called otherwise.
INDEX_OF = {**{twin: root for root, twin in AM_MONTHLY.items() if twin}, "VIXW": "VIX"}

PREFIX = r"(?:[A-Za-z]+:|[.])?"
ROOT = r"[A-Z]{1,6}"
#: Prefix, root, adjustment digit, date, right, strike x 1,000 in eight digits.
OCC = rf"{PREFIX}{ROOT}\d? *\d{{6}}[CP]\d{{8}}"
#: After a point, the strike in dollars.
POINT = rf"[.]({ROOT})(\d?)(\d{{6}})([CP])(\d{{1,5}}(?:[.]\d{{1,3}})?)"

_OCC = re.compile(rf"{PREFIX}({ROOT})(\d?) *(\d{{6}})([CP])(\d{{8}})", re.ASCII)
_POINT = re.compile(POINT, re.ASCII)
_LOOSE = re.compile(r"(?:[A-Za-z]+:|\.)?([A-Z]+)(\d?)[ _-]*\d{6}[CP]")
_WORD = re.compile(r"(?:[A-Za-z]+:|\.)?([A-Z]+)")


@dataclass(frozen=True, slots=True)
class OptionSymbol:
    """The parts of a contract's symbol. ``digit`` is clearing's, where a split or a merger changed the contract."""

    root: str
    digit: str
    expiry: date
    right: str  # C or P
    strike: Decimal

    @property
    def underlying(self) -> str:
        return underlying_of(self.root)

    def __str__(self) -> str:
        return f"{self.root}{self.digit}{self.expiry:%y%m%d}{self.right}{int(self.strike * 1000):08d}"


def parse(symbol: str) -> OptionSymbol | None:
    """The parts of a symbol of the family; None for any other text.

    >>> parse("O:SPY240816C00545000").strike, str(parse(".SPXW240816C5450.5")), parse("SPY") is None
    (Decimal('545'), 'SPXW240816C05450500', True)
    """
    text = symbol.strip()
    found, per = _OCC.fullmatch(text), 1000
    if found is None:
        found, per = _POINT.fullmatch(text), 1
    if found is None:
        return None
    root, digit, day, right, strike = found.groups()
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
        price = Decimal(strike) / per
    except (ValueError, InvalidOperation):
        return None
    return OptionSymbol(root, digit, expiry, right, price) if price > 0 else None


def build(root: str, expiry: date, right: str, strike: Decimal | float | str) -> str:
    """Our symbol of a contract. ValueError where the family has none: a strike in parts of a tenth of a cent."""
    thousands = Decimal(str(strike)) * 1000
    if not re.fullmatch(rf"{ROOT}\d?", root) or right not in ("C", "P") or not 2000 <= expiry.year <= 2099:
        raise ValueError(f"no symbol for root {root!r}, right {right!r} and expiry {expiry}")
    if thousands != thousands.to_integral_value() or not 0 < thousands < 10**8:
        raise ValueError(f"no symbol for strike {strike}")
    return f"{root}{expiry:%y%m%d}{right}{int(thousands):08d}"


def underlying_of(root: str) -> str:
    """What contracts of this root are written on: ``SPXW`` is on ``SPX``; every other root names its underlying."""
    return INDEX_OF.get(root, root)


def told_underlying(symbol: str) -> str | None:
    """What a contract is written on, where its symbol is of the family; None where it does not tell.

    >>> told_underlying("SPXW241129P05975000"), told_underlying("AAPL7 241129C00100000"), told_underlying("C100")
    ('SPX', 'AAPL', None)
    """
    found = _LOOSE.match(symbol)
    return underlying_of(found[1]) if found else None


def root_of(symbol: str) -> tuple[str, str]:
    """Root and adjustment digit of an option's symbol: ``GOOG7  151224C00700000`` is GOOG and 7; empty where unknown.

    Clearing adds a digit to the root when a split or a merger changed what a contract delivers.
    """
    found = _LOOSE.match(symbol)
    if found:
        return found[1], found[2]
    word = _WORD.match(symbol)
    return (word[1] if word else ""), ""
