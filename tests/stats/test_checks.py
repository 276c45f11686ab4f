"""The words of a verdict as plain values."""

from __future__ import annotations

import json

from quantray.stats.checks import Check, Verdict, Word


def test_a_verdict_is_plain_json() -> None:
    verdict = Verdict(Word.DOUBTFUL, "No.", (Check("luck", 0.2, 0.05, False, "Luck does it."),), {"n": 3})
    assert json.loads(json.dumps(verdict.to_dict())) == {
        "word": "doubtful", "headline": "No.", "figures": {"n": 3},
        "checks": [
            {"name": "luck", "value": 0.2, "threshold": 0.05, "passed": False, "sentence": "Luck does it.",
             "decides": True}
        ],
    }  # fmt: skip
