"""Spaces of every kind of parameter."""

from __future__ import annotations

from quantray.space import parse_space

SPACE = parse_space({"a": [1, 2, 3], "b": ["x", "y"], "c": [True, False]})
