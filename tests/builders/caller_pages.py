"""The page of a run about callers, read back."""

from __future__ import annotations

from quantray.callers.report.html import report_html
from quantray.callers.results import CallerResults
from tests.builders.pages import read


def page(r: CallerResults) -> tuple[str, str]:
    return read(report_html(r))
