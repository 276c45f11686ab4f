"""What a check found, and how grave it is."""

import numpy as np

from quantray.files.findings import Checked, Finding, Severity, graded, gravest, ok


def test_the_gravest_severity_is_that_of_all():
    note = Finding("a", "t", Severity.NOTE, 1, 2, "")
    error = Finding("b", "t", Severity.ERROR, 1, 0, "")
    assert Checked("", {}, (ok("c", "t", 5, ""), note, error), {}).worst == Severity.ERROR
    assert Checked("", {}, (), {}).worst == Severity.OK
    assert (note.share, error.share) == (0.5, None)


def test_a_share_is_graded_by_both_limits():
    assert [graded(x, 0.1, 0.5).value for x in (0.1, 0.2, 0.5, 0.6)] == ["note", "warning", "warning", "error"]


def test_the_gravest_rows_come_first_and_what_is_no_number_before_all():
    mask = np.array([1, 1, 0, 1, 1], bool)
    assert gravest(mask) == [0, 1, 3, 4]
    assert gravest(mask, np.array([1, 3, 9, np.nan, 2.0]), most=3) == [3, 1, 4]
    assert gravest(np.zeros(0, bool)) == []
