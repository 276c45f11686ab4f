"""Which candidates a strategy takes: rules about one parameter by level, its ``__post_init__`` by what that reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from quantray.errors import QuantrayError
from quantray.failures import OWN, REFUSED, told
from quantray.space import Candidates
from quantray.sweeps.combinations import shared
from quantray.sweeps.long_option import LongOption, Rule, rules_of
from quantray.sweeps.recorder import Recorder, hides


def refused(strategy: type, fixed: Mapping[str, object], candidates: Candidates) -> dict[int, str]:
    """Why the strategy does not take a candidate, by its row; ``fixed`` are parameters that do not vary.

    Rules about one parameter (``LongOption.RULES``) hold whatever a strategy's own ``__post_init__`` does. That runs
    once for each distinct combination of the parameters it reads.
    """
    why = _alone(strategy, fixed, candidates)
    keep = np.array([i for i in range(len(candidates)) if i not in why], np.int64) if why else None
    rest = candidates if keep is None else candidates.take(keep)
    if not len(rest):
        return why
    for k, of, said in _whole(strategy, fixed, rest):
        rows = np.flatnonzero(of == k)
        why.update((int(i), said) for i in (rows if keep is None else keep[rows]))
    return why


def _alone(strategy: type, fixed: Mapping[str, object], candidates: Candidates) -> dict[int, str]:
    why: dict[int, str] = {}
    own = {**{f.name: f.default for f in fields(strategy) if f.default is not MISSING}, **fixed}
    for name, rule in rules_of(strategy).items():
        if name not in candidates.names:
            said = _said(rule, own[name]) if name in own else None
            if said is not None:
                return dict.fromkeys(range(len(candidates)), said)
            continue
        d = candidates.names.index(name)
        levels = candidates.levels[d]
        few = len(candidates) < len(levels)  # then only those that occur are asked about
        for k in sorted(set(candidates.codes[:, d].tolist())) if few else range(len(levels)):
            said = _said(rule, levels[k])
            if said is not None:
                for i in np.flatnonzero(candidates.codes[:, d] == k).tolist():
                    why.setdefault(i, said)
    return why


def _said(rule: Rule, value: object) -> str | None:
    try:
        said = rule(value)
    except OWN as error:
        return told(error)
    return None if said is None else f"{REFUSED}{said}"


def _whole(strategy: type, fixed: Mapping[str, object], candidates: Candidates) -> list[tuple[int, np.ndarray, str]]:
    """Groups of candidates that cannot be made: (group, each candidate's group, reason)."""
    if getattr(strategy, "__post_init__", None) is LongOption.__post_init__ and not hides(strategy):
        return []  # there are no other rules than those about one parameter
    recorder = Recorder(strategy) if len(candidates) > 1 else None

    def ask(rows: np.ndarray, names: frozenset[str]) -> tuple[dict[int, str], frozenset[str]]:
        bad: dict[int, str] = {}
        read: frozenset[str] = frozenset()
        for k, i in enumerate(rows.tolist()):
            try:
                (recorder.build if recorder else _maker(strategy))({**fixed, **candidates.params(i)})
            except OWN as error:
                bad[k] = reason(error)
            read = recorder.built if recorder else read
            if not read & frozenset(candidates.names) <= names:
                break
        return bad, read

    _, of, bad = shared(candidates, (), ask)
    return [(k, of, said) for k, said in bad.items()]


def _maker(strategy: type) -> Callable[[Mapping[str, Any]], object]:
    return lambda params: strategy(**params)


def reason(error: BaseException) -> str:
    """Why a candidate could not be made: refused by a rule (which raises ConfigError or ValueError), or a fault."""
    said = told(error)
    return f"{REFUSED}{said}" if isinstance(error, QuantrayError | ValueError) else said
