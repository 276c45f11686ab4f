"""Market data: ``load(settings)`` gives the immutable slice that every candidate is measured on."""

from __future__ import annotations

from quantray.sweeps.data.facts import describe
from quantray.sweeps.data.quality import check_gates
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.market import Slice

__all__ = ["DataSettings", "SyntheticSettings", "check_gates", "describe", "load"]


def load(settings: DataSettings) -> Slice:
    """Read, check and lay out the market that ``settings`` describe. Raises DataError when it cannot be used."""
    from quantray.sweeps.data.slices import load as load_slice

    return load_slice(settings)
