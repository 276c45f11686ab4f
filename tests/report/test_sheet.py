"""Tables that sort and filter: what the script reads."""

from __future__ import annotations

import pytest

from quantray.report.sheet import Sheet


def test_only_what_there_is_is_told():
    assert Sheet("t", ["a"], [["1"]]).data == {"rows": [["1"]]}
    told = Sheet("t", ["a"], [["1 h"]], values={0: [3600]}, kinds=["held"]).data
    assert told == {"rows": [["1 h"]], "values": {"0": [3600]}, "kinds": ["held"]}


@pytest.mark.parametrize(
    "wrong",
    [{"rows": [["1", "2"]]}, {"rows": [["1"]], "values": {0: [1, 2]}}, {"rows": [["1"]], "kinds": ["a", "b"]}],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValueError, match="of 't'"):
        Sheet("t", ["a"], **wrong)  # type: ignore[arg-type]
