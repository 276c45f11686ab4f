"""No time is told from what came before the first results, nor from one result."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from quantray.sweeps.loop.pace import TELLING, Pace

STEPS = st.lists(st.tuples(st.floats(0.01, 10), st.integers(1, 64)), min_size=1, max_size=20)


@given(st.floats(0, 3600), STEPS)
def test_a_rate_knows_nothing_of_the_time_before_the_first_results(compiled: float, steps: list[tuple[float, int]]):
    slow, quick = Pace(), Pace()
    now = stored = 0.0
    for seconds, n in steps:
        now, stored = now + seconds, stored + n
        slow.see(compiled + now, int(stored))
        quick.see(now, int(stored))
        assert (slow.rate is None) == (quick.rate is None) == (stored < (1 + TELLING) * steps[0][1])
        if slow.rate is not None and quick.rate is not None:
            assert abs(slow.rate / quick.rate - 1) < 1e-6


def test_seeing_the_same_again_changes_nothing() -> None:
    pace = Pace()
    for now, stored in ((10.0, 16), (11.0, 32), (12.0, 48), (60.0, 48)):
        pace.see(now, stored)
    assert pace.rate == 16.0
