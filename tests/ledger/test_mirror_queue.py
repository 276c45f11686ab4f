"""What waits for the mirror."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantray.ledger import open_reader
from quantray.ledger.mirror_queue import Queue
from tests.builders.fakes import filled, url_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def test_the_queue_keeps_places_for_the_best(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 100)
    with open_reader(url_of(tmp_path)) as study:
        ranked = [t.digest for t in study.ranked()]
        queue = Queue(20, None)
        first = queue.live(study, 100)
        assert len(first) == 10
        assert set(ranked[:5]) <= set(first)
        assert next(t.digest for t in study.latest(1)) in first
        queue.done = set(first)
        assert queue.live(study, 100) == []
        queue.done = {*first[:9], "unknown"} - {ranked[0]}
        queue.done.add("another")
        assert queue.live(study, 100) == [ranked[0]]  # a record is shown at once
        queue.done = set(first)
        last = queue.final(study, 1000)
        assert len(last) == 10
        assert set(last) <= set(ranked[:20])
        queue.done |= set(last)
        assert queue.final(study, 1000) == []
        roomy = Queue(100, 100)
        assert len(roomy.live(study, 1000)) == 100
    ledger.close()
