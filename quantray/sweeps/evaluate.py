"""evaluate(plan, slice, candidates): the heart. Pure: the same plan, slice and candidate give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from quantray.errors import ConfigError
from quantray.failures import OWN, told
from quantray.measures import Unit
from quantray.space import Candidates
from quantray.sweeps.candidates import Prepared, check_fields, prepare
from quantray.sweeps.market import Outline, Slice
from quantray.sweeps.metrics import CORE, COUNTED, METRICS, Metric, Metrics
from quantray.sweeps.plan import Capital, Plan
from quantray.sweeps.tables import Levels, Tables
from quantray.sweeps.trades import ExitReason, Trades
from quantray.sweeps.validity import reason

if TYPE_CHECKING:
    from quantray.sweeps.kernels.columns import Outcome

#: Beyond it a net per session is no amount of money, and its square no number.
MOST_NET = 1e100

#: Of each metric its name, whether it is an amount, a whole number or counted on the way, and its row there.
_PLACES = [(m.key, 2, COUNTED.index(m)) if m in COUNTED else (m.key, int(m.unit is Unit.COUNT), int(m)) for m in Metric]


def evaluate(plan: Plan, market: Slice, candidates: Candidates, *, full: bool = True) -> Metrics:
    """Metrics of every candidate on the slice.

    ``full=False`` computes the core columns only (count, sums, win rate, profit factor, return on risk, Sharpe,
    per-session sums). One bad candidate has a reason in ``why``; it never ends the others.
    """
    strategy = plan.strategy.resolved
    if not hasattr(strategy, "signals"):
        return _boxed(plan, market, candidates, strategy, full)
    prepared = prepare(plan, market, candidates, strategy)
    return measured(plan, market.outline, prepared, full)


def measured(plan: Plan, market: Outline, p: Prepared, full: bool) -> Metrics:
    """Metrics of prepared candidates, for which no price is read any more."""
    from quantray.sweeps.kernels import columns
    from quantray.sweeps.kernels.score import scores

    out = columns.outcome_of(len(METRICS if full else CORE), len(p.group), len(market))
    counts = np.zeros((len(COUNTED), len(p.group) if full else 0), np.int64)
    if p.tables is not None:
        candidates = columns.Candidates(p.group, p.tp, p.sl, p.held, p.stop_percent)
        cash, max_open = _limits(plan.capital)
        rules = columns.Rules(
            _reasons(p.levels), plan.capital.contracts * plan.fees.per_contract(),
            market.interval_s, cash, max_open,
        )  # fmt: skip
        scores(candidates, p.tables.columns, rules, full, out)
        counts = np.take(p.tables.counts.T, p.group, axis=1) if full else counts
    if p.rows is not None:  # candidates that failed have no numbers, least of all another one's
        whole = columns.outcome_of(len(out.amount), p.n, len(market))
        whole.whole[:, p.rows], whole.net[p.rows], out = out.whole, out.net, whole
        if full:
            counts, given = np.zeros((len(COUNTED), p.n), np.int64), counts
            counts[:, p.rows] = given
    return _metrics(market, out, counts, p.why)


def _reasons(levels: Levels) -> np.ndarray:
    """Why a trade ended in each column of the tables but the last, [K - 1]."""
    kinds = np.array([ExitReason.TAKE_PROFIT, ExitReason.STOP_LOSS, ExitReason.TIME], np.int8)
    return np.repeat(kinds, [len(levels.take_profit), len(levels.stop_loss), len(levels.duration_s)])


def _limits(capital: Capital) -> tuple[float, int]:
    """Money and positions at a time, as kernels read them: numbers where there is no limit, too."""
    from quantray.sweeps.kernels.score import UNLIMITED

    cash, most = capital.initial, capital.max_open_positions
    return np.inf if cash is None else float(cash), UNLIMITED if most is None else most


def _metrics(market: Outline, out: Outcome, counts: np.ndarray, why: Mapping[int, str]) -> Metrics:
    """Columns of what was measured and of what was counted on the way, ``counts`` [COUNTED, n].

    A candidate that failed has none, and one whose net overflows fails.
    """
    said = dict(why)
    if not _usual(out.net):
        beyond = ~(np.abs(out.net) <= MOST_NET).all(axis=1)
        beyond[list(why)] = False
        for i in np.flatnonzero(beyond).tolist():
            k = int(np.argmax(~(np.abs(out.net[i]) <= MOST_NET)))
            said[i] = f"its net of {market.dates[k]} is {out.net[i, k]:.3g}: prices or sizes beyond any market"
    columns = _columns(out, counts)
    if said:
        failed = list(said)
        out.net[failed] = 0.0
        for column in columns.values():
            column[failed] = np.nan if column.dtype.kind == "f" else 0
    return Metrics(columns, out.net, said)


def _usual(nets: np.ndarray) -> bool:
    """Whether all are amounts of money."""
    return not nets.size or (float(nets.min()) >= -MOST_NET and float(nets.max()) <= MOST_NET)  # of NaN none is


def _columns(out: Outcome, counts: np.ndarray) -> dict[str, np.ndarray]:
    """The metrics by their names; counts are whole numbers."""
    found = (out.amount, out.whole, counts)
    return {name: found[which][row] for name, which, row in _PLACES[: len(out.amount)]}


def trades(plan: Plan, market: Slice, params: Mapping[str, object]) -> Trades:
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


def _raise_again(strategy: type, params: Mapping[str, object], market: Slice) -> None:
    """What the strategy's own code raises for these parameters, as it raises it."""
    made = strategy(**params)
    for session in market.sessions:
        made.signals(session)


