"""No candidate twice; duplicates by source; draws from the unseen points are uniform and exact."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.search.seen import Seen
from quantray.search.uniform import from_unit, joined, uniform
from quantray.space import Digests, Space, candidate_digest, parse_space
from quantray.trial import Trial, TrialState

SPACE = parse_space({"a": [1, 2, 3], "b": ["x", "y"], "c": [True, False]})
MIXED = parse_space({"a": [1, 2], "x": {"low": 0.1, "high": 10.0, "log": True}})


def trial(space: Space, number: int) -> Trial:
    params = space.point(number)
    return Trial(candidate_digest(params), params, TrialState.COMPLETE, 1.0)


@pytest.mark.parametrize("space", [SPACE, MIXED], ids=["table", "range"])
def test_digests_in_bulk_equal_those_one_by_one(space: Space) -> None:
    found = uniform(space, np.random.default_rng(3), 40)
    assert Digests(space).of(found) == tuple(candidate_digest(found.params(i)) for i in range(40))


def test_integers_and_floats_of_one_value_are_one_candidate() -> None:
    whole, real = parse_space({"a": [60, 90]}), parse_space({"a": [60.0, 90.0]})
    assert Digests(whole).of(whole.candidates([0, 1])) == Digests(real).of(real.candidates([0, 1]))


def test_each_source_is_counted_apart() -> None:
    seen = Seen(SPACE, {t.digest: t for t in [trial(SPACE, 5)]})
    first, digests = seen.accept(SPACE.candidates([0, 1, 0]))
    assert [first.params(i) for i in range(2)] == [SPACE.point(0), SPACE.point(1)]
    assert len(digests) == 2
    seen.finish(digests[:1])
    assert len(seen.accept(SPACE.candidates([0, 1, 5, 6]))[0]) == 1
    assert seen.duplicates == {"sampler": 2, "memory": 1, "database": 1}


def test_a_candidate_of_another_driver_is_known_from_then_on() -> None:
    seen = Seen(SPACE)
    _, digests = seen.accept(SPACE.candidates([3, 4]))
    seen.disown(digests[:1])
    seen.accept(SPACE.candidates([3]))
    assert seen.duplicates == {"sampler": 0, "memory": 0, "database": 2}


def test_bare_digests_are_known_without_their_points() -> None:
    seen = Seen(SPACE, {trial(SPACE, 2).digest})
    accepted, _ = seen.accept(SPACE.candidates(range(12)))
    assert len(accepted) == 11
    assert seen.exhausted
    assert seen.duplicates["database"] == 1


def test_draws_are_uniform_over_the_unseen() -> None:
    seen = Seen(SPACE)
    seen.accept(SPACE.candidates([0, 1, 2, 3, 4, 5, 7, 8]))
    rng = np.random.default_rng(11)
    drawn = [SPACE.number(seen.draw(rng).params(0)) for _ in range(4000)]  # type: ignore[union-attr]
    numbers, counts = np.unique(drawn, return_counts=True)
    assert numbers.tolist() == [6, 9, 10, 11]
    assert (np.abs(counts - 1000) < 5 * np.sqrt(4000 * 0.25 * 0.75)).all()


def test_a_single_unseen_point_among_many_is_found() -> None:
    space = parse_space({"a": list(range(300)), "b": list(range(300))})
    seen = Seen(space)
    seen.accept(space.candidates(np.delete(np.arange(90_000), 77_123)))
    point = seen.draw(np.random.default_rng(0))
    assert point is not None
    assert space.number(point.params(0)) == 77_123
    assert not seen.exhausted
    seen.accept(point)
    assert seen.exhausted
    assert seen.draw(np.random.default_rng(0)) is None


def test_from_unit_gives_equal_shares_and_keeps_to_the_range() -> None:
    u = np.stack([np.linspace(0, 1 - 1e-12, 1000), np.linspace(0, 1 - 1e-12, 1000)], axis=1)
    found = from_unit(MIXED, u)
    assert found.column("a").count(1) == 500
    x = np.array(found.column("x"))
    assert x.min() == pytest.approx(0.1)
    assert x.max() <= 10.0
    assert np.median(np.log(x)) == pytest.approx(0.0, abs=0.01)


def test_joined_keeps_order_and_values() -> None:
    rng = np.random.default_rng(1)
    parts = [uniform(MIXED, rng, n) for n in (2, 0, 3)]
    whole = joined(MIXED, parts)
    assert [whole.params(i) for i in range(5)] == [p.params(i) for p in parts for i in range(len(p))]
