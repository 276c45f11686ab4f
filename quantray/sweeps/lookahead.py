"""Does a strategy look at the future? What it decided up to a bar must not change with what comes behind it.

Every finding is confirmed by asking again: a strategy that answers twice differently is told to be that, not to look
ahead. Nothing is proven by silence: the more bars, futures and points, the smaller the place that is left to hide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from quantray.digests import digest_of
from quantray.failures import REFUSED
from quantray.space import Candidates, Space
from quantray.sweeps.futures import with_future
from quantray.sweeps.market import Session, Slice

WAYS_A_BAR = 3
MOST = 3  # differences that are kept, one a bar
#: How faults begin that say that nothing could be compared, and nothing against the strategy's honesty.
UNABLE = ("it raises", "it refuses", "it decides nothing")
LATER = (0, 0, 1, 5, 30)  # bars behind a decision at which the future is changed


@dataclass(frozen=True, slots=True)
class Difference:
    """What was decided up to ``bar`` and changed with what comes behind it."""

    session: str
    bar: int
    time: str  # of the bar, on the exchange's clock
    way: str
    params: dict[str, Any]
    before: str
    after: str


@dataclass(slots=True)
class Found:
    """What was looked at and what is wrong: ``faults`` end a check, ``notes`` are told beside it."""

    sessions: tuple[str, ...]
    points: tuple[dict[str, Any], ...]
    bars: int = 0
    futures: int = 0
    decisions: int = 0  # up to the bars, over all futures
    answered: int = 0  # futures in which something behind the bar was decided otherwise
    differences: list[Difference] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.differences and not self.faults


class Asked(Protocol):
    """One kind of strategy, asked about a market whose session ``k`` has a future of its own."""

    points: tuple[dict[str, Any], ...]
    ways: tuple[str, ...]  # in which the future may be changed

    def ask(self, k: int, session: Session) -> Answers: ...

    def decisive(self, k: int, answers: Answers) -> np.ndarray:
        """Bars [b] of session ``k`` at which something was decided, rising."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Decisions of each point: rows of (bar from which it was known, what was decided), and what was raised."""

    known: tuple[np.ndarray, ...]
    rows: tuple[np.ndarray, ...]  # [decisions, columns] each
    why: dict[int, str]

    def upto(self, point: int, bar: int) -> np.ndarray:
        """Decisions [decisions, columns] of a point that were known at ``bar``."""
        return self.rows[point][self.known[point] <= bar]

    def same(self, other: Answers, point: int, bar: int) -> bool:
        a, b = self.upto(point, bar), other.upto(point, bar)
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=True))


def points_of(space: Space | None, n: int, rng: np.random.Generator) -> Candidates:
    """Points of the space, the middle one of its levels first; one without parameters where there is no space."""
    if space is None:
        return Candidates((), (), np.zeros((1, 0), np.int32))

    def level(d: Any, draw: float) -> Any:
        if d.values is not None:
            return d.values[int(draw * len(d.values))]
        low, high = d.low, d.high
        value = low * (high / low) ** draw if d.log else low + (high - low) * draw
        return round(value) if isinstance(low, int) and isinstance(high, int) else value

    draws = [np.full(len(space.dimensions), 0.5), *rng.random((max(n - 1, 0), len(space.dimensions)))]
    rows = [{d.name: level(d, float(x)) for d, x in zip(space.dimensions, draw, strict=True)} for draw in draws]
    return Candidates.of(list({repr(row): row for row in rows}.values()))


def spread(market: Slice, most: int) -> list[int]:
    """Places of sessions from the first to the last."""
    return sorted({round(float(x)) for x in np.linspace(0, len(market) - 1, min(most, len(market)))})


def compare(
    asked: Asked, sessions: Sequence[Session], found: Found, *, bars: int, rng: np.random.Generator,
    words: Callable[[np.ndarray], str],
) -> None:  # fmt: skip
    """Ask about every session, twice, and then about other futures of each; ``words`` says a decision [columns]."""
    base = []
    for k, session in enumerate(sessions):
        digest = digest_of(session)
        first, second = asked.ask(k, session), asked.ask(k, session)
        base.append(first)
        if digest_of(session) != digest:
            found.faults.append(f"it changes its input: the arrays of {session.date} are not what they were")
            return
        if any(not first.same(second, i, session.n_bars) for i in range(len(asked.points))):
            found.faults.append(f"it is not deterministic: asked twice about {session.date}, it answers differently")
            return
    if not _able(asked, base, found):
        return
    for k, bar, ways in _plan(asked, sessions, base, bars, rng):
        found.bars += 1
        for way in ways:
            changed = with_future(sessions[k], bar, way, rng)
            now = asked.ask(k, changed)
            found.futures += 1
            n = len(found.differences)
            _judge(asked, _Future(k, bar, way, sessions[k], changed), base[k], now, found, words)
            if len(found.differences) >= MOST or found.faults:
                return
            if len(found.differences) > n:
                break


