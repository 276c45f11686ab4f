"""No candidate twice; duplicates by source; draws from the unseen points are uniform and exact."""

from __future__ import annotations

import numpy as np

from quantray.search.seen import Seen
from quantray.space import Space, candidate_digest, parse_space
from quantray.trial import Trial, TrialState
from tests.builders.spaces import SPACE


def trial(space: Space, number: int) -> Trial:
    params = space.point(number)
    return Trial(candidate_digest(params), params, TrialState.COMPLETE, 1.0)


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
