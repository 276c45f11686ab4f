"""A finished sweep on a card, as a notebook shows it: what the report says at its top, and what to ask next."""

from __future__ import annotations

from quantray.cards import Card, line
from quantray.plain import amount
from quantray.report import words
from quantray.sweeps.report import sections, survival
from quantray.sweeps.report.reasons import failures, nothing
from quantray.sweeps.results import Results

MOST_PARAMETERS = 12
ASK = "study.verdict, study.pick, study.survivors(), study.trades(), study.plot.equity(), study.report(path)"


def study_card(r: Results) -> Card:
    """Verdict, figures of the candidate that is judged, its parameters beside the peak's."""
    rows = sections.parameters(r)
    if len(rows) > MOST_PARAMETERS:  # those that vary say more
        fixed = {words.label(d.name) for d in r.plan.space.dimensions if d.values is not None and len(d.values) == 1}
        rows = [row for row in rows if row[0] not in fixed]
    return Card(
        kicker=f"sweep, {counted(r)}",
        title=r.study,
        word=str(r.verdict.word),
        tone=r.verdict.word.tone,
        sentences=_sentences(r),
        tiles=sections.tiles(r),
        head=("", *(f"{c.name}, {survival.called(r, c)}" for c in survival.both(r))),
        rows=rows,
        figures=frozenset({1, 2}),
        foot=ASK,
    )


def study_line(r: Results) -> str:
    """The same on one line."""
    c = r.shown
    told = [counted(r), f"verdict {r.verdict.word}"]
    if c is not None:
        told.append(f"{c.name} {words.metric(r.plan.objective, c.value)} searched")
        told += [f"{words.metric(r.plan.objective, c.outside.value)} held out"] if c.outside is not None else []
    return line("Study", r.study, told)


def counted(r: Results) -> str:
    """How many candidates completed, of how many."""
    return f"{r.counts.complete:,} of {amount(r.counts.attempts, 'candidate')} completed"


def _sentences(r: Results) -> list[str]:
    """What has to be said before any figure, and the verdict's headline, which counts survivors."""
    if r.best is None:
        said = nothing(r.counts, r.reasons, r.plan)
        return [said, *([r.verdict.headline] if r.verdict.checks else [])]
    failed = failures(r.counts, r.reasons)
    return [*([failed] if failed is not None else []), r.verdict.headline]
