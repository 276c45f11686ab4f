"""Zips of others: nothing of them decides where anything is written, or how much."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files.archives import members, safe_name, unpack

EVIL = (
    "../../evil.csv",
    "/etc/evil.csv",
    "a/b\\c.csv",
    "x'; DROP TABLE options; --.csv",
    "\x1b[31m.csv",
    "..csv",
    "*.csv",
)


def packed(path: Path, **content: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return path


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    archive = packed(tmp_path / "z.zip", **{name: f"a\n{k}\n" for k, name in enumerate(EVIL)})
    found = members(archive)
    assert set(found) >= {"../../evil.csv", "/etc/evil.csv"}
    for k, name in enumerate(found):
        path = unpack(archive, name, tmp_path / "scratch" / str(k))
        assert path.resolve().is_relative_to(tmp_path / "scratch")
        assert path.parent.name == "z.zip"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scratch", "z.zip"]


@pytest.mark.parametrize("name", [*EVIL, "", "..", ".", "/", "a" * 400 + ".csv", "CON", "a\0b"])
def test_a_safe_name_is_one_short_component(name: str) -> None:
    made = safe_name(name)
    assert made
    assert not set(made) & set("/\\\0*?[]'\"\x1b")
    assert made.strip(".")
    assert len(made) <= 125


@pytest.mark.slow
def test_what_grows_beyond_reason_is_refused_before_it_grows(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "b.zip", **{"b.csv": b"0" * (101 << 20)})
    with pytest.raises(DataError, match="would grow from"):
        members(bomb)
    assert sorted(tmp_path.iterdir()) == [bomb]


def test_damaged_encrypted_nested_and_twice(tmp_path: Path) -> None:
    for name, content, said in (
        ("cut.zip", packed(tmp_path / "x.zip", **{"a.csv": "1\n" * 99}).read_bytes()[:-30], "cannot be unpacked"),
        ("text.zip", b"PK\x03\x04hello", "cannot be unpacked"),
        ("nested.zip", packed(tmp_path / "y.zip", **{"a.zip": "x"}).read_bytes(), "inside an archive"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=said):
            members(tmp_path / name)
    whole = bytearray(packed(tmp_path / "e.zip", **{"a.csv": "1\n"}).read_bytes())
    at = whole.rindex(b"PK\x01\x02")
    whole[at + 8] |= 1  # the flag of encryption
    (tmp_path / "e.zip").write_bytes(whole)
    with pytest.raises(DataError, match="encrypted"):
        members(tmp_path / "e.zip")


def test_the_head_of_a_text_ends_with_a_line(tmp_path: Path) -> None:
    archive = packed(tmp_path / "z.zip", **{"a.csv": "a,b\n" + "1,2\n" * 600_000})
    head = unpack(archive, "a.csv", tmp_path / "head", head=True).read_bytes()
    assert head.endswith(b"\n")
    assert len(head) <= 1 << 20
    assert unpack(archive, "a.csv", tmp_path / "all").stat().st_size == 4 * 600_001


def test_an_empty_member_is_told_and_passed_over(tmp_path: Path) -> None:
    archive, told = packed(tmp_path / "z.zip", **{"a.csv": "x\n", "b/none.csv": "", "b/notes.md": ""}), []
    assert members(archive, empty=told.append) == ["a.csv"]
    assert told == ["b/none.csv"]
