"""Codes are named once, and stand where tables and kernels count with them."""

from __future__ import annotations

import pytest

from quantray.callers.codes import SKIPS, Basis, Entry, Intrabar, Reason, Sizing, Skip, TargetGap, names_of
from quantray.callers.metrics import Metric
from quantray.callers.policies.account import BASES, SIZINGS
from quantray.callers.policies.tables import FILLS, INTRABAR, TARGET_GAP


@pytest.mark.parametrize("codes", [Reason, Skip, Intrabar, TargetGap, Entry, Sizing, Basis])
def test_codes_count_from_zero(codes) -> None:
    assert [int(code) for code in codes] == list(range(len(codes)))


def test_plans_write_the_names() -> None:
    assert (SIZINGS, BASES) == (("risk", "fixed", "fraction"), ("free_cash", "equity", "initial"))
    assert (FILLS, TARGET_GAP) == (("open", "close"), ("limit", "open"))
    assert INTRABAR == ("stop_first", "target_first", "raise_first") == names_of(Intrabar)


def test_skips_are_columns_in_their_own_order() -> None:
    """The kernel counts with the code as an offset from the executed ones."""
    for skip in Skip:
        name = "n_trades" if skip is Skip.EXECUTED else f"skipped_{SKIPS[skip]}"
        assert Metric(Metric.N_TRADES + skip).key == name  # type: ignore[arg-type]
    assert SKIPS[Skip.EXECUTED] == ""


def test_numbers_that_files_hold_stay() -> None:
    assert [(r.name, int(r)) for r in Reason] == [
        ("TARGET", 0), ("STOP", 1), ("TRAILING_STOP", 2), ("RAISED_STOP", 3), ("TIME", 4), ("TRIGGER", 5),
        ("END_OF_DATA", 6),
    ]  # fmt: skip
    assert [s.name for s in sorted(Skip)] == [
        "EXECUTED", "MAX_POSITIONS", "MAX_POSITIONS_PER_ASSET", "MAX_POSITIONS_PER_CALLER", "NO_CASH", "BELOW_MINIMUM",
    ]  # fmt: skip
