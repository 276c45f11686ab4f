"""The top of the optimiser's report: what came of it, caller by caller, the held-out result first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from quantray.callers.policies import written
from quantray.callers.report.detail import collapsed_words, state_words
from quantray.callers.report.facts import value_words
from quantray.callers.report.summary import Traded, period, traded, verdict_counts
from quantray.callers.report.survival import across, shrunk
from quantray.callers.report.tables import DEAD, LATE
from quantray.callers.report.words import STATES, gain, label, metric
from quantray.callers.results import GROUP, CallerResults, UnitResult
from quantray.plain import amount
from quantray.report.verdict import TONES
from quantray.report.words import DASH, number
from quantray.stats.checks import Word

#: Units with a section of their own: the first ``report.top`` of the table and so many of its last.
LAST = 3
ABBREVIATED = 12


def callers(r: CallerResults) -> list[UnitResult]:
    """The callers: best held-out value first (training value where nothing is held out), units without one last."""

    def key(u: UnitResult) -> tuple[Any, ...]:
        c = u.shown
        values = (None, None) if c is None else (c.held_out_value, c.value)
        return (c is None, *map(_falling, values), u.name)

    return sorted((u for u in r.units if u.name != GROUP), key=key)


def _falling(value: float | None) -> float:
    return math.inf if value is None or math.isnan(value) else -value


def group(r: CallerResults) -> UnitResult | None:
    return next((u for u in r.units if u.name == GROUP), None)


def in_detail(r: CallerResults) -> list[UnitResult]:
    """Callers with a section of their own: the first ones of the table, and the last of those with a policy."""
    found = [u for u in callers(r) if u.policy is not None]
    n = r.plan.report.top
    return found if len(found) <= n + LAST else [*found[:n], *found[-LAST:]]


def subtitle(r: CallerResults) -> str:
    """One line: data, calls, callers, period."""
    calls, when = r.coverage.plan.calls, period(r)
    span = f"{_day(when['first_call'])} to {_day(when['last_call'])}" if len(calls) else "no calls"
    parts = [
        f"{amount(len(calls), 'call')} of {amount(len(calls.callers), 'caller')} on "
        f"{amount(len(calls.assets), 'asset')}",
        span,
    ]
    return " · ".join([*parts, amount(len(r.plan.policies), "policy", "policies")])


def _day(iso: str | None) -> str:
    return DASH if iso is None else iso[:10]


def verdict(r: CallerResults) -> tuple[str, str, str]:
    """Tone, word and sentence over all callers."""
    judged = callers(r) or list(r.units)
    counts, n = verdict_counts(judged), len(judged)
    whole = group(r)
    if n == 1 and judged[0] is whole and whole.verdict is not None:
        return TONES[whole.verdict.word], str(whole.verdict.word).capitalize(), whole.verdict.headline
    if not r.ranked:
        return "none", "No result", "No caller has a best policy: there is nothing to believe or to doubt."
    told = across(r) or ", ".join(f"{k} {word}" for word, k in counts.items() if k) + "."
    best = [u.name for u in judged if u.verdict is not None and u.verdict.word is Word.BELIEVE]
    if best:
        few = ", ".join(best[:5]) + (f" and {len(best) - 5} more" if len(best) > 5 else "")
        return "good", f"{len(best)} of {amount(n, 'caller')}", f"Believed: {few}. {told}"
    if counts[str(Word.DOUBTFUL)]:
        return "doubt", "Doubtful at best", f"Nobody's pick is to be believed yet. {told}"
    if counts[str(Word.DISBELIEVE)]:
        return "bad", "Believe none of them", f"No caller's pick is to be believed. {told}"
    return "none", "Too little data", f"There is too little to judge any caller by. {told}"


LOUD = "ZERO TRADES"


def warnings(r: CallerResults) -> list[str]:
    """What has to be said before any figure: the run's own notes, and what the units show; the loudest first."""
    found = list(r.notes)
    silent = [u.name for u in r.units if u.shown and u.shown.held_out and not u.shown.held_out.metrics.get("n_trades")]
    if silent:
        found.append(f"{LOUD} on the held-out calls: the policy of {_names(silent)} is untested.")
    if r.plan.account.limited:
        sunk = [u.name for u in callers(r) or r.units if u.collapsed == "collapsed"]
        if sunk:
            found.append(f"Collapsed, no policy of the grid keeps the capital of {_names(sunk)}.")
    for state in ("infeasible", "unranked"):
        names = [u.name for u in r.units if u.state == state]
        if names:
            found.append(f"Without a best policy, because {STATES[state]}: {_names(names)}.")
    return sorted(found, key=lambda sentence: not sentence.startswith(LOUD))


def _names(names: Sequence[str]) -> str:
    """
    >>> _names(["a"]), _names([str(i) for i in range(14)])[:41]
    ('a', '14 callers (0, 1, 2, 3, 4, 5, 6, 7, 8, 9,')
    """
    if len(names) == 1:
        return names[0]
    more = ", …" if len(names) > ABBREVIATED else ""
    return f"{amount(len(names), 'caller')} ({', '.join(names[:ABBREVIATED])}{more})"


