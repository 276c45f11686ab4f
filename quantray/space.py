"""What may vary: dimensions, the number of points, the n-th point, and a candidate's digest."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from quantray.arrays import is_finite
from quantray.cards import value_text
from quantray.digests import digest_of, encoded
from quantray.errors import ConfigError, near_miss

#: Of one dimension. Each level is tried on the strategy before work starts; a finer step is a range without one.
MOST_LEVELS = 100_000
TOLD = 9  # levels of a dimension that are told one by one


@dataclass(frozen=True, slots=True)
class Dimension:
    """One parameter that varies: finite ``values``, or any number in ``[low, high]`` (uniform or ``log``).

    A range with a ``step`` is finite: build it with :meth:`parse`.
    """

    name: str
    values: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None
    log: bool = False

    def __post_init__(self) -> None:
        if self.values is not None:
            if not self.values:
                raise ConfigError(f"space.{self.name} is empty; give at least one value")
            _check_count(self.name, len(self.values), "fewer values, or {low: …, high: …} for any number between")
            if len({repr(v) for v in self.values}) != len(self.values):
                raise ConfigError(f"space.{self.name} repeats a value: {list(self.values)}")
            levels: dict[str, Any] = {}
            for v in self.values:
                if isinstance(v, float) and not math.isfinite(v):
                    raise ConfigError(f"space.{self.name} holds {v}, and a number must be finite; leave it out")
                levels.setdefault(level_key(v), v)  # of 1 and 1.0, which are one level, the first
            object.__setattr__(self, "values", tuple(levels.values()))
            return
        _check_ends(self.name, self.low, self.high)
        if self.low is None or self.high is None or not self.low < self.high:
            raise ConfigError(f"space.{self.name} needs low < high, got low={self.low} high={self.high}")
        if self.log and self.low <= 0:
            raise ConfigError(f"space.{self.name} is log-scaled and needs low > 0, got {self.low}")

    @property
    def ordered(self) -> bool:
        """True when the values are numbers in rising or falling order: a sampler may then use their order."""
        v = self.values
        if v is None:
            return True
        if any(isinstance(x, bool) or not isinstance(x, int | float) for x in v):
            return False
        return all(a < b for a, b in pairwise(v)) or all(a > b for a, b in pairwise(v))

    @property
    def in_words(self) -> str:
        """Its levels, the first of many, or its range."""
        if self.values is None:
            return f"{value_text(self.low)} to {value_text(self.high)}{', log' if self.log else ''}"
        told, n = [value_text(v) for v in self.values[:TOLD]], len(self.values)
        return ", ".join(told) + (f", … {value_text(self.values[-1])} ({n:,} levels)" if n > TOLD else "")

    def index(self, value: object) -> int:
        """Place of a level among ``values``; ValueError for what is none."""
        values, key = self.values or (), level_key(value)
        at = values.index(value) if value in values else -1
        if at >= 0 and level_key(values[at]) == key:
            return at
        return [level_key(v) for v in values].index(key)  # True equals 1 and is not the same level

    @classmethod
    def parse(cls, name: str, spec: object) -> Dimension:
        """Read a list of values, a single value, or ``{low, high, step?, int?, log?}``."""
        if isinstance(spec, Mapping):
            low, high, step, log = _range(name, spec)
            if step is None:
                return cls(name, low=low, high=high, log=log)
            if low is None or high is None or step <= 0 or low > high:
                raise ConfigError(f"space.{name} needs low <= high and step > 0, got {dict(spec)}")
            return cls(name, tuple(_decimal(low, step, i) for i in range(_count(name, low, high, step))))
        if isinstance(spec, list | tuple):
            return cls(name, tuple(spec))
        return cls(name, (spec,))


_KEYS = ("low", "high", "step", "int", "log")


def _range(name: str, spec: Mapping[str, object]) -> tuple[Any, Any, Any, bool]:
    """Low, high, step and log of a range; what contradicts itself is refused."""
    for key in spec:
        if key not in _KEYS:
            raise ConfigError(f"space.{name}: {near_miss(key, _KEYS, what='key')}")
    low, high, step, whole, log = (spec.get(key) for key in _KEYS)
    for key, flag in (("int", whole), ("log", log)):
        if flag is not None and not isinstance(flag, bool):
            raise ConfigError(f"space.{name}.{key} must be true or false, got {flag!r}")
    _check_ends(name, low, high)
    if step is not None and (isinstance(step, bool) or not isinstance(step, int | float) or not is_finite(step)):
        raise ConfigError(f"space.{name}.step must be a finite number, got {step!r}")
    if whole and not all(isinstance(x, int) for x in (low, high, step if step is not None else 1)):
        raise ConfigError(f"space.{name} has int: true and needs whole numbers, got {dict(spec)}")
    step = 1 if whole and step is None else step
    if log and step is not None:
        by = "int" if whole else "step"
        raise ConfigError(
            f"space.{name}: log has no meaning beside {by}, which lists the values evenly; "
            f"leave out {by}, or list the values themselves, e.g. [1, 2, 4, 8]"
        )
    return low, high, step, bool(log)


def _check_ends(name: str, low: object, high: object) -> None:
    for key, end in (("low", low), ("high", high)):
        if end is None:
            raise ConfigError(f"space.{name} is a range and needs {key}")
        if isinstance(end, bool) or not isinstance(end, int | float) or not is_finite(end):
            raise ConfigError(f"space.{name}.{key} must be a finite number, got {end!r}")
    if not is_finite(float(high) - float(low)):  # type: ignore[arg-type]
        raise ConfigError(f"space.{name} is wider than any number, from {low!r} to {high!r}; give nearer ends")


def _count(name: str, low: float, high: float, step: float) -> int:
    """Levels of a range with a step, counted before any is made."""
    steps = (Fraction(high) - Fraction(low)) / Fraction(step)  # floats would overflow
    count = math.floor(steps + Fraction(1, 10**9)) + 1
    _check_count(name, count, f"a larger step (it is {step}), or none: any number between {low} and {high}")
    return count


def _check_count(name: str, count: int, instead: str) -> None:
    if count > MOST_LEVELS:
        raise ConfigError(
            f"space.{name} has {in_words(count)} levels, and a dimension may have {MOST_LEVELS:,}; give {instead}"
        )


def in_words(count: int) -> str:
    """A count of points as a reader takes it in: with commas, or as a power of ten."""
    return f"{count:,}" if count < 10**15 else f"about 10^{len(str(count)) - 1}"


def _decimal(low: float, step: float, i: int) -> float | int:
    value = low + step * i
    return value if isinstance(value, int) else round(value, 12) + 0.0  # .1 + 2 * .1 must read .3, and no -0.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """``n`` points as codes into per-dimension levels: ``levels[d][codes[i, d]]`` is candidate i's value."""

    names: tuple[str, ...]
    levels: tuple[tuple[Any, ...], ...]
    codes: np.ndarray[tuple[int, int], np.dtype[np.int32]]

    def __len__(self) -> int:
        return int(self.codes.shape[0])

    def params(self, i: int) -> dict[str, Any]:
        return {name: self.levels[d][self.codes[i, d]] for d, name in enumerate(self.names)}

    def column(self, name: str) -> list[Any]:
        """Values of one dimension, one a candidate."""
        d = self.names.index(name)
        return [self.levels[d][c] for c in self.codes[:, d]]

    def take(self, rows: np.ndarray | Sequence[int]) -> Candidates:
        """The candidates at the places ``rows`` [k], or where a mask [n] is True."""
        return Candidates(self.names, self.levels, self.codes[rows])

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, object]]) -> Candidates:
        """From explicit parameter sets, all of which name the same parameters."""
        names = tuple(rows[0]) if rows else ()
        levels: list[tuple[Any, ...]] = []
        codes = np.empty((len(rows), len(names)), np.int32)
        for d, name in enumerate(names):
            seen: dict[str, int] = {}
            values: list[Any] = []
            for i, row in enumerate(rows):
                if set(row) != set(names):
                    raise ConfigError(f"candidate {i} names {sorted(row)}, candidate 0 names {sorted(names)}")
                key = repr(row[name])
                if key not in seen:
                    seen[key] = len(values)
                    values.append(row[name])
                codes[i, d] = seen[key]
            levels.append(tuple(values))
        return cls(names, tuple(levels), codes)


