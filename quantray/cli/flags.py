"""Flags of sub-commands: each is sugar for exactly one key of the configuration, and says which in its help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from quantray.cli.readings import choice, many, named, number, numbers, one, seconds
from quantray.errors import ConfigError

Read = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Flag:
    """``--name VALUE`` for ``key=value``; without ``read`` it takes no value and says true.

    ``also`` are names by which other programs know it.
    """

    name: str
    key: str
    help: str
    metavar: str = ""
    read: Read | None = None
    also: tuple[str, ...] = ()

    def add_to(self, group: argparse._ArgumentGroup) -> None:
        """One more flag of the group; a key that is given twice, by whatever flags, is refused."""
        text = f"{self.help} [{self.key}]".strip()
        names = (self.name, *self.also)
        if self.read is None:
            group.add_argument(*names, dest=self.key, action=_Once, nargs=0, const="true", help=text)
        else:
            group.add_argument(*names, dest=self.key, action=_Once, metavar=self.metavar, type=self.read, help=text)


class _Once(argparse.Action):
    """Keeps a value, or refuses the second one: of two neither is dropped without a word."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:  # fmt: skip
        before = getattr(namespace, self.dest)
        value = self.const if self.nargs == 0 else values
        if before is not None:
            what = "twice" if self.nargs == 0 else f"twice, as {before} and {value}"
            raise argparse.ArgumentError(None, f"{option_string}: {self.dest} is given {what}; give it once")
        setattr(namespace, self.dest, value)


#: Which calls and candles.
DATA = (
    Flag("--duckdb", "data.duckdb", "file with the tables calls and candles", "FILE", one),
    Flag("--from", "data.from", "first UTC day of the calls", "DAY", one),
    Flag("--to", "data.to", "last UTC day of the calls, included", "DAY", one),
    Flag("--interval", "data.interval", "of the candles: 1m, 15m, …", "LENGTH", one),
    Flag("--interval-seconds", "data.interval", "the same in seconds", "N", seconds),
    Flag("--callers", "calls.callers", "only these: A,B or a JSON list", "A,B", many),
    Flag(
        "--caller-groups", "calls.groups",
        "only callers of these groups: names, YAML and JSON files, or callers where no group has that name",
        "G,H", named,
    ),
    Flag("--group-file", "calls.group_file", "says who belongs to a group", "FILE", one),
    Flag("--min-calls", "calls.min_per_caller", "leave out callers with fewer calls", "N", number),
    Flag("--chain", "calls.chain", "only calls on this chain", "NAME", one),
    Flag("--dedupe", "calls.dedupe_window", "a repeated call within it is one call: 1h", "LENGTH", one),
)  # fmt: skip
#: What is tried.
POLICY = (
    Flag("--policy", "policy", "which grid: v1, fixed, time, trailing, ladder, mixed, listed", "GRID", choice),
    Flag("--tp-mults", "policy.tp_mults", "targets, as multiples of the entry", "2,3,4", numbers),
    Flag("--sl-mults", "policy.sl_mults", "stops, as multiples of the entry", ".9,.95", numbers),
    Flag("--hold", "policy.hold", "longest time in a trade: 48h, or several: 1h,48h", "LENGTH", many),
)
#: At what cost, with which money, and what is looked for.
ACCOUNT = (
    Flag("--capital", "capital.initial", "of the account", "AMOUNT", number, ("--initial-capital",)),
    Flag(
        "--allocation", "capital.max_allocation_pct", "largest share of it in one trade", "SHARE", number,
        ("--max-allocation-pct",),
    ),
    Flag(
        "--risk", "capital.max_risk_per_trade", "largest loss of one trade", "AMOUNT", number,
        ("--max-risk-per-trade",),
    ),
    Flag("--fees", "fees", "standard or dear", "NAME", choice),
    Flag("--taker-fee-bps", "fees.taker_bps", "fee of each side, in basis points", "BPS", number, ("--taker-bps",)),
    Flag("--slippage-bps", "fees.slippage_bps", "lost to the book on each side, in basis points", "BPS", number),
    Flag("--objective", "objective", "what the best policy has most of", "NAME", choice),
    Flag("--mode", "mode", "per_caller, grouped or both", "NAME", choice),
    Flag("--filter-collapsed", "filter_collapsed", "the group leaves out callers whom no policy keeps above water"),
    Flag("--intrabar", "intrabar", "stop_first, target_first or both", "NAME", choice),
    Flag("--target-gap", "target_gap", "what a target pays that an open jumps: limit or open", "NAME", choice),
    Flag("--held-out", "oos.fraction", "last share of the calls, kept from the search", "SHARE", number),
)  # fmt: skip
#: Where it runs, and where its results go.
RUN = (
    Flag("--runner", "runner", "ray or local", "NAME", choice),
    Flag("--workers", "runner.workers", "how many processes", "N", number),
    Flag("--run-dir", "run_dir", "where results go", "DIR", one, ("--out-dir",)),
    Flag("--name", "study.name", "of the study", "NAME", one),
    Flag("--fresh", "fresh", "start over"),
)
#: Of the alert baseline: what is about calls, its own settings, and where it runs.
BASELINE = (
    *DATA,
    Flag("--horizon", "calls.horizon", "how far a call is followed: 48h", "LENGTH", one),
    Flag("--tp", "baseline.tp", "target of the simple trade, a multiple of the entry", "MULTIPLE", number),
    Flag("--sl", "baseline.sl", "stop of the simple trade, a multiple of the entry", "MULTIPLE", number),
    *(flag for flag in ACCOUNT if flag.key.startswith("fees")),
    *RUN,
)


def add(parser: argparse.ArgumentParser, flags: Iterable[Flag]) -> None:
    """The flags in a group of their own, and the overrides they are sugar for."""
    group = parser.add_argument_group("flags, each for one key")
    for flag in flags:
        flag.add_to(group)
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="any key of the configuration")


def overrides(args: argparse.Namespace, experiment: str, flags: Iterable[Flag]) -> list[str]:
    """What was typed as the lines that ``python -m quantray.run`` takes.

    ConfigError where a flag and a ``key=value`` set one key.
    """
    given, typed = vars(args), {line.partition("=")[0].lstrip("+"): line for line in args.overrides}
    lines = {flag.key: f"{flag.key}={given[flag.key]}" for flag in flags if given.get(flag.key) is not None}
    for key in lines:
        if key in typed:
            raise ConfigError(f"{typed[key]}: {key} is given by a flag too, as {given[key]}; give it once")
    named = "experiment" in typed
    return [*([] if named else [f"+experiment={experiment}"]), *lines.values(), *args.overrides]
