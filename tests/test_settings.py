"""Settings that both wings share."""

import dataclasses

import pytest

from quantray.callers.data.settings import Gates as OfCallers
from quantray.errors import ConfigError
from quantray.sweeps.data.settings import Gates as OfSweeps


@pytest.mark.parametrize("gates", [OfCallers, OfSweeps])
def test_every_gate_is_a_share(gates):
    for field in dataclasses.fields(gates):
        with pytest.raises(ConfigError, match=f"gates.{field.name} is a share"):
            gates(**{field.name: 1.5})


def test_no_gate_is_of_both_wings():
    assert not {f.name for f in dataclasses.fields(OfCallers)} & {f.name for f in dataclasses.fields(OfSweeps)}
