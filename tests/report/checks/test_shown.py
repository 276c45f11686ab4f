"""What a check found, on a terminal, as JSON and as a page."""

import io
import json

import pytest

from quantray.errors import ConfigError
from quantray.files.findings import Checked, Finding, Row, Severity, ok
from quantray.report.checks import shown
from quantray.report.console import PlainConsole
from tests.builders.pages import fetched

EVIL = "<script>alert(1)</script>\x1b[31m\n"
FOUND = Checked(
    f"a.csv {EVIL}",
    {"rows": "10"},
    (
        ok("order", "candles", 10, "rows stand in time order"),
        Finding("OHLC", "candles", Severity.WARNING, 2, 10, f"wrong {EVIL}", "mend", (Row(0, EVIL, EVIL, "row 1"),)),
        Finding("refused", "calls", Severity.ERROR, 1, 0, "no time"),
    ),
    {"rows": 10, "share": float("nan")},
)


def printed(checked: Checked) -> str:
    stream = io.StringIO()
    PlainConsole(stream, width=200).print(shown.as_renderable(checked))
    return stream.getvalue()


def test_the_gravest_comes_first_and_what_is_fine_is_told_last():
    said = printed(FOUND)
    assert said.index("calls: refused") < said.index("candles: OHLC") < said.index("order")
    assert "2 of 10 (20.00 %)" in said
    assert "1 error, 1 warning in 3 checks; a run refuses this data" in said
    assert "-> mend" in said


def test_names_of_the_data_are_text_everywhere():
    assert "\x1b" not in printed(FOUND)
    page = shown.as_page(FOUND, "a")
    assert fetched(page) == []
    assert "\x1b" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_and_the_terminal_and_the_json_tell_one_thing():
    told = shown.as_json(FOUND, "a")
    assert (told["worst"], told["counts"]["error"]) == ("error", 1)
    page = shown.as_page(FOUND, "a")
    for f in FOUND.findings:
        assert f"{f.table}: {f.check}" in page
    assert shown.headline(FOUND) in page
    assert shown.headline(FOUND) in printed(FOUND)


@pytest.mark.parametrize("severity", list(Severity))
def test_the_page_answers_whether_a_run_can_trust_the_data(severity):
    page = shown.as_page(Checked("", {}, (Finding("a", "b", severity, 0, 0, "c"),), {}), "a")
    assert ("Not as it is" in page) == (severity == Severity.ERROR)


def test_files_are_written_again_and_others_are_not_replaced(tmp_path):
    said: list[str] = []
    for _ in range(2):
        shown.check_place(tmp_path)
        paths = shown.write(FOUND, "a", tmp_path, said.append)
    assert json.loads(paths["check.json"].read_text())["quality"] == {"rows": 10, "share": None}
    assert not said
    other = tmp_path / "other"
    other.mkdir()
    (other / "check.html").write_text("mine")
    with pytest.raises(ConfigError, match=r"check\.html"):
        shown.check_place(other)
