"""Amounts and shares that never read as something else than they are."""

from __future__ import annotations

import pytest

from quantray.stats.wording import SESSION, Unit, capital, money, percent


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1e-9, "under 0.1 %"), (0.001, "0.1 %"), (0.016, "1.6 %"), (0.02, "2 %"), (0.2, "20 %"),
     (0.4321, "43 %"), (0.99, "99 %"), (0.9969, "99.7 %"), (0.99999, "over 99.9 %"), (1.0, "100 %")],
)  # fmt: skip
def test_percent(share: float, text: str):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0.0, "0.00"), (1234.5, "1,234.50"), (-2.0, "−2.00"), (0.0004, "0.0004"), (-3e-7, "−3e−07")]
)
def test_money(amount: float, text: str):
    assert money(amount) == text


def test_units():
    assert SESSION.count(1) == "1 session"
    assert SESSION.count(1_200, "unseen") == "1,200 unseen sessions"
    assert Unit("policy", "policies").count(2) == "2 policies"
    assert capital("one bar later") == "One bar later"
