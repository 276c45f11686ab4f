"""The page of a sweep in every shape, read back."""

from __future__ import annotations

from quantray.protocols import Counts
from quantray.sweeps.report.html import report_html
from quantray.sweeps.results import Results
from tests.builders.pages import read
from tests.builders.sweep_results import nothing_completed, results


def page(r: Results) -> tuple[str, str]:
    return read(report_html(r))


SHAPES = {
    "search": lambda: results(),
    "table": lambda: results("exhaustive", edge=3.0),
    "nothing held out": lambda: results(n_unseen=0),
    "one session": lambda: results(n_seen=1, n_unseen=0),
    "nothing completed": nothing_completed,
    "bare": lambda: Results(results().plan, (), Counts(), nothing_completed().verdict),
}
