"""Strategies of other kinds that the tests plug in: a black box, one that raises, one that talks nonsense."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.evaluate import trades as trades_of
from quantray.options import LongOption
from quantray.plan import Plan, StrategySpec
from quantray.types import Session, Signals, Slice, Trades
from strategy.vwap_reclaim import VwapReclaim


@dataclass(frozen=True)
class Boxed:
    """VWAP reclaim as one opaque function: must score exactly as the shared path does."""

    stretch_threshold: float = 0.001
    take_profit_percent: float = 25

    def trades(self, slice: Slice, plan: Plan) -> Trades:
        inner = Plan(plan.study, StrategySpec("strategy.vwap_reclaim.VwapReclaim"), plan.space, None, plan.run_dir,
                     fees=plan.fees, capital=plan.capital)  # fmt: skip
        return trades_of(
            inner, slice, {"stretch_threshold": self.stretch_threshold, "take_profit_percent": self.take_profit_percent}
        )


@dataclass(frozen=True)
class BrokenBox(Boxed):
    """Raises for one parameter, returns nonsense for another."""

    def trades(self, slice: Slice, plan: Plan) -> Trades:
        if self.take_profit_percent == 35:
            raise ZeroDivisionError("no volume at 35")
        found = super().trades(slice, plan)
        if self.take_profit_percent == 50:
            found.net[:1] = np.nan
        return found


@dataclass(frozen=True, kw_only=True)
class Raises(VwapReclaim):
    """Fails for one stretch threshold, and talks nonsense for another."""

    def signals(self, session: Session) -> Signals:
        if self.stretch_threshold == 0.002:
            raise RuntimeError("cannot compute at 0.002")
        found = VwapReclaim.signal_lists(session, [self])
        if self.stretch_threshold == 0.0005:
            return Signals(found.bar + session.n_bars, found.side, found.origin)
        return Signals(found.bar, found.side, found.origin)

    @classmethod
    def signal_lists(cls, session, variants):  # type: ignore[no-untyped-def]
        if any(v.stretch_threshold in (0.002, 0.0005) for v in variants):
            raise RuntimeError("cannot compute them together")
        return VwapReclaim.signal_lists.__func__(cls, session, variants)


@dataclass(frozen=True, kw_only=True)
class EveryMinute(LongOption):
    """Buys a call every ``every_s`` seconds, whatever the market does: for tests of honesty."""

    every_s: float = 60
    side: int = -1

    def signals(self, session: Session) -> Signals:
        bar = np.arange(session.bars(300), session.n_bars, session.bars(self.every_s)).astype(np.int32)
        return Signals(bar, np.full(len(bar), self.side, np.int8), bar)
