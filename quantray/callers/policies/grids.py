"""The named grids: which policies a search goes through, in which order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, cast

from quantray.callers.policies.notation import TRIGGERS, read_parts, read_policy
from quantray.callers.policies.parts import Part
from quantray.callers.policies.policy import Policy
from quantray.errors import ConfigError, near_miss

HOLD = "48h"
_NONE_TP = (None, 1.5, 2, 3)
LADDERS = (((2, 0.5), (3, 0.3), (4, 0.2)), ((1.5, 0.5), (2, 0.5)), ((2, 0.33), (5, 0.33)))

#: Axes of each grid, outermost first: the last one runs fastest.
GRIDS: dict[str, dict[str, tuple[object, ...]]] = {
    "v1": {"tp_mults": (1.5, 2, 2.5, 3, 4, 5), "sl_mults": (0.85, 0.88, 0.90, 0.92, 0.95), "hold": (HOLD,)},
    "fixed": {"sl_mults": (0.95, 0.90, 0.85, 0.80, 0.75), "tp_mults": (None, 1.5, 2, 2.5, 3), "hold": (HOLD,)},
    "time": {"hold": ("5m", "10m", "15m", "30m", "1h", "2h", "4h", "48h"), "tp_mults": _NONE_TP},
    "trailing": {
        "activation": (0.1, 0.2, 0.5), "trail": (0.02, 0.05, 0.10), "hard_sl_mults": (None, 0.90, 0.85, 0.80),
        "hold": (HOLD,),
    },
    "ladder": {"ladders": LADDERS, "sl_mults": (None, 0.90, 0.85, 0.80, 0.75), "hold": (HOLD,)},
}  # fmt: skip
#: Axes that only a mixed grid has; each level is null or what the part of that name takes.
EXTRA = ("entry", "break_even", "phased", *TRIGGERS)
KNOWN = ("v1", "fixed", "time", "trailing", "ladder", "mixed")
_KEY = {"tp_mults": "tp", "sl_mults": "sl", "hard_sl_mults": "sl", "hold": "hold", "ladders": "ladder"}


def axes_of(name: str, **given: object) -> dict[str, tuple[object, ...]]:
    """Axes and levels of grid ``name`` with ``given`` ones in place of its own; null keeps the grid's.

    A mixed grid is the product of the axes of the grids that ``of`` names (default fixed and trailing) and of the
    axes given; where both bring stops, ``sl_mults`` stands for ``hard_sl_mults``, and ``hold`` comes last.
    """
    if name not in KNOWN:
        raise ConfigError(f"policy: {near_miss(name, KNOWN, what='grid')}")
    of = given.pop("of", None)
    if of is not None and name != "mixed":
        raise ConfigError(f"policy.of={of!r}: only policy=mixed is made of other grids")
    axes = _mixed_axes(cast(str | Iterable[str] | None, of)) if name == "mixed" else dict(GRIDS[name])
    known = (*axes, *EXTRA, *_KEY, "activation", "trail") if name == "mixed" else tuple(axes)
    for key, levels in given.items():
        if levels is None:
            continue
        if key not in known:
            raise ConfigError(f"policy.{key}: {near_miss(key, known, what=f'axis of {name}')}")
        axes[key] = _levels(key, levels)
    if ("activation" in axes) != ("trail" in axes):
        raise ConfigError("policy: a trailing stop needs both policy.activation and policy.trail")
    if "sl_mults" in axes:
        axes.pop("hard_sl_mults", None)
    hold = axes.pop("hold") if name == "mixed" and "hold" in axes else None
    return axes if hold is None else {**axes, "hold": hold}


def _mixed_axes(of: str | Iterable[str] | None) -> dict[str, tuple[object, ...]]:
    names = ("fixed", "trailing") if of is None else ((of,) if isinstance(of, str) else tuple(of))
    axes: dict[str, tuple[object, ...]] = {"hold": (HOLD,)}
    for grid in names:
        if grid not in GRIDS:
            raise ConfigError(f"policy.of: {near_miss(grid, GRIDS, what='grid')}")
        for axis, levels in GRIDS[grid].items():
            if axis not in axes or (axis == "hold" and len(levels) > 1):
                axes[axis] = levels
    return axes


def _levels(key: str, levels: object) -> tuple[object, ...]:
    many = tuple(levels) if isinstance(levels, list | tuple) else (levels,)
    if not many:
        raise ConfigError(f"policy.{key} is empty; give at least one level")
    if len({tuple(_read(key, level)) for level in many}) < len(many):
        raise ConfigError(f"policy.{key} repeats a level: {list(many)}")
    return many


def _read(key: str, level: object) -> list[Part]:
    """The level as parts, so that a wrong one is refused on its own and equal ones are seen as equal."""
    if key == "activation":
        return read_parts("trailing", None if level is None else {"activation": level, "trail": 0.5})
    if key == "trail":
        return read_parts("trailing", {"activation": 0, "trail": level})
    return read_parts(_KEY.get(key, key), level)


def grid(name: str, **given: object) -> tuple[Policy, ...]:
    """The policies of a named grid, in grid order, without repeats.

    ``given`` replaces levels: ``tp_mults``, ``sl_mults``, ``hard_sl_mults``, ``hold``, ``activation``, ``trail``,
    ``ladders``; for ``mixed`` also ``of``, ``entry``, ``break_even``, ``phased`` and the triggers. A level of null
    leaves the part out (``activation``: no trailing stop). ConfigError names the key and the value.
    """
    axes = axes_of(name, **given)
    read = {key: [_read(key, level) for level in levels] for key, levels in axes.items() if key != "trail"}
    keys = list(axes)
    found: dict[Policy, None] = {}
    for levels in itertools.product(*(range(len(axes[key])) for key in keys)):
        parts: list[Part] = []
        for key, i in zip(keys, levels, strict=True):
            if key == "trail":
                continue
            if key == "activation":
                level = {"activation": axes[key][i], "trail": axes["trail"][levels[keys.index("trail")]]}
                parts += [] if axes[key][i] is None else read_parts("trailing", level)
            else:
                parts += read[key][i]
        found[Policy(tuple(parts))] = None
    return tuple(found)


def grid_of(spec: Mapping[str, Any]) -> tuple[Policy, ...]:
    """The ``policy`` section of a configuration: ``grid`` and its axes."""
    rest = dict(spec)
    name = rest.pop("grid", "v1")
    return listed(**rest) if name == "listed" else grid(name, **rest)


def listed(policies: object = None, **other: object) -> tuple[Policy, ...]:
    """Policies one by one, each a mapping that :func:`read_policy` takes; ConfigError names the one that is wrong."""
    if other:
        raise ConfigError(f"policy.{next(iter(other))}: {near_miss(next(iter(other)), ['policies'], what='key')}")
    if not isinstance(policies, list | tuple) or not policies:
        raise ConfigError(
            f"policy.policies={policies!r}: policy=listed needs a list, e.g. [{{sl: .9, tp: 2, hold: 48h}}]"
        )
    found: dict[Policy, None] = {}
    for i, spec in enumerate(policies, 1):
        if not isinstance(spec, Mapping):
            raise ConfigError(f"policy.policies, number {i}: {spec!r} is no mapping of parts, e.g. {{sl: .9, tp: 2}}")
        try:
            policy = read_policy(spec)
        except ConfigError as error:
            raise ConfigError(f"policy.policies, number {i}: {error}") from None
        if policy in found:
            raise ConfigError(f"policy.policies, number {i}: {dict(spec)} was listed before")
        found[policy] = None
    return tuple(found)
