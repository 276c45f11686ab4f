"""The lanes of a candidate, slowly: other costs, later orders and moved quotes, each run second by second."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tests.reference import options_sweep


def moved(session, share):
    """Quotes at a share of the half spread from their mid, one by one."""
    bid, ask = np.empty_like(session.bid), np.empty_like(session.ask)
    for c in range(bid.shape[0]):
        for i in range(bid.shape[1]):
            low, high = float(session.bid[c, i]), float(session.ask[c, i])
            if not math.isnan(low) and not math.isnan(high) and 0 < low < high:
                step = (1 - share) * (high - low) / 2
                low, high = max(low + step, 0.0), high - step
            bid[c, i], ask[c, i] = low, high
    return replace(session, bid=bid, ask=ask)


def net(sessions, params, **costs):
    found, *_ = options_sweep.run(sessions, params, **costs)
    return sum(trade.net for trade in found)


def later(params, session):
    return {**params, "latency_seconds": params["latency_seconds"] + session.interval_s}
