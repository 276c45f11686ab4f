"""Random search: a permutation of a finite table, independent draws of any other."""

from __future__ import annotations

from quantray.search.random_search import RandomSearch
from tests.builders.objectives import CONTINUOUS, SPACE


def asked(search: RandomSearch, batches: int) -> list[str]:
    return [digest for number in range(batches) for digest in search.ask(number).digests]


def test_a_table_is_gone_through_once_in_an_order_of_the_seed() -> None:
    size = int(SPACE.size or 0)
    orders = [asked(RandomSearch(SPACE, seed, 16), size // 16 + 2) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert len(set(orders[0])) == len(orders[0]) == size
    assert set(orders[0]) == set(orders[2])


def test_a_replayed_batch_is_passed_over() -> None:
    first = RandomSearch(SPACE, 5, 8)
    batches = [first.ask(k) for k in range(4)]
    again = RandomSearch(SPACE, 5, 8)
    for batch in batches[:3]:
        again.replay(batch.number, batch)
    assert again.ask(3).digests == batches[3].digests


def test_draws_of_a_batch_are_its_own() -> None:
    one, other = RandomSearch(CONTINUOUS, 5, 8), RandomSearch(CONTINUOUS, 5, 8)
    one.ask(0)
    assert one.ask(1).digests == other.ask(1).digests
