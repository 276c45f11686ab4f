"""The frame of all pages: its script, its policy, and what it makes of texts and data."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from quantray.report import words
from quantray.report.page import PLACE, _environment, render
from quantray.report.sheet import Sheet

HOSTILE = "</script><script>alert(1)</script>\x1b[31m & 'x' \u2028 <!--"


def page(study: str) -> str:
    facts = {"study": study, "subtitle": "", "tone": "good", "word": "w", "headline": "h", "grave": [], "fine": [],
             "facts": []}  # fmt: skip
    return render("quantray.report.checks", facts, words.label)


@pytest.mark.parametrize("study", ["plain", PLACE, HOSTILE, "password=script"])
def test_the_policy_lets_the_script_run_that_is_there_and_no_other(study: str):
    text = page(study)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 1
    assert scripts[0].startswith("// What a page does")
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert "default-src 'none'" in text


def test_data_read_back_as_they_were_and_cannot_end_their_element():
    env = _environment("quantray.report.checks", words.label)
    value = {HOSTILE: [HOSTILE, 1.5, None, float("nan"), True]}
    text = env.from_string("{{ value | json | safe }}").render(value=value)
    assert not re.findall(r"[<>&\x1b]", text)
    assert json.loads(text) == {HOSTILE: [HOSTILE, 1.5, None, None, True]}


def test_a_table_has_its_first_rows_in_the_page_and_all_of_them_as_data():
    env = _environment("quantray.report.checks", words.label)
    rows = [[f"{i:,}", "−1" if i % 2 else HOSTILE] for i in range(2000)]
    s = Sheet("Rows", ["n", "net"], rows, signed=[1], first=20, rest="all are in rows.csv")
    text = env.from_string('{% from "parts.html" import sheet %}{{ sheet("rows", s) }}').render(s=s)
    assert text.count("<tr") == 21
    assert text.count('class="neg"') == 10
    assert "The first 20 of 2,000 are shown; all are in rows.csv." in text
    found = re.search(r'<script type="application/json" id="rows">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])["rows"] == rows
