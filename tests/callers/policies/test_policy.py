"""The vocabulary: what is accepted, in which order grids run, and what is refused with its name and value."""

from __future__ import annotations

import itertools

from quantray.callers.policies import (
    grid,
    read_policy,
)  # fmt: skip


def test_v1_runs_in_its_nesting():
    cells = [(p.tp, p.sl, p.hold_s) for p in grid("v1")]
    tps, sls = (1.5, 2, 2.5, 3, 4, 5), (0.85, 0.88, 0.90, 0.92, 0.95)
    assert cells == [(tp, sl, 48 * 3600) for tp, sl in itertools.product(tps, sls)]


def test_first_stop_and_flags():
    assert read_policy({"tp": 2}).stop_distance is None
    assert read_policy({"sl": 0.75, "trailing": {"activation": 0, "trail": 0.1}}).stop_distance == 0.1
    assert read_policy({"sl": 0.75, "trailing": {"activation": 0.2, "trail": 0.1}}).stop_distance == 0.25
    wide = read_policy({"sl": 0.85, "tp": 5})
    assert (wide.wide_stop, wide.far_target, wide.n_parts) == (True, True, 2)
    assert read_policy({"ema_cross": {}, "hold": "1h"}).warmup_candles == 84
