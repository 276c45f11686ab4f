"""The results that a person finds in the run's directory: which of them are ours, and how they are replaced."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from quantray.errors import ConfigError
from quantray.files.durable import digest_of_file, fresh_file, left_behind, sync_file, sync_folder, unfinished_name
from quantray.files.holding import waited_for
from quantray.files.journal import Entry, Removed, wrote
from quantray.files.marks import (
    FORMAT,
    HOME,
    MARK,
    UNNOTED,
    check_folder,
    earlier_of,
    kind_of,
    make_folder,
    make_run_dir,
    mark_of,
    remove_mark,
)  # fmt: skip
from quantray.protocols import Say

REGISTRY = "results.json"
#: Folders of tables among the results, and what their files are called.
TABLES = {"surface": "part-*.parquet", "policies": "part-*.parquet"}
Known = dict[str, list[Any]]  # name -> [study, entries]


class Published:
    """Results in ``run_dir``, each entered in a registry by name and content before it is moved to its place.

    A name that is taken by what quantray did not write is refused by :meth:`check`, before any work. What was changed
    after quantray wrote it is kept under another name when it is replaced, and said.
    """

    def __init__(self, run_dir: Path | str) -> None:
        self.run_dir = Path(os.path.realpath(run_dir))
        self.home = self.run_dir / HOME

    def check(self, names: Sequence[str], tables: Sequence[str] = ()) -> None:
        """ConfigError where one of the results, or of the folders of tables, would replace what is not ours."""
        ours = check_folder(self.home)
        known = self._read() if ours else {}
        taken = [name for name in names if self._is_taken(name, known)]
        for table in tables:
            folder = self.run_dir / table
            if check_folder(folder, holds=table):
                inside = (f"{table}/{name}" for name in sorted(os.listdir(folder)) if fnmatchcase(name, TABLES[table]))
                taken += [name for name in inside if self._is_taken(name, known)]
        if taken:
            shown = ", ".join(taken[:4]) + (f" and {len(taken) - 4} more" if len(taken) > 4 else "")
            them = "it" if len(taken) == 1 else "them"
            whose = "which quantray did not write there and would replace"
            if earlier := earlier_of(self.run_dir):
                whose = f"which seem to be of {earlier}, {UNNOTED}"
            raise ConfigError(f"{self.run_dir} holds {shown}, {whose}; move {them} away, or give another run_dir=DIR")

    def _is_taken(self, name: str, known: Known) -> bool:
        kind = kind_of(self.run_dir / name)
        return kind is not None and (kind != "file" or name not in known)

    def studies(self, names: Sequence[str]) -> dict[str, str]:
        """Which study each of these results is of; those that are not there are left out."""
        known = self._read() if check_folder(self.home) else {}
        there = [name for name in names if name in known and kind_of(self.run_dir / name) is not None]
        return {name: str(known[name][0]) for name in there}

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder on the same disk in which results are made before :meth:`write` moves them."""
        make_run_dir(self.run_dir)
        make_folder(self.home)
        for entry in self.home.iterdir():
            if left_behind(entry.name) and kind_of(entry) == "folder":
                shutil.rmtree(entry, ignore_errors=True)
        folder = self.home / unfinished_name("results")
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def write(
        self, study: str, files: Mapping[str, Path], tables: Mapping[str, Mapping[str, Path]] | None = None
    ) -> list[str]:
        """Move ``files`` (name -> staged file) to their places and show ``tables`` (folder -> name -> piece) as links.

        A folder of tables holds these afterwards, and none of ours from before. Returns a sentence for everything that
        was kept because it had been changed. Killed at any moment, it is finished by the next run of the study.
        """
        tables = tables or {}
        wanted = {**files, **{f"{t}/{name}": path for t, parts in tables.items() for name, path in parts.items()}}
        for path in files.values():
            sync_file(path)
        with waited_for(self.home / "results.lock"):
            known = self._read()
            stale = [n for n in known if n.partition("/")[0] in tables and "/" in n and n not in wanted]
            new = {name: self._entry(name, path) for name, path in wanted.items()}
            said = [said for name in (*wanted, *stale) if (said := self._set_aside(name, known))]
            for name, entry in new.items():
                known[name] = [study, [*(known[name][1] if name in known else []), entry]]
            self._enter(known)
            for table, parts in tables.items():
                if parts:
                    make_folder(self.run_dir / table, holds=table)
            for name, path in wanted.items():
                self._move(path, self.run_dir / name, link=name not in files)
            self._drop(stale, known)
            for folder in {self.run_dir / name.partition("/")[0] for name in wanted if "/" in name}:
                sync_folder(folder)
            sync_folder(self.run_dir)
            self._enter({**known, **{name: [study, [entry]] for name, entry in new.items()}})
        return said

    def withdraw(self, study: str) -> Removed:
        """Remove the tables of ``study`` from the results; the report and its like stay until they are replaced."""
        if mark_of(self.home) is None or kind_of(self.home / REGISTRY) is None:
            return Removed()
        with waited_for(self.home / "results.lock"):
            known = self._read()
            mine = [name for name, (whose, _) in known.items() if whose == study and "/" in name]
            removed = self._drop(mine, known)
            self._enter(known)
        return removed

    def _drop(self, names: Sequence[str], known: Known) -> Removed:
        """Delete these, what was changed excepted, and the folders that this leaves empty."""
        removed = Removed()
        for name in names:
            path, (_, entries) = self.run_dir / name, known.pop(name)
            if kind_of(path.parent) != "folder" or kind_of(path) is None:
                continue
            if wrote(path, entries):
                removed += Removed(1, path.stat().st_size if path.stat().st_nlink == 1 else 0)
                path.unlink()
            else:
                removed += Removed(left=(path,))
        for folder in {self.run_dir / name.partition("/")[0] for name in names}:
            if kind_of(folder) == "folder" and {entry.name for entry in folder.iterdir()} <= {MARK}:
                remove_mark(folder)
        return removed

    def _set_aside(self, name: str, known: Known) -> str | None:
        """Keep what lies at ``name`` if it is not as quantray wrote it; the sentence that says so."""
        path = self.run_dir / name
        if kind_of(path.parent) != "folder" or kind_of(path) is None:
            return None
        if kind_of(path) == "file" and wrote(path, known.get(name, (None, []))[1]):
            return None
        number = 1
        while kind_of(kept := path.with_name(f"_{path.name}.changed-{number}")) is not None:
            number += 1
        path.rename(kept)
        return f"{path} was not as quantray wrote it: it is kept as {kept.name}, and {name} was made again"

    def _entry(self, name: str, path: Path) -> Entry:
        found = path.stat()
        return Entry(name, *digest_of_file(path), found.st_ino, found.st_mtime_ns)

    def _move(self, source: Path, target: Path, *, link: bool) -> None:
        """Put a file in its place; a piece is shown by a second name for it, or a copy where there are none."""
        if not link:
            os.replace(source, target)
            return
        if kind_of(target) is not None and os.path.samestat(target.lstat(), source.lstat()):
            return
        work = target.with_name(unfinished_name(target.name))
        try:
            try:
                os.link(source, work)
            except OSError:
                shutil.copyfile(source, work)
                sync_file(work)
            os.replace(work, target)
        finally:
            with suppress(OSError):
                work.unlink()

    def _read(self) -> Known:
        path = self.home / REGISTRY
        if kind_of(path) is None:
            return {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] > FORMAT:
                raise ConfigError(f"{path} was made by a newer quantray; install that, or give another run_dir=DIR")
            return {
                name: [study, [Entry(*entry) for entry in entries]]
                for name, (study, entries) in content["files"].items()
                if not name.startswith("/") and ".." not in name.split("/")
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path} is damaged ({error}), and quantray does not know its own results without it; move the "
                "results and that file away, or give another run_dir=DIR"
            ) from None

    def _enter(self, known: Mapping[str, Sequence[object]]) -> None:
        with fresh_file(self.home / REGISTRY) as path:
            path.write_text(json.dumps({"format": FORMAT, "files": known}, indent=1), encoding="utf-8")


def show(said: Sequence[str], say: Say) -> None:
    """Tell every sentence."""
    for sentence in said:
        say(sentence)
