"""A slice on one screen."""

from __future__ import annotations

from typing import Any

from quantray.sweeps.market import Slice


def describe(market: Slice) -> dict[str, Any]:
    """Plain values for a report: what the slice holds, where it came from, what was set aside."""
    sessions = market.sessions
    return {
        "underlying": market.underlying,
        "source": market.source,
        **({"reading": market.reading} if market.reading else {}),
        "digest": market.digest,
        "sessions": len(sessions),
        "first": sessions[0].date if sessions else None,
        "last": sessions[-1].date if sessions else None,
        "short_sessions": [s.date for s in sessions if s.n_bars < max(x.n_bars for x in sessions)],
        "interval_s": sessions[0].interval_s if sessions else None,
        "bars": sum(s.n_bars for s in sessions),
        "contracts": sum(len(s.symbol) for s in sessions),
        "same_day_contracts": sum(int((s.expiry == s.day).sum()) for s in sessions),
        "option_prices": "quotes" if market.has_quotes else "prints",
        "option_rows": sum(int(s.fresh.sum()) for s in sessions),
        "quality": dict(market.quality),
    }
