"""One of several drivers of a study, in a process of its own: ``python -m quantray.cli.driver K key=value …``.

It says how it gets on in lines of JSON on its standard output, and ends when its standard input does: it does not
outlive the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, guarded, quiet
from quantray.outlets import guarded_streams

if TYPE_CHECKING:
    from quantray.sweeps.loop.progress import Progress
    from quantray.sweeps.plan import Plan

_SIBLINGS = "is also driven by"  # expected here, and said N times


def main(argv: Sequence[str] | None = None) -> int:
    """``K overrides``: drive as number K; returns the exit code of a run."""
    number, *overrides = sys.argv[1:] if argv is None else argv

    def work() -> int:
        from quantray.config.plans import load_sweep

        threading.Thread(target=_end_with_parent, name="quantray-parent", daemon=True).start()
        return drive(load_sweep(overrides, asked="a driver"), int(number))

    with guarded_streams(overrides):
        quiet()
        return guarded(work)


def drive(plan: Plan, number: int) -> int:
    """Search and store, and nothing else: the report and the Optuna study are the last driver's.

    The first one keeps the Optuna study up to date while it runs. ``fresh`` is not looked at: whoever starts several
    drivers deletes the study once.
    """
    from quantray.ledger import start_mirror
    from quantray.sweeps.loop.share import Share
    from quantray.sweeps.prepare import opened
    from quantray.sweeps.search import search

    share, began = Share(number), time.monotonic()

    def progress(event: Progress) -> None:
        _say(stored=asdict(event.stored), duplicates=dict(event.duplicates), seconds=time.monotonic() - began)

    with opened(replace(plan, fresh=False), _sentence) as study:
        first = number == 0
        mirror = start_mirror(study.ledger, plan.mirror, expected=plan.search.attempts) if first else None
        try:
            search(study, progress, _sentence, share=share, last=False)
        finally:
            if mirror is not None:
                mirror.stop()
    return DONE


def _sentence(text: str) -> None:
    if _SIBLINGS not in text:
        _say(sentence=text)


def _say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def _end_with_parent() -> None:
    while os.read(0, 1024):  # sys.stdin has a lock, at which an interpreter that ends would stumble
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
