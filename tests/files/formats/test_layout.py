"""What no layout can be; tests/files/formats/test_shelf.py has the same by way of YAML."""

from __future__ import annotations

import pytest

from quantray.errors import ConfigError
from quantray.files.formats import Column, Contract, Format, Layout, Time


def test_a_layout_lists_every_column_it_speaks_of():
    time = Time((Column("d"), Column("c")), of_day=Column("ms"), unit="ms")
    contract, columns = Contract(occ=Column("s")), {"bid": Column("b")}
    layout = Layout("it", "options", header=("t",), time=time, contract=contract, columns=columns)
    assert [column.shown for column in layout.each()] == ["b", "d", "c", "ms", "s"]
    assert Format("f", "F", (layout,)).of("options") == (layout,)
    assert Format("f", "F", (layout,)).of("chain") == ()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Column(), "has one of from"), (lambda: Column("a", per=0), "per must be a whole number above 0"),
        (lambda: Column(setting="zone"), "unknown setting"), (lambda: Column(mid=("a",)), "mid takes two columns"),
        (lambda: Time(()), "a time has one column, or two"),
        (lambda: Time((Column("a"),), of_day=Column("b")), "of_day needs"),
        (lambda: Contract(), "a contract has occ alone"),
    ],
)  # fmt: skip
def test_what_says_nothing_or_two_things_is_refused(make: object, sentence: str):
    with pytest.raises(ConfigError, match=sentence):
        make()  # type: ignore[operator]
