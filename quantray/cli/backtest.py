"""``quantray v1-baseline``, ``caller-policies`` and ``baseline``: experiments about callers, by flags instead of keys.

``quantray backtest v1-baseline`` is ``quantray v1-baseline``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from quantray.cli import flags
from quantray.cli.run import add_options, run
from quantray.cli.verbs import Parser, Verb, Work, work_of

EVERY = (*flags.DATA, *flags.POLICY, *flags.ACCOUNT, *flags.RUN)
#: Verb -> its experiment and its flags.
RUNS: dict[str, tuple[str, tuple[flags.Flag, ...]]] = {
    "v1-baseline": ("v1_baseline", EVERY),
    "caller-policies": ("caller_policies", EVERY),
    "baseline": ("alert_baseline", flags.BASELINE),
}


def verbs() -> dict[str, Verb]:
    """The verbs of this family, each with its help."""
    return {name: Verb(f"run +experiment={about} by flags", partial(_parse, name)) for name, (about, _) in RUNS.items()}


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray backtest``."""
    return work_of("quantray backtest", "Experiments about callers; the word backtest may be left out.", verbs(), given)


def _parse(name: str, given: Sequence[str]) -> Work:
    experiment, known = RUNS[name]
    command = f"quantray {name}"
    parser = Parser(
        command, f"The same as python -m quantray.run +experiment={experiment}; every flag is one key of it."
    )
    flags.add(parser, known)
    add_options(parser)
    args = parser.read(given)
    args.overrides = flags.overrides(args, experiment, known)
    return lambda: run(args, given, command)