@dataclass(frozen=True)
class Space:
    """The product of its dimensions; the last one runs fastest when points are numbered."""

    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        if not self.dimensions:
            raise ConfigError("the search space is empty: give at least one dimension, e.g. space.stop_loss=[-50]")

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(d.name for d in self.dimensions)

    @cached_property
    def size(self) -> int | None:
        """Number of points, or None when a dimension is continuous."""
        if any(d.values is None for d in self.dimensions):
            return None
        return math.prod(len(d.values or ()) for d in self.dimensions)

    @cached_property
    def digest(self) -> str:
        return digest_of([(d.name, d.values, d.low, d.high, d.log) for d in self.dimensions])

    def candidates(self, numbers: np.ndarray | Sequence[int]) -> Candidates:
        """Points of a finite space by their ``numbers`` [n] in ``range(size)``."""
        if self.size is None:
            raise ConfigError("a space with a continuous dimension has no numbered points; give it a step")
        rest = np.array(numbers, np.int64)
        codes = np.empty((rest.shape[0], len(self.dimensions)), np.int32)
        for d in range(len(self.dimensions) - 1, -1, -1):
            rest, codes[:, d] = np.divmod(rest, len(self.dimensions[d].values or ()))
        return Candidates(self.names, tuple(d.values or () for d in self.dimensions), codes)

    def point(self, number: int) -> dict[str, Any]:
        return self.candidates([number]).params(0)

    def number(self, params: Mapping[str, object]) -> int:
        """Inverse of :meth:`point`."""
        number = 0
        for d in self.dimensions:
            number = number * len(d.values or ()) + d.index(params[d.name])
        return number


