"""The options sweep, slowly and plainly: one candidate, second by second, in the order in which the rules are written.

No NumPy arithmetic, no sharing, no tables: every kernel is held equal to this file bit for bit.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from quantray.sweeps.long_option import window

CALL, PUT = 1, -1


@dataclass
class Trade:
    session: int
    signal: int
    origin: int
    side: int
    contract: int
    entry: int
    exit: int
    entry_price: float
    exit_price: float
    reason: str
    net: float
    risk: float
    entry_carried: bool
    exit_carried: bool
    no_bid: bool


def bars(seconds, step):
    return math.ceil(seconds / step)


def moment(text, session, end=None):
    """Seconds from the open of close-6m or 15:54; a contract that ends at bar ``end`` has its close there."""
    if text.startswith("close-"):
        number, unit = int(text[6:-1]), text[-1]
        return (session.n_bars if end is None else end) * session.interval_s - number * (60 if unit == "m" else 1)
    parts = [int(x) for x in text.split(":")] + [0]
    return from_open(parts[0] * 3600 + parts[1] * 60 + parts[2], session)


def from_open(clock, session):
    """Where a session opens the evening before, a time of day before the open's belongs to the following day."""
    overnight = session.open_s + session.n_bars * session.interval_s > 24 * 3600
    return clock - session.open_s + (24 * 3600 if overnight and clock < session.open_s else 0)


def is_closed(session, t):
    return session.closed is not None and bool(session.closed[t])


def vwap(session, count_filled=False):
    if session.vwap_running is not None:
        return list(map(float, session.vwap_running))
    out, paid, shares, price, volume = [], 0.0, 0.0, math.nan, 0.0
    for i in range(session.n_bars):
        filled = bool(session.filled[i])
        if not filled:
            price, volume = float(session.price[i]), float(session.volume[i])
        if not math.isnan(price) and (not filled or count_filled):
            paid += price * volume
            shares += volume
        out.append(paid / shares if shares > 0 else math.nan)
    return out


def stretches_and_reclaims(session, p):
    """(reclaim bar, stretch bar, side) in signal order."""
    average = vwap(session, p.get("vwap_count_filled", False))
    close = list(map(float, session.close))
    step, n = session.interval_s, session.n_bars
    s = p["stretch_threshold"]
    r = s * p["reclaim_percentage"]
    cooldown = bars(p["cooldown_period_seconds"], step)
    start, end = (from_open(clock, session) for clock in window(p["entry_window"]))
    found = []
    for side in (-1, 1):
        accepted = None
        for t in range(n):
            if not start <= t * step <= end or is_closed(session, t):
                continue
            stretched = close[t] > average[t] * (1 + s) if side > 0 else close[t] < average[t] * (1 - s)
            if not stretched or (accepted is not None and t - accepted < cooldown):
                continue
            accepted = t
            for u in range(t + 1, min(t + cooldown, n - 1) + 1):
                back = close[u] <= average[u] * (1 + r) if side > 0 else close[u] >= average[u] * (1 - r)
                if back and not is_closed(session, u):
                    found.append((u, t, side))
                    break
    return sorted(found)


def pick_contract(session, spot, side, p):
    if math.isnan(spot):
        return None
    right = CALL if side < 0 else PUT
    chain = [c for c in range(len(session.symbol)) if session.right[c] == right and session.expiry[c] >= session.day]
    if not chain:
        return None
    expiry = session.day if p["require_same_day_expiry"] else min(session.expiry[c] for c in chain)
    strikes = {}
    for c in chain:
        if session.expiry[c] == expiry:
            strikes.setdefault(float(session.strike[c]), c)
    if not strikes:
        return None
    mode = p["option_selection_mode"]
    below = sorted((k for k in strikes if k < spot), reverse=True)
    above = sorted(k for k in strikes if k > spot)
    side_of_spot = {"itm": below if right == CALL else above, "otm": above if right == CALL else below, "atm": []}[mode]
    if not side_of_spot:
        return strikes[min(strikes, key=lambda k: (abs(k - spot), k))]
    return strikes[side_of_spot[min(p["strikes_depth"], len(side_of_spot)) - 1]]


