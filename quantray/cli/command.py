"""``quantray run | launch | v1-baseline | calls | study | doctor | …`` (also ``python -m quantray …``)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from quantray.cli import calls as calls_cli
from quantray.cli import imports
from quantray.cli.launch import add_arguments, launch
from quantray.cli.run import DONE, guarded, make_parser, quiet, run
from quantray.outlets import guarded_streams


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    with guarded_streams(given):
        return _main(given)


def _main(given: list[str]) -> int:
    if given[:1] == ["run"]:  # its overrides and options may stand in any order
        parser = make_parser("quantray run")
        return guarded(lambda: run(parser.parse_intermixed_args(given[1:]), given[1:]))
    for words, parser in calls_cli.parsers().items() if given[:1] else ():
        if tuple(given[: len(words)]) == words:
            rest = given[len(words) :]
            args = parser.parse_intermixed_args(rest)
            return guarded(lambda args=args, rest=rest: args.work(args, rest))  # type: ignore[misc]
    if given[:1] == ["launch"] and not {"-h", "--help"} & set(given):  # these may stand in any order too
        parser = argparse.ArgumentParser(prog="quantray launch")
        add_arguments(parser)
        return guarded(lambda: launch(parser.parse_intermixed_args(given[1:]), given[1:]))
    args = _parser().parse_args(given)
    return guarded(lambda: args.work(args))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quantray", description="Search trading strategies on market data, honestly.")
    verbs = parser.add_subparsers(metavar="command", required=True)
    verbs.add_parser("run", help="run a sweep: the same as python -m quantray.run", add_help=False)
    several = verbs.add_parser("launch", help="run a sweep with several drivers, and wait for all of them")
    add_arguments(several)
    several.set_defaults(work=lambda args: launch(args, []))
    _about_callers(verbs)
    imports.add_to(verbs)
    doctor = verbs.add_parser("doctor", help="check the installation, and the configuration's data and database")
    doctor.add_argument("overrides", nargs="*", metavar="key=value", help="the configuration to check")
    doctor.set_defaults(work=_doctor)
    study = verbs.add_parser("study", help="look at stored studies").add_subparsers(metavar="command", required=True)
    _study_list(study)
    _study_show(study)
    _study_export(study)
    _study_plot(study)
    _study_delete(study)
    return parser


def _about_callers(verbs: Any) -> None:
    """The commands that ``main`` has taken already; here they stand for help."""
    parsers = calls_cli.parsers()
    for (name,), parser in [(w, p) for w, p in parsers.items() if len(w) == 1]:
        experiment = calls_cli.RUNS[name]
        verbs.add_parser(name, help=f"run +experiment={experiment} by flags", parents=[parser], add_help=False)
    calls = verbs.add_parser("calls", help="look at calls and their candles, stage by stage")
    stages = calls.add_subparsers(metavar="stage", required=True)
    for stage, help in calls_cli.STAGES.items():
        stages.add_parser(stage, help=help, parents=[parsers["calls", stage]], add_help=False)


def _verb(verbs: Any, name: str, help: str, *, named: str | None = "?") -> argparse.ArgumentParser:
    """A sub-command of ``study`` with the place to look at, and (unless None) the study's name."""
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help, description=help)
    if named == "?":
        parser.add_argument("name", nargs="?", help="which study; may be left out where there is only one")
    elif named is not None:
        parser.add_argument("name", help="which study")
    parser.add_argument(
        "--where", default="outputs", metavar="PLACE", help="run directory, ledger file or database address (outputs)"
    )
    return parser


def _study_list(verbs: Any) -> None:
    def work(args: argparse.Namespace) -> int:
        from quantray.sweeps.report.studies.screen import render_list
        from quantray.sweeps.report.studies.stored import list_studies

        return _show(render_list(list_studies(args.where)))

    _verb(verbs, "list", "every study, with its counts and best value", named=None).set_defaults(work=work)


def _study_show(verbs: Any) -> None:
    def work(args: argparse.Namespace) -> int:
        from quantray.sweeps.report.studies.screen import render_summary
        from quantray.sweeps.report.studies.stored import show_study

        return _show(render_summary(show_study(args.where, args.name)))

    _verb(verbs, "show", "counts, reasons, duplicates, the best trial and its metrics").set_defaults(work=work)


def _study_export(verbs: Any) -> None:
    def work(args: argparse.Namespace) -> int:
        from quantray.sweeps.report.studies.stored import export_csv

        rows = export_csv(args.where, args.name, args.out, args.top)
        print(f"{rows:,} trials written to {args.out}")
        return DONE

    parser = _verb(verbs, "export", "write the best trials as CSV")
    parser.add_argument("--out", default="top_trials.csv", metavar="FILE", help="where to write (top_trials.csv)")
    parser.add_argument("--top", type=int, metavar="N", help="only the best N")
    parser.set_defaults(work=work)


def _study_plot(verbs: Any) -> None:
    def work(args: argparse.Namespace) -> int:
        from quantray.sweeps.report.studies.plots import plot_study

        quiet()
        for path in plot_study(args.where, args.name, args.out):
            print(path)
        return DONE

    parser = _verb(verbs, "plot", "write history, importance, slice and contour pictures")
    parser.add_argument("--out", default="plots", metavar="DIR", help="where to write (plots)")
    parser.set_defaults(work=work)


def _study_delete(verbs: Any) -> None:
    def work(args: argparse.Namespace) -> int:
        from quantray.sweeps.report.studies.stored import delete_study

        print(delete_study(args.where, args.name, yes=args.yes))
        return DONE

    parser = _verb(verbs, "delete", "delete a study and its Optuna mirror", named="required")
    parser.add_argument("--yes", action="store_true", help="do it; without it only what would go is said")
    parser.set_defaults(work=work)


def _doctor(args: argparse.Namespace) -> int:
    from quantray.cli.doctor import examine

    quiet()
    return examine(args.overrides)


def _show(renderable: Any) -> int:
    from quantray.report.console import show

    show(renderable)
    return DONE
