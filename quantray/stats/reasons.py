"""The reasons behind a verdict: for each a figure, its threshold, and one sentence a trader can use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.plain import amount
from quantray.stats.checks import Check
from quantray.stats.guards import LEVEL as GUARD_LEVEL
from quantray.stats.guards import lag_one, left_skew, runs
from quantray.stats.held_out import MIN_UNITS, HeldOut
from quantray.stats.wording import Unit, capital, money, percent

if TYPE_CHECKING:
    from quantray.stats.survivors import Survivors

MAX_CARRIED = 0.1
MAX_QUARANTINED = 0.02
#: Of the signals of a unit that may be told with hindsight: above, a result is at most doubtful.
MAX_EDITED = 0.05
#: Trades that hold across a change of scale, among the counts of what is wrong with the data.
RESCALED = "rescaled_trades"


def survive(survivors: Survivors, adaptive: bool, candidate: Unit, kept: int | None = None) -> Check:
    """How many of the family survive the step-down maximum test, and of these ``kept`` every bound (None: all)."""
    s, n = survivors, int(np.count_nonzero(survivors.mask))
    kept = n if kept is None else kept
    name = "survivors"
    if s.untested:
        return Check(name, None, 1.0, None, s.untested)
    of = f"of {candidate.count(s.n_candidates)}"
    if not n:
        sentence = f"Nothing survives: without any edge, the best {of} looks this good in {percent(s.p_family)} of "
        sentence += f"cases, where {percent(s.level)} are allowed."
        return Check(name, 0.0, 1.0, False, sentence)
    if not kept:
        sentence = f"Nothing survives: {n:,} {of} {'passes' if n == 1 else 'pass'} the test, and none of them meets "
        return Check(name, 0.0, 1.0, False, sentence + "every bound with an objective, so there is nothing to pick.")
    bounded = f" (of {n:,} that pass the test, those that meet every bound)" if kept < n else ""
    if adaptive:
        sentence = f"{kept:,} {of} {'passes' if kept == 1 else 'pass'} the filter{bounded}; where the search chose "
        sentence += "what to evaluate, that is no evidence, and the word rests on unseen data alone."
    else:
        sentence = f"{kept:,} {of} {'survives' if kept == 1 else 'survive'}{bounded}: without any edge, not one of "
        sentence += f"them all would, in {percent(1 - s.level)} of cases."
    return Check(name, float(kept), 1.0, True, sentence)


def searched(own: FloatArray1D, unit: Unit) -> Check:
    """Searched units in which the pick's ``own`` nets [units] are not 0: the independent observations there are."""
    n = int(np.count_nonzero(own))
    sentence = f"It traded on {n:,} of {unit.count(own.size, 'searched')}"
    sentence += "." if n >= MIN_UNITS else f"; under {MIN_UNITS}, skill and luck look the same."
    return Check(f"searched {unit.many}", float(n), float(MIN_UNITS), n >= MIN_UNITS, sentence)


def held_out_units(n_units: int | None, test: HeldOut | None, unit: Unit) -> Check:
    """Held-out units with trades (of the pick, or all of them where there is no pick), and how many are missing."""
    name = f"held-out {unit.many}"
    if not n_units:
        sentence = f"No {unit.many} were held out, so nothing shows how it does on unseen data (oos.fraction=0)."
        return Check(name, 0.0, float(MIN_UNITS), False, sentence)
    n = n_units if test is None else test.n_traded
    missing = max(0, MIN_UNITS - n)
    if test is None:
        sentence = f"{unit.count(n_units)} {'was' if n_units == 1 else 'were'} held out"
    else:
        sentence = f"It traded on {n:,} of {unit.count(n_units, 'unseen')}"
    if missing:
        sentence += f"; {MIN_UNITS} are needed to tell skill from luck, so {missing} more "
        sentence += f"{'is' if missing == 1 else 'are'} missing"
    return Check(name, float(n), float(MIN_UNITS), not missing, sentence + ".")


def earns_unseen(test: HeldOut, unit: Unit, basis: str, account: str) -> Check:
    """Net of the pick on the held-out units."""
    if not test.n_units:
        return Check(f"unseen {unit.many}", None, 0.0, None, f"There are no unseen {unit.many} to earn anything on.")
    where = unit.count(test.n_units, "unseen")
    if test.total > 0:
        sentence = f"On {where} it earns {money(test.total)}{basis}."
    elif test.total < 0:
        sentence = f"On {where} it loses {money(-test.total)}{basis}."
    else:
        sentence = f"On {where} it earns nothing{basis}."
    return Check(f"unseen {unit.many}", test.total, 0.0, test.total > 0, sentence + account)


def luck_unseen(test: HeldOut, alpha: float, bar: str) -> Check:
    """The one-sided test on the held-out units."""
    name = "luck on unseen data"
    if test.p_value is None or test.smallest_p is None:
        return Check(name, None, alpha, None, "Too few of them have trades to ask what luck would give.")
    passed = test.p_value <= alpha
    sentence = f"Luck alone does as well there in {percent(test.p_value)} of cases, where {percent(alpha)} are allowed"
    sentence += f"{bar}."
    if test.smallest_p > alpha:
        sentence += f" So few could never show less than {percent(test.smallest_p)}."
    return Check(name, test.p_value, alpha, passed, sentence)


