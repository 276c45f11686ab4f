"""The report of a stored study: of one that has ended as its run wrote it, of any other one what it holds by now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import LedgerError, UserError
from quantray.files import Published
from quantray.ledger.difference import differences
from quantray.ledger.ending import SEALED
from quantray.protocols import REPORTED, Counts, Say
from quantray.report.ended import Ended, ended_of
from quantray.report.listing import REPORT
from quantray.stats.checks import Verdict, Word
from quantray.sweeps.description import describe
from quantray.sweeps.grid.surface import read
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.identity import code_digest
from quantray.sweeps.judge import judge
from quantray.sweeps.kept import keep
from quantray.sweeps.outcome import Market, concluded, so_far
from quantray.sweeps.plan import Plan
from quantray.sweeps.prepare import Opened, check_memory
from quantray.sweeps.report.files import NAMES, check_results, write_all
from quantray.sweeps.report.summary import ended
from quantray.sweeps.results import Results
from quantray.sweeps.seal import seal
from quantray.sweeps.search import GIVEN_UP, Found, claimed_again, open_ranges, surface_files, tabled
from quantray.sweeps.search import concluded as compared

if TYPE_CHECKING:
    from quantray.ledger.reader import Reader

#: Of a study that is written while its run goes on, so often at most: its run may end, and write its own, meanwhile.
_TRIES = 3


#: The files of a report, and one sentence about it: the verdict, or why there is none.
Written = tuple[Mapping[str, Path], str]


def report_study(plan: Plan, url: str, out: Path, say: Say) -> Written:
    """Write the report of the stored study under ``out``; ``plan`` is the request that the study keeps.

    A study whose search has ended, and on which nobody works, is judged as its run would have judged it. Of any other
    one nothing is judged and nothing written into its ledger. Where the data cannot be loaded, or something that
    decides has changed, the report of the run stays where there is one; else what the ledger holds is written alone.
    """
    from quantray.ledger.reader import open_reader

    check_results(out, table=plan.search.kind == "exhaustive")
    market, why = _market(plan)
    for _ in range(_TRIES):
        with open_reader(url, plan.study) as study:
            digests, unread = dict(study.digests), why or _changed(plan, study, market)
            over = study.notes().get(REPORTED)
            known, working = ended_of(over, study.counts().attempts), study.drivers()
            if market is not None and not unread and not working and _is_over(plan, study, known):
                break
            if known is not None and not working and _stands(out, plan.study):
                return {REPORT: out / REPORT}, f"{unread} The report of its run stays as it was written."
            verdict = _as_noted(known) if known is not None and not working else None
            where, data = _where(plan, study, working), None if unread else market
            results = so_far(plan, study, digests, data, where, verdict=verdict, unread=unread)
            if study.notes().get(REPORTED) == over:
                leave = _others(out, plan.study) if known is not None and not working else ()
                return write_all(results, out, None, say, leave), _told(results)
    else:
        raise LedgerError(f"study {plan.study!r} was reported by its own run again and again meanwhile; see {out}")
    assert market is not None
    return _final(plan, digests, market, out, say, known)


def _market(plan: Plan) -> tuple[Market | None, str]:
    """The plan's data, or the sentence that says why there are none."""
    try:
        whole = load_slice(plan)
        market = Market(whole, *split(whole, plan.oos.fraction))
        check_memory(plan, market.train)
    except (UserError, OSError) as error:
        return None, f"The data cannot be loaded, so nothing is simulated for this page: {error}."
    return market, ""


def _changed(plan: Plan, study: Reader, market: Market | None) -> str:
    """What decides the results and is not as it was when the study was made; empty where everything is."""
    if market is None:
        return ""
    now = plan.digests(market.whole.digest, code_digest())
    lines = differences(study.digests, now, study.described, describe(plan))
    if not lines:
        return ""
    what = "; ".join(line.strip() for line in lines)
    return f"Something that decides its results has changed since, so nothing is simulated for this page: {what}."


def _is_over(plan: Plan, study: Reader, known: Ended | None) -> bool:
    """Whether nothing is left to search, so that the study may be judged."""
    counts = study.counts()
    if plan.search.kind == "exhaustive":
        return _counts(plan, study).attempts == plan.space.size
    full = counts.complete >= plan.search.n_trials or counts.attempts >= plan.search.attempts
    return not counts.claimed and (full or known is not None)


