"""Codes of whole numbers in columns: what is stored in files keeps its number."""

from __future__ import annotations

from quantray.callers import codes


def test_numbers_that_files_hold_stay() -> None:
    assert [(r.name, int(r)) for r in codes.Reason] == [
        ("TARGET", 0), ("STOP", 1), ("TRAILING_STOP", 2), ("RAISED_STOP", 3), ("TIME", 4), ("TRIGGER", 5),
        ("END_OF_DATA", 6),
    ]  # fmt: skip
    assert [s.name for s in sorted(codes.Skip)] == [
        "EXECUTED", "MAX_POSITIONS", "MAX_POSITIONS_PER_ASSET", "MAX_POSITIONS_PER_CALLER", "NO_CASH", "BELOW_MINIMUM",
    ]  # fmt: skip
