"""What a slice says of itself, and slices of other versions."""

import json
import shutil

import pytest

from quantray.callers.data import (
    Needs,
    describe,
    load_calls,
    materialise,
    open_candles,
    plan_calls,
)  # fmt: skip
from quantray.callers.data.manifest import MANIFEST, VERSION
from quantray.callers.data.slices import find_slice, slice_name
from quantray.files.caches import Cached
from tests.builders.call_slices import CALLS, CANDLES, made
from tests.builders.call_tables import data_of
from tests.builders.trees import tree


@pytest.mark.slow
@pytest.mark.parametrize("file", ["_slice.json", "bucket"])
@pytest.mark.parametrize("change", ["zeros", "cut", "one byte", "gone"])
def test_a_slice_that_is_not_as_it_was_written_is_made_again_and_said(tmp_path, caplog, file: str, change: str):
    plan, _, found = made(tmp_path)
    before, digest = tree(found.folder), found.digest(plan)
    path = found.folder / (file if file.startswith("_") else found.buckets[0].file)
    content = path.read_bytes()
    changed = {"zeros": bytes(len(content)), "cut": content[:-9], "one byte": content[:-40] + b"x" + content[-39:]}
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(changed[change])
    assert made(tmp_path)[2].digest(plan) == digest
    assert "1 of 2 files are damaged or missing" in caplog.text
    assert "is made again" in caplog.text
    assert tree(found.folder) == before


@pytest.mark.slow
def test_a_half_made_slice_is_made_again(tmp_path):
    _, _, found = made(tmp_path)
    (found.folder / "_slice.json").unlink()
    assert made(tmp_path)[2].rows == found.rows
    assert [p.name for p in (tmp_path / "cache" / "slices").iterdir()] == [found.folder.name]


def test_the_name_tells_interval_source_and_windows(tmp_path):
    data = data_of(tmp_path, CALLS, CANDLES)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), 60, Needs(1800))
        assert find_slice(plan, source.inventory, data) is None
        name = slice_name(plan, source.inventory, data)
        assert name.startswith(f"calls-v{VERSION}-1m-")
        assert materialise(plan, source, data).folder.name == name


def test_a_slice_says_what_it_is(tmp_path):
    shown = describe(made(tmp_path)[2])
    assert shown["candles"] == 132
    assert shown["assets"] == 2
    assert shown["interval"] == "1m"
    assert shown["quality"]["assets_without_candles"] == 1


@pytest.mark.slow
def test_a_whole_slice_of_another_version_is_made_again_and_said(tmp_path, caplog):
    """As another state of the program wrote it under this name: its mark is right, its manifest is not ours."""
    plan, _, found = made(tmp_path)
    digest, home, name = found.digest(plan), found.folder.parent, found.folder.name
    content = json.loads((found.folder / MANIFEST).read_text(encoding="utf-8"))
    for change in ({"version": VERSION + 1}, {"ties": None}):
        shutil.rmtree(found.folder)
        kept = {key: value for key, value in {**content, **change}.items() if value is not None}
        Cached(home, name, "slice").make(lambda to, kept=kept: (to / MANIFEST).write_text(json.dumps(kept)))
        caplog.clear()
        assert made(tmp_path)[2].digest(plan) == digest
        assert "not as this version of quantray writes a slice; it is made again" in caplog.text
    assert [p.name for p in home.iterdir()] == [name]


@pytest.mark.slow
def test_slices_of_other_versions_stay_and_are_told_of(tmp_path, caplog):
    home = tmp_path / "cache" / "slices"
    (home / "calls-1m-0-0").mkdir(parents=True)
    (home / "calls-v1-1m-0-0").mkdir()
    assert made(tmp_path)[2].rows
    assert "holds 2 slices of another version of quantray (calls-1m-0-0)" in caplog.text
    assert len(list(home.iterdir())) == 3
    caplog.clear()
    assert made(tmp_path)[2].rows
    assert not caplog.text
