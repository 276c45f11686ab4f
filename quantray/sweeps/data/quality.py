"""What was set aside while a slice was read, and the gates that judge it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from quantray.errors import DataError
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.settings import Gates
from quantray.sweeps.market import Session, Slice

GATES = {
    "max_quarantined_quotes": ("quarantined_quotes_share", "of the option quotes are crossed, zero or out of bounds"),
    "max_quarantined_prints": ("quarantined_prints_share", "of the option prints lie outside no-arbitrage bounds"),
    "max_unknown_symbols": ("unknown_symbols_share", "of the option rows are of symbols that the chain does not have"),
    "max_quarantined_sessions": ("quarantined_sessions_share", "of the sessions are incomplete or have no options"),
}


def summary_of(counts: Counter[str]) -> dict[str, float]:
    """The counts with the shares that gates and reports read, in a fixed order."""
    quotes, prints = ("crossed", "zero", "bounds", "absurd_ask"), ("bounds",)
    counts["rows_outside_sessions"] = counts["bars_outside_sessions"] + counts["option_rows_outside_sessions"]
    bad_quotes = sum(counts[f"quarantined_quotes_{k}"] for k in quotes)
    bad_prints = sum(counts[f"quarantined_prints_{k}"] for k in prints)
    bad_sessions = counts["sessions_no_options"] + counts["sessions_incomplete"]
    shares = {
        "quarantined_quotes_share": _share(bad_quotes, counts["quotes"]),
        "quarantined_prints_share": _share(bad_prints, counts["prints"]),
        "unknown_symbols_share": _share(counts["rows_unknown_symbol"], counts["rows_in_sessions"]),
        "quarantined_sessions_share": _share(bad_sessions, bad_sessions + counts["sessions"]),
        "carried_bars_share": _share(counts["carried_bars"], counts["bars"]),
    }
    names = (
        "sessions", "sessions_no_options", "sessions_incomplete", "sessions_missing", "bars", "carried_bars",
        "suspect_bars", "inconsistent_bars", "rows_outside_sessions", "bars_outside_sessions",
        "option_rows_outside_sessions", "rows_unknown_symbol", "rows_trade_only", "rows_set_aside",
        "rows_unlisted", "rows_after_expiry", "contracts_adjusted",
        "contracts_am_settled", "quotes", "prints",
        *(f"quarantined_quotes_{k}" for k in quotes), *(f"quarantined_prints_{k}" for k in prints),
    )  # fmt: skip
    return {**{name: counts[name] for name in names}, **shares}


def count_session(counts: Counter[str], session: Session | Grid, suspects: int) -> None:
    """A session that a slice holds, and its bars."""
    counts["sessions"] += 1
    counts["bars"] += session.n_bars - (0 if session.closed is None else int(session.closed.sum()))
    counts["carried_bars"] += int((session.filled & ~np.isnan(session.close)).sum())
    counts["suspect_bars"] += suspects


def check_gates(market: Slice, gates: Gates) -> None:
    """Refuse data of which more was quarantined than the plan allows. Raises DataError naming gate and limit."""
    for gate, (share, what) in GATES.items():
        value, limit = market.quality.get(share, 0.0), getattr(gates, gate)
        if value > limit:
            raise DataError(
                f"gate {gate}: {value:.2%} {what}, the limit is {limit:.2%} ({_counts(market.quality, share)}); "
                f"clean the data or raise gates.{gate}"
            )


def _counts(quality: Mapping[str, float], share: str) -> str:
    prefix = {"quarantined_sessions_share": "sessions_", "unknown_symbols_share": "rows_"}.get(
        share, share.removesuffix("share")
    )
    found = {k: v for k, v in quality.items() if k.startswith(prefix) and not k.endswith("share") and v}
    return ", ".join(f"{k}={v:g}" for k, v in found.items())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
