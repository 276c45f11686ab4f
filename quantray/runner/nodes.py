"""What the nodes of a cluster are asked before work starts, and what they need not be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quantray.errors import ConfigError
from quantray.protocols import Data, Filed

if TYPE_CHECKING:
    import ray

NODES_S = 20.0
SEEN_S = 60.0  # a node reads all files of the data


def ask(question: Callable[..., Any], *arguments: object) -> list[ray.ObjectRef[Any]]:
    """References to what each node with a core answers."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    known: list[Mapping[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    nodes = [node["NodeID"] for node in known if node["Alive"] and node["Resources"].get("CPU")]
    there = (NodeAffinitySchedulingStrategy(node, soft=False) for node in nodes)
    run = ray.remote(question)
    return [run.options(num_cpus=0, max_retries=0, scheduling_strategy=at).remote(*arguments) for at in there]


def refused(asked: list[ray.ObjectRef[Any]]) -> None:
    """Raise the first :class:`ConfigError` that a node answers with in ``NODES_S`` seconds."""
    import ray

    answered, _ = ray.wait(asked, num_returns=len(asked), timeout=NODES_S) if asked else ([], [])
    for answer in answered:
        try:
            ray.get(answer)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ConfigError):
                raise error.cause from None
        except ray.exceptions.RayError:  # a node that went away meanwhile
            continue


def agreed(asked: list[ray.ObjectRef[Any]]) -> bool:
    """Whether every node answers with yes, in ``SEEN_S`` seconds."""
    import ray

    answered, silent = ray.wait(asked, num_returns=len(asked), timeout=SEEN_S) if asked else ([], [])
    try:
        return not silent and all(ray.get(answered))
    except ray.exceptions.RayError:
        return False


def named(data: Data) -> Data:
    """The data as the names of the files that they lie in, or as they are."""
    found = data.named() if isinstance(data, Filed) else None
    return data if found is None else found
