"""One thing a unit: near misses, and a dictionary in everything else."""

from __future__ import annotations

import pickle

import pytest

import quantray as qr
from quantray.callers.report.units import ByUnit
from quantray.callers.study import CallerStudy
from tests.builders import caller_results


def test_a_name_that_is_not_there_gets_the_near_miss() -> None:
    r = caller_results.results()
    study = CallerStudy(r.plan, r, {})
    for mapping in (study.best, study.pick, study.verdict):
        with pytest.raises(qr.ConfigError, match="did you mean 'caller_1'"):
            _ = mapping["caler_1"]
        with pytest.raises(KeyError):
            _ = mapping["nobody like that"]
        assert mapping.get("caler_1") is None
        assert pickle.loads(pickle.dumps(mapping)) == dict(mapping)
    with pytest.raises(qr.ConfigError, match="caller_1 has no pick: 1 of 2 units have"):
        _ = ByUnit({"caller_0": 1}, "pick", ["caller_0", "caller_1"])["caller_1"]
    with pytest.raises(KeyError, match="did you mean 'caller_1'"):
        study.survivors("caler_1")
    with pytest.raises(qr.ConfigError, match="did you mean 'caller_1'"):
        study.trades("caler_1")
    with pytest.raises(qr.ConfigError, match="unknown part 'held out'; did you mean 'held_out'"):
        study.trades(part="held out")
