"""Objectives of a user's own: one that will do, and one of each kind that will not."""

from __future__ import annotations

import numpy as np

Column = np.ndarray


def calmar(total_pnl: Column, max_drawdown: Column) -> Column:
    return total_pnl / max_drawdown


def cautious(total_pnl: Column, n_trades: Column) -> Column:
    """Refuses, and so fails, a candidate with 40 trades or more, which the values before any work do not have."""
    if (n_trades > 60).any():
        raise ValueError("too busy for me")
    return total_pnl


def typo(total_pln: Column) -> Column:
    return total_pln


def with_default(total_pnl: Column, weight: float = 2.0) -> Column:
    return total_pnl * weight


def nothing() -> float:
    return 1.0


def ranked(total_pnl: Column) -> Column:
    return np.argsort(np.argsort(total_pnl)).astype(float)


def one_number(total_pnl: Column) -> float:
    return float(np.nansum(total_pnl))


def filled(sharpe: Column) -> Column:
    return np.nan_to_num(sharpe)


def text(total_pnl: Column) -> Column:
    return total_pnl.astype(str)


def broken(total_pnl: Column) -> Column:
    return total_pnl / missing  # type: ignore[name-defined]  # noqa: F821


def solvent(captured_return: Column) -> Column:
    """Refuses a policy that loses, which the values before any work do not."""
    if (captured_return < 0).any():
        raise ValueError("it loses")
    return captured_return


class Thing:
    pass
