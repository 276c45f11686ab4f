"""A strategy that decides entries, asked about sessions whose future is changed."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from quantray.failures import OWN, told
from quantray.space import Candidates
from quantray.sweeps.futures import WAYS, with_future
from quantray.sweeps.lookahead import Answers, Found, compare, points_of, spread
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.signals import lists_together, signals_of

MOST_CONTRACTS = 8  # nearest the money, that the strategy is shown
MOST_SESSIONS = 4  # spread over the market


class SignalsAsked:
    """A strategy that decides entries: it is shown one session at a time."""

    ways = tuple(WAYS)

    def __init__(self, plan: Plan, candidates: Candidates) -> None:
        self.plan, self.candidates = plan, candidates
        self.points = tuple(candidates.params(i) for i in range(len(candidates)))

    def ask(self, k: int, session: Session) -> Answers:
        strategy, fixed = self.plan.strategy.resolved, self.plan.strategy.params
        one = Slice("", (session,), "", {}, ("",))
        lists, of, why = signals_of(strategy, fixed, one, self.candidates)
        if not lists.sessions:
            nothing = tuple(np.empty((0, 3)) for _ in self.points)
            return Answers(tuple(np.empty(0) for _ in self.points), nothing, why)
        s = lists.sessions[0]
        rows = np.stack([np.asarray(c, np.float64) for c in (s.bar, s.side, s.origin)], axis=1)
        parts = tuple(rows[s.ptr[i] : s.ptr[i + 1]] for i in of.tolist())
        return Answers(tuple(part[:, 0] for part in parts), parts, why)

    def decisive(self, k: int, answers: Answers) -> np.ndarray:
        """Bars [b] of the signals and of their origins, rising."""
        return np.unique(np.concatenate([np.concatenate([rows[:, 0], rows[:, 2]]) for rows in answers.rows]))

    def words(self, row: np.ndarray) -> str:
        """A signal [3] (bar, side, origin) as a sentence says it."""
        bar, side, origin = (int(x) for x in row)
        return f"signal at bar {bar}, side {'ABOVE' if side > 0 else 'BELOW'}, origin {origin}"


def near_money(session: Session) -> Session:
    """The session with few contracts: copies of its quotes are what a future costs."""
    if len(session.symbol) <= MOST_CONTRACTS:
        return session
    spot = np.nanmedian(session.close)
    kept = np.sort(np.argsort(np.abs(session.strike - spot), kind="stable")[:MOST_CONTRACTS])
    columns = ("strike", "right", "expiry", "multiplier", "bid", "ask", "last", "fresh", "ends")
    made = {name: column[kept] for name in columns if (column := getattr(session, name)) is not None}
    for column in made.values():
        column.flags.writeable = False
    return replace(session, symbol=tuple(session.symbol[i] for i in kept.tolist()), **made)


def check_signals(plan: Plan, market: Slice, *, bars: int, points: int, seed: int) -> Found:
    """A strategy that decides entries, on some sessions of the market."""
    rng = np.random.default_rng(seed)
    candidates = points_of(plan.space, points, rng)
    sessions = [near_money(market.sessions[k]) for k in spread(market, MOST_SESSIONS)]
    asked = SignalsAsked(plan, candidates)
    found = Found(tuple(s.date for s in sessions), asked.points)
    if lists_together(plan.strategy.resolved):
        _check_lists(asked, sessions[0], found)
    compare(asked, sessions, found, bars=bars, rng=rng, words=asked.words)
    if found.passed:
        _check_memory(asked, sessions[0], found, rng)
    return found


def _check_lists(asked: SignalsAsked, session: Session, found: Found) -> None:
    """``signal_lists`` must say what ``signals`` says of each point."""
    strategy, fixed = asked.plan.strategy.resolved, asked.plan.strategy.params
    together = asked.ask(0, session)
    for i, params in enumerate(asked.points):
        if i in together.why:
            continue
        try:
            s = strategy(**{**fixed, **params}).signals(session)
        except OWN as error:
            found.faults.append(f"signals() raises where signal_lists() does not: {told(error)}")
            return
        alone = np.stack([np.asarray(c, np.float64) for c in (s.bar, s.side, s.origin)], axis=1)
        if not np.array_equal(alone, together.rows[i]):
            found.faults.append(f"signal_lists() and signals() differ at {params} in {session.date}")
            return


def _check_memory(asked: SignalsAsked, session: Session, found: Found, rng: np.random.Generator) -> None:
    """A fresh copy of the module is asked about another future first: an answer that it keeps shows afterwards."""
    target = asked.plan.strategy.target.rpartition(".")[0]
    base, known = asked.ask(0, session), sys.modules.get(target)
    if known is None or not target.startswith("strategy."):
        return
    try:
        del sys.modules[target]
        asked.ask(0, with_future(session, session.n_bars // 4, "mirrored", rng))
        again = asked.ask(0, session)
    finally:
        sys.modules[target] = known
    if any(not base.same(again, i, session.n_bars) for i in range(len(asked.points))):
        found.faults.append("it keeps what it computed for one market and answers with it for another; its answers "
                            "depend on what was asked before")  # fmt: skip
