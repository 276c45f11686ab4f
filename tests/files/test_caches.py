"""Folders of a cache: whole, known by content, mended, and never somebody else's."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from quantray.errors import DataError, DiskError
from quantray.files import Cached
from tests.builders.trees import tree


def fill(folder: Path) -> None:
    (folder / "part").mkdir()
    (folder / "part" / "a.bin").write_bytes(b"a" * 100)
    (folder / "b.bin").write_bytes(b"b")


def cached(home: Path) -> Cached:
    return Cached(home, "entry", "slice")


def test_made_once_and_found_whole(tmp_path: Path) -> None:
    said: list[object] = []
    assert cached(tmp_path).find(said.append) is None
    made = cached(tmp_path).make(fill)
    assert cached(tmp_path).find(said.append) == made == tmp_path / "entry"
    assert not said
    assert [p.name for p in tmp_path.iterdir()] == ["entry"]


def test_a_damaged_one_is_mended_and_what_others_put_there_stays(tmp_path: Path) -> None:
    made = cached(tmp_path).make(fill)
    before = tree(made)
    (made / "part" / "a.bin").write_bytes(bytes(100))
    (made / "thesis.txt").write_text("mine")
    said: list[str] = []
    assert cached(tmp_path).find(said.append) is None
    assert "1 of 2 files" in said[0]
    cached(tmp_path).make(fill)
    assert tree(made) == {**before, "thesis.txt": b"mine"}
    cached(tmp_path).remove()
    assert (made / "thesis.txt").read_text() == "mine"
    assert not (made / "b.bin").exists()


@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_somebody_elses_entry_is_refused_and_left(tmp_path: Path, kind: str) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "b.bin").write_text("mine")
    entry = tmp_path / "entry"
    if kind == "folder":
        (tmp_path / "theirs").rename(entry)
    elif kind == "link":
        entry.symlink_to(tmp_path / "theirs")
    else:
        entry.write_text("mine")
    before = tree(tmp_path)
    for ask in (lambda: cached(tmp_path).find(print), lambda: cached(tmp_path).make(fill)):
        with pytest.raises(DataError, match=r"move it away, or choose another data\.cache"):
            ask()
    cached(tmp_path).remove()
    assert tree(tmp_path) == before


def test_two_that_make_the_same_at_once_both_have_it(tmp_path: Path) -> None:
    together = threading.Barrier(4)
    made: list[Path] = []

    def make() -> None:
        together.wait()
        made.append(cached(tmp_path).make(fill))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [tmp_path / "entry"] * 4
    assert cached(tmp_path).find(pytest.fail) is not None


def test_without_room_nothing_is_left_and_with_it_the_same_goes_on(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskError, match=r"free some space, and the same command goes on"):
        cached(tmp_path).make(full)
    assert not list(tmp_path.iterdir())
    assert cached(tmp_path).make(fill).is_dir()
