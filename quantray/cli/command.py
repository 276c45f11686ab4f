"""``quantray VERB …`` (also ``python -m quantray VERB …``): which file knows a verb, and what it does, in a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from quantray.cli.exits import DONE, attended, guarded
from quantray.cli.verbs import Verb, Work, work_of

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


def _family(module: str, *words: str) -> Callable[[Sequence[str]], Work]:
    """Parses with ``quantray.cli.<module>``, which is imported when one of its verbs is asked for."""

    def parse(given: Sequence[str]) -> Work:
        family: Callable[[Sequence[str]], Work] = import_module(f"quantray.cli.{module}").parse
        return family([*words, *given])

    return parse


VERBS = {
    "run": Verb("run a sweep, or an experiment about callers: python -m quantray.run", _family("run")),
    "launch": Verb("run a sweep with several drivers, and wait for all of them", _family("launch")),
    "v1-baseline": Verb("run +experiment=v1_baseline by flags", _family("backtest", "v1-baseline")),
    "caller-policies": Verb("run +experiment=caller_policies by flags", _family("backtest", "caller-policies")),
    "baseline": Verb("run +experiment=alert_baseline by flags", _family("backtest", "baseline")),
    "backtest": Verb("these three by another name: backtest v1-baseline", _family("backtest")),
    "open": Verb("look at a finished run about callers on the screens of --tui", _family("open")),
    "calls": Verb("look at calls and their candles, stage by stage", _family("calls")),
    "import-results": Verb(
        "take JSON or CSV results of other tools into a DuckDB file, beside one's own", _family("imports")
    ),
    "doctor": Verb("check the installation, and the configuration's data and database", _family("doctor")),
    "study": Verb("list, show, export, plot and delete stored studies", _family("study")),
}
