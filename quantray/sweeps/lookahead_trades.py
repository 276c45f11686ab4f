"""The same for a black box, which decides whole trades: those opened and closed up to a bar must not change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quantray.failures import OWN, told
from quantray.space import Candidates
from quantray.sweeps.evaluate import trades
from quantray.sweeps.futures import WAYS, with_future
from quantray.sweeps.lookahead import Answers, Found, compare, points_of, spread
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import Trades
from quantray.sweeps.validity import reason

MOST_SESSIONS = 3
#: What is known once the position is open, and once it is closed.
OPENED = ("session", "signal_bar", "origin_bar", "side", "contract", "entry_bar", "entry_price")
CLOSED = ("exit_bar", "exit_price", "reason", "fees", "net")
OPEN = -1.0  # in place of what is not known yet


class BoxAsked:
    """A black box, asked about the whole market: sessions behind the changed one are changed as well.

    Quotes stay present where they were: one that is missing refuses an entry, which is no look ahead.
    """

    ways = tuple(way for way in WAYS if way != "backwards")

    def __init__(self, plan: Plan, candidates: Candidates, sessions: list[Session], rng: np.random.Generator) -> None:
        self.plan, self.sessions = plan, sessions
        self.points: tuple[dict[str, Any], ...] = tuple(candidates.params(i) for i in range(len(candidates)))
        self.later = [with_future(s, 0, "mirrored", rng) for s in sessions]
        self._market = Slice("", tuple(sessions), "", {}, ("",) * len(sessions))
        #: Bars from the signal to the entry, where they are the same for every trade: then nothing else explains one
        #: that vanishes. None: entries wait for something.
        self.delay: int | None = None

    def ask(self, k: int, session: Session) -> Answers:
        changed = session is not self.sessions[k]
        behind = self.later[k + 1 :] if changed else self.sessions[k + 1 :]
        market = replace(self._market, sessions=(*self.sessions[:k], session, *behind))
        known, rows, why = [], [], {}
        for i, params in enumerate(self.points):
            one = np.empty(0), np.empty((0, len(OPENED) + len(CLOSED)))
            try:
                self.plan.strategy.resolved(**{**self.plan.strategy.params, **params})
            except OWN as error:
                why[i] = reason(error)
            else:
                try:
                    one = self._rows(trades(self.plan, market, params), k)
                except OWN as error:
                    why[i] = told(error, getattr(self.plan.strategy.resolved, "trades", None))
            known.append(one[0])
            rows.append(one[1])
        return Answers(tuple(known), tuple(rows), why)

    def _rows(self, made: Trades, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Each trade twice: what was known when it was opened, and all of it when it was closed.

        Trades of sessions before ``k`` are known from bar 0 on, those behind it never.
        """
        opened = np.stack([np.asarray(getattr(made, name), np.float64) for name in OPENED], axis=1)
        closed = np.stack([np.asarray(getattr(made, name), np.float64) for name in CLOSED], axis=1)
        rows = np.concatenate([
            np.concatenate([opened, np.full_like(closed, OPEN)], axis=1), np.concatenate([opened, closed], axis=1),
        ])  # fmt: skip
        when = np.concatenate(
            [np.asarray(made.signal_bar if self.delay is not None else made.entry_bar), made.exit_bar]
        )
        session = np.concatenate([made.session, made.session])
        known = np.where(session < k, -1.0, np.where(session > k, np.inf, when))
        if self.delay is not None:  # its price is of a bar behind the decision
            rows[: len(made), OPENED.index("entry_price")] = OPEN
        order = np.lexsort((known, rows[:, 1], rows[:, 0]))
        return known[order], rows[order]

    def decisive(self, k: int, answers: Answers) -> np.ndarray:
        """Bars [b] of session ``k`` at which a trade was signalled, opened or closed, rising."""
        at = [rows[rows[:, 0] == k] for rows in answers.rows]
        columns = [OPENED.index("signal_bar"), OPENED.index("entry_bar"), len(OPENED)]
        found = np.unique(np.concatenate([rows[:, c] for rows in at for c in columns] or [np.empty(0)]))
        return found[found >= 0]

    def words(self, row: np.ndarray) -> str:
        """A trade [columns] (:data:`OPENED`, then :data:`CLOSED`) as a sentence says it."""
        told_of = dict(zip((*OPENED, *CLOSED), row.tolist(), strict=True))
        said = f"a trade signalled at bar {told_of['signal_bar']:g}, opened at bar {told_of['entry_bar']:g}"
        if told_of["exit_bar"] == OPEN:
            return said
        return f"{said}, closed at bar {told_of['exit_bar']:g} for {told_of['exit_price']:g}, net {told_of['net']:g}"


def check_trades(plan: Plan, market: Slice, *, bars: int, points: int, seed: int) -> Found:
    """A black box, on some sessions of the market."""
    rng = np.random.default_rng(seed)
    sessions = [market.sessions[k] for k in spread(market, MOST_SESSIONS)]
    asked = BoxAsked(plan, points_of(plan.space, points, rng), sessions, rng)
    found = Found(tuple(s.date for s in sessions), asked.points)
    delays = _delays(asked.ask(0, sessions[0]))
    if len(delays) == 1:
        asked.delay = delays.pop()
    compare(asked, sessions, found, bars=bars, rng=rng, words=asked.words)
    if asked.delay is None and found.passed:
        found.notes.append("its entries wait a varying time behind their signals, so signals that were not filled yet "
                           "were not compared")  # fmt: skip
    return found


def _delays(answers: Answers) -> set[int]:
    """Bars from the signal to the entry over all trades."""
    signal, entry = OPENED.index("signal_bar"), OPENED.index("entry_bar")
    return {int(d) for rows in answers.rows for d in np.unique(rows[:, entry] - rows[:, signal])}
