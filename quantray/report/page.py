"""The frame of every page: self-contained, no script, no network, light and dark, screen and paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from quantray.outlets import clean
from quantray.plain import amount

if TYPE_CHECKING:
    from jinja2 import Environment


def render(package: str, context: Mapping[str, object], label: Callable[[str], str]) -> str:
    """The template ``report.html`` of a package, on the frame that lies here, as text.

    ``label`` turns names of metrics and keys into words. All text is escaped.
    """
    return clean(_environment(package, label).get_template("report.html").render(context))


@cache
def _environment(package: str, label: Callable[[str], str]) -> Environment:
    """Templates are compiled once a process: a run about callers has several pages."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("quantray.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters["label"] = label
    env.filters["amount"] = amount
    return env
