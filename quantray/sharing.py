"""Candidates broken into what they share: signal sets, ways of entering, exit levels, and the tables of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from quantray.entries import Levels, Tables, build
from quantray.errors import ConfigError, near_miss
from quantray.options import EXIT_FIELDS, LongOption
from quantray.plan import Plan
from quantray.protocols import check_volume
from quantray.space import Candidates
from quantray.types import Session, SignalLists, Slice


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Candidates broken into what they share: a group (signals and way of entering) and three exit columns."""

    tables: Tables | None
    group: np.ndarray  # [N], -1 for a candidate that failed
    tp: np.ndarray
    sl: np.ndarray
    held: np.ndarray
    stop_percent: np.ndarray
    levels: Levels
    why: Mapping[int, str]


def check_fields(strategy: type, names: Sequence[str]) -> None:
    """Refuse a parameter the strategy does not have, with the near miss."""
    known = [f.name for f in fields(strategy)]
    for name in names:
        if name not in known:
            raise ConfigError(f"{strategy.__name__}: {near_miss(name, known, what='parameter')}")


def prepare(plan: Plan, slice: Slice, candidates: Candidates, strategy: type) -> Prepared:
    """Distinct signal sets, ways of entering and exit levels of the candidates, and their tables."""
    check_fields(strategy, candidates.names)
    check_volume(strategy, slice)
    entering = {f.name for f in fields(LongOption)} - set(EXIT_FIELDS)
    dims = {name: d for d, name in enumerate(candidates.names)}
    signal_dims = [d for name, d in dims.items() if name not in entering and name not in EXIT_FIELDS]
    way_dims = [d for name, d in dims.items() if name in entering]
    why: dict[int, str] = {}
    signal_rows, signal_of = _distinct(candidates, signal_dims)
    way_rows, way_of = _distinct(candidates, way_dims)
    variants, bad_signals = _construct(strategy, plan, candidates, signal_dims, signal_rows)
    ways, bad_ways = _construct(strategy, plan, candidates, way_dims, way_rows)
    lists, bad_lists = _signals(strategy, slice, variants)
    bad_signals.update(bad_lists)
    (tp, sl, held), stop_percent, levels = _exit_columns(plan, strategy, candidates, dims)
    failed = np.zeros(len(candidates), bool)
    for bad, of in ((bad_signals, signal_of), (bad_ways, way_of)):
        for k, reason in bad.items():
            rows = np.flatnonzero(of == k)
            failed[rows] = True
            why.update((int(i), reason) for i in rows)
    groups, group = _codes(signal_of.astype(np.int64) * max(len(ways), 1) + way_of, len(variants) * max(len(ways), 1))
    list_of, kind = np.divmod(groups, max(len(ways), 1))
    usable = np.array([k not in bad_signals for k in list_of]) & np.array([v not in bad_ways for v in kind])
    renumber = np.cumsum(usable) - 1
    tables = None
    if usable.any():
        keep = [w if w is not None else next(x for x in ways if x is not None) for w in ways]
        tables = build(plan, slice, lists, keep, list_of[usable], kind[usable], levels)
    return Prepared(tables, np.where(failed, -1, renumber[group]), tp, sl, held, stop_percent, levels, why)


