"""A slice on one screen."""

from __future__ import annotations

from typing import Any

from quantray.sweeps.market import Session, Slice


def describe(market: Slice) -> dict[str, Any]:
    """Plain values for a report: what the slice holds, where it came from, what was set aside."""
    days = [_of(session) for session in market]  # each is looked at once: it may have to be opened
    first = market.sessions[0] if days else None
    longest = max((day["bars"] for day in days), default=0)
    return {
        "underlying": market.underlying,
        "source": market.source,
        **({"reading": market.reading} if market.reading else {}),
        "digest": market.digest,
        "sessions": len(days),
        "first": market.dates[0] if days else None,
        "last": market.dates[-1] if days else None,
        "short_sessions": [date for date, day in zip(market.dates, days, strict=True) if day["bars"] < longest],
        "interval_s": None if first is None else first.interval_s,
        "bars": sum(day["bars"] for day in days),
        "contracts": sum(day["contracts"] for day in days),
        "same_day_contracts": sum(day["same_day_contracts"] for day in days),
        "option_prices": "quotes" if market.has_quotes else "prints",
        "option_rows": sum(day["option_rows"] for day in days),
        "quality": dict(market.quality),
    }


def _of(session: Session) -> dict[str, int]:
    return {
        "bars": session.n_bars,
        "contracts": len(session.symbol),
        "same_day_contracts": int((session.expiry == session.day).sum()),
        "option_rows": int(session.fresh.sum()),
    }
