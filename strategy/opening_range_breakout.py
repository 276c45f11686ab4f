"""Opening-range breakout: the first close outside the range of the session's first minutes buys an option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from quantray.sweeps.long_option import LongOption, Rule, at_least_zero, bar_at, moment, positive
from quantray.sweeps.market import Session
from quantray.sweeps.trades import ABOVE, BELOW, Signals


@dataclass(frozen=True, kw_only=True)
class OpeningRangeBreakout(LongOption):
    """A close above the opening range buys a call, one below it a put; each side fires once a session.

    The range is the high and low of the first ``range_minutes``; ``buffer`` is a fraction of its width that the
    close must clear. ``last_signal`` is the latest bar that may signal.
    """

    range_minutes: float = 15
    buffer: float = 0.0
    last_signal: str = "12:00"

    RULES: ClassVar[Mapping[str, Rule]] = {
        "range_minutes": positive("range_minutes"),
        "buffer": at_least_zero("buffer"),
        "last_signal": moment("last_signal"),
    }

    def signals(self, session: Session) -> Signals:
        """The first breakout to either side; the range is complete before the first bar that may signal."""
        start = session.bars(self.range_minutes * 60)
        stop = min(bar_at(session, self.last_signal) + 1, session.n_bars)
        opening = slice(0, min(start, session.n_bars))
        if np.isnan(session.high[opening]).all() or start >= stop:
            return Signals(np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0, np.int32))
        high, low = np.nanmax(session.high[opening]), np.nanmin(session.low[opening])
        margin = self.buffer * (high - low)
        close = session.close[start:stop]
        found = []
        # ``side`` decides the right: BELOW buys a call, ABOVE a put
        for side, broken in ((BELOW, close > high + margin), (ABOVE, close < low - margin)):
            if broken.any():
                found.append((start + int(np.argmax(broken)), side))
        found.sort()
        bar = np.array([b for b, _ in found], np.int32)
        return Signals(bar, np.array([s for _, s in found], np.int8), bar)
