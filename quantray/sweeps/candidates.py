"""Candidates broken into what they share: signal sets, ways of entering, exit levels, and the tables of all."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import NoneType
from typing import Any, get_args, get_type_hints

import numpy as np

from quantray.errors import ConfigError, near_miss
from quantray.space import Candidates, Space
from quantray.sweeps.combinations import codes_of, distinct, ranked
from quantray.sweeps.long_option import EXIT_FIELDS, LongOption
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.recorder import Recorder
from quantray.sweeps.signals import lists_together, own_names, signals_of
from quantray.sweeps.strategy import check_volume
from quantray.sweeps.tables import Levels, Tables, Wanted, build
from quantray.sweeps.validity import refused


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Candidates broken into what they share: a group (signals and way of entering) and three exit columns.

    The columns [M] are of the candidates that can be evaluated: ``rows`` of the N given ones, None when it is all of
    them. ``why`` has the reasons of the others.
    """

    tables: Tables | None
    n: int
    rows: np.ndarray | None
    group: np.ndarray
    tp: np.ndarray
    sl: np.ndarray
    held: np.ndarray
    stop_percent: np.ndarray
    levels: Levels
    why: Mapping[int, str]

    def part(self, start: int, stop: int) -> Prepared:
        """The candidates ``start`` to ``stop`` of the given ones, on the same tables."""
        rows, first, last = self.rows, start, stop
        if rows is not None:
            first, last = np.searchsorted(rows, [start, stop]).tolist()
            rows = rows[first:last] - start
        return replace(
            self,
            n=stop - start,
            rows=rows,
            why={i - start: said for i, said in self.why.items() if start <= i < stop},
            **{name: getattr(self, name)[first:last] for name in ("group", "tp", "sl", "held", "stop_percent")},
        )


def check_fields(strategy: type, names: Sequence[str]) -> None:
    """Refuse a parameter the strategy does not have, with the near miss."""
    known = [f.name for f in fields(strategy)]
    for name in names:
        if name not in known:
            raise ConfigError(f"{strategy.__name__}: {near_miss(name, known, what='parameter')}")


def check_ranges(strategy: type, space: Space) -> None:
    """Refuse a continuous range of a parameter that is a whole number, a text or a flag."""
    try:
        hints = get_type_hints(strategy)
    except NameError:  # an annotation of the strategy's own: its own business
        return
    for dimension in space.dimensions:
        hint = hints.get(dimension.name)
        kinds = set(get_args(hint)) or {hint}
        if dimension.values is not None or not kinds <= {int, str, bool, NoneType}:
            continue
        low, high = dimension.low, dimension.high
        if int in kinds:
            raise ConfigError(
                f"space.{dimension.name} is a whole number, and a continuous range holds fractions; give step or int: "
                f"{{low: {low:g}, high: {high:g}, step: 1}}"
            )
        raise ConfigError(f"space.{dimension.name} is no number and has no range; list its values: [...]")


def prepare(
    plan: Plan, market: Slice, candidates: Candidates, strategy: type, workers: int = 1, *, on_ray: bool = False
) -> Prepared:
    """Distinct signal sets, ways of entering and exit levels of the candidates, and their tables.

    By threads, ``workers`` of them, or by tasks of a Ray that get blocks of sessions.

    Every candidate is checked whole first; what the strategy refuses, or cannot find signals for, takes part in
    nothing that follows, so that the others come out as they would without it.
    """
    check_fields(strategy, candidates.names)
    check_volume(strategy, market)
    fixed = {k: v for k, v in plan.strategy.params.items() if k not in candidates.names}
    why = refused(strategy, fixed, candidates)
    rows, good = _without(np.arange(len(candidates)), candidates, why)
    lists, list_of, bad = signals_of(strategy, fixed, market, good)
    if bad:
        why |= {int(rows[i]): said for i, said in bad.items()}
        keep = np.array([i not in bad for i in range(len(good))], bool)
        rows, good, list_of = rows[keep], good.take(keep), list_of[keep]
    defaults = {**{f.name: f.default for f in fields(strategy)}, **fixed}
    ways, way_of = _ways(defaults, good)
    (tp, sl, held), stop_percent, levels = _exit_columns(defaults, good)
    groups, group = codes_of(list_of.astype(np.int64) * max(len(ways), 1) + way_of, lists.n * max(len(ways), 1))
    kept, kind = np.divmod(groups, max(len(ways), 1))
    wanted = Wanted(ways, kept, kind, levels)
    tables = build(plan, market, lists.sessions, wanted, workers, on_ray) if len(good) else None
    some = None if len(rows) == len(candidates) else rows
    return Prepared(
        tables, len(candidates), some, group, tp=tp, sl=sl, held=held, stop_percent=stop_percent, levels=levels, why=why
    )


