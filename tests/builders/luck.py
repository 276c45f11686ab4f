"""Tables of net per unit that a search of trades would give: markets without an edge, and with one that is known.

Every unit has potential trades with a strength, a window of the day and a side; a candidate takes those above its
threshold, in its window, on its side, and leaves each by its own target and stop along the trade's path. So candidates
share trades as those of a real table do, thresholds are nested, and exits that are never reached give equal rows.
Paths are martingales: without an edge every candidate earns nothing on average.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from quantray.stats.held_out import HeldOut, held_out_test, standard_error
from quantray.stats.pick import Pick, choose
from quantray.stats.survivors import Survivors, survivors
from quantray.stats.verdict import Evidence, verdict

THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.85)
WINDOWS = (None, 0, 1, 2)
SIDES = (0, 1, -1)
TARGETS = (1.0, 1.75, 3.0, math.inf)
STOPS = (0.75, 1.5, math.inf)
SHAPE = (len(THRESHOLDS), len(WINDOWS), len(SIDES), len(TARGETS), len(STOPS))
ORDERED = (True, False, False, True, True)
N_CANDIDATES = math.prod(SHAPE)
#: Row of the candidate that takes exactly the trades in which the edge is planted.
PLANTED = int(np.ravel_multi_index((2, 2, 1, 3, 2), SHAPE))
MIN_TRADES = 10
STEPS = 4


@dataclass(eq=False)
class Moves:
    """Potential trades of every unit: ``steps`` [units, trades, 4] of each path, and what chooses among them."""

    steps: np.ndarray
    strength: np.ndarray  # [units, trades] in (0, 1)
    window: np.ndarray  # 0, 1, 2
    side: np.ndarray  # 1, -1
    added: np.ndarray | float = 0.0  # [units, trades] to every trade's net, whatever its exit
    rate: float = 1.0  # share of the potential trades that there are
    tick: float = 0.0  # nets are rounded to it


@dataclass(frozen=True, eq=False)
class Study:
    """A table ``nets`` [candidates, units] with ``counts`` of trades, of which ``n_in`` units are searched."""

    nets: np.ndarray
    counts: np.ndarray
    n_in: int
    shape: tuple[int, ...] = SHAPE
    ordered: tuple[bool, ...] = ORDERED
    chosen: np.ndarray | None = None  # rows that a search evaluated; None: all, by an exact table
    values: np.ndarray = field(init=False)  # mean net per trade on the searched units, NaN under 10 trades

    def __post_init__(self) -> None:
        trades = self.counts[:, : self.n_in].sum(axis=1)
        total = self.nets[:, : self.n_in].sum(axis=1)
        values = np.divide(total, trades, out=np.full(len(total), np.nan), where=trades >= MIN_TRADES)
        object.__setattr__(self, "values", values)

    @property
    def family(self) -> np.ndarray:
        """Rows with enough trades, evaluated where a search chose."""
        rows = np.arange(len(self.nets)) if self.chosen is None else np.unique(self.chosen)
        return rows[~np.isnan(self.values[rows])]

    def around(self, row: int) -> np.ndarray:
        """Objectives one step away; NaN: none."""
        at = np.unravel_index(row, self.shape)
        found = []
        for d, n in enumerate(self.shape):
            near = (at[d] - 1, at[d] + 1) if self.ordered[d] else [i for i in range(n) if i != at[d]]
            for i in near:
                if 0 <= i < n:
                    moved = (*at[:d], i, *at[d + 1 :])
                    found.append(self.values[np.ravel_multi_index(moved, self.shape)])
        return np.array(found)

    def error(self, row: int) -> float:
        """Bootstrap standard error of the objective over the searched units."""
        net, count = self.nets[row, : self.n_in], self.counts[row, : self.n_in]

        def again(units: np.ndarray) -> float:
            n = count[units].sum()
            return float(net[units].sum() / n) if n else math.nan

        return standard_error(again, self.n_in)


def searched_units(n_units: int) -> int:
    """Of ``n_units``, with 0.3 held out."""
    return n_units - max(1, math.floor(0.3 * n_units))


def moves(rng: np.random.Generator, n_units: int, n_trades: int = 24) -> Moves:
    """Independent normal steps; a trade's net has a standard deviation of 1 where no exit ends it."""
    size = (n_units, n_trades)
    steps = rng.normal(0, 1 / math.sqrt(STEPS), (*size, STEPS))
    return Moves(steps, rng.random(size), rng.integers(0, 3, size), rng.choice((1, -1), size))


