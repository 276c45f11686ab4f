"""What a study keeps of its report comes back, also of an earlier version."""

from __future__ import annotations

import json

from quantray.report.ended import Ended, ended_of
from quantray.report.words import DASH


def test_it_comes_back_while_the_study_is_as_it_was() -> None:
    kept = Ended(trials=3, objective="return_on_risk_percent", best=1.5, held_out=-2.0, verdict="doubtful")
    note = json.loads(json.dumps(kept.as_json()))
    assert ended_of(note) == ended_of(note, 3) == kept
    assert ended_of(note, 4) is None
    assert (kept.best_words, kept.pick_words, kept.held_out_words) == ("1.50 %", DASH, "−2.00 %")


def test_notes_of_earlier_and_later_versions_are_read() -> None:
    assert ended_of({"table": "01", "trials": 3}, 3) == Ended(3, "01")
    assert ended_of({"trials": 3, "colour": "red"}, 3) == Ended(3)
    assert ended_of(None) is None
    assert ended_of("3") is None


def test_many_callers_are_counted() -> None:
    kept = Ended(objective="captured_return", units=14, ranked=12, picks=3)
    assert (kept.best_words, kept.pick_words, kept.told) == ("12 of 14 ranked", "3 of 14", "captured return")
    assert Ended(units=1).told == "1 caller"
