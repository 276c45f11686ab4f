"""What survives: nets by block are those of the account that is shown, and too little data is a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantray.callers.data import CallsData
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account
from quantray.callers.policies.objective import Bounds
from quantray.callers.split import HELD_OUT, TRAIN
from quantray.callers.stages.store import Store
from quantray.callers.stages.survival import blocks_of
from quantray.callers.stages.work import TableSpec, Unit, Work
from quantray.settings import OutOfSample
from quantray.stats.checks import Word
from tests.builders.call_plans import POLICIES, TP_SL, finished


@pytest.mark.parametrize("limited", [True, False])
def test_nets_by_block_are_those_of_the_account_that_is_shown(
    work: Work, spec: TableSpec, store: Store, limited: bool
) -> None:
    plan = replace(work.prepared.plan, account=Account(limited=limited, max_positions=3))
    blocks = blocks_of(work.prepared.split, POLICIES, TRAIN)
    assert blocks is not None
    for caller in range(3):
        gathered = store.gather(spec, work.calls_of(Unit("one", (caller,)), TRAIN))
        market = store.market(gathered, TRAIN)
        block = store.block(gathered, spec.program(POLICIES), plan.account, plan.costs)
        nets = block.unit_nets(market, blocks.first_ns, blocks.length_ns, blocks.n)
        metrics = block.metrics(market)
        for p in range(len(POLICIES)):
            trades = block.trades(p, market)
            done = trades.skip == 0
            assert nets[p].tolist() == blocks.sums(trades.entry_ns[done], trades.pnl[done]).tolist()
            if limited:
                assert nets[p].sum() == pytest.approx(metrics["final_capital"][p] - plan.account.initial)


def test_hours_as_blocks_keep_every_trade(work: Work, spec: TableSpec, store: Store) -> None:
    gathered = store.gather(spec, work.calls_of(Unit("one", (0, 1, 2)), TRAIN))
    market = store.market(gathered, TRAIN)
    block = store.block(gathered, spec.program(POLICIES), Account(), work.prepared.plan.costs)
    hours = block.unit_nets(market, market.start_ns, 3600 * 10**9, 5)
    whole = block.unit_nets(market, market.start_ns, 3600 * 10**9, 1)
    assert np.allclose(hours.sum(axis=1), whole[:, 0])
    assert (hours != 0).sum(axis=1).max() > 1


def test_the_blocks_of_a_part_are_the_same_for_every_unit(work: Work) -> None:
    split = work.prepared.split
    train, held = blocks_of(split, POLICIES, TRAIN), blocks_of(split, POLICIES, HELD_OUT)
    assert train is not None
    assert held is not None
    assert train.days == held.days
    assert blocks_of(replace(split, split_ns=None, held_out_ns=None), POLICIES, HELD_OUT) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "1 searched day of entry: at least 5 are needed"),
        ({"policies": (read_policy({"hold": "2h", "tp": 1.1}),)}, "at least 5 are needed"),
        ({"bounds": Bounds(min_trades=1000)}, "No policy made 1,000 trades in training"),
        ({"oos": OutOfSample(0)}, "at least 5 are needed"),
        ({"account": Account(minimum=1e9)}, "No policy made 3 trades in training"),
    ],
)
def test_too_little_is_a_sentence_and_no_belief(
    data: CallsData, tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    found = finished(data, tmp_path, **{"policies": TP_SL, "mode": "both", **given})
    for unit in found.units:
        assert unit.pick is None
        assert unit.verdict is not None
        assert unit.verdict.word is Word.TOO_LITTLE_DATA
        assert said in unit.verdict.headline
