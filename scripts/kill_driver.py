"""Kill the driver of a sweep with SIGKILL at random moments, go on, and compare: the table of docs/search.md.

``python scripts/kill_driver.py --times 30``: each time one study is started, killed once after a random number of
evaluations (in turn a complete table, random, quasi-random and TPE), started again and finished.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults.desks import Desk
from tests.faults.kills import SEARCHES, Row, killed, undisturbed

HEAD = (
    "| search | killed after calls | stored | stored twice | evaluated again | of these not in work | reported | "
    "same table |\n|---|---|---|---|---|---|---|---|"
)


def line(row: Row) -> str:
    """A row of the table."""
    cells = [row.search, *map(str, row.calls_at_death), row.stored, row.twice, row.again, row.astray, row.reported]
    return "| " + " | ".join(map(str, [*cells, "yes" if row.same else "NO"])) + " |"


def main() -> int:
    """Print the table; 1 when a row is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=30, help="how many kills (30)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (0)")
    given = parser.parse_args()
    bad = 0
    whole: dict[str, Counter[str]] = {}
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "desk", pause=0.002)
        for i in range(given.times):
            search = list(SEARCHES)[i % len(SEARCHES)]
            if search not in whole:
                whole[search] = undisturbed(desk, search)
            row = killed(desk, search, whole[search], kills=1, seed=1000 * given.seed + i)
            bad += not (row.same and row.twice == row.astray == 0 and row.again <= row.reported)
            print(line(row), flush=True)
    print(f"{given.times} kills, {bad} not as they must be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
