"""The word by its rules, one weakness at a time; nonsense is a sentence, and never a word of belief."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.stats.beside import Lane
from quantray.stats.checks import Check, Word
from quantray.stats.held_out import held_out_test
from quantray.stats.pick import choose
from quantray.stats.survivors import survivors
from quantray.stats.verdict import ADAPTIVE_ALPHA, ALPHA, Evidence, verdict
from quantray.stats.wording import Unit

QUALITY = {"quarantined_quotes_share": 0.001, "quarantined_prints_share": 0.0, "quarantined_sessions_share": 0.0}
FRESH = {"carried_entry_share": 0.0, "carried_exit_share": 0.01}


def evidence(net: np.ndarray, n_in: int, **change: Any) -> Evidence:
    """Of a table ``net`` [candidates, units] whose objective is the mean."""
    searched = net[:, :n_in]
    found = survivors(searched)
    values = searched.mean(axis=1)
    pick = choose(
        values, searched, found, allowed=np.ones(len(net), bool), n_out=net.shape[1] - n_in,
        neighbours=lambda i: np.array([values[j] for j in (i - 1, i + 1) if 0 <= j < len(net)]),
        spread=lambda i: float(searched[i].std(ddof=1) / math.sqrt(n_in)),
    )  # fmt: skip
    own = None if pick is None else net[pick.number]
    made = Evidence(
        found, pick, None if own is None else own[:n_in], None if own is None else own[n_in:],
        n_held_out=net.shape[1] - n_in, family=searched.mean(axis=0), metrics=FRESH, quality=QUALITY,
    )  # fmt: skip
    return replace(made, **change)


def market(seed: int = 0, n: int = 40, n_units: int = 40) -> np.ndarray:
    """Candidates of which one has an edge."""
    net = np.random.default_rng(seed).normal(0, 10, (n, n_units))
    net[n // 2] += 14
    return net


def strong(**change: Any) -> Evidence:
    return evidence(market(), 28, **change)


def named(e: Evidence) -> dict[str, Check]:
    return {c.name: c for c in verdict(e).checks}


def test_belief_needs_every_check_that_decides_and_no_other():
    found = verdict(strong(lanes=[Lane("dearer", "with fees doubled", -1.0)], neighbours=[-5.0, -6.0]))
    assert found.word is Word.BELIEVE
    assert all(c.passed for c in found.checks if c.decides)
    assert any(c.passed is False for c in found.checks if not c.decides)
    assert "no promise" in found.headline


def test_a_lane_that_loses_is_named_in_the_headline():
    lanes = [
        Lane("dearer", "with fees doubled", -1.0),
        Lane("later", "one bar later", 3.0),
        Lane("f", "at the mid", -2.0),
    ]
    found = verdict(strong(lanes=lanes))
    assert found.word is Word.BELIEVE
    assert "It loses money with fees doubled or at the mid." in found.headline
    assert "one bar later" not in found.headline


WEAKER: list[tuple[str, dict[str, Any], Word]] = [
    ("clean data", {"quality": {"quarantined_quotes_share": 0.04}}, Word.DOUBTFUL),
    ("clean data", {"quality": {}}, Word.DOUBTFUL),
    ("calls as they were made", {"edited": 0.06}, Word.DOUBTFUL),
    ("clean data", {"quality": {**QUALITY, "rescaled_trades": 2}}, Word.DOUBTFUL),
    ("fresh prices", {"metrics": {**FRESH, "carried_exit_share": 0.4}}, Word.DOUBTFUL),
    ("fresh prices", {"metrics": {}}, Word.DOUBTFUL),
    ("no rare large loss of others", {"family": None}, Word.DOUBTFUL),
    ("no rare large loss of others", {"family": np.r_[np.ones(24), -30, -31, -29, -30.0]}, Word.DOUBTFUL),
    ("luck on unseen data", {"alpha": 1e-4}, Word.TOO_LITTLE_DATA),  # 12 units can show 1 / 4096 at best
    ("luck on unseen data", {"alpha": 1e-3, "held_out": np.tile([30.0, -10.0], 6)}, Word.DOUBTFUL),
    ("held-out sessions", {"held_out": None}, Word.TOO_LITTLE_DATA),
    ("held-out sessions", {"held_out": [5.0, 6.0, 0.0, 7.0, 8.0, 0.0]}, Word.TOO_LITTLE_DATA),
    ("held-out sessions", {"held_out": [-5.0, -6.0]}, Word.TOO_LITTLE_DATA),
    ("unseen sessions", {"held_out": [-5.0, -6.0, 3.0, 4.0, -1.0]}, Word.DISBELIEVE),
    ("unseen sessions", {"held_out": [-5.0, 5.0, 3.0, -3.0, 1.0, -1.0]}, Word.DISBELIEVE),
    ("luck on unseen data", {"held_out": [30.0, -28.0, 14.0, -13.0, 9.0, -8.0]}, Word.DOUBTFUL),
    ("no rare large loss", {"held_out": np.r_[np.full(40, 9.0), [-90.0, -95.0, -98.0]]}, Word.DOUBTFUL),
]


@pytest.mark.parametrize(("check", "change", "word"), WEAKER)
def test_one_weakness_is_named_and_ends_belief(check: str, change: dict[str, Any], word: Word):
    found = verdict(strong(**change))
    assert found.word is word
    failing = {c.name: c for c in found.checks}[check]
    assert failing.passed is not True
    assert failing.sentence in found.headline


def test_missing_units_are_counted():
    headline = verdict(strong(held_out=[5.0, 6.0, 0.0])).headline
    assert (
        "It traded on 2 of 3 unseen sessions; 5 are needed to tell skill from luck, so 3 more are missing." in headline
    )
    assert "so 1 more is missing" in verdict(strong(held_out=[5.0] * 4)).headline


def test_units_that_resemble_each_other_end_belief():
    own = 12 + 20 * np.tile(np.repeat([1.0, -1.0], 7), 3)[:40] + np.random.default_rng(0).normal(0, 3, 40)
    found = verdict(strong(searched=own[:28], held_out=own[28:] + 15))
    assert found.word is Word.DOUBTFUL
    assert "resembles the one before" in found.headline


def test_noise_is_not_believed_and_says_what_it_would_take():
    net = np.random.default_rng(1).normal(0, 10, (60, 40))
    found = verdict(evidence(net, 28, more_units=12))
    assert found.word is Word.DISBELIEVE
    assert "Nothing survives" in found.headline
    assert "12 more sessions like these" in found.headline
    few = verdict(evidence(net[:, :31], 28))
    assert few.word is Word.TOO_LITTLE_DATA
    assert "so 2 more are missing" in few.headline


def test_survivors_that_meet_no_bound_are_none():
    e = strong()
    some = replace(e.pick, n_survivors=1)
    assert np.count_nonzero(e.survivors.mask) == 1
    mask = np.ones_like(e.survivors.mask)
    found = verdict(replace(e, pick=some, survivors=replace(e.survivors, mask=mask)))
    assert found.headline.startswith("1 of 40 candidates survives (of 40 that pass the test, those that meet every")
    assert (found.figures["n_survivors"], found.figures["n_rejected"]) == (1, 40)
    none = verdict(replace(e, pick=None, searched=None, held_out=None))
    assert none.word is Word.DISBELIEVE
    assert none.headline.startswith("Nothing survives: 1 of 40 candidates passes the test, and none of them meets")
    assert none.figures["n_survivors"] == 0
    assert {c.name: c for c in none.checks}["survivors"].passed is False


def test_an_adaptive_search_has_a_lower_bar_and_says_that_survivors_are_a_filter():
    held = np.array([30.0, -10.0, 25.0, -12.0, 9.0, -8.0, 20.0, -3.0])
    p = held_out_test(held, level=0.05).p_value
    assert p is not None
    assert ADAPTIVE_ALPHA < p <= ALPHA
    assert verdict(strong(held_out=held)).word is Word.BELIEVE
    found = verdict(strong(held_out=held, adaptive=True))
    assert found.word is Word.DOUBTFUL
    assert "the word rests on unseen data alone" in found.headline
    assert "no evidence" in named(strong(adaptive=True))["survivors"].sentence
    assert found.figures["alpha"] == ADAPTIVE_ALPHA


def test_the_bar_of_many_and_the_test_that_was_made_are_taken():
    e = strong()
    test = held_out_test(np.asarray(e.held_out), level=0.001, seed=5)
    found = verdict(replace(e, test=test, alpha=0.02, bar=", the bar of 7 callers"))
    luck = {c.name: c for c in found.checks}["luck on unseen data"]
    assert (luck.value, luck.threshold) == (test.p_value, 0.02)
    assert luck.sentence.endswith("where 2 % are allowed, the bar of 7 callers.")
    assert found.figures["held_out_p"] == test.p_value


def test_units_have_their_own_name():
    found = verdict(strong(unit=Unit("block of 3 days", "blocks of 3 days"), candidate=Unit("policy", "policies")))
    assert "12 unseen blocks of 3 days" in found.headline
    assert "session" not in json.dumps(found.to_dict())
    assert "policies" in found.headline


def test_blocks_stand_beside_from_60_units_on_and_do_not_decide():
    assert "luck, by blocks" not in named(strong())
    wide = evidence(market(5, n_units=60), 42)
    assert named(wide)["luck, by blocks"].decides is False


def test_everything_is_plain_json():
    json.dumps(verdict(strong()).to_dict(), allow_nan=False)
    json.dumps(verdict(evidence(np.zeros((3, 12)), 8)).to_dict(), allow_nan=False)


NOTHING: list[tuple[str, np.ndarray, str]] = [
    ("fewer than 5 units", np.full((6, 8), 3.0) + np.arange(48).reshape(6, 8), "at least 5"),
    ("one candidate", np.random.default_rng(0).normal(9, 1, (1, 30)), "single candidate"),
    ("equal rows", np.tile(np.random.default_rng(0).normal(9, 1, 30), (7, 1)), "the same"),
    ("no variance", np.full((7, 30), 4.0), "the same in every unit"),
    ("nobody traded", np.zeros((7, 30)), "No candidate traded"),
    ("no candidate", np.empty((0, 30)), "no candidate"),
]


@pytest.mark.parametrize(("name", "net", "sentence"), NOTHING)
def test_nothing_to_test_is_a_sentence_and_too_little_data(name: str, net: np.ndarray, sentence: str):
    n_in = 4 if name.startswith("fewer") else 20
    family = net[:, :n_in].mean(axis=0) if len(net) else None
    found = verdict(replace(evidence(net, n_in) if len(net) else Evidence(survivors(net[:, :20]), n_held_out=10),
                            family=family))  # fmt: skip
    assert found.word is Word.TOO_LITTLE_DATA
    assert sentence in found.headline


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("part", ["searched", "held_out"])
def test_nonsense_is_refused(part: str, bad: float):
    e = strong()
    net = np.array(getattr(e, part), float)
    net[3] = bad
    with pytest.raises(ValueError, match="unit 3"):
        verdict(replace(e, **{part: net}))


def test_parts_that_are_not_of_one_pick_are_refused():
    with pytest.raises(ValueError, match="27 searched"):
        verdict(strong(searched=np.ones(27)))
    with pytest.raises(ValueError, match="9 held-out"):
        verdict(strong(held_out=np.ones(9), test=held_out_test(np.ones(12), level=0.05)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(6, 30), st.floats(0, 3), st.floats(0, 0.9))
def test_no_table_is_believed_against_its_own_rules(seed: int, n: int, k: int, edge: float, idle: float):
    rng = np.random.default_rng(seed)
    net = rng.normal(edge, 1, (n, k)) * (rng.random((n, k)) >= idle)
    found = verdict(evidence(net, k - k // 3))
    f = found.figures
    if found.word is Word.BELIEVE:
        assert f["n_survivors"] > 0
        assert f["held_out_net"] > 0
        assert f["held_out_p"] <= ALPHA
        assert f["n_held_out_traded"] >= 5
    if f.get("held_out_net") is not None and f["n_held_out_traded"] >= 5 and f["held_out_net"] <= 0:
        assert found.word in (Word.DISBELIEVE, Word.TOO_LITTLE_DATA)
    assert found.headline
    assert all(c.sentence for c in found.checks)
