"""quantray: search trading strategies on market data, honestly. ``import quantray as qr`` costs numpy and no more.

``qr.load`` gives a plan. ``qr.sweep`` runs one about a strategy, ``qr.evaluate`` and ``qr.trades`` measure single
candidates of it; ``qr.optimise`` runs one about callers.
"""

from __future__ import annotations

# the functions below replace the submodule of the same name as an attribute of the package
from quantray.api import evaluate, load, load_slice, optimise, sweep, trades
from quantray.errors import ConfigError, DataError, LedgerError, QuantrayError, UserError
from quantray.space import Candidates, Space
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import ExitReason, SignalLists, Signals, Trades
from quantray.trial import Trial, TrialState

__version__ = "0.1.0"

__all__ = [
    "Candidates",
    "ConfigError",
    "DataError",
    "ExitReason",
    "LedgerError",
    "LongOption",
    "Plan",
    "QuantrayError",
    "Session",
    "SignalLists",
    "Signals",
    "Slice",
    "Space",
    "Trades",
    "Trial",
    "TrialState",
    "UserError",
    "evaluate",
    "load",
    "load_slice",
    "optimise",
    "sweep",
    "trades",
]
