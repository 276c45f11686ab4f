"""Slices: the candles of all windows, once per asset, as Parquet files partitioned by asset bucket.

A slice is made once and read by every worker. Its name carries the fingerprints of what it was made from and of its
windows; another plan may use it when the source is the same and every window lies inside.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from quantray.callers.data.candles import CandleSource
from quantray.callers.data.choice import COLUMNS
from quantray.callers.data.hygiene import Hygiene
from quantray.callers.data.manifest import VERSION, Bucket, CandleSlice, open_slice, write_manifest
from quantray.callers.data.neighbours import beside
from quantray.callers.data.prints import clipped
from quantray.callers.data.settings import CallsData
from quantray.callers.market import CallPlan, Candles, Inventory
from quantray.digests import digest_of
from quantray.durations import written
from quantray.errors import DataError
from quantray.files.caches import Cached
from quantray.outlets import logger

_log = logger(__name__)


def materialise(plan: CallPlan, source: CandleSource, data: CallsData) -> CandleSlice:
    """The slice of the plan's windows: one that exists already, else a new one, written atomically.

    Its ``source`` is this one, whoever it was made from. DiskError where there is no room for it.
    """
    existing = find_slice(plan, source.inventory, data)
    if existing is not None and source.order_of(existing.ties) != existing.order:
        _cached(data, existing.folder.name).remove()  # the same rows in another order decide otherwise
        existing = None
    if existing is not None:
        return replace(existing, source=source.inventory.source)
    _tell_of_others(slices_home(data))
    cached = _cached(data, slice_name(plan, source.inventory, data))
    return open_slice(cached.make(lambda made: _write(plan, source, data, made)))


def _tell_of_others(home: Path) -> None:
    """Slices of another version are never read: that a new one takes its time and room is said."""
    others = [n for n in os.listdir(home) if n.startswith("calls-")] if home.is_dir() else []
    others = [name for name in others if not name.startswith(f"calls-v{VERSION}-")]
    if others:
        _log.warning("%s holds %s of another version of quantray (%s), which this one does not read: it makes its own",
                     home, f"{len(others):,} slice" + "s" * (len(others) > 1), min(others))  # fmt: skip


def slice_name(plan: CallPlan, inventory: Inventory, data: CallsData) -> str:
    """``calls-v3-1m-<source>-<windows>``: equal names mean equal candles, in files of one version."""
    prints = fingerprints(plan.calls.assets, inventory)
    source = digest_of(inventory.interval_s, plan.calls.assets, [p or "" for p in prints], inventory.undated_share)
    scan = (*_scan(data), data.bucket_rows)
    windows = digest_of(plan.spans.asset, plan.spans.start_ns, plan.spans.end_ns, scan)
    return f"{_stem(inventory)}{source[:12]}-{windows[:12]}"


def _stem(inventory: Inventory) -> str:
    return f"calls-v{VERSION}-{written(inventory.interval_s)}-"


def _scan(data: CallsData) -> tuple[float, float, str]:
    return data.print_filter_k, data.scale_jump, data.print_filter


def find_slice(plan: CallPlan, inventory: Inventory, data: CallsData) -> CandleSlice | None:
    """The slice of exactly these windows and candles, where the cache has it.

    A wider one would serve the trades as well, but what it tells of its candles, and gates judge, is of another plan.
    One whose files are not as they were written counts as absent, which is said.
    """
    cached = _cached(data, slice_name(plan, inventory, data))
    try:
        found = open_slice(cached.folder)
    except DataError:
        # damaged, which is said, or not ours, which is refused; whole, but of another quantray: it makes room
        if cached.find(_log.warning) is not None:
            _log.warning("%s is not as this version of quantray writes a slice; it is made again", cached.folder)
            cached.remove()
        return None
    return found if same_source(found, plan, inventory, data) and cached.find(_log.warning) is not None else None


def _cached(data: CallsData, name: str) -> Cached:
    return Cached(slices_home(data), name, "slice")


def same_source(made: CandleSlice, plan: CallPlan, inventory: Inventory, data: CallsData) -> bool:
    """Whether the slice was made from the candles that the source holds now, for every asset of the plan."""
    known = dict(zip(made.spans.assets, made.fingerprints, strict=True))
    now = fingerprints(plan.calls.assets, inventory)
    alike = made.interval_s == inventory.interval_s and made.scan == _scan(data)
    alike &= made.quality.get("undated_share") == inventory.undated_share  # of the whole table, asset or not
    return alike and all(a in known and known[a] == p for a, p in zip(plan.calls.assets, now, strict=True))


def fingerprints(assets: tuple[str, ...], inventory: Inventory) -> tuple[str | None, ...]:
    """Of each asset's candles in the source, None where it has none."""
    known = dict(zip(inventory.assets, inventory.fingerprint, strict=True))
    return tuple(known.get(asset) for asset in assets)


def slices_home(data: CallsData) -> Path:
    """``data.cache``, else quantray's folder in the user's cache."""
    from quantray.files.caches import cache_dir

    return cache_dir(data.cache) / "slices"


def _write(plan: CallPlan, source: CandleSource, data: CallsData, folder: Path) -> None:
    inventory = source.inventory
    hygiene = Hygiene(data, inventory.interval_s, plan.spans, inventory.traded_of(plan.calls.assets))
    buckets: list[Bucket] = []
    ties: list[tuple[str, int]] = []
    for block in source.candles(plan.spans, data.bucket_rows):
        if not len(block):
            continue
        hygiene.add(block)
        ties += block.ties
        if data.print_filter == "clip":
            block = clipped(block, data.print_filter_k, beside(source, plan.spans, block))
        file = Path(f"bucket={len(buckets):04d}") / "candles.parquet"
        (folder / file).parent.mkdir()
        _write_bucket(block, folder / file)
        unpriced = tuple((asset, at) for asset, _, at in block.unpriced)
        buckets.append(Bucket(str(file), block.assets, tuple(block.offsets.tolist()), unpriced))
    quality = hygiene.summary(inventory, sum(len(b.assets) for b in buckets))
    write_manifest(
        CandleSlice(
            folder=folder,
            interval_s=inventory.interval_s,
            phase_ns=inventory.phase_ns,
            spans=plan.spans,
            buckets=tuple(buckets),
            fingerprints=fingerprints(plan.calls.assets, inventory),
            scan=_scan(data),
            quality=quality,
            jumps=tuple(hygiene.jumps),
            ties=tuple(ties),
            order=source.order_of(ties),
            source=inventory.source,
        )
    )


def _write_bucket(block: Candles, path: Path) -> None:
    """One row group, uncompressed: it is read whole, many times, from the page cache."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    codes = np.repeat(np.arange(len(block.assets), dtype=np.int32), np.diff(block.offsets))
    asset = pa.DictionaryArray.from_arrays(codes, pa.array(block.assets, pa.string()))
    ts = pa.array(block.ts, pa.timestamp("ns", tz="UTC"))
    table = pa.table({"asset": asset, "ts": ts, **{name: getattr(block, name) for name in COLUMNS}})
    pq.write_table(table, path, compression="none", use_dictionary=["asset"], row_group_size=max(len(block), 1))
