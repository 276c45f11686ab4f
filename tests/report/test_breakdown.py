"""Money by name: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.report.breakdown import by_name, lines, span
from tests.reference.trails import by_name as slowly

PART = st.lists(st.tuples(st.sampled_from(["call", "put", "", "Ω", "a b"]), st.floats(-1e6, 1e6)), max_size=30)


@given(PART, PART)
def test_counts_and_sums_are_the_whole(first: list[tuple[str, float]], second: list[tuple[str, float]]):
    parts = [([name for name, _ in part], np.array([net for _, net in part])) for part in (first, second)]
    told = lines(parts, ["put", "nobody", "call"])
    for at, (names, net) in enumerate(parts):
        assert sum(line.parts[at].n for line in told) == len(net)
        assert sum(line.parts[at].net for line in told) == pytest.approx(net.sum(), abs=1e-6)
        wanted = slowly(names, net)
        for line in told:
            n, total = wanted.get(line.name, (0, 0.0))
            assert line.parts[at].n == n
            assert line.parts[at].net == pytest.approx(total, abs=1e-6)
            assert (line.parts[at].mean is None) == (n == 0)
    seen = {name for part in (first, second) for name, _ in part}
    first_names = [name for name in ("put", "call") if name in seen]
    assert [line.name for line in told] == first_names + sorted(seen - {"put", "call"})
    nets = [0.0, *(m.net for line in told for m in line.parts)]
    assert span(told) == (min(nets), max(nets))


def test_no_trades_make_no_lines():
    assert by_name([], np.empty(0)) == {}
    assert lines([([], np.empty(0))]) == []
    assert span([]) == (0.0, 0.0)
