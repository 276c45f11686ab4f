"""The single checks of a verdict: a figure, its threshold, and one sentence a trader can use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.plain import amount
from quantray.stats.checks import Check
from quantray.stats.interval import session_interval
from quantray.stats.overfit import MIN_SESSIONS, overfit_probability
from quantray.stats.reality import reality_check
from quantray.stats.sharpe import deflated_sharpe, sharpes


@dataclass(frozen=True, slots=True)
class Told:
    """What the figures of a verdict are of, where sessions of one position would mislead.

    ``basis`` follows a sum; the others are whole sentences that begin with a space, or nothing.
    """

    candidates: str = "candidates"
    basis: str = ""
    account: str = ""
    account_held_out: str = ""


PLAIN = Told()
MIN_TRADES = 30
MIN_TRAINING_SESSIONS = 5  # below, no sign test can reach 5 %: 1 / 2^4 = 6 %
MIN_HELD_OUT = 3
MAX_P = 0.05
MIN_DEFLATED = 0.95
MAX_PBO = 0.2
MIN_NEIGHBOUR_SHARE = 0.5
MIN_NEIGHBOURS = 3
MAX_CARRIED = 0.1
MAX_QUARANTINED = 0.02


def earns(own: FloatArray1D, value: float | None, told: Told = PLAIN) -> Check:
    """Positive objective and positive net on the training sessions ``own`` [sessions]."""
    total = float(own.sum())
    passed = total > 0 and (value is None or value > 0)
    where = "the calls it was chosen by" if told.basis else "the sessions it was searched on"
    if passed:
        sentence = f"On {where}, it earns {_money(total)} after costs{told.basis}."
    elif total > 0:  # what is summed here earns, what was ranked by does not: both are told
        sentence = f"On {where}, it earns {_money(total)} after costs{told.basis}, but {_ranked(value)}."
    else:
        sentence = f"Even on {where}, the best candidate does not earn after costs ({_money(total)}{told.basis})."
    return Check("earns after costs", total, 0.0, passed, sentence + told.account)


def _ranked(value: float | None) -> str:
    return f"what it was ranked by is not above {'zero' if value == 0 else 'earning nothing'}"


def better_than_luck(
    session_net: FloatArray2D, pick: int, seed: int, told: Told = PLAIN, n_tried: int = 0
) -> tuple[Check, dict[str, Any]]:  # fmt: skip
    """The reality check of the whole family, of ``n_tried`` candidates those that have a value."""
    result = reality_check(session_net, pick, seed=seed)
    if result is None:
        return Check("better than luck", None, MAX_P, None, "Luck could not be judged: the best never traded."), {}
    n, p = result.n_candidates, result.p_value
    among = f"the best of {n:,} {told.candidates}" if n > 1 else "a single candidate"
    if n_tried > n > 1:
        among += f" with a value (of {n_tried:,})"
    if p <= MAX_P:
        sentence = f"Without any edge, {among} looks this good in {_percent(p)} of cases."
    else:
        sentence = f"Luck can explain it: without any edge, {among} looks this good in {_percent(p)} of cases."
        if result.p_family <= MAX_P:
            sentence += " Some other candidate is better than luck, but not provably this one."
    if result.smallest_p > MAX_P:
        sentence += f" {amount(result.n_sessions, 'session')} can never show less than {_percent(result.smallest_p)}."
    figures = {
        "reality_check_p": p,
        "reality_check_p_family": result.p_family,
        "reality_check_smallest_p": result.smallest_p,
        "reality_check_candidates": n,
        "reality_check_flips": result.n_flips,
    }
    return Check("better than luck", p, MAX_P, p <= MAX_P, sentence), figures


def out_of_sample(oos: FloatArray1D | None, value: float | None, told: Told = PLAIN) -> Check:
    """Positive net, and a positive objective where it exists, on the held-out sessions ``oos`` [sessions]."""
    name = "out of sample"
    if oos is None or not oos.size:
        return Check(name, None, 0.0, None, "No sessions were held out, so nothing shows how it does on unseen data.")
    if not np.any(oos):
        return Check(name, 0.0, 0.0, None, f"It did not trade on the {amount(oos.size, 'session')} held out.")
    total = float(oos.sum())
    passed = total > 0 and (value is None or value > 0)
    where, net = amount(oos.size, "unseen session"), f"{_money(total)} net{told.basis}"
    if total > 0 and not passed:
        sentence = f"On {where} it earns {net}, but {_ranked(value)}."
    else:
        sentence = f"On {where} it {'earns' if passed else 'does not earn'} ({net})."
    return Check(name, total, 0.0, passed, sentence + told.account_held_out)


def out_of_sample_bound(oos: FloatArray1D | None, seed: int) -> Check:
    """Lower end of the 90 % interval of the mean net of a held-out session."""
    interval = session_interval(oos, seed=seed) if oos is not None and np.any(oos) else None
    name = "out of sample, lower bound"
    if interval is None:
        return Check(name, None, 0.0, None, "Too few unseen sessions for a range around their mean.")
    return Check(
        name, interval.low, 0.0, interval.low > 0,
        f"Unseen sessions earn {_money(interval.mean)} on average; the 90 % range is {_money(interval.low)} to "
        f"{_money(interval.high)}.",
    )  # fmt: skip


def trades(n: float | int | None) -> Check:
    """Number of trades of the pick."""
    passed = None if n is None else n >= MIN_TRADES
    sentence = "The number of trades is unknown." if n is None else f"It made {amount(int(n), 'trade')}; "
    if n is not None:
        sentence += "enough to look at." if passed else f"under {MIN_TRADES}, a few lucky ones decide everything."
    return Check("trades", n, MIN_TRADES, passed, sentence)


def sessions(own: FloatArray1D) -> Check:
    """Sessions in which the pick earned or lost something: the independent observations there are."""
    n = int(np.count_nonzero(own))
    passed = n >= MIN_TRAINING_SESSIONS
    sentence = f"It traded on {n} of {amount(own.size, 'session')} searched"
    sentence += "." if passed else f"; under {MIN_TRAINING_SESSIONS}, skill and luck look the same."
    return Check("sessions", n, MIN_TRAINING_SESSIONS, passed, sentence)


def held_out(oos: FloatArray1D | None) -> Check:
    """Sessions held out."""
    name = "held-out sessions"
    if oos is None or not oos.size:
        return Check(name, None, MIN_HELD_OUT, None, "Nothing was held out (oos.fraction=0).")
    passed = oos.size >= MIN_HELD_OUT
    sentence = f"{amount(oos.size, 'session')} {'was' if oos.size == 1 else 'were'} held out"
    sentence += "." if passed else f"; at least {MIN_HELD_OUT} are needed to say anything."
    return Check(name, oos.size, MIN_HELD_OUT, passed, sentence)


def deflated(
    own: FloatArray1D, session_net: FloatArray2D, n_tried: int, told: Told = PLAIN
) -> Check:  # fmt: skip
    """The deflated Sharpe ratio; the spread of Sharpe ratios is that of the candidates that have one."""
    ratios = sharpes(session_net)
    known = ratios[~np.isnan(ratios)]
    spread = float(known.std(ddof=1)) if known.size > 1 else 0.0
    value = deflated_sharpe(own, n_tried, spread)
    name = "deflated Sharpe ratio"
    if math.isnan(value):
        return Check(name, None, MIN_DEFLATED, None, "The Sharpe ratio cannot be judged on so few sessions.")
    passed = value >= MIN_DEFLATED
    given = f"{n_tried:,} {told.candidates}" if n_tried != 1 else "a single candidate"
    sentence = f"Its Sharpe ratio beats what {given} give{'s' if n_tried == 1 else ''} by luck with a probability of "
    return Check(name, value, MIN_DEFLATED, passed, f"{sentence}{_percent(value)}.")


def overfit(session_net: FloatArray2D) -> tuple[Check, dict[str, Any]]:
    """The probability of backtest overfitting."""
    name = "holds on the other half"
    result = overfit_probability(session_net)
    if result is None:
        why = f"Picking on one half and checking on the other needs {MIN_SESSIONS} sessions and 2 candidates."
        return Check(name, None, MAX_PBO, None, why), {"pbo": None}
    sentence = (
        f"Picked on half of the sessions, the best falls into the worse half on the others in {_percent(result.pbo)} "
        f"of {result.n_splits} splits."
    )
    figures = {
        "pbo": result.pbo,
        "pbo_loss": result.p_loss,
        "pbo_splits": result.n_splits,
        "pbo_candidates": result.n_candidates,
    }
    return Check(name, result.pbo, MAX_PBO, result.pbo <= MAX_PBO, sentence), figures


def neighbourhood(value: float | None, neighbours: FloatArray1D) -> Check:
    """Median value of the candidates one step away, as a share of the pick's."""
    name = "neighbours agree"
    valued = neighbours[~np.isnan(neighbours)]
    enough = min(MIN_NEIGHBOURS, max(neighbours.size, 2))  # the corner of a grid of two axes has two
    if value is None or value <= 0 or valued.size < enough:
        why = "Too few candidates one step away have a value to say whether it is an isolated peak."
        return Check(name, None, MIN_NEIGHBOUR_SHARE, None, why)
    share = float(np.median(valued)) / value
    passed = share >= MIN_NEIGHBOUR_SHARE
    if share <= 0:
        sentence = f"An isolated peak: half of its {valued.size} neighbours, one step away, do not earn."
    else:
        what = "keep" if passed else "keep only"
        sentence = f"Candidates one step away {what} {_percent(share)} of its value (median of {valued.size})."
    return Check(name, share, MIN_NEIGHBOUR_SHARE, passed, sentence)


