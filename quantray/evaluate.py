"""evaluate(plan, slice, candidates): the heart. Pure: the same plan, slice and candidate give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantray.entries import Tables
from quantray.errors import ConfigError
from quantray.objectives import violations
from quantray.plan import Plan
from quantray.sharing import Prepared, check_fields, prepare
from quantray.space import Candidates, candidate_digest
from quantray.targets import resolve
from quantray.types import Metrics, Refusal, Slice, Trades, Trial, TrialState, plain

_REFUSED = tuple(f"refused_{r.name.lower()}" for r in Refusal)
_EXITS = ("emergency", "end_of_day", "take_profit", "stop_loss", "time", "end_of_data")
#: Every metric of a trial, in the order of its columns.
METRICS = (
    "n_trades", "n_sessions", "win_rate", "return_on_risk_percent", "expectancy", "avg_risk", "profit_factor",
    "total_pnl", "sharpe", "max_drawdown", "median_net", "p05_net", "mean_duration_s", "max_duration_s",
    *(f"exits_{name}" for name in _EXITS), "no_bid_at_close", "carried_entry_share", "carried_exit_share",
    *_REFUSED, "n_signals", "n_signals_carried",
)  # fmt: skip
_WHOLE = frozenset(
    name for name in METRICS if name.startswith(("n_", "exits_", "refused_")) or name == "no_bid_at_close"
)


def evaluate(plan: Plan, slice: Slice, candidates: Candidates, *, full: bool = True) -> Metrics:
    """Metrics of every candidate on the slice.

    ``full=False`` computes the core columns only (count, sums, win rate, profit factor, return on risk, Sharpe,
    per-session sums). One bad candidate has a reason in ``why``; it never ends the others.
    """
    strategy = resolve(plan.strategy.target)
    if not hasattr(strategy, "signals"):
        return _black_box(plan, slice, candidates, strategy, full)
    prepared = prepare(plan, slice, candidates, strategy)
    return _score(plan, slice, prepared, full)


def _score(plan: Plan, slice: Slice, p: Prepared, full: bool) -> Metrics:
    from quantray.kernels.score import N_ALL, N_CORE, score

    n = len(p.group)
    out = np.full((n, N_ALL if full else N_CORE), np.nan)
    by_session = np.zeros((n, len(slice)))
    rows = np.flatnonzero(p.group >= 0) if p.why else _everything(n)
    t = p.tables
    if t is not None:
        part = out[rows] if p.why else out
        sums = by_session[rows] if p.why else by_session
        cash, most = plan.capital.initial, plan.capital.max_open_positions
        score(
            p.group[rows], p.tp[rows], p.sl[rows], p.held[rows], p.stop_percent[rows], t.ptr, t.entry, t.when,
            t.exit_bar, t.net, t.last_reason, t.no_bid, t.session, t.entry_bar, t.entry_cost, t.size,
            t.entry_carried, t.exit_carried, len(p.levels.take_profit), len(p.levels.stop_loss),
            plan.capital.contracts * plan.fees.per_contract(), float(slice.sessions[0].interval_s),
            np.inf if cash is None else float(cash), 2**31 - 1 if most is None else most, full, sums, part,
        )  # fmt: skip
        out[rows], by_session[rows] = part, sums
    return Metrics(_columns(out, t.counts if t is not None else None, p.group, full), by_session, p.why)


def _everything(n: int) -> Any:
    return slice(0, n)


def _columns(out: np.ndarray, counts: np.ndarray | None, group: np.ndarray, full: bool) -> dict[str, np.ndarray]:
    from quantray.kernels.score import CORE, LISTED

    named = {name: out[:, j] for j, name in enumerate((*CORE, *LISTED) if full else CORE)}
    if full:
        shared = np.zeros((1, 9), np.int64) if counts is None else counts
        for j, name in enumerate((*_REFUSED[:7], "n_signals", "n_signals_carried")):
            named[name] = shared[group, j]
    columns = {}
    for name in METRICS:
        if name in named:
            c = named[name]
            columns[name] = (
                np.where(np.isnan(c), 0, c).astype(np.int64) if name in _WHOLE and c.dtype.kind == "f" else c
            )
    return columns


def trades(plan: Plan, slice: Slice, params: Mapping[str, Any]) -> Trades:
    """The executed trades of one candidate, in (session, entry, signal, side) order."""
    strategy = resolve(plan.strategy.target)
    one = Candidates.of([dict(params)]) if params else Candidates((), (), np.zeros((1, 0), np.int32))
    if not hasattr(strategy, "signals"):
        check_fields(strategy, one.names)
        return _checked_trades(strategy(**{**plan.strategy.params, **params}).trades(slice, plan), slice)
    p = prepare(plan, slice, one, strategy)
    if p.tables is None:
        raise ConfigError(f"this candidate cannot be evaluated: {p.why[0]}")
    return _listed(plan, p, p.tables)


def _listed(plan: Plan, p: Prepared, t: Tables) -> Trades:
    from quantray.kernels.score import affordable
    from quantray.kernels.touch import first_exit

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


def _checked_trades(found: Any, slice: Slice) -> Trades:
    """Trades a black box returned, or a sentence about what is wrong with them."""
    if not isinstance(found, Trades):
        raise TypeError(f"trades() must return quantray.Trades, got {type(found).__name__}")
    if len(found) and not (np.isfinite(found.net).all() and np.isfinite(found.risk).all()):
        raise ValueError("trades() returned a net or risk that is not finite")
    if len(found) and (found.session.min() < 0 or found.session.max() >= len(slice)):
        raise ValueError(f"trades() returned sessions outside [0, {len(slice)})")
    if len(found) and (found.exit_bar < found.entry_bar).any():
        raise ValueError("trades() returned an exit before its entry")
    if len(found) and (np.diff(found.session) < 0).any():
        raise ValueError("trades() must be ordered by session and entry")
    return found


def _black_box(plan: Plan, slice: Slice, candidates: Candidates, strategy: type, full: bool) -> Metrics:
    from quantray.kernels.score import N_ALL, summarise_core, summarise_listed

    n = len(candidates)
    check_fields(strategy, candidates.names)
    out = np.full((n, N_ALL), np.nan)
    by_session = np.zeros((n, len(slice)))
    traded = np.zeros(len(slice), np.int32)
    why: dict[int, str] = {}
    for i in range(n):
        try:
            t = _checked_trades(strategy(**{**plan.strategy.params, **candidates.params(i)}).trades(slice, plan), slice)
        except Exception as error:  # the user's own code: whatever it raises belongs to this candidate
            why[i] = f"{type(error).__name__}: {error}"
            continue
        net, session = t.net.astype(float), t.session.astype(np.int32)
        summarise_core(net, t.risk.astype(float), session, len(t), traded, by_session[i], out[i])
        flags = [c.astype(bool) for c in (np.zeros(len(t)), t.entry_carried, t.exit_carried)]
        summarise_listed(
            net, session, t.entry_bar.astype(np.int32), t.exit_bar.astype(np.int32), t.reason.astype(np.int8), *flags,
            len(t), float(slice.sessions[0].interval_s), np.empty(len(t), np.int32), np.empty(len(t)), out[i],
        )  # fmt: skip
    return Metrics(_columns(out, None, np.zeros(n, np.int64), full), by_session, why)


def outcome(plan: Plan, metrics: Metrics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """State (0 COMPLETE, 1 PRUNED, 2 FAIL) [N], value [N] (NaN where there is none) and violations [N, bounds]."""
    n = len(metrics)
    value = np.asarray(metrics.columns[plan.objective], float).copy()
    state = np.zeros(n, np.int8)
    state[~np.isfinite(value)] = 1
    state[metrics.columns["n_trades"] < plan.constraints.min_trades] = 1
    state[list(metrics.why)] = 2
    value[state != 0] = np.nan
    return state, value, violations(plan.constraints, metrics.columns, n)


def trial_of(
    plan: Plan,
    metrics: Metrics,
    params: Mapping[str, Any],
    i: int,
    state: np.ndarray,
    value: np.ndarray,
    violation: np.ndarray,
) -> Trial:
    """Row ``i`` of an evaluation as a trial; the last three are :func:`outcome`'s."""
    few = metrics.columns["n_trades"][i] < plan.constraints.min_trades
    why = (None, "too_few_trades" if few else f"no_{plan.objective}", metrics.why.get(i))[state[i]]
    failed = state[i] == 2
    return Trial(
        digest=candidate_digest(params),
        params=params,
        state=tuple(TrialState)[state[i]],
        value=plain(value[i]),
        violations=() if failed else tuple(violation[i].tolist()),
        metrics={} if failed else metrics.row(i),
        session_net=() if failed else tuple(metrics.session_net[i].tolist()),
        why=why,
    )


def evaluate_trials(plan: Plan, slice: Slice, candidates: Candidates) -> list[Trial]:
    """The candidates as trials, in their order: what a sampled search stores."""
    metrics = evaluate(plan, slice, candidates)
    found = outcome(plan, metrics)
    return [trial_of(plan, metrics, candidates.params(i), i, *found) for i in range(len(candidates))]
