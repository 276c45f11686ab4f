"""Flags of sub-commands: each is sugar for exactly one key of the configuration, and says which in its help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from quantray.config.composition import quoted
from quantray.durations import written
from quantray.errors import near_miss

Read = Callable[[str], str]


def one(text: str) -> str:
    """A text, as Hydra's grammar writes it."""
    return quoted(text)


def choice(text: str) -> str:
    """A choice of a group, or one word of several: what is no word is left for the configuration to refuse."""
    return text if text.replace("_", "").replace("/", "").isalnum() else quoted(text)


def many(text: str) -> str:
    """Texts between commas."""
    return f"[{','.join(quoted(item.strip()) for item in text.split(',') if item.strip())}]"


def number(text: str) -> str:
    """A number, given as it is written."""
    float(text)
    return text


def numbers(text: str) -> str:
    """Numbers between commas; ``none`` is the level that leaves a part out."""
    items = [item.strip() for item in text.split(",")]
    return f"[{','.join('null' if item.lower() == 'none' else number(item) for item in items)}]"


def interval(text: str) -> str:
    """Whole seconds of a candle, as an interval is written."""
    return quoted(written(int(text)))


@dataclass(frozen=True, slots=True)
class Flag:
    """``--name VALUE`` for ``key=value``; without ``read`` it takes no value and says true."""

    name: str
    key: str
    help: str
    metavar: str = ""
    read: Read | None = None

    def add_to(self, parser: argparse._ArgumentGroup) -> None:
        text = f"{self.help} [{self.key}]".strip()
        if self.read is None:
            parser.add_argument(self.name, dest=self.key, action="store_const", const="true", help=text)
        else:
            parser.add_argument(self.name, dest=self.key, metavar=self.metavar, type=self.read, help=text)


DATA = (
    Flag("--duckdb", "data.duckdb", "file with the tables calls and candles", "FILE", one),
    Flag("--from", "data.from", "first UTC day of the calls", "DAY", one),
    Flag("--to", "data.to", "last UTC day of the calls, included", "DAY", one),
    Flag("--interval", "data.interval", "of the candles: 1m, 15m, …", "LENGTH", one),
    Flag("--callers", "calls.callers", "only these", "A,B", many),
    Flag("--caller-groups", "calls.groups", "only callers of these groups: names, or YAML and JSON files", "G,H", many),
    Flag("--group-file", "calls.group_file", "says who belongs to a group", "FILE", one),
    Flag("--min-calls", "calls.min_per_caller", "leave out callers with fewer calls", "N", number),
    Flag("--chain", "calls.chain", "only calls on this chain", "NAME", one),
    Flag("--dedupe", "calls.dedupe_window", "a repeated call within it is one call: 1h", "LENGTH", one),
    Flag("--policy", "policy", "which grid: v1, fixed, time, trailing, ladder, mixed, listed", "GRID", choice),
    Flag("--tp-mults", "policy.tp_mults", "targets, as multiples of the entry", "2,3,4", numbers),
    Flag("--sl-mults", "policy.sl_mults", "stops, as multiples of the entry", ".9,.95", numbers),
    Flag("--hold", "policy.hold", "longest time in a trade: 48h, or several: 1h,48h", "LENGTH", many),
)
RUN = (
    Flag("--capital", "capital.initial", "of the account", "AMOUNT", number),
    Flag("--allocation", "capital.max_allocation_pct", "largest share of it in one trade", "SHARE", number),
    Flag("--risk", "capital.max_risk_per_trade", "largest loss of one trade", "AMOUNT", number),
    Flag("--fees", "fees", "standard or dear", "NAME", choice),
    Flag("--objective", "objective", "what the best policy has most of", "NAME", choice),
    Flag("--mode", "mode", "per_caller, grouped or both", "NAME", choice),
    Flag("--filter-collapsed", "filter_collapsed", "the group leaves out callers whom no policy keeps above water"),
    Flag("--intrabar", "intrabar", "stop_first, target_first or both", "NAME", choice),
    Flag("--target-gap", "target_gap", "what a target pays that an open jumps: limit or open", "NAME", choice),
    Flag("--held-out", "oos.fraction", "last share of the calls, kept from the search", "SHARE", number),
    Flag("--runner", "runner", "ray or local", "NAME", choice),
    Flag("--workers", "runner.workers", "how many processes", "N", number),
    Flag("--run-dir", "run_dir", "where results go", "DIR", one),
    Flag("--name", "study.name", "of the study", "NAME", one),
    Flag("--fresh", "fresh", "start over"),
)


#: Of the alert baseline: what is about calls, and where it runs.
BASELINE = (
    *(flag for flag in DATA if not flag.key.startswith("policy")),
    Flag("--interval-seconds", "data.interval", "the same in seconds", "N", interval),
    Flag("--horizon", "calls.horizon", "how far a call is followed: 48h", "LENGTH", one),
    Flag("--tp", "baseline.tp", "target of the simple trade, a multiple of the entry", "MULTIPLE", number),
    Flag("--sl", "baseline.sl", "stop of the simple trade, a multiple of the entry", "MULTIPLE", number),
    Flag("--fees", "fees", "standard or dear", "NAME", choice),
    Flag("--out-dir", "run_dir", "where results go", "DIR", one),
    *(flag for flag in RUN if flag.key in ("runner", "runner.workers", "run_dir", "study.name", "fresh")),
)


class Parser(argparse.ArgumentParser):
    """Answers a wrong flag with the near miss instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        _, found, wrong = message.partition("unrecognized arguments: ")
        flag = wrong.split()[0].partition("=")[0] if found else ""
        if flag.startswith("--"):
            known = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
            message = near_miss(flag, known, what="flag")
        self.exit(2, f"error: {message}\n")


def add(parser: argparse.ArgumentParser, flags: Sequence[Flag]) -> None:
    """The flags in a group of their own, and the overrides they are sugar for."""
    group = parser.add_argument_group("flags, each for one key")
    for flag in flags:
        flag.add_to(group)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="any key of the configuration")


def overrides(args: argparse.Namespace, experiment: str, flags: Sequence[Flag]) -> list[str]:
    """What was typed as the lines that ``python -m quantray.run`` takes; what stands as ``key=value`` comes last."""
    given = vars(args)
    lines = [f"{flag.key}={given[flag.key]}" for flag in flags if given.get(flag.key) is not None]
    named = any(line.lstrip("+").startswith("experiment=") for line in args.overrides)
    return [*([] if named else [f"+experiment={experiment}"]), *dict.fromkeys(lines), *args.overrides]
