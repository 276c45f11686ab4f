"""The verdict of whole runs on the synthetic market, seed by seed: does it hold there what was calibrated on nets?

    python scripts/calibrate_full.py --edge 0 1 2 --seeds 10

Every study is a run of its own: its market is made, the whole table of the options sweep is evaluated on the searched
sessions, and its verdict is read. Results are kept one by one in --results (JSON): a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from quantray.api import load_sweep, sweep  # noqa: E402


def study(edge: float, seed: int, n_sessions: int, overrides: list[str]) -> dict[str, Any]:
    """The word on one market, and what led to it."""
    with tempfile.TemporaryDirectory() as folder:
        plan = load_sweep(
            "+experiment=options_table", f"data.synthetic.edge={edge}", f"data.synthetic.seed={seed}",
            f"data.synthetic.sessions={n_sessions}", f"run_dir={folder}/run", "mirror.enabled=false",
            *overrides,
        )  # fmt: skip
        results = sweep(plan).results
    said, pick = results.verdict, results.pick
    found = {
        "edge": edge, "seed": seed, "word": str(said.word), "survivors": said.figures.get("n_survivors"),
        "family": said.figures.get("n_candidates"), "more": results.more_sessions,
    }  # fmt: skip
    if pick is None:
        return found
    return {
        **found, "value": pick.value, "held_out_value": None if pick.outside is None else pick.outside.value,
        "trades": pick.metrics["n_trades"], "held_out_trades": None if pick.oos is None else pick.oos["n_trades"],
        "p": said.figures.get("held_out_p"), "failing": [c.name for c in said.checks if c.decides and not c.passed],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edge", type=float, nargs="+", default=[0.0, 1.0, 2.0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--results", type=Path, default=ROOT / "outputs" / "calibration_full.json")
    parser.add_argument("overrides", nargs="*", help="of the run: space.cooldown_period_seconds=[60], ...")
    asked = parser.parse_args()
    made: list[dict[str, Any]] = json.loads(asked.results.read_text("utf-8")) if asked.results.exists() else []
    asked.results.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(asked.first, asked.first + asked.seeds):
        for edge in asked.edge:
            if any((m["edge"], m["seed"]) == (edge, seed) for m in made):
                continue
            began = time.monotonic()
            made.append(study(edge, seed, asked.sessions, asked.overrides))
            print(f"{time.monotonic() - began:.0f} s", made[-1], flush=True)
            asked.results.write_text(json.dumps(made), "utf-8")


if __name__ == "__main__":
    main()
