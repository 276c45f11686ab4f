"""What the verdict of a sweep looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quantray.space import candidate_digest
from quantray.stats import beside as told
from quantray.stats.compared import compared
from quantray.stats.effective import effective_number
from quantray.stats.net_rows import mean_row
from quantray.stats.pick import Pick
from quantray.stats.survivors import Survivors
from quantray.stats.track_record import more_units
from quantray.stats.verdict import Evidence
from quantray.sweeps.family import Family
from quantray.sweeps.lanes import Stress
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.results import Chosen
from quantray.trial import Trial


def evidence_of(
    plan: Plan, train: Slice, held_out: Slice | None, family: Family, tested: Survivors, choice: Pick | None,
    pick: Chosen | None, made: Stress | None,
) -> Evidence:  # fmt: skip
    """The family tested on ``train``, the survivor that was chosen, what it made and stands."""
    common = Evidence(
        tested, choice, n_held_out=0 if held_out is None else len(held_out), adaptive=not family.whole,
        family=mean_row(family.nets),
        quotes=train.has_quotes, quality=train.quality, seed=plan.seed,
    )  # fmt: skip
    if choice is None or pick is None or made is None:
        known = tested.statistic[~np.isnan(tested.statistic)]
        more = more_units(float(known.max()), tested.critical, len(train)) if known.size else None
        return replace(common, more_units=more or None)
    own = family.nets.rows(np.array([choice.number]))[0]
    return replace(
        common,
        searched=own,
        held_out=None if pick.outside is None else pick.outside.session_net,
        metrics=pick.metrics,
        lanes=[told.Lane(lane.name, lane.phrase, lane.net) for lane in made.told if lane.net is not None],
        neighbours=family.around(choice.number),
        compared=compared(family.nets, own, n_effective=effective_number(family.nets)),
    )


def looks(best: Trial, pick: Chosen | None, listed: Sequence[Trial]) -> int:
    """How many different candidates' held-out sessions are shown."""
    shown = {best.digest, *(t.digest for t in listed)}
    if pick is not None:
        shown.add(candidate_digest(pick.params))
    return len(shown)
