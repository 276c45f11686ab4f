"""The screens driven key by key: what they show, that no name tears them, and how they are left."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from quantray.callers.baseline_study import BaselineStudy, baseline
from quantray.cli.tui import app as module
from quantray.cli.tui.finished import finished_source
from quantray.cli.tui.listing import Listing
from quantray.cli.tui.live_baseline import LiveBaseline
from quantray.cli.tui.running import Running
from quantray.errors import Interrupted
from tests.builders.baselines import bytes_of, finished, plan_on
from tests.builders.call_plans import market
from tests.builders.finished_runs import NAMES
from tests.builders.pilots import text_of, until, walked


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (12, 4)])
def test_no_name_tears_a_screen(run_dir: Path, size: tuple[int, int]) -> None:
    """Every line of every screen is as wide as the screen, and nothing in it is obeyed or read as markup."""
    seen: list[str] = []

    async def step(pilot: Pilot[None]) -> None:
        seen.extend(text_of(pilot.app.screen))
        for place in range(0, len(NAMES), 1 if size == (80, 24) else 4):
            pilot.app.screen.query_one(Listing).action_go(place)
            for key in ("enter", "enter", "escape", "escape"):
                await pilot.press(key)
                seen.extend(text_of(pilot.app.screen))

    walked(finished_source(run_dir), step, size=size)
    assert {cell_len(line) for line in seen} == {size[0]}
    assert not [line for line in seen if "\x1b" in line or "\u202e" in line or "\t" in line]
    if size[0] >= 80:
        text = "\n".join(seen)
        for shown in ("[red]bert[/red]", "\\x1b[31mred\\x1b[2J", "日本語", "[/] [@click=app.q", "tab\\x09line"):
            assert shown in text


@pytest.mark.slow
def test_from_callers_to_candles_and_back(run_dir: Path) -> None:
    async def step(pilot: Pilot[None]) -> None:
        lines = text_of(pilot.app.screen)
        assert lines[0].startswith("10 callers  test")
        assert "60 of 60 calls measured" in lines[2]
        assert lines[3].startswith("medians: ath 1.1")
        assert "enter calls" in lines[-1]
        assert "q leave" in lines[-1]
        await pilot.press("slash", *"anna", "enter")
        assert text_of(pilot.app.screen)[0].startswith("1 of 10 callers")
        await pilot.press("enter")
        lines = text_of(pilot.app.screen)
        assert lines[0].startswith("6 calls  Anna")
        assert "2025-01-01 00:10" in lines[3]
        await pilot.press("enter", "right")
        lines = text_of(pilot.app.screen)
        assert lines[0].startswith("2 of 6  2025-01-01 00:17  [bold]T1  Anna")
        assert any("E entry 1x" in line and "Z end" in line for line in lines)
        assert any("time since the entry" in line for line in lines)
        assert any("1x┤E" in line for line in lines)
        await pilot.press("escape", "escape")
        await pilot.press("escape")
        assert text_of(pilot.app.screen)[0].startswith("10 callers")

    walked(finished_source(run_dir), step)


@pytest.mark.slow
def test_a_screen_is_drawn_anew_for_another_size(run_dir: Path) -> None:
    async def step(pilot: Pilot[None]) -> None:
        await pilot.press("enter", "enter")
        for size in ((120, 40), (60, 15), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.1)
            lines = text_of(pilot.app.screen)
            assert (len(lines), {cell_len(line) for line in lines}) == (size[1], {size[0]})
            assert any("time since the entry" in line for line in lines)

    walked(finished_source(run_dir), step)


@pytest.mark.slow
def test_a_run_fills_the_screens_and_ends_in_its_results(tmp_path: Path) -> None:
    plan = plan_on(market(tmp_path, n_calls=90, length=600, bucket_rows=100), tmp_path / "run")
    source = LiveBaseline(plan)
    seen: list[int] = []

    async def step(pilot: Pilot[None]) -> None:
        await until(pilot, lambda lines: any("caller_" in line for line in lines))
        seen.append(source.version)
        lines = await until(pilot, lambda lines: any(module.WRITTEN in line for line in lines))
        assert lines[0].startswith("3 callers  test")
        assert "finished in" in lines[2]
        await pilot.press("q")

    def work(run: Running) -> BaselineStudy:
        return baseline(plan, progress=lambda event: (source.take(event), time.sleep(0.05)), say=run.say)

    run = Running(work)
    app = walked(source, step, run=run, ended=lambda: finished_source(plan.run_dir))
    run.result()
    assert app.source is not source
    assert seen[0] < source.version


@pytest.mark.slow
def test_q_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    """It stops as by Ctrl-C, and what it had finished is not done again: the same bytes in the end."""
    data = market(tmp_path, n_calls=90, length=600, bucket_rows=100)
    plan = plan_on(data, tmp_path / "run")
    source = LiveBaseline(plan)

    async def step(pilot: Pilot[None]) -> None:
        await until(pilot, lambda lines: any("1 of " in line or "2 of" in line for line in lines) or source.version > 6)
        await pilot.press("q")
        assert module.STOPPING[:30] in "".join(text_of(pilot.app.screen)) or run.over

    run = Running(
        lambda mine: baseline(plan, progress=lambda event: (source.take(event), time.sleep(0.1)), say=mine.say)
    )
    walked(source, step, run=run, ended=lambda: finished_source(plan.run_dir))
    with pytest.raises(Interrupted, match="the same command goes on there"):
        run.result()
    again = baseline(plan, say=lambda sentence: None)
    assert again.results.reused > 0
    assert bytes_of(plan.run_dir) == bytes_of(finished(data, tmp_path / "whole").plan.run_dir)


@pytest.mark.slow
def test_a_failed_run_leaves_the_screens_at_once(tmp_path: Path) -> None:
    plan = plan_on(market(tmp_path), tmp_path / "run")

    def work(run: Running) -> None:
        raise ValueError("of the run")

    async def step(pilot: Pilot[None]) -> None:
        end = time.monotonic() + 20
        while pilot.app.is_running and time.monotonic() < end:
            await pilot.pause(0.05)

    run = Running(work)
    app = walked(LiveBaseline(plan), step, run=run)
    assert app.return_code == 0
    with pytest.raises(ValueError, match="of the run"):
        run.result()
