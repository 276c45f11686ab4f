"""A finished run of the optimiser on a card, as a notebook shows it: bad news, callers with n beside every score."""

from __future__ import annotations

from quantray.callers.policies import written
from quantray.callers.report.detail import state_words
from quantray.callers.report.facts import value_words
from quantray.callers.report.sections import callers, group, tiles, verdict, warnings
from quantray.callers.report.words import label
from quantray.callers.results import CallerResults, Part, UnitResult
from quantray.cards import Card, line
from quantray.plain import amount
from quantray.report.words import DASH, number

MOST_WARNINGS = 2
MOST_CALLERS = 12
ASK = 'callers.verdict["…"], callers.pick["…"], callers.trades("…"), callers.frame(), callers.report(path)'


def study_card(r: CallerResults) -> Card:
    """What to believe, then the units: held-out value first, each with its trades in brackets."""
    tone, word, headline = verdict(r)
    whole, held = group(r), r.split_ns is not None
    units = [*([whole] if whole is not None else []), *callers(r)]
    said = warnings(r)
    more = [f"{amount(len(said) - MOST_WARNINGS, 'more warning')} in the report"] if len(said) > MOST_WARNINGS else []
    return Card(
        kicker=f"callers and their policies, {label(r.plan.objective)}, trades in brackets",
        title=r.study,
        word=word,
        tone=tone,
        sentences=[headline, *said[:MOST_WARNINGS], *more],
        tiles=tiles(r)[:4],
        head=("caller", *(["held out"] if held else []), "training", "policy", "verdict"),
        rows=[unit_row(r, unit) for unit in units],
        figures=frozenset({1, 2} if held else {1}),
        foot=ASK,
        most=MOST_CALLERS,
    )


def unit_row(r: CallerResults, u: UnitResult) -> list[str]:
    """Name, value held out and in training, policy, word."""
    c = u.shown
    train, unseen = (c.train, c.held_out) if c is not None else (None, None)
    values = (c.value, c.held_out_value) if c is not None else (None, None)
    scored = [_scored(r, values[0], train)]
    if r.split_ns is not None:
        scored.insert(0, _scored(r, values[1], unseen))
    policy = written(c.policy) if c is not None else state_words(u)
    return [u.name, *scored, policy, DASH if u.verdict is None else str(u.verdict.word)]


def _scored(r: CallerResults, value: float | None, part: Part | None) -> str:
    return DASH if part is None else f"{value_words(r, value)} ({number(part.metrics.get('n_trades'))})"


def study_line(r: CallerResults) -> str:
    """The same on one line."""
    people = callers(r)
    policies = amount(len(r.plan.policies), "policy", "policies")
    told = [amount(len(people), "caller") if people else "the group", policies, f"verdict: {verdict(r)[1]}"]
    return line("CallerStudy", r.study, told)