def _listed(plan: Plan, p: Prepared, t: Tables) -> Trades:
    from quantray.sweeps.kernels.touch import first_exit

    e = t.entry
    cost = t.entry_cost[e] * t.size[e]
    k = np.array([first_exit(t.when[i], p.tp[0], p.sl[0], p.held[0]) for i in e], np.int64)
    reasons = _reasons(p.levels)
    reason = np.where(k == len(reasons), t.last_reason[e], np.append(reasons, np.int8(0))[k])
    fees = np.full(len(e), plan.capital.contracts * plan.fees.per_contract())
    keep = _admitted(plan.capital, t, k, cost + 0.5 * fees)
    stop = abs(p.stop_percent[0]) / 100.0
    columns: dict[str, np.ndarray] = {
        "session": t.session[e], "signal_bar": t.signal_bar, "origin_bar": t.origin_bar, "side": t.side,
        "contract": t.contract[e], "entry_bar": t.entry_bar[e], "exit_bar": t.exit_bar[e, k],
        "entry_price": t.entry_price[e], "exit_price": t.exit_price[e, k], "reason": reason, "fees": fees,
        "net": t.net[e, k], "risk": cost * stop + fees, "entry_carried": t.entry_carried[e],
        "exit_carried": t.exit_carried[e, k],
    }  # fmt: skip
    return Trades(**{name: column[keep] for name, column in columns.items()})


def _admitted(capital: Capital, t: Tables, k: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Which of the only group's trades [n], left in the columns ``k``, capital admits; ``cost`` is what they tie up."""
    from quantray.sweeps.kernels.columns import listed_of, scratch_of
    from quantray.sweeps.kernels.score import affordable

    e, n = t.entry, len(t.entry)
    if capital.initial is None and capital.max_open_positions is None:
        return np.ones(n, bool)
    made, room = listed_of(n), scratch_of(n, 1, 0)
    made.session[:], made.entry_bar[:], made.exit_bar[:] = t.session[e], t.entry_bar[e], t.exit_bar[e, k]
    made.net[:], made.cost[:] = t.net[e, k], cost
    affordable(made, 1, *_limits(capital), room)
    return room.keep


def _checked_trades(found: object, market: Slice) -> Trades:
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


def _boxed(plan: Plan, market: Slice, candidates: Candidates, strategy: type, full: bool) -> Metrics:
    """Metrics of a black box, each candidate asked for its own trades."""
    from quantray.sweeps.kernels.columns import outcome_of

    n = len(candidates)
    check_fields(strategy, candidates.names)
    out = outcome_of(len(METRICS), n, len(market))
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
            why[i] = told(error, getattr(strategy, "trades", None))
            continue
        summarise(t, float(market.sessions[0].interval_s), out, i)
    some = out._replace(amount=out.amount[: len(METRICS if full else CORE)])
    return _metrics(market.outline, some, np.zeros((len(COUNTED), n), np.int64), why)


def metrics_of(t: Trades, interval_s: float, sessions: int) -> dict[str, np.ndarray]:
    """Metrics of one candidate's trades, as columns [1]; NaN for what was counted before there were trades."""
    from quantray.sweeps.kernels.columns import outcome_of

    out = outcome_of(len(METRICS), 1, sessions)
    summarise(t, interval_s, out, 0)
    return _columns(out, np.full((len(COUNTED), 1), np.nan))


def summarise(t: Trades, interval_s: float, out: Outcome, i: int) -> None:
    """Every metric of candidate ``i`` and its net per session into ``out`` from its trades."""
    from quantray.sweeps.kernels.columns import listed_of, scratch_of
    from quantray.sweeps.kernels.metrics import list_up, sum_up

    made, room = listed_of(len(t)), scratch_of(len(t), 1, out.net.shape[1])
    for name in set(made._fields) - {"cost", "no_bid"}:
        getattr(made, name)[:] = getattr(t, name)
    sum_up(made, room, i, i + 1, out)
    list_up(made, room, i, i + 1, interval_s, out)