def guarded(net: FloatArray1D, unit: Unit) -> tuple[Check, ...]:
    """What the sign flips take for granted, on the pick's searched and held-out ``net`` [units] in time order."""
    lag, skew = lag_one(net), left_skew(net)
    alike = {
        True: f"No sign that a {unit.one} resembles the one before.",
        False: f"A {unit.one} resembles the one before, so there are fewer independent ones than the test counts.",
        None: f"Whether {unit.many} resemble each other cannot be judged on these.",
    }
    tail = {
        True: "No sign of many small gains paid for by a rare large loss.",
        False: "Many small gains and a rare large loss: the test believes such results too easily.",
        None: "Whether a rare large loss hides behind small gains cannot be judged on these.",
    }
    return (
        Check(f"independent {unit.many}", lag.p_value, GUARD_LEVEL, lag.holds, alike[lag.holds]),
        _in_turn(net, unit),
        Check("no rare large loss", skew.p_value, GUARD_LEVEL, skew.holds, tail[skew.holds]),
    )


def _in_turn(net: FloatArray1D, unit: Unit) -> Check:
    found, signs = runs(net), np.unique(np.sign(net[net != 0]))
    if signs.size == 1:  # nothing comes in runs where all is alike
        sentence = f"It {'gained' if signs[0] > 0 else 'lost'} in every {unit.one} it traded in: there are no runs."
        return Check("runs", None, GUARD_LEVEL, True, sentence)
    sentence = {
        True: "Gains and losses come in no longer runs than chance gives.",
        False: "Gains and losses come in long runs, so the test counts more independent ones than there are.",
        None: "Too few gains and losses to look for runs.",
    }[found.holds]
    return Check("runs", found.p_value, GUARD_LEVEL, found.holds, sentence)


def family_guarded(family: FloatArray1D | None, candidate: Unit) -> Check:
    """The guard against a rare large loss on the mean net of the whole family per searched unit, ``family`` [units].

    Of many that sell insurance some never met the loss, and the tests choose among these: their own nets cannot show
    what the nets of their relatives do.
    """
    name = "no rare large loss of others"
    if family is None:
        return Check(name, None, GUARD_LEVEL, None, f"What the other {candidate.many} earned is unknown.")
    found, others = left_skew(family), f"the other {candidate.many} pay for many small gains with a rare large loss"
    sentence = {
        True: f"No sign that {others}.",
        False: f"{capital(others)}, which this one may only have been lucky to miss.",
        None: f"Whether {others} cannot be judged on these.",
    }[found.holds]
    return Check(name, found.p_value, GUARD_LEVEL, found.holds, sentence)


def carried_fills(metrics: Mapping[str, float | int | None], quotes: bool = False) -> Check:
    """The larger share of entries or exits that were filled at a price carried from an earlier second.

    With ``quotes`` nothing speaks against it: a quote stands, and can be dealt on, until it is replaced.
    """
    if quotes:
        return Check("fresh prices", None, MAX_CARRIED, True, "It deals on quotes, which stand until replaced.")
    shares = [metrics.get("carried_entry_share"), metrics.get("carried_exit_share")]
    known = [s for s in shares if s is not None]
    if not known:
        return Check("fresh prices", None, MAX_CARRIED, None, "The age of the fill prices is unknown.")
    worst = max(known)
    passed = worst <= MAX_CARRIED
    sentence = f"{percent(worst)} of fills are at prices carried from an earlier second"
    sentence += "." if passed else "; a real order might not have got them."
    return Check("fresh prices", worst, MAX_CARRIED, passed, sentence)


def data_quality(quality: Mapping[str, float]) -> Check:
    """The largest share of quarantined quotes, prints or sessions (keys ending in ``_share``).

    Data of which trades hold across a change of the price's scale are not clean, whatever the shares.
    """
    rescaled = int(quality.get(RESCALED, 0))
    if rescaled:
        trades = amount(rescaled, "trade holds", "trades hold")
        return Check("clean data", float(rescaled), 0.0, False,
                     f"{trades} across a change of the price's scale: no market paid that.")  # fmt: skip
    shares = {k: float(v) for k, v in quality.items() if k.startswith("quarantined_") and k.endswith("_share")}
    if not shares:
        return Check("clean data", None, MAX_QUARANTINED, None, "The quality of the data is unknown.")
    name, worst = max(shares.items(), key=lambda item: item[1])
    what = name.removeprefix("quarantined_").removesuffix("_share")
    sentence = f"{percent(worst)} of {what} had to be set aside as wrong." if worst else "No data was set aside."
    return Check("clean data", worst, MAX_QUARANTINED, worst <= MAX_QUARANTINED, sentence)


def told_in_time(edited: float) -> Check:
    """The share of signals that were changed after they were given, and may say what was known only later."""
    passed = edited <= MAX_EDITED
    sentence = f"{percent(edited)} of its calls were edited after they were made"
    sentence += "." if passed else "; an edited call may have been written when its outcome was known."
    return Check("calls as they were made", edited, MAX_EDITED, passed, sentence if edited else "No call was edited.")
