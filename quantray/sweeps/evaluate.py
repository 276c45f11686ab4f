"""evaluate(plan, slice, candidates): the heart. Pure: the same plan, slice and candidate give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.errors import ConfigError
from quantray.failures import OWN, told
from quantray.space import Candidates
from quantray.sweeps.candidates import Prepared, check_fields, prepare
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import _REFUSED, _WHOLE, METRICS, Metrics
from quantray.sweeps.plan import Plan
from quantray.sweeps.tables import Tables
from quantray.sweeps.trades import ExitReason, Trades
from quantray.sweeps.validity import reason

#: Beyond it a net per session is no amount of money, and its square no number.
MOST_NET = 1e100


def evaluate(plan: Plan, market: Slice, candidates: Candidates, *, full: bool = True) -> Metrics:
    """Metrics of every candidate on the slice.

    ``full=False`` computes the core columns only (count, sums, win rate, profit factor, return on risk, Sharpe,
    per-session sums). One bad candidate has a reason in ``why``; it never ends the others.
    """
    strategy = plan.strategy.resolved
    if not plan.strategy.gives_signals:
        return _boxed(plan, market, candidates, strategy, full)
    prepared = prepare(plan, market, candidates, strategy)
    return _score(plan, market, prepared, full)


def _score(plan: Plan, market: Slice, p: Prepared, full: bool) -> Metrics:
    from quantray.sweeps.kernels.score import N_ALL, N_CORE, score

    out = np.full((len(p.group), N_ALL if full else N_CORE), np.nan)
    by_session = np.zeros((len(p.group), len(market)))
    counts = np.zeros((len(p.group), 9), np.int64)
    t = p.tables
    if t is not None:
        cash, most = plan.capital.initial, plan.capital.max_open_positions
        score(
            p.group, p.tp, p.sl, p.held, p.stop_percent, t.ptr, t.entry, t.when,
            t.exit_bar, t.net, t.last_reason, t.no_bid, t.session, t.entry_bar, t.entry_cost, t.size,
            t.entry_carried, t.exit_carried, len(p.levels.take_profit), len(p.levels.stop_loss),
            plan.capital.contracts * plan.fees.per_contract(), float(market.sessions[0].interval_s),
            np.inf if cash is None else float(cash), 2**31 - 1 if most is None else most, full, by_session, out,
        )  # fmt: skip
        counts = t.counts[p.group]
    if p.rows is not None:  # candidates that failed have no numbers, least of all another one's
        out, by_session, counts = (_spread(column, p.rows, p.n) for column in (out, by_session, counts))
    return _metrics(market, out, by_session, counts, p.why, full)


def _spread(part: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """The rows of ``part`` at their places among ``n``; NaN, or 0 of a whole number, elsewhere."""
    whole = np.full((n, part.shape[1]), np.nan if part.dtype.kind == "f" else 0, part.dtype)
    whole[rows] = part
    return whole


def _metrics(
    market: Slice, out: np.ndarray, by_session: np.ndarray, counts: np.ndarray, why: Mapping[int, str], full: bool
) -> Metrics:
    """Columns of finite numbers: what overflows does not exist, and a candidate whose net does fails."""
    said = dict(why)
    with np.errstate(invalid="ignore"):
        beyond = ~(np.abs(by_session) <= MOST_NET).all(axis=1)
    beyond[list(why)] = False
    for i in np.flatnonzero(beyond).tolist():
        k = int(np.argmax(~(np.abs(by_session[i]) <= MOST_NET)))
        said[i] = f"its net of {market.sessions[k].date} is {by_session[i, k]:.3g}: prices or sizes beyond any market"
    if said:
        failed = list(said)
        out[failed], by_session[failed], counts[failed] = np.nan, 0.0, 0
    out[~np.isfinite(out)] = np.nan
    return Metrics(_columns(out, counts, full), by_session, said)


def _columns(out: np.ndarray, counts: np.ndarray, full: bool) -> dict[str, np.ndarray]:
    from quantray.sweeps.kernels.score import CORE, LISTED

    named = {name: out[:, j] for j, name in enumerate((*CORE, *LISTED) if full else CORE)}
    if full:
        for j, name in enumerate((*_REFUSED[:7], "n_signals", "n_signals_carried")):
            named[name] = counts[:, j]
    columns = {}
    for name in METRICS:
        if name in named:
            c = named[name]
            columns[name] = (
                np.where(np.isnan(c), 0, c).astype(np.int64) if name in _WHOLE and c.dtype.kind == "f" else c
            )
    return columns


def trades(plan: Plan, market: Slice, params: Mapping[str, Any]) -> Trades:
    """The executed trades of one candidate, in (session, entry, signal, side) order."""
    strategy = plan.strategy.resolved
    one = Candidates.of([dict(params)]) if params else Candidates((), (), np.zeros((1, 0), np.int32))
    if not plan.strategy.gives_signals:
        check_fields(strategy, one.names)
        return _checked_trades(strategy(**{**plan.strategy.params, **params}).trades(market, plan), market)
    p = prepare(plan, market, one, strategy)
    if p.tables is None:
        _raise_again(strategy, {**plan.strategy.params, **params}, market)
        raise ConfigError(f"this candidate cannot be evaluated: {p.why[0]}")
    return _listed(plan, p, p.tables)


def _raise_again(strategy: type, params: Mapping[str, Any], market: Slice) -> None:
    """What the strategy's own code raises for these parameters, as it raises it."""
    made = strategy(**params)
    for session in market.sessions:
        made.signals(session)


