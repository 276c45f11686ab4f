"""How a command ends: the exit code and the sentence of whatever was raised."""

from __future__ import annotations

import pytest

from quantray.cli import exits
from quantray.errors import ConfigError, Interrupted, QuantrayError, TooManyFailures


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("wrong"), 2),
        (Interrupted("3 of 5 stored"), 130),
        (KeyboardInterrupt(), 130),
        (TooManyFailures("60 failed"), 1),
        (QuantrayError("broken"), 1),
        (ZeroDivisionError("a bug"), 1),
    ],
    ids=repr,
)
def test_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise error

    assert exits.guarded(work, "python -m quantray.run seed=1") == code
    said = capsys.readouterr().err
    assert str(error) in said
    assert ("go on with: python -m quantray.run seed=1" in said) == (code == 130)
    assert ("Traceback" in said) == isinstance(error, ZeroDivisionError)
