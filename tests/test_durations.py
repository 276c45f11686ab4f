"""Durations as a person writes them, and back."""

import pytest

from quantray.durations import duration_s, written
from quantray.errors import ConfigError


@pytest.mark.parametrize(
    ("value", "seconds"), [(90, 90), ("90", 90), ("90s", 90), ("30m", 1800), ("48h", 172_800), ("1.5h", 5400)]
)
def test_durations(value, seconds):
    assert duration_s(value, "k") == seconds


@pytest.mark.parametrize("value", ["", "h", "-1s", "1.3s", "1h30m", "nan", True])
def test_no_duration(value):
    with pytest.raises(ConfigError, match="k="):
        duration_s(value, "k")


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 90, 3600, 5400, 86_400, 172_800])
def test_durations_are_written_as_they_are_read(seconds):
    assert duration_s(written(seconds), "k") == seconds
