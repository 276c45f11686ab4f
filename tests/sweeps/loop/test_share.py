"""How drivers share a study: seeds, parts of a table, sums."""

from __future__ import annotations

from quantray.sweeps.loop.share import drivers_of, duplicates_of, seed_of


def test_seeds_differ_and_the_first_driver_has_the_plans() -> None:
    seeds = [seed_of(7, k) for k in range(100)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 100
    assert seeds == [seed_of(7, k) for k in range(100)]
    assert not set(seeds[1:]) & {seed_of(8, k) for k in range(1, 100)}


def test_duplicates_are_summed_over_drivers_and_earlier_runs() -> None:
    notes = {
        "duplicates": {"sampler": 1, "memory": 2, "database": 0},
        "driver/10": {"seed": 5, "duplicates": {"sampler": 0, "memory": 0, "database": 7}},
        "driver/2": {"seed": 4, "duplicates": {"sampler": 3, "memory": 1, "database": 0}},
        "other": 3,
    }
    assert duplicates_of(notes) == {"sampler": 4, "memory": 3, "database": 7}
    assert list(drivers_of(notes)) == [2, 10]
    assert duplicates_of({}) == {}
