"""The files of a run on a terminal: in the order told, each path whole on one line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from quantray.report.listing import listing


def test_files_are_told_in_order_and_stay_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    monkeypatch.chdir(tmp_path)
    lying = {"b": tmp_path / "run" / "b.csv", "other": Path("/somewhere/else.txt"), "a": tmp_path / "run" / "a.csv"}
    out = StringIO()
    console = Console(file=out, width=60)
    for line in listing(lying, {"a": "the first", "b": "the second " * 9}):
        console.print(line)
    shown = out.getvalue()
    assert shown.index("run/a.csv") < shown.index("run/b.csv") < shown.index("/somewhere/else.txt")
    assert "the first" in shown


def test_a_long_folder_is_told_once_and_whole() -> None:
    from rich.console import Console

    folder = Path("outputs") / f"a-study-named-by-what-differs-from-its-defaults-{'0' * 60}"
    out = StringIO()
    console = Console(file=out, width=80)
    for line in listing({name: folder / f"{name}.csv" for name in ("a", "b")}, {"a": "the first", "b": "the second"}):
        console.print(line)
    said = out.getvalue()
    first, *rest = (line.rstrip() for line in said.splitlines())
    assert first == "Where everything lies, in"
    assert "".join(rest).startswith(str(folder)), "a folder beyond the width is folded, not cut"
    assert rest[-2:] == ["  a.csv  the first", "  b.csv  the second"]
