"""The published calibration in small: without an edge seldom a belief, with one nearly as often as an oracle believes.

The whole of it is scripts/calibrate.py; the seeds here are fixed, so what passes keeps passing until the rules change.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from quantray.stats.checks import Word
from quantray.stats.held_out import held_out_test
from quantray.stats.verdict import ALPHA
from tests.builders import luck

pytestmark = pytest.mark.slow
LIMIT = 0.083  # of the one-sided upper 95 % limit of false belief
STUDIES = 120


def upper_limit(k: int, n: int) -> float:
    """Clopper and Pearson (1934), one-sided, 95 %."""
    return float(stats.beta.ppf(0.95, k + 1, n - k))


def rng_of(number: int, name: str) -> np.random.Generator:
    return np.random.default_rng([number, *name.encode()])


@pytest.mark.parametrize("name", ["plain", "heavy tails", "drift", "rare loss, 1 in 10", "independent candidates",
                                  "illiquid prints", "black box", "a climbing search"])  # fmt: skip
def test_without_an_edge_it_seldom_believes(name: str):
    words = [luck.judged(luck.HOLD[name](rng_of(i, name), 40), i)[0] for i in range(STUDIES)]
    assert upper_limit(words.count(Word.BELIEVE), STUDIES) <= LIMIT


def test_a_rule_without_the_family_would_be_noticed():
    """The peak of each table, believed for its held-out test alone."""
    false = 0
    for i in range(STUDIES):
        s = luck.plain(rng_of(i, "plain"), 40)
        p = held_out_test(s.nets[int(np.nanargmax(s.values)), s.n_in :], level=0.05).p_value
        false += p is not None and p <= ALPHA
    assert upper_limit(false, STUDIES) > LIMIT


def test_with_an_edge_it_believes_nearly_as_often_as_an_oracle():
    believed = told = 0
    for i in range(60):
        s = luck.planted(rng_of(i, "planted"), 60, 0.6)
        believed += luck.judged(s, i)[0] == Word.BELIEVE
        told += luck.oracle(s, i) <= 0.05
    assert told >= 50
    assert believed >= 0.8 * told


def test_12_units_leave_too_few_to_believe_anything():
    words = {luck.judged(luck.planted(rng_of(i, "planted"), 12, 3.0), i)[0] for i in range(10)}
    assert words == {Word.TOO_LITTLE_DATA}


def test_no_candidate_gains_from_its_exits():
    """Paths are martingales: whatever leaves when, the mean net of a trade is 0 within its error."""
    nets, counts = zip(*((s.nets, s.counts) for i in range(40) for s in [luck.plain(rng_of(i, "martingale"), 40)]),
                       strict=True)  # fmt: skip
    mean = np.hstack(nets).sum(axis=1) / np.hstack(counts).sum(axis=1)
    error = np.hstack(nets).std(axis=1) * np.sqrt(1600) / np.hstack(counts).sum(axis=1)
    assert np.abs(mean / error).max() < 4.2


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("calibrate", Path(__file__).parents[2] / "scripts" / "calibrate.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_run_that_was_stopped_goes_on_to_the_same_results(tmp_path: Path):
    calibrate = script()

    def one(number: int) -> list:
        s = luck.planted(calibrate.rng_of("tune", "planted", 40, number), 40, 0.8)
        return [*luck.judged(s, number), luck.oracle(s, number)]

    whole, parts = tmp_path / "whole.json", tmp_path / "parts.json"
    calibrate.Results(whole).fill("cell", 6, one, edge=0.8)
    calibrate.Results(parts).fill("cell", 2, one, edge=0.8)
    calibrate.Results(parts).fill("cell", 6, one, edge=0.8)
    assert parts.read_text("utf-8") == whole.read_text("utf-8")
    parts.write_text(json.dumps({"levels": {"alpha": 0.5}, "cells": {}}), "utf-8")
    with pytest.raises(SystemExit, match="name another file"):
        calibrate.Results(parts)
