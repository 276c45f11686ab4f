from __future__ import annotations

import pytest

from quantray.files.alike import looks_like


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
