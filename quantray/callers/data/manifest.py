"""What a slice on disk says of itself, and how its buckets are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quantray.callers.data.choice import COLUMNS
from quantray.callers.market import CallPlan, Candles, Spans
from quantray.digests import digest_of
from quantray.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "_slice.json"  # readers of Parquet folders skip what begins with an underscore
VERSION = 3  # of the files, and in a slice's name: another number, another slice


@dataclass(frozen=True, slots=True)
class Bucket:
    """One Parquet file: whole assets, the candles of ``assets[i]`` in rows ``[offsets[i]:offsets[i+1]]``."""

    file: str  # inside the slice's folder
    assets: tuple[str, ...]
    offsets: tuple[int, ...]
    unpriced: tuple[tuple[str, int], ...] = ()  # (asset, start) of candles without a price: they are not in the file

    @property
    def rows(self) -> int:
        return self.offsets[-1]


@dataclass(frozen=True, slots=True, eq=False)
class CandleSlice:
    """A folder with every candle of ``spans``. (folder, number of a bucket) is all that a worker needs."""

    folder: Path
    interval_s: int
    phase_ns: int
    spans: Spans
    buckets: tuple[Bucket, ...]
    fingerprints: tuple[str | None, ...]  # of the source's candles, per asset of the spans
    scan: tuple[float, float, str]  # the settings that the quality was counted with, and whether prints are clipped
    quality: Mapping[str, float]
    source: str
    jumps: tuple[tuple[str, int, float], ...] = ()  # (asset, when its price changes scale, how many times)
    ties: tuple[tuple[str, int], ...] = ()  # (asset, start) of candles that the order of the source's rows decided
    order: str = ""  # digest of those rows in their order: fingerprints of the source follow no order

    @property
    def unpriced(self) -> dict[str, int]:
        """Assets with candles that have no price above 0 -> how many."""
        return dict(Counter(asset for bucket in self.buckets for asset, _ in bucket.unpriced))

    @property
    def rows(self) -> int:
        return sum(bucket.rows for bucket in self.buckets)

    def read(self, number: int, assets: tuple[str, ...] | None = None) -> Candles:
        """Candles of one bucket; ``index`` points into ``assets`` (default: the slice's own).

        The arrays are read-only views of Arrow's buffers.
        """
        bucket = self.buckets[number]
        place = {name: i for i, name in enumerate(self.spans.assets if assets is None else assets)}
        index = np.array([place.get(name, -1) for name in bucket.assets], np.int32)
        ts, opened, high, low, close, volume = _columns(self.folder / bucket.file)
        offsets = np.array(bucket.offsets, np.int64)
        unpriced = tuple((asset, place.get(asset, -1), at) for asset, at in bucket.unpriced)
        return Candles(
            bucket.assets, index, offsets, ts=ts, open=opened, high=high, low=low, close=close, volume=volume,
            unpriced=unpriced,
        )  # fmt: skip

    def candles(self, plan: CallPlan) -> Iterator[Candles]:
        """Every bucket with an asset of the plan, ``index`` pointing into the plan's assets."""
        for number in self.buckets_of(plan):
            yield self.read(number, plan.calls.assets)

    def buckets_of(self, plan: CallPlan) -> list[int]:
        """Numbers of the buckets that hold an asset of the plan."""
        wanted = set(plan.calls.assets)
        return [i for i, bucket in enumerate(self.buckets) if wanted.intersection(bucket.assets)]

    def digest(self, plan: CallPlan) -> str:
        """Identity of the plan's data: its windows and their candles, whatever else the slice holds."""
        parts: dict[str, str] = {}
        for block in self.candles(plan):
            for asset, rows in block:
                ts = block.ts[rows]
                spans = plan.spans.of(range(asset, asset + 1))
                low, high = np.searchsorted(ts, spans.start_ns), np.searchsorted(ts, spans.end_ns) + 1
                low[1:], high = np.maximum(low[1:], high[:-1]), np.minimum(high, len(ts))  # each candle once
                if (high > low).any():
                    ends = zip((rows.start + low).tolist(), (rows.start + high).tolist(), strict=True)
                    columns = [[getattr(block, name)[i:j] for name in ("ts", *COLUMNS)] for i, j in ends]
                    parts[plan.calls.assets[asset]] = digest_of(columns)
        return digest_of(plan.digest, parts)


def _columns(path: Path) -> list[np.ndarray]:
    """ts, open, high, low, close, volume of a bucket: Arrow's buffers, seen by NumPy."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=["ts", *COLUMNS], memory_map=True, partitioning=None, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        folder = path.parent.parent
        raise DataError(f"the slice {folder} cannot be read: {error}; delete it, it will be made again") from None
    table = table.set_column(0, "ts", table.column("ts").cast(pa.int64())).combine_chunks()
    return [_array(table.column(name)) for name in ("ts", *COLUMNS)]


def _array(column: pa.ChunkedArray) -> np.ndarray:
    if column.num_chunks == 0:
        return np.zeros(0, np.int64 if str(column.type) == "int64" else np.float64)
    values: np.ndarray = column.chunk(0).to_numpy(zero_copy_only=True)
    return values


def write_manifest(made: CandleSlice) -> None:
    """Written last: a folder without it is no slice."""
    spans = made.spans
    content = {
        "version": VERSION, "interval_s": made.interval_s, "phase_ns": made.phase_ns, "source": made.source,
        "assets": spans.assets, "fingerprints": made.fingerprints, "scan": made.scan, "quality": dict(made.quality),
        "jumps": made.jumps, "ties": made.ties, "order": made.order,
        "spans": [spans.asset.tolist(), spans.start_ns.tolist(), spans.end_ns.tolist()],
        "buckets": [[b.file, b.assets, b.offsets, b.unpriced] for b in made.buckets],
    }  # fmt: skip
    (made.folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")


def _bucket(file: str, assets: list[str], offsets: list[int], unpriced: list[tuple[str, int]]) -> Bucket:
    return Bucket(file, tuple(assets), tuple(offsets), tuple((asset, at) for asset, at in unpriced))


def open_slice(folder: str | Path) -> CandleSlice:
    """A slice that was made earlier. DataError when the folder holds none."""
    path = Path(folder) / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise ValueError(f"it has version {content['version']}, this is {VERSION}")
        asset, start, end = content["spans"]
        spans = Spans(tuple(content["assets"]), np.array(asset, np.int32), np.array(start, np.int64),
                      np.array(end, np.int64))  # fmt: skip
        return CandleSlice(
            folder=Path(folder),
            interval_s=content["interval_s"],
            phase_ns=content["phase_ns"],
            spans=spans,
            buckets=tuple(_bucket(*parts) for parts in content["buckets"]),
            fingerprints=tuple(content["fingerprints"]),
            scan=tuple(content["scan"]),
            quality=content["quality"],
            source=content["source"],
            jumps=tuple((asset, at, times) for asset, at, times in content["jumps"]),
            ties=tuple((asset, at) for asset, at in content["ties"]),
            order=content["order"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder} is no slice of candles ({error}); delete it, it will be made again") from None