def _listed(plan: Plan, p: Prepared, t: Tables) -> Trades:
    from quantray.sweeps.kernels.score import affordable
    from quantray.sweeps.kernels.touch import first_exit

    e = t.entry
    cost = t.entry_cost[e] * t.size[e]
    k = np.array([first_exit(t.when[i], p.tp[0], p.sl[0], p.held[0]) for i in e], np.int64)
    n_tp, n_sl = len(p.levels.take_profit), len(p.levels.stop_loss)
    last = t.when.shape[1] - 1
    reason = np.where(k == last, t.last_reason[e], np.where(k < n_tp, 2, np.where(k < n_tp + n_sl, 3, 4)))
    fees = np.full(len(e), plan.capital.contracts * plan.fees.per_contract())
    keep = np.ones(len(e), bool)
    cash, most = plan.capital.initial, plan.capital.max_open_positions
    if cash is not None or most is not None:
        affordable(
            t.session[e], t.entry_bar[e], t.exit_bar[e, k], cost + 0.5 * fees, t.net[e, k], len(e),
            np.inf if cash is None else float(cash), 2**31 - 1 if most is None else most, keep, np.zeros(2, np.int64),
        )  # fmt: skip
    stop = abs(p.stop_percent[0]) / 100.0
    columns = (
        t.session[e], t.signal_bar, t.origin_bar, t.side, t.contract[e], t.entry_bar[e], t.exit_bar[e, k],
        t.entry_price[e], t.exit_price[e, k], reason, fees, t.net[e, k], cost * stop + fees,
        t.entry_carried[e], t.exit_carried[e, k],
    )  # fmt: skip
    return Trades(*(np.asarray(c)[keep] for c in columns))


def _checked_trades(found: Any, market: Slice) -> Trades:
    """Trades a black box returned, or a sentence about what is wrong with them."""
    if not isinstance(found, Trades):
        raise TypeError(f"trades() must return quantray.Trades, got {type(found).__name__}")
    if not len(found):
        return found
    if not (np.isfinite(found.net).all() and np.isfinite(found.risk).all()):
        raise ValueError("trades() returned a net or risk that is not finite")
    if (found.risk < 0).any():
        raise ValueError(f"trades() returned a negative risk: {found.risk.min()}")
    for name in ("session", "entry_bar", "exit_bar", "reason"):
        if not np.issubdtype(getattr(found, name).dtype, np.integer):
            raise ValueError(f"trades() must return whole numbers as {name}, got {getattr(found, name).dtype}")
    if found.session.min() < 0 or found.session.max() >= len(market):
        raise ValueError(f"trades() returned sessions outside [0, {len(market)})")
    if found.reason.min() < 0 or found.reason.max() > max(ExitReason):
        raise ValueError(
            f"trades() returned reasons outside [0, {max(ExitReason):d}], see quantray.sweeps.trades.ExitReason"
        )
    if (found.exit_bar < found.entry_bar).any():
        raise ValueError("trades() returned an exit before its entry")
    if (np.diff(found.session) < 0).any():
        raise ValueError("trades() must be ordered by session and entry")
    return found


def summarise(t: Trades, n_sessions: int, interval_s: float) -> tuple[FloatArray1D, FloatArray1D]:
    """Metrics of a list of trades, as the kernels order them, and its net per session [n_sessions]."""
    from quantray.sweeps.kernels.score import N_ALL, summarise_core, summarise_listed

    out, by_session, traded = np.full(N_ALL, np.nan), np.zeros(n_sessions), np.zeros(n_sessions, np.int32)
    net, session = t.net.astype(float), t.session.astype(np.int32)
    summarise_core(net, t.risk.astype(float), session, len(t), traded, by_session, out)
    flags = [c.astype(bool) for c in (np.zeros(len(t)), t.entry_carried, t.exit_carried)]
    summarise_listed(
        net, session, t.entry_bar.astype(np.int32), t.exit_bar.astype(np.int32), t.reason.astype(np.int8), *flags,
        len(t), interval_s, np.empty(len(t), np.int32), np.empty(len(t)), out,
    )  # fmt: skip
    return out, by_session


def _boxed(plan: Plan, market: Slice, candidates: Candidates, strategy: type, full: bool) -> Metrics:
    from quantray.sweeps.kernels.score import N_ALL

    n = len(candidates)
    check_fields(strategy, candidates.names)
    out = np.full((n, N_ALL), np.nan)
    by_session = np.zeros((n, len(market)))
    why: dict[int, str] = {}
    for i in range(n):
        try:
            made = strategy(**{**plan.strategy.params, **candidates.params(i)})
        except OWN as error:
            why[i] = reason(error)
            continue
        try:
            t = _checked_trades(made.trades(market, plan), market)
        except OWN as error:  # the user's own code: whatever it raises belongs to this candidate
            why[i] = told(error)
            continue
        out[i], by_session[i] = summarise(t, len(market), float(market.sessions[0].interval_s))
    return _metrics(market, out, by_session, np.zeros((n, 9), np.int64), why, full)
