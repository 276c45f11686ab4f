"""What was stored is found again."""

from __future__ import annotations

from pathlib import Path

from quantray.testing.ledger import make_batch
from tests.builders.fakes import SPACE, filled, opened


def test_resume_finds_what_was_stored(tmp_path: Path) -> None:
    first = filled(tmp_path, 60)
    first.note("duplicates", {"sampler": 2})
    before, counts = list(first.trials()), first.counts()
    first.close()
    again = opened(tmp_path)
    assert list(again.trials()) == before
    assert again.counts() == counts
    assert again.notes() == {"duplicates": {"sampler": 2}}
    assert [p.number for p in again.batches()] == [0, 1, 2]
    more = make_batch(3, [int(p) for p in range(int(SPACE.size or 0))], SPACE)
    won = again.claim(more)
    assert won.count(True) == int(SPACE.size or 0) - 60
    assert not {d for d, w in zip(more.digests, won, strict=True) if w} & {t.digest for t in before}
    again.close()
