"""Strategies with something planted: most look ahead in one of the ways in which people do, some only seem to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from quantray.sweeps.evaluate import trades as trades_of
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.sweeps.trades import ABOVE, BELOW, SignalLists, Signals, Trades

EVERY = 600  # bars between two signals at least


def signals_where(below: np.ndarray, above: np.ndarray) -> Signals:
    """Signals at the bars where one of the masks becomes true, at least EVERY bars apart."""
    side = np.where(below, BELOW, np.where(above, ABOVE, 0))
    found: list[int] = []
    for bar in np.flatnonzero((side != 0) & (side != np.concatenate([[0], side[:-1]]))).tolist():
        if not found or bar - found[-1] >= EVERY:
            found.append(bar)
    bars = np.array(found, np.int32)
    return Signals(bars, side[bars].astype(np.int8), bars)


def running_mean(x: np.ndarray, n: int, shift: int = 0) -> np.ndarray:
    """Mean of n bars that end ``shift`` bars behind each; NaN where there are fewer."""
    known = np.where(np.isnan(x), 0.0, x)
    total = np.concatenate([[0.0], np.cumsum(known)])
    out = np.full(len(x), np.nan)
    at = np.arange(max(n - 1 - shift, 0), len(x) - shift)
    out[at] = (total[at + shift + 1] - total[at + shift + 1 - n]) / n
    return out


@dataclass(frozen=True, kw_only=True)
class Fair(LongOption):
    """A mean of the past alone."""

    bars: int = 300
    away: float = 0.001

    def signals(self, session: Session) -> Signals:
        mean = self.mean(session)
        with np.errstate(invalid="ignore"):
            return signals_where(session.close < mean * (1 - self.away), session.close > mean * (1 + self.away))

    def mean(self, session: Session) -> np.ndarray:
        return running_mean(session.close, self.bars)


@dataclass(frozen=True, kw_only=True)
class Centred(Fair):
    """A window centred on the bar."""

    def mean(self, session: Session) -> np.ndarray:
        return running_mean(session.close, self.bars, self.bars // 2)


@dataclass(frozen=True, kw_only=True)
class NextBar(Fair):
    """The close of the next bar confirms the signal."""

    def signals(self, session: Session) -> Signals:
        found, close = super().signals(session), session.close
        later = close[np.minimum(found.bar + 1, session.n_bars - 1)] - close[found.bar]
        keep = later * found.side <= 0
        return Signals(found.bar[keep], found.side[keep], found.origin[keep])


@dataclass(frozen=True, kw_only=True)
class WholeDay(Fair):
    """Prices as a share of the session's range."""

    def signals(self, session: Session) -> Signals:
        low, high = np.nanmin(session.low), np.nanmax(session.high)
        place = (session.close - low) / (high - low)
        return signals_where(place < 0.2, place > 0.8)


@dataclass(frozen=True, kw_only=True)
class AtTheHigh(Fair):
    """Sells at the session's high, of all bars."""

    def signals(self, session: Session) -> Signals:
        bar = np.array([int(np.nanargmax(session.close))], np.int32)
        return Signals(bar, np.array([ABOVE], np.int8), bar)


@dataclass(frozen=True, kw_only=True)
class Volumes(Fair):
    """Heavy volume by the session's own mean."""

    def signals(self, session: Session) -> Signals:
        heavy = session.volume > 1.9 * np.nanmean(session.volume)
        return signals_where(heavy, np.zeros(session.n_bars, bool))


@dataclass(frozen=True, kw_only=True)
class Quotes(Fair):
    """The bid of the next bar."""

    def signals(self, session: Session) -> Signals:
        assert session.bid is not None
        rise = np.diff(np.nan_to_num(session.bid[0]), append=0.0)
        return signals_where(rise > 0.05, np.zeros(session.n_bars, bool))


@dataclass(frozen=True, kw_only=True)
class Backfilled(Fair):
    """Missing prices are filled from behind."""

    def mean(self, session: Session) -> np.ndarray:
        traded = np.where(session.filled, np.nan, session.close)
        last = np.where(np.isnan(traded), len(traded), np.arange(len(traded)))
        last = np.minimum.accumulate(last[::-1])[::-1]
        return running_mean(np.append(traded, traded[~np.isnan(traded)][-1])[last], 3)


@dataclass(frozen=True, kw_only=True)
class Dice(Fair):
    """Answers by chance."""

    def signals(self, session: Session) -> Signals:
        bars = np.array(sorted(random.sample(range(session.n_bars), 5)), np.int32)
        return Signals(bars, np.full(5, BELOW, np.int8), bars)


