"""The verdict on whole tables of the synthetic market, seed by seed: does the calibration by simulated nets hold there?

    python scripts/calibrate_full.py --edge 0 1 2 --seeds 10 --results outputs/calibration_full.json

Every study makes its market, evaluates the whole table of the options sweep on the searched sessions, and judges it as
a run does. Results are kept, one by one: a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from quantray.api import load_slice, load_sweep  # noqa: E402
from quantray.stats.held_out import standard_error  # noqa: E402
from quantray.stats.neighbours import neighbours  # noqa: E402
from quantray.stats.pick import choose  # noqa: E402
from quantray.stats.survivors import survivors  # noqa: E402
from quantray.stats.verdict import Evidence, verdict  # noqa: E402
from quantray.sweeps.grid.points import surface  # noqa: E402
from quantray.sweeps.scores import sample  # noqa: E402


def study(edge: float, seed: int, n_sessions: int) -> dict[str, Any]:
    """The word on one market, and what led to it."""
    plan = load_sweep(
        "+experiment=options_table", f"data.synthetic.edge={edge}", f"data.synthetic.seed={seed}",
        f"data.synthetic.sessions={n_sessions}",
    )  # fmt: skip
    train, held = load_slice(plan, "search"), load_slice(plan, "held_out")
    exact = surface(plan, train)
    rows = np.flatnonzero(~np.isnan(exact.values))
    nets, values = exact.session_net[rows], exact.values[rows]
    found = survivors(nets, seed=plan.seed)

    def around(i: int) -> np.ndarray:
        near = neighbours(plan.space, plan.space.point(int(rows[i])))
        return np.array([exact.values[plan.space.number(near.params(j))] for j in range(len(near))] if near else [])

    def spread(i: int) -> float:
        t = sample(plan, train, plan.space.point(int(rows[i]))).trades
        net, risk = (np.bincount(t.session, x, len(train)) for x in (t.net, t.risk))
        return (
            standard_error(lambda u: float(net[u].sum() / risk[u].sum()) if risk[u].any() else np.nan, len(train)) * 100
        )

    pick = choose(
        values, nets, found, allowed=np.ones(len(rows), bool), n_out=len(held), neighbours=around, spread=spread
    )
    common = {"n_held_out": len(held), "quotes": train.has_quotes, "quality": train.quality, "seed": plan.seed}
    if pick is None:
        said = verdict(Evidence(found, **common))
        return {"edge": edge, "seed": seed, "word": str(said.word), "survivors": 0, "family": len(rows)}
    params = plan.space.point(int(rows[pick.number]))
    inside, outside = sample(plan, train, params), sample(plan, held, params)
    net = np.bincount(outside.trades.session, outside.trades.net, len(held)).astype(float)
    said = verdict(
        Evidence(found, pick, nets[pick.number], net, family=nets.mean(axis=0), metrics=inside.metrics, **common)
    )
    return {
        "edge": edge, "seed": seed, "word": str(said.word), "survivors": int(found.mask.sum()), "family": len(rows),
        "rule": str(pick.rule), "value": pick.value, "held_out_value": outside.value,
        "trades": inside.metrics["n_trades"], "held_out_trades": outside.metrics["n_trades"],
        "p": said.figures["held_out_p"], "failing": [c.name for c in said.checks if c.decides and not c.passed],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edge", type=float, nargs="+", default=[0.0, 1.0, 2.0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--results", type=Path, default=ROOT / "outputs" / "calibration_full.json")
    asked = parser.parse_args()
    made: list[dict[str, Any]] = json.loads(asked.results.read_text("utf-8")) if asked.results.exists() else []
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(asked.first, asked.first + asked.seeds):
        for edge in asked.edge:
            if any((m["edge"], m["seed"]) == (edge, seed) for m in made):
                continue
            began = time.monotonic()
            made.append(study(edge, seed, asked.sessions))
            print(f"{time.monotonic() - began:.0f} s", made[-1], flush=True)
            asked.results.write_text(json.dumps(made), "utf-8")


if __name__ == "__main__":
    main()
