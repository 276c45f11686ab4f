"""The verdict: belief only when everything agrees, and never on noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quantray.stats.checks import Check, Word
from quantray.stats.verdict_of_the_peak import Evidence, verdict

METRICS = {"n_trades": 120, "carried_entry_share": 0.0, "carried_exit_share": 0.01}
QUALITY = {"quarantined_quotes_share": 0.001, "quarantined_prints_share": 0.0, "quarantined_sessions_share": 0.0}


def strong() -> Evidence:
    """40 candidates on 20 sessions of which one has an edge, 8 held-out sessions that agree."""
    rng = np.random.default_rng(0)
    net = rng.normal(0, 10, (40, 20))
    net[0] -= 20
    net[39] += 30
    return Evidence(
        net, 39, 12.0, METRICS, neighbours=[10.0, 9.0, 11.0, 8.0], quality=QUALITY,
        oos_session_net=rng.normal(25, 8, 8), oos_value=9.0,
    )  # fmt: skip


def named(evidence: Evidence) -> dict[str, Check]:
    return {c.name: c for c in verdict(evidence).checks}


def test_belief_needs_every_check():
    found = verdict(strong())
    assert found.word is Word.BELIEVE
    assert all(c.passed for c in found.checks)
    assert "no promise" in found.headline


def test_the_corner_of_a_grid_of_two_axes_has_two_neighbours():
    assert named(replace(strong(), neighbours=[10.0, 10.0]))["neighbours agree"].passed


WEAKER: list[tuple[str, dict[str, Any], Word]] = [
    ("neighbours agree", {"neighbours": [10.0, -1.0, -2.0, -3.0]}, Word.DOUBTFUL),
    ("neighbours agree", {"neighbours": []}, Word.DOUBTFUL),
    ("neighbours agree", {"neighbours": [10.0]}, Word.DOUBTFUL),
    ("neighbours agree", {"neighbours": [10.0, np.nan, np.nan]}, Word.DOUBTFUL),
    ("clean data", {"quality": {"quarantined_quotes_share": 0.04}}, Word.DOUBTFUL),
    ("clean data", {"quality": {}}, Word.DOUBTFUL),
    ("fresh prices", {"metrics": {**METRICS, "carried_exit_share": 0.4}}, Word.DOUBTFUL),
    ("deflated Sharpe ratio", {"n_tried": 10**12}, Word.DOUBTFUL),
    ("out of sample", {"oos_session_net": None, "oos_value": None}, Word.DOUBTFUL),
    ("out of sample", {"oos_session_net": [0.0] * 8, "oos_value": None}, Word.DOUBTFUL),
    ("trades", {"metrics": {**METRICS, "n_trades": 12}}, Word.TOO_LITTLE_DATA),
    ("held-out sessions", {"oos_session_net": [10.0, 20.0]}, Word.TOO_LITTLE_DATA),
    ("out of sample", {"oos_session_net": [-10.0, 5.0, -3.0, 1.0]}, Word.DISBELIEVE),
    ("out of sample", {"oos_value": -0.5}, Word.DISBELIEVE),
    ("out of sample, lower bound", {"oos_session_net": [-40.0, 60.0, -30.0, 40.0]}, Word.DOUBTFUL),
    ("earns after costs", {"value": -1.0}, Word.DISBELIEVE),
    ("earns after costs", {"pick": 0}, Word.DISBELIEVE),
]


@pytest.mark.parametrize(("check", "change", "word"), WEAKER)
def test_one_weakness_is_named_and_ends_belief(check: str, change: dict[str, Any], word: Word):
    found = verdict(replace(strong(), **change))
    assert found.word is word
    assert {c.name: c for c in found.checks}[check].passed is not True


def test_luck_ends_belief():
    e = strong()
    net = np.random.default_rng(1).normal(0, 10, e.session_net.shape)
    pick = int(np.argmax(net.sum(axis=1)))
    found = verdict(replace(e, session_net=net, pick=pick))
    assert found.word is Word.DISBELIEVE
    assert "Luck can explain it" in found.headline


def test_one_session_that_makes_everything():
    net = np.full((1, 8), -1.0)
    net[0, 3] = 50.0
    assert named(Evidence(net, 0, 1.0, METRICS))["not one lucky session"].passed is False


def test_too_few_sessions_say_what_they_could_show():
    found = verdict(Evidence(np.full((3, 3), 5.0), 0, 2.0, METRICS, oos_session_net=[5.0] * 3, oos_value=2.0))
    assert found.word is Word.TOO_LITTLE_DATA
    luck = {c.name: c for c in found.checks}["better than luck"]
    assert luck.passed is False
    assert "12 %" in luck.sentence or "13 %" in luck.sentence


def test_losing_out_of_sample_outweighs_too_little_data():
    found = verdict(Evidence(np.full((3, 3), 5.0), 0, 2.0, METRICS, oos_session_net=[-5.0], oos_value=-2.0))
    assert found.word is Word.DISBELIEVE


def test_nothing_completed():
    found = verdict(Evidence(np.empty((0, 4)), None))
    assert (found.word, found.checks) == (Word.TOO_LITTLE_DATA, ())
    assert "No candidate had enough trades" in found.headline
    assert found.to_dict()["word"] == "too little data"


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (5, 1), (5, 0), (2, 40)])
def test_any_shape_gives_a_verdict(shape: tuple[int, int]):
    net = np.random.default_rng(0).normal(size=shape)
    assert verdict(Evidence(net, 0, 1.0, METRICS, oos_session_net=[1.0])).word is not Word.BELIEVE


def test_noise_is_never_believed():
    for seed in range(120):
        rng = np.random.default_rng([4, seed])
        net = rng.normal(0, 10, (60, 10))
        pick = int(np.argmax(net.sum(axis=1)))
        e = Evidence(net, pick, 5.0, METRICS, neighbours=[4.0] * 6, quality=QUALITY,
                     oos_session_net=rng.normal(0, 10, 4), oos_value=1.0)  # fmt: skip
        assert verdict(e).word is not Word.BELIEVE
