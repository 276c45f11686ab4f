"""What a synthetic market cannot be."""

import pytest

from quantray.callers.data import (
    CallsData,
    CallSettings,
    SyntheticCalls,
    load_calls,
)
from quantray.errors import ConfigError, DataError
from tests.builders.synthetic_calls import small


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"interval": "90s"}, ConfigError, "whole minutes that divide a day"),
        ({"calls": "x.parquet"}, DataError, "data.calls means nothing to data=synthetic"),
        ({"to": "2024-01-01"}, ConfigError, "lies before data.from=2024-11-18"),
    ],
)
def test_what_a_synthetic_market_cannot_be(tmp_path, changes, error, sentence):
    with pytest.raises(error, match=sentence):
        load_calls(small(tmp_path, **changes))


def test_an_edge_for_nobody_is_answered_with_the_near_miss(tmp_path):
    data = CallsData(cache=str(tmp_path), synthetic=SyntheticCalls(callers=3, edge={"caller_9x": 1.0}))
    with pytest.raises(ConfigError, match=r"data.synthetic.edge: unknown caller 'caller_9x'; did you mean"):
        load_calls(data, CallSettings())
