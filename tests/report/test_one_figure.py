"""The same figure is told in one way: page, terminal, summary and tables of real runs against the data themselves."""

from __future__ import annotations

import html as escapes
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from quantray.callers.report.printout import ending as callers_ending
from quantray.callers.results import GROUP
from quantray.callers.study import optimise
from quantray.config.plans import load_plan
from quantray.report.words import label, number
from quantray.sweeps.report.printout import ending
from quantray.sweeps.study import sweep

SWEEP = ("+experiment=options_sweep", "runner=local", "data.synthetic.sessions=5", "mirror.enabled=false")
SMALL = (
    "space.entry_window=['9:30-15:45']",
    "space.stretch_threshold=[0.001,0.002]",
    "space.stop_loss_percent=[-50,-100]",
    "space.cooldown_period_seconds=[60]",
    "space.reclaim_percentage=[0.5,0.8]",
)
PLANTED = (
    "data.synthetic.sessions=24", "data.synthetic.edge=4", "search=exhaustive", "space.entry_window=['9:30-15:45']",
    "space.stretch_threshold=[0.002,0.003]", "space.stop_loss_percent=[-50,-100]", "space.take_profit_percent=[50,100]",
    "space.cooldown_period_seconds=[180,300]", "space.reclaim_percentage=[0.5,0.7]",
    "space.option_selection_mode=[itm]", "report.top=5",
)  # fmt: skip
SWEEPS = {
    "sampled": ("search.n_trials=40", "report.surface_max_points=1"),
    "an edge": PLANTED,
    "sampled beside its table": (*SMALL, "search.n_trials=40"),
    "a sampler of the user": (*SMALL, "search.n_trials=20", "+search.sampler._target_=optuna.samplers.RandomSampler"),
    "exhaustive": (*SMALL, "search=exhaustive", "report.top=5", "mirror.max_trials=30"),
    "too few trades": (*SMALL, "search.n_trials=20", "constraints.min_trades=5000", "search.max_attempts=30"),
    "nothing feasible": (*SMALL, "search.n_trials=20", "constraints.min_total_pnl=1e9"),
}
CALLERS = ("+experiment=v1_baseline", "runner=local")
MODES = {
    "callers": ("mode=per_caller", "capital=fixed"),
    "grouped": ("mode=grouped", "capital=fixed", "capital.max_positions=2"),
    "both": ("mode=both", "capital=fixed"),
    "no account": ("mode=per_caller", "capital=unlimited", "objective=captured_return"),
}


class Told:
    """What a run says: its page as tiles, rows and text, its terminal, its summary."""

    def __init__(self, study: Any, screen: Any) -> None:
        page = study.files["report.html"].read_text(encoding="utf-8")
        self.summary = json.loads(study.files["summary.json"].read_text())
        self.tiles = {
            _plain(title): (_plain(figure), _plain(small))
            for title, figure, small in re.findall(
                r'<div class="tile"><p>(.*?)</p><strong>(.*?)</strong><small>(.*?)</small>', page
            )
        }
        self.rows = {}
        row = r'<tr[^>]*><th scope="row">(.*?)</th>((?:<td[^>]*>.*?</td>)+)</tr>'
        for name, cells in re.findall(row, page, re.DOTALL):
            found = [_plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)]
            self.rows.setdefault(_plain(name), found)
        self.page = _plain(page)
        out = io.StringIO()
        Console(file=out, width=1000, color_system=None).print(screen)
        self.terminal = " ".join(out.getvalue().split())