def one_session(own: FloatArray1D) -> Check:
    """Net without the best session."""
    rest = float(own.sum() - own.max()) if own.size else 0.0
    passed = rest > 0
    kept = f"it still earns {_money(rest)}" if passed else f"it loses {_money(-rest)}" if rest else "nothing is left"
    sentence = f"Without its best session {kept}."
    return Check("not one lucky session", rest, 0.0, passed, sentence)


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
    sentence = f"{_percent(worst)} of fills are at prices carried from an earlier second"
    sentence += "." if passed else "; a real order might not have got them."
    return Check("fresh prices", worst, MAX_CARRIED, passed, sentence)


#: Trades that hold across a change of scale, among the counts of what is wrong with the data.
RESCALED = "rescaled_trades"


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
    sentence = f"{_percent(worst)} of {what} had to be set aside as wrong." if worst else "No data was set aside."
    return Check("clean data", worst, MAX_QUARANTINED, worst <= MAX_QUARANTINED, sentence)


def _money(amount: float) -> str:
    return f"{amount:,.2f}".replace("-", "−")


def _percent(share: float) -> str:
    points = 100 * share
    if 0 < points < 0.1:
        return "under 0.1 %"
    return f"{points:.1f} %" if points < 10 and points != round(points) else f"{points:.0f} %"
