"""Arrays by their dimension, and NumPy's scalars as plain numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

FloatArray1D = np.ndarray[tuple[int], np.dtype[np.float64]]
FloatArray2D = np.ndarray[tuple[int, int], np.dtype[np.float64]]
IntArray1D = np.ndarray[tuple[int], np.dtype[np.integer[Any]]]
BoolArray1D = np.ndarray[tuple[int], np.dtype[np.bool_]]


def plain(value: np.generic | float | None) -> float | int | None:
    """A NumPy scalar as the plain number JSON knows; NaN as None."""
    number: float | int | None = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and number != number else number


def is_finite(number: float) -> bool:
    """Whether it is one that a float can be: whole numbers may be too large for any."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False
