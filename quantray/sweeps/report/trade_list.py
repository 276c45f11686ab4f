"""The trades of the candidate that is shown as a table that a reader sorts and filters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantray.plain import amount
from quantray.report import words
from quantray.report.sheet import Sheet
from quantray.sweeps.report.track import Track
from quantray.sweeps.report.trades import HELD_OUT, SEARCHED

#: Trades that a page lists, and that it draws: each takes some 160 and 100 bytes of it. ``trades.csv`` holds all.
MOST_LISTED, MOST_DRAWN = 5_000, 15_000
HEAD = (
    "#", "session", "entry", "exit", "side", "net", "% of paid", "reason", "part", "paid", "fees", "entry price",
    "exit price", "held", "contract",
)  # fmt: skip
_PRICES = {"entry price": "entry_price", "exit price": "exit_price"}
_MONEY = ("paid", "fees", "net")


def first_of(told: Sequence[Track], most: int) -> list[int]:
    """How many trades of each part are among ``most``, the first ones: a short part leaves its room to the other."""
    counts = [len(track.made.trades) for track in told]
    left, found = most, [0] * len(counts)
    for place, i in enumerate(sorted(range(len(counts)), key=counts.__getitem__)):
        found[i] = min(counts[i], left // (len(counts) - place))
        left -= found[i]
    return found


def left_out(told: Sequence[Track], most: int) -> str | None:
    """What lies behind the first ``most`` trades, in words; None where nothing does."""
    counts = [(n, track) for n, track in zip(first_of(told, most), told, strict=True) if n < len(track.made.trades)]
    if not counts:
        return None
    parts = " and ".join(
        f"the first {n:,} of {amount(len(track.made.trades), 'trade')} {HELD_OUT if track.unseen else SEARCHED}"
        for n, track in counts
    )
    return f"Only {parts} stand here; all are in trades.csv."


def sheet(told: Sequence[Track], name: str) -> Sheet | None:
    """The table of trades of ``name`` (pick or peak); None without one.

    Without contracts there is no column of them, and where it is not known what was paid the per cent is of the risk.
    """
    counts = first_of(told, MOST_LISTED)
    columns = {
        key: np.concatenate([track.columns[key][:n] for track, n in zip(told, counts, strict=True)])
        for key in (told[0].columns if told else ())
    }
    if not sum(counts):
        return None
    n_seen = len(told[0].made.trades)
    numbers = [1 + k + (n_seen if track.unseen else 0) for track, n in zip(told, counts, strict=True) for k in range(n)]
    parts = [HELD_OUT if track.unseen else SEARCHED for track, n in zip(told, counts, strict=True) for _ in range(n)]
    paid = bool(np.isfinite(columns["paid"]).any())
    share = columns["percent_of_paid" if paid else "percent_of_risk"]
    text: dict[str, Sequence[str]] = {
        "#": [f"{number:,}" for number in numbers],
        "part": parts,
        "session": columns["session"].tolist(),
        "entry": columns["entry_time"].tolist(),
        "exit": columns["exit_time"].tolist(),
        "held": [words.duration(s) for s in columns["held_s"].tolist()],
        "side": columns["side"].tolist(),
        "reason": [reason.replace("_", " ") for reason in columns["reason"].tolist()],
        "% of paid" if paid else "% of risk": [_percent(x) for x in share.tolist()],
    }
    if any(contract is not None for contract in columns["contract"].tolist()):
        text["contract"] = [contract or words.DASH for contract in columns["contract"].tolist()]
    for head, key in (*_PRICES.items(), *((key, key) for key in _MONEY)):
        if key != "paid" or paid:
            text[head] = [words.number(x) for x in columns[key].tolist()]
    told_of = "% of paid" if paid else "% of risk"
    heads = [h for h in (told_of if h == "% of paid" else h for h in HEAD) if h in text]
    return Sheet(
        f"Trades of the {name}", heads, list(zip(*(text[h] for h in heads), strict=True)),
        values={heads.index("held"): columns["held_s"].tolist()},
        kinds=["unseen" if part == HELD_OUT else "" for part in parts],
        signed=[heads.index("net"), heads.index(told_of)], rest="all are in trades.csv",
    )  # fmt: skip


def _percent(value: float) -> str:
    return words.DASH if np.isnan(value) else f"{words.number(value, 1)} %"
