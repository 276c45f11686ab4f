"""Durations as they are written: ``90``, ``90s``, ``30m``, ``48h``, ``2d``."""

from __future__ import annotations

import math
import re

import numpy as np

from quantray.errors import ConfigError

NS = 1_000_000_000
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def duration_s(value: str | float, key: str) -> int:
    """Whole seconds of a duration; a plain number is seconds. ConfigError names ``key`` and the value."""
    match = _WRITTEN.fullmatch(str(value).strip())
    seconds = float(match[1]) * SECONDS[match[2]] if match else math.nan
    if isinstance(value, bool) or not seconds.is_integer():
        raise ConfigError(f"{key}={value!r} must be a duration of whole seconds, like 90, 90s, 30m, 48h or 2d")
    return int(seconds)


def interval_s(value: str | float, key: str = "data.interval") -> int:
    """Seconds of a candle; a duration above 0."""
    seconds = duration_s(value, key)
    if seconds < 1:
        raise ConfigError(f"{key}={value!r} must be at least 1s")
    return seconds


def written(seconds: int) -> str:
    """The shortest way to write it: 172800 is 2d, 90 is 90s."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % SECONDS[unit] == 0:
            return f"{seconds // SECONDS[unit]}{unit}"
    return f"{seconds}s"


def iso(ns: int) -> str:
    """UTC in ISO to the second, further where it is needed."""
    return str(np.datetime64(int(ns), "ns")).removesuffix(".000000000") + "Z"


def day_ns(day: str) -> int:
    """Midnight UTC of an ISO date."""
    return int(np.datetime64(day, "D").astype(np.int64)) * 86_400 * NS
