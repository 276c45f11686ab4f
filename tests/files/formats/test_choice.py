from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files.formats import Head, choices, shelf
from quantray.files.formats.shelf import format_of

OURS, MASSIVE = ("ts", "close"), ("ticker", "volume", "open", "close", "high", "low", "window_start")


def ours(head: Head) -> bool:
    return "ts" in head.columns


def test_each_file_of_a_folder_is_read_by_what_it_shows(tmp_path: Path):
    heads = [
        Head(tmp_path / n, c) for n, c in (("a.csv", OURS), ("b.csv", MASSIVE), ("c.csv", OURS), ("d.csv", ("x",)))
    ]
    found = choices(heads, "options", None, shelf, ours)
    assert [(c.format, [h.path.name for h in c.heads]) for c in found] == [
        (None, ["a.csv", "c.csv", "d.csv"]), ("massive", ["b.csv"]),
    ]  # fmt: skip
    assert "guessed: its header has ticker" in found[1].sentence
    assert found[0].sentence == "read by our own names of columns"


def test_a_format_that_is_named_goes_before_our_own_names(tmp_path: Path):
    head = Head(tmp_path / "a.csv", (*MASSIVE, "ts"))
    (found,) = choices([head], "options", shelf()["massive"], shelf, ours)
    assert found.format == "massive"
    assert "guessed" not in found.sentence
    with pytest.raises(DataError, match="is no file of ThetaData that serves as options"):
        choices([head], "options", shelf()["thetadata"], shelf, ours)


def test_of_two_formats_none_is_taken(tmp_path: Path):
    bars = {"layouts": {"bars": {"table": "options", "header": ["t"], "time": "t"}}}
    with pytest.raises(DataError, match=r"it may be of one or two: .*data\.format=\{options: NAME\}"):
        choices([Head(tmp_path / "a.csv", ("t",))], "options", None,
                lambda: {n: format_of(n, bars) for n in ("one", "two")}, ours)  # fmt: skip
