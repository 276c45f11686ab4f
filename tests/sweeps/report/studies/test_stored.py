"""``quantray study``: what the tools answer, and how they answer a wrong question."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger.sql_ledger import SqlLedger
from quantray.sweeps.report.studies.screen import render_list, render_summary
from quantray.sweeps.report.studies.stored import delete_study, export_csv, list_studies, show_study, study_deletion
from quantray.testing.ledger import make_batch
from quantray.trial import Trial, TrialState
from tests.builders.fakes import SPEC, filled, opened


def _run(folder: Path, n: int = 80, name: str = "fake") -> list[Trial]:
    ledger = filled(folder, n, name)
    ledger.note("duplicates", {"sampler": 4, "memory": 1, "database": 0})
    ledger.note("versions", {"optuna": "5.0.0"})
    trials = list(ledger.trials())
    ledger.close()
    return trials


def _text(renderable: object) -> str:
    from rich.console import Console

    console = Console(width=200, record=True, file=StringIO())
    console.print(renderable)
    return console.export_text()


def _ranked(trials: list[Trial]) -> list[Trial]:
    complete = [t for t in trials if t.state is TrialState.COMPLETE]
    return sorted(complete, key=lambda t: (not t.feasible, -(t.value or 0.0), t.number))


def test_list_finds_the_runs_of_a_directory(tmp_path: Path) -> None:
    trials = _run(tmp_path / "a", 40, "first")
    _run(tmp_path / "group" / "b", 20, "second")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "ledger.db").write_text("no database at all")
    rows = list_studies(tmp_path)
    assert [row.name for row in rows] == ["first", "?", "second"]
    assert "not a SQLite database" in str(rows[1].error)
    assert rows[0].best == _ranked(trials)[0].value
    assert rows[0].counts.attempts == 40
    text = _text(render_list(rows))
    assert "first" in text
    assert "not a SQLite database" in text
    for where in (tmp_path / "a", tmp_path / "a" / "ledger.db", f"sqlite:///{tmp_path}/a/ledger.db"):
        assert [row.name for row in list_studies(where)] == ["first"]


def test_show_counts_by_state_source_and_reason(tmp_path: Path) -> None:
    trials = _run(tmp_path)
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
    assert summary.best == _ranked(trials)[0]
    assert summary.metrics == ("n_trades", "win_rate", "profit_factor")
    assert summary.notes == {"versions": {"optuna": "5.0.0"}}
    text = _text(render_summary(summary))
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
    assert "no feasible one" in _text(render_summary(show_study(tmp_path)))
    ledger.store(0, [good])
    assert show_study(tmp_path).best.value == 1.0  # type: ignore[union-attr]
    ledger.close()


def test_an_empty_study_shows(tmp_path: Path) -> None:
    opened(tmp_path).close()
    summary = show_study(tmp_path)
    assert summary.best is None
    assert "no candidate completed" in _text(render_summary(summary))
    assert export_csv(tmp_path, None, tmp_path / "top.csv") == 0


def test_many_reasons_are_summed(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    batch = make_batch(0, range(30))
    ledger.claim(batch)
    rows = [Trial(d, {}, TrialState.FAIL, why=f"message {i}") for i, d in enumerate(batch.digests)]
    ledger.store(0, rows)
    ledger.close()
    text = _text(render_summary(show_study(tmp_path)))
    assert "… 20 more" in text
    assert text.count("message") == 11  # ten of them and the title


def test_export_ranks_and_keeps_every_digit(tmp_path: Path) -> None:
    trials = _ranked(_run(tmp_path))
    assert export_csv(tmp_path, "fake", tmp_path / "out.csv", top=10) == 10
    assert export_csv(tmp_path, "fake", tmp_path) == len(trials)
    for file, expected in ((tmp_path / "out.csv", trials[:10]), (tmp_path / "top_trials.csv", trials)):
        with file.open(newline="") as handle:
            rows = list(csv.DictReader(handle))
        assert list(rows[0])[:8] == ["rank", "number", "value", *SPEC]
        assert [int(r["rank"]) for r in rows] == list(range(1, len(expected) + 1))
        assert [int(r["number"]) for r in rows] == [t.number for t in expected]
        assert [float(r["value"]) for r in rows] == [t.value for t in expected]
        assert [float(r["win_rate"]) for r in rows] == [t.metrics["win_rate"] for t in expected]
        assert [r["feasible"] == "True" for r in rows] == [t.feasible for t in expected]
    with pytest.raises(LedgerError, match="top must be"):
        export_csv(tmp_path, "fake", tmp_path, top=0)


def test_delete_needs_yes_and_says_what(tmp_path: Path) -> None:
    _run(tmp_path, 40)
    _run(tmp_path, 20, "other")
    with pytest.raises(LedgerError, match=r"40 evaluations.*needs --yes; nothing was deleted"):
        delete_study(tmp_path, "fake")
    assert len(list_studies(tmp_path)) == 2
    line = study_deletion(tmp_path, "fake")
    assert line.startswith("deleting study 'fake' in ")
    assert delete_study(tmp_path, "fake", yes=True) == line
    assert [row.name for row in list_studies(tmp_path)] == ["other"]
    assert "20 evaluations" in study_deletion(tmp_path)


def test_a_running_study_is_not_deleted(tmp_path: Path) -> None:
    running: SqlLedger = filled(tmp_path, 20)
    with pytest.raises(LedgerError, match="being driven"):
        delete_study(tmp_path, "fake", yes=True)
    assert running.counts().attempts == 20
    running.close()


def test_wrong_names_and_places(tmp_path: Path) -> None:
    _run(tmp_path / "a", 20, "vwap_spy")
    _run(tmp_path / "b", 20, "breakout")
    with pytest.raises(LedgerError, match="unknown study 'vwap_spi'; did you mean 'vwap_spy'"):
        show_study(tmp_path, "vwap_spi")
    with pytest.raises(LedgerError, match="holds 2 studies; name one of: vwap_spy, breakout"):
        show_study(tmp_path)
    with pytest.raises(LedgerError, match="does not exist"):
        list_studies(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LedgerError, match=r"holds no ledger\.db"):
        list_studies(tmp_path / "empty")
    (tmp_path / "note.txt").write_text("a note, long enough to have a head")
    with pytest.raises(LedgerError, match="not a SQLite database"):
        show_study(tmp_path / "note.txt")
    _run(tmp_path / "c", 20, "breakout")
    with pytest.raises(LedgerError, match="in several ledgers"):
        show_study(tmp_path, "breakout")
    assert show_study(tmp_path / "c").name == "breakout"
