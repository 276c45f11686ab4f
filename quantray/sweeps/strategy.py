"""What a strategy must offer (structural: no class has to inherit from these), and of which of the two kinds one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from quantray.errors import DataError
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import SignalLists, Signals, Trades


@runtime_checkable
class Strategy(Protocol):
    """A black box: a frozen dataclass whose fields are its parameters, and one function."""

    def trades(self, market: Slice, plan: Plan) -> Trades:
        """Every trade of this parameter set on the slice. Look at nothing later than the decision."""
        ...


@runtime_checkable
class SignalStrategy(Protocol):
    """A strategy that decides entries only; contracts, fills and exits are ``quantray.LongOption``'s,

    which it inherits: then everything candidates have in common is computed once. Fields of its own (those that
    ``LongOption`` does not have) are its signal parameters. A classmethod ``signal_lists(session, variants) ->
    SignalLists`` may serve many parameter sets in one pass; without it ``signals`` is called for each. A class
    attribute ``needs_volume = True`` says that it weighs prices by volume, so that an index is refused before any work.
    """

    def signals(self, session: Session) -> Signals:
        """Entry signals of this parameter set in one session, in time order."""
        ...


@runtime_checkable
class ManySignals(Protocol):
    """The optional shared form of :meth:`SignalStrategy.signals`."""

    @classmethod
    def signal_lists(cls, session: Session, variants: Sequence[object]) -> SignalLists: ...


def check_volume(strategy: type, market: Slice) -> None:
    """Refuse a strategy that needs volumes on an underlying that has none. Raises DataError with both names."""
    if not getattr(strategy, "needs_volume", False):
        return
    without = [s.date for s in market.sessions if not s.has_volume and s.vwap_running is None]
    if without:
        raise DataError(
            f"{strategy.__name__} needs volumes and {market.underlying} has none "
            f"({without[0]}): map a VWAP of the data "
            "set with data.columns.underlying.vwap_running, take an underlying with volumes (SPY for SPX), or choose "
            "a strategy that does without, such as strategy=opening_range_breakout"
        )