@dataclass(frozen=True, kw_only=True)
class RareDice(Fair):
    """Answers by chance now and then."""

    def signals(self, session: Session) -> Signals:
        found = super().signals(session)
        return found if random.random() < 0.98 else Signals(found.bar[1:], found.side[1:], found.origin[1:])


@dataclass(frozen=True, kw_only=True)
class Seeded(Fair):
    """Chance that is drawn from a seed is no chance."""

    def signals(self, session: Session) -> Signals:
        bars = np.sort(np.random.default_rng(1).choice(session.n_bars, 5, replace=False)).astype(np.int32)
        return Signals(bars, np.full(5, BELOW, np.int8), bars)


@dataclass(frozen=True, kw_only=True)
class Writes(Fair):
    """Fills gaps in the market itself."""

    def signals(self, session: Session) -> Signals:
        session.close[np.isnan(session.close)] = 0.0
        return super().signals(session)


@dataclass(frozen=True, kw_only=True)
class Keeps(Fair):
    """Keeps its answer by date."""

    answers: ClassVar[dict[str, Signals]] = {}

    def signals(self, session: Session) -> Signals:
        return self.answers.setdefault(session.date, WholeDay.signals(self, session))  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Falls(Fair):
    """Raises."""

    def signals(self, session: Session) -> Signals:
        return Signals(session.close / 0, session.nothing, session.close)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Quiet(Fair):
    """Never decides anything."""

    def signals(self, session: Session) -> Signals:
        none = np.empty(0, np.int32)
        return Signals(none, none.astype(np.int8), none)


@dataclass(frozen=True)
class FairBox:
    """The fair strategy as a black box."""

    any: int = 1
    inner: ClassVar[str] = "Fair"

    def trades(self, market: Slice, plan: Plan) -> Trades:
        spec = StrategySpec(f"strategy.planted.{self.inner}", {"max_price_age_seconds": None})
        return trades_of(replace(plan, strategy=spec), market, {})


@dataclass(frozen=True)
class NextBarBox(FairBox):
    """One bar of look-ahead inside a black box."""

    inner: ClassVar[str] = "NextBar"


@dataclass(frozen=True)
class GoodDaysBox(FairBox):
    """Trades on days that end higher."""

    def trades(self, market: Slice, plan: Plan) -> Trades:
        made = super().trades(market, plan)
        last = {k: s.close[-1] for k, s in enumerate(market.sessions)}
        first = {k: s.close[~np.isnan(s.close)][0] for k, s in enumerate(market.sessions)}
        keep = np.array([last[k] > first[k] for k in made.session.tolist()], bool)
        return Trades(**{name: getattr(made, name)[keep] for name in Trades.__dataclass_fields__})


@dataclass(frozen=True)
class WaitingBox(FairBox):
    """Enters only where the price comes back to that of the signal, and when it does."""

    def trades(self, market: Slice, plan: Plan) -> Trades:
        made = super().trades(market, plan)
        entry, keep = made.entry_bar.copy(), np.zeros(len(made), bool)
        for i in range(len(made)):
            close = market.sessions[made.session[i]].close
            signal = int(made.signal_bar[i])
            back = np.flatnonzero(close[signal + 1 : signal + 60] <= close[signal])
            keep[i] = len(back) > 0
            entry[i] = signal + 1 + (int(back[0]) if len(back) else 0)
        columns = {name: getattr(made, name) for name in Trades.__dataclass_fields__}
        price = np.array([market.sessions[k].close[e] for k, e in zip(made.session, entry, strict=True)], float)
        columns |= {"entry_bar": entry, "exit_bar": entry + 60, "entry_price": price, "exit_price": price}
        columns |= {"net": np.zeros(len(made)), "reason": np.zeros(len(made), np.int64)}
        return Trades(**{name: column[keep] for name, column in columns.items()})


@dataclass(frozen=True)
class BrokenBox(FairBox):
    """Raises."""

    def trades(self, market: Slice, plan: Plan) -> Trades:
        raise RuntimeError("no volume")


@dataclass(frozen=True, kw_only=True)
class TwoTongues(Fair):
    """Says something else in the shared form."""

    @classmethod
    def signal_lists(cls, session: Session, variants: Sequence[Fair]) -> SignalLists:
        found = [v.signals(session) for v in variants]
        ptr = np.concatenate([[0], np.cumsum([max(len(f.bar) - 1, 0) for f in found])])
        return SignalLists(
            ptr, *(np.concatenate([getattr(f, c)[1:] for f in found]) for c in ("bar", "side", "origin"))
        )
