"""Sweeps that are stopped in the middle, as Ctrl-C stops them."""

from __future__ import annotations

import os
import signal

import pytest

from quantray import interrupts
from quantray.errors import Interrupted
from quantray.sweeps.loop.progress import Progress
from quantray.sweeps.plan import Plan
from quantray.sweeps.study import sweep


def stopped(plan: Plan, after: int, patience_s: float = 60.0) -> Interrupted | None:
    """Run until ``after`` candidates are complete; how it was interrupted, None where it came to its end.

    The report is waited for longer than in a command: test machines have no core to spare.
    """

    def progress(event: Progress) -> None:
        if event.counts.complete >= after:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interrupts, "PATIENCE_S", patience_s)
        try:
            sweep(plan, progress=progress, say=lambda _: None)
        except Interrupted as error:
            return error
    return None
