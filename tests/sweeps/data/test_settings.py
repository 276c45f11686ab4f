"""Settings that cannot be."""

import pytest

from quantray.errors import ConfigError
from quantray.sweeps.data import DataSettings, SyntheticSettings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "parqet"}, "did you mean 'parquet'"),
        ({"from_": "2024-13-01"}, "data.from must be a date"),
        ({"to": "20241101"}, "data.to must be a date"),
        ({"from_": "2024-02-01", "to": "2024-01-01"}, "lies after"),
        ({"interval": "1h"}, "data.interval"),
        ({"interval": ""}, "data.interval"),
        ({"suspect_bars": "drop"}, "suspect_bars"),
        ({"min_session_coverage": 1.5}, "min_session_coverage"),
        ({"suspect_move": 0.0}, "suspect_move"),
    ],
)
def test_wrong_settings(changes: dict, message: str):
    with pytest.raises(ConfigError, match=message):
        DataSettings(**changes)


@pytest.mark.parametrize(("name", "value"), [("edge", -1.0), ("sessions", 0), ("strikes", 0), ("trade_share", 2.0),
                                             ("daily_vol", float("nan"))])  # fmt: skip
def test_wrong_synthetic_settings(name: str, value: float):
    with pytest.raises(ConfigError, match=f"data.synthetic.{name}"):
        SyntheticSettings(**{name: value})
