"""An interruption says in which stage it came and what is kept; a swallowed one comes at the next stage."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from quantray import interrupts
from quantray.errors import Interrupted
from quantray.ledger import open_ledger
from quantray.settings import Storage
from quantray.sweeps.loop.progress import STAGES
from quantray.sweeps.prepare import Opened
from quantray.sweeps.stopped import Stages
from tests.builders.sweep_plans import sweep_plan


def test_every_stage_says_where_and_what_is_kept(tmp_path: Path) -> None:
    told: list[str] = []
    stages = Stages(told.append)
    for stage in ("", *STAGES):
        if stage:
            stages(stage)
        with pytest.raises(Interrupted) as early, stages.told():
            raise KeyboardInterrupt
        assert str(early.value).startswith("stopped"), stage
        assert str(early.value).endswith("; the same command goes on there"), stage
    assert told == list(STAGES)
    plan = sweep_plan(run_dir=tmp_path)
    with closing(open_ledger(Storage(), tmp_path, plan.study, {}, described={})) as ledger:
        made = Opened(plan, None, None, None, {}, ledger, lambda stage: None)  # type: ignore[arg-type]
        with pytest.raises(Interrupted) as late, stages.told(made):
            raise KeyboardInterrupt
        assert "stopped while its report was written with 0 of 300 trials complete, all of them" in str(late.value)


def test_an_interruption_that_a_library_swallowed_comes_at_the_next_stage() -> None:
    stages = Stages(None)
    with interrupts.listening(lambda: None), interrupts.answering(lambda text: None):
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        with pytest.raises(KeyboardInterrupt):
            stages("judging")
        interrupts.forgiven()
        stages("writing")