def study(m: Moves, rng: np.random.Generator) -> Study:
    """Every candidate on the potential trades."""
    there = rng.random(m.strength.shape) < m.rate
    masks = np.stack([
        there & (m.strength > t) & ((m.window == w) if w is not None else True) & ((m.side == s) if s else True)
        for t in THRESHOLDS for w in WINDOWS for s in SIDES
    ], axis=1).astype(np.float64)  # [units, entries, trades]  # fmt: skip
    left = np.stack([_left_by(m, target, stop) for target in TARGETS for stop in STOPS], axis=2)
    nets = masks @ left  # [units, entries, exits]
    counts = np.repeat(masks.sum(axis=2), left.shape[2], axis=1)
    return Study(
        np.ascontiguousarray(nets.reshape(len(nets), -1).T), np.ascontiguousarray(counts.T), searched_units(len(nets))
    )


def _left_by(m: Moves, target: float, stop: float) -> np.ndarray:
    """Net of each trade [units, trades] that is left at the first step beyond target or stop, at its price there."""
    path = np.cumsum(m.steps, axis=2)
    out = (path >= target) | (path <= -stop)
    at = np.where(out.any(axis=2), out.argmax(axis=2), STEPS - 1)
    net = np.take_along_axis(path, at[..., None], axis=2)[..., 0] + m.added
    return np.round(net / m.tick) * m.tick if m.tick else net


def planted(rng: np.random.Generator, n_units: int, edge: float) -> Study:
    """Normal steps, and ``edge`` more in trades of strength above 0.5, in window 1, on side 1."""
    m = moves(rng, n_units)
    m.added = edge * ((m.strength > 0.5) & (m.window == 1) & (m.side == 1))
    return study(m, rng)


def planted_heavy(rng: np.random.Generator, n_units: int, edge: float) -> Study:
    """The same with steps of Student's t with 3 degrees of freedom."""
    m = _heavy(rng, n_units)
    m.added = edge * ((m.strength > 0.5) & (m.window == 1) & (m.side == 1))
    return study(m, rng)


# ------------------------------------------------------------------ markets without an edge


def plain(rng: np.random.Generator, n_units: int) -> Study:
    """Independent normal steps."""
    return study(moves(rng, n_units), rng)


def _heavy(rng: np.random.Generator, n_units: int) -> Moves:
    m = moves(rng, n_units)
    m.steps = rng.standard_t(3, m.steps.shape) / math.sqrt(3 * STEPS)
    return m


def heavy_tails(rng: np.random.Generator, n_units: int) -> Study:
    """Steps of Student's t with 3 degrees of freedom; a unit's trades share a scale that is as wild."""
    m = _heavy(rng, n_units)
    m.steps *= np.sqrt(3 / rng.chisquare(3, (n_units, 1, 1)))
    return study(m, rng)


def clustered_volatility(rng: np.random.Generator, n_units: int) -> Study:
    """The scale of a unit follows those before: a log-normal walk that reverts, GARCH-like in its effect."""
    m, level = moves(rng, n_units), rng.normal(0, 0.6)
    scale = np.empty(n_units)
    for i in range(n_units):
        level = 0.9 * level + rng.normal(0, 0.3)
        scale[i] = math.exp(level)
    m.steps *= scale[:, None, None]
    return study(m, rng)


def drift(rng: np.random.Generator, n_units: int) -> Study:
    """The market rises, costs take exactly that from those who are long, and those who are short lose it twice."""
    m = moves(rng, n_units)
    rise = 0.3
    factor = rng.normal(0, 0.25, (n_units, 1))
    m.added = m.side * (rise + factor) - rise
    return study(m, rng)


def _rare_loss(rng: np.random.Generator, n_units: int, every: int) -> Study:
    """Each trade earns a little, but in one unit of ``every`` all of it is lost: a seller of insurance."""
    m = moves(rng, n_units)
    m.steps *= 0.8
    gain = 0.5
    m.added = np.where(rng.random((n_units, 1)) < 1 / every, -gain * (every - 1), gain)
    return study(m, rng)


def rare_loss_10(rng: np.random.Generator, n_units: int) -> Study:
    """Small gains, and in 1 unit of 10 all is lost."""
    return _rare_loss(rng, n_units, 10)


def rare_loss_30(rng: np.random.Generator, n_units: int) -> Study:
    """Small gains, and in 1 unit of 30 all is lost."""
    return _rare_loss(rng, n_units, 30)


def rare_loss_200(rng: np.random.Generator, n_units: int) -> Study:
    """Small gains, and in 1 unit of 200 all is lost."""
    return _rare_loss(rng, n_units, 200)


def few_trades(rng: np.random.Generator, n_units: int) -> Study:
    """A potential trade in some units only, so that most candidates have 10 to 30 trades or too few."""
    m = moves(rng, n_units, 3)
    m.rate = 0.6
    return study(m, rng)


