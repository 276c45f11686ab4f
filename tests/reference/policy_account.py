"""One account and its metrics in plain slow Python: lists, a sort before every step, no heap and no log."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tests.reference.policies import Trade

DAY = 86_400_000_000_000


@dataclass
class Order:
    """A trade that wants to be opened: its place in the queue and what limits look at."""

    trade: Trade
    rank: int
    asset: int
    caller: int
    distance: float | None
    candles: list  # from the first one behind the entry to the end of the window
    size: float = 0.0
    pnl: float = 0.0
    skip: str = ""
    left: float = 0.0
    filled: int = 0


@dataclass
class Result:
    queue: list[Order]
    cash: float
    equity: list[float] = field(default_factory=list)
    cash_at: list[float] = field(default_factory=list)


def run(orders, rules, cost, on_entry, interval, times=()):
    """Open and close ``orders`` under ``rules`` (an Account); equity and cash at each of the rising ``times``."""
    queue = sorted(orders, key=lambda o: (o.trade.entry_ns, o.rank))
    place = {id(o): i for i, o in enumerate(queue)}
    state = Result(queue, float(rules.initial))
    held: list[Order] = []

    def close_until(now):
        while True:
            due = [(o.trade.fills[o.filled][0], place[id(o)], o) for o in held]
            due = [d for d in due if d[0] <= now]
            if not due:
                return
            _, _, o = min(due, key=lambda d: d[:2])
            _, part, multiple = o.trade.fills[o.filled]
            value = o.size * part * multiple
            gained = value - (o.size * part * cost if on_entry else value * cost)
            state.cash += gained
            o.pnl += gained
            o.left -= part
            o.filled += 1
            if o.filled == len(o.trade.fills):
                held.remove(o)

    def marks(now):
        total = 0.0
        for o in held:
            closed = [c.close for c in o.candles if c.ts + interval <= now]
            total += o.size * o.left * (closed[-1] / o.trade.price if closed else 1.0)
        return total

    at = 0
    for o in queue:
        now = o.trade.entry_ns
        while at < len(times) and times[at] < now:
            close_until(times[at])
            note(state, marks(times[at]))
            at += 1
        close_until(now)
        o.skip = limit(o, held, rules)
        if o.skip:
            continue
        size = wanted(o, rules, cost, state.cash, marks(now))
        if state.cash <= 0 or size + size * cost > state.cash:
            o.skip = "no_cash"
        elif size < rules.minimum or size <= 0:
            o.skip = "below_minimum"
        else:
            o.size, o.left, o.filled = size, 1.0, 0
            o.pnl = -(size + size * cost)
            state.cash += o.pnl
            held.append(o)
    while at < len(times):
        close_until(times[at])
        note(state, marks(times[at]))
        at += 1
    close_until(math.inf)
    return state


def note(state, marks_now):
    state.equity.append(state.cash + marks_now)
    state.cash_at.append(state.cash)


def limit(o, held, rules):
    if rules.max_positions is not None and len(held) >= rules.max_positions:
        return "max_positions"
    on_asset = sum(h.asset == o.asset for h in held)
    if rules.max_positions_per_asset is not None and on_asset >= rules.max_positions_per_asset:
        return "max_positions_per_asset"
    of_caller = sum(h.caller == o.caller for h in held)
    if rules.max_positions_per_caller is not None and of_caller >= rules.max_positions_per_caller:
        return "max_positions_per_caller"
    return ""


def wanted(o, rules, cost, cash, marks_now):
    basis = {"free_cash": cash, "equity": cash + marks_now, "initial": rules.initial}[rules.basis]
    if rules.sizing == "fixed":
        return rules.amount
    if rules.sizing == "fraction":
        return rules.max_allocation_pct * basis
    distance = 1.0 if o.distance is None else o.distance
    size = min(
        rules.max_risk_per_trade / (distance + (cost + cost)), rules.max_allocation_pct * basis, cash / (1.0 + cost)
    )
    while size > 0 and size + size * cost > cash:
        size = math.nextafter(size, 0.0)
    return size


def quantile(values, q):
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def added(values):
    total = 0.0
    for v in values:
        total += v
    return total


def metrics(result, rules, cost, on_entry, period, without):
    """Every metric that comes from trades in the period (start, end), None for what does not exist."""
    done = [o for o in result.queue if not o.skip]
    out = {"n_trades": len(done), "no_entry": without}
    for why in ("max_positions", "max_positions_per_asset", "max_positions_per_caller", "no_cash", "below_minimum"):
        out[f"skipped_{why}"] = sum(o.skip == why for o in result.queue)
    out["exposure"] = covered([(o.trade.entry_ns, o.trade.fills[-1][0]) for o in done], *period) / (
        period[1] - period[0]
    )
    stopped = [o for o in done if o.trade.reason.endswith("STOP") and o.trade.fills[-1][2] < 1.0]
    out["stop_outs"] = len(stopped)
    out["final_capital"], out["total_return"] = result.cash, result.cash / rules.initial - 1.0
    if not done:
        return out
    n = len(done)
    net = [o.trade.net(cost, on_entry) for o in done]
    gains, losses = added(o.pnl for o in done if o.pnl > 0), added(-o.pnl for o in done if o.pnl <= 0)
    reach = added(o.trade.peak for o in done)
    out |= {
        "win_rate": sum(x > 0 for x in net) / n,
        "captured_return": added(net) / n,
        "median_return": quantile(net, 0.5),
        "p05_return": quantile(net, 0.05),
        "p25_return": quantile(net, 0.25),
        "p75_return": quantile(net, 0.75),
        "p95_return": quantile(net, 0.95),
        "profit_factor": gains / losses if losses > 0 else None,
        "expectancy": added(o.pnl for o in done) / n,
        "mean_r": added(x / (o.distance + (cost + cost)) for x, o in zip(net, done, strict=True)) / n
        if done[0].distance is not None
        else None,
        "capture_ratio": added(o.trade.gross - 1.0 for o in done) / reach if reach != 0 else None,
        "stop_out_rate": len(stopped) / n,
        "p95_adverse": quantile([o.trade.adverse for o in done], 0.95),
        "time_exposed": added((o.trade.fills[-1][0] - o.trade.entry_ns) / 1e9 for o in done) / n,
        "ambiguous_share": sum(o.trade.ambiguous for o in done) / n,
        "end_of_data_share": sum(o.trade.reason == "END_OF_DATA" for o in done) / n,
    }
    return out


def covered(spans, since, before):
    """Length of the union of intervals inside [since, before)."""
    total, until = 0, since
    for begin, end in sorted(spans):
        begin, end = max(begin, until), min(end, before)
        if end > begin:
            total += end - begin
            until = end
    return total


def max_drawdown(equity, initial):
    worst, peak = 0.0, initial
    for e in equity:
        peak = max(peak, e)
        worst = max(worst, (peak - e) / peak)
    return worst


def daily(equity, initial):
    """(Sharpe, Sortino) of daily returns, None where they do not exist."""
    before = [initial, *equity[:-1]]
    returns = [e / b - 1.0 if b > 0 else 0.0 for e, b in zip(equity, before, strict=True)]
    n = len(returns)
    if n < 2:
        return None, None
    mean = added(returns) / n
    deviation = math.sqrt(added((r - mean) * (r - mean) for r in returns) / (n - 1.0))
    losses = added(r * r for r in returns if r < 0)
    year = math.sqrt(365.0)
    return (mean / deviation * year if deviation > 0 else None), (
        mean / math.sqrt(losses / n) * year if losses > 0 else None
    )
