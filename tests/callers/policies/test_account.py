"""Accounts and costs that cannot be."""

from __future__ import annotations

import pytest

from quantray.callers.policies.account import Account, Costs
from quantray.errors import ConfigError


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Account(sizing="risky"), "did you mean 'risk'"),
        (lambda: Account(initial=0), "capital.initial must be above 0, got 0"),
        (lambda: Account(max_allocation_pct=1.5), "got 1.5"),
        (lambda: Account(max_positions=0), "capital.max_positions"),
        (lambda: Account(basis="cash"), "capital.basis"),
        (lambda: Costs(taker_bps=-1), "fees.taker_bps"),
        (lambda: Costs(taker_bps=9000, slippage_bps=1000), "one side costs 1"),
        (lambda: Costs(basis="both"), "fees.basis"),
    ],
)
def test_wrong_accounts_and_costs(make, said):
    with pytest.raises(ConfigError) as error:
        make()
    assert said in str(error.value)
