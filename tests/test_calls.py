"""Nobody counts arguments: no call gives more than eight by their place, and no kernel takes more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.builders.sources import tree

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "quantray").rglob("*.py"), *(ROOT / "strategy").glob("*.py")])
MOST = 8


def crowded(code: ast.Module) -> list[str]:
    """Calls with too many positional arguments, one that is unpacked counting as one."""
    calls = (node for node in ast.walk(code) if isinstance(node, ast.Call))
    return [f"line {node.lineno}: {ast.unparse(node.func)}" for node in calls if len(node.args) > MOST]


def test_no_call_has_more_than_eight_positional_arguments() -> None:
    found = {str(path.relative_to(ROOT)): crowded(tree(path)) for path in SOURCES}
    assert not {path: calls for path, calls in found.items() if calls}


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name == "kernels"], ids=lambda p: p.stem)
def test_kernels_take_and_write_columns_under_their_names(path: Path) -> None:
    """What is compiled takes eight arguments at most, however it is called, and writes no column by its number."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            assert len([*node.args.posonlyargs, *node.args.args]) <= MOST, node.name
            assert node.args.vararg is None, node.name
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "out":
            assert not isinstance(node.slice, ast.Constant), ast.unparse(node)


def test_a_crowded_call_is_noticed() -> None:
    assert crowded(ast.parse("f(1, 2, 3, 4, 5, 6, 7, 8, 9)")) == ["line 1: f"]
    assert not crowded(ast.parse("f(1, 2, 3, 4, 5, 6, 7, *more, a=9, b=10)"))
