"""``quantray study list | show | export | plot | delete``: what is stored of studies."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial

from quantray.cli.exits import DONE, quiet
from quantray.cli.verbs import Parser, Verb, Work, at_least_one, work_of
from quantray.errors import LedgerError
from quantray.plain import amount

#: Verb -> what it does.
ABOUT = {
    "list": "every study, with its counts and best value",
    "show": "counts, reasons, duplicates, the best trial and its metrics",
    "report": "write its report and the files beside it, also while it runs or after it was stopped",
    "export": "write the best trials as CSV",
    "plot": "write history, importance, slice and contour pictures",
    "delete": "delete a study and its Optuna mirror",
}


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray study``."""
    verbs = {name: Verb(help, partial(_work, name)) for name, help in ABOUT.items()}
    return work_of("quantray study", "Look at stored studies.", verbs, given)


def _work(name: str, given: Sequence[str]) -> Work:
    args = _parser(name).read(given)
    return lambda: _DO[name](args)


def _parser(name: str) -> Parser:
    """Every verb takes the place to look at, and all but ``list`` the study's name."""
    about = ABOUT[name]
    parser = Parser(f"quantray study {name}", f"{about[0].upper()}{about[1:]}.")
    if name == "delete":
        parser.add_argument("name", help="which study")
        parser.add_argument("--yes", action="store_true", help="do it; without it only what would go is said")
    elif name == "list":
        parser.add_argument("place", nargs="?", help="the same as --where PLACE")
    else:
        parser.add_argument(
            "name", nargs="?", help="which study, or the PLACE that holds it; may be left out where there is only one"
        )
    if name == "report":
        parser.add_argument("--out", metavar="DIR", help="where to write (the run directory of the study)")
    if name == "export":
        parser.add_argument("--out", default="top_trials.csv", metavar="FILE", help="where to write (top_trials.csv)")
        parser.add_argument("--top", type=at_least_one, metavar="N", help="only the best N")
    if name == "plot":
        parser.add_argument("--out", default="plots", metavar="DIR", help="where to write (plots)")
    parser.add_argument("--where", metavar="PLACE", help="run directory, ledger file or database address (outputs)")
    return parser


def _list(args: argparse.Namespace) -> int:
    from quantray.report.console import show
    from quantray.sweeps.report.studies.places import OUTPUTS
    from quantray.sweeps.report.studies.screen import render_list
    from quantray.sweeps.report.studies.stored import list_studies

    show(render_list(list_studies(args.where or args.place or OUTPUTS)))
    return DONE


def _show(args: argparse.Namespace) -> int:
    from quantray.report.console import show
    from quantray.sweeps.report.studies.places import place_of
    from quantray.sweeps.report.studies.screen import render_summary
    from quantray.sweeps.report.studies.stored import show_study

    show(render_summary(show_study(*place_of(args.where, args.name))))
    return DONE


def _report(args: argparse.Namespace) -> int:
    from quantray.cli.report import report

    return report(args.where, args.name, args.out)


def _export(args: argparse.Namespace) -> int:
    from quantray.sweeps.report.studies.places import place_of
    from quantray.sweeps.report.studies.stored import export_csv

    rows = export_csv(*place_of(args.where, args.name), args.out, args.top)
    print(f"{amount(rows, 'trial')} written to {args.out}")
    return DONE


def _plot(args: argparse.Namespace) -> int:
    from quantray.sweeps.report.studies.places import place_of
    from quantray.sweeps.report.studies.plots import plot_study

    quiet()
    for path in plot_study(*place_of(args.where, args.name), args.out):
        print(path)
    return DONE


def _delete(args: argparse.Namespace) -> int:
    from quantray.sweeps.report.studies.places import OUTPUTS, place_of
    from quantray.sweeps.report.studies.stored import delete_study

    where, name = place_of(args.where, args.name)
    if name is None:
        raise LedgerError(f"{args.name} is no study of {OUTPUTS}; give quantray study delete NAME --where {args.name}")
    print(delete_study(where, name, yes=args.yes))
    return DONE


_DO: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list, "show": _show, "report": _report, "export": _export, "plot": _plot, "delete": _delete,
}  # fmt: skip
