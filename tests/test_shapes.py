"""Docstrings of public functions with arrays give the shape of at least one of them: ``nets [candidates, units]``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.builders.sources import PACKAGE, statements, tree

#: Annotations of arrays, however they are wrapped: ``FloatArray2D | None``, ``dict[str, np.ndarray]``.
ARRAYS = re.compile(r"\bndarray\b|Array[123]D\b")
#: ``[n]``, ``[candidates, units]``; no code (``levels[d]``), no interval (``[start, end)``), no range of numbers.
SHAPE = re.compile(r"(?<![\w`\])])\[(?!-?[\d.]+, )(?:[^\[\]()]|\(\w*\))+\]")
DOCTEST = re.compile(r"^>>>.*\n(?:(?!>>>).+\n?)*", re.MULTILINE)

#: Functions of which a shape says nothing, and why.
NONE = {
    "callers/policies/program.py read_only": "passes arrays of any shape",
    "files/durable.py write_npy": "writes rows of any shape, and its argument names it",
    "files/durable.py write_whole": "writes the bytes of an array of any shape",
}


def public(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions of a module and methods of its classes, by their names."""
    classes = [node for node in statements(module) if isinstance(node, ast.ClassDef)]
    for owner, body in [("", module.body), *((f"{c.name}.", c.body) for c in classes if not c.name.startswith("_"))]:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield owner + node.name, node


def has_arrays(function: ast.FunctionDef | ast.AsyncFunctionDef, names: frozenset[str] = frozenset()) -> bool:
    """In a parameter or in the result; ``names`` are the module's own for types that hold arrays."""
    a = function.args
    given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(arg for arg in (a.vararg, a.kwarg) if arg)]
    kinds = [ast.unparse(kind) for kind in (*(arg.annotation for arg in given), function.returns) if kind is not None]
    return any(ARRAYS.search(kind) or names & set(re.findall(r"\w+", kind)) for kind in kinds)


def names_of_arrays(module: ast.Module) -> frozenset[str]:
    """``Columns = dict[str, FloatArray1D]``."""
    given = [node for node in module.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)]
    return frozenset(ast.unparse(node.targets[0]) for node in given if ARRAYS.search(ast.unparse(node.value)))


def tells_shape(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return SHAPE.search(DOCTEST.sub("", ast.get_docstring(function) or "")) is not None


@cache
def with_arrays() -> dict[str, bool]:
    """Public functions with arrays, and whether their docstrings tell a shape."""
    return {
        f"{path.relative_to(PACKAGE).as_posix()} {name}": tells_shape(function)
        for path in sorted(PACKAGE.rglob("*.py"))
        if ARRAYS.search(path.read_text(encoding="utf-8"))
        for name, function in public(tree(path))
        if has_arrays(function, names_of_arrays(tree(path)))
    }


def function_of(code: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    ((_, function),) = public(ast.parse(code))
    return function


def test_public_functions_with_arrays_tell_their_shapes() -> None:
    found = with_arrays()
    assert not [name for name, told in found.items() if not told and name not in NONE]
    assert len(found) > 200


def test_what_tells_no_shape_exists_and_does_not() -> None:
    found = with_arrays()
    assert not [name for name in NONE if found.get(name, True)]


@pytest.mark.parametrize(
    "doc",
    [
        "", "Means of the rows.", "Starts of candles in [start, end).", "Level ``levels[d]`` of each.",
        "A share in [0, 1].", "In order.\n\n    >>> f(np.array([1, 2]))\n    [[0, 4], [2, 1]]\n    ",
    ],
)  # fmt: skip
def test_a_missing_shape_would_be_noticed(doc: str) -> None:
    assert not tells_shape(function_of(f'def f(x: FloatArray1D):\n    """{doc}"""'))


@pytest.mark.parametrize(
    "doc", ["[n]", "``nets`` [candidates, units] in currency.", "Sum of spans [start, end) [s].", "A sum, [n - 1]."]
)
def test_a_shape_is_known(doc: str) -> None:
    assert tells_shape(function_of(f'def f(x: FloatArray1D):\n    """{doc}"""'))


@pytest.mark.parametrize(
    ("signature", "arrays"),
    [
        ("x: int", False), ("x: FloatArray2D | None", True), ("*x: IntArray1D", True), ("x, /, *, y: np.ndarray", True),
        ("x: Iterator[tuple[int, np.ndarray[tuple[int], np.dtype[np.void]]]]", True), ("x: pa.Array", False),
        ("x: Columns | None", True),
    ],
)  # fmt: skip
def test_arrays_are_known_by_their_annotations(signature: str, arrays: bool) -> None:
    names = names_of_arrays(ast.parse("Columns = dict[str, FloatArray1D]\nNames = dict[str, str]"))
    assert has_arrays(function_of(f"def f({signature}): ..."), names) == arrays
