"""The page's table of trades: the rows of trades.csv as a reader wants them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantray.report import words
from quantray.sweeps.report import track, trade_list
from quantray.sweeps.report.html import report_html
from quantray.sweeps.report.trades import trades_frame
from tests.builders.browsers import BROWSER, Driven
from tests.builders.sweep_pages import SHAPES
from tests.builders.trails import odd, trail


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda: trail(), lambda: trail(2, 0, quotes=False), SHAPES["table"]])
def test_its_rows_are_those_of_the_file(make):
    r = make()
    frame = trades_frame(r)
    frame = frame[frame["candidate"] == r.shown.name]
    sheet = trade_list.sheet(track.tracks(r), r.shown.name)
    assert len(sheet.rows) == len(frame)
    columns = dict(zip(sheet.head, zip(*sheet.rows, strict=True), strict=True))
    assert list(columns["#"]) == [f"{n:,}" for n in frame["trade"]]
    for head, name in (("part", "part"), ("session", "session"), ("entry", "entry_time"), ("exit", "exit_time"),
                       ("side", "side"), ("contract", "contract")):  # fmt: skip
        assert list(columns[head]) == frame[name].tolist()
    for head in ("paid", "fees", "net"):
        assert list(columns[head]) == [words.number(x) for x in frame[head]]
    assert list(columns["% of paid"]) == [f"{words.number(x, 1)} %" for x in frame["percent_of_paid"]]
    assert [kind == "unseen" for kind in sheet.kinds] == (frame["part"] == "held out").tolist()
    assert sheet.values[sheet.head.index("held")] == frame["held_s"].tolist()


def test_a_black_box_is_told_by_its_risk():
    r = odd()
    sheet = trade_list.sheet(track.tracks(r), "peak")
    assert "paid" not in sheet.head
    assert "% of risk" in sheet.head
    assert "% of paid" not in sheet.head
    r = replace(r, in_sample=without_contracts(r.in_sample), out_of_sample=without_contracts(r.out_of_sample))
    sheet = trade_list.sheet(track.tracks(r), "peak")
    assert "contract" not in sheet.head
    assert len(sheet.rows) == 80


def without_contracts(made):
    return replace(made, trades=replace(made.trades, contract=np.full(len(made.trades), -1)))


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_reader_sorts_and_filters_it(tmp_path: Path):
    r = trail()
    frame = trades_frame(r)
    with Driven(report_html(r), tmp_path) as page:
        page.run("""window.box = [...document.querySelectorAll('.sheet')]
                 .find(b => b.textContent.includes('% of paid'));
                 window.shown = () => [...box.querySelectorAll('tbody tr')].map(tr => tr.cells[5].textContent);
                 0""")
        page.run("""[...box.querySelectorAll('thead th')].find(h => h.textContent.startsWith('net'))
                 .querySelector('button').click()""")
        falling = frame["net"].sort_values(ascending=False).head(25)
        assert page.run("shown()") == [words.number(x) for x in falling]
        page.run("""{ const input = box.querySelector('input'); input.value = 'time, net < -20, part = held out';
                 input.dispatchEvent(new Event('input')); }""")
        wanted = frame[(frame["reason"] == "time") & (frame["net"] < -20) & (frame["part"] == "held out")]["net"]
        assert sorted(page.run("shown()")) == sorted(words.number(x) for x in wanted)
        assert 0 < len(wanted) < len(frame) / 4
        assert page.logged == []


@pytest.mark.slow
def test_without_trades_there_is_no_table():
    assert trade_list.sheet([], "peak") is None
    r = trail(1, 0, n_bars=20)
    assert len(r.in_sample.trades) == 0
    assert trade_list.sheet(track.tracks(r), "peak") is None


@pytest.mark.slow
@pytest.mark.parametrize(("most", "wanted"), [(5_000, (0, 0)), (40, None), (10, (5, 5))])
def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch, most: int, wanted: tuple[int, int] | None):
    r = trail()
    told = track.tracks(r)
    counts = [len(t.made.trades) for t in told]
    monkeypatch.setattr(trade_list, "MOST_LISTED", most)
    found = trade_list.first_of(told, most)
    assert sum(found) == min(most, sum(counts))
    sheet = trade_list.sheet(told, "peak")
    assert len(sheet.rows) == sum(found)
    if found == counts:
        assert trade_list.left_out(told, most) is None
        return
    assert wanted is None or tuple(found) == wanted
    assert f"the first {found[0]:,} of {counts[0]:,} trades searched" in trade_list.left_out(told, most)
    assert [row[0] for row in sheet.rows][found[0] :] == [f"{counts[0] + k:,}" for k in range(1, found[1] + 1)]
