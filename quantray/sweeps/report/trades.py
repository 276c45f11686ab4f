"""The trades of pick and peak as one table: ``trades.csv``, a notebook's frame, and the page's list come from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.errors import ConfigError, near_miss
from quantray.sweeps.market import CALL, Session
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.survival import both
from quantray.sweeps.results import Results
from quantray.sweeps.scores import Sample
from quantray.sweeps.trades import BELOW, ExitReason

if TYPE_CHECKING:
    import pandas

SEARCHED, HELD_OUT = "searched", "held out"
PARTS = (SEARCHED, HELD_OUT)
REASONS = tuple(reason.name.lower() for reason in ExitReason)
#: What a table of trades holds besides text (which is null where a trade has none), and as what.
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("trade", "signal_ns", "entry_ns", "exit_ns", "held_s"), np.int64),
    **dict.fromkeys(
        ("strike", "entry_price", "exit_price", "paid", "fees", "net", "percent_of_paid", "risk", "percent_of_risk"),
        np.float64,
    ),
    **dict.fromkeys(("entry_carried", "exit_carried"), np.bool_),
}
COLUMNS = (
    "candidate", "part", "trade", "session", "side", "contract", "strike", "expiry", "signal_time", "entry_time",
    "exit_time", "signal_ns", "entry_ns", "exit_ns", "held_s", "entry_price", "exit_price", "paid", "fees", "net",
    "percent_of_paid", "risk", "percent_of_risk", "reason", "entry_carried", "exit_carried",
)  # fmt: skip


def trades_frame(results: Results, part: str | None = None) -> pandas.DataFrame:
    """One row a trade of the pick, then of the peak (once, as the pick's, where both are the same candidate).

    Searched ones come before those ``held out``, each in the order of (session, entry, signal, side); ``part`` keeps
    one of the two. ``trade`` counts through both. Times are on the exchange's clock, in ns UTC, and START bars; prices
    are per share before slippage; ``paid`` (for the position, with slippage), ``fees`` (both sides), ``net`` and
    ``risk`` are in currency; ``held_s`` in seconds. A black box does not say how much it bought: its ``paid`` is NaN.
    Nobody else's held-out trades exist. Raises ConfigError for another ``part``.
    """
    import pandas

    if part is not None and part not in PARTS:
        raise ConfigError(near_miss(part, PARTS, what="part"))
    pieces: list[dict[str, Any]] = []
    for chosen in both(results):
        at = 0
        for name, made in ((SEARCHED, chosen.inside), (HELD_OUT, chosen.outside)):
            if made is None:
                continue
            n = len(made.trades)
            if part in (None, name):
                told = {"candidate": _repeated(chosen.name, n), "part": _repeated(name, n)}
                pieces.append({**told, "trade": np.arange(at + 1, at + n + 1), **columns(results.plan, made)})
            at += n
    return pandas.DataFrame({name: _joined(name, [piece[name] for piece in pieces]) for name in COLUMNS})


def _repeated(text: str, n: int) -> np.ndarray:
    return np.full(n, text, object)


def _joined(name: str, columns: list[np.ndarray]) -> Any:
    import pandas

    kind = _KINDS.get(name)
    if kind is None:
        return pandas.array(np.concatenate([np.empty(0, object), *columns]), dtype="str")
    return np.concatenate([np.empty(0, kind), *(np.asarray(column, kind) for column in columns)])


def columns(plan: Plan, made: Sample) -> dict[str, np.ndarray]:
    """The trades of one candidate on one part of the data: the columns of :func:`trades_frame` that it decides, [n]."""
    t, n = made.trades, len(made.trades)
    found: dict[str, np.ndarray] = {
        name: np.empty(n, _KINDS.get(name, object)) for name in COLUMNS if name not in ("candidate", "part", "trade")
    }
    size = np.full(n, np.nan)  # shares in the position
    slippage = np.zeros(n)
    for k, rows in of_sessions(t.session):
        session = made.slice.sessions[k]
        found["session"][rows] = session.date
        for name in ("signal", "entry", "exit"):
            bar = whole(getattr(t, f"{name}_bar")[rows])
            found[f"{name}_ns"][rows] = session.ns(bar)
            found[f"{name}_time"][rows] = clocks(session, bar)
        found["held_s"][rows] = (whole(t.exit_bar[rows]) - whole(t.entry_bar[rows])) * session.interval_s
        contract = contracts(session, t.contract[rows])
        found["side"][rows] = sides(session, contract, t.side[rows])
        known = contract >= 0
        for name, values in _listed(session).items():
            nothing: Any = np.nan if name == "strike" else None
            found[name][rows] = np.where(known, values[contract], nothing) if len(values) else nothing
        if plan.strategy.gives_signals and len(session.multiplier):
            size[rows] = np.where(known, session.multiplier[contract], np.nan) * plan.capital.contracts
            slippage[rows] = plan.fees.slippage(session.has_quotes)
    for name in ("entry_price", "exit_price", "fees", "net", "risk", "entry_carried", "exit_carried"):
        found[name][:] = getattr(t, name)
    found["paid"][:] = (found["entry_price"] + slippage) * size
    found["percent_of_paid"][:] = share_in_percent(found["net"], found["paid"])
    found["percent_of_risk"][:] = share_in_percent(found["net"], found["risk"])
    found["reason"][:] = np.array(REASONS, object)[whole(t.reason)]
    return found


def of_sessions(session: IntArray1D) -> Iterator[tuple[int, np.ndarray]]:
    """Each of the sessions that are named in ``session`` [n], rising, with its rows: sessions are opened once each."""
    order = np.argsort(session, kind="stable")
    at, first = np.unique(np.asarray(session)[order], return_index=True)
    return zip(at.tolist(), np.split(order, first[1:]), strict=True) if len(order) else iter(())


def whole(column: np.ndarray) -> IntArray1D:
    """Whole numbers of a column [n] that a black box may have given as others; 0 for what is none."""
    return np.asarray(np.nan_to_num(column, nan=0.0, posinf=0.0, neginf=0.0)).astype(np.int64)


def contracts(session: Session, contract: np.ndarray) -> IntArray1D:
    """Places in the session's list of contracts [n]; -1 for what a black box traded that stands in none."""
    place = whole(contract)
    return np.where((place >= 0) & (place < len(session.symbol)), place, -1)


def sides(session: Session, contract: IntArray1D, side: np.ndarray) -> np.ndarray:
    """``call`` or ``put`` of trades [n] by the contract's right; without one ``below`` or ``above``, as it was said."""
    seen = np.where(whole(side) == BELOW, "below", "above").astype(object)
    if not len(session.symbol):
        return seen
    return np.where(contract >= 0, np.where(session.right[contract] == CALL, "call", "put"), seen).astype(object)


def clocks(session: Session, bar: IntArray1D) -> np.ndarray:
    """``09:31:05``: where the bars [n] start on the exchange's clock."""
    seconds = (session.open_s + bar * session.interval_s) % 86_400  # an overnight session goes on beyond midnight
    told = np.datetime_as_string(seconds.astype("datetime64[s]"), unit="s").tolist()
    return np.array([text[11:] for text in told], object)


def share_in_percent(part: FloatArray1D, whole: FloatArray1D) -> FloatArray1D:
    """100 ``part`` / ``whole`` [n], NaN where nothing stands below the line."""
    some = np.isfinite(whole) & (whole > 0)
    share: FloatArray1D = np.divide(100.0 * part, whole, out=np.full(len(part), np.nan), where=some)
    return share


def _listed(session: Session) -> dict[str, np.ndarray]:
    """Symbol, strike and expiry of the session's contracts [m]."""
    return {
        "contract": np.array([symbol.strip() for symbol in session.symbol], object),
        "strike": session.strike,
        "expiry": np.datetime_as_string(session.expiry.astype("datetime64[D]")).astype(object),
    }
