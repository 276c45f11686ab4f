"""Whether to believe a winner: net per UTC day of every policy it was picked from, and the checks on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from quantray import plain
from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import DAY_NS, returns
from quantray.callers.policies.program import Program
from quantray.callers.policies.tables import Tables
from quantray.stats import judgements as judge
from quantray.stats.checks import Check, Verdict, Word
from quantray.stats.judgements import Told
from quantray.stats.verdict_of_the_peak import Evidence, verdict

Row = Mapping[str, float | int | None]
#: Returns that are held in memory at a time.
AT_ONCE = 4_000_000
#: Shares of the candles' quality that count against a result, under the names that the verdict reads.
_WRONG = ("undated_share", "conflicts_share", "inconsistent_share", "nonpositive_share")


def position(account: Account) -> float:
    """The position in which net per day is told: the largest that the account allows at its start."""
    return account.amount if account.sizing == "fixed" else account.initial * account.max_allocation_pct


def net_per_day(
    tables: Tables, program: Program, costs: Costs, first_ns: int, last_ns: int, size: float = 1.0
) -> FloatArray2D:
    """What every policy earns per UTC day of entry when every call is traded with ``size``, no account, [P, days].

    Days run from that of ``first_ns`` to that of ``last_ns``, or of the last entry.
    """
    entry = tables.entry_ns.reshape(-1, tables.ways)
    entered = ~np.isnan(tables.price.reshape(-1, tables.ways))
    first = first_ns // DAY_NS
    last = max(last_ns, int(entry[entered].max(initial=last_ns))) // DAY_NS
    out = np.zeros((len(program), last - first + 1))
    step = max(1, AT_ONCE // max(tables.n_calls, 1))
    for start in range(0, len(program), step):
        rows = np.arange(start, min(start + step, len(program)))
        some = program.take(rows)
        net = np.nan_to_num(returns(tables, some, costs)[0])
        for way in np.unique(some.variant).tolist():
            mine = np.flatnonzero(some.variant == way)
            day = np.where(entered[:, way], entry[:, way] // DAY_NS - first, -1)
            for d in np.unique(day[day >= 0]).tolist():
                out[rows[mine], d] = size * net[day == d][:, mine].sum(axis=0)
    return out


def judged(
    plan: CallerPlan, family: FloatArray2D, pick: int, held_out: FloatArray1D | None, metrics: Row,
    values: tuple[float | None, float | None], neighbours: Sequence[float | None], quality: Mapping[str, float],
    held_metrics: Row | None = None,
) -> Verdict:  # fmt: skip
    """The verdict on the row ``pick`` of the family [policies, days]. ``values``: objective in training, held out.

    ``metrics`` and ``held_metrics`` are of the pick on its account. Where trades or days are too few for it to be
    believed, nothing is resampled.
    """
    zero = {"final_capital": plan.account.initial, "profit_factor": 1.0}.get(plan.objective, 0.0)
    above = [None if v is None else v - zero for v in (*values, *neighbours)]
    ended = metrics.get("end_of_data_share")
    evidence = Evidence(
        session_net=family,
        pick=pick,
        value=above[0],
        metrics={**metrics, "carried_entry_share": 0.0, "carried_exit_share": ended},
        n_tried=len(plan.policies),
        neighbours=[np.nan if v is None else v for v in above[2:]],
        quality={
            "quarantined_candles_share": max(quality.get(name, 0.0) for name in _WRONG),
            judge.RESCALED: quality.get(judge.RESCALED, 0),
        },
        oos_session_net=held_out,
        oos_value=above[1],
        seed=plan.seed,
        told=Told(
            "policies", f" with every call traded at {position(plan.account):,.2f}",
            _account(plan, metrics), _account(plan, held_metrics),
        ),
    )  # fmt: skip
    found = _too_little(evidence) or verdict(evidence)
    checks = tuple(replace(check, sentence=_in_days(check.sentence)) for check in found.checks)
    figures = {**found.figures, "position": position(plan.account)}
    return Verdict(found.word, _in_days(found.headline), checks, figures)


def _in_days(sentence: str) -> str:
    """What is a session of an exchange elsewhere is a UTC day here."""
    return sentence.replace("session", "day")


def _account(plan: CallerPlan, metrics: Row | None) -> str:
    """What became of the account itself, which not every call fits into: the other figure of the same trades."""
    final = (metrics or {}).get("final_capital")
    if not plan.account.limited or final is None:
        return ""
    change, n = final - plan.account.initial, (metrics or {}).get("n_trades") or 0
    verb = "gained" if change > 0 else "lost" if change < 0 else "kept what it had"
    amount = f" {abs(change):,.2f}" if change else ""
    return f" Its account, with the {plain.amount(int(n), 'trade')} that it could make, {verb}{amount}."


def _too_little(e: Evidence) -> Verdict | None:
    """The verdict on too few trades or days, from the checks that need no resampling; None where there are enough."""
    own = np.asarray(e.session_net[e.pick])
    checks: tuple[Check, ...] = (judge.trades(e.metrics.get("n_trades")), judge.sessions(own))
    if all(c.passed for c in checks):
        return None
    oos = None if e.oos_session_net is None else np.asarray(e.oos_session_net)
    against = (judge.earns(own, e.value, e.told), judge.out_of_sample(oos, e.oos_value, e.told))
    clean = judge.data_quality(e.quality)
    unclean = (clean,) if clean.passed is False else ()
    speaks = [c for c in against if c.passed is False]
    blocking = speaks or [c for c in checks if c.passed is False]
    return Verdict(
        Word.DISBELIEVE if speaks else Word.TOO_LITTLE_DATA,
        " ".join(c.sentence for c in blocking),
        (*against, *checks, judge.held_out(oos), judge.one_session(own), *unclean),
        {"n_tried": e.n_tried, "n_sessions": int(own.size)},
    )