def _counts(plan: Plan, study: Reader) -> Counts:
    if plan.search.kind != "exhaustive":
        return study.counts()
    from quantray.digests import digest_of
    from quantray.sweeps.grid.files import parts_noted

    rows = [row for _, row in parts_noted(study.notes(), digest_of(dict(study.digests))[:12]).values()]
    return Counts(*(sum(row[k] for row in rows) for k in range(3)))


def _where(plan: Plan, study: Reader, working: list[str]) -> str:
    """What became of a study that is not judged."""
    if working:
        return f"{', '.join(working)} works on it" if len(working) == 1 else f"{', '.join(working)} work on it"
    if plan.search.kind != "exhaustive" and _is_over(plan, study, None):
        return "its search has ended, and the same command judges it"
    return "nobody works on it, and the same command goes on"


def _others(out: Path, study: str) -> list[str]:
    """Results of the study that are there: what its run wrote holds more than what can be written without the data."""
    return [name for name, whose in Published(out).studies(NAMES).items() if whose == study]


def _stands(out: Path, study: str) -> bool:
    """Whether the report of its run is there."""
    return Published(out).studies([REPORT]).get(REPORT) == study


def _told(r: Results) -> str:
    """The verdict in one sentence, behind it what could not be shown and why."""
    word = "" if r.verdict.word is Word.UNJUDGED else f"verdict: {r.verdict.word}. "
    return f"{word}{r.verdict.headline}{f' {r.unread}' if r.unread else ''}"


def _as_noted(known: Ended) -> Verdict:
    """The verdict of the run that reported the study, as the study keeps it."""
    words = {str(word): word for word in Word}
    if known.verdict not in words:
        return Verdict(Word.UNJUDGED, "An earlier version reported its run, and kept no verdict with the study.")
    return Verdict(words[known.verdict], f"{known.headline} (So its run judged it.)")


def _final(plan: Plan, digests: Mapping[str, str], market: Market, out: Path, say: Say, known: Ended | None) -> Written:
    """Judge and report as the run would have: everything is stored, nobody works on it."""
    from quantray.ledger import open_ledger

    ledger = open_ledger(plan.storage, plan.run_dir, plan.study, digests, described=describe(plan), say=say)
    with closing(ledger):
        made = Opened(plan, market.whole, market.train, market.held_out, digests, ledger, lambda stage: None)
        found = _found(made, known, say)
        if found is None:
            raise LedgerError(
                f"parts of the table of {plan.study!r} are damaged or gone, as was said; the same command as before "
                "makes them again and writes the report"
            )
        judged = judge(plan, made.train, made.held_out, found.trials, found.exact, found.counts, found.reasons)
        notes = ledger.notes()
        seconds = known.seconds if known is not None and known.seconds else float(notes.get("seconds", 0.0))
        results = concluded(made, found, judged, seconds)
        files = write_all(results, out, found.parts if out == plan.run_dir else {}, say)
        ledger.note(REPORTED, ended(results).as_json())
        if out == plan.run_dir:
            keep(results, ledger, files, say)
            if notes.get(SEALED) is not None:
                seal(plan, ledger, files)
    return files, _told(results)


def _found(made: Opened, known: Ended | None, say: Say) -> Found | None:
    """What the search came to; None where parts of a table are missing."""
    plan = made.plan
    reason = known.reason if known is not None else ""
    if plan.search.kind != "exhaustive":
        failure = reason if reason == GIVEN_UP.format(plan.search.max_failures) else None
        return compared(made, reason or "everything that was asked for is stored", _again(made), failure)
    files = surface_files(made, say)
    if files.todo():
        return None
    return tabled(made, files, read(plan, made.train, files), _again(made))


def _again(made: Opened) -> int:
    """What was claimed again because the driver that had it died: candidates, of a table ranges."""
    if made.plan.search.kind != "exhaustive":
        return claimed_again(made.ledger)
    with closing(open_ranges(made)) as beside:
        return claimed_again(beside)
