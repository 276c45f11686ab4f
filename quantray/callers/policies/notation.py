"""A policy as it is written in YAML, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from quantray.callers.policies.parts import (
    AtrStop,
    BreakEven,
    DelayedEntry,
    EmaCross,
    FixedStop,
    Ladder,
    Part,
    PhasedStop,
    RsiCross,
    TakeProfit,
    TimeStop,
    Trailing,
    VolumeZ,
)  # fmt: skip
from quantray.callers.policies.policy import Policy
from quantray.errors import ConfigError, near_miss

TRIGGERS: dict[str, Any] = {"ema_cross": EmaCross, "rsi_cross": RsiCross, "atr_stop": AtrStop, "volume_z": VolumeZ}
KEYS = ("entry", "sl", "tp", "hold", "trailing", "ladder", "break_even", "phased", *TRIGGERS)


def read_policy(spec: Mapping[str, Any]) -> Policy:
    """One policy from its mapping, e.g. ``{sl: .9, tp: 2, hold: 48h, trailing: {activation: .2, trail: .05}}``.

    A value of null leaves the part out; ``trailing``, ``phased`` and the triggers take one mapping or a list.
    ConfigError names the key and the value.
    """
    parts: list[Part] = []
    for key, value in spec.items():
        if key not in KEYS:
            raise ConfigError(f"policy.{key}: {near_miss(key, KEYS, what='part')}")
        parts += read_parts(key, value)
    return Policy(tuple(parts))


def read_parts(key: str, value: Any) -> list[Part]:
    """The parts that one key stands for; none where its value is null or ``none``."""
    from quantray.durations import duration_s

    if value is None or value == "none":
        return []
    if key == "sl":
        return [FixedStop(value)]
    if key == "tp":
        return [TakeProfit(value)]
    if key == "hold":
        return [TimeStop(duration_s(value, "policy.hold"))]
    if key == "break_even":
        return [BreakEven(value)]
    if key == "ladder":
        return [read_ladder(value)]
    if key == "entry":
        found = _mapping(key, value, ("dip", "wait"), needed=True)
        return [DelayedEntry(found["dip"], duration_s(found["wait"], "policy.entry.wait"))]
    many = list(value) if isinstance(value, list | tuple) else [value]
    cls = {"trailing": Trailing, "phased": PhasedStop, **TRIGGERS}[key]
    names = tuple(f.name for f in fields(cls))
    return [cls(**_mapping(key, item, names, needed=key in ("trailing", "phased"))) for item in many]


def read_ladder(value: object) -> Ladder:
    """Levels as pairs ``[multiple, fraction]`` or as mappings with these keys."""
    if not isinstance(value, list | tuple):
        raise ConfigError(f"policy.ladder={value!r}: a ladder is a list of levels, e.g. [[2, 0.5], [3, 0.3]]")
    rungs = []
    for rung in value:
        if isinstance(rung, Mapping):
            found = _mapping("ladder", rung, ("multiple", "fraction"), needed=True)
            rung = (found["multiple"], found["fraction"])
        if not isinstance(rung, list | tuple):
            raise ConfigError(f"policy.ladder={rung!r}: a level is a multiple and a fraction, e.g. [2, 0.5]")
        rungs.append(tuple(rung))
    return Ladder(tuple(rungs))


def _mapping(key: str, value: object, names: tuple[str, ...], *, needed: bool) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"policy.{key}={value!r}: it needs the keys {', '.join(names)}")
    for name in value:
        if name not in names:
            raise ConfigError(f"policy.{key}.{name}: {near_miss(name, names, what='key')}")
    for name in names if needed else ():
        if name not in value:
            raise ConfigError(f"policy.{key}.{name} is required; give policy.{key}.{name}=…")
    return dict(value)


def spec_of(policy: Policy) -> dict[str, Any]:
    """The mapping that :func:`read_policy` reads back."""
    from quantray.durations import written as duration

    out: dict[str, Any] = {}
    for part in policy:
        if isinstance(part, FixedStop):
            out["sl"] = part.sl
        elif isinstance(part, TakeProfit):
            out["tp"] = part.tp
        elif isinstance(part, TimeStop):
            out["hold"] = duration(part.hold_s)
        elif isinstance(part, BreakEven):
            out["break_even"] = part.after
        elif isinstance(part, Ladder):
            out["ladder"] = [list(rung) for rung in part.rungs]
        elif isinstance(part, DelayedEntry):
            out["entry"] = {"dip": part.dip, "wait": duration(part.wait_s)}
        else:
            known = {"trailing": Trailing, "phased": PhasedStop, **TRIGGERS}
            key = next(name for name, cls in known.items() if isinstance(part, cls))
            out.setdefault(key, []).append({f.name: getattr(part, f.name) for f in fields(part)})
    return out


def written(policy: Policy) -> str:
    """The policy in one short line, e.g. ``sl=0.9 trailing=0.2/0.05 tp=2 hold=2d``."""
    words = []
    for key, value in spec_of(policy).items():
        for item in value if isinstance(value, list) and isinstance(value[0], dict) else [value]:
            if isinstance(item, dict):
                item = "/".join(f"{v:g}" if isinstance(v, int | float) else str(v) for v in item.values())
            elif key == "ladder":
                item = "+".join(f"{fraction:g}@{multiple:g}" for multiple, fraction in item)
            words.append(f"{key}={item:g}" if isinstance(item, int | float) else f"{key}={item}")
    return " ".join(words)
