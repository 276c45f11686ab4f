"""The Ray worker that evaluates batches of one sweep."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import ray
from ray import tune

from quantray.errors import QuantrayError
from quantray.failures import told
from quantray.protocols import Batch, D, Evaluate, P
from quantray.runner import counters
from quantray.runner.parcel import METRIC, Reply


def make_worker(
    around: Mapping[str, object], shared: ray.ObjectRef[tuple[P, Evaluate[P, D]]], data: ray.ObjectRef[D]
) -> type[tune.Trainable]:
    """A Tune trainable. ``shared`` and ``data`` refer to (plan, evaluate) and to the data, which are read only

    when ``around``, the driver's surroundings, has made their modules importable.
    """

    class Worker(tune.Trainable):
        """Lives for many batches: what is compiled, imported and mapped once stays."""

        def setup(self, config: dict[str, Any]) -> None:
            from quantray.runner import cluster

            self._refusal: QuantrayError | None = None
            try:
                cluster.settle(around)
                (self._plan, self._work), self._data = ray.get(shared), ray.get(data)
                cluster.check_sources(self._plan)
            except QuantrayError as error:  # the first batch brings it home; raised here it would be a death
                self._refusal = error

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            return True

        def step(self) -> dict[str, Any]:
            batch = self.config.pop("parcel").batch  # Tune would send the configuration back with the result
            began = time.perf_counter()
            reply = self._evaluated(batch)
            counters.evaluated(reply.trials, time.perf_counter() - began)
            return {METRIC: 0.0, "reply": reply, "done": True}

        def _evaluated(self, batch: Batch) -> Reply:
            if self._refusal is not None:
                return Reply(error=self._refusal)
            try:
                return Reply(list(self._work(self._plan, self._data, batch.candidates)))
            except QuantrayError as error:
                return Reply(error=error)
            except Exception as error:
                return Reply(why=told(error))

        @classmethod
        def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
            return tune.PlacementGroupFactory([{"CPU": 1}])

    return Worker
