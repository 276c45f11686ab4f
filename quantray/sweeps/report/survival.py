"""What the report says of survivors: how many, where they lie, the pick beside the peak, and what the pick stands."""

from __future__ import annotations

import numpy as np

from quantray.plain import amount
from quantray.report import words
from quantray.report.svg import Chart
from quantray.space import level_key
from quantray.stats.wording import peak_beside_pick
from quantray.sweeps.report import survival_charts as drawn
from quantray.sweeps.report.survival_charts import share_of
from quantray.sweeps.results import Chosen, Results
from quantray.sweeps.survivors import LevelShare

#: Of a dimension in one line of a terminal.
MOST_IN_LINE = 4


def called(r: Results, chosen: Chosen) -> str:
    """``point 1,076,360`` or ``trial 17``: where the candidate is found again."""
    whole = r.surviving is not None and r.surviving.whole
    if chosen.name == "pick":
        return f"{'point' if whole else 'trial'} {chosen.number:,}"
    same = f", point {r.plan.space.number(chosen.params):,}" if whole else ""
    return f"trial {chosen.number:,}{same}"


def counted(r: Results) -> str:
    """How many survive of how many, or why that was not tested."""
    s = r.surviving
    if s is None:
        return ""
    t = s.tested
    if t.untested:
        return t.untested
    rejected = int(t.mask.sum())
    if not rejected:
        return f"Of {amount(t.n_candidates, 'candidate')} nothing survives."
    said = f"{s.n:,} of {amount(t.n_candidates, 'candidate')} survive"
    return (
        f"{said} (of {rejected:,} that pass the test, those that meet every bound)." if s.n < rejected else f"{said}."
    )


def missing(r: Results) -> list[str]:
    """Without survivors: what would have to be true."""
    s = r.surviving
    if s is None or s.n or s.tested.untested:
        return []
    t = s.tested
    known = t.statistic[~np.isnan(t.statistic)]
    said = []
    if known.size and np.isfinite(t.critical):
        said.append(
            f"The best of them has a statistic (Student's t of its mean net per session) of {known.max():.2f}; among "
            f"{amount(t.n_candidates, 'candidate')} it takes more than {t.critical:.2f}."
        )
    if known.size and not r.more_sessions:  # else the verdict says how many more it takes
        said.append("More sessions like these would not help: what is best earns too little for its spread.")
    return said


def apart(r: Results) -> str | None:
    """Why pick and peak differ."""
    pick, peak, s = r.pick, r.peak, r.surviving
    if pick is None or peak is None or s is None or pick.statistic is None:
        return None
    if _same(pick, peak):
        return "Pick and peak are the same candidate."
    name = r.plan.objective
    high = f"The peak has {words.metric(name, peak.value)} on {_trades(peak)}"
    own = f"The pick has {words.metric(name, pick.value)} on {_trades(pick)} and {pick.statistic:.2f}"
    return peak_beside_pick(high, peak.statistic, s.tested.critical, own)


def _trades(chosen: Chosen) -> str:
    sessions = int(np.count_nonzero(chosen.inside.session_net))
    return (
        f"{amount(len(chosen.inside.trades), 'trade')} in {sessions:,} of {amount(len(chosen.inside.slice), 'session')}"
    )


def _same(a: Chosen, b: Chosen) -> bool:
    return {k: level_key(v) for k, v in a.params.items()} == {k: level_key(v) for k, v in b.params.items()}


def both(r: Results) -> list[Chosen]:
    """Pick and peak; one of them where there is one, or where they are the same."""
    pick, peak = r.pick, r.peak
    found = [c for c in (pick, peak) if c is not None]
    return found[:1] if pick is not None and peak is not None and _same(pick, peak) else found


def telling(levels: tuple[LevelShare, ...]) -> bool:
    """Whether survivors lie on some of the levels more than on others."""
    shares = [level.share for level in levels if level.n]
    return bool(shares) and max(shares) - min(shares) > 0.005


def in_line(levels: tuple[LevelShare, ...]) -> str:
    """The levels that survivors have, most of them first: ``.003 88 %, .004 3 %``."""
    ranked = sorted((level for level in levels if level.n_survivors), key=lambda level: -level.share)
    told = [f"{words.parameter(level.level)} {share_of(level.share)}" for level in ranked[:MOST_IN_LINE]]
    rest = len(ranked) - len(told)
    none = sum(1 for level in levels if not level.n_survivors)
    more = [amount(rest, "other")] if rest else []
    return ", ".join(told + more + ([f"none on {none}"] if none else []))


def level_charts(r: Results) -> list[tuple[str, str]]:
    """Name and chart of every dimension on which surviving depends, in the order of the space."""
    if r.surviving is None:
        return []
    chosen = r.pick.params if r.pick else {}
    return [
        (words.label(name), drawn.level_chart(levels, chosen.get(name)))
        for name, levels in r.surviving.levels.items()
        if telling(levels)
    ]


def level_rest(r: Results) -> list[str]:
    """Dimensions whose levels survive alike."""
    return [words.label(n) for n, levels in (r.surviving.levels if r.surviving else {}).items() if not telling(levels)]


def tradeoff(r: Results) -> Chart | None:
    """The best objective at each statistic, the statistic that is asked for, pick and peak."""
    s = r.surviving
    if s is None or len(s.tradeoff) < 2:
        return None
    return Chart(*(drawn.tradeoff(s, r.plan.objective, both(r), w, h) for w, h in ((960, 260), (350, 220))))
