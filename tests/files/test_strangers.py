"""Every command that deletes, in a directory full of what is not quantray's and looks like it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from quantray.errors import ConfigError
from quantray.files import Pieces
from quantray.files.published import Published
from tests.builders.commands import KINDS, carried_out, compared, deleted, prepare
from tests.builders.trees import tree

pytestmark = pytest.mark.slow

#: Names beside the results: of what 0.1.0 made there, and near the ones that are ours.
BESIDE = (
    "work/thesis.txt", "work/0123456789ab/scores/units/block-000000.npy", "work/client/a.csv", "tables/tables.npy",
    ".quantray2/mine/journal/a~1.jsonl", ".quantray-old/_quantray.json", "quantray/results.json", "slices/a.parquet",
    "surface.bak/part-000000000000.parquet", "Policies/hr.md", "policies2/part-units-00000.parquet",
    "report.html.bak", "ledger.db.bak", ".results.duckdb.new", "results.txt", "synthetic/market.duckdb",
    ".unfinished~host~1~0~a", "results.json", "_quantray.json", "journal/x~1.jsonl",
)  # fmt: skip
#: Inside the folders that are ours.
INSIDE = ("thesis.txt", "part-old.csv", "notes/client.md", ".unfinished", "tables-old.npy", "_mine.json")


def strangers(run_dir: Path, outside: Path) -> None:
    for name in BESIDE:
        write(run_dir / name)
    outside.mkdir()
    write(outside / "part-000000000000.parquet")
    write(outside / "tables.npy")
    (run_dir / "work" / "link").symlink_to(outside)
    (run_dir / "link").symlink_to(outside)


def inside(run_dir: Path, outside: Path) -> None:
    """More strangers, in every folder that quantray made."""
    ours = [run_dir / ".quantray", run_dir / "surface", run_dir / "policies", Pieces(run_dir, "mine").folder]
    ours += [path for path in ours[-1].rglob("*") if path.is_dir() and path.name != "journal"]
    for folder in filter(Path.is_dir, ours):
        for name in INSIDE:
            write(folder / name)
        if not (folder / "way out").is_symlink():
            (folder / "way out").symlink_to(outside)


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"mine: {path.name}")


def foreign(folder: Path) -> dict[str, str | bytes]:
    """Everything below that is a stranger: files that say so, and links."""
    found = tree(folder)
    return {k: v for k, v in found.items() if v[:6] == b"mine: " or v[:3] == "-> "}


@pytest.mark.parametrize("kind", KINDS)
def test_no_command_touches_a_stranger(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, kind)
    run_dir, outside = tmp_path / "run", tmp_path / "outside"
    strangers(run_dir, outside)
    before = foreign(tmp_path)
    assert carried_out(kind, "run_dir=run") == 0
    first = compared(run_dir, kind)
    inside(run_dir, outside)
    after = foreign(tmp_path)
    assert before.items() < after.items()
    changed = "seed=1" if kind != "callers" else "oos.fraction=0.5"
    commands = [
        (), ("fresh=true",), (changed,), (changed, "fresh=true"), ("study.name=other",), ("fresh=true",),
        ("storage=memory",),
    ]  # fmt: skip
    codes = [carried_out(kind, "run_dir=run", *command) for command in commands]
    assert foreign(tmp_path) == after
    assert codes == [0, 0, 2, 0, 0, 0, 0]
    assert compared(run_dir, kind) == first
    for path in (tmp_path / "cache").rglob("*.parquet"):
        path.write_bytes(bytes(path.stat().st_size))
        write(path.parent / "thesis.txt")
    mended = foreign(tmp_path)
    assert carried_out(kind, "run_dir=run", "fresh=true") == 0
    assert compared(run_dir, kind) == first
    assert deleted("run") == 0
    assert foreign(tmp_path) == mended


@pytest.mark.parametrize("kind", KINDS)
def test_two_studies_in_one_directory_keep_their_own(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, kind)
    other = {"callers": "fees=dear"}.get(kind, "data.synthetic.seed=1")
    assert carried_out(kind, "run_dir=run") == 0
    first, pieces = compared(tmp_path / "run", kind), computed(tmp_path / "run")
    assert carried_out(kind, "run_dir=run", "study.name=other", other) == 0
    assert compared(tmp_path / "run", kind) != first
    assert carried_out(kind, "run_dir=run") == 0
    assert compared(tmp_path / "run", kind) == first
    assert computed(tmp_path / "run") == pieces


def computed(run_dir: Path) -> dict[str, object]:
    """What a study holds but for its results, which tell how long they took, and where they are entered."""
    held = tree(Pieces(run_dir, "mine").folder)
    return {name: of for name, of in held.items() if not name.endswith("results.npz") and "journal" not in name}


WAYS = {
    "table": ("surface/notes.md", "report.html", "trials.parquet", ".quantray/a.txt", "history.png/x"),
    "sampled": ("report.html", "trials.parquet", ".quantray/a.txt", "summary.json"),
    "callers": ("policies/hr.md", "report.html", "optimal_policies.csv", ".quantray/a.txt", "results.duckdb"),
}


@pytest.mark.parametrize(("kind", "name"), [(k, name) for k, names in WAYS.items() for name in names])
@pytest.mark.parametrize("link", [False, True], ids=["there", "link"])
def test_what_is_in_the_way_is_refused_before_anything_is_written(
    kind: str, name: str, link: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, kind)
    way = name.partition("/")[0]
    if link:
        write(tmp_path / "outside" / name)
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / way).symlink_to(tmp_path / "outside" / way)
    else:
        write(tmp_path / "run" / name)
    before = tree(tmp_path)
    assert carried_out(kind, "run_dir=run") == 2
    said = capsys.readouterr().err
    assert way in said
    assert "run_dir=DIR" in said
    assert len(said.splitlines()) == 1
    assert tree(tmp_path) == before


def test_a_result_that_was_changed_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                           capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert carried_out("table", "run_dir=run") == 0
    first = compared(tmp_path / "run", "table")
    part = next((tmp_path / "run" / "surface").glob("*.parquet"))
    part.unlink()
    for path in (tmp_path / "run" / "report.html", part):
        path.write_text("mine: edited")
    capsys.readouterr()
    assert carried_out("table", "run_dir=run") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("was not as quantray wrote it") == 2
    assert (tmp_path / "run" / "_report.html.changed-1").read_text() == "mine: edited"
    assert (part.parent / f"_{part.name}.changed-1").read_text() == "mine: edited"
    assert "<html" in (tmp_path / "run" / "report.html").read_text()
    assert compared(tmp_path / "run", "table") == first


def test_the_persons_own_tables_and_views_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, "callers")
    assert carried_out("callers", "run_dir=run") == 0
    path = str(tmp_path / "run" / "results.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute("CREATE SCHEMA desk; CREATE TABLE desk.best AS SELECT 7 AS lucky")
        connection.execute("CREATE TABLE notes AS SELECT 'mine' AS text; CREATE INDEX by_text ON notes(text)")
        connection.execute("CREATE VIEW winners AS SELECT unit FROM best; CREATE MACRO half(x) AS x / 2")
        before = connection.execute("FROM winners ORDER BY ALL").fetchall()
    for command in (("run_dir=run",), ("run_dir=run", "fresh=true"), ("run_dir=run",)):
        assert carried_out("callers", *command) == 0
        with duckdb.connect(path, read_only=True) as connection:
            assert connection.execute("SELECT lucky FROM desk.best").fetchall() == [(7,)]
            assert connection.execute("SELECT text FROM notes").fetchall() == [("mine",)]
            assert connection.execute("FROM winners ORDER BY ALL").fetchall() == before
            assert connection.execute("SELECT half(3)").fetchall() == [(1.5,)]
            assert connection.execute("SELECT count(*) FROM duckdb_indexes()").fetchall() == [(1,)]


@pytest.mark.parametrize("mine", ["TABLE Trades AS SELECT 1 AS x", "VIEW calls AS SELECT 1 AS x"])
def test_a_persons_table_of_one_of_our_names_is_refused_before_work_starts(
    mine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, "callers")
    (tmp_path / "run").mkdir()
    with duckdb.connect(str(tmp_path / "run" / "results.duckdb")) as connection:
        connection.execute(f"CREATE {mine}")
    before = tree(tmp_path / "run")
    assert carried_out("callers", "run_dir=run") == 2
    assert "which quantray did not make there" in capsys.readouterr().err
    assert tree(tmp_path / "run") == before


def test_the_file_does_not_grow_with_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, "callers")
    sizes = []
    for _ in range(4):
        assert carried_out("callers", "run_dir=run") == 0
        sizes.append((tmp_path / "run" / "results.duckdb").stat().st_size)
    assert max(sizes) < 1.6 * sizes[0]
    shutil.rmtree(tmp_path / "run")


@pytest.mark.parametrize("table", [False, True])
def test_results_of_the_first_release_are_called_so(tmp_path: Path, table: bool) -> None:
    """It marked no folder and noted no result, so what is its own cannot be told from what is the user's."""
    run_dir = tmp_path / "run"
    write(run_dir / "report.html")
    (run_dir / "summary.json").write_text('{"verdict": {}, "versions": {"quantray": "0.1.0"}}')
    if table:
        write(run_dir / "surface" / "part-000000000000.parquet")
    before = tree(run_dir)
    names, tables = (("report.html", "summary.json"), ["surface"]) if not table else ((), ["surface"])
    with pytest.raises(ConfigError, match=r"quantray 0\.1\.0.*which did not note what is its own") as refused:
        Published(run_dir).check(names, tables)
    assert "quantray did not" not in str(refused.value)
    assert tree(run_dir) == before


@pytest.mark.parametrize("content", ["{}", "[]", "no JSON", '{"verdict": {}}', '{"versions": {"quantray": "0.1.0"}}'])
def test_what_only_looks_like_it_is_a_stranger(tmp_path: Path, content: str) -> None:
    run_dir = tmp_path / "run"
    write(run_dir / "report.html")
    (run_dir / "summary.json").write_text(content)
    with pytest.raises(ConfigError, match="which quantray did not write there"):
        Published(run_dir).check(("report.html", "summary.json"))