def combinations(plan: Plan, market: Slice, strategy: type) -> tuple[int, int, float]:
    """What the strategy's own code costs a finite space.

    Combinations of the parameters that ``__post_init__`` and ``signals()`` read, and the seconds that one core needs
    for them, by one candidate on the first session.
    """
    fixed = {k: v for k, v in plan.strategy.params.items() if k not in plan.space.names}
    recorder, levels = Recorder(strategy), {d.name: len(d.values or ()) for d in plan.space.dimensions}
    began = time.perf_counter()
    made = recorder.build({**fixed, **plan.space.point(0)})
    built = time.perf_counter()
    with recorder.reading() as read:
        made.signals(market.sessions[0])
        asked = read() | own_names(plan.space.names)
    signals = 0.0 if lists_together(strategy) else time.perf_counter() - built
    n_made, n_lists = (math.prod(levels.get(name, 1) for name in names) for names in (recorder.built, asked))
    return n_made, n_lists, n_made * (built - began) + n_lists * signals * len(market)


def _without(rows: np.ndarray, candidates: Candidates, why: Mapping[int, str]) -> tuple[np.ndarray, Candidates]:
    if not why:
        return rows, candidates
    keep = np.ones(len(rows), bool)
    keep[list(why)] = False
    return rows[keep], candidates.take(keep)


def _ways(defaults: Mapping[str, Any], candidates: Candidates) -> tuple[list[LongOption], np.ndarray]:
    """Distinct ways of entering, and each candidate's."""
    names = [f.name for f in fields(LongOption) if f.name not in EXIT_FIELDS]
    dims = [d for d, name in enumerate(candidates.names) if name in names]
    rows, way_of = distinct(candidates, dims)
    ways = []
    for i in rows.tolist():
        own = {candidates.names[d]: candidates.levels[d][candidates.codes[i, d]] for d in dims}
        ways.append(LongOption(**{name: defaults[name] for name in names} | own))
    return ways, way_of


def _exit_columns(
    defaults: Mapping[str, object], candidates: Candidates
) -> tuple[list[np.ndarray], np.ndarray, Levels]:
    """Each candidate's column of the tables for its three exit levels; only levels that some candidate has count."""
    columns: list[np.ndarray] = []
    levels: list[np.ndarray] = []
    offset = 0
    stop_percent = np.empty(0)
    for name, falling in zip(EXIT_FIELDS, (False, True, False), strict=True):
        if name in candidates.names:
            d = candidates.names.index(name)
            used, codes = codes_of(candidates.codes[:, d].astype(np.int64), len(candidates.levels[d]))
            values = np.array([candidates.levels[d][k] for k in used], float)
        else:
            codes, values = np.zeros(len(candidates), np.int64), np.array([defaults[name]], float)
        found, place = ranked(-values if falling else values)
        columns.append((place[codes] + offset).astype(np.int32))
        levels.append(-found if falling else found)
        if falling:
            stop_percent = values[codes]
        offset += len(found)
    return columns, stop_percent, Levels(*levels)