def illiquid_prints(rng: np.random.Generator, n_units: int) -> Study:
    """Prices move by coarse ticks, seldom, and late: a part of a unit's move shows in the next."""
    m = moves(rng, n_units)
    common = rng.normal(0, 0.5, n_units + 1)
    m.added = (0.85 * common[1:] + 0.15 * common[:-1])[:, None] * m.side
    m.steps *= rng.random(m.steps.shape) < 0.4
    m.tick = 0.5
    return study(m, rng)


def together(rng: np.random.Generator, n_units: int) -> Study:
    """Trades of many assets that move together: one factor makes most of every trade of a unit."""
    m = moves(rng, n_units)
    factor = rng.normal(0, 1 / math.sqrt(STEPS), (n_units, 1, STEPS))
    m.steps = 0.45 * m.steps + 0.9 * factor * m.side[..., None]
    return study(m, rng)


def right_skew(rng: np.random.Generator, n_units: int) -> Study:
    """A buyer of options: most trades lose a little, a few win much."""
    m = moves(rng, n_units)
    m.steps *= 0.2
    m.added = rng.pareto(2.5, m.strength.shape) - 1 / 1.5
    return study(m, rng)


def independent(rng: np.random.Generator, n_units: int) -> Study:
    """Candidates that share nothing at all: as many tries as there are rows."""
    nets = rng.normal(0, 1, (N_CANDIDATES, n_units))
    return Study(nets, np.full(nets.shape, 2.0), searched_units(n_units))


def black_box(rng: np.random.Generator, n_units: int) -> Study:
    """300 random points of a strategy with continuous parameters: weights on features, a cut, a scale."""
    features = rng.normal(0, 1, (n_units, 12, 4))
    outcome = 0.5 * rng.normal(0, 1, (n_units, 12)) + 0.7 * rng.normal(0, 1, (n_units, 1))
    weights, cut = rng.normal(0, 1, (300, 4)), rng.uniform(0.2, 1.2, 300)
    score = np.einsum("utf,cf->cut", features, weights) / np.linalg.norm(weights, axis=1)[:, None, None]
    side = np.sign(score) * (np.abs(score) > cut[:, None, None])
    nets, counts = (side * outcome).sum(axis=2), np.abs(side).sum(axis=2)
    whole = Study(nets, counts, searched_units(n_units), (300,), (True,))
    return replace(whole, chosen=np.arange(300))


def climbing(rng: np.random.Generator, n_units: int) -> Study:
    """From 10 random points uphill, one step at a time, until 300 are evaluated: as adaptive as a search can be."""
    whole = plain(rng, n_units)
    worth = np.nan_to_num(whole.values, nan=-np.inf)
    seen: list[int] = []
    while len(set(seen)) < 300:
        at = int(rng.integers(len(worth)))
        while True:
            near = _rows_around(whole, at)
            seen += [at, *near]
            best = max(near, key=lambda i: worth[i])
            if worth[best] <= worth[at] or len(set(seen)) >= 300:
                break
            at = best
    return replace(whole, chosen=np.unique(seen))


def tpe(rng: np.random.Generator, n_units: int) -> Study:
    """300 trials of Optuna's TPE on the plain table."""
    import optuna

    whole = plain(rng, n_units)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=int(rng.integers(2**31)), multivariate=True, n_startup_trials=40)
    found = optuna.create_study(direction="maximize", sampler=sampler)
    names = ("threshold", "window", "side", "target", "stop")
    space = {
        n: optuna.distributions.IntDistribution(0, k - 1)
        if o
        else optuna.distributions.CategoricalDistribution(range(k))
        for n, k, o in zip(names, whole.shape, whole.ordered, strict=True)
    }
    rows = []
    for _ in range(300):
        trial = found.ask(space)
        row = int(np.ravel_multi_index(tuple(trial.params[n] for n in names), whole.shape))
        value = whole.values[row]
        found.tell(trial, -1e6 if math.isnan(value) else float(value))
        rows.append(row)
    return replace(whole, chosen=np.unique(rows))


def _rows_around(s: Study, row: int) -> list[int]:
    at = np.unravel_index(row, s.shape)
    found = []
    for d, n in enumerate(s.shape):
        near = (at[d] - 1, at[d] + 1) if s.ordered[d] else [i for i in range(n) if i != at[d]]
        found += [int(np.ravel_multi_index((*at[:d], i, *at[d + 1 :]), s.shape)) for i in near if 0 <= i < n]
    return found


def dependent(rng: np.random.Generator, n_units: int) -> Study:
    """A common factor of which 0.4 carries over to the next unit: the flips' assumption is broken."""
    m = moves(rng, n_units)
    factor, last = np.empty(n_units), rng.normal()
    for i in range(n_units):
        last = 0.4 * last + math.sqrt(1 - 0.16) * rng.normal()
        factor[i] = last
    m.added = 0.5 * factor[:, None] * m.side
    return study(m, rng)