class Prices:
    """What one contract shows and how it deals, in one session."""

    def __init__(self, session, c, p):
        self.quotes = session.ask is not None
        self.n, self.step = session.n_bars, session.interval_s
        self.session, self.end = session, int(session.ends[c])
        self.wait = p["stale_fill"] == "next_print"
        age = p["max_price_age_seconds"]
        self.age = self.n if age is None else bars(age, self.step)
        if self.quotes:
            self.bid, self.ask = list(map(float, session.bid[c])), list(map(float, session.ask[c]))
            self.stamped = list(map(bool, session.fresh[c]))
        else:
            self.last = list(map(float, session.last[c]))
            self.stamped = [not math.isnan(x) for x in self.last]

    def known(self, s):
        if s >= self.end or is_closed(self.session, s):
            return None
        if self.quotes:
            return None if math.isnan(self.bid[s]) else self.bid[s]
        for g in range(s, max(s - self.age, 0) - 1, -1):
            if is_closed(self.session, g):
                return None
            if not math.isnan(self.last[g]):
                return self.last[g]
        return None

    def fill(self, f):
        """(price, bar) of a sale wanted at bar f, or None."""
        if f >= self.end:
            return None
        if self.quotes or not self.wait:
            price = self.known(f)
            return None if price is None else (price, f)
        for g in range(f, min(f + self.age, self.end - 1) + 1):
            if not math.isnan(self.last[g]) and not is_closed(self.session, g):
                return self.last[g], g
        return None

    def buy(self, e):
        """((price, bar), None) or (None, reason)."""
        if e >= self.end:
            return None, "session_end"
        if not self.quotes:
            got = self.fill(e)
            return (got, None) if got else (None, "no_print")
        ask = self.ask[e]
        if math.isnan(ask) or is_closed(self.session, e):
            return None, "no_quote"
        if ask == 0:
            return None, "zero_quote"
        if ask < 0:
            return None, "crossed_quote"
        return (ask, e), None


def leave(session, c, prices, entry, price, p):
    """(reason, fill price, fill bar, no bid at the close)."""
    step, n = session.interval_s, prices.end  # where the contract ends, for most the close of the session
    latency = bars(p["latency_seconds"], step)
    for s in range(entry + 1, n):
        at = s * step
        if at >= moment(p["emergency_exit"], session, n):
            got = prices.fill(s)
            if got:
                return "emergency", *got, False
        got = prices.fill(s + latency)
        if not got:
            continue
        if at >= moment(p["end_of_day_exit"], session, n):
            return "end_of_day", *got, False
        seen = prices.known(s)
        if seen is not None and (seen - price) / price * 100 >= p["take_profit_percent"]:
            return "take_profit", *got, False
        if seen is not None and (seen - price) / price * 100 <= p["stop_loss_percent"]:
            return "stop_loss", *got, False
        if s - entry >= bars(p["max_trade_duration_seconds"], step):
            return "time", *got, False
    if prices.quotes:
        final = prices.known(n - 1)
    else:
        final = next((x for x in reversed(prices.last) if not math.isnan(x)), None)
    if final is not None:
        return "end_of_data", final, n - 1, False
    if session.expiry[c] != session.day:
        return "end_of_data", 0.0, n - 1, True
    spot = next(float(x) for x in reversed(session.close[:n]) if not math.isnan(x))
    strike = float(session.strike[c])
    return "end_of_data", max(spot - strike if session.right[c] == CALL else strike - spot, 0.0), n - 1, True


def run(sessions, p, *, broker=0.65, exchange=0.65, slippage=None, contracts=1, cash=None, max_open=None, signals=None):
    """(trades, refusals, signals, signals on carried bars) of one candidate; ``signals`` replaces the strategy's."""
    trades, refused = [], Counter()
    total = carried = 0
    for k, session in enumerate(sessions):
        candidates = []
        slip = slippage if slippage is not None else (0.0 if session.ask is not None else 0.02)
        fees = contracts * 2 * (broker + exchange)
        for u, t, side in (signals or stretches_and_reclaims)(session, p):
            total += 1
            carried += bool(session.filled[u] or session.filled[t])
            c = pick_contract(session, float(session.close[u]), side, p)
            end = None if c is None else int(session.ends[c])
            if u * session.interval_s >= moment(p["late_entry_cutoff"], session, end):
                refused["late_entry"] += 1
                continue
            if c is None:
                refused["no_contract"] += 1
                continue
            prices = Prices(session, c, p)
            got, why = prices.buy(u + bars(p["latency_seconds"], session.interval_s))
            if why:
                refused[why] += 1
                continue
            price, entry = got
            reason, out, left, no_bid = leave(session, c, prices, entry, price, p)
            size = float(session.multiplier[c]) * contracts
            net = (max(out - slip, 0.0) - (price + slip)) * size - fees
            risk = (price + slip) * size * (abs(p["stop_loss_percent"]) / 100) + fees
            candidates.append((
                (price + slip) * size + 0.5 * fees,
                Trade(k, u, t, side, c, entry, left, price, out, reason, net, risk, not prices.stamped[entry],
                      not prices.stamped[left], no_bid),
            ))  # fmt: skip
        candidates.sort(key=lambda x: (x[1].entry, x[1].signal, x[1].origin, x[1].side))
        admit(candidates, trades, refused, cash, max_open)
    return trades, refused, total, carried


