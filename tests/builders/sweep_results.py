"""Seeded synthetic results of sweeps: every shape a report meets."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from quantray.protocols import Counts
from quantray.settings import OutOfSample, Search
from quantray.space import candidate_digest, parse_space
from quantray.stats.checks import Verdict, Word
from quantray.stats.net_rows import InMemory, mean_row
from quantray.stats.pick import Pick, choose
from quantray.stats.surface import regret, summarise_space
from quantray.stats.survivors import survivors
from quantray.stats.verdict import Evidence, verdict
from quantray.sweeps.family import Family, family_of
from quantray.sweeps.grid.surface import Surface
from quantray.sweeps.lanes import Lane, Stress
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.sweeps.results import Chosen, Results
from quantray.sweeps.scores import Sample
from quantray.sweeps.survivors import surviving
from quantray.sweeps.trades import Trades
from quantray.trial import Trial, TrialState
from tests.builders.sessions import tiny_slice

SPACE: dict[str, list[Any]] = {
    "entry_window": ["9:30-10:30", "9:30-12:00", "12:00-15:00", "9:30-15:45"],
    "stretch_threshold": [0.001, 0.002, 0.003, 0.005, 0.008, 0.01, 0.015, 0.02],
    "take_profit_percent": [25, 35, 50, 60, 70, 80, 90, 100],
    "stop_loss_percent": [-25, -50, -75, -100],
    "strikes_depth": [1],
    "option_selection_mode": ["itm", "otm"],
}
FIXED = {"latency_seconds": 1, "stale_fill": "next_print", "require_same_day_expiry": True}
QUALITY = {
    "sessions": 8, "quotes": 31_200, "quarantined_quotes_crossed": 78, "quarantined_quotes_zero": 31,
    "quarantined_quotes_share": 0.0035, "quarantined_sessions_share": 0.0, "carried_bars_share": 0.103,
}  # fmt: skip


def plan(
    kind: str = "tpe", fraction: float = 0.3, run_dir: Path = Path("outputs/sample"), study: str = "sample"
) -> Plan:
    spec = StrategySpec("strategy.vwap_reclaim.VwapReclaim", FIXED, "3f" * 16)
    search = Search(kind=kind, n_trials=60, batch=8)
    return Plan(study, spec, parse_space(SPACE), None, run_dir, seed=7, search=search, oos=OutOfSample(fraction))


def table(
    p: Plan, n_sessions: int, n_seen: int, n_trades: int, edge: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Values [points] (some NaN) and session_net [points, sessions] of a whole space with some structure in it."""
    rng = np.random.default_rng(seed)
    codes = p.space.candidates(np.arange(p.space.size or 0)).codes
    shape = -0.5 * ((codes[:, 1] - 3) / 3.0) ** 2 - 0.3 * ((codes[:, 2] - 4) / 4.0) ** 2 + 0.2 * codes[:, 5]
    common = rng.normal(0, 60, n_sessions)
    net = 40 * (shape[:, None] + edge) + common * 0.4 + rng.normal(0, 35, (len(codes), n_sessions))
    values = 100 * net[:, :n_seen].sum(axis=1) / n_trades / 60  # return on risk, as the trades will have it
    values[rng.random(len(codes)) < 0.1] = np.nan
    return values, np.where(np.isnan(values)[:, None], 0.0, net)


def trades(market: Slice, net: np.ndarray, per_session: int, seed: int) -> Trades:
    """Random trades whose sums per session are ``net`` [sessions]."""
    rng = np.random.default_rng(seed)
    k, n = len(market), len(market) * per_session
    session = np.repeat(np.arange(k), per_session)
    bars = market.sessions[0].n_bars
    entry = np.sort(rng.integers(5, bars - 40, (k, per_session)), axis=1).ravel()
    amounts = rng.normal(0, 30, (k, per_session))
    amounts += (net - amounts.sum(axis=1))[:, None] / per_session
    paid = np.round(rng.uniform(0.4, 3, n), 2)
    return Trades(
        session=session, signal_bar=entry - 1, origin_bar=entry - 2, side=np.where(rng.random(n) < 0.5, 1, -1),
        contract=rng.integers(0, len(market.sessions[0].symbol), n), entry_bar=entry,
        exit_bar=entry + rng.integers(1, 35, n), entry_price=paid,
        exit_price=np.maximum(paid + amounts.ravel() / 100, 0.01), reason=rng.choice([1, 2, 2, 3, 3, 4], n),
        fees=np.full(n, 2.6), net=amounts.ravel(), risk=np.full(n, 60.0), entry_carried=rng.random(n) < 0.03,
        exit_carried=rng.random(n) < 0.05,
    )  # fmt: skip


