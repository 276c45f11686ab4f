"""Remedies offered for what cannot be read."""

from __future__ import annotations

import re

import numpy as np
import pytest

from quantray.files.remedies import no_date


@pytest.mark.parametrize("mark", "/.-")
@pytest.mark.parametrize("date", ["2024-11-25", "2024-03-04", "2031-12-30", "2005-04-03"])
@pytest.mark.parametrize("form", ["%m{}%d{}%Y", "%d{}%m{}%Y", "%m{}%d{}%y", "%d{}%m{}%y", "%y{}%m{}%d", "%Y{}%m{}%d",
                                  "%d{}%b{}%Y", "%d{}%b{}%y"])  # fmt: skip
def test_the_forms_offered_for_a_date_hold_the_one_it_was_written_in(mark: str, date: str, form: str):
    """And every form that reads it otherwise is offered beside, with what it would read."""
    form = form.format(mark, mark)
    if form in ("%Y-%m-%d", "%d/%b/%Y", "%d.%b.%Y", "%d/%b/%y", "%d.%b.%y"):
        return  # read as it is, and not written by anybody
    said = no_date(None, None)(f"{np.datetime64(date).item():{form}}")
    offered = re.findall(r"%\S+?(?=,|$| or)", said.partition("data.date_format=")[2].partition(", or write")[0])
    assert form in offered
    assert len(offered) == 1 or f"{date}" in said.partition(";")[0]
