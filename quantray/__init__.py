"""quantray: search trading strategies on market data, honestly. names are imported when asked for.

``qr.load`` gives a plan. ``qr.sweep`` runs one about a strategy, ``qr.evaluate`` and ``qr.trades`` measure single
candidates of it; ``qr.optimise`` runs one about callers, ``qr.baseline`` tells what their calls did without a policy.
``qr.load_sweep``, ``qr.load_callers`` and ``qr.load_baseline`` give such a plan, so that an editor knows which it is.
"""

# Every Python reads this file, down to 2.7: it must answer, in syntax that all of them know.
import os
import sys

if not (3, 11) <= sys.version_info[:2] < (3, 14):
    _own = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".venv")
    _beside = os.path.join(_own, "bin", "python")
    _said = "quantray needs Python 3.11, 3.12 or 3.13, and {0} is {1}.{2}: {3}".format(  # noqa: UP030
        sys.executable, sys.version_info[0], sys.version_info[1],
        "use " + _beside if os.path.exists(_beside) and sys.prefix != _own else
        "install one of them; in a checkout, make clean demo PYTHON=/path/to/python3.12 sets an environment up",
    )  # fmt: skip
    if sys.argv[:1] == ["-m"]:  # python -m quantray.run: this package is looked for
        sys.stderr.write("error: " + _said + "\n")
        sys.exit(2)
    raise ImportError(_said)

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.baseline.progress import BaselineProgress
    from quantray.callers.baseline.results import BaselineResults
    from quantray.callers.baseline.trace import CallCandles, Milestone
    from quantray.callers.baseline_study import BaselineStudy
    from quantray.callers.plan import CallerPlan
    from quantray.callers.policies.policy import Policy
    from quantray.callers.progress import Progress as CallerProgress
    from quantray.callers.report.plots import CallerPlots
    from quantray.callers.results import CallerResults
    from quantray.callers.study import CallerStudy
    from quantray.errors import (
        ConfigError,
        DataError,
        Interrupted,
        LedgerError,
        QuantrayError,
        UnknownName,
        UserError,
    )  # fmt: skip
    from quantray.report.figure import Figure
    from quantray.report.picture import Picture
    from quantray.space import Candidates, Dimension, Space
    from quantray.stats.checks import Verdict
    from quantray.sweeps.long_option import LongOption
    from quantray.sweeps.loop.progress import Progress
    from quantray.sweeps.market import Session, Slice
    from quantray.sweeps.plan import Plan
    from quantray.sweeps.report.plots import SweepPlots
    from quantray.sweeps.results import Chosen, Results
    from quantray.sweeps.study import Study
    from quantray.sweeps.trades import ExitReason, SignalLists, Signals, Trades
    from quantray.trial import Trial, TrialState

__version__ = "0.1.0"
#: Names that are imported when they are asked for: a command answers Ctrl-C before anything heavy is read.
_LATER = {
    "BaselinePlan": "callers.baseline.plan",
    "BaselineProgress": "callers.baseline.progress",
    "BaselineResults": "callers.baseline.results",
    "BaselineStudy": "callers.baseline_study",
    "CallCandles": "callers.baseline.trace",
    "CallerPlan": "callers.plan",
    "CallerPlots": "callers.report.plots",
    "CallerProgress": "callers.progress:Progress",
    "CallerResults": "callers.results",
    "CallerStudy": "callers.study",
    "Candidates": "space",
    "Chosen": "sweeps.results",
    "ConfigError": "errors",
    "DataError": "errors",
    "Dimension": "space",
    "ExitReason": "sweeps.trades",
    "Figure": "report.figure",
    "Interrupted": "errors",
    "LedgerError": "errors",
    "LongOption": "sweeps.long_option",
    "Milestone": "callers.baseline.trace",
    "Picture": "report.picture",
    "Plan": "sweeps.plan",
    "Policy": "callers.policies.policy",
    "Progress": "sweeps.loop.progress",
    "QuantrayError": "errors",
    "Results": "sweeps.results",
    "Session": "sweeps.market",
    "SignalLists": "sweeps.trades",
    "Signals": "sweeps.trades",
    "Slice": "sweeps.market",
    "Space": "space",
    "Study": "sweeps.study",
    "SweepPlots": "sweeps.report.plots",
    "Trades": "sweeps.trades",
    "Trial": "trial",
    "TrialState": "trial",
    "UnknownName": "errors",
    "UserError": "errors",
    "Verdict": "stats.checks",
    "baseline": "api",
    "evaluate": "api",
    "load": "api",
    "load_baseline": "api",
    "load_callers": "api",
    "load_slice": "api",
    "load_sweep": "api",
    "optimise": "api",
    "sweep": "api",
    "trades": "api",
}

__all__ = [
    "BaselinePlan",
    "BaselineProgress",
    "BaselineResults",
    "BaselineStudy",
    "CallCandles",
    "CallerPlan",
    "CallerPlots",
    "CallerProgress",
    "CallerResults",
    "CallerStudy",
    "Candidates",
    "Chosen",
    "ConfigError",
    "DataError",
    "Dimension",
    "ExitReason",
    "Figure",
    "Interrupted",
    "LedgerError",
    "LongOption",
    "Milestone",
    "Picture",
    "Plan",
    "Policy",
    "Progress",
    "QuantrayError",
    "Results",
    "Session",
    "SignalLists",
    "Signals",
    "Slice",
    "Space",
    "Study",
    "SweepPlots",
    "Trades",
    "Trial",
    "TrialState",
    "UnknownName",
    "UserError",
    "Verdict",
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


if not TYPE_CHECKING:  # a checker sees the imports above, and every other name as the mistake it is

    def __getattr__(name):
        if name not in _LATER:
            raise AttributeError("module 'quantray' has no attribute " + repr(name))
        from importlib import import_module

        module, _, own = _LATER[name].partition(":")
        return getattr(import_module("quantray." + module), own or name)

    def __dir__():
        return sorted(set(globals()) | set(_LATER))
