"""Kill a run with SIGKILL at random moments, go on, and compare: the tables of docs/search.md and docs/callers.md.

``python scripts/kill_driver.py --times 30``: each time one study is started, killed once after a random number of
evaluations (in turn a complete table, random, quasi-random and TPE; or ``--only`` one of them), started again and
finished. ``--only callers`` does the same to a run about callers, killed after a random number of buckets and blocks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.builders.desks import Desk
from tests.builders.kills import SEARCHES, Row, callers, killed, killed_callers, undisturbed

#: Rows about callers that two threads may have begun and nobody noted.
AHEAD = 3
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
    parser.add_argument("--only", choices=[*SEARCHES, "callers"], help="one kind alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = of_callers if given.only == "callers" else of_sweeps
        bad = work(Path(folder), given)
    print(f"{given.times} kills, {bad} not as they must be")
    return 1 if bad else 0


def of_sweeps(folder: Path, given: argparse.Namespace) -> int:
    """A row a kill; how many are not as they must be."""
    searches = [given.only] if given.only else list(SEARCHES)
    bad = 0
    whole: dict[str, Counter[str]] = {}
    print(HEAD)
    desk = Desk(folder / "desk", pause=0.002)
    for i in range(given.times):
        search = searches[i % len(searches)]
        if search not in whole:
            whole[search] = undisturbed(desk, search)
        row = killed(desk, search, whole[search], kills=1, seed=1000 * given.seed + i)
        bad += not (row.same and row.twice == row.astray == 0 and row.again <= row.reported)
        print(line(row), flush=True)
    return bad


def of_callers(folder: Path, given: argparse.Namespace) -> int:
    """A row a kill of a run about callers; how many are not as they must be."""
    from tests.builders.call_plans import bytes_of

    straight, bad = folder / "straight", 0
    straight.mkdir()
    whole = callers(straight)
    table = bytes_of(straight / "run")
    print("| killed after rows | of | begun again | same table |\n|---|---|---|---|")
    for i in range(given.times):
        place = folder / str(i)
        place.mkdir()
        row = killed_callers(place, whole, table, 1000 * given.seed + i)
        bad += not (row.same and row.again <= AHEAD)
        print(f"| {row.done_at_death} | {row.of} | {row.again} | {'yes' if row.same else 'NO'} |", flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
