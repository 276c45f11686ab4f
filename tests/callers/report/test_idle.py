"""Parts of a policy that ended no trade: said instead of what they would have done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.callers.codes import Reason
from quantray.callers.policies import read_policy, spec_of
from quantray.callers.report.detail import flags
from quantray.callers.report.grid import grid_values
from quantray.callers.report.idle import idle, target_notes, told_of
from quantray.callers.results import Chosen, Part
from tests.builders.caller_pages import page
from tests.builders.caller_results import results


def part(reasons: list[Reason], fills: list[int] | None = None, skip: list[int] | None = None) -> Part:
    base = results().unit("(all callers)").train
    assert base is not None
    n, t = len(reasons), base.trades
    columns = {name: getattr(t, name)[:n] for name in t.__dataclass_fields__ if name != "final_capital"}
    trades = replace(t, **columns)
    return replace(base, trades=replace(
        trades, reason=np.array(reasons), skip=np.array(skip or [0] * n), n_fills=np.array(fills or [1] * n)
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "reasons", "fills", "said"),
    [
        ({"sl": 0.9, "tp": 2, "hold": "2d"}, [Reason.STOP, Reason.TIME], [1, 1],
         "Stop at 0.9x the entry; the target of 2x was never reached; out after 48 h at the latest."),
        ({"sl": 0.9, "tp": 2, "hold": "2d"}, [Reason.TARGET], [1],
         "Stop at 0.9x the entry (it ended no trade); take profit at 2x; no trade lasted the 48 h that it may."),
        ({"tp": 3, "ladder": [[1.5, 0.5], [2, 0.25]], "hold": "1h"}, [Reason.TIME], [3],
         "the target of 3x was never reached"),
        ({"tp": 3, "ladder": [[1.5, 0.5], [2, 0.25]], "hold": "1h"}, [Reason.TARGET], [3], "take profit at 3x"),
        ({"ladder": [[1.5, 0.5]], "hold": "1h"}, [Reason.TIME, Reason.TIME], [1, 1],
         "no level of the ladder was ever reached"),
        ({"ladder": [[1.5, 0.5]], "hold": "1h"}, [Reason.TIME, Reason.TIME], [1, 2], "Sell 50 % at 1.5x"),
        ({"tp": 1.2, "ladder": [[1.5, 0.5]], "hold": "1h"}, [Reason.TARGET], [1],
         "no level of the ladder was ever reached"),
    ],
)  # fmt: skip
def test_what_ended_no_trade_is_said(spec: dict[str, object], reasons: list[Reason], fills: list[int], said: str):
    policy = read_policy(spec)
    chosen = Chosen("peak", 0, policy, 1.0, None, part(reasons, fills), None)
    assert said.lower() in told_of(chosen).lower()


def test_skipped_calls_and_none_at_all_say_nothing():
    policy = read_policy({"sl": 0.9, "tp": 2})
    assert idle(policy, []) == ()
    assert idle(policy, [part([Reason.TARGET, Reason.STOP], skip=[1, 2])]) == ()


def test_a_target_that_only_one_part_reached_is_told_where():
    policy = read_policy({"sl": 0.9, "tp": 2})
    never, once = part([Reason.STOP, Reason.STOP]), part([Reason.TARGET])
    (said,) = target_notes(Chosen("peak", 0, policy, 1.0, 1.0, never, once))
    assert "never reached in training" in said
    assert "of 2 trades none was sold at it" in said
    (said,) = target_notes(Chosen("peak", 0, policy, 1.0, 1.0, once, never))
    assert "never reached on the held-out calls" in said
    assert target_notes(Chosen("peak", 0, policy, 1.0, 1.0, never, never)) == []  # the policy's sentence says it


def test_the_page_says_it_in_place_of_the_target():
    r = results()
    name = "caller_1"
    unit = r.unit(name)
    assert unit.train is not None
    assert unit.held_out is not None
    cut = {
        side: replace(found, trades=replace(
            found.trades, reason=np.where(found.trades.reason == Reason.TARGET, Reason.TIME, found.trades.reason)
        )) for side, found in (("train", unit.train), ("held_out", unit.held_out))
    }  # fmt: skip
    units = [replace(u, **cut) if u.name == name else u for u in r.units]  # type: ignore[arg-type]
    _, said = page(replace(r, units=units))
    assert unit.policy is not None
    assert f"the target of {spec_of(unit.policy)['tp']}x was never reached" in said


def test_policies_with_the_same_trades_are_named():
    r = results()
    unit = r.unit("caller_1")
    assert unit.shown is not None
    values = grid_values(r, ["caller_1"])["caller_1"]
    assert not [f for f in flags(r, unit, unit.shown, values) if "same training trades" in f]
    twin = next(i for i in range(9) if i != unit.best)
    equal = values.equal.copy()
    equal[[unit.best, twin]] = 0
    (said,) = [f for f in flags(r, unit, unit.shown, replace(values, equal=equal)) if "same training trades" in f]
    assert said.startswith("1 other policy of the grid makes the same training trades to the last bit")
