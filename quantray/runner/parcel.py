"""What travels between Tune and its workers; a worker imports this, and nothing of the search behind it."""

from __future__ import annotations

from collections.abc import Sequence

from quantray.protocols import Batch
from quantray.trial import Trial

METRIC = "best"


class Parcel:
    """A batch on its way to a worker. Tune copies, prints and flattens configurations; this stays one thing."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __repr__(self) -> str:
        return f"batch{self.batch.number}"

    def __deepcopy__(self, memo: object) -> Parcel:
        return self


class Reply:
    """The trials of a batch on their way back, or why there are none."""

    def __init__(self, trials: Sequence[Trial] = (), why: str | None = None, error: Exception | None = None) -> None:
        self.trials, self.why, self.error = trials, why, error

    def __repr__(self) -> str:
        return "trials"

    def __deepcopy__(self, memo: object) -> Reply:
        return self