Market = Callable[[np.random.Generator, int], Study]
#: Markets without an edge in which false belief must stay below its limit.
HOLD: dict[str, Market] = {
    "plain": plain, "heavy tails": heavy_tails, "clustered volatility": clustered_volatility, "drift": drift,
    "rare loss, 1 in 10": rare_loss_10, "few trades": few_trades, "illiquid prints": illiquid_prints,
    "many assets moving together": together, "right skew": right_skew, "independent candidates": independent,
    "black box": black_box, "a climbing search": climbing, "TPE, 300 trials": tpe,
}  # fmt: skip
#: Markets that break what the tests assume: published, whatever they show.
BROKEN: dict[str, Market] = {
    "rare loss, 1 in 30": rare_loss_30, "rare loss, 1 in 200": rare_loss_200, "dependent units": dependent,
}  # fmt: skip


# ------------------------------------------------------------------ not used while anything was tuned


def jumps(rng: np.random.Generator, n_units: int) -> Study:
    """Jumps up and down, as likely and as large, in a tenth of the units, shared by every trade of the unit."""
    m = moves(rng, n_units)
    jump = (rng.random((n_units, 1)) < 0.1) * rng.choice((4.0, -4.0), (n_units, 1)) * rng.random((n_units, 1))
    m.added = jump * m.side
    return study(m, rng)


def weekdays(rng: np.random.Generator, n_units: int) -> Study:
    """Volatility and the number of trades depend on the day of the week; one day in five is dead."""
    m = moves(rng, n_units)
    day = np.arange(n_units) % 5
    m.steps *= np.array([0.5, 1.0, 1.0, 1.5, 2.5])[day][:, None, None]
    m.strength *= np.array([1.0, 0.6, 1.0, 0.9, 0.25])[day][:, None]
    return study(m, rng)


def turning(rng: np.random.Generator, n_units: int) -> Study:
    """A market that trends and turns: long and short earn in turn for 5 to 15 units, which evens out."""
    m, sign = moves(rng, n_units), rng.choice((1, -1))
    trend = np.empty(n_units)
    at = 0
    while at < n_units:
        length = int(rng.integers(5, 16))
        trend[at : at + length] = sign
        at, sign = at + length, -sign
    m.added = 0.1 * trend[:, None] * m.side
    return study(m, rng)


FRESH: dict[str, Market] = {"jumps both ways": jumps, "weekdays": weekdays, "trends that turn": turning}


# ------------------------------------------------------------------ what the verdict says of a study

NOT_BELIEVED = 2.0
CLEAN = {"quarantined_prints_share": 0.0}


def chosen(s: Study, seed: int) -> tuple[Survivors, Pick | None]:
    """The survivors of the family and the pick among them; its number is a place in ``s.family``."""
    family = s.family
    found = survivors(s.nets[family, : s.n_in], seed=seed, threads=1)
    pick = choose(
        s.values[family], s.nets[family, : s.n_in], found, allowed=np.ones(len(family), bool),
        n_out=s.nets.shape[1] - s.n_in, neighbours=lambda i: s.around(int(family[i])),
        spread=lambda i: s.error(int(family[i])),
    )  # fmt: skip
    return found, pick


def evidence_of(
    s: Study, found: Survivors, pick: Pick | None, test: HeldOut | None = None, alpha: float | None = None
) -> Evidence:
    """Everything else clean."""
    row = None if pick is None else s.nets[s.family[pick.number]]
    return Evidence(
        found, pick, None if row is None else row[: s.n_in], None if row is None else row[s.n_in :],
        n_held_out=s.nets.shape[1] - s.n_in, family=s.nets[s.family, : s.n_in].mean(axis=0),
        adaptive=s.chosen is not None, test=test, alpha=alpha, quotes=True,
        quality=CLEAN,
    )  # fmt: skip


def judged(s: Study, seed: int) -> tuple[str, float]:
    """The word, and the smallest alpha at which it would be ``believe`` (2: at none)."""
    found, pick = chosen(s, seed)
    if pick is None:
        return str(verdict(evidence_of(s, found, None)).word), NOT_BELIEVED
    test = held_out_test(s.nets[s.family[pick.number], s.n_in :], level=0.05, seed=seed)
    said = verdict(evidence_of(s, found, pick, test))
    sound = all(c.passed for c in said.checks if c.decides and c.name != "luck on unseen data")
    return str(said.word), test.p_value if sound and test.p_value is not None else NOT_BELIEVED


def oracle(s: Study, seed: int) -> float:
    """Held-out p-value of the candidate that has the edge, told beforehand (2: it loses, or trades too seldom)."""
    found = held_out_test(s.nets[PLANTED, s.n_in :], level=0.05, seed=seed)
    return NOT_BELIEVED if found.p_value is None or found.total <= 0 else found.p_value