def _able(asked: Asked, base: Sequence[Answers], found: Found) -> bool:
    """Whether any point answers; what the others raise is told."""
    why: dict[int, str] = {}
    for answers in base:
        for i, said in answers.why.items():
            why.setdefault(i, said)
    raised = {i: said for i, said in why.items() if not said.startswith(REFUSED)}
    for said in dict.fromkeys(raised.values()):
        if "read-only" in said:
            found.faults.append(f"it changes its input, which is read-only: {said}")
        else:
            found.faults.append(
                f"it raises at {list(raised.values()).count(said)} of {len(asked.points)} points: {said}"
            )
    if len(why) == len(asked.points) and not raised:
        found.faults.append(f"it refuses every point that was tried: {next(iter(why.values()))}")
    if not found.faults and not any(len(rows) for answers in base for rows in answers.rows):
        found.faults.append("it decides nothing at these points in these sessions, so nothing can be compared; give "
                            "other data, or parameters at which it trades")  # fmt: skip
    return not found.faults


def _plan(
    asked: Asked, sessions: Sequence[Session], base: Sequence[Answers], bars: int, rng: np.random.Generator
) -> Iterator[tuple[int, int, list[str]]]:
    """(session, bar, ways): half of the bars anywhere, half at its decisions and shortly behind them."""
    decisive = [asked.decisive(k, answers) for k, answers in enumerate(base)]
    busy = [k for k, at in enumerate(decisive) if len(at)]
    names = asked.ways
    for i in range(bars):
        if i % 2 and busy:
            k = busy[int(rng.integers(len(busy)))]
            bar = int(rng.choice(decisive[k])) + int(rng.choice(LATER))
        else:
            k = int(rng.integers(len(sessions)))
            bar = int(rng.integers(sessions[k].n_bars))
        bar = min(bar, sessions[k].n_bars - 2)
        yield k, max(bar, 0), [names[(i + j) % len(names)] for j in range(WAYS_A_BAR)]


@dataclass(frozen=True, slots=True, eq=False)
class _Future:
    """One session that goes on otherwise behind a bar."""

    k: int
    bar: int
    way: str
    session: Session
    changed: Session


def _judge(
    asked: Asked, future: _Future, base: Answers, now: Answers, found: Found, words: Callable[[np.ndarray], str]
) -> None:
    """Compare what was decided up to the bar; a difference is asked for once more."""
    session, bar = future.session, future.bar
    for i in range(len(asked.points)):
        if i in base.why:
            continue
        if i in now.why:
            said = f"with other prices behind a bar it raises: {now.why[i]}"
            if said not in found.notes and len(found.notes) < MOST:
                found.notes.append(said)
            continue
        found.decisions += len(base.upto(i, bar))
        found.answered += not base.same(now, i, session.n_bars)
        if base.same(now, i, bar):
            continue
        again = asked.ask(future.k, session), asked.ask(future.k, future.changed)
        if not (base.same(again[0], i, bar) and now.same(again[1], i, bar)):
            found.faults.append(f"it is not deterministic: asked again about {session.date}, it answers differently")
            return
        before, after = _first(base.upto(i, bar), now.upto(i, bar), words)
        found.differences.append(
            Difference(session.date, bar, clock(session, bar), future.way, asked.points[i], before, after)
        )  # fmt: skip
        return


def _first(a: np.ndarray, b: np.ndarray, words: Callable[[np.ndarray], str]) -> tuple[str, str]:
    """The first decision in which two lists differ, in words."""
    for i in range(max(len(a), len(b))):
        x, y = (rows[i] if i < len(rows) else None for rows in (a, b))
        if x is None or y is None or not np.array_equal(x, y, equal_nan=True):
            return ("nothing" if x is None else words(x)), ("nothing" if y is None else words(y))
    return "", ""


def clock(session: Session, bar: int) -> str:
    """The bar's start on the exchange's clock."""
    seconds = (session.open_s + bar * session.interval_s) % 86_400
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
