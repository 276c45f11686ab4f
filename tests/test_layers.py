"""The table in docs/architecture.md, held: who may import whom, the wall between the wings, how large a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builders.sources import statements, tree

ROOT = Path(__file__).parents[1]
LAYERS = ("ground", "machine", "wing", "config", "door")
WINGS = frozenset({"sweeps", "callers"})
PACKAGE = ROOT / "quantray"
MAX_LINES, MAX_FUNCTION, MAX_KERNEL = 300, 50, 90  # a compiled loop keeps its running state in one function
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "base", "manager", "common", "misc"}
HEAVY = {
    "ray", "numba", "pandas", "optuna", "sqlalchemy", "hydra", "omegaconf", "duckdb", "pydantic", "pyarrow", "scipy",
    "rich", "matplotlib", "arch", "statsmodels", "textual", "textual_plotext", "ijson",
}  # fmt: skip

FILES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*FILES, *sorted((ROOT / "strategy").glob("*.py"))]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


class Room(NamedTuple):
    """A row of the table names it: its layer, the folder it lies in ("" for quantray itself), its place there."""

    layer: str
    folder: str
    place: int
    parties: frozenset[str]


def room_of(module: str) -> str:
    """The name in the table: what stands directly under quantray, or under one of the wings."""
    parts = module.split(".")[1:] or ["__init__"]
    if parts[0] not in WINGS:
        return parts[0]
    return "/".join([*parts, "__init__"][:2])


@cache
def table() -> dict[str, Room]:
    """Room -> where it stands in the table."""
    found: dict[str, Room] = {}
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").replace("\\_", "_")
    for layer, names, parties in re.findall(r"^\| (\w+) \| ([^|]+) \| ([^|]*)\|$", text, re.MULTILINE):
        if layer not in LAYERS:
            continue
        for name in names.split():
            folder = name.partition("/")[0] if "/" in name else ""
            assert name not in found, f"{name} stands in the table twice"
            found[name] = Room(layer, folder, len(found), frozenset(parties.split()))
    return found


@cache
def imports(path: Path) -> list[str]:
    """Every module that a file imports anywhere, in functions and for type checkers too."""
    found = []
    for node in statements(tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            found += [f"{module}.{a.name}" if f"{module}.{a.name}" in MODULES else module for a in node.names]
    return [name for name in found if name != "__future__"]


def may_import(importer: str, imported: str) -> bool:
    mine, theirs = table()[importer], table()[imported]
    if importer == imported or LAYERS.index(theirs.layer) < LAYERS.index(mine.layer):
        return True
    if mine.layer != theirs.layer or theirs.place > mine.place:
        return False
    if mine.layer == "wing":
        return mine.folder == theirs.folder  # the wall
    return mine.layer != "machine" or imported == "files" or (importer, imported) == ("report", "stats")


def test_every_file_has_a_room() -> None:
    assert {room_of(module) for module in MODULES} - WINGS == set(table()) - WINGS


def offence(module: str, name: str) -> str:
    """What is wrong with a module's import, if anything."""
    room, top = room_of(module), name.split(".")[0]
    if top == "strategy":
        return f"{module} imports {name}; a strategy comes from its YAML"
    if name == "quantray" or top in sys.stdlib_module_names:
        return ""  # quantray: the package itself, for its place or version
    if top == "quantray":
        return "" if may_import(room, room_of(name)) else f"{module} ({table()[room].layer}) imports {name}"
    parties = table()[room].parties
    return "" if top in parties else f"{module} imports {top}; its row allows {sorted(parties)}"


def test_imports_go_down() -> None:
    found = [offence(module, name) for module, path in MODULES.items() for name in imports(path)]
    assert not [text for text in found if text]


def test_an_upward_import_would_be_noticed() -> None:
    assert not may_import("space", "protocols")
    assert may_import("protocols", "space")
    assert not may_import("search", "ledger")
    assert not may_import("ledger", "search")
    assert not may_import("search", "stats")
    assert may_import("report", "stats")
    assert may_import("ledger", "files")
    assert not may_import("runner", "sweeps/plan")
    assert not may_import("sweeps/plan", "sweeps/evaluate")
    assert not may_import("sweeps/study", "config")


@pytest.mark.parametrize(("wing", "other"), [("sweeps", "callers"), ("callers", "sweeps")])
def test_the_wall_between_the_wings_has_no_door(wing: str, other: str) -> None:
    rooms = [name for name, room in table().items() if room.folder == wing]
    beyond = [name for name, room in table().items() if room.folder == other]
    assert rooms
    assert beyond
    assert not [(a, b) for a in rooms for b in beyond if may_import(a, b)]


def test_neither_wing_names_the_other() -> None:
    """Not in a string either: a wing that is loaded by its name is imported all the same."""
    for wing, other in (("sweeps", "callers"), ("callers", "sweeps")):
        for path in (PACKAGE / wing).rglob("*.py"):
            assert f"quantray.{other}" not in path.read_text(encoding="utf-8"), path


def test_no_import_cycles() -> None:
    graph = {m: [n for n in imports(p) if n in MODULES and n not in (m, "quantray")] for m, p in MODULES.items()}
    state: dict[str, int] = {}

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert state.get(module) != 1, " -> ".join([*path, module])
        if module not in state:
            state[module] = 1
            for other in graph[module]:
                visit(other, (*path, module))
            state[module] = 2

    for module in graph:
        visit(module, ())


def lengths(path: Path) -> list[tuple[str, int, int]]:
    """(what it is, its lines, its limit) of a file and of its functions."""
    where = path.relative_to(ROOT).as_posix()
    found = [(where, len(path.read_text(encoding="utf-8").splitlines()), MAX_LINES)]
    limit = MAX_KERNEL if path.parent.name == "kernels" else MAX_FUNCTION
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((f"{where}: {node.name}", (node.end_lineno or 0) - node.lineno + 1, limit))
    return found


def test_files_and_functions_are_small() -> None:
    assert not [f"{what} has {n} lines" for path in SOURCES for what, n, limit in lengths(path) if n > limit]


def test_no_module_is_named_after_nothing() -> None:
    assert not [path for path in FILES if path.stem.lstrip("_") in FORBIDDEN_NAMES]


def test_the_median_file_is_short() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[len(lengths) // 2] <= 110


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after ``code``."""
    program = f"{code}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split("\n")[-2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import quantray",
        "import quantray.cli, quantray.run, quantray.config",
        "import contextlib, quantray.run\nwith contextlib.suppress(SystemExit): quantray.run.main(['--help'])",
    ],
)
def test_importing_costs_next_to_nothing(code: str) -> None:
    loaded = loaded_by(code)
    assert not loaded & HEAVY
    assert "numpy" not in loaded or "--help" in code
