"""Settings that both wings share."""

import dataclasses

import pytest

from quantray.errors import ConfigError
from quantray.settings import Gates


def test_every_gate_is_a_share():
    for field in dataclasses.fields(Gates):
        with pytest.raises(ConfigError, match=f"gates.{field.name} is a share"):
            Gates(**{field.name: 1.5})
