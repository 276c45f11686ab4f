"""The plain tables of the report: what was searched, on which data, at what costs."""

from __future__ import annotations

from quantray.report import words
from quantray.search import searched_by
from quantray.sweeps.report.reasons import meaning
from quantray.sweeps.report.sections import samples
from quantray.sweeps.results import Results


def search_rows(r: Results) -> list[tuple[str, str]]:
    c, s = r.counts, r.plan.search
    rows = [
        ("chosen by", searched_by(s)),
        ("completed", f"{c.complete:,}"),
        ("pruned", f"{c.pruned:,}"),
    ]
    rows += [("failed", f"{c.failed:,}"), ("attempts", f"{c.attempts:,}")]
    if s.kind != "exhaustive":
        rows += [("target of completed", f"{s.n_trials:,}"), ("attempts at most", f"{s.attempts:,}")]
        rows += [(f"duplicates ({source})", f"{n:,}") for source, n in r.duplicates.items()]
        rows.append(("batch · in flight", f"{s.batch} · {s.in_flight}"))
    rows += [(f"evaluated again, a {whose} died", f"{n:,}") for whose, n in r.repeated.items()]
    rows.append(("ended because", r.stop_reason or words.DASH))
    return [*rows, ("wall time", words.duration(r.seconds))]


def reasons(r: Results, at_most: int = 8) -> list[tuple[str, int]]:
    """Why candidates were pruned or failed, the commonest first; of equal failures the first message."""
    rows = [(f"{reason.state.lower()}: {meaning(reason, r.plan)}", reason.n) for reason in r.reasons]
    if len(rows) > at_most:
        rest = rows[at_most - 1 :]
        rows = [*rows[: at_most - 1], (f"{len(rest):,} other reasons", sum(n for _, n in rest))]
    return rows


def quality_rows(r: Results) -> list[tuple[str, str, str, bool]]:
    """Share, its gate, whether it is kept."""
    rows = []
    for what in ("quotes", "prints", "sessions"):
        share = r.quality.get(f"quarantined_{what}_share")
        if share is not None:
            limit = getattr(r.plan.gates, f"max_quarantined_{what}")
            rows.append((f"{what} set aside", words.percent(share, 2), words.percent(limit, 0), share <= limit))
    unknown = r.quality.get("unknown_symbols_share")
    if unknown is not None:
        limit = r.plan.gates.max_unknown_symbols
        rows.append(
            ("option rows of unknown symbols", words.percent(unknown, 2), words.percent(limit, 0), unknown <= limit)
        )
    carried = r.quality.get("carried_bars_share")
    if carried is not None:
        rows.append(("bars without a trade (carried)", words.percent(carried, 2), "no gate", True))
    return rows


def quality_counts(r: Results) -> list[tuple[str, str]]:
    return [(words.label(k), words.number(v, 0)) for k, v in r.quality.items() if not k.endswith("_share") and v]


def data_rows(r: Results) -> list[tuple[str, str]]:
    rows = [(words.label(k), words.number(v)) for k, v in r.data.items() if isinstance(v, str | int | float)]
    for sample, unseen in samples(r):
        dates = sample.slice.dates
        if dates:
            span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
            rows.append((f"sessions {'held out' if unseen else 'searched'}", f"{len(dates)} ({span})"))
    return rows


def cost_rows(r: Results) -> list[tuple[str, str]]:
    plan = r.plan
    quotes = bool(r.in_sample and r.in_sample.slice.has_quotes)
    slippage = plan.fees.slippage_per_share
    assumed = words.number(plan.fees.slippage(quotes)) + " (default)" if r.in_sample else "default"
    rows = [
        ("fees per contract, both sides", words.number(plan.fees.per_contract())),
        ("slippage per share", assumed if slippage is None else words.number(slippage)),
        ("contracts per trade", str(plan.capital.contracts)),
        ("capital", "unlimited" if plan.capital.initial is None else words.number(plan.capital.initial)),
        ("open positions at most", str(plan.capital.max_open_positions or "unlimited")),
        ("trades at least", str(plan.constraints.min_trades)),
    ]
    rows += [(words.label(k), words.parameter(v)) for k, v in plan.constraints.written.items()]
    return [*rows, ("held out", words.percent(plan.oos.fraction, 0) + " of sessions")]
