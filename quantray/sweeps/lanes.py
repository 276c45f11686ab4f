"""What a candidate must stand: the same one on the same sessions under worse conditions, each simulated anew.

Nothing is adjusted on paper: a lane is a plan with other costs, a slice with other quotes or fewer sessions, or the
candidate with its orders one bar later, given to the same kernels as everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.space import Candidates
from quantray.sweeps.market import Made, Session, Slice
from quantray.sweeps.objective import objective
from quantray.sweeps.plan import Fees, Plan
from quantray.sweeps.scores import Sample, Scores, score

TICK = 0.01  # of slippage per share, where doubling it would be less
DEARER = 2.0  # times
#: Shares of the half spread that are simulated, in tenths: 0 is the mid, 10 the touch, more lies beyond it.
TENTHS = tuple(range(21))
COARSE = (0, 5, 10, 15, 20)  # where a simulation needs all sessions at once
BEYOND = 15  # of them the lane
_DOUBLINGS, _STEPS = 24, 12


@dataclass(frozen=True, slots=True)
class Lane:
    """One way of trading the candidate. ``net`` is in currency over the searched sessions, None where ``why`` says

    that it cannot be simulated; ``value`` is the objective there, None where it does not exist.
    """

    name: str
    phrase: str  # goes on after "it earns 12.00 …"
    net: float | None
    n_trades: int | None = None
    value: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Stress:
    """Everything a candidate was put through. Figures are None where they do not exist."""

    lanes: tuple[Lane, ...]
    break_even_fees: float | None = None  # per contract, both sides, from which on it earns nothing
    break_even_slippage: float | None = None  # per share and side
    break_even_spread: float | None = None  # largest share of the half spread up to which it earns; None: prints
    spread: tuple[tuple[float, float], ...] = ()  # (share of the half spread, net), rising
    without: tuple[tuple[str, float], ...] = ()  # (session left out, net of the others)
    neighbours: tuple[float | None, ...] = ()  # objective of the candidates one step away

    @property
    def worst_without(self) -> tuple[str, float] | None:
        """The session without which least is left, and how much."""
        return min(self.without, key=lambda left: left[1], default=None)

    @property
    def told(self) -> tuple[Lane, ...]:
        """All lanes, and the worst session left out where nothing is left without it."""
        worst = self.worst_without
        if worst is None or worst[1] > 0:
            return self.lanes
        return (*self.lanes, Lane("one session left out", f"without the session of {worst[0]}", worst[1]))


def stress(plan: Plan, market: Slice, params: Mapping[str, Any], made: Sample, around: FloatArray1D) -> Stress:
    """Put the candidate with these parameters, which ``made`` these trades on the slice, through every lane.

    ``around`` [neighbours] are the objectives of the candidates one step away (NaN: none).
    """
    sessions_alone = plan.strategy.gives_signals and not plan.capital.limited
    spread = _by_session(plan, market, params, made) if sessions_alone else _together(plan, market, params, made)
    lanes, dearer = _dearer(plan, market, params)
    lanes += [_later(plan, market, params), _beyond(market, spread)]
    return Stress(
        tuple(lanes),
        _break_even(dearer["fees"], plan.fees.per_contract()),
        _break_even(dearer["slippage"], plan.fees.slippage(market.has_quotes)),
        _largest(spread),
        tuple((tenth / 10, net) for tenth, net in spread.items()),
        _without(plan, market, params, made, sessions_alone),
        tuple(None if np.isnan(value) else float(value) for value in around),
    )


def _simulated(plan: Plan, market: Slice, params: Mapping[str, Any], *, full: bool = False) -> Scores:
    """Scores [1] of the candidate."""
    return score(plan, market, Candidates.of([dict(params)]), full=full)


def _net(scores: Scores) -> float:
    return float(scores.metrics.session_net.sum())


def _lane(name: str, phrase: str, plan: Plan, market: Slice, params: Mapping[str, Any]) -> Lane:
    found = _simulated(plan, market, params, full=True)
    if found.metrics.why:
        return Lane(name, phrase, None, why=found.metrics.why[0])
    value = objective(plan.objective).value(found.metrics.row(0))
    n_trades = int(found.metrics.columns["n_trades"][0])
    return Lane(name, phrase, _net(found), n_trades, value)


def _dearer(
    plan: Plan, market: Slice, params: Mapping[str, Any]
) -> tuple[list[Lane], dict[str, Callable[[float], float]]]:
    """The two lanes of costs, and what the candidate earns by fees per contract and by slippage per share."""
    usual = plan.fees
    fees, slippage = usual.per_contract(), usual.slippage(market.has_quotes)
    more_fees = DEARER * fees if fees else Fees().per_contract()
    more_slippage = max(DEARER * slippage, slippage + TICK)

    def charged(per_contract: float) -> Plan:
        return replace(plan, fees=replace(usual, broker_per_contract=per_contract / 2, exchange_per_contract=0.0))

    def slipping(per_share: float) -> Plan:
        return replace(plan, fees=replace(usual, slippage_per_share=per_share))

    fees_phrase = f"with fees of {more_fees:.2f} a contract instead of {fees:.2f}"
    slippage_phrase = f"with slippage of {more_slippage:.2f} a share instead of {slippage:.2f}"
    lanes = [
        _lane("dearer fees", fees_phrase, charged(more_fees), market, params),
        _lane("dearer slippage", slippage_phrase, slipping(more_slippage), market, params),
    ]
    return lanes, {
        "fees": lambda x: _net(_simulated(charged(x), market, params)),
        "slippage": lambda x: _net(_simulated(slipping(x), market, params)),
    }


def _break_even(net_at: Callable[[float], float], now: float) -> float | None:
    """The cost from which on nothing is earned, by simulations on both sides of it; None where no cost changes that.

    A candidate that earns nothing at today's cost ``now`` breaks even at a lower one, or at none.
    """
    low, high = (now, max(2 * now, now + TICK)) if (net := net_at(now)) > 0 else (0.0, now)
    at_low, at_high = (net, net_at(high)) if net > 0 else (net_at(0.0), net)
    if at_low <= 0 or at_low == at_high:
        return None
    for _ in range(_DOUBLINGS):
        if at_high <= 0:
            break
        low, at_low, high = high, at_high, low + 2 * (high - low) + high
        at_high = net_at(high)
    if at_high > 0:
        return None
    for _ in range(_STEPS):  # the secant is exact where costs are paid in proportion
        middle = low + (high - low) * at_low / (at_low - at_high)
        at_middle = net_at(middle)
        if abs(at_middle) < 1e-6 * abs(at_low - at_high) or high - low < 1e-6:
            return middle
        if at_middle > 0:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return low


def _later(plan: Plan, market: Slice, params: Mapping[str, Any]) -> Lane:
    """Every order, to enter and to leave, one bar later: what the candidate decides stays as it was."""
    name, phrase = "one bar later", "with every order one bar later"
    if not plan.strategy.gives_signals:
        return Lane(name, phrase, None, why="a black box decides itself when its orders fill")
    own: dict[str, Any] = {f.name: f.default for f in fields(plan.strategy.resolved)} | {
        **plan.strategy.params,
        **params,
    }
    late = {**params, "latency_seconds": own["latency_seconds"] + market.sessions[0].interval_s}
    return _lane(name, phrase, plan, market, late)


def _beyond(market: Slice, spread: Mapping[int, float]) -> Lane:
    name, phrase = "beyond the touch", f"with fills {BEYOND / 10:.1f} half spreads from the mid instead of 1"
    if not market.has_quotes:
        return Lane(name, phrase, None, why="trade prints have no spread")
    return Lane(name, phrase, spread[BEYOND])


def _largest(spread: Mapping[int, float]) -> float | None:
    """The largest share up to which it earns at every one that was simulated; None where it does at none."""
    found = None
    for tenth, net in spread.items():
        if net <= 0:
            break
        found = tenth / 10
    return found


def at_share(session: Session, share: float, rows: np.ndarray, bid: FloatArray2D, ask: FloatArray2D) -> Session:
    """The session with the quotes of the contracts ``rows`` at a share of the half spread from their mid.

    ``bid`` and ``ask`` [m, n] hold the session's own and are written to. Only a quote with two sides has a mid: a
    crossed or zero quote stays one and is refused, a bid alone stays where it is, and none falls below 0.
    """
    assert session.bid is not None
    assert session.ask is not None
    low, high = session.bid[rows], session.ask[rows]
    with np.errstate(invalid="ignore"):
        moved = np.where((low > 0) & (high > low), (1 - share) * (high - low) / 2, 0.0)
    bid[rows], ask[rows] = np.maximum(low + moved, np.minimum(low, 0.0)), high - moved
    return replace(session, bid=bid, ask=ask)


def _by_session(plan: Plan, market: Slice, params: Mapping[str, Any], made: Sample) -> dict[int, float]:
    """Net by tenths of the half spread, a session at a time: only the contracts it dealt in need other quotes.

    Neither signals nor the choice of a contract look at quotes, and which of them are refused stays as it was.
    """
    if not market.has_quotes:
        return {}
    total = dict.fromkeys(TENTHS, 0.0)
    for k in np.unique(made.trades.session).tolist():
        session = market.sessions[k]
        rows = np.unique(made.trades.contract[made.trades.session == k])
        assert session.bid is not None
        assert session.ask is not None
        bid, ask = session.bid.copy(), session.ask.copy()
        for tenth in TENTHS:
            one = Slice(market.underlying, (at_share(session, tenth / 10, rows, bid, ask),), "", {}, ("",))
            total[tenth] += _net(_simulated(plan, one, params))
    return total


def _together(plan: Plan, market: Slice, params: Mapping[str, Any], made: Sample) -> dict[int, float]:
    """The same for a candidate whose sessions hang together: a black box, or one with limits of capital."""
    if not market.has_quotes:
        return {}
    total = {}
    for tenth in COARSE:
        moved = Made(market.dates, partial(_moved, market, tenth / 10))
        other = replace(market, sessions=moved.like(market.sessions))
        total[tenth] = _net(_simulated(plan, other, params)) if tenth != 10 else float(made.trades.net.sum())
    return total


def _moved(market: Slice, share: float, k: int) -> Session:
    """Session ``k`` with every quote at a share of the half spread from its mid."""
    session = market.sessions[k]
    assert session.bid is not None
    assert session.ask is not None
    return at_share(session, share, np.arange(len(session.symbol)), session.bid.copy(), session.ask.copy())


def _without(
    plan: Plan, market: Slice, params: Mapping[str, Any], made: Sample, alone: bool
) -> tuple[tuple[str, float], ...]:
    """What the other sessions earn, for each session with a trade that is left out."""
    if len(market) < 2:
        return ()
    nets = made.session_net
    left = []
    for k in np.unique(made.trades.session).tolist():
        if alone:  # no session knows of another one: leaving it out leaves the rest as they are
            net = float(np.delete(nets, k).sum())
        else:
            keep = [i for i in range(len(market)) if i != k]
            kept = Made([market.dates[i] for i in keep], partial(_kept, market, keep))
            digests = tuple(market.session_digests[i] for i in keep)
            rest = replace(market, sessions=kept.like(market.sessions), session_digests=digests)
            net = _net(_simulated(plan, rest, params))
        left.append((market.dates[k], net))
    return tuple(left)


def _kept(market: Slice, keep: Sequence[int], i: int) -> Session:
    return market.sessions[keep[i]]
