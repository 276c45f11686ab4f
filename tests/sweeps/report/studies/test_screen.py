"""Studies as they are shown."""

from __future__ import annotations

from pathlib import Path

from quantray.sweeps.report.studies.screen import render_summary
from quantray.sweeps.report.studies.stored import export_csv, show_study
from quantray.testing.ledger import make_batch
from quantray.trial import Trial, TrialState
from tests.builders.fakes import opened
from tests.builders.stored_studies import kept, ranking, shown_as


def test_show_counts_by_state_source_and_reason(tmp_path: Path) -> None:
    trials = kept(tmp_path)
    ledger = opened(tmp_path)
    ledger.claim(make_batch(50, [0, 1]))
    ledger.close()
    opened(tmp_path).close()
    summary = show_study(tmp_path)
    states = [t.state.value for t in trials]
    counts = summary.counts
    assert (counts.complete, counts.pruned, counts.failed) == tuple(map(states.count, ("COMPLETE", "PRUNED", "FAIL")))
    assert counts.claimed == 2
    assert summary.duplicates == {"sampler": 4, "memory": 1, "database": 0}
    assert summary.pruned == {"too_few_trades": states.count("PRUNED")}
    assert summary.failed == {"ZeroDivisionError: division by zero": states.count("FAIL")}
    assert summary.best == ranking(trials)[0]
    assert summary.metrics == ("n_trades", "win_rate", "profit_factor")
    assert summary.notes == {"versions": {"optuna": "5.0.0"}}
    text = shown_as(render_summary(summary))
    for line in ("too_few_trades", "ZeroDivisionError", "best trial: number", "take_profit", "sampler"):
        assert line in text


def test_an_infeasible_best_is_called_so(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    batch = make_batch(0, [1, 2])
    params = [batch.candidates.params(i) for i in range(2)]
    ledger.claim(batch)
    good = Trial(batch.digests[0], params[0], TrialState.COMPLETE, 1.0, (-1.0, 0.0))
    bad = Trial(batch.digests[1], params[1], TrialState.COMPLETE, 9.0, (-1.0, 0.5))
    ledger.store(0, [bad])
    assert "no feasible one" in shown_as(render_summary(show_study(tmp_path)))
    ledger.store(0, [good])
    assert show_study(tmp_path).best.value == 1.0  # type: ignore[union-attr]
    ledger.close()


def test_an_empty_study_shows(tmp_path: Path) -> None:
    opened(tmp_path).close()
    summary = show_study(tmp_path)
    assert summary.best is None
    assert "no candidate completed" in shown_as(render_summary(summary))
    assert export_csv(tmp_path, None, tmp_path / "top.csv") == 0


def test_many_reasons_are_summed(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    batch = make_batch(0, range(30))
    ledger.claim(batch)
    rows = [Trial(d, {}, TrialState.FAIL, why=f"message {i}") for i, d in enumerate(batch.digests)]
    ledger.store(0, rows)
    ledger.close()
    text = shown_as(render_summary(show_study(tmp_path)))
    assert "… 20 more" in text
    assert text.count("message") == 11  # ten of them and the title
