"""Whole sweeps: the same bytes however they run, resumed or not; nothing lost, nothing repeated, nothing peeked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.config.plans import load_plan
from quantray.errors import DataError, LedgerError, TooManyFailures
from quantray.ledger import open_reader
from quantray.sweeps.data import load
from quantray.sweeps.market import Slice
from quantray.sweeps.study import Study, split, sweep
from tests.builders.sweep_plans import SHARED
from tests.builders.sweep_runs import SMALL, plan_of

pytestmark = pytest.mark.slow


def table(study: Study) -> bytes:
    """Of the trials and of the survivors among them."""
    return b"".join((study.plan.run_dir / name).read_bytes() for name in ("trials.parquet", "survivors.parquet"))


@pytest.mark.parametrize("search", ["tpe", "random", "qmc"])
def test_the_same_bytes_for_any_number_of_workers(tmp_path, search):
    found = [
        table(sweep(plan_of(tmp_path / str(workers), f"search={search}", f"runner.workers={workers}", *SMALL[4:5])))
        for workers in (1, 2, 4)
    ]
    assert found[0] == found[1] == found[2]


def test_the_same_bytes_on_ray(tmp_path):
    local = sweep(plan_of(tmp_path / "local"))
    ray = sweep(plan_of(tmp_path / "ray", "runner=ray", "runner.workers=2"))
    assert table(local) == table(ray)


def test_a_sweep_goes_on_where_it_stopped(tmp_path):
    """Fewer trials first, then the full number: the table is the one of an uninterrupted run."""
    whole = sweep(plan_of(tmp_path / "whole", "search=random"))
    sweep(plan_of(tmp_path / "parts", "search=random", "search.n_trials=16"))
    parts = sweep(plan_of(tmp_path / "parts", "search=random"))
    assert parts.results.counts.complete == 48
    assert len({t.digest for t in parts.results.trials}) == len(parts.results.trials)
    assert {t.digest for t in whole.results.trials[:16]} <= {t.digest for t in parts.results.trials}
    again = sweep(plan_of(tmp_path / "parts", "search=random"))
    assert table(again) == table(parts)


@pytest.mark.parametrize("search", ["tpe", "random"])
def test_killed_and_resumed_gives_the_uninterrupted_table(tmp_path, search):
    """SIGKILL at a random moment, then the same command again."""
    more = [f"search={search}", "search.n_trials=400", "search.batch=8"]
    whole = sweep(plan_of(tmp_path / "whole", *more))
    command = [
        sys.executable,
        "-m",
        "quantray.run",
        *SMALL,
        f"run_dir={tmp_path / 'killed'}",
        "study.name=small",
        *more,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    ledger = tmp_path / "killed" / "ledger.db"
    wait_for(lambda: ledger.exists() and stored(ledger) > 40, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    at_death = stored(ledger)
    resumed = sweep(plan_of(tmp_path / "killed", *more))
    assert 40 < at_death < len(resumed.results.trials)
    assert table(resumed) == table(whole)


@pytest.mark.parametrize("runner", ["local", "ray"])
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path, runner):
    more = [f"runner={runner}", "search.n_trials=4000", "search.batch=8"]
    command = [sys.executable, "-m", "quantray.run", *SMALL, f"run_dir={tmp_path}", "study.name=small", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: (tmp_path / "ledger.db").exists() and stored(tmp_path / "ledger.db") > 20, process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert time.monotonic() - began < 30
    assert "go on" in error
    assert "Traceback" not in error
    assert stored(tmp_path / "ledger.db") > 20


def wait_for(condition, process) -> None:
    """Until the condition holds; a process that ends or takes too long does not outlive the test."""
    deadline = time.monotonic() + 240
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"the run ended with {process.poll()} before it came that far")
        time.sleep(0.05)


def stored(ledger: Path) -> int:
    try:
        return open_reader(f"sqlite:///{ledger}", "small").counts().attempts
    except LedgerError:
        return 0


def test_held_out_sessions_are_never_shown_to_the_search(tmp_path, monkeypatch):
    """Another future on the held-out sessions changes no trial of the search."""
    import quantray.sweeps.data

    before = sweep(plan_of(tmp_path / "before", "search.n_trials=24"))
    slice = load(plan_of(tmp_path / "x").data)
    last = slice.sessions[-1]
    assert before.results.data["sessions_held_out"] == [last.date]
    other = replace(last, bid=last.bid * 0.5, ask=last.ask * 3)
    monkeypatch.setattr(
        quantray.sweeps.data, "load", lambda _: Slice("SYN", (*slice.sessions[:-1], other), "another future")
    )
    after = sweep(plan_of(tmp_path / "after", "search.n_trials=24"))
    assert table(before) == table(after)
    assert before.results.out_of_sample.metrics != after.results.out_of_sample.metrics


def test_the_split_by_time():
    from tests.builders.sessions import tiny_slice

    slice = tiny_slice(8, n_bars=400)
    train, held = split(slice, 0.3)
    assert (len(train), len(held)) == (6, 2)
    assert train.dates[-1] < held.dates[0]
    assert split(slice, 0) == (slice, None)
    with pytest.raises(DataError, match=r"oos\.fraction=0"):
        split(slice.take(0, 2), 0.3)


def test_a_changed_plan_is_refused_with_the_difference_and_fresh_starts_over(tmp_path):
    sweep(plan_of(tmp_path, "search.n_trials=8"))
    with pytest.raises(LedgerError, match="stop_loss_percent"):
        sweep(plan_of(tmp_path, "search.n_trials=8", "space.stop_loss_percent=[-50,-25]"))
    with pytest.raises(LedgerError, match="data"):
        sweep(plan_of(tmp_path, "search.n_trials=8", "data.synthetic.seed=3"))
    said: list[str] = []
    again = sweep(
        plan_of(tmp_path, "search.n_trials=8", "space.stop_loss_percent=[-50,-25]", "fresh=true"), say=said.append
    )
    assert again.results.counts.complete == 8
    assert any("deleting" in sentence and "8 complete" in sentence for sentence in said)


def test_failures_are_kept_with_their_message_and_too_many_stop_the_sweep(tmp_path):
    plan = plan_of(tmp_path, "search=random", "search.n_trials=20")
    broken = replace(plan, strategy=replace(plan.strategy, target="strategy.plugins.Raises"))
    study = sweep(broken)
    failed = [t for t in study.results.trials if t.state == "FAIL"]
    assert failed
    assert all("cannot compute at 0.002" in t.why for t in failed)
    assert study.results.counts.complete == 20
    strict = replace(broken, run_dir=tmp_path / "strict", search=replace(broken.search, max_failures=2))
    with pytest.raises(TooManyFailures, match="cannot compute at 0"):
        sweep(strict)
    assert stored(tmp_path / "strict" / "ledger.db") > 2


def test_what_a_run_leaves_behind(tmp_path):
    study = sweep(plan_of(tmp_path, "search.n_trials=16"))
    assert {"ledger.db", "trials.parquet", "top_trials.csv", "history.png", "summary.json", "report.html"} <= {
        p.name for p in tmp_path.iterdir()
    }
    summary = json.loads((tmp_path / "summary.json").read_text())
    wanted = {"study", "n_completed", "n_pruned", "n_failed", "n_attempts", "duplicates", "best", "digests", "versions",
              "seconds", "verdict"}  # fmt: skip
    assert wanted <= set(summary)
    assert {"number", "value", "params", "metrics", "oos"} <= set(summary["best"])
    assert summary["best"]["value"] == study.best.value
    frame = study.frame()
    assert len(frame) == summary["n_attempts"]
    page = (tmp_path / "report.html").read_text().replace("http://www.w3.org", "")
    assert "http:" not in page
    assert "https:" not in page


@pytest.mark.skipif(not SHARED.is_dir(), reason="real market data (../shared/data) is not here")
@pytest.mark.parametrize(("day", "same_day"), [("2015-12-24", "true"), ("2015-12-23", "false")])
def test_real_option_quotes(tmp_path, day, same_day):
    """GOOG minute bars: a half day with same-day contracts; a day with contracts that expire on the next."""
    plan = load_plan(
        "+experiment=options_sweep", "runner=local", "data=parquet", f"data.underlying={SHARED}/underlying_1m.parquet",
        f"data.options={SHARED}/option_quotes_1m.parquet", "data.symbol=GOOG", f"data.from={day}", f"data.to={day}",
        "oos.fraction=0", f"strategy.require_same_day_expiry={same_day}", "search.n_trials=40", f"run_dir={tmp_path}",
        "constraints.min_trades=4", "mirror.enabled=false",
    )  # fmt: skip
    study = sweep(plan)
    assert 20 < study.results.counts.complete <= 40
    assert study.results.surface.exact
    assert study.results.regret.absolute >= 0
    assert study.results.out_of_sample is None
    assert os.path.getsize(tmp_path / "report.html") > 10_000
