"""How large the house is: python scripts/rooms.py [REV] [--inside WING] [--arrows]

A room is a file or a folder directly under quantray/ (with --inside, directly under quantray/WING/). An arrow goes from
a room to every room that it imports anything from, in functions and for type checkers too. Floors are the rooms on the
longest chain of arrows. Without REV the working tree is counted.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]


def sources(rev: str | None) -> dict[str, str]:
    """Module -> source text, of the working tree or of a revision."""
    if rev is None:
        found = {str(p.relative_to(ROOT)): p.read_text("utf-8") for p in (ROOT / "quantray").rglob("*.py")}
    else:
        packed = subprocess.run(["git", "archive", rev, "quantray"], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as tree:
            files = [m for m in tree.getmembers() if m.name.endswith(".py")]
            found = {m.name: tree.extractfile(m).read().decode("utf-8") for m in files}  # type: ignore[union-attr]
    return {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): text for name, text in found.items()}


def imported(text: str, modules: Mapping[str, str]) -> set[str]:
    """Modules of quantray that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = (f"{node.module}.{alias.name}" for alias in node.names)
            found.update(name if name in modules else node.module for name in whole)
    return found & set(modules)


def room_of(module: str, inside: str) -> str | None:
    """The room that a module lies in, None for one outside; a package's own ``__init__`` is a room too."""
    if module != inside and not module.startswith(f"{inside}."):
        return None
    return module.removeprefix(inside).lstrip(".").split(".")[0] or "__init__"


def arrows(modules: Mapping[str, str], inside: str) -> dict[str, set[str]]:
    """Room -> the rooms that it imports from."""
    found: dict[str, set[str]] = {}
    for module, text in modules.items():
        mine = room_of(module, inside)
        if mine is None:
            continue
        theirs = {room_of(name, inside) for name in imported(text, modules)}
        if inside == "quantray":
            theirs.discard("__init__")  # the package itself, for its place or version
        found.setdefault(mine, set()).update(room for room in theirs if room not in (None, mine))
    return found


def floors(graph: Mapping[str, set[str]]) -> int:
    """Rooms on the longest chain of arrows; a circle is walked once."""
    deep: dict[str, int] = {}

    def depth(room: str, way: frozenset[str]) -> int:
        if room not in deep:
            below = [depth(other, way | {other}) for other in graph[room] if other not in way]
            deep[room] = 1 + max(below, default=0)
        return deep[room]

    return max(depth(room, frozenset({room})) for room in graph)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rev", nargs="?", help="a revision of git; the working tree without it")
    parser.add_argument("--inside", metavar="WING", help="the rooms of one wing or folder, e.g. sweeps")
    parser.add_argument("--arrows", action="store_true", help="list them too")
    given = parser.parse_args()
    inside = f"quantray.{given.inside.strip('/').replace('/', '.')}" if given.inside else "quantray"
    graph = arrows(sources(given.rev), inside)
    print(f"{inside}: {len(graph)} rooms, {floors(graph)} floors, {sum(map(len, graph.values()))} arrows")
    for room, others in sorted(graph.items()) if given.arrows else ():
        print(f"  {room} -> {' '.join(sorted(others)) or '-'}")


if __name__ == "__main__":
    main()
