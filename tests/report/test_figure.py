"""Which backend draws, and what is said of one that is not there."""

from __future__ import annotations

import pytest

from quantray.errors import ConfigError
from quantray.report import figure


@pytest.mark.parametrize(("there", "asked", "drawn"), [
    (True, None, "plotly"), (False, None, "matplotlib"), (True, "matplotlib", "matplotlib"), (True, "plotly", "plotly"),
])  # fmt: skip
def test_plotly_draws_where_it_is_installed(
    there: bool, asked: str | None, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure, "find_spec", lambda name: object() if there else None)
    assert figure.backend_of(asked) == drawn


def test_a_backend_that_is_none() -> None:
    with pytest.raises(ConfigError, match="unknown backend 'bokeh'; known: matplotlib, plotly"):
        figure.backend_of("bokeh")
