"""The result file of a freqtrade backtest: ``{"strategy": {NAME: {"trades": [...]}}}``, alone or in its archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from quantray.callers.imports.columns import Match
from quantray.errors import DataError

#: The strategy gave the signal and managed the trade; ``profit_ratio`` is net of fees, on what was staked.
MATCHES = {
    "caller": Match("caller", "strategy"),
    "captured_return": Match("captured_return", "profit_ratio", "gain"),
}
LARGEST = 1 << 30  # bytes of a file in an archive


def is_result(content: object) -> bool:
    """Whether the content is such a file: strategies that hold a list of trades."""
    strategies = content.get("strategy") if isinstance(content, Mapping) else None
    return (
        isinstance(strategies, Mapping)
        and bool(strategies)
        and all(isinstance(s, Mapping) and isinstance(s.get("trades"), list) for s in strategies.values())
    )


def trades_of(content: Mapping[str, Any]) -> Iterator[Any]:
    """Every trade with the name of its strategy, in the order of the file."""
    for name, strategy in content["strategy"].items():
        for trade in strategy["trades"]:
            yield {"strategy": name, **trade} if isinstance(trade, Mapping) else trade


def text_of(path: Path) -> str:
    """The result in an archive: its one member that is neither configuration nor market data. DataError for none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [i for i in archive.infolist() if i.filename.endswith(".json") and "_config" not in i.filename
                     and not i.filename.endswith(".meta.json")]  # fmt: skip
            names = [i for i in names if Path(i.filename).stem == path.stem] or names
            if len(names) != 1:
                found = ", ".join(i.filename for i in names) or "no .json file"
                raise DataError(
                    f"{path} holds {found}; one result is read from an archive: unpack it and give the file"
                )
            if names[0].file_size > LARGEST:
                raise DataError(
                    f"{path}: {names[0].filename} unpacks to {names[0].file_size:,} bytes; unpack it yourself"
                )
            with archive.open(names[0]) as member:
                return io.TextIOWrapper(member, encoding="utf-8-sig").read()
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as an archive: {error}") from None
