"""The summary as JSON."""

from __future__ import annotations

from dataclasses import replace

from quantray.sweeps.report.summary import summary
from tests.builders.sweep_pages import page
from tests.builders.sweep_results import nothing_completed, results


def test_nothing_completed_is_said_loudly():
    html, said = page(nothing_completed())
    assert "No candidate had enough trades" in said
    assert "loud" in html
    assert "Too little data" in said
    found = summary(nothing_completed())
    assert (found["best"], found["n_completed"], found["verdict"]["word"]) == (None, 0, "too little data")


def test_metrics_that_do_not_exist_are_dashes_and_nulls():
    r = results()
    assert r.best is not None
    assert r.out_of_sample is not None
    none = dict.fromkeys(r.best.metrics)
    r = replace(
        r,
        best=replace(r.best, metrics=none),
        out_of_sample=replace(r.out_of_sample, metrics=none, value=None),
        top_oos=dict.fromkeys(r.top_oos, none),
    )
    _, said = page(r)
    assert "–" in said
    assert "None" not in said
    assert "nan" not in said.lower().split()
    best = summary(r)["best"]
    assert best["oos"]["value"] is None
