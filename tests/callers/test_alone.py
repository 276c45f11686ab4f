"""A trade depends on its policy and its call alone: not on the grid, not on how a vendor fills his gaps."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from quantray.callers import CallerPlan
from quantray.callers.codes import Reason
from quantray.callers.data import CallsData, CallSettings
from quantray.callers.notes import notes_of
from quantray.callers.policies import Policy, read_policy
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.prepare import prepare
from quantray.callers.split import HELD_OUT, TRAIN
from quantray.callers.stages.store import Store
from quantray.callers.stages.touch import Touch, buckets_of, toucher
from quantray.callers.stages.work import TableSpec, Work, work_of
from quantray.errors import ConfigError
from quantray.files import Pieces
from quantray.settings import OutOfSample
from tests.builders.call_plans import bytes_of, finished, market, plan_on, shown
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of, minute
from tests.builders.candles import SPECS

#: Every kind, short and long holds, none at all, and indicators with warm-ups of their own.
KINDS = tuple(read_policy(spec) for spec in (
    *SPECS, {"hold": "5m"}, {"hold": "1h", "tp": 9}, {"hold": "150s", "tp": 1.02}, {"ema_cross": {}, "hold": "2h"},
    {"ladder": [[1.02, 0.3], [1.05, 0.3]], "hold": "20m", "sl": 0.9},
))  # fmt: skip


def worked(plan: CallerPlan, folder: Path, late: int = 0) -> tuple[Work, TableSpec, Store]:
    """The first stage of a plan, done."""
    folder.mkdir(exist_ok=True)
    work = work_of(prepare(plan), Pieces(folder, "test").open(), "stem")
    base = TableSpec(plan.policies, plan.order, plan.entry, target_gap=plan.target_gap, marks=True)
    spec = replace(base, late=late)
    for made in {base.name: base, spec.name: spec}.values():
        write = toucher(work, {made.name: made})
        for bucket in buckets_of(work):
            write(Touch(made.name, bucket))
    return work, spec, Store(work, base)


def trades_of(plan: CallerPlan, folder: Path, policy: Policy, *, late: int = 0, at_zero: bool = False) -> list[Any]:
    """Everything that the policy did with the calls of both parts on one account, with its metrics."""
    work, spec, store = worked(plan, folder, late)
    found: list[Any] = []
    for part in work.prepared.split.parts:
        gathered = store.gather(spec, np.flatnonzero(work.part == part), marks=True)
        gathered = store.at_zero(gathered) if at_zero else gathered
        block = store.block(gathered, spec.program([policy]), plan.account, plan.costs)
        some = store.market(gathered, part)
        trades = block.trades(0, some)
        found.append(plain(trades))
        metrics = block.metrics(some, closes=some.closes, daily=True)
        found.append({name: column.tolist() for name, column in metrics.items()})
    return found


def plain(trades: PolicyTrades) -> dict[str, Any]:
    """Columns of the trades; of fills what is there."""
    there = np.arange(trades.part.shape[1]) < trades.n_fills[:, None]
    columns = {f.name: getattr(trades, f.name) for f in fields(trades)}
    return {name: np.asarray(v)[there].tolist() if name in ("fill_ns", "part", "multiple") else np.asarray(v).tolist()
            for name, v in columns.items()}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CallsData:
    return market(tmp_path_factory.mktemp("market"), n_calls=90, n_assets=4, length=400, seed=7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("late", "at_zero", "other"),
    [(0, False, {}), (1, False, {"intrabar": "raise_first"}), (0, True, {"entry": "close", "target_gap": "open"})],
    ids=["base", "one candle late", "dead at zero"],
)
def test_a_policy_alone_and_beside_any_others(
    data: CallsData, tmp_path: Path, late: int, at_zero: bool, other: dict[str, Any]
) -> None:
    """The same bits, from the reading of candles on: windows, slices, warm-ups, the order of fills, the drawdown."""
    order = other.pop("intrabar", "stop_first")  # no choice of a plan
    fixed = {"calls": CallSettings(horizon="3h"), **other}
    beside = plan_on(data, tmp_path, policies=KINDS, **fixed)
    object.__setattr__(beside, "intrabar", order)
    fresh = replace(data, cache=str(tmp_path / "cache"))  # no slice of the grid's to read from
    seen = 0
    for i, policy in enumerate(KINDS[::3]):
        alone = replace(plan_on(fresh, tmp_path, policies=(policy,), **fixed))
        object.__setattr__(alone, "intrabar", order)
        one, many = (trades_of(plan, tmp_path / f"{i}{len(plan.policies)}", policy, late=late, at_zero=at_zero)
                     for plan in (alone, beside))  # fmt: skip
        assert repr(one) == repr(many)
        seen += len(one[0]["call"]) + len(one[2]["call"])
    assert seen > 150


@pytest.mark.slow
def test_a_longer_horizon_takes_calls_away_and_changes_no_trade(data: CallsData, tmp_path: Path) -> None:
    policy = read_policy({"hold": "10m", "sl": 0.95})
    plans = [plan_on(data, tmp_path, policies=(policy,), oos=OutOfSample(0), calls=CallSettings(horizon=horizon))
             for horizon in (None, "10m", "2h")]  # fmt: skip
    assert [plan.horizon_s for plan in plans] == [600, 600, 7200]
    first, second, third = (trades_of(p, tmp_path / str(i), policy)[0] for i, p in enumerate(plans))
    assert first == second
    assert 0 < len(third["call"]) < len(first["call"])
    place = {call: i for i, call in enumerate(first["call"])}
    for name in ("entry_ns", "exit_ns", "entry_price", "gross", "net", "reason", "adverse"):
        assert third[name] == [first[name][place[call]] for call in third["call"]]


def test_a_horizon_shorter_than_the_longest_hold_is_refused(data: CallsData, tmp_path: Path) -> None:
    policies = (read_policy({"hold": "10m"}), read_policy({"hold": "2h"}))
    with pytest.raises(ConfigError, match=r"calls\.horizon=1h: the grid holds up to 2h.*calls\.horizon=2h or more"):
        plan_on(data, tmp_path, policies=policies, calls=CallSettings(horizon="1h"))
    with pytest.raises(ConfigError, match=r"calls\.horizon=0: a horizon is at least 1s"):
        plan_on(data, tmp_path, policies=(read_policy({"sl": 0.9}),), calls=CallSettings(horizon=0))
    assert plan_on(data, tmp_path, policies=(read_policy({"sl": 0.9}),)).horizon_s == 48 * 3600


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_filling_gaps_forward_with_volume_0_changes_no_number(tmp_path: Path, seed: int) -> None:
    """Flat candles of the last price and no volume, wherever there was none, up to the end of the source."""
    given = market(tmp_path, n_assets=3, length=200, seed=seed)
    filled = fill_forward(given, tmp_path / "filled")
    one, two = (plan_on(d, tmp_path / name) for d, name in ((given, "one"), (filled, "two")))
    a, b = prepare(one), prepare(two)
    assert a.slice.digest(a.windows) == b.slice.digest(b.windows)
    for name in ("reason", "entry_ns", "entry_open", "present", "silent", "longest_gap_s", "source_end_ns"):
        assert getattr(a.coverage, name).tobytes() == getattr(b.coverage, name).tobytes()
    before, after = finished(given, one.run_dir), finished(filled, two.run_dir)
    assert bytes_of(one.run_dir) == bytes_of(two.run_dir)
    assert shown(before) == shown(after)
    dropped = [r.quality["zero_volume_dropped"] for r in (before, after)]
    assert 0 < dropped[0] < dropped[1]
    told = {name: (before.quality[name], after.quality[name]) for name in before.quality}
    assert {name for name, (x, y) in told.items() if x != y} <= {
        "rows", "zero_volume", "zero_volume_share", "zero_volume_dropped", "duplicates_share", "conflicts_share",
    }  # fmt: skip


def fill_forward(data: CallsData, folder: Path) -> CallsData:
    """The same market with a flat candle without volume in every minute that had none."""
    folder.mkdir()
    with duckdb.connect(str(data.duckdb), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        calls = connection.sql("FROM calls").to_arrow_table()
        candles = connection.sql(
            "SELECT asset, ts, coalesce(open, last) AS open, coalesce(high, last) AS high, coalesce(low, last) AS low, "
            "coalesce(close, last) AS close, coalesce(volume, 0) AS volume FROM ("
            "SELECT *, last_value(close IGNORE NULLS) OVER (PARTITION BY asset ORDER BY ts) AS last FROM ("
            "SELECT asset, unnest(range(min(ts), (SELECT max(ts) FROM candles) + INTERVAL 1 MINUTE, "
            "INTERVAL 1 MINUTE)) AS ts FROM candles GROUP BY asset) LEFT JOIN candles USING (asset, ts)) "
            "ORDER BY asset, ts"
        ).to_arrow_table()
    assert len(candles) > 1000
    return data_of(folder, calls, candles, bucket_rows=data.bucket_rows)


def test_an_asset_without_any_volume_keeps_its_candles_and_is_told_of(tmp_path: Path) -> None:
    candles = candle_rows({"NONE": range(300), "ZERO": range(300), "SOME": range(300)})
    volume = [None if a == "NONE" else 0.0 if a == "ZERO" or i % 2 else 5.0
              for i, a in enumerate(candles["asset"].to_pylist())]  # fmt: skip
    calls = call_rows(*(("a", name, 10) for name in ("NONE", "ZERO", "SOME")))
    data = data_of(tmp_path, calls, changed(candles, volume=pa.array(volume, pa.float64())))
    plan = plan_on(data, tmp_path, policies=(read_policy({"hold": "10m"}),), oos=OutOfSample(0))
    prepared = prepare(plan)
    held = 10 + 2 + 1  # the window's candles and the one behind it
    (block,) = prepared.slice.candles(prepared.windows)
    assert [rows.stop - rows.start for _, rows in block] == [held, held // 2 + 1, held]
    quality = prepared.slice.quality
    assert (quality["assets_without_volume"], quality["no_volume"]) == (2, held)
    assert quality["zero_volume"] == quality["zero_volume_dropped"] + held
    (note,) = [note for note in notes_of(prepared, []) if "no volume" in note]
    assert note.startswith("2 assets have no volume anywhere in the source")


def silent_across_the_split(folder: Path, prints_again: bool) -> CallsData:
    """GONE falls silent in minute 20 (and prints again in minute 400); others go on. The split is at minute 100."""
    at = [*range(20), *([400, 401] if prints_again else [])]
    calls = call_rows(("a", "GONE", 10), ("a", "LIVE", 12), ("a", "GONE", 15), ("a", "LIVE", 100))
    return data_of(folder, calls, candle_rows({"GONE": at, "LIVE": range(500)}))


@pytest.mark.slow
@pytest.mark.parametrize("prints_again", [False, True])
def test_in_training_the_source_ends_at_the_split(tmp_path: Path, prints_again: bool) -> None:
    """What comes behind the split changes nothing: it ends there, holds its slot until then, and may be worth zero."""
    data = silent_across_the_split(tmp_path, prints_again)
    policy = read_policy({"hold": "30m", "sl": 0.5})
    plan = plan_on(data, tmp_path, policies=(policy,), oos=OutOfSample(0.25))
    train, _, held, _ = trades_of(plan, tmp_path / "work", policy)
    assert train["reason"] == [Reason.END_OF_DATA, Reason.TIME, Reason.END_OF_DATA]
    assert train["exit_ns"][0] == minute(100)
    assert train["skip"] == [0, 0, 2]  # the asset was never given back before the split
    assert held["reason"] == [Reason.TIME]
    zero, *_ = trades_of(plan, tmp_path / "zero", policy, at_zero=True)
    assert zero["gross"][0] == 0
    assert zero["gross"][1] == train["gross"][1]


@pytest.mark.slow
def test_what_is_held_to_the_end_of_the_source_is_no_dead_asset(tmp_path: Path) -> None:
    """A policy without a time stop ends with the data; a token that prints to the last minute is not worth zero."""
    calls = call_rows(("a", "GONE", 10), ("a", "LIVE", 10), ("a", "VENDOR", 10))
    minutes = {"GONE": [*range(20), 25], "LIVE": range(200), "VENDOR": range(50)}
    file = tmp_path / "outages.yaml"
    file.write_text("- {asset: VENDOR, from: 2025-01-01T00:50:00, to: 2025-01-01T09:00:00}\n"
                    "- {from: 2025-01-01T01:00:00, to: 2025-01-01T01:05:00}\n")  # fmt: skip
    data = data_of(tmp_path, calls, candle_rows(minutes))
    policy = read_policy({"sl": 0.5})
    plan = plan_on(data, tmp_path, policies=(policy,), oos=OutOfSample(0), calls=CallSettings(horizon="1h"))
    plan = replace(plan, coverage=replace(plan.coverage, outages=str(file)))
    base, zero = (trades_of(plan, tmp_path / str(z), policy, at_zero=z)[0] for z in (False, True))
    assert base["reason"] == [Reason.END_OF_DATA] * 3
    assert base["exit_ns"] == [minute(200)] * 3
    assert min(base["gross"]) > 1
    assert zero["gross"] == [0, *base["gross"][1:]]


def test_late_means_one_candle_later_and_in_time(tmp_path: Path) -> None:
    """The next candle, if it begins at most one interval after the latest entry; sold as much later."""
    calls = call_rows(("a", "X", 10), ("a", "Y", 10))
    data = data_of(tmp_path, calls, candle_rows({"X": [10, 13, *range(40, 200)], "Y": [10, *range(14, 200)]}))
    policy = read_policy({"hold": "20m"})
    plan = plan_on(data, tmp_path, policies=(policy,), oos=OutOfSample(0))
    late = trades_of(plan, tmp_path / "late", policy, late=1)[0]
    assert late["call"] == [0]
    assert (late["entry_ns"], late["exit_ns"]) == ([minute(13)], [minute(40)])


def test_training_sees_nothing_behind_the_split_and_the_rest_nothing_behind_the_source(
    data: CallsData, tmp_path: Path
) -> None:
    plan = plan_on(data, tmp_path, policies=KINDS, calls=CallSettings(horizon="3h"))
    work, spec, store = worked(plan, tmp_path / "work")
    split = work.prepared.split
    assert split.split_ns is not None
    for part, end in ((TRAIN, split.split_ns), (HELD_OUT, int(work.prepared.coverage.source_end_ns.max()))):
        tables = store.gather(spec, np.flatnonzero(work.part == part)).tables
        assert tables.time.max() == end
