"""Killed between any two steps on the disk, removing and publishing are finished by the next call."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from quantray.files import Pieces, Published
from tests.builders.trees import tree

STEPS = ("unlink", "rmdir", "replace", "rename", "mkdir", "link", "fsync")


class Killed(BaseException):
    """As by SIGKILL: no later step on the disk happens, not even one that would clean up."""


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every step on the disk from number ``step`` on raises; the steps that were made are listed."""
    done: list[str] = []
    with monkeypatch.context() as patched:

        def guarded(name: str) -> Callable[..., Any]:
            real = getattr(os, name)

            def made(*arguments: Any, **more: Any) -> Any:
                if len(done) >= step:
                    raise Killed
                done.append(name)
                return real(*arguments, **more)

            return made

        for name in STEPS:
            patched.setattr(os, name, guarded(name))
        with suppress(Killed):
            yield done


def filled(folder: Path) -> tuple[Pieces, dict[str, Path]]:
    """A study with pieces in folders, two of them shown among the results, and a stranger."""
    pieces = Pieces(folder, "study").open()
    for name in ("plan/a/x", "plan/a/y", "plan/surface/part-0.parquet", "plan/surface/part-1.parquet"):
        pieces.write(name, lambda path, name=name: path.write_text(name))  # type: ignore[misc]
    parts = {f"part-{i}.parquet": pieces.path(f"plan/surface/part-{i}.parquet") for i in range(2)}
    (pieces.folder / "plan" / "thesis.txt").write_text("mine")
    return pieces, parts


@pytest.mark.slow
def test_removing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step, finished = 0, False
    while not finished:
        run = tmp_path / str(step)
        run.mkdir()
        pieces, parts = filled(run)
        Published(run).write("study", {}, {"surface": parts})
        with killed_at(step, monkeypatch):
            pieces.remove_all()
            finished = True
        pieces.remove_all()
        assert pieces.remove_all().files == 0
        assert not (run / "surface").exists()
        left = {name for name, content in tree(pieces.folder).items() if content != "folder"}
        assert left == {"plan/thesis.txt", "_quantray.json"}
        Pieces(run, "study").open().write("plan/a/x", lambda path: path.write_text("again"))
        step += 1
    assert step > 12


@pytest.mark.slow
def test_publishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step, finished = 0, False
    while not finished:
        run = tmp_path / str(step)
        run.mkdir()
        _, parts = filled(run)
        published = Published(run)

        def publish(text: str, parts: dict[str, Path], published: Published = published) -> list[str]:
            published.check(["report.html"], ["surface"])
            with published.staging() as folder:
                (folder / "report.html").write_text(text)
                return published.write("study", {"report.html": folder / "report.html"}, {"surface": parts})

        assert publish("first", parts) == []
        with killed_at(step, monkeypatch):
            publish("second", {"part-1.parquet": parts["part-1.parquet"]})
            finished = True
        assert (run / "report.html").read_text() in ("first", "second")
        assert publish("third", parts) == []
        assert (run / "report.html").read_text() == "third"
        found = {p.name: p.read_text() for p in (run / "surface").glob("part-*")}
        assert found == {name: path.read_text() for name, path in parts.items()}
        step += 1
    assert step > 8


@pytest.mark.slow
def test_writing_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step, finished = 0, False
    while not finished:
        pieces = Pieces(tmp_path / str(step), "study")
        with killed_at(step, monkeypatch):
            pieces.open().write("a/b", lambda path: path.write_text("one"))
            finished = True
        note = pieces.open().write("a/b", lambda path: path.write_text("two"))
        assert pieces.state("a/b", note) == "whole"
        assert pieces.remove_all().left == ()
        assert not pieces.folder.exists()
        step += 1
    assert step > 8