def metrics(t: Trades, n_sessions: int) -> dict[str, float | int | None]:
    """The metrics of section 8 that a report reads, by plain means."""
    row: dict[str, float | int | None] = dict.fromkeys(METRICS, 0)
    if not len(t):
        return {**row, "win_rate": None, "return_on_risk_percent": None, "expectancy": None, "profit_factor": None}
    net, by_session = t.net, np.bincount(t.session, t.net, n_sessions)
    curve = np.concatenate([[0.0], np.cumsum(net)])
    loss = -float(net[net < 0].sum())
    row.update(
        n_trades=len(t), n_sessions=n_sessions, win_rate=float((net > 0).mean()),
        return_on_risk_percent=float(100 * net.mean() / t.risk.mean()), expectancy=float(net.mean()),
        avg_risk=float(t.risk.mean()), profit_factor=float(net[net > 0].sum()) / loss if loss else None,
        total_pnl=float(net.sum()),
        sharpe=float(by_session.mean() / by_session.std(ddof=1)) if n_sessions > 1 else None,
        max_drawdown=float((np.maximum.accumulate(curve) - curve).max()), median_net=float(np.median(net)),
        p05_net=float(np.quantile(net, 0.05)), mean_duration_s=312.5, max_duration_s=2040.0,
        carried_entry_share=float(t.entry_carried.mean()), carried_exit_share=float(t.exit_carried.mean()),
        refused_late_entry=3, refused_no_quote=11, refused_crossed_quote=2, n_signals=len(t) + 16, n_signals_carried=4,
    )  # fmt: skip
    for code, name in enumerate(("emergency", "end_of_day", "take_profit", "stop_loss", "time", "end_of_data")):
        row[f"exits_{name}"] = int((t.reason == code).sum())
    return row


@cache
def results(
    kind: str = "tpe", *, edge: float = -0.2, n_seen: int = 8, n_unseen: int = 5, n_trials: int = 60, seed: int = 3,
    per_session: int = 9, study: str = "sample",
) -> Results:  # fmt: skip
    """A whole sweep over 2,048 points; the numbers hang together (sums per session, best, regret, verdict)."""
    p = plan(kind, n_unseen / (n_seen + n_unseen), study=study)
    market = tiny_slice(n_seen + n_unseen, seed=seed, interval_s=60, n_bars=390, n_strikes=5)
    seen, unseen = market.take(0, n_seen), market.take(n_seen, n_seen + n_unseen)
    values, net = table(p, n_seen + n_unseen, n_seen, n_seen * per_session, edge, seed)
    tried = np.random.default_rng(seed).choice(len(values), n_trials, replace=False)
    made = {int(i): trades(seen, net[i, :n_seen], per_session, int(i)) for i in tried}
    trials = [_trial(p, i, k, values[i], net[i, :n_seen], metrics(t, n_seen)) for k, (i, t) in enumerate(made.items())]
    complete = [t for t in trials if t.feasible]
    best = max(complete, key=lambda t: (t.value or 0, -t.number))
    at = p.space.number(best.params)
    later = trades(unseen, net[at, n_seen:], per_session, 1) if n_unseen else None
    held = None if later is None else sample(unseen, later)
    family = family_of_table(p, values, net[:, :n_seen])
    tested = survivors(family.nets, seed=7)
    choice = choose(family.values, family.nets.rows, tested, allowed=family.allowed, n_out=n_unseen,
                    neighbours=family.around, spread=lambda _: 5.0)  # fmt: skip
    pick = None if choice is None else picked(p, family, choice, seen, unseen, net, per_session)
    stress = None if pick is None else STRESS
    evidence = Evidence(
        tested, choice, None if choice is None else family.nets.rows([choice.number])[0],
        None if pick is None or pick.outside is None else pick.outside.session_net, n_unseen,
        mean_row(family.nets),
        metrics=best.metrics, quality=QUALITY, n_looks=2, seed=7,
    )  # fmt: skip
    return Results(
        p, trials, Counts(len(complete), sum(t.state is TrialState.PRUNED for t in trials), 1), verdict(evidence),
        duplicates={"sampler": 12, "memory": 3, "database": 0}, best=best,
        in_sample=Sample(seen, made[at], best.metrics, best.value), out_of_sample=held, pick=pick,
        surviving=surviving(family, tested, p.space, family.row(at)), stress=stress,
        surface=summarise_space(p.space, values), regret=regret(values, best.value or 0.0),
        data={"source": "synthetic market, seed 11", "underlying": "SPX-like", "interval": "60 s", "seed": 11},
        quality=QUALITY, digests=dict.fromkeys(("strategy", "code", "space", "data", "costs"), "4be2c09d17a3f855" * 2),
        versions={"quantray": "0.1.0", "python": "3.11.2", "numpy": "2.4.6", "optuna": "5.0.0"}, seconds=12.345,
        stop_reason="60 trials completed",
    )  # fmt: skip


