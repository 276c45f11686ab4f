"""What policies earn where nothing can be earned: ``python -m benchmarks.martingale``, Markdown tables.

Fair walks of clean ticks, every kind of policy, all orders of events inside a candle. The honest order loses the costs
and nothing else; what lies above them under another order is what that order invents.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks._page import Report
from quantray.callers.policies.account import Costs
from quantray.callers.policies.martingale import (
    FairWalks,
    as_markdown,
    drawn_back,
    fair_walks,
    martingale_table,
    with_lone_prints,
)  # fmt: skip

SMALL = ["--walks", "300"]
FULL = ["--minutes", "1", "5", "15"]
FAR = 4.0  # of some 15 policies one lies that far away once in a thousand times
FILTER_K = 1.4  # prints begin at 1.5 times the price


def lone_prints(walks: FairWalks) -> None:
    """What prints far above the market would have paid, and what is left of it when they are drawn back."""
    printed = with_lone_prints(walks)
    markets = (walks, printed, drawn_back(printed, FILTER_K))
    print("\nThe same with a lone print of 1.5 to 4 times the price on 0.5 % of the candles\n")
    print("| policy | clean | with prints | drawn back | the prints paid |")
    print("|---|---:|---:|---:|---:|")
    for rows in zip(*(martingale_table(market, Costs()) for market in markets), strict=True):
        clean, fooled, back = (row.stop_first[0] * 1e4 for row in rows)
        print(f"| {rows[0].kind} | {clean:.1f} | {fooled:.1f} | {back:.1f} | {fooled - back:.1f} |")


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walks", type=int, default=20_000)
    parser.add_argument("--minutes", type=int, nargs="+", default=[1], help="minutes of a candle; divisors of 30")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    report = Report("martingale", f"what policies earn on {given.walks:,} walks where nothing can be earned")
    for minutes in given.minutes:
        walks = fair_walks(given.walks, minutes * 60, seed=given.seed)
        print(f"\n{given.walks:,} walks, {minutes} m candles, costs 30 + 10 bps a side; basis points of the entry\n")
        rows = martingale_table(walks, Costs())
        print(as_markdown(rows))
        far = [abs(row.stop_first[0] + row.costs) / row.stop_first[1] for row in rows]
        report.equal(f"on {minutes} m candles {len(rows)} kinds of policies lose their costs and no more or less, "
                     f"within {FAR:g} standard errors", max(far) <= FAR)  # fmt: skip
        report.row(f"distance of a policy's mean from its costs, {minutes} m", far, unit="standard errors")
        if minutes == 1:
            lone_prints(walks)
    return report


if __name__ == "__main__":
    main()
