"""Units ranked from their files."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.results import GROUP
from quantray.callers.split import TRAIN
from quantray.callers.stages import scores
from quantray.callers.stages.ranking import Place, rank_set
from quantray.callers.stages.scores import scores_of
from quantray.callers.stages.store import Store
from quantray.callers.stages.work import TableSpec, Unit, Work
from tests.builders.call_plans import POLICIES


@pytest.mark.slow
def test_a_unit_is_ranked_from_its_files(work: Work, spec: TableSpec, store: Store) -> None:
    found = scores_of(work, "ranked", [Unit(GROUP, (0, 1, 2))], len(POLICIES))
    for block in found.blocks:
        scores.write_block(store, spec, block, found)
    ranked = rank_set(store, spec, found, 0, np.array([p.n_parts for p in POLICIES]))
    assert Place(**ranked.place.as_json()) == ranked.place
    assert ranked.place.best == ranked.ranking.order[0]
    assert ranked.place.value == max(ranked.columns[TRAIN]["captured_return"][ranked.ranking.order])
