"""evaluate(plan, slice, candidates): the heart. Pure: the same plan, slice and candidate give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantray.errors import ConfigError
from quantray.failures import OWN, told
from quantray.measures import Unit
from quantray.space import Candidates
from quantray.sweeps.candidates import Prepared, check_fields, prepare
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import CORE, COUNTED, METRICS, Metric, Metrics
from quantray.sweeps.plan import Capital, Plan
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
    from quantray.sweeps.kernels import columns
    from quantray.sweeps.kernels.score import scores

    out = np.full((len(p.group), len(METRICS if full else CORE)), np.nan)
    by_session = np.zeros((len(p.group), len(market)))
    counts = np.zeros((len(p.group), len(COUNTED)), np.int64)
    if p.tables is not None:
        candidates = columns.Candidates(p.group, p.tp, p.sl, p.held, p.stop_percent)
        cash, max_open = _limits(plan.capital)
        rules = columns.Rules(
            len(p.levels.take_profit), len(p.levels.stop_loss), plan.capital.contracts * plan.fees.per_contract(),
            float(market.sessions[0].interval_s), cash, max_open,
        )  # fmt: skip
        scores(candidates, p.tables.columns, rules, full, by_session, out)
        counts = p.tables.counts[p.group]
    if p.rows is not None:  # candidates that failed have no numbers, least of all another one's
        out, by_session, counts = (_spread(column, p.rows, p.n) for column in (out, by_session, counts))
    return _metrics(market, out, by_session, counts, p.why, full)


def _limits(capital: Capital) -> tuple[float, int]:
    """Money and positions at a time, as kernels read them: numbers where there is no limit, too."""
    from quantray.sweeps.kernels.score import UNLIMITED

    cash, most = capital.initial, capital.max_open_positions
    return np.inf if cash is None else float(cash), UNLIMITED if most is None else most


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
    """Rows of the kernel [n, M] and what was counted on the way [n, COUNTED] as columns; counts as whole numbers."""
    columns: dict[str, np.ndarray] = {}
    for metric in Metric:
        if full or not metric.listed:
            column = counts[:, COUNTED.index(metric)] if metric in COUNTED else out[:, metric]
            if metric.unit is Unit.COUNT and metric not in COUNTED:
                column = np.where(np.isnan(column), 0, column).astype(np.int64)
            columns[metric.key] = column
    return columns


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
    n_tp, n_sl, last = len(p.levels.take_profit), len(p.levels.stop_loss), t.when.shape[1] - 1
    reason = np.select(
        [k == last, k < n_tp, k < n_tp + n_sl], [t.last_reason[e], ExitReason.TAKE_PROFIT, ExitReason.STOP_LOSS],
        ExitReason.TIME,
    )  # fmt: skip
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
    made, room = listed_of(n), scratch_of(n, 0)
    made.session[:], made.entry_bar[:], made.exit_bar[:] = t.session[e], t.entry_bar[e], t.exit_bar[e, k]
    made.net[:], made.cost[:] = t.net[e, k], cost
    affordable(made, n, *_limits(capital), room)
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
    n = len(candidates)
    check_fields(strategy, candidates.names)
    out = np.full((n, len(METRICS)), np.nan)
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
        summarise(t, float(market.sessions[0].interval_s), by_session[i], out[i])
    return _metrics(market, out, by_session, np.zeros((n, len(COUNTED)), np.int64), why, full)


def summarise(t: Trades, interval_s: float, by_session: np.ndarray, out: np.ndarray) -> None:
    """Metrics of one candidate's trades into ``out`` [M], net per session into ``by_session`` [sessions]."""
    from quantray.sweeps.kernels.columns import listed_of, scratch_of
    from quantray.sweeps.kernels.score import summarise_core, summarise_listed

    made, room = listed_of(len(t)), scratch_of(len(t), len(by_session))
    for name in set(made._fields) - {"cost", "no_bid"}:
        getattr(made, name)[:] = getattr(t, name)
    summarise_core(made, len(t), room.traded, by_session, out)
    summarise_listed(made, len(t), interval_s, room, out)
