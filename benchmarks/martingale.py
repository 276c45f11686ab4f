"""What policies earn where nothing can be earned: ``python -m benchmarks.martingale``, a Markdown table.

Fair walks of clean ticks, every kind of policy, all orders of events inside a candle. The honest order loses the costs
and nothing else; what lies above them under another order is what that order invents.
"""

from __future__ import annotations

import argparse

from quantray.callers.policies.account import Costs
from quantray.callers.policies.martingale import (
    FairWalks,
    as_markdown,
    drawn_back,
    fair_walks,
    martingale_table,
    with_lone_prints,
)  # fmt: skip

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


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walks", type=int, default=20_000)
    parser.add_argument("--minutes", type=int, nargs="+", default=[1], help="minutes of a candle; divisors of 30")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for minutes in args.minutes:
        walks = fair_walks(args.walks, minutes * 60, seed=args.seed)
        print(f"\n{args.walks:,} walks, {minutes} m candles, costs 30 + 10 bps a side; basis points of the entry\n")
        print(as_markdown(martingale_table(walks, Costs())))
        if minutes == 1:
            lone_prints(walks)


if __name__ == "__main__":
    main()
