"""Entry signals of many candidates: asked for once by whatever the strategy reads to find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np

from quantray.failures import OWN, told
from quantray.space import Candidates
from quantray.sweeps.combinations import shared
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.recorder import Recorder
from quantray.sweeps.strategy import ManySignals
from quantray.sweeps.trades import SignalLists


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """Signals of ``n`` distinct sets: one object a session."""

    sessions: list[SignalLists]
    n: int


def signals_of(
    strategy: type, fixed: Mapping[str, object], market: Slice, candidates: Candidates
) -> tuple[Lists, np.ndarray, dict[int, str]]:
    """Distinct lists of signals, the place of each candidate's list [n], and why there is none (by row).

    ``signals()`` sees the candidate whole. Candidates share a list when they agree on all parameters that were read
    for it, be they about exits or anything else; one that raises or returns nonsense is reported.
    """
    if not len(candidates):
        return Lists([], 0), np.empty(0, np.int64), {}
    recorder = Recorder(strategy) if len(candidates) > 1 else None

    def ask(rows: np.ndarray, names: frozenset[str]) -> tuple[tuple[list[SignalLists], dict[int, str]], frozenset[str]]:
        variants, bad = _made(strategy, recorder, fixed, candidates, rows)
        if recorder is None:
            return _listed(strategy, market, variants, bad, lambda: True), frozenset()
        with recorder.reading() as read:
            varied = frozenset(candidates.names)
            found = _listed(strategy, market, variants, bad, lambda: read() & varied <= names)
            return found, read()

    rows, of, (lists, bad) = shared(candidates, own_names(candidates.names), ask)
    why = {int(i): said for k, said in bad.items() for i in np.flatnonzero(of == k)}
    return Lists(lists, len(rows)), of, why


def own_names(names: Iterable[str]) -> frozenset[str]:
    """Those parameters that are a strategy's own, not of every option trade."""
    return frozenset(names) - {f.name for f in fields(LongOption)}


def lists_together(strategy: type) -> bool:
    """Whether ``signal_lists`` speaks for ``signals``: not where a class inherits it and overrides ``signals``."""
    owner = {name: next((i for i, c in enumerate(strategy.__mro__) if name in vars(c)), None)
             for name in ("signals", "signal_lists")}  # fmt: skip
    first, lists = owner["signals"], owner["signal_lists"]
    return callable(getattr(strategy, "signal_lists", None)) and lists is not None and (first is None or lists <= first)


def _made(
    strategy: type, recorder: Recorder | None, fixed: Mapping[str, object], candidates: Candidates, rows: np.ndarray
) -> tuple[list[Any], dict[int, str]]:
    """The strategy with each row's parameters; one that cannot be made is None, with the reason."""
    made: list[Any] = []
    bad: dict[int, str] = {}
    for k, i in enumerate(rows.tolist()):
        params = {**fixed, **candidates.params(i)}
        try:
            made.append(recorder.build(params) if recorder is not None else strategy(**params))
        except OWN as error:
            made.append(None)
            bad[k] = told(error)
    return made, bad


def _listed(
    strategy: type, market: Slice, variants: Sequence[object], bad: dict[int, str], go_on: Callable[[], bool]
) -> tuple[list[SignalLists], dict[int, str]]:
    """Signal lists of every variant, one object a session, until ``go_on()`` is false."""
    out: list[SignalLists] = []
    together = lists_together(strategy) and not bad
    for session in market.sessions:
        found = None
        if together and variants:
            try:
                found = cast(type[ManySignals], strategy).signal_lists(session, variants)
                if _nonsense(found.bar, found.side, found.origin, session.n_bars, (found.ptr, len(variants))):
                    found = None
            except OWN:  # which one raises is found below, variant by variant
                found = None
        out.append(_one_by_one(session, variants, bad) if found is None else found)
        if not go_on():
            break
    return out, bad


_NO_SIGNALS = (np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0, np.int32))


def _one_by_one(session: Session, variants: Sequence[Any], bad: dict[int, str]) -> SignalLists:
    """Lists of one session, each variant asked alone; what is wrong with one goes into ``bad``."""
    columns = []
    for k, variant in enumerate(variants):
        if variant is None or k in bad:
            columns.append(_NO_SIGNALS)
            continue
        try:
            columns.append(_checked(variant.signals(session), session.n_bars))
        except OWN as error:  # whatever it raises belongs to this candidate
            bad[k] = f"{told(error, type(variant).signals)} (session {session.date})"
            columns.append(_NO_SIGNALS)
    ptr = np.concatenate([[0], np.cumsum([len(c[0]) for c in columns])]).astype(np.int64)
    return SignalLists(ptr, *(np.concatenate([c[j] for c in columns]) for j in range(3)))


def _checked(s: Any, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bars, sides and origins [signals] of what a strategy returned; TypeError and ValueError say what is wrong."""
    if not all(hasattr(s, name) for name in ("bar", "side", "origin")):
        raise TypeError(f"signals() must return quantray.Signals, got {type(s).__name__}")
    said = _nonsense(s.bar, s.side, s.origin, n, None)
    if said is not None:
        raise ValueError(said)
    return np.asarray(s.bar, np.int32), np.asarray(s.side, np.int8), np.asarray(s.origin, np.int32)


def _nonsense(bar: object, side: object, origin: object, n: int, lists: tuple[Any, int] | None) -> str | None:
    """What is wrong with signals; None when nothing is. Of several lists, ``lists`` has what separates them, and how

    many there should be.
    """
    bar, side, origin = np.asarray(bar), np.asarray(side), np.asarray(origin)
    if not bar.ndim == side.ndim == origin.ndim == 1:
        return f"signals must be columns, got {bar.ndim}, {side.ndim} and {origin.ndim} dimensions"
    if not len(bar) == len(side) == len(origin):
        return f"signals have {len(bar)} bars, {len(side)} sides, {len(origin)} origins"
    if lists is not None and not _separates(*lists, len(bar)):
        return "signal lists are not separated as they should be"
    if not len(bar):
        return None
    if not np.issubdtype(bar.dtype, np.integer) or bar.min() < 0 or bar.max() >= n:
        return f"signal bars must be whole numbers in [0, {n}), got {bar.min()} to {bar.max()}"
    if not ((side == 1) | (side == -1)).all():
        return f"signal sides must be -1 or 1, got {sorted(set(side.tolist()))[:5]}"
    if not np.issubdtype(origin.dtype, np.integer):
        return f"signal origins must be whole numbers, got {origin.dtype}"
    if (origin > bar).any() or (origin < 0).any():
        return "a signal's origin must not be later than its bar"
    falls = np.diff(bar) < 0
    if lists is not None:
        inner = np.asarray(lists[0][1:-1])
        falls[inner[(inner > 0) & (inner < len(bar))] - 1] = False
    return "signals must be in time order" if falls.any() else None


def _separates(ptr: object, n: int, total: int) -> bool:
    ptr = np.asarray(ptr)
    return len(ptr) == n + 1 and ptr[0] == 0 and ptr[-1] == total and bool((np.diff(ptr) >= 0).all())