_EXACT = 2**53  # up to here every whole number is a float


def canonical(value: object) -> object:
    """A parameter's value as its digest sees it: 60 and 60.0 are the same value, 0.0 and -0.0 too, True is not 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if -_EXACT <= value <= _EXACT:
        return float(value) + 0.0
    return int(value) if value - value == 0 else value  # beyond, a float would take two whole numbers for one


def level_key(value: object) -> str:
    """What tells one level from another."""
    return repr(canonical(value))


def candidate_digest(params: Mapping[str, object]) -> str:
    """A candidate's identity: equal parameters, in any order, give the same 32 hex characters."""
    return digest_of({name: canonical(v) for name, v in params.items()})


class Digests:
    """Digests of many candidates of one space at once, equal to :func:`candidate_digest` of their parameters."""

    def __init__(self, space: Space) -> None:
        self._order = sorted(range(len(space.names)), key=space.names.__getitem__)
        self._levels = {d: dim.values for d, dim in enumerate(space.dimensions) if dim.values is not None}
        self._parts = {d: [self._part(space.names[d], v) for v in values] for d, values in self._levels.items()}

    @staticmethod
    def _part(name: str, value: object) -> bytes:
        return encoded({name: canonical(value)})[:-1]  # without the end of the mapping

    def of(self, candidates: Candidates) -> tuple[str, ...]:
        """One digest a candidate; ``candidates`` name the dimensions of the space in its order."""
        columns = []
        for d in self._order:
            levels = candidates.levels[d]
            parts = self._parts.get(d) if levels is self._levels.get(d) else None
            if parts is None:
                parts = [self._part(candidates.names[d], v) for v in levels]
            columns.append([parts[c] for c in candidates.codes[:, d].tolist()])
        return tuple(hashlib.sha256(b"".join(row) + b"}").hexdigest()[:32] for row in zip(*columns, strict=True))


def parse_space(spec: Mapping[str, object]) -> Space:
    """Read the ``space`` section of a configuration, in its order."""
    return Space(tuple(Dimension.parse(name, value) for name, value in spec.items() if value is not None))
