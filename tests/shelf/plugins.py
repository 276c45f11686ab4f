"""Strategies of other kinds that the tests plug in: a black box, one that raises, one that talks nonsense."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from quantray.sweeps.evaluate import trades as trades_of
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.sweeps.trades import Signals, Trades
from strategy.vwap_reclaim import VwapReclaim


@dataclass(frozen=True)
class Boxed:
    """VWAP reclaim as one opaque function: must score exactly as the shared path does."""

    stretch_threshold: float = 0.001
    take_profit_percent: float = 25

    def trades(self, market: Slice, plan: Plan) -> Trades:
        inner = Plan(plan.study, StrategySpec("strategy.vwap_reclaim.VwapReclaim"), plan.space, None, plan.run_dir,
                     fees=plan.fees, capital=plan.capital)  # fmt: skip
        return trades_of(
            inner,
            market,
            {"stretch_threshold": self.stretch_threshold, "take_profit_percent": self.take_profit_percent},
        )


@dataclass(frozen=True)
class BrokenBox(Boxed):
    """Raises for one parameter, returns nonsense for another."""

    def trades(self, market: Slice, plan: Plan) -> Trades:
        if self.take_profit_percent == 35:
            raise ZeroDivisionError("no volume at 35")
        found = super().trades(market, plan)
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
class Paced(VwapReclaim):
    """Refuses combinations of exits, and paces its signals by one of them; counts what it is asked."""

    asked: ClassVar[list[str]] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        Paced.asked.append("made")
        if self.take_profit_percent <= -self.stop_loss_percent / 2:
            raise ValueError(f"take profit {self.take_profit_percent} is not worth a stop of {self.stop_loss_percent}")

    def signals(self, session: Session) -> Signals:
        Paced.asked.append("signals")
        found = VwapReclaim.signal_lists(session, [self])
        kept = found.bar % session.bars(self.max_trade_duration_seconds) < session.bars(60)
        return Signals(found.bar[kept], found.side[kept], found.origin[kept])


@dataclass(frozen=True, kw_only=True)
class Branching(Paced):
    """Reads one parameter or another, by a third; keeps what it derived, and a property that is made once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "pace", self.cooldown_period_seconds / 2)

    @cached_property
    def side(self) -> int:
        return 1 if self.latency_seconds > 1 else -1

    def signals(self, session: Session) -> Signals:
        step = self.take_profit_percent if self.option_selection_mode == "itm" else self.pace
        bar = np.arange(60, session.n_bars, session.bars(step)).astype(np.int32)
        return Signals(bar, np.full(len(bar), self.side, np.int8), bar)


@dataclass(frozen=True)
class Rich:
    """A black box whose single trade nets whatever it is told to, at whatever risk."""

    net: float = 1.0
    risk: float = 1.0

    def trades(self, market: Slice, plan: Plan) -> Trades:
        one, price = np.zeros(3, np.int32), np.ones(3)
        return Trades(one, one, one, one, one - 1, one, one + 1, price, price, one + 2, price,
                      np.array([self.net, 1.0, -self.net]), price * self.risk, one > 0, one > 0)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class EveryMinute(LongOption):
    """Buys a call every ``every_s`` seconds, whatever the market does: for tests of honesty."""

    every_s: float = 60
    side: int = -1

    def signals(self, session: Session) -> Signals:
        bar = np.arange(session.bars(300), session.n_bars, session.bars(self.every_s)).astype(np.int32)
        return Signals(bar, np.full(len(bar), self.side, np.int8), bar)


@dataclass(frozen=True, kw_only=True)
class Buggy(VwapReclaim):
    """A bug in ``signals()`` from some stretch threshold on, a rule between two parameters."""

    bug_from: float = 1.0
    least: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.take_profit_percent < self.least:
            raise ValueError(f"take profit {self.take_profit_percent} is under {self.least}")

    def signals(self, session: Session) -> Signals:
        if self.stretch_threshold >= self.bug_from:
            raise KeyError(f"no column {self.stretch_threshold}")
        return super().signals(session)
