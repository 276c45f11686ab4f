"""What a SOURCE means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quantray.errors import QuantrayError
from quantray.files.duckdb_file import confined
from quantray.intake.sources import Found, expand, is_query
from tests.builders.intake import plain_candles


def names(found: Found, folder: Path) -> list[str]:
    return [os.path.relpath(item.name, folder) for item in found.items]


def test_files_folders_and_patterns_are_the_same_items_in_one_order(tmp_path: Path) -> None:
    for name in ("b.csv", "sub/a.csv", "sub/_no.csv", ".hidden.csv", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        plain_candles(tmp_path / name)
    (tmp_path / "empty.csv").touch()
    into = tmp_path / "m.duckdb"
    whole = expand([str(tmp_path)], into)
    assert names(whole, tmp_path) == ["b.csv", "sub/a.csv"]
    assert {reason: len(found) for reason, found in whole.passed.items()} == {
        "its name begins with . or _": 2, "no kind of data by its name": 1, "empty": 1,
    }  # fmt: skip
    several = expand([str(tmp_path / "sub"), str(tmp_path / "*.csv"), str(tmp_path / "b.csv")], into)
    assert names(several, tmp_path) == ["b.csv", "sub/a.csv"]


def test_the_target_is_no_source_and_links_are_one_file(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv")
    confined(database=into).close()
    (tmp_path / "link.csv").symlink_to(file)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    assert names(expand([str(tmp_path)], into), tmp_path) == ["a.csv"]
    for source in (str(into), f"{into}#candles"):
        with pytest.raises(QuantrayError, match="the file that --into names"):
            expand([source], into)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a.cvs", "did you mean 'a.csv'"),
        ("*.nothing", "no file matches"),
        ("https://vendor/a.csv#t", "download"),
        ("sqlte:///a.db#t", "did you mean 'sqlite'"),
        ("sqlite:///gone.db#t", "there is no file gone.db"),
        ("postgresql://ann:hunter2secret@host/db", "which table"),
        ("a.csv#t", "no DuckDB file and no SQLite"),
        ("empty.csv", "is empty"),
        ("", "there is nothing"),
    ],
)
def test_what_is_no_source_is_answered_in_one_sentence(
    source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain_candles(Path("a.csv"))
    Path("empty.csv").touch()
    Path("folder").mkdir()
    with pytest.raises(QuantrayError) as caught:
        expand([source or "folder"], Path("m.duckdb"))
    assert said in str(caught.value)
    assert "hunter2secret" not in str(caught.value)


def test_a_password_is_in_no_name(tmp_path: Path) -> None:
    (item,) = expand(["postgresql://ann:hunter2secret@host/db#raw.bars"], tmp_path / "m.duckdb").items
    assert "hunter2secret" not in f"{item.name}{item.known_as}"
    assert (item.kind, item.part) == ("postgres", "raw.bars")


def test_queries() -> None:
    assert is_query("SELECT * FROM bars")
    assert is_query("with x as (select 1) select * from x")
    assert not is_query("select_bars")
    assert not is_query("raw.bars")
