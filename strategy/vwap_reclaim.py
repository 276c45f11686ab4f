"""VWAP stretch and reclaim: price runs away from the session's VWAP, turns back, and a same-day option is bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantray.errors import ConfigError
from quantray.sweeps.long_option import LongOption, Rule, positive, said_of, share, window, window_bars
from quantray.sweeps.market import Session
from quantray.sweeps.trades import SignalLists, Signals


@dataclass(frozen=True, kw_only=True)
class VwapReclaim(LongOption):
    """A stretch below the VWAP that reclaims buys a call, a stretch above buys a put.

    ``stretch_threshold`` is a fraction of the VWAP; ``reclaim_percentage`` of it is where the reclaim lies (.8: a
    fifth of the way back); after a stretch is accepted its side rests for ``cooldown_period_seconds``, which is
    also how long the reclaim may take.
    """

    needs_volume: ClassVar[bool] = True

    entry_window: str = "9:30-15:45"
    stretch_threshold: float = 0.005
    reclaim_percentage: float = 0.6
    cooldown_period_seconds: float = 120
    vwap_count_filled: bool = False

    RULES: ClassVar[Mapping[str, Rule]] = {
        "entry_window": lambda value: said_of(window, value),
        "stretch_threshold": share("stretch_threshold"),
        "reclaim_percentage": share("reclaim_percentage", zero=True),
        "cooldown_period_seconds": positive("cooldown_period_seconds"),
    }

    def signals(self, session: Session) -> Signals:
        """Signals of this parameter set: the bar of the reclaim decides, the stretch is the origin."""
        lists = self.signal_lists(session, [self])
        return Signals(lists.bar, lists.side, lists.origin)

    @classmethod
    def signal_lists(cls, session: Session, variants: Sequence[VwapReclaim]) -> SignalLists:
        """Signals of many parameter sets: stretches and reclaims are found once per distinct level."""
        from quantray.sweeps.kernels.signals import Sets, stretch_reclaim

        vwap = _vwap(session, variants[0].vwap_count_filled)
        if any(v.vwap_count_filled != variants[0].vwap_count_filled for v in variants):
            raise ConfigError("vwap_count_filled describes the data; it cannot vary within one search")
        s = np.array([v.stretch_threshold for v in variants])
        r = s * np.array([v.reclaim_percentage for v in variants])
        stretch, s_index = np.unique(s, return_inverse=True)
        reclaim, r_index = np.unique(r, return_inverse=True)
        bounds = {w: window_bars(session, w) for w in {v.entry_window for v in variants}}
        first, last = np.ascontiguousarray(np.array([bounds[v.entry_window] for v in variants], np.int64).T)
        cooldown = np.array([session.bars(v.cooldown_period_seconds) for v in variants], np.int64)
        sets = Sets(s_index, r_index, first, last, cooldown)
        return SignalLists(*stretch_reclaim(session.close, vwap, stretch, reclaim, sets))


def _vwap(session: Session, count_filled: bool) -> np.ndarray:
    from quantray.sweeps.kernels.signals import running_vwap

    if session.vwap_running is not None:  # a data set's own running VWAP is used as it is
        return session.vwap_running
    vwap: np.ndarray = running_vwap(session.price, session.volume, session.filled, count_filled)
    return vwap
