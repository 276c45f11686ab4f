"""What ``quantray data check`` finds and where it is mistaken: ``python scripts/check_corruptions.py [--real DIR]``.

Each check meets a corruption at several strengths, on a clean synthetic market or on clean synthetic calls, and the
clean data of several seeds, and the real data of a folder where one is given. Prints the tables of docs/data_check.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from quantray.callers.data.checks import check_calls
from quantray.callers.data.settings import CallsData, CallSettings
from quantray.callers.data.settings import Gates as CallGates
from quantray.files.findings import Checked, Severity
from quantray.sweeps.data.checks import check_market
from quantray.sweeps.data.settings import DataSettings, Gates
from tests.builders.corruptions import CALLS, MARKET, Corruption, Frames, calls, checked, finding, is_found, market


def detection(corruption: Corruption, frames: Frames, clean: Checked, folder: Path, seeds: int) -> str:
    """A row of the table: of each strength, how often it was found and how grave it was called."""
    cells = []
    for strength in corruption.strengths:
        found, severities = 0, Counter[str]()
        for seed in range(seeds):
            made = checked(
                corruption.make(frames, strength, np.random.default_rng(seed)),
                folder / "made",
                (frames, folder / "clean"),
            )
            if is_found(clean, made, corruption):
                found += 1
                severities[finding(made, corruption).severity.value] += 1
        told = max(severities, key=lambda s: severities[s]) if severities else "not found"
        cells.append(f"{strength:g}: {told}" + (f" ({found} of {seeds})" if 0 < found < seeds else ""))
    return f"| {corruption.name} | {corruption.unit} | {'; '.join(cells)} |"


def real(folder: Path) -> dict[str, Checked]:
    """The real data that lies in the folder."""
    minutes = {"underlying": str(folder / "underlying_1m.parquet"), "options": str(folder / "option_quotes_1m.parquet")}
    asked = {
        "GOOG, minutes and options, 2015": DataSettings("parquet", **minutes, symbol="GOOG"),
        "SPY, minutes and options, 2023-08-03": DataSettings("parquet", **minutes, symbol="SPY", from_="2023-08-03"),
        "SPY, minutes, 2013": DataSettings("parquet", underlying=minutes["underlying"], symbol="SPY", to="2013-10-11"),
        "SPY, seconds, 2013": DataSettings("parquet", underlying=str(folder / "spy_trades_1s.parquet")),
    }
    found = {name: check_market(settings, Gates()) for name, settings in asked.items()}
    data = CallsData(
        "parquet", calls=str(folder / "rule_calls.parquet"), candles=str(folder / "crypto_candles_1m.parquet")
    )
    found["12 perpetuals, minutes, and calls of rules, 2025"] = check_calls(data, CallSettings(), CallGates())
    return found


def alarm(name: str, found: Checked) -> str:
    """A row of the table of clean data."""
    told = [f"{f.table}: {f.check}" for f in found.findings if f.severity in (Severity.ERROR, Severity.WARNING)]
    counts = " | ".join(str(found.number(s)) for s in (Severity.ERROR, Severity.WARNING, Severity.NOTE))
    return f"| {name} | {len(found.findings)} | {counts} | {', '.join(told)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="folder of the real data")
    parser.add_argument("--only", default="", help="checks whose name holds this alone")
    parser.add_argument("--seeds", type=int, default=3, help="times each corruption is drawn, and clean sets of a kind")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name), str(Path(name) / "cache")
        print("| check | strength | found as |\n|---|---|---|")
        for make, corruptions in ((market, MARKET), (calls, CALLS)):
            frames = make(cache, sessions=5) if make is market else make(cache)
            clean = checked(frames, folder / "clean")
            for corruption in (c for c in corruptions if args.only in c.name):
                print(detection(corruption, frames, clean, folder, args.seeds), flush=True)
        print("\n| clean data | checks | errors | warnings | notes | warned of |\n|---|---|---|---|---|---|")
        for seed in range(args.seeds):
            print(alarm(f"synthetic market, seed {seed}", checked(market(cache, sessions=4, seed=seed), folder / "m")))
            print(alarm(f"synthetic calls, seed {seed}", checked(calls(cache, seed=seed), folder / "c")), flush=True)
        for title, found in real(args.real).items() if args.real else ():
            print(alarm(title, found))


if __name__ == "__main__":
    main()
