"""Real minute candles and the calls that rules made on them: kernels and the slow walk agree to the last bit."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from quantray.callers.policies import grid, read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Pool
from quantray.callers.policies.tables import INTRABAR, Windows
from tests.builders.candles import columns
from tests.builders.pools import Case
from tests.builders.sweep_plans import SHARED
from tests.callers.kernels import test_account, test_combine

CANDLES, CALLS = SHARED / "crypto_candles_1m.parquet", SHARED / "rule_calls.parquet"
WARM = 130  # candles before the entry: more than any indicator below asks for
FIELDS = ("ts", "open", "high", "low", "close", "volume")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CANDLES.is_file() and CALLS.is_file()), reason="../shared/data is not here"),
]

#: Each kind alone and mixed, with levels that minutes of these markets reach.
SPECS = [
    {"sl": 0.99},
    {"tp": 1.01},
    {"sl": 0.995, "tp": 1.005, "hold": "2h"},
    {"hold": "45m"},
    {"trailing": {"activation": 0, "trail": 0.005}},
    {"trailing": {"activation": 0.004, "trail": 0.002}, "sl": 0.99, "hold": "3h"},
    {"ladder": [[1.003, 0.5], [1.006, 0.3], [1.012, 0.2]], "sl": 0.993},
    {"ladder": [[1.002, 0.33], [1.008, 0.33]], "trailing": {"activation": 0, "trail": 0.006}, "hold": "4h"},
    {"break_even": 1.003, "sl": 0.995, "tp": 1.01},
    {"phased": [{"after": 1.003, "stop": 0.999}, {"after": 1.006, "stop": 1.003}], "sl": 0.993},
    {"ema_cross": {}, "sl": 0.99},
    {"rsi_cross": {}, "tp": 1.01},
    {"atr_stop": [{}, {"period": 14, "multiple": 2, "anchor": "entry"}]},
    {"volume_z": {}, "hold": "3h"},
    {"entry": {"dip": 0.002, "wait": "30m"}, "sl": 0.995, "tp": 1.004},
    {"entry": {"dip": 0.001, "wait": "5m"}, "trailing": {"activation": 0.002, "trail": 0.002}, "ladder": [[1.004, 0.5]],
     "break_even": 1.003, "ema_cross": {"fast": 5, "slow": 20}, "sl": 0.98, "tp": 1.03, "hold": "2h"},
]  # fmt: skip
POLICIES = [read_policy(spec) for spec in SPECS]


def sample(n: int, held: int, *, where: str = "true", seed: int = 0) -> Case:
    """``n`` calls and the candles of their windows, ``held`` of them from the entry on; time order."""
    calls = duckdb.sql(
        f"SELECT asset, caller, epoch_ns(ts) AS at FROM '{CALLS}' WHERE {where} ORDER BY ts, asset, call_id"
    ).fetchnumpy()
    chosen = np.sort(np.random.default_rng(seed).choice(len(calls["at"]), n, replace=False))
    names, callers = np.unique(calls["asset"]), np.unique(calls["caller"])
    fields = "epoch_ns(ts) AS ts, open, high, low, close, volume"
    market = {
        name: duckdb.sql(f"SELECT {fields} FROM '{CANDLES}' WHERE asset = '{name}' ORDER BY ts").fetchnumpy()
        for name in names
    }
    parts, rows, kept, at = [], [], [], 0
    for i in chosen:
        table = market[calls["asset"][i]]
        entry = int(np.searchsorted(table["ts"], calls["at"][i]))
        warm, stop = max(entry - WARM, 0), min(entry + held, len(table["ts"]))
        if entry < stop:
            parts.append([table[k][warm:stop] for k in FIELDS])
            rows.append((at + entry - warm, at + stop - warm, at))
            kept.append(i)
            at += stop - warm
    c = columns(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    asset, caller = (np.searchsorted(known, calls[k][kept]) for known, k in ((names, "asset"), (callers, "caller")))
    return Case(c, Windows(*np.array(rows).T), Pool(np.arange(len(kept)), asset, caller, np.arange(len(kept))))


@pytest.mark.parametrize("intrabar", INTRABAR)
def test_every_kind_on_real_calls(intrabar: str) -> None:
    found = sample(60, 400)
    count, doubtful = test_combine.compare(found.candles, found.windows, POLICIES, intrabar=intrabar)
    assert count > 800
    assert doubtful > 0


def test_entry_at_the_close_and_one_candle_late() -> None:
    found = sample(40, 300, seed=1)
    policies = [p for p in POLICIES if p.entry is None]
    late = found.windows.later(found.candles.open)
    test_combine.compare(found.candles, late, policies, fill="close", costs=Costs(50, 100, "entry"))


@pytest.mark.parametrize("name", ["v1", "fixed", "time", "trailing", "ladder"])
def test_named_grids_over_their_whole_hold(name: str) -> None:
    found = sample(4, 2881, where="caller LIKE 'rule:random%'", seed=2)
    policies = grid(name)[::5]
    count, _ = test_combine.compare(found.candles, found.windows, policies)
    assert count == 4 * len(policies)


@pytest.mark.parametrize("basis", ["free_cash", "equity"])
def test_accounts_on_real_calls(basis: str) -> None:
    found = sample(40, 240, where="ts BETWEEN '2025-05-08' AND '2025-05-09'", seed=3)
    rules = Account(basis=basis, max_positions=4, max_positions_per_caller=2, max_allocation_pct=0.4,
                    max_risk_per_trade=4000)  # fmt: skip
    seen = set()
    for policy in POLICIES[::3]:
        seen |= test_account.compare(found, policy, rules, Costs())
    assert len(seen) >= 3
