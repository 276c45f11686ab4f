"""``quantray calls messages | plan | coverage | slice``: the stages before any policy, looked at alone."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.cli import flags
from quantray.cli.exits import DONE, quiet
from quantray.cli.run import print_config
from quantray.cli.verbs import Parser, Verb, Work, work_of
from quantray.errors import ConfigError
from quantray.outlets import cleaned

if TYPE_CHECKING:
    from rich.console import RenderableType

    from quantray.callers.plan import CallerPlan

STAGES = {
    "messages": "which messages of chats are calls, and why the others are none",
    "plan": "which calls count, and the stretch of the market that each needs",
    "coverage": "which calls have an entry, which are left out or thin, and why",
    "slice": "the candles of all windows: where they lie and what is wrong with them",
}
FLAGS = (*flags.DATA, *flags.POLICY)


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray calls``."""
    verbs = {stage: Verb(help, partial(_parse, stage)) for stage, help in STAGES.items()}
    return work_of("quantray calls", "Look at calls and their candles, stage by stage.", verbs, given)


def _parse(stage: str, given: Sequence[str]) -> Work:
    help = STAGES[stage]
    parser = Parser(f"quantray calls {stage}", f"{help[0].upper()}{help[1:]}.")
    flags.add(parser, FLAGS)
    parser.add_argument("-c", "--cfg", choices=["job"], help="print the resolved configuration and stop")
    parser.add_argument("--out", metavar="FILE", help="write what is shown as JSON")
    if stage == "messages":
        parser.add_argument("--unparsed", metavar="FILE", help="write the messages that are no call as CSV")
    if stage == "coverage":
        parser.add_argument("--worklist", metavar="FILE", help="write what is missing (asset, from, to) as CSV")
        parser.add_argument("--listed", metavar="FILE", help="write the calls that are left out or thin as CSV")
    args = parser.read(given)
    lines = flags.overrides(args, "v1_baseline", FLAGS)

    def work() -> int:
        from quantray.config.plans import load_callers

        quiet()
        if args.cfg:
            return print_config(lines)
        _WORK[stage](load_callers(lines, asked=f"quantray calls {stage}"), args)
        return DONE

    return work


def _show_messages(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import describe, load_calls, write_unparsed
    from quantray.callers.report.stages import render_messages

    calls = load_calls(plan.data, plan.calls)
    if calls.messages is None:
        raise ConfigError(
            f"{calls.source} is no chat; give data.calls=result.json data.format.calls=telegram (or discord)"
        )
    _write(args.out, {"calls": describe(calls)})
    if args.unparsed is not None:
        _guarded(args.unparsed, partial(write_unparsed, calls, args.unparsed))
    _show(render_messages(calls))


def _show_plan(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import describe
    from quantray.callers.prepare import planned
    from quantray.callers.report.stages import render_plan

    windows = planned(plan)
    _write(args.out, {"calls": describe(windows.calls), "windows": describe(windows)})
    _show(render_plan(plan, windows))


def _show_coverage(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import describe, require_eligible, write_listed, write_worklist
    from quantray.callers.prepare import covered, planned
    from quantray.callers.report.stages import render_coverage

    coverage = covered(plan, planned(plan))
    _write(args.out, {"calls": describe(coverage.plan.calls), "coverage": describe(coverage)})
    for path, writer in ((args.worklist, write_worklist), (args.listed, write_listed)):
        if path is not None:
            _guarded(path, partial(writer, coverage, path))
    _show(render_coverage(coverage))
    require_eligible(coverage, plan.gates.max_excluded_calls)


def _show_slice(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import check_candle_gates, describe
    from quantray.callers.prepare import planned, sliced
    from quantray.callers.report.stages import render_slice

    windows = planned(plan)
    made = sliced(plan, windows)
    _write(args.out, {**describe(made), "digest": made.digest(windows)})
    _show(render_slice(made, plan.gates))
    check_candle_gates(made.quality, plan.gates)


_WORK: dict[str, Callable[[Any, argparse.Namespace], None]] = {
    "messages": _show_messages, "plan": _show_plan, "coverage": _show_coverage, "slice": _show_slice,
}  # fmt: skip


def _write(path: str | None, content: dict[str, Any]) -> None:
    if path is not None:
        text = json.dumps(cleaned(content), indent=2) + "\n"
        _guarded(path, lambda: Path(path).write_text(text, encoding="utf-8"))


def _guarded(path: str, write: Callable[[], object]) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; give a file in a folder that can be") from None


def _show(renderable: RenderableType) -> None:
    from quantray.report.console import show

    show(renderable)
