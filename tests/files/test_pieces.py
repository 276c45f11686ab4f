"""Pieces of a study: whole or not there, known by content, deleted only as ours."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.files import Pieces, pieces_of
from tests.builders.study_pieces import pieces
from tests.builders.trees import tree


def put(some: Pieces, name: str, content: bytes) -> list[object]:
    return some.write(name, lambda path: path.write_bytes(content)).as_json()


def test_a_piece_is_known_by_its_content_and_not_by_its_size(tmp_path: Path) -> None:
    some = pieces(tmp_path)
    note = put(some, "tables/a.npy", b"12345678")
    assert some.state("tables/a.npy", note) == "whole"
    some.path("tables/a.npy").write_bytes(b"12345670")
    assert some.state("tables/a.npy", note) == "damaged"
    some.path("tables/a.npy").unlink()
    assert some.state("tables/a.npy", note) == "missing"
    assert put(some, "tables/a.npy", b"12345678") == note
    assert some.states({"tables/a.npy": note, "b": [1, ""]}) == {"tables/a.npy": "whole", "b": "missing"}


def test_a_damaged_piece_is_replaced_and_a_failed_one_leaves_nothing(tmp_path: Path) -> None:
    some = pieces(tmp_path)
    put(some, "a", b"first")
    some.path("a").write_bytes(b"\0\0\0\0\0")
    put(some, "a", b"again")
    assert some.path("a").read_bytes() == b"again"

    def fails(path: Path) -> None:
        path.write_bytes(b"half")
        raise ValueError("no")

    before = tree(tmp_path)
    with pytest.raises(ValueError, match="no"):
        some.write("b", fails)
    assert tree(tmp_path) == before


def test_what_others_put_beside_the_pieces_stays(tmp_path: Path) -> None:
    some = pieces(tmp_path)
    for i in range(3):
        put(some, f"deep/er/{i}", bytes([i]))
    mine, link = some.folder / "deep" / "thesis.txt", some.folder / "deep" / "er" / "out"
    mine.write_text("mine")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "0").write_text("theirs")
    link.symlink_to(outside)
    assert some.keep("deep/er/1".__eq__).files == 2
    removed = some.remove_all()
    assert (removed.files, removed.left) == (1, ())
    assert mine.read_text() == "mine"
    assert (outside / "0").read_text() == "theirs"
    assert link.is_symlink()
    assert some.remove_all().files == 0
    pieces(tmp_path)  # and the study may begin again


def test_a_piece_that_was_replaced_by_something_else_is_left(tmp_path: Path) -> None:
    some = pieces(tmp_path)
    put(some, "a", b"ours")
    some.path("a").unlink()
    some.path("a").write_bytes(b"mine")
    removed = some.remove_all()
    assert removed.files == 0
    assert removed.left == (some.path("a"),)
    assert some.path("a").read_bytes() == b"mine"


def test_studies_are_apart_and_nothing_is_left_of_a_removed_one(tmp_path: Path) -> None:
    first, second = pieces(tmp_path, "a"), pieces(tmp_path, "A/../b")
    put(first, "x", b"1")
    put(second, "x", b"2")
    assert second.folder.parent == first.folder.parent == tmp_path / ".quantray"
    assert first.remove_all().files == 1
    assert not first.folder.exists()
    assert second.path("x").read_bytes() == b"2"


@pytest.mark.parametrize("way", [".quantray", "study", "tables"])
@pytest.mark.parametrize("kind", ["link", "file", "folder"])
def test_what_is_in_the_way_is_refused_by_name(tmp_path: Path, way: str, kind: str) -> None:
    run, outside = tmp_path / "run", tmp_path / "outside"
    run.mkdir()
    outside.mkdir()
    (outside / "thesis.txt").write_text("mine")
    some = Pieces(run, "study")
    place = {".quantray": some.home, "study": some.folder, "tables": some.folder / "tables"}[way]
    if way != ".quantray":
        some.open()
    if way == "study":
        (some.folder / "_quantray.json").unlink()
        some.folder.rmdir()
    if kind == "link":
        place.symlink_to(outside)
    elif kind == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "a").write_text("mine")
    before = tree(tmp_path)
    if way == "tables":
        with pytest.raises(ConfigError, match="move it away"):
            put(some, "tables/a", b"1")
    else:
        with pytest.raises(ConfigError, match=r"move it away, or give another run_dir"):
            some.check()
        with pytest.raises(ConfigError):
            some.open()
    some.remove_all()
    assert {k: v for k, v in tree(tmp_path).items() if "journal" not in k} == before


def test_pieces_travel_to_workers_and_their_links_are_resolved_once(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    some = pickle.loads(pickle.dumps(pieces(link)))
    put(some, "a", b"1")
    assert some.path("a").parent.parent.parent == real
    with pytest.raises(ValueError, match="no name"):
        some.path("../a")


def test_the_ledger_knows_where_the_pieces_of_a_study_are(tmp_path: Path) -> None:
    notes = dict(pieces(tmp_path / name).noted for name in ("a", "b")) | {"duplicates": {}}
    assert {some.run_dir for some in pieces_of("study", notes)} == {tmp_path / "a", tmp_path / "b"}
