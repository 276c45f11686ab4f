from __future__ import annotations

import pytest

from quantray.files.alike import in_parts, looks_like


@pytest.mark.parametrize(
    ("ours", "present", "likely"),
    [
        ("ts", ["Datetime", "Open"], "Datetime"), ("ts", ["Date", "Time", "o"], "Time"), ("ts", ["[TS]"], "[TS]"),
        ("symbol", ["option symbol"], "option symbol"), ("bid", ["bid", "Bid Price"], "bid"),
        ("expiry", ["EXPIRE_DATE"], "EXPIRE_DATE"), ("ts", ["bid", "ask"], None), ("nothing", ["n"], None),
        ("ask", [], None),
    ],
)  # fmt: skip
def test_a_usual_name_of_others_is_found(ours: str, present: list[str], likely: str | None):
    assert looks_like(ours, present) == likely


@pytest.mark.parametrize(
    ("ours", "present", "says"),
    [
        ("ts", ["Date", "Time", "Open"], "time: {from: [Date, Time], form: ...}"), ("ts", ["Date", "Open"], None),
        ("ts", ["date", "time", "timestamp"], None),
        ("symbol", ["root", "expiration", "strike", "option_type"],
         "contract: {root: root, expiry: expiration, strike: strike, right: option_type}"),
        ("symbol", ["Exp Date", "K", "CP"], None), ("symbol", ["exp", "K", "CP"], "contract: {expiry: exp, strike: K"),
        ("symbol", ["ticker", "exp", "K", "CP"], None), ("bid", ["Date", "Time"], None),
    ],
)  # fmt: skip
def test_what_stands_in_several_columns_is_told_as_a_format(ours: str, present: list[str], says: str | None):
    said = in_parts(ours, present)
    assert (said is None) if says is None else says in str(said)
