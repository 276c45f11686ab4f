"""A baseline in a process that may kill itself: ``python -m tests.builders.killed_baseline DIRECTORY [ROW]``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from quantray.callers.baseline import BaselineProgress
from quantray.callers.baseline_study import baseline
from tests.builders.baselines import plan_on
from tests.builders.call_plans import market


def main(folder: str, row: str = "-1", number: str = "9") -> int:
    def told(event: BaselineProgress) -> None:
        if event.total:
            print(event.done, event.reused, flush=True)
        if event.total and event.done == int(row):
            os.kill(os.getpid(), int(number))

    baseline(plan_on(market(Path(folder) / "market", bucket_rows=300), Path(folder) / "run"), progress=told)
    return 0


if __name__ == "__main__":
    (Path(sys.argv[1]) / "market").mkdir(parents=True, exist_ok=True)
    sys.exit(main(*sys.argv[1:]))
