"""The metrics of a policy on one account: names, units and directions, in the order of their columns."""

from __future__ import annotations

from quantray.measures import Measure, Unit


class Metric(Measure):
    """A column of what a policy earns; see docs/policies.md for what each is."""

    N_TRADES = Unit.COUNT, 1
    SKIPPED_MAX_POSITIONS = (Unit.COUNT,)  # the skipped ones stand in the order of ``codes.Skip``
    SKIPPED_MAX_POSITIONS_PER_ASSET = (Unit.COUNT,)
    SKIPPED_MAX_POSITIONS_PER_CALLER = (Unit.COUNT,)
    SKIPPED_NO_CASH = (Unit.COUNT,)
    SKIPPED_BELOW_MINIMUM = (Unit.COUNT,)
    NO_ENTRY = (Unit.COUNT,)
    WIN_RATE = Unit.SHARE, 1
    CAPTURED_RETURN = Unit.RETURN, 1
    MEDIAN_RETURN = Unit.RETURN, 1, True
    P05_RETURN = Unit.RETURN, 1, True
    P25_RETURN = Unit.RETURN, 1, True
    P75_RETURN = Unit.RETURN, 1, True
    P95_RETURN = Unit.RETURN, 1, True
    PROFIT_FACTOR = Unit.RATIO, 1
    EXPECTANCY = Unit.MONEY, 1
    MEAN_R = Unit.RATIO, 1
    CAPTURE_RATIO = Unit.RATIO, 1
    STOP_OUTS = Unit.COUNT, -1
    STOP_OUT_RATE = Unit.SHARE, -1
    P95_ADVERSE = Unit.SHARE, -1, True
    TIME_EXPOSED = Unit.SECONDS, -1
    EXPOSURE = (Unit.SHARE,)
    AMBIGUOUS_SHARE = Unit.SHARE, -1
    END_OF_DATA_SHARE = Unit.SHARE, -1
    FINAL_CAPITAL = Unit.MONEY, 1
    TOTAL_RETURN = Unit.RETURN, 1
    MAX_DRAWDOWN = Unit.SHARE, -1, True
    SHARPE = Unit.RATIO, 1, True
    SORTINO = Unit.RATIO, 1, True


#: Every metric of a policy, in the order of its columns.
METRICS = tuple(metric.key for metric in Metric)
#: Those that count something: whole numbers in tables.
COUNTS = tuple(metric.key for metric in Metric if metric.unit is Unit.COUNT)
