from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from quantray.errors import DataError, DiskError
from quantray.files import archives
from quantray.files.formats import unpacked


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_members_are_read_under_the_archives_name_and_gone_afterwards(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", **{"x.csv": "1", "sub/x.csv": "2", "notes.md": "no", "__MACOSX/._x.csv": "no"})
    plain = tmp_path / "plain.csv"
    with unpacked([plain, path]) as files:
        assert files[0] == plain
        assert [file.read_text() for file in files[1:]] == ["2", "1"]  # in the order of their names
        assert ["/".join(file.parts[-2:]) for file in files[1:]] == ["a.zip/x.csv"] * 2
    assert not files[1].exists()


def test_a_name_that_leads_elsewhere_stays_inside(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", **{"../../evil.csv": "1", "/etc/evil2.csv": "2"})
    with unpacked([path]) as files:
        assert all("quantray-zip-" in str(file) for file in files)
    assert not list(tmp_path.rglob("evil*"))


def test_a_message_names_the_archive_and_the_member(tmp_path: Path):
    path = zipped(tmp_path / "a.zip", **{"sub/x.csv": "1"})
    with pytest.raises(DataError) as caught, unpacked([path]) as files:
        raise DataError(f"{files[0]}: line 3")
    assert str(caught.value) == f"{path}/sub/x.csv: line 3"


def test_an_archive_that_cannot_be_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "b.zip"
    broken.write_bytes(zipped(tmp_path / "a.zip", **{"x.csv": "1" * 1000}).read_bytes()[:-40])
    with pytest.raises(DataError, match="cannot be unpacked"), unpacked([broken]):
        pass
    with (
        pytest.raises(DataError, match="holds no text file"),
        unpacked([zipped(tmp_path / "c.zip", **{"x.md": ""})]),
    ):
        pass
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10})())
    with pytest.raises(DiskError, match="takes 1,000 bytes and"), unpacked([tmp_path / "a.zip"]):
        pass
