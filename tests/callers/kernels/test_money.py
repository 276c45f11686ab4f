"""Money of one account: what an entry costs, what fills bring, and that no size costs more than there is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.callers.codes import Sizing
from quantray.callers.kernels import money

share = st.floats(1e-6, 1.0)


def account(sizing: Sizing, **changes: float) -> SimpleNamespace:
    return SimpleNamespace(
        **{"sizing": sizing, "amount": 100.0, "fraction": 0.5, "risk": 10.0, "cost": 0.01, **changes}
    )


def size_of(told: SimpleNamespace, basis: float, cash: float, distance: float) -> float:
    """As it is written, uncompiled: the account's columns are compiled with the whole score."""
    return money.size_of.py_func(told, basis, cash, distance)


@pytest.mark.parametrize(("on_entry", "gained"), [(True, 59.0), (False, 58.8)])
def test_a_fill_brings_its_part_less_its_side(on_entry: bool, gained: float) -> None:
    assert money.outlay(100.0, 0.02) == 102.0
    assert money.proceeds(100.0, 0.5, 1.2, 0.02, on_entry) == pytest.approx(gained)


def test_sizes_by_hand() -> None:
    assert size_of(account(Sizing.FIXED), 1e6, 1e6, 0.1) == 100.0
    assert size_of(account(Sizing.FRACTION), 1000.0, 1e6, 0.1) == 500.0
    risk = account(Sizing.RISK, risk=12.0, fraction=1.0)
    assert size_of(risk, 1e6, 1e6, 0.1) == pytest.approx(100.0)  # loses 10 at its stop and 1 on each side
    assert size_of(risk, 40.0, 1e6, 0.1) == 40.0
    assert size_of(risk, 1e6, 50.5, 0.1) == pytest.approx(50.0)


@given(cash=st.floats(1e-3, 1e9), cost=st.floats(0.0, 0.5), fraction=share, risk=share, distance=share)
def test_no_size_at_risk_costs_more_than_the_cash(
    cash: float, cost: float, fraction: float, risk: float, distance: float
) -> None:
    told = account(Sizing.RISK, cost=cost, fraction=fraction, risk=risk * cash)
    size = size_of(told, cash, cash, distance)
    assert 0.0 < money.outlay(size, cost) <= cash
    assert size * (distance + 2 * cost) <= told.risk * (1 + 1e-12)
    assert size <= fraction * cash
