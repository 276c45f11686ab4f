"""The Ray worker that evaluates batches of one sweep."""

from __future__ import annotations

from typing import Any

from ray import tune

from quantray.errors import QuantrayError
from quantray.runner.batch_search import METRIC, Reply


def make_worker(shared: Any, data: Any) -> type[tune.Trainable]:
    """A Tune trainable around two references: ``shared`` to what the sweep is about, ``data`` to its slice."""

    class Worker(tune.Trainable):
        """Lives for many batches: what is compiled, imported and mapped once stays."""

        def setup(self, config: dict[str, Any]) -> None:
            import ray

            from quantray.runner import cluster

            self._about, self._slice = ray.get([shared, data])
            cluster.settle(self._about["around"])

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            return True

        def step(self) -> dict[str, Any]:
            batch = self.config.pop("parcel").batch  # Tune would send the configuration back with the result
            return {METRIC: 0.0, "reply": self._evaluated(batch), "done": True}

        def _evaluated(self, batch: Any) -> Reply:
            try:
                return Reply(list(self._about["evaluate"](self._about["plan"], self._slice, batch.candidates)))
            except QuantrayError as error:
                return Reply(error=error)
            except Exception as error:
                return Reply(why=f"{type(error).__name__}: {error}")

        @classmethod
        def default_resource_request(cls, config: dict[str, Any]) -> tune.PlacementGroupFactory:
            return tune.PlacementGroupFactory([{"CPU": 1}])

    return Worker
