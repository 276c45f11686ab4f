"""What the report says of how the pick stands worse conditions."""

from __future__ import annotations

from quantray.report import words
from quantray.sweeps.results import Results


def lanes(r: Results) -> list[list[str]]:
    """Lane, trades, net, objective."""
    if r.stress is None or r.pick is None:
        return []
    name = r.plan.objective
    rows = [["as it was searched", words.number(r.pick.metrics.get("n_trades")),
             words.metric("total_pnl", r.pick.metrics.get("total_pnl")), words.metric(name, r.pick.value)]]  # fmt: skip
    for lane in r.stress.told:
        cells = [lane.why or "", words.DASH, words.DASH] if lane.net is None else [
            words.number(lane.n_trades), words.metric("total_pnl", lane.net), words.metric(name, lane.value)
        ]  # fmt: skip
        rows.append([lane.phrase, *cells])
    return rows


def limits(r: Results) -> list[tuple[str, str]]:
    """From which costs on nothing is left, and what the weakest session and neighbour leave."""
    s = r.stress
    if s is None:
        return []
    rows = []
    if s.break_even_fees is not None:
        rows.append(("earns until fees per contract, both sides, reach", words.number(s.break_even_fees)))
    if s.break_even_slippage is not None:
        rows.append(("earns until slippage per share and side reaches", words.number(s.break_even_slippage, 3)))
    if s.spread:
        last = s.spread[-1][0]
        most = "at no share, not at the mid either" if s.break_even_spread is None else f"{s.break_even_spread:.1f}"
        most += ", and perhaps further" if s.break_even_spread == last else ""
        rows.append(("earns up to this share of the half spread (1: the touch)", most))
    if s.worst_without is not None:
        rows.append((f"net without its best session ({s.worst_without[0]})",
                     words.metric("total_pnl", s.worst_without[1])))  # fmt: skip
    known = [v for v in s.neighbours if v is not None]
    if s.neighbours:
        earning = sum(v > 0 for v in known)
        rows.append(("neighbours (one step away) that earn", f"{earning} of {len(s.neighbours)}"))
    if known:
        rows.append(("the weakest neighbour's objective", words.metric(r.plan.objective, min(known))))
    return rows
