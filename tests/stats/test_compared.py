"""The figures that cannot decide are those of their own modules, of the pick and its family."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.stats.compared import compared
from quantray.stats.overfit import overfit_probability
from quantray.stats.sharpe import deflated_sharpe, sharpes


def test_each_is_the_figure_of_its_module():
    nets = np.random.default_rng(0).normal(0.1, 1, (60, 30))
    found = compared(nets, nets[7], n_effective=12.4)
    spread = sharpes(nets).std(ddof=1)
    assert found.deflated == pytest.approx(deflated_sharpe(nets[7], 60, spread), abs=1e-12)
    assert found.deflated_effective == pytest.approx(deflated_sharpe(nets[7], 12, spread), abs=1e-12)
    assert found.overfit == overfit_probability(nets)
    assert (found.n_tried, found.n_effective) == (60, 12.4)


def test_without_an_effective_number_nothing_is_said_of_it():
    nets = np.random.default_rng(0).normal(0.1, 1, (60, 30))
    found = compared(nets, nets[0])
    assert (found.n_effective, found.deflated_effective) == (None, None)


def test_what_does_not_exist_is_none():
    found = compared(np.zeros((3, 10)), np.zeros(10), n_effective=0.0)
    assert (found.deflated, found.deflated_effective, found.overfit) == (None, None, None)