def admit(candidates, trades, refused, cash, max_open):
    """Append what capital allows to ``trades``; a position's money is back at the bar of its exit's fill."""
    free = None if cash is None else cash + added(t.net for t in trades)
    held = []
    for cost, trade in candidates:
        for other_cost, other in list(held):
            if other.exit <= trade.entry:
                held.remove((other_cost, other))
                if free is not None:
                    free += other_cost + other.net
        if max_open is not None and len(held) >= max_open:
            refused["max_open_positions"] += 1
        elif free is not None and cost > free + 1e-9:
            refused["no_cash"] += 1
        else:
            held.append((cost, trade))
            if free is not None:
                free -= cost
            trades.append(trade)


def added(numbers):
    """One after the other: the built-in sum compensates for rounding from Python 3.12 on."""
    total = 0.0
    for x in numbers:
        total += x
    return total


def quantile(values, q):
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def metrics(trades, refused, total, carried, step):
    """Every metric, by its definition in docs/rules.md; None where it does not exist."""
    n = len(trades)
    net = [t.net for t in trades]
    by_session = {}
    sums = gains = losses = risks = 0.0
    for t in trades:
        by_session[t.session] = by_session.get(t.session, 0.0) + t.net
        sums += t.net
        risks += t.risk
        gains += t.net if t.net > 0 else 0.0
        losses += -t.net if t.net <= 0 else 0.0
    out = dict.fromkeys(
        ("win_rate", "return_on_risk_percent", "expectancy", "avg_risk", "profit_factor", "sharpe", "median_net",
         "p05_net", "mean_duration_s", "max_duration_s", "carried_entry_share", "carried_exit_share"))  # fmt: skip
    out.update(n_trades=n, n_sessions=len(by_session), total_pnl=sums, n_signals=total, n_signals_carried=carried)
    curve = peak = worst = 0.0
    for t in sorted(trades, key=lambda t: (t.session, t.exit, t.entry, t.signal, t.origin, t.side)):
        curve += t.net
        peak = max(peak, curve)
        worst = max(worst, peak - curve)
    out["max_drawdown"] = worst
    for name in ("emergency", "end_of_day", "take_profit", "stop_loss", "time", "end_of_data"):
        out[f"exits_{name}"] = sum(t.reason == name for t in trades)
    out["no_bid_at_close"] = sum(t.no_bid for t in trades)
    for name in ("late_entry", "no_contract", "no_quote", "zero_quote", "crossed_quote", "no_print", "session_end",
                 "max_open_positions", "no_cash"):  # fmt: skip
        out[f"refused_{name}"] = refused[name]
    if n:
        held = [t.exit - t.entry for t in trades]
        out.update(
            win_rate=sum(x > 0 for x in net) / n, return_on_risk_percent=100 * (sums / n) / (risks / n),
            expectancy=sums / n, avg_risk=risks / n, median_net=quantile(net, 0.5), p05_net=quantile(net, 0.05),
            mean_duration_s=sum(held) * step / n, max_duration_s=max(held) * step,
            carried_entry_share=sum(t.entry_carried for t in trades) / n,
            carried_exit_share=sum(t.exit_carried for t in trades) / n,
        )  # fmt: skip
        if losses > 0:
            out["profit_factor"] = gains / losses
    if len(by_session) > 1:
        days = [by_session[k] for k in sorted(by_session)]
        total_days = 0.0
        for x in days:
            total_days += x
        mean = total_days / len(days)
        squares = 0.0
        for x in days:
            squares += (x - mean) * (x - mean)
        deviation = math.sqrt(squares / (len(days) - 1))
        out["sharpe"] = mean / deviation if deviation > 0 else None
    return out
