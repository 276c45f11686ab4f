"""Whether what is asked for has room, asked before work starts: in memory, and in a directory that can be written."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from quantray.errors import ConfigError
from quantray.space import Space, in_words

#: Bytes of a point of a whole table beside its net per session, and copies of that net that judging it makes at once.
_POINT, _COPIES = 96, 4
#: Bytes that nets on disk take while they are read a piece at a time.
_PIECES = 1_000_000_000
_GB = 1e9
_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def memory() -> int | None:
    """Bytes that this process may still take: of the machine, the container and ``ulimit -v``; None: nobody says."""
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    with suppress(OSError, ValueError, IndexError):
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        yield int(lines["MemAvailable"].split()[0]) * 1024
    for limit, used in _CGROUPS:
        with suppress(OSError, ValueError):
            yield max(int(Path(limit).read_text()) - int(Path(used).read_text()), 0)
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        limit_b = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit_b != resource.RLIM_INFINITY:
            size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            yield max(limit_b - size, 0)


def table_bytes(points: int, sessions: int, memory_gb: float = math.inf) -> int:
    """Memory that the table of all points takes while it is judged, ``sessions`` being those that are searched.

    Nets that take more than ``memory_gb`` are read from disk.
    """
    nets = 8 * points * sessions
    held = _COPIES * nets if nets <= memory_gb * _GB else min(_COPIES * nets, _PIECES)
    return points * _POINT + held


def check_table(
    space: Space, sessions: int = 1, *, memory_gb: float = math.inf, compared: bool = False
) -> None:  # fmt: skip
    """ConfigError, with the number of points, unless the whole table of ``space`` has room in memory.

    ``compared``: it is not searched, but a sampled search is compared with it.
    """
    points, there = space.size or 0, memory()
    need = table_bytes(points, sessions, memory_gb)
    if there is None or need <= there:
        return
    most = there // table_bytes(1, sessions) if memory_gb == math.inf else max(there - _PIECES, 0) // _POINT
    said = f"{in_words(points)} points, whose table takes {_in_gb(need)} of memory; "
    said += f"this machine has {_in_gb(there)} left, enough for {most:,} points"
    if compared:
        raise ConfigError(
            f"report.surface_max_points: the exact surface to compare the search with has {said}; "
            f"set report.surface_max_points below {points:,}, and it is left out"
        )
    widest = max(space.dimensions, key=lambda d: len(d.values or ()))
    raise ConfigError(
        f"search=exhaustive evaluates every point, and this space has {said}; give fewer levels or a larger step "
        f"(space.{widest.name} has {len(widest.values or ()):,}), or sample it: search=tpe, random or qmc"
    )


def _in_gb(amount: int) -> str:
    return f"{amount / _GB:,.1f} GB" if amount < 1e15 else f"{in_words(int(amount // 10**9))} GB"


def check_run_dir(run_dir: Path) -> None:
    """ConfigError unless results can be written there; nothing is made."""
    place = run_dir.absolute()
    try:
        while not place.exists():
            place = place.parent
        what = "is a file" if not place.is_dir() else "cannot be written" if not os.access(place, os.W_OK) else ""
    except OSError as error:  # a name that is too long, a link that leads round
        raise ConfigError(f"run_dir={run_dir}: {error.strerror}; give another run_dir=DIR") from None
    if what:
        raise ConfigError(f"run_dir={run_dir}: {place} {what}; give run_dir=DIR in a folder that can be written")
