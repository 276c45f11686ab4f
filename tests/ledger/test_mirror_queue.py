"""What waits for the mirror."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from quantray.ledger import open_reader
from quantray.ledger.mirror_queue import Queue
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPACE, filled, opened, url_of

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
        first = queue.live(study, set(), 100)
        assert first == [t.digest for t in study.trials()][:10]  # as they came
        half = [d for d in [*first, *ranked[5:]] if d != ranked[0]][:10]
        assert queue.live(study, set(half), 100) == [ranked[0]]  # a record is shown at once
        done = {*half[:9], ranked[0]}
        assert queue.live(study, done, 100) == []
        last = queue.final(study, done)
        assert len(last) == 10
        assert set(last) <= set(ranked[:20])
        assert queue.final(study, done | set(last)) == []
        roomy = Queue(100, 100)
        assert len(roomy.live(study, set(), 1000)) == 100
        assert roomy.live(study, set(), 7) == [t.digest for t in study.trials()][:7]
    ledger.close()


def test_a_look_reads_hardly_more_than_it_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much waits: the search goes on beside it."""
    ledger, read = filled(tmp_path, 100), list[int]()
    with open_reader(url_of(tmp_path)) as study:
        rows = study.database.rows

        def counted(query: sa.Executable) -> Sequence[Any]:
            found = rows(query)
            read.append(len(found))
            return found

        monkeypatch.setattr(study.database, "rows", counted)
        queue, done = Queue(100, 100), set[str]()
        while found := queue.live(study, done, 7):
            done |= set(found)
    assert len(done) == 100
    assert max(read) <= 2 * 7
    ledger.close()


def test_a_late_one_is_not_forgotten(tmp_path: Path) -> None:
    """Numbers are given when candidates are claimed: a small one may be stored after larger ones."""
    ledger = opened(tmp_path)
    early, late = make_batch(0, range(4), SPACE), make_batch(1, range(4, 12), SPACE)
    ledger.claim(early)
    ledger.claim(late)
    with open_reader(url_of(tmp_path)) as study:
        queue, done = Queue(100, 100), set[str]()
        for number, batch in ((1, late), (0, early)):
            ledger.store(number, make_trials(batch))
            while found := queue.live(study, done, 3):
                done |= set(found)
            assert done >= set(batch.digests)
        assert queue.live(study, done, 3) == []
        assert queue.final(study, done) == []
    ledger.close()
