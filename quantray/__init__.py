"""quantray: search trading strategies on market data, honestly. ``import quantray as qr`` costs numpy and no more.

``qr.load`` gives a plan. ``qr.sweep`` runs one about a strategy, ``qr.evaluate`` and ``qr.trades`` measure single
candidates of it; ``qr.optimise`` runs one about callers, ``qr.baseline`` tells what their calls did without a policy.
``qr.load_sweep``, ``qr.load_callers`` and ``qr.load_baseline`` give such a plan, so that an editor knows which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantray.api import (
    baseline,
    evaluate,
    load,
    load_baseline,
    load_callers,
    load_slice,
    load_sweep,
    optimise,
    sweep,
    trades,
)  # fmt: skip
from quantray.errors import ConfigError, DataError, LedgerError, QuantrayError, UserError
from quantray.space import Candidates, Space
from quantray.sweeps.long_option import LongOption
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.trades import ExitReason, SignalLists, Signals, Trades
from quantray.trial import Trial, TrialState

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.baseline_study import BaselineStudy
    from quantray.callers.plan import CallerPlan
    from quantray.callers.study import CallerStudy
    from quantray.sweeps.study import Study

__version__ = "0.1.0"
#: Names that are imported when they are asked for, because of what stands behind them.
_LATER = {
    "BaselinePlan": "callers.baseline.plan",
    "BaselineStudy": "callers.baseline_study",
    "CallerPlan": "callers.plan",
    "CallerStudy": "callers.study",
    "Study": "sweeps.study",
}

__all__ = [
    "BaselinePlan",
    "BaselineStudy",
    "CallerPlan",
    "CallerStudy",
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
    "Study",
    "Trades",
    "Trial",
    "TrialState",
    "UserError",
    "baseline",
    "evaluate",
    "load",
    "load_baseline",
    "load_callers",
    "load_slice",
    "load_sweep",
    "optimise",
    "sweep",
    "trades",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'quantray' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"quantray.{_LATER[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