def tiles(r: CallerResults) -> list[tuple[str, str, str]]:
    """The figures on top: title, figure, small print."""
    c, plan, people, done = r.coverage, r.plan, callers(r), traded(r)
    best = f"best of {amount(len(plan.policies), 'policy', 'policies')} by {label(plan.objective)}"
    whole = f"{len(c.plan.calls.callers):,}", f"on one account, {best}"
    with_policy = f"{sum(u.policy is not None for u in people):,} of {len(people):,}", best
    when, costs = period(r), plan.costs
    read = r.counts.get("read", len(c))
    of = f"of {number(done.eligible)} eligible calls ({number(len(c))} kept, {number(read)} read)"
    found = [
        ("trades executed", number(done.executed), of),
        ("calls skipped", number(done.n_skipped), skipped_words(done)),
        ("callers with a policy", *with_policy) if people else ("callers", *whole),
        ("held out from", _day(when["held_out_from"]),
         f"to {_day(when['last_call'])}, calls from {_day(when['first_call'])}"),
        ("costs a side", f"{costs.taker_bps + costs.slippage_bps:g} bp",
         f"{costs.taker_bps:g} fee + {costs.slippage_bps:g} slippage"),
    ]  # fmt: skip
    if r.split_ns is None:
        found[3] = ("held out", "nothing", f"calls {_day(when['first_call'])} to {_day(when['last_call'])}")
    return found


def skipped_words(done: Traded) -> str:
    """Why calls were skipped, the commonest reason first."""
    told = [f"{label(name).removeprefix('skipped: ')} {number(n)}" for name, n in done.skipped.items()]
    rest = [f"{number(done.rest)} across the split or without a policy"] if done.rest else []
    return "; ".join(told + rest) or "none"


def table_head(r: CallerResults) -> list[str]:
    held = ["held out", "trades", "one candle late", "dead at zero"]
    money = ["drawdown"] if r.plan.account.limited else []
    training = ["training", "trades"] if r.split_ns is not None else [*("training", "trades"), *held[2:]]
    drawn = ["mean net, shrunk"] if r.across is not None and r.across.shrunk else []
    rest = ["win rate", *money, *drawn, "calls", "survivors", "collapsed"]
    if not r.plan.account.limited:
        rest.remove("collapsed")
    return ["caller, policy", "verdict", *(held if r.split_ns is not None else []), *training, *rest]


def table_row(r: CallerResults, u: UnitResult) -> dict[str, Any]:
    """Cells of a unit; held out first. Without a best policy the second cell says why."""
    name = r.plan.objective
    c = u.shown
    parts = (c.train, c.held_out) if c is not None else (None, None)
    value_train, value_held = (c.value, c.held_out_value) if c is not None else (None, None)
    own = [dict(part.metrics) if part is not None else {} for part in parts]
    shown = own[1] if r.split_ns is not None else own[0]
    again = c.lanes if c is not None else {}
    lanes = [again.get(lane, (None, None))[0 if r.split_ns is None else 1] or {} for lane in (LATE, DEAD)]
    beside = [value_words(r, lane.get(name)) for lane in lanes]
    held = [value_words(r, value_held), number(own[1].get("n_trades"))]
    training = [value_words(r, value_train), number(own[0].get("n_trades"))]
    cells = [*held, *beside, *training] if r.split_ns is not None else [*training, *beside]
    cells.append(metric("win_rate", shown.get("win_rate")))
    if r.plan.account.limited:
        cells.append(metric("max_drawdown", shown.get("max_drawdown")))
    if r.across is not None and r.across.shrunk:
        cells.append(shrunk(r, u))
    left = f"{number(u.n_eligible)} of {number(u.n_calls)}" if u.n_eligible != u.n_calls else number(u.n_calls)
    cells += [left, number(u.n_survivors) if u.surviving else DASH]
    if r.plan.account.limited:
        cells.append(collapsed_words(u))
    word = u.verdict.word if u.verdict is not None else None
    value = gain(name, value_held if r.split_ns is not None else value_train, r.plan.account.initial)
    return {
        "name": u.name,
        "policy": written(c.policy) if c is not None else state_words(u),
        "ranked": c is not None,
        "cells": cells,
        "verdict": str(word) if word is not None else DASH,
        "tone": TONES[word] if word is not None else "none",
        "loss": value is not None and value < 0,
    }


def members(r: CallerResults) -> str:
    """Who is in the group."""
    n = len(r.coverage.plan.calls.callers)
    if not r.plan.filter_collapsed:
        return f"{'The one caller has' if n == 1 else f'All {n:,} callers share'} one account and one policy."
    left = [u.name for u in callers(r) if u.collapsed != "kept"]
    named = f" Left out: {_names(left)}." if left else ""
    return f"The callers that did not collapse, of {n:,}, share one account and one policy.{named}"
