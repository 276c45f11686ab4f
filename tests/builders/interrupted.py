"""A sweep in a process of its own: ``python -m tests.builders.interrupted local|ray DIRECTORY SECONDS_A_BATCH``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from quantray.errors import Interrupted
from quantray.space import Candidates
from quantray.sweeps.loop.progress import Progress
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.trial import Trial
from tests.builders.objectives import EMPTY, evaluate, make_plan, open_sweep


def main(kind: str, folder: str, seconds: str) -> int:
    pause = float(seconds)

    def slowly(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
        time.sleep(pause)
        return evaluate(plan, market, candidates)

    def said(progress: Progress) -> None:
        print(f"stored {progress.counts.attempts}", flush=True)

    plan = make_plan(Path(folder), n_trials=100, batch=4)
    sweep = open_sweep(plan, on_progress=said)
    try:
        if kind == "ray":
            import ray

            from quantray.runner.tune import run_tune

            ray.init(
                address="local", num_cpus=2, include_dashboard=False, object_store_memory=150 << 20, log_to_driver=False
            )
            run_tune(plan, EMPTY, sweep, slowly)
        else:
            from quantray.runner.local import run_local

            run_local(plan, EMPTY, sweep, slowly)
    except Interrupted as error:
        print(error, flush=True)
        return 130
    finally:
        sweep.ledger.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
