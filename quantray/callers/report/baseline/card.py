"""The alert baseline on a card, as a notebook shows it: what the calls offered, then callers in their order."""

from __future__ import annotations

from quantray.callers.baseline.results import BaselineResults
from quantray.callers.report.baseline.figures import tiles
from quantray.callers.report.baseline.words import BOARD, cell, count, multiple
from quantray.cards import Card, line
from quantray.plain import amount
from quantray.report.words import DASH

SHOWN = ("n_ok", "median_ath_multiple", "median_time_to_ath_s", "hit_rate_2x", "median_drawdown", "median_end_return")
MOST_NOTES = 2
MOST_CALLERS = 12
ASK = 'found.leaderboard(), found.alerts("…"), found.milestones(call_id), found.report(path)'


def study_card(r: BaselineResults) -> Card:
    """Medians over all calls, and the leaderboard."""
    columns = [column for column in BOARD if column.name in SHOWN]
    return Card(
        kicker="alert baseline: what every call did, without a policy",
        title=r.study,
        sentences=r.notes[:MOST_NOTES],
        tiles=tiles(r)[:5],
        head=("", "caller", *(column.title for column in columns)),
        rows=[
            (DASH if row["place"] is None else str(row["place"]), row["caller"], *(cell(row, c) for c in columns))
            for row in r.leaderboard
        ],
        figures=frozenset(range(2, 2 + len(columns))),
        foot=ASK,
        most=MOST_CALLERS,
    )


def study_line(r: BaselineResults) -> str:
    """The same on one line."""
    every = r.everybody
    measured = f"{count(every['n_ok'])} of {amount(len(r.alerts), 'call')} measured"
    highest = f"highest price {multiple(every['median_ath_multiple'])} (median)"
    return line("BaselineStudy", r.study, [measured, amount(len(r.leaderboard), "caller"), highest])