def _codes(key: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys, rising, and each key's place among them; without a sort where the range is small."""
    if size > 50_000_000:
        values, inverse = np.unique(key, return_inverse=True)
        return values, inverse
    seen = np.zeros(size, bool)
    seen[key] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[key]


def _distinct(candidates: Candidates, dims: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """One candidate's row for each distinct combination of these dimensions, and each candidate's combination."""
    key = np.zeros(len(candidates), np.int64)
    size = 1
    for d in dims:
        key = key * len(candidates.levels[d]) + candidates.codes[:, d]
        size *= len(candidates.levels[d])
    values, inverse = _codes(key, size)
    first = np.empty(len(values), np.int64)
    first[inverse[::-1]] = np.arange(len(candidates) - 1, -1, -1)
    return first, inverse


def _construct(
    strategy: type, plan: Plan, candidates: Candidates, dims: Sequence[int], rows: np.ndarray
) -> tuple[list[Any], dict[int, str]]:
    """The strategy with each row's parameters; a refused one is None, with the reason."""
    fixed = {k: v for k, v in plan.strategy.params.items() if k not in candidates.names}
    made: list[Any] = []
    bad: dict[int, str] = {}
    for k, i in enumerate(rows):
        varied = {candidates.names[d]: candidates.levels[d][candidates.codes[i, d]] for d in dims}
        try:
            made.append(strategy(**fixed, **varied))
        except Exception as error:  # the user's own code: whatever it raises belongs to this candidate
            made.append(None)
            bad[k] = f"{type(error).__name__}: {error}"
    return made, bad


def _signals(strategy: Any, slice: Slice, variants: Sequence[Any]) -> tuple[list[SignalLists], dict[int, str]]:
    """Signal lists of every variant, one object a session; a variant that raises or returns nonsense is reported."""
    bad: dict[int, str] = {}
    out = []
    together = hasattr(strategy, "signal_lists") and all(v is not None for v in variants)
    for session in slice.sessions:
        shared = None
        if together:
            try:
                shared = strategy.signal_lists(session, variants)
            except Exception:  # which one raises is found below, variant by variant
                shared = None
        if shared is not None and not _nonsense(shared.bar, shared.side, shared.origin, session.n_bars, shared.ptr):
            out.append(shared)
        else:
            out.append(_one_by_one(session, variants, bad))
    return out, bad


_NO_SIGNALS = (np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0, np.int32))


def _one_by_one(session: Session, variants: Sequence[Any], bad: dict[int, str]) -> SignalLists:
    """Lists of one session, each variant asked alone; what is wrong with one goes into ``bad``."""
    columns = []
    for k, variant in enumerate(variants):
        if variant is None or k in bad:
            columns.append(_NO_SIGNALS)
            continue
        said: str | None
        try:
            s = variant.signals(session)
            said = _nonsense(s.bar, s.side, s.origin, session.n_bars, None)
            one = (np.asarray(s.bar, np.int32), np.asarray(s.side, np.int8), np.asarray(s.origin, np.int32))
        except Exception as error:  # the user's own code: whatever it raises belongs to this candidate
            said = f"{type(error).__name__}: {error}"
        if said:
            bad[k] = f"{said} (session {session.date})"
        columns.append(_NO_SIGNALS if said else one)
    ptr = np.concatenate([[0], np.cumsum([len(c[0]) for c in columns])]).astype(np.int64)
    return SignalLists(ptr, *(np.concatenate([c[j] for c in columns]) for j in range(3)))


def _nonsense(bar: Any, side: Any, origin: Any, n: int, ptr: Any) -> str | None:
    """What is wrong with signals; None when nothing is. ``ptr`` separates lists."""
    bar, side, origin = np.asarray(bar), np.asarray(side), np.asarray(origin)
    if not len(bar) == len(side) == len(origin):
        return f"signals have {len(bar)} bars, {len(side)} sides, {len(origin)} origins"
    if not len(bar):
        return None
    if not np.issubdtype(bar.dtype, np.integer) or bar.min() < 0 or bar.max() >= n:
        return f"signal bars must be whole numbers in [0, {n}), got {bar.min()} to {bar.max()}"
    if not np.isin(side, (-1, 1)).all():
        return f"signal sides must be -1 or 1, got {sorted(set(side.tolist()))[:5]}"
    if (origin > bar).any() or (origin < 0).any():
        return "a signal's origin must not be later than its bar"
    falls = np.diff(bar) < 0
    if ptr is not None:
        inner = np.asarray(ptr[1:-1])
        falls[inner[(inner > 0) & (inner < len(bar))] - 1] = False
    return "signals must be in time order" if falls.any() else None


def _exit_columns(
    plan: Plan, strategy: type, candidates: Candidates, dims: Mapping[str, int]
) -> tuple[list[np.ndarray], np.ndarray, Levels]:
    defaults = {f.name: f.default for f in fields(strategy)}
    columns: list[np.ndarray] = []
    levels: list[np.ndarray] = []
    offset = 0
    stop_percent = np.empty(0)
    for name, falling in zip(EXIT_FIELDS, (False, True, False), strict=True):
        values = (
            np.array(candidates.levels[dims[name]], float)
            if name in dims
            else np.array([plan.strategy.params.get(name, defaults[name])], float)
        )
        codes = candidates.codes[:, dims[name]] if name in dims else np.zeros(len(candidates), np.int32)
        distinct, place = np.unique(-values if falling else values, return_inverse=True)
        columns.append((place[codes] + offset).astype(np.int32))
        levels.append(-distinct if falling else distinct)
        if falling:
            stop_percent = values[codes]
        offset += len(distinct)
    return columns, stop_percent, Levels(*levels)
