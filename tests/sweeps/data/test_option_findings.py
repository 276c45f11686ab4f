"""What counts of options mean."""

from collections import Counter

import numpy as np
import pytest

from quantray.files.findings import Severity
from quantray.sweeps.data.option_checks import OptionWalk
from quantray.sweeps.data.option_findings import gate_findings, option_findings
from quantray.sweeps.data.quality import GATES
from quantray.sweeps.data.settings import Gates


def found(walk: OptionWalk, *, quotes: bool = True):
    return {f.check: f for f in option_findings(walk, quotes=quotes, interval_s=60)}


def test_a_data_set_of_prints_says_what_was_not_tested():
    told = found(OptionWalk(0.0, Counter(prints=100, quarantined_prints_bounds=2)), quotes=False)
    assert told["prints out of bounds"].severity == Severity.WARNING
    assert "no quotes" in told["stamp"].means


@pytest.mark.parametrize(("outside", "severity"), [(0, "ok"), (20, "note"), (21, "warning"), (501, "error")])
def test_parity_is_graded_by_the_share_outside(outside, severity):
    walk = OptionWalk(0.0, tally=Counter(pairs=1000, parity=outside), errors_bp=[1.0, 2.0, 9.0])
    assert found(walk)["parity"].severity == severity
    assert "+2.00 bp" in found(walk)["parity"].means


@pytest.mark.parametrize(("shift", "word"), [(1, "EARLY"), (-1, "LATE")])
def test_a_shift_says_who_is_early_and_by_how_much(shift, word):
    walk = OptionWalk(0.0)
    moves = np.random.default_rng(0).normal(0, 1, 900)
    walk.moves.add(np.roll(moves, -shift), moves)
    stamp = found(walk)["stamp"]
    assert stamp.severity == Severity.ERROR
    assert f"1m {word}" in stamp.means


def test_every_gate_is_asked():
    for gate, (share, _) in GATES.items():
        (told,) = gate_findings({share: 0.9}, Gates())
        assert told.severity == Severity.ERROR
        assert gate in told.means
    assert [f.severity for f in gate_findings({}, Gates())] == [Severity.OK]
