"""A black box that counts its own calls: every evaluation appends the candidate's digest to a file."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np

from quantray.space import candidate_digest
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import Trades

CALLS, PAUSE, GATE = "QUANTRAY_TEST_CALLS", "QUANTRAY_TEST_PAUSE", "QUANTRAY_TEST_GATE"


@dataclass(frozen=True)
class Counting:
    """Six trades whose sum has one best point; ``PAUSE`` seconds of the environment are slept before each answer.

    With a ``GATE`` it says by a file of its own that it is there, and begins once the file of that name is.
    """

    a: int = 0
    b: int = 0
    c: int = 0

    def trades(self, market: Slice, plan: Plan) -> Trades:
        if GATE in os.environ and not os.path.exists(os.environ[GATE]):
            _wait(os.environ[GATE])
        line = f"{candidate_digest({'a': self.a, 'b': self.b, 'c': self.c})} {os.getpid()}\n"
        if CALLS in os.environ:
            with open(os.environ[CALLS], "ab", buffering=0) as calls:  # one write: whole lines from any process
                calls.write(line.encode())
        time.sleep(float(os.environ.get(PAUSE, "0")))
        if (self.a * 7 + self.b * 5 + self.c * 3) % 11 == 0:
            raise ZeroDivisionError("no trade at all")
        return _trades(100.0 - (self.a - 5) ** 2 - 2 * (self.b - 3) ** 2 - 0.5 * (self.c - 6) ** 2, len(market))


def _wait(gate: str) -> None:
    with open(f"{gate}.{os.getpid()}", "w"):
        pass
    deadline = time.monotonic() + 120
    while not os.path.exists(gate) and time.monotonic() < deadline:
        time.sleep(0.01)


def _trades(total: float, sessions: int) -> Trades:
    n = 6
    session = np.sort(np.arange(n) % sessions).astype(np.int32)
    bar, one = np.arange(n, dtype=np.int32) * 10 + 5, np.ones(n)
    return Trades(
        session=session, signal_bar=bar - 1, origin_bar=bar - 2, side=np.ones(n, np.int8),
        contract=np.full(n, -1, np.int32), entry_bar=bar, exit_bar=bar + 5, entry_price=one, exit_price=one,
        reason=np.full(n, 2, np.int8), fees=np.zeros(n), net=total * (np.arange(n) + 1) / 21, risk=50 * one,
        entry_carried=np.zeros(n, bool), exit_carried=np.zeros(n, bool),
    )  # fmt: skip
