"""``quantray study``: what the tools answer, and how they answer a wrong question."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.failures import counted
from quantray.ledger import open_reader, reader
from quantray.ledger.sql_ledger import SqlLedger
from quantray.sweeps.report.studies.screen import render_list
from quantray.sweeps.report.studies.stored import delete_study, export_csv, list_studies, show_study, study_deletion
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPEC, filled, opened, url_of
from tests.builders.stored_studies import kept, ranking, shown_as


def test_list_finds_the_runs_of_a_directory(tmp_path: Path) -> None:
    trials = kept(tmp_path / "a", 40, "first")
    kept(tmp_path / "group" / "b", 20, "second")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "ledger.db").write_text("no database at all")
    rows = list_studies(tmp_path)
    assert [row.name for row in rows] == ["first", "?", "second"]
    assert "not a SQLite database" in str(rows[1].error)
    assert rows[0].best == ranking(trials)[0].value
    assert rows[0].counts.attempts == 40
    text = shown_as(render_list(rows))
    assert "first" in text
    assert "not a SQLite database" in text
    for where in (tmp_path / "a", tmp_path / "a" / "ledger.db", f"sqlite:///{tmp_path}/a/ledger.db"):
        assert [row.name for row in list_studies(where)] == ["first"]


def test_export_ranks_and_keeps_every_digit(tmp_path: Path) -> None:
    trials = ranking(kept(tmp_path))
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
    kept(tmp_path, 40)
    kept(tmp_path, 20, "other")
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
    kept(tmp_path / "a", 20, "vwap_spy")
    kept(tmp_path / "b", 20, "breakout")
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
    kept(tmp_path / "c", 20, "breakout")
    with pytest.raises(LedgerError, match="in several ledgers"):
        show_study(tmp_path, "breakout")
    assert show_study(tmp_path / "c").name == "breakout"


def _many(folder: Path, n: int) -> None:
    ledger = opened(folder)
    for k, start in enumerate(range(0, n, 50)):
        batch = make_batch(k, range(start, start + 50))
        ledger.claim(batch)
        ledger.store(k, make_trials(batch))
    ledger.close()


@pytest.mark.slow
def test_show_reads_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of six times as many trials it decodes as few, in the same memory: the database counts and sorts."""
    decoded: list[int] = []
    plain = reader.trial_of
    monkeypatch.setattr(reader, "trial_of", lambda row: (decoded.append(row[0]), plain(row))[1])
    peaks = []
    for n in (50, 300):
        _many(tmp_path / str(n), n)
        show_study(tmp_path / str(n))  # loads what it needs
        decoded.clear()
        tracemalloc.start()
        summary, rows = show_study(tmp_path / str(n)), list_studies(tmp_path / str(n))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert summary.counts.attempts == rows[0].counts.attempts == n
        assert len(decoded) == 2  # the best, for each of the two
    assert peaks[1] < 1.3 * peaks[0]
    assert export_csv(tmp_path / "300", None, tmp_path / "out.csv", top=4) == 4
    assert len(decoded) == 6


def test_reasons_are_those_of_the_trials(tmp_path: Path) -> None:
    trials = kept(tmp_path, 120)
    expected = counted((t.number, str(t.state), t.why, 1) for t in trials if t.why)
    with open_reader(url_of(tmp_path)) as study:
        assert study.reasons() == expected
    assert {reason.state for reason in expected} == {"PRUNED", "FAIL"}


def test_the_table_is_the_one_that_was_reported(tmp_path: Path) -> None:
    """Its SHA-256 is shown as long as it is that of what is stored."""
    ledger = filled(tmp_path, 40)
    assert show_study(tmp_path).ended is None
    ledger.note("reported", {"table": "0123", "trials": 40})
    assert show_study(tmp_path).ended.table == "0123"  # type: ignore[union-attr]
    batch = make_batch(77, [290])
    ledger.claim(batch)
    assert show_study(tmp_path).ended.table == "0123"  # type: ignore[union-attr]
    ledger.store(77, make_trials(batch))
    assert show_study(tmp_path).ended is None
    ledger.close()