def _plain(text: str) -> str:
    return " ".join(escapes.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def count(text: str) -> int:
    return int(text.replace(",", ""))


@cache
def swept(kind: str, folder: Path) -> tuple[Any, Told]:
    study = sweep(load_plan(*SWEEP, *SWEEPS[kind], f"run_dir={folder}"))
    return study, Told(study, ending(study.results, study.files))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures")


@pytest.mark.slow
@pytest.mark.parametrize("kind", SWEEPS)
def test_counts_of_a_sweep(kind: str, folder: Path):
    study, told = swept(kind, folder / kind.replace(" ", "_"))
    table = study.plan.search.kind == "exhaustive"
    if table:
        parts = [pq.read_table(p).to_pandas() for p in sorted((study.plan.run_dir / "surface").glob("*.parquet"))]
        state = pandas.concat(parts)["state"].astype(str)
    else:
        state = pandas.read_parquet(study.files["trials.parquet"])["state"]
    n = {name: int((state == name).sum()) for name in ("COMPLETE", "PRUNED", "FAIL")}
    words = {"completed": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}
    for word, name in words.items():
        assert count(told.rows[word][0]) == n[name] == told.summary[f"n_{word}"]
        assert f"{n[name]:,} {word}" in told.terminal
    assert count(told.rows["attempts"][0]) == len(state) == told.summary["n_attempts"]
    assert sum(r["n"] for r in told.summary["reasons"]) == n["PRUNED"] + n["FAIL"]
    listed = len(pandas.read_parquet(study.files["trials.parquet"]))
    said = re.search(r"trials.parquet (every trial|the best ([\d,]+) of its points)", told.terminal)
    assert said is not None
    assert listed == (count(said[2]) if said[2] else len(state))
    top = len(pandas.read_csv(study.files["top_trials.csv"]))
    assert f"top_trials.csv {f'the best {top:,} trials' if top else 'no trial'}" in told.terminal


@pytest.mark.slow
@pytest.mark.parametrize("kind", SWEEPS)
def test_figures_of_the_best_of_a_sweep(kind: str, folder: Path):
    study, told = swept(kind, folder / kind.replace(" ", "_"))
    r = study.results
    if r.best is None:
        assert told.summary["best"] is None
        assert told.summary["verdict"]["headline"] in told.page
        assert told.summary["verdict"]["headline"] in told.terminal
        return
    shown, key = r.shown, "pick" if r.pick else "best"
    net = shown.inside.trades.net
    assert told.tiles["total net"] == (number(float(shown.outside.trades.net.sum())),
                                       f"{len(shown.outside.trades)} trades held out")  # fmt: skip
    assert told.rows["total net"][0] == number(float(net.sum()))
    assert count(told.rows["trades"][0]) == len(net) == told.summary[key]["metrics"]["n_trades"]
    assert told.summary[key]["oos"]["metrics"]["n_trades"] == len(shown.outside.trades)
    rows = pandas.read_csv(study.files["trades.csv"])
    rows = rows[rows["candidate"] == shown.name]
    for part, made, at in (("searched", shown.inside, 0), ("held out", shown.outside, 3)):
        mine = rows[rows["part"] == part]
        assert len(mine) == len(made.trades) == told.summary["trades"]["candidates"][shown.name][part.replace(" ", "_")]
        total = [f"{len(mine):,}", number(float(made.trades.net.sum()))]
        assert told.rows["all"][1 + at : 3 + at] == total if len(mine) else ["0", "–"]
        assert number(float(mine["net"].sum())) == number(float(made.trades.net.sum()))
        fall = made.metrics["max_drawdown"]
        assert not fall or f"largest drawdown {number(fall)}" in told.page
    assert told.summary["best"]["value"] == r.best.value
    metrics = told.summary[key]["metrics"]
    assert sum(n for name, n in metrics.items() if name.startswith("exits_")) == len(net)
    tested = told.summary["survivors"]["n_candidates"]
    for said in (told.terminal, told.page):
        counts = re.findall(r"[Oo]f (\d[\d,]*) candidates (?:survive|nothing|looks)", said)
        assert {count(n) for n in counts} <= {tested}
    assert told.summary["verdict"]["figures"]["n_candidates"] == tested


@pytest.mark.slow
@pytest.mark.parametrize("kind", SWEEPS)
def test_survivors_are_told_once(kind: str, folder: Path):
    """The table of survivors, the counts by level, page, terminal and summary tell of the same ones."""
    study, told = swept(kind, folder / kind.replace(" ", "_"))
    kept = pandas.read_parquet(study.files["survivors.parquet"])
    n, pick = told.summary["n_survivors"], told.summary["pick"]
    assert len(kept) == n
    assert (pick is None) == (n == 0)
    if told.summary["survivors"] is None:
        assert study.results.best is None
        return
    pandas.testing.assert_frame_equal(study.survivors(), kept, check_dtype=False)
    for name, levels in told.summary["survivors"]["levels"].items():
        assert sum(level["n_survivors"] for level in levels) == n
        assert sum(level["n"] for level in levels) == told.summary["survivors"]["n_candidates"]
        assert {str(level["level"]): level["n_survivors"] for level in levels if level["n_survivors"]} == {
            str(level): int(m) for level, m in kept[name].value_counts().items()
        }
    if pick is None:
        assert f"the {n:,} survivors" not in told.terminal
        return
    assert f"the {n:,} survivors" in told.terminal
    row = kept.set_index("number").loc[pick["number"]]
    assert row["value"] == pick["value"] == study.pick.value
    assert row["statistic"] == pick["statistic"] > told.summary["survivors"]["critical"]
    assert row["n_trades"] == pick["metrics"]["n_trades"] == len(study.pick.inside.trades)
    assert (
        f"Pick: {'point' if told.summary['survivors']['whole_table'] else 'trial'} {pick['number']:,}" in told.terminal
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", SWEEPS)
def test_held_out_values_are_those_of_pick_and_peak_alone(kind: str, folder: Path):
    study, told = swept(kind, folder / kind.replace(" ", "_"))
    assert "top_oos" not in told.summary
    assert "oos" not in " ".join(pandas.read_csv(study.files["top_trials.csv"]).columns)
    shown = re.search(r"The better candidates (.*?) How each", told.page)
    assert shown is None or "held out" not in shown[1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", SWEEPS)
def test_how_it_was_searched_and_what_matters(kind: str, folder: Path):
    study, told = swept(kind, folder / kind.replace(" ", "_"))
    name = told.summary["search"]["chosen_by"]
    assert told.rows["chosen by"][0] == name
    assert f"{name}, {study.results.counts.attempts:,} candidates" in told.page
    assert name == {"tpe": "StaticTPE (search=tpe)", "exhaustive": "exhaustive"}[study.plan.search.kind] or (
        name == "RandomSampler (search.sampler)" and study.plan.search.sampler
    )
    surface = told.summary["surface"]
    for parameter, weight in (surface or {}).get("importance", {}).items():
        assert f"{label(parameter)} {100 * weight:.0f} %" in told.page


@cache
def optimised(mode: str, folder: Path) -> tuple[Any, Told]:
    study = optimise(load_plan(*CALLERS, *MODES[mode], f"run_dir={folder}", f"data.cache={folder}/cache"))
    return study, Told(study, callers_ending(study.results, study.files, 1000))


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_executed_and_skipped_calls_of_callers(mode: str, folder: Path):
    study, told = optimised(mode, folder / f"callers_{mode.replace(' ', '_')}")
    rows = pandas.read_parquet(study.files["trades.parquet"])
    if mode != "grouped":
        rows = rows[rows["unit"] != GROUP]
    executed, skipped = rows[rows["skipped"] == ""], rows[rows["skipped"] != ""]
    eligible = study.results.coverage.counts["eligible"]
    assert count(told.tiles["trades executed"][0]) == len(executed) == told.summary["trades"]["executed"]
    assert count(told.tiles["calls skipped"][0]) == len(skipped) == sum(told.summary["trades"]["skipped"].values())
    assert f"of {eligible:,} eligible calls" in told.tiles["trades executed"][1]
    assert f"{len(executed):,} trades executed, {len(skipped):,} call" in told.terminal
    assert f"{eligible:,} eligible calls" in told.terminal
    by_reason = skipped["skipped"].value_counts()
    for name, n in told.summary["trades"]["skipped"].items():
        assert n == by_reason.get(name.removeprefix("skipped_"), by_reason.get(name, -1))
    assert told.summary["trades"]["neither"] == eligible - len(executed) - len(skipped) >= 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_the_account_and_the_sum_of_all_calls_are_told_apart(mode: str, folder: Path):
    study, told = optimised(mode, folder / f"callers_{mode.replace(' ', '_')}")
    rows = pandas.read_parquet(study.files["trades.parquet"])
    for name, unit in told.summary["units"].items():
        best, verdict = unit["best"], unit["verdict"]
        if best is None or verdict is None:
            continue
        for part, key in (("train", "train_metrics"), ("held_out", "held_out_metrics")):
            mine = rows[(rows["unit"] == name) & (rows["part"] == part) & (rows["skipped"] == "")]
            metrics = best[key] or {}
            assert len(mine) == (metrics.get("n_trades") or 0)
            final = metrics.get("final_capital")
            if final is None:
                continue
            change = final - study.plan.account.initial
            assert np.isclose(mine["pnl"].sum(), change, atol=1e-6)
            check = next((c for c in verdict["checks"] if c["name"] ==
                          ("earns after costs" if part == "train" else "out of sample")), None)  # fmt: skip
            if check is not None and check["value"] is not None and len(mine):
                verb = "gained" if change > 0 else "lost"
                assert (
                    f"with the {len(mine):,} trades that it could make, {verb} {abs(change):,.2f}" in check["sentence"]
                )
                contradicts = check["value"] > 0 and "does not earn" in check["sentence"]
                assert not contradicts
        assert "session" not in " ".join(c["sentence"] for c in verdict["checks"])
