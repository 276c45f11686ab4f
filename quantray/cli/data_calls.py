"""Lists of calls and chats for ``quantray data import``, read as a run about callers reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.callers.chats import KINDS, Messages
from quantray.callers.data import CallsData, load_calls
from quantray.callers.data.files import kind_of_chat
from quantray.callers.data.settings import CallColumns, CallMaps
from quantray.errors import ConfigError
from quantray.intake import Calls, Request

if TYPE_CHECKING:
    from quantray.callers.market import Calls as Loaded

#: Counts of calls that are no reason for which one was left out.
NO_REASON = ("read", "aliased", "kept")
UNREAD = "null"  # --column calls.mcap=null leaves an optional column out, as data.columns.calls.mcap=null does


class CallFiles:
    """Reads files of calls: see :class:`quantray.intake.CallReader`."""

    def serves(self, path: Path, request: Request) -> bool:
        """A chat, by what was said or by its beginning; or whatever is said to be calls and nothing else."""
        if request.tables and "calls" not in request.tables:
            return False
        return request.format in KINDS or request.tables == ("calls",) or kind_of_chat(str(path)) is not None

    def read(self, path: Path, request: Request, into: Path) -> Calls:
        """Every complete call of the file, in order."""
        kind = request.format or kind_of_chat(str(path))
        wanted = request.wanted
        if wanted.roots or wanted.expiries:
            raise ConfigError(f"{path}: calls have no root and no expiry; leave --root and --expiry out")
        told: dict[str, Any] = {
            ours: None if theirs == UNREAD else theirs for ours, theirs in request.mapping("calls").items()
        }  # fmt: skip
        data = CallsData(
            kind="parquet", calls=str(path), format=None if kind is None else {"calls": kind},
            timezone=request.timezone, ts_unit=request.ts_unit, date=request.date,
            messages=Messages(date_format=request.date_format), columns=CallMaps(calls=CallColumns(**told)),
        )  # fmt: skip
        loaded = load_calls(data)
        _write(loaded, into)
        aside = {name.replace("_", " "): n for name, n in loaded.counts.items() if n and name not in NO_REASON}
        return Calls(into, kind or "plain", loaded.told or ("read by our own names of columns",), aside)


def _write(calls: Loaded, into: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    columns = {
        "call_id": pa.array(calls.call_id, pa.string()),
        "caller": pa.array(np.array(calls.callers, object)[calls.caller], pa.string()),
        "asset": pa.array(np.array(calls.assets, object)[calls.asset], pa.string()),
        "ts": pa.array(-(-calls.ts // 1000), pa.timestamp("us", tz="UTC")),  # never before it was made
        "chain": pa.array(calls.chain, pa.string()),
        "price_at_call": pa.array(calls.price_at_call, pa.float64(), from_pandas=True),
        "mcap": pa.array(calls.mcap, pa.float64(), from_pandas=True),
    }
    if calls.edited is not None:
        columns["edited"] = pa.array(calls.edited > 0, pa.bool_(), mask=np.asarray(calls.edited) < 0)
    parquet.write_table(pa.table(columns), into)