STRESS = Stress(
    (Lane("dearer fees", "with fees of 5.20 a contract instead of 2.60", 812.5, 45, 31.2),
     Lane("one bar later", "with every order one bar later", None, why="a black box decides itself")),
    34.4, 0.16, 1.3, ((0.0, 900.0), (1.0, 850.0), (2.0, -20.0)), (("2024-11-18", 700.0),), (12.0, None, -3.0),
)  # fmt: skip


def sample(market: Slice, made: Trades) -> Sample:
    row = metrics(made, len(market))
    return Sample(market, made, row, row["return_on_risk_percent"])


def family_of_table(p: Plan, values: np.ndarray, nets: np.ndarray) -> Family:
    """The points that have a value, with their nets [points, sessions]."""
    numbers = np.flatnonzero(~np.isnan(values))

    def columns(wanted: np.ndarray) -> dict[str, np.ndarray]:
        return {"n_trades": np.full(len(wanted), 45), "win_rate": np.abs(values[wanted]) / 100}

    surface = Surface(values, numbers, np.ones(len(numbers), bool), InMemory(nets[numbers]), Counts(), columns)
    return family_of(p, None, [], surface)


def picked(
    p: Plan, family: Family, choice: Pick, seen: Slice, unseen: Slice, net: np.ndarray, per_session: int
) -> Chosen:
    number = int(family.numbers[choice.number])
    inside = sample(seen, trades(seen, net[number, : len(seen)], per_session, number))
    outside = sample(unseen, trades(unseen, net[number, len(seen) :], per_session, 1)) if len(unseen) else None
    return Chosen(
        "pick",
        number,
        p.space.point(number),
        choice.value,
        inside,
        outside,
        choice.statistic,
        choice.reason,
        p.objective,
    )


def _trial(p: Plan, point: int, number: int, value: float, net: np.ndarray, row: dict[str, Any]) -> Trial:
    params = p.space.point(point)
    digest, batch = candidate_digest(params), number // 8
    if number == 5:
        return Trial(digest, params, TrialState.FAIL, why="ValueError: nonsense", number=number, batch=batch)
    if np.isnan(value):
        few = {**row, "n_trades": 4}
        return Trial(digest, params, TrialState.PRUNED, None, (), few, why="too_few_trades", number=number, batch=batch)
    violation = (1.0,) if number % 17 == 16 else (0.0,)
    return Trial(
        digest, params, TrialState.COMPLETE, float(value), violation, row, tuple(net.tolist()), None, number, batch
    )


def nothing_completed() -> Results:
    """A sweep in which every candidate was pruned."""
    p = plan()
    trials = [
        Trial(candidate_digest(p.space.point(i)), p.space.point(i), TrialState.PRUNED, metrics={"n_trades": 2},
              why="too_few_trades", number=i, batch=i // 8)
        for i in range(20)
    ]  # fmt: skip
    judged = Verdict(
        Word.TOO_LITTLE_DATA, "No candidate had enough trades: all 20 are under constraints.min_trades=10."
    )
    values = np.full(p.space.size or 0, np.nan)
    return Results(
        p, trials, Counts(0, 20, 0), judged, surface=summarise_space(p.space, values), stop_reason="attempts used up",
    )  # fmt: skip
