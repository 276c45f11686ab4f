"""Ray of this process, for tests that watch it from inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_ray(**system: object) -> Iterator[None]:
    """A Ray with two cores; one that an earlier run of this process left is ended first, as is this one.

    ``system`` are settings of Ray itself.
    """
    import ray

    ray.shutdown()
    ray.init(
        address="local", num_cpus=2, include_dashboard=False, object_store_memory=150 << 20, log_to_driver=False,
        _system_config=system or None,
    )  # fmt: skip
    try:
        yield
    finally:
        ray.shutdown()
