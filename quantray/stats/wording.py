"""Amounts, shares and counts as a sentence of a verdict says them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """What that which is counted is called: a session, a block of 3 days; a candidate, a policy."""

    one: str = "session"
    many: str = "sessions"

    def count(self, n: int, adjective: str = "") -> str:
        """``7 unseen sessions``."""
        return f"{n:,} {adjective + ' ' if adjective else ''}{self.one if n == 1 else self.many}"


SESSION = Unit()
CANDIDATE = Unit("candidate", "candidates")


def money(amount: float) -> str:
    """An amount with two decimals; one that is not 0 never reads as 0.00."""
    text = f"{amount:,.2f}"
    if amount and text in ("0.00", "-0.00"):
        text = f"{amount:.2g}"
    return text.replace("-", "−")


def peak_beside_pick(peak: str, statistic: float | None, critical: float, pick: str) -> str:
    """Why pick and peak differ: ``peak`` and ``pick`` begin the sentences about them, ``statistic`` is the peak's."""
    if statistic is None:
        return f"{peak}, and no statistic: luck cannot be told from skill. {pick}."
    if statistic > critical:
        return f"{peak} and a statistic of {statistic:.2f}: it survives too. {pick}."
    asked = f"where more than {critical:.2f} is asked for: luck can explain it"
    return f"{peak} and a statistic of {statistic:.2f}, {asked}. {pick}."


def percent(share: float) -> str:
    """A share in percent; neither a small one nor a large one is rounded to none or all."""
    points = 100 * share
    if 0 < points < 0.1:
        return "under 0.1 %"
    if 99.9 < points < 100:
        return "over 99.9 %"
    fine = (points < 10 or points > 99) and f"{points:.1f}" != f"{points:.0f}.0"
    return f"{points:.1f} %" if fine else f"{points:.0f} %"


def capital(phrase: str) -> str:
    """The phrase at the beginning of a sentence."""
    return phrase[:1].upper() + phrase[1:]
