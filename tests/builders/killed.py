"""A run in a process of its own that may kill itself: ``python -m tests.builders.killed DIRECTORY LOG [STAGE ROW]``.

Every bucket that is touched and every block that is scored leaves a line in LOG when it begins.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from quantray.callers.pipeline import run
from quantray.callers.progress import Progress
from quantray.callers.stages import scores, touch
from quantray.errors import Interrupted
from tests.builders.call_plans import market, plan_on


def main(folder: str, log: str, stage: str = "", row: str = "0", number: str = "9") -> int:
    scores.PAIRS, data = 200, market(Path(folder) / "market", bucket_rows=300)
    logged(touch, "touch", Path(log))
    logged(scores, "score_block", Path(log))

    def told(progress: Progress) -> None:
        if progress.total:
            print(progress.stage, progress.done, flush=True)
        if (progress.stage, progress.done) == (stage, int(row)) and progress.total:
            os.kill(os.getpid(), int(number))

    try:
        run(plan_on(data, Path(folder) / "run", mode="both", filter_collapsed=True), progress=told, say=print)
    except Interrupted as error:
        print(error, flush=True)
        return 130
    return 0


def logged(module: Any, name: str, log: Path) -> None:
    """Let the function ``name`` of a module leave a line with its last arguments."""
    work = getattr(module, name)

    def wrapper(*arguments: Any) -> Any:
        with log.open("a") as file:
            file.write(f"{name} {getattr(arguments[1], 'name', '')} {arguments[-1]}\n")
        return work(*arguments)

    setattr(module, name, wrapper)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may have it ignored
    (Path(sys.argv[1]) / "market").mkdir(parents=True, exist_ok=True)
    sys.exit(main(*sys.argv[1:]))
