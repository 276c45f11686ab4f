"""The files of a run on a terminal: in the order told, each path whole on one line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.report.console import PlainConsole
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
    folder = Path("outputs") / f"a-study-named-by-what-differs-from-its-defaults-{'0' * 60}"
    said = printed({name: folder / f"{name}.csv" for name in ("a", "b")}, {"a": "the first", "b": "the second"})
    assert said == ["Where everything lies, in", str(folder), "  a.csv  the first", "  b.csv  the second"]


def printed(lying: dict[str, Path], told: dict[str, str], *, width: int = 80, terminal: bool = False) -> list[str]:
    out = StringIO()
    console = PlainConsole(out, width=width, force_terminal=terminal)
    for line in listing(lying, told):
        console.print(line)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@given(st.dictionaries(st.sampled_from(["report.html", "a.csv", "b.db"]), st.text("ab/", max_size=150), min_size=1))
def test_no_path_is_broken_however_narrow_the_terminal(folders: dict[str, str]) -> None:
    lying = {name: Path(f"/x{folder}") / name for name, folder in folders.items()}
    for width in (80, 120):
        said = printed(lying, dict.fromkeys(lying, "what it is " * 5), width=width)
        for name, path in lying.items():
            whole = any(line.strip().startswith(str(path)) for line in said)
            apart = str(path.parent) in said and any(line.strip().startswith(name) for line in said)
            assert whole or apart
        if "report.html" in lying:
            assert f"  {lying['report.html']}" in said


def test_a_terminal_opens_what_is_clicked_and_a_pipe_gets_plain_text(tmp_path: Path) -> None:
    lying = {"report.html": tmp_path / "a name" / "report.html"}
    (line,) = (line for line in printed(lying, {}, terminal=True) if "report.html" in line)
    assert f"{tmp_path.as_uri()}/a%20name/report.html\x1b\\" in line
    assert line.endswith("\x1b]8;;\x1b\\")
    assert f"  {lying['report.html']}" in printed(lying, {})
    assert not any("\x1b" in line for line in printed(lying, {}))
