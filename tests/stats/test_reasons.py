"""Sentences say what their figures say: one property for all of them, and the figures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.stats import reasons
from quantray.stats.held_out import held_out_test
from quantray.stats.pick import Pick, Rule
from quantray.stats.wording import CANDIDATE, SESSION

PICK = Pick(3, Rule.OBJECTIVE, "It was best.", 10.0, 6.0, 3.1, 12.0, 8.0, 5, 4, 2, 10.5, 1.0, 4, 7.0)


@pytest.mark.parametrize("total", [12.5, -12.5, 0.0])
def test_a_gain_is_never_called_a_loss(total: float):
    net = np.array([3.0, -3.0, 2.0, -2.0, 5.0, -5.0 + total])
    sentence = reasons.earns_unseen(held_out_test(net, level=0.05), SESSION, " with every call at 100.00", "").sentence
    verb = "earns nothing" if total == 0 else "earns 12.50" if total > 0 else "loses 12.50"
    assert sentence == f"On 6 unseen sessions it {verb} with every call at 100.00."


def test_gains_in_every_unit_are_no_runs_and_no_fault():
    checks = {c.name: c for c in reasons.guarded(np.random.default_rng(0).uniform(1, 2, 30), SESSION)}
    assert checks["runs"].passed is True
    assert "gained in every session" in checks["runs"].sentence
    assert all(c.decides for c in checks.values())


def test_what_others_lost_is_seen_where_the_pick_was_lucky():
    family = np.where(np.arange(40) % 9 == 4, -8.0, 1.0) + np.random.default_rng(0).normal(0, 0.3, 40)
    assert reasons.family_guarded(family, CANDIDATE).passed is False
    assert reasons.family_guarded(-family, CANDIDATE).passed is True
    assert reasons.family_guarded(family[:7], CANDIDATE).passed is None
    assert reasons.family_guarded(None, CANDIDATE).passed is None


@pytest.mark.parametrize(
    ("n_units", "net", "text"),
    [(0, None, "No sessions were held out"), (1, None, "1 session was held out; 5 are"), (7, None, "7 sessions were"),
     (3, [1.0, 0.0, 2.0], "2 of 3 unseen sessions; 5 are needed to tell skill from luck, so 3 more are missing.")],
)  # fmt: skip
def test_held_out_units(n_units: int, net: list[float] | None, text: str):
    test = None if net is None else held_out_test(np.array(net), level=0.05)
    check = reasons.held_out_units(n_units, test, SESSION)
    assert text in check.sentence
    assert check.passed is (n_units >= 5)


def test_prices_and_data():
    assert reasons.carried_fills({}, quotes=True).passed is True
    assert reasons.carried_fills({"carried_entry_share": 0.05, "carried_exit_share": None}).passed is True
    assert reasons.carried_fills({"carried_entry_share": 0.05, "carried_exit_share": 0.2}).value == 0.2
    assert reasons.carried_fills({}).passed is None
    assert "no market paid that" in reasons.data_quality({"rescaled_trades": 1}).sentence
    assert "quotes" in reasons.data_quality({"quarantined_quotes_share": 0.3, "quarantined_prints_share": 0.1}).sentence


@pytest.mark.parametrize(("share", "passed", "text"), [
    (0.0, True, "No call was edited."), (0.05, True, "edited after they were made."),
    (0.051, False, "outcome was known"),
])  # fmt: skip
def test_what_was_edited_is_doubted_above_a_twentieth(share: float, passed: bool, text: str):
    check = reasons.told_in_time(share)
    assert (check.passed, check.decides) == (passed, True)
    assert text in check.sentence
