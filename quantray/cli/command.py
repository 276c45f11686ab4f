"""``quantray VERB …`` (also ``python -m quantray VERB …``): which file knows a verb, and what it does, in a line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from quantray.cli.exits import DONE, attended, guarded
from quantray.cli.verbs import Verb, Work, family, work_of

ABOUT = "Search trading strategies on market data, and policies for calls, honestly."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    with attended(given):
        return guarded(lambda: parsed(given)())


def parsed(given: Sequence[str]) -> Work:
    """The work that a command line asks for; ConfigError where it cannot be understood."""
    return work_of("quantray", ABOUT, VERBS, given, {"--version": _version})


def _version() -> int:
    from quantray import __version__

    print(f"quantray {__version__}")
    return DONE


VERBS = {
    "run": Verb("run a sweep, or an experiment about callers: python -m quantray.run", family("run")),
    "launch": Verb("run a sweep with several drivers, and wait for all of them", family("launch")),
    "v1-baseline": Verb("run +experiment=v1_baseline by flags", family("backtest", "v1-baseline")),
    "caller-policies": Verb("run +experiment=caller_policies by flags", family("backtest", "caller-policies")),
    "baseline": Verb("run +experiment=alert_baseline by flags", family("backtest", "baseline")),
    "backtest": Verb("these three by another name: backtest v1-baseline", family("backtest")),
    "open": Verb("look at a finished run about callers on the screens of --tui", family("open")),
    "calls": Verb("look at calls and their candles, stage by stage", family("calls")),
    "import-results": Verb(
        "take JSON or CSV results of other tools into a DuckDB file, beside one's own", family("imports")
    ),
    "data": Verb("take data as vendors and tools write it into a DuckDB file, and check it", family("data")),
    "strategy": Verb("look at your own strategy before a run trusts it: strategy check", family("strategy")),
    "doctor": Verb("check the installation, and the configuration's data and database", family("doctor")),
    "track": Verb("tell an experiment tracker (MLflow) of a finished run", family("track")),
    "study": Verb("list, show, export, plot and delete stored studies", family("study")),
}
