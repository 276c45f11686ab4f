"""Arithmetic over named columns, written as text: read as a tree of a few allowed kinds, never run as a program."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.errors import ConfigError, near_miss

LONGEST, DEEPEST = 2000, 50  # characters, and expressions inside each other


def _power(a: Any, b: Any) -> Any:
    """NumPy's, but nothing to the power of 0 is nothing, where NumPy says 1."""
    return np.where(np.isnan(a) | np.isnan(b), np.nan, np.power(a, b))


_TWO: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: _power,
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}  # fmt: skip
#: Name -> (function, least and most arguments).
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "abs": (np.abs, 1, 1), "sqrt": (np.sqrt, 1, 1), "log": (np.log, 1, 1), "exp": (np.exp, 1, 1),
    "min": (lambda *x: np.minimum.reduce(x), 2, 20), "max": (lambda *x: np.maximum.reduce(x), 2, 20),
}  # fmt: skip
_KINDS = "numbers, names, + - * / **, comparisons, and, or, not, `a if b else c`, and " + ", ".join(FUNCTIONS)


@dataclass(frozen=True, slots=True)
class Expression:
    """``text`` over the columns ``names``, in the order in which they first stand in it."""

    text: str
    names: tuple[str, ...]
    tree: ast.expr = field(repr=False, compare=False)

    def of(self, columns: Mapping[str, np.ndarray]) -> FloatArray1D:
        """Values [N] over columns [N]; NaN where there is no finite one.

        What a column does not have (NaN) makes a comparison with it neither true nor false, and a choice by it NaN: a
        figure that does not exist never becomes a number. The branch that is not taken does not matter.
        """
        given = {name: np.asarray(columns[name], np.float64) for name in self.names}
        n = max((len(column) for column in given.values()), default=1)
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(_value(self.tree, given), np.float64), n)
        return np.where(np.isfinite(found), found, np.nan)


def parse(text: str, known: Sequence[str], key: str) -> Expression:
    """The expression that ``text`` is over columns ``known``; ConfigError, which names ``key``, where it is none."""
    where = f"{key}={text if len(text) <= 200 else text[:200] + '…'}"
    if len(text) > LONGEST:
        raise ConfigError(f"{where}: {len(text):,} characters; an expression may have {LONGEST:,}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        raise ConfigError(f"{where} is no expression ({said}); it may have {_KINDS}") from None
    names: dict[str, None] = {}
    _check(tree, tuple(known), names, where, 0)
    return Expression(text.strip(), tuple(names), tree)


def _check(node: ast.expr, known: tuple[str, ...], names: dict[str, None], where: str, depth: int) -> None:
    """Refuse what is not allowed, and gather the names."""
    if depth > DEEPEST:
        raise ConfigError(f"{where}: more than {DEEPEST} expressions inside each other")
    match node:
        case ast.Constant(value=bool() | str() | bytes() | complex() | None):
            pass
        case ast.Constant(value=int() | float()):
            return None
        case ast.Name(id=name):
            if name not in known:
                raise ConfigError(f"{where}: {near_miss(name, (*known, *FUNCTIONS), what='name')}")
            names[name] = None
            return None
        case ast.Call(func=ast.Name(id=name), args=inner, keywords=[]):
            if name not in FUNCTIONS:
                raise ConfigError(f"{where}: {near_miss(name, FUNCTIONS, what='function')}")
            _, least, most = FUNCTIONS[name]
            if not least <= len(inner) <= most or any(isinstance(a, ast.Starred) for a in inner):
                raise ConfigError(f"{where}: {name} takes {least if least == most else f'{least} to {most}'} values")
            return _check_all(inner, known, names, where, depth)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _TWO:
            return _check_all((left, right), known, names, where, depth)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=inner):
            return _check(inner, known, names, where, depth + 1)
        case ast.BoolOp(values=inner):
            return _check_all(inner, known, names, where, depth)
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARED for op in ops):
            return _check_all((left, *others), known, names, where, depth)
        case ast.IfExp(test=test, body=body, orelse=other):
            return _check_all((test, body, other), known, names, where, depth)
    raise ConfigError(f"{where}: {ast.unparse(node)[:60]!r} is not allowed; it may have {_KINDS}")


def _check_all(
    nodes: Sequence[ast.expr], known: tuple[str, ...], names: dict[str, None], where: str, depth: int
) -> None:
    for node in nodes:
        _check(node, known, names, where, depth + 1)


def _value(node: ast.expr, given: Mapping[str, FloatArray1D]) -> Any:
    """Value [N] or () of a checked tree; a truth is 1, 0 or, where it is not known, NaN."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.float64(number) if abs(number) < 1e308 else np.float64(np.inf)
        case ast.Name(id=name):
            return given[name]
        case ast.Call(func=ast.Name(id=name), args=inner):
            return FUNCTIONS[name][0](*np.broadcast_arrays(*(_value(a, given) for a in inner)))
        case ast.BinOp(left=left, op=op, right=right):
            return _TWO[type(op)](_value(left, given), _value(right, given))
        case ast.UnaryOp(op=op, operand=inner):
            x = _value(inner, given)
            return -x if isinstance(op, ast.USub) else x if isinstance(op, ast.UAdd) else 1.0 - _truth(x)
        case ast.BoolOp(op=op, values=inner):
            over = np.minimum if isinstance(op, ast.And) else np.maximum
            return over.reduce(np.broadcast_arrays(*(_truth(_value(v, given)) for v in inner)))
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(side, given) for side in (left, *others)]
            pairs = zip(ops, sides, sides[1:], strict=False)
            told = [
                np.where(np.isnan(a) | np.isnan(b), np.nan, _COMPARED[type(op)](a, b).astype(np.float64))
                for op, a, b in pairs
            ]
            return np.minimum.reduce(np.broadcast_arrays(*told))
        case ast.IfExp(test=test, body=body, orelse=other):
            asked = _truth(_value(test, given))
            chosen = np.where(asked == 1, _value(body, given), _value(other, given))
            return np.where(np.isnan(asked), np.nan, chosen)
    raise AssertionError(ast.dump(node))  # _check lets nothing else through


def _truth(x: Any) -> Any:
    """1 where a number is not 0, 0 where it is, NaN where there is none."""
    return np.where(np.isnan(x), np.nan, (np.asarray(x) != 0).astype(np.float64))
