"""Settings of calls and candles: from YAML and the command line to checked values."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.data import KEYS, CallsData, CallSettings, CoverageSettings, SyntheticCalls
from quantray.config.overrides import jobs
from quantray.config.plans import compose
from quantray.config.sections import checked
from quantray.errors import ConfigError

EXPERIMENT = """# @package _global_
defaults:
  - caller_policies
  - override /calls: {calls}
  - override /coverage: {coverage}
"""


@pytest.fixture
def composed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Compose an experiment of calls with the given choices and overrides: (data, calls, coverage)."""

    def go(*overrides: str, calls: str = "all", coverage: str = "entry"):
        file = tmp_path / "conf" / "experiment" / "try_calls.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(EXPERIMENT.format(calls=calls, coverage=coverage))
        monkeypatch.chdir(tmp_path)
        cfg = compose(jobs(["+experiment=try_calls", *overrides], multirun=False)[0])
        return (
            checked(CallsData, cfg, "data", rename=KEYS),
            checked(CallSettings, cfg, "calls"),
            checked(CoverageSettings, cfg, "coverage"),
        )

    return go


@pytest.mark.slow
def test_the_shipped_yaml_says_what_the_dataclasses_say(composed):
    assert composed() == (CallsData(), CallSettings(), CoverageSettings())
    assert composed("data=duckdb", calls="regular", coverage="window") == (
        CallsData("duckdb"),
        CallSettings(min_per_caller=10, dedupe_window="1h"),
        CoverageSettings(mode="window"),
    )
    assert composed("data=parquet")[0] == CallsData("parquet")


@pytest.mark.slow
def test_overrides_reach_their_fields(composed):
    data, calls, _ = composed(
        "data.from=2025-05-05", "data.to=2025-06-01", "data.interval=1m", "data.synthetic.edge={caller_1: 1.5}",
        "data.columns.calls.caller=author", "calls.callers=[A,B]", "calls.groups={whales: [C]}",
        "calls.dedupe_window=2h",
    )  # fmt: skip
    assert (data.from_, data.to, data.interval_s) == ("2025-05-05", "2025-06-01", 60)
    assert data.synthetic.edge == {"caller_1": 1.5}
    assert data.columns.calls.caller == "author"
    assert calls.callers == ("A", "B")
    assert calls.groups == {"whales": ("C",)}
    assert calls.dedupe_s == 7200


@pytest.mark.parametrize(
    ("cls", "values", "sentence"),
    [
        (CallsData, {"synthetic": {"asets": 3}}, "data.synthetic.asets: unknown key 'asets'; did you mean 'assets'"),
        (CallsData, {"columns": {"candles": {"vol": "v"}}}, "data.columns.candles.vol"),
        (CallsData, {"print_filter": "drop"}, "data.print_filter must be report or clip, got 'drop'"),
        (CallsData, {"print_filter_k": 1.0}, "data.print_filter_k must be above 1, got 1.0"),
        (CallsData, {"ts_unit": "min"}, "data.ts_unit must be s, ms, us, ns or null"),
        (CallsData, {"interval": 1}, "data.interval=1: it must be a text"),
        (CallsData, {"interval": "0m"}, "data.interval='0m' must be at least 1s"),
        (CallsData, {"kind": "calls_duckdb"}, "did you mean 'duckdb'"),
        (CallsData, {"synthetic": {"tick": 0.5}}, "data.synthetic.tick must be in [1e-06, 0.05], got 0.5"),
        (CallsData, {"synthetic": {"edge": -1}}, "data.synthetic.edge must be in [0, 20], got -1"),
        (CallsData, {"synthetic": {"price_low": 10, "price_high": 1}}, "data.synthetic.price_low=10 lies above"),
        (CallSettings, {"min_per_calller": 3}, "did you mean 'min_per_caller'"),
        (CallSettings, {"dedupe_window": "1w"}, "calls.dedupe_window='1w' must be a duration"),
        (CallSettings, {"delay": "-5"}, "calls.delay='-5' must be a duration"),
        (CallSettings, {"min_per_caller": 0}, "calls.min_per_caller must be >= 1, got 0"),
        (CoverageSettings, {"mode": "windw"}, "did you mean 'window'"),
        (CoverageSettings, {"min_share": 1.2}, "coverage.min_share is a share in [0, 1], got 1.2"),
    ],
)
def test_a_wrong_value_is_refused_by_key_and_value(cls, values, sentence):
    name = {CallsData: "data", CallSettings: "calls", CoverageSettings: "coverage"}[cls]
    with pytest.raises(ConfigError) as error:
        checked(cls, {name: values}, name, rename=KEYS)
    assert sentence in str(error.value)


def test_from_after_to_is_refused():
    with pytest.raises(ConfigError, match=r"data.from=2025-06-02 lies after data.to=2025-06-01"):
        CallsData(from_="2025-06-02", to="2025-06-01")
    with pytest.raises(ConfigError, match="must be a date like"):
        CallsData(from_="2025-6-2")


def test_market_capitalisation_band_the_wrong_way_round():
    with pytest.raises(ConfigError, match="swap them"):
        CallSettings(min_mcap=10.0, max_mcap=5.0)


def test_caller_names_are_as_many_as_callers():
    assert SyntheticCalls(callers=12).caller_names[::11] == ("caller_01", "caller_12")
