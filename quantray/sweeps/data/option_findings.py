"""The findings of a walk over option rows: what each count means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantray.durations import written
from quantray.files.findings import MOST, Finding, Row, Severity, graded, ok
from quantray.plain import amount
from quantray.stats.shift import Shift
from quantray.sweeps.data.option_checks import KEY, NO_PARITY, PARITY, SOME, OptionWalk
from quantray.sweeps.data.quality import GATES
from quantray.sweeps.data.settings import Gates

#: Check -> (where it is counted, of what, share up to which it is a note, clean, meaning, remedy).
_REFUSED = {
    "duplicates": ("no contract has one time twice", "one contract has one time in several rows; a run refuses them",
                   "keep one row of each contract and time"),
    "order": ("rows of each contract stand in time order",
              "rows of a contract stand behind later ones; a run refuses them", "sort the file by ts"),
    "off grid": ("every row lies on a bar of the underlying",
                 "rows lie between two bars of the underlying; a run refuses them",
                 "aggregate them to the underlying's interval"),
}  # fmt: skip
_QUOTES = {
    "crossed": ("crossed quotes", "no bid is above its ask",
                "quotes whose bid is above their ask: two venues, or two moments, in one row; a run sets them aside"),
    "zero": ("zero quotes", "no ask is 0 and no bid negative",
             "quotes with an ask of 0 or less: the vendor's way to write that there is none; a run sets them aside"),
    "bounds": ("quotes out of bounds", "every quote lies between what exercise pays and what the right is worth",
               "quotes below what exercise would pay or above what the right can be worth; a run sets them aside"),
    "absurd_ask": ("absurd asks", "no ask is above what the right can be worth",
                   "asks above what the right can be worth: stubs; a run takes them for no ask"),
}  # fmt: skip


def option_findings(walk: OptionWalk, *, quotes: bool, interval_s: int) -> list[Finding]:
    """Findings in the order in which a reader wants them."""
    counts, tally = walk.counts, walk.tally
    found = [_refused(walk, check) for check in _REFUSED]
    found.append(_unknown(counts, walk.tally["rows"]))
    if not quotes:
        found.append(_of_prints(walk))
        why = "the data set has trade prints and no quotes"
        told = [Finding(check, KEY, Severity.NOTE, 0, 0, f"not tested: {why}") for check in ("parity", "stamp")]
        return [*found, *told]
    found += [_of_quotes(walk, kind) for kind in _QUOTES]
    if tally["locked"]:
        found.append(Finding("locked quotes", KEY, Severity.NOTE, tally["locked"], counts["quotes"],
                             "bid and ask are equal; a run trades on them"))  # fmt: skip
    found += [_stale(walk, interval_s), _lone(walk), _parity(walk), _stamp(walk.moves.result(), interval_s)]
    return found


def gate_findings(quality: Mapping[str, float], gates: Gates) -> list[Finding]:
    """What a run with these gates refuses."""
    found = []
    for gate, (share, what) in GATES.items():
        value, limit = quality.get(share, 0.0), getattr(gates, gate)
        if value > limit:
            means = f"{value:.2%} {what}, gates.{gate} allows {limit:.2%}"
            remedy = f"a run refuses this: clean the data, or raise gates.{gate}"
            found.append(Finding("gates", KEY, Severity.ERROR, 1, 0, means, remedy))
    return found or [ok("gates", KEY, len(GATES), "a run would pass every gate")]


def _rows(walk: OptionWalk, check: str) -> tuple[Row, ...]:
    return tuple(row for _, row in walk.worst[check][:MOST])


def _refused(walk: OptionWalk, check: str) -> Finding:
    clean, means, remedy = _REFUSED[check]
    n = walk.tally[check]
    if not n:
        return ok(check, KEY, walk.tally["rows"], clean)
    return Finding(check, KEY, Severity.ERROR, n, walk.tally["rows"], means, remedy, _rows(walk, check))


def _unknown(counts: Mapping[str, int], rows: int) -> Finding:
    n, of = counts["rows_unknown_symbol"], counts["rows_in_sessions"]
    if not n:
        return ok("unknown symbols", KEY, of, "the chain knows every contract")
    return Finding(
        "unknown symbols", KEY, graded(n / max(of, 1), SOME), n, of, "rows of contracts that the chain does not have",
        "give the chain of these days, or leave data.chain out where the rows say what they are",
    )  # fmt: skip


def _of_quotes(walk: OptionWalk, kind: str) -> Finding:
    check, clean, means = _QUOTES[kind]
    n, of = walk.counts[f"quarantined_quotes_{kind}"], walk.counts["quotes"]
    if not n:
        return ok(check, KEY, of, clean)
    remedy = "ask the vendor, or leave these rows out; gates.max_quarantined_quotes is the limit of a run"
    return Finding(check, KEY, graded(n / of, SOME), n, of, means, remedy, _rows(walk, kind))


def _of_prints(walk: OptionWalk) -> Finding:
    n, of = walk.counts["quarantined_prints_bounds"], walk.counts["prints"]
    if not n:
        return ok("prints out of bounds", KEY, of, "no print is below what exercise pays or above the right's worth")
    return Finding(
        "prints out of bounds", KEY, graded(n / of, SOME), n, of,
        "trades at prices that no right can have; a run sets them aside",
        "look whether the times are those of the bars",
        _rows(walk, "print bounds"),
    )  # fmt: skip


def _stale(walk: OptionWalk, interval_s: int) -> Finding:
    of = walk.tally["bars near the money"]
    if not walk.still:
        return ok("stale", KEY, of, "quotes near the money move with the underlying")
    runs = sorted(walk.still, key=lambda run: -run.bars)
    return Finding(
        "stale", KEY, Severity.WARNING, sum(run.bars for run in runs), of,
        f"{amount(len(runs), 'stretch', 'stretches')} in which no quote near the money changes while the underlying "
        "moves: the feed failed, and a run would trade on old quotes", "fetch these stretches again, or cut them out",
        tuple(Row(run.ts_ns, "", f"{written(run.bars * interval_s)} from here on, {written(run.usual * interval_s)} is "
                  "usual") for run in runs[:MOST]),
    )  # fmt: skip


def _lone(walk: OptionWalk) -> Finding:
    n = walk.tally["lone prints"]
    if not n:
        return ok("lone prints", KEY, walk.counts["quotes"], "no quote near the money leaps away and back")
    return Finding(
        "lone prints", KEY, Severity.WARNING, n, walk.counts["quotes"],
        "quotes that leap away and back while the underlying does not: a trade filled or stopped there is no market's",
        "correct these rows, or leave them out", _rows(walk, "lone prints"),
    )  # fmt: skip


def _parity(walk: OptionWalk) -> Finding:
    n, of = walk.tally["parity"], walk.tally["pairs"]
    if not of:
        return Finding("parity", KEY, Severity.NOTE, 0, 0, "not tested: no call and put of a strike are quoted")
    median = float(np.median(walk.errors_bp))
    told = f"the median error is {median:+.2f} bp of the underlying"
    if n / of <= PARITY:
        means = f"calls, puts and the underlying agree: {told}, outside spreads and carry {amount(n, 'pair')}"
        return Finding("parity", KEY, Severity.OK if not n else Severity.NOTE, n, of, means, "", _rows(walk, "parity"))
    return Finding(
        "parity", KEY, graded(n / of, PARITY, NO_PARITY), n, of,
        f"call, put and strike imply another price of the underlying than it has ({told}): prices adjusted for splits "
        "or dividends, another scale, another symbol, stale quotes, or rows at the wrong time",
        "load the underlying's prices as they were traded, of the same symbol and the same moments",
        _rows(walk, "parity"),
    )  # fmt: skip


def _stamp(shift: Shift, interval_s: int) -> Finding:
    if not shift.telling:
        return Finding("stamp", KEY, Severity.NOTE, 0, 0, "not told: quotes and underlying do not move together enough "
                       f"({amount(shift.n, 'pair')} of changes)")  # fmt: skip
    told = f"correlation of their changes by bars of lead: {shift.shown}"
    if not shift.sure:
        return ok("stamp", KEY, shift.n, f"quotes move with the underlying, bar for bar ({told})")
    when = written(abs(shift.lag) * interval_s)
    if shift.lag > 0:
        means = f"quotes stand {when} EARLY beside the underlying ({told}): a fill would know the future"
        remedy = (
            "add that to the ts of the options, or subtract it from the underlying's where its bars are stamped at END"
        )
    else:
        means = f"quotes stand {when} LATE beside the underlying ({told}): a signal would buy at a price of the past"
        remedy = "subtract that from the ts of the options (a snapshot ends its bar), unless the underlying is early"
    return Finding("stamp", KEY, Severity.ERROR, shift.n, shift.n, means, remedy)
