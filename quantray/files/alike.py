"""What others call our columns: for the sentence that says which column of a file is likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAMES: dict[str, tuple[str, ...]] = {
    "ts": ("datetime", "timestamp", "date_time", "time", "date", "quote_datetime", "quote_time", "ts_event", "ts_recv",
           "ts_utc", "utc", "open_time", "opentime", "window_start", "bar_time", "unixtime", "unix_time", "unix",
           "epoch", "t"),
    "symbol": ("ticker", "option_symbol", "optionsymbol", "contract", "contract_symbol", "contractsymbol", "raw_symbol",
               "option", "occ", "osi", "sym"),
    "underlying": ("underlying_symbol", "underlyingsymbol", "root", "und"),
    "open": ("o", "open_price", "openprice", "first"),
    "high": ("h", "high_price", "highprice", "max"),
    "low": ("l", "low_price", "lowprice", "min"),
    "close": ("c", "close_price", "closeprice"),
    "volume": ("v", "vol", "trade_volume", "total_volume", "traded_volume", "volume_traded", "tick_volume", "qty",
               "quantity"),
    "bid": ("bid_price", "bidprice", "bid_px", "best_bid", "bestbid", "bid_close"),
    "ask": ("ask_price", "askprice", "ask_px", "best_ask", "bestask", "ask_close", "offer"),
    "last": ("last_price", "lastprice", "price", "trade_price"),
    "expiry": ("expiration", "expiration_date", "expirationdate", "expire_date", "expiry_date", "exp", "maturity"),
    "strike": ("strike_price", "strikeprice", "k"),
    "multiplier": ("contract_multiplier", "contract_size", "shares_per_contract", "mult", "multiplicator", "lot_size"),
    "right": ("option_type", "optiontype", "call_put", "callput", "put_call", "putcall", "cp", "cp_flag", "type"),
}  # fmt: skip


def looks_like(ours: str, present: Iterable[str]) -> str | None:
    """The column that is likely our ``ours`` under another name: the first of its usual names that the file has.

    >>> looks_like("ts", ["Datetime", "Open"]), looks_like("ask", ["Ask Price"]), looks_like("ts", ["bid"])
    ('Datetime', 'Ask Price', None)
    """
    plain = {_plain(name): name for name in present}
    return next((plain[other] for other in (_plain(ours), *NAMES.get(ours, ())) if other in plain), None)


#: Names of a day and of a clock that stand beside each other.
_DAYS, _CLOCKS = ("date", "day", "trade_date", "quote_date"), ("time", "clock", "bar_time", "quote_time", "time_of_day")


def in_parts(ours: str, present: Iterable[str]) -> str | None:
    """What of ours the file tells in several columns, which only a format puts together: the sentence that says how.

    That is a ``ts`` of a date and a clock, and the ``symbol`` of a contract; None where the file has no such columns.
    """
    plain = {_plain(name): name for name in present}
    if ours == "ts":
        found = [next((plain[n] for n in names if n in plain), None) for names in (_DAYS, _CLOCKS)]
        if None in found or any(n in plain for n in ("ts", *NAMES["ts"]) if n not in {*_DAYS, *_CLOCKS}):
            return None
        parts = ", ".join(map(str, found))
        how = f"time: {{from: [{parts}], form: ...}}"
        return f"columns {parts} look like ts in two parts{_FORMAT}{how}"
    if ours == "symbol" and looks_like("symbol", plain) is None:
        known = {key: looks_like(key, plain.values()) for key in ("underlying", "expiry", "strike", "right")}
        if None in (known["expiry"], known["strike"], known["right"]):
            return None
        names = {"root" if key == "underlying" else key: name for key, name in known.items() if name is not None}
        how = ", ".join(f"{key}: {name}" for key, name in names.items())
        return f"columns {', '.join(names.values())} look like a contract in parts{_FORMAT}contract: {{{how}}}"
    return None


_FORMAT = ": describe the file in conf/format/NAME.yaml (docs/formats.md, 'A format of your own') with "


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
